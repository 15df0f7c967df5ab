//! Evidence as a value: JSON to read and edit, bytes to store.

use super::evidence::{Evidence, Line};
use super::{Options, Recommendation, frequent};
use crate::basket_log::Baskets;
use crate::checkpoint::{Checkpoint, Unhindered, vec_with_capacity};
use crate::codec::{Reader, invalid_text, put_float, put_text, put_varint, seal, unseal};
use crate::error::{Error, Result, sentence};
use crate::rules::{self, Measure, association_rules};
use serde::{Deserialize, Serialize};

/// The name of the type, for messages.
pub const NAME: &str = "basket_model";

const VERSION: u8 = 1;

/// Items and rules, to recommend from without the baskets.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    options: Options,
    /// The names of items, from the most frequent one down.
    names: Vec<String>,
    /// Items by name.
    order: Vec<u32>,
    evidence: Evidence,
}

/// The text form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    /// The version of the text form.
    #[serde(rename = "basket_model")]
    version: u8,
    /// How many baskets there were.
    baskets: u32,
    min_count: u32,
    min_confidence: f64,
    #[serde(default)]
    max_antecedent: Option<usize>,
    /// Names and counts, which do not ascend.
    items: Vec<(String, u32)>,
    rules: Vec<JsonRule>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonRule {
    antecedent: Vec<String>,
    consequent: String,
    n_ab: u32,
    n_a: u32,
}

impl Model {
    /// Finds the rules of baskets, and keeps them with the items that are in enough baskets, which `name` gives the names of. Items need
    /// different names.
    ///
    /// Fails as [`association_rules`] does.
    pub fn fit(
        baskets: &Baskets,
        options: &Options,
        name: &mut dyn FnMut(u32) -> String,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Model> {
        let wanted = rules::Options {
            redundant: false,
            ..options.rules()
        };
        let found = association_rules(baskets, &wanted, checkpoint)?;
        let frequent = frequent(baskets, options);
        let mut names = vec_with_capacity(frequent, checkpoint)?;
        for item in 0..frequent as u32 {
            let name = name(item);
            checkpoint.reserve(name.len())?;
            names.push(name);
        }
        let mut counts = vec_with_capacity(frequent, checkpoint)?;
        counts.extend_from_slice(&baskets.counts()[..frequent]);
        let mut lines = vec_with_capacity(found.len(), checkpoint)?;
        lines.extend(found.iter().map(|rule| Line {
            antecedent: rule.antecedent,
            consequent: rule.consequent[0],
            n_ab: rule.counts.n_ab as u32,
            n_a: rule.counts.n_a as u32,
        }));
        let evidence = Evidence::new(baskets.len() as u64, counts, lines.into_iter(), checkpoint)?;
        Ok(Model::of(*options, names, evidence))
    }

    fn of(options: Options, names: Vec<String>, evidence: Evidence) -> Model {
        let mut order: Vec<u32> = (0..names.len() as u32).collect();
        order.sort_unstable_by(|&a, &b| names[a as usize].cmp(&names[b as usize]));
        Model {
            options,
            names,
            order,
            evidence,
        }
    }

    /// What it was fitted with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// How many baskets it was fitted to.
    pub fn baskets(&self) -> u64 {
        self.evidence.baskets
    }

    /// How many items it knows.
    pub fn items(&self) -> usize {
        self.names.len()
    }

    /// How many rules it holds.
    pub fn rules(&self) -> usize {
        self.evidence.len()
    }

    /// The name of an item.
    pub fn name(&self, item: u32) -> &str {
        &self.names[item as usize]
    }

    /// The item of this name, if it is known.
    pub fn item(&self, name: &str) -> Option<u32> {
        let named = |&item: &u32| self.names[item as usize].as_str().cmp(name);
        let place = self.order.binary_search_by(named).ok()?;
        Some(self.order[place])
    }

    /// The best `n` items for a basket of items with these names, from the best down: by the measure `by`, then by support, then by the
    /// frequency of the item; behind those that rules lead to, the most frequent others. Names that are not known are ignored.
    ///
    /// Only rules are looked at of which the rarest item is in the basket.
    pub fn recommend<'a>(
        &self,
        basket: impl IntoIterator<Item = &'a str>,
        n: usize,
        by: Measure,
    ) -> Vec<Recommendation> {
        let mut items: Vec<u32> = basket.into_iter().filter_map(|name| self.item(name)).collect();
        items.sort_unstable();
        items.dedup();
        self.evidence.recommend(&items, n, by)
    }

    /// Reads the text form, which is JSON.
    pub fn parse(text: &str) -> Result<Model> {
        let wrong = |message: &str| invalid_text(NAME, message);
        let json: Json = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
        if json.version != VERSION {
            return Err(wrong(&format!("the version in \"{NAME}\" must be {VERSION}")));
        }
        let options = Options {
            min_count: json.min_count,
            min_confidence: json.min_confidence,
            max_antecedent: json.max_antecedent.unwrap_or(usize::MAX),
        };
        let (names, counts) = json.items.into_iter().unzip();
        let empty = Evidence::new(json.baskets.into(), counts, std::iter::empty(), &mut Unhindered)?;
        let mut model = Model::of(options, names, empty);
        model.check_items(wrong)?;
        let mut lines = Vec::new();
        for rule in json.rules {
            let number = |name: &String| {
                let unknown = || wrong(&format!("a rule names \"{name}\", which is not among the items"));
                model.item(name).ok_or_else(unknown)
            };
            let mut antecedent = rule.antecedent.iter().map(number).collect::<Result<Vec<u32>>>()?;
            antecedent.sort_unstable();
            lines.push(Line {
                antecedent,
                consequent: number(&rule.consequent)?,
                n_ab: rule.n_ab,
                n_a: rule.n_a,
            });
        }
        model.add_rules(lines, wrong)?;
        Ok(model)
    }

    /// The text form.
    pub fn text(&self) -> String {
        let name = |&item: &u32| self.names[item as usize].clone();
        // By code point, as sets of items are written everywhere.
        let names = |items: &[u32]| {
            let mut names: Vec<String> = items.iter().map(name).collect();
            names.sort_unstable();
            names
        };
        let json = Json {
            version: VERSION,
            baskets: self.evidence.baskets as u32,
            min_count: self.options.min_count,
            min_confidence: self.options.min_confidence,
            max_antecedent: Some(self.options.max_antecedent).filter(|&most| most != usize::MAX),
            items: self
                .names
                .iter()
                .cloned()
                .zip(self.evidence.counts.iter().copied())
                .collect(),
            rules: self
                .evidence
                .lines()
                .map(|line| JsonRule {
                    antecedent: names(&line.antecedent),
                    consequent: name(&line.consequent),
                    n_ab: line.n_ab,
                    n_a: line.n_a,
                })
                .collect(),
        };
        serde_json::to_string(&json).expect("numbers and names can be written")
    }

    /// The stored form: options, then items from the most frequent one down, then rules.
    pub fn encode(&self) -> Vec<u8> {
        seal(VERSION, |out| {
            put_varint(out, self.evidence.baskets);
            put_varint(out, self.options.min_count.into());
            put_float(out, self.options.min_confidence);
            // 0 for any number of items.
            put_varint(out, (self.options.max_antecedent as u64).wrapping_add(1));
            put_varint(out, self.names.len() as u64);
            for (name, &count) in self.names.iter().zip(&self.evidence.counts) {
                put_text(out, name);
                put_varint(out, count.into());
            }
            put_varint(out, self.evidence.len() as u64);
            for line in self.evidence.lines() {
                put_varint(out, line.antecedent.len() as u64);
                line.antecedent.iter().for_each(|&item| put_varint(out, item.into()));
                put_varint(out, line.consequent.into());
                put_varint(out, line.n_ab.into());
                put_varint(out, line.n_a.into());
            }
        })
    }

    /// Reads the stored form.
    pub fn decode(bytes: &[u8]) -> Result<Model> {
        let wrong = |message: &str| Error::corrupted(NAME, sentence(message));
        let (mut model, lines) = unseal(NAME, VERSION, bytes, |reader| {
            let baskets = number(reader)?;
            let min_count = number(reader)?;
            let min_confidence = reader.float()?;
            let max_antecedent = reader.varint()?.wrapping_sub(1);
            let options = Options {
                min_count,
                min_confidence,
                max_antecedent: usize::try_from(max_antecedent).unwrap_or(usize::MAX),
            };
            let items = reader.count(16)?;
            let (mut names, mut counts) = (Vec::with_capacity(items), Vec::with_capacity(items));
            for _ in 0..items {
                names.push(reader.text()?.to_owned());
                counts.push(number(reader)?);
            }
            let rules = reader.count(40)?;
            let mut lines = Vec::with_capacity(rules);
            for _ in 0..rules {
                let length = reader.count(8)?;
                lines.push(Line {
                    antecedent: (0..length).map(|_| number(reader)).collect::<Result<_>>()?,
                    consequent: number(reader)?,
                    n_ab: number(reader)?,
                    n_a: number(reader)?,
                });
            }
            let empty = Evidence::new(baskets.into(), counts, std::iter::empty(), &mut Unhindered)?;
            Ok((Model::of(options, names, empty), lines))
        })?;
        model.check_items(wrong)?;
        model.add_rules(lines, wrong)?;
        Ok(model)
    }

    /// Checks all but the rules.
    fn check_items(&self, wrong: impl Fn(&str) -> Error) -> Result<()> {
        if let Err(error) = self.options.rules().check() {
            // It begins with the name of the option, which is that of the field.
            let (option, rest) = error.message().split_once(' ').unwrap_or_default();
            return Err(wrong(&format!("\"{option}\" {rest}")));
        }
        let counts = &self.evidence.counts;
        if !counts.is_sorted_by(|a, b| a >= b) {
            return Err(wrong("items must be in order of their counts, from the greatest down"));
        }
        let least = counts.last().is_some_and(|&least| least < self.options.min_count);
        let most = counts
            .first()
            .is_some_and(|&most| u64::from(most) > self.evidence.baskets);
        if least || most {
            return Err(wrong(
                "counts of items must be at least \"min_count\" and at most \"baskets\"",
            ));
        }
        let twice = self
            .order
            .windows(2)
            .find(|pair| self.name(pair[0]) == self.name(pair[1]));
        match twice {
            Some(pair) => Err(wrong(&format!("the item \"{}\" is there twice", self.name(pair[0])))),
            None => Ok(()),
        }
    }

    /// Checks rules and takes them in.
    fn add_rules(&mut self, lines: Vec<Line>, wrong: impl Fn(&str) -> Error) -> Result<()> {
        let counts = &self.evidence.counts;
        for line in &lines {
            let all = line.antecedent.iter().chain([&line.consequent]);
            if line.antecedent.is_empty() || all.clone().any(|&item| item as usize >= counts.len()) {
                return Err(wrong(
                    "rules must have an antecedent, and no items but those of the model",
                ));
            }
            if !line.antecedent.is_sorted_by(|a, b| a < b) || line.antecedent.contains(&line.consequent) {
                return Err(wrong("the items of a rule must differ"));
            }
            let least = line.antecedent.last().map_or(0, |&item| counts[item as usize]);
            let n_b = counts[line.consequent as usize];
            let either = u64::from(line.n_a) + u64::from(n_b) - u64::from(line.n_ab.min(n_b));
            if line.n_ab == 0 || line.n_ab > line.n_a.min(n_b) || line.n_a > least || either > self.evidence.baskets {
                return Err(wrong("the counts of a rule must fit those of its items"));
            }
        }
        let total = lines.len();
        let counts = std::mem::take(&mut self.evidence.counts);
        self.evidence = Evidence::new(self.evidence.baskets, counts, lines.into_iter(), &mut Unhindered)?;
        let same =
            |pair: &[Line]| (&pair[0].antecedent, pair[0].consequent) == (&pair[1].antecedent, pair[1].consequent);
        let sorted: Vec<Line> = self.evidence.lines().collect();
        debug_assert_eq!(sorted.len(), total);
        match sorted.windows(2).any(same) {
            true => Err(wrong("a rule is there twice")),
            false => Ok(()),
        }
    }
}

/// A number of 32 bits.
fn number(reader: &mut Reader<'_>) -> Result<u32> {
    let value = reader.varint()?;
    u32::try_from(value).map_err(|_| reader.error(format!("A number of {value} is too large.")))
}
