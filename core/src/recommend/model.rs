//! Evidence as a value: bytes to store.

use super::evidence::{Evidence, Line};
use super::{NAME, Options, Recommendation, frequent};
use crate::basket_log::Baskets;
use crate::checkpoint::{Checkpoint, push, vec_with_capacity};
use crate::codec::{Reader, put_float, put_text, put_varint, seal, unseal};
use crate::error::{Error, Result, sentence};
use crate::rules::{self, Measure, association_rules};
use crate::words::order_of_bytes;

const VERSION: u8 = 1;
/// Items or rules between two looks at the checkpoint.
const STEPS: usize = 1_024;

/// Items and rules, to recommend from without the baskets.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    options: Options,
    /// The names of items, from the most frequent one down.
    names: Vec<String>,
    /// Items by name.
    order: Vec<u32>,
    pub(super) evidence: Evidence,
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
        let model = Model::of(*options, names, evidence, checkpoint)?;
        debug_assert_eq!(Model::decode(&model.encode(), checkpoint).as_ref(), Ok(&model));
        Ok(model)
    }

    pub(super) fn of(
        options: Options,
        names: Vec<String>,
        evidence: Evidence,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Model> {
        let name = |item: u32| names[item as usize].as_bytes();
        Ok(Model {
            order: order_of_bytes(names.len() as u32, name, checkpoint)?,
            options,
            names,
            evidence,
        })
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

    /// Reads the stored form. Memory is asked for before it is taken, whatever the bytes claim to hold.
    pub fn decode(bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<Model> {
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
            let (mut names, mut counts) = (Vec::new(), Vec::new());
            for item in 0..items {
                if item % STEPS == 0 {
                    checkpoint.pass("reading items", item, items)?;
                }
                let name = reader.text()?;
                checkpoint.reserve(name.len())?;
                push(&mut names, name.to_owned(), checkpoint)?;
                push(&mut counts, number(reader)?, checkpoint)?;
            }
            let rules = reader.count(40)?;
            let mut lines = Vec::new();
            for rule in 0..rules {
                if rule % STEPS == 0 {
                    checkpoint.pass("reading rules", rule, rules)?;
                }
                let length = reader.count(8)?;
                let mut antecedent = vec_with_capacity(length, checkpoint)?;
                for _ in 0..length {
                    antecedent.push(number(reader)?);
                }
                let line = Line {
                    antecedent,
                    consequent: number(reader)?,
                    n_ab: number(reader)?,
                    n_a: number(reader)?,
                };
                push(&mut lines, line, checkpoint)?;
            }
            let empty = Evidence::new(baskets.into(), counts, std::iter::empty(), checkpoint)?;
            Ok((Model::of(options, names, empty, checkpoint)?, lines))
        })?;
        model.check_items(wrong)?;
        model.add_rules(lines, wrong, checkpoint)?;
        Ok(model)
    }

    /// Checks all but the rules.
    pub(super) fn check_items(&self, wrong: impl Fn(&str) -> Error) -> Result<()> {
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
        if self.names.iter().any(|name| name.contains('\0')) {
            return Err(wrong(
                "the name of an item must not have a \\u0000, which text cannot have",
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
    pub(super) fn add_rules(
        &mut self,
        lines: Vec<Line>,
        wrong: impl Fn(&str) -> Error,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
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
        let counts = std::mem::take(&mut self.evidence.counts);
        self.evidence = Evidence::new(self.evidence.baskets, counts, lines.into_iter(), checkpoint)?;
        match self.evidence.has_twins() {
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
