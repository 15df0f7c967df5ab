//! The text form of a model: JSON to read and edit.
//!
//! Items and rules are read one by one, so that memory is asked for before it is taken, whatever a text claims to hold.

use super::evidence::{Evidence, Line};
use super::model::Model;
use super::{NAME, Options};
use crate::checkpoint::{Checkpoint, push};
use crate::codec::{Sink, invalid_text};
use crate::error::{Error, Result};
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

const VERSION: u8 = 1;
/// Text that is put together before it goes to the sink.
const PIECE: usize = 64 << 10;
/// Items or rules between two looks at the checkpoint.
const STEPS: usize = 1_024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Json<'a> {
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
    #[serde(borrow)]
    items: &'a RawValue,
    #[serde(borrow)]
    rules: &'a RawValue,
}

#[derive(Deserialize)]
struct JsonItem<'a>(#[serde(borrow)] Cow<'a, str>, u32);

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonRule<'a> {
    #[serde(borrow)]
    antecedent: &'a RawValue,
    #[serde(borrow)]
    consequent: Cow<'a, str>,
    n_ab: u32,
    n_a: u32,
}

/// What comes before the items.
#[derive(Serialize)]
struct Head {
    #[serde(rename = "basket_model")]
    version: u8,
    baskets: u64,
    min_count: u32,
    min_confidence: f64,
    max_antecedent: Option<usize>,
}

impl Model {
    /// Reads the text form, which is JSON.
    pub fn parse(text: &str, checkpoint: &mut dyn Checkpoint) -> Result<Model> {
        let json: Json<'_> = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
        if json.version != VERSION {
            return Err(wrong(&format!("the version in \"{NAME}\" must be {VERSION}")));
        }
        let options = Options {
            min_count: json.min_count,
            min_confidence: json.min_confidence,
            max_antecedent: json.max_antecedent.unwrap_or(usize::MAX),
        };
        let (mut names, mut counts) = (Vec::new(), Vec::new());
        each(json.items, &mut |JsonItem(name, count)| {
            if names.len() % STEPS == 0 {
                checkpoint.pass("reading items", names.len(), 0)?;
            }
            checkpoint.reserve(name.len())?;
            push(&mut names, name.into_owned(), checkpoint)?;
            push(&mut counts, count, checkpoint)
        })?;
        let empty = Evidence::new(json.baskets.into(), counts, std::iter::empty(), checkpoint)?;
        let mut model = Model::of(options, names, empty, checkpoint)?;
        model.check_items(wrong)?;
        let mut lines = Vec::new();
        each(json.rules, &mut |rule: JsonRule<'_>| {
            if lines.len() % STEPS == 0 {
                checkpoint.pass("reading rules", lines.len(), 0)?;
            }
            let number = |name: &str| {
                let unknown = || wrong(&format!("a rule names \"{name}\", which is not among the items"));
                model.item(name).ok_or_else(unknown)
            };
            let mut antecedent = Vec::new();
            each(rule.antecedent, &mut |Name(name)| {
                if antecedent.len() == model.items() {
                    return Err(wrong("the items of a rule must differ"));
                }
                push(&mut antecedent, number(&name)?, checkpoint)
            })?;
            antecedent.sort_unstable();
            let line = Line {
                antecedent,
                consequent: number(&rule.consequent)?,
                n_ab: rule.n_ab,
                n_a: rule.n_a,
            };
            push(&mut lines, line, checkpoint)
        })?;
        model.add_rules(lines, wrong, checkpoint)?;
        Ok(model)
    }

    /// Writes the text form.
    pub fn write_text(&self, sink: &mut dyn Sink) -> Result<()> {
        let head = Head {
            version: VERSION,
            baskets: self.baskets(),
            min_count: self.options().min_count,
            min_confidence: self.options().min_confidence,
            max_antecedent: Some(self.options().max_antecedent).filter(|&most| most != usize::MAX),
        };
        let mut text = json_of(&head);
        text.pop();
        text.push_str(",\"items\":[");
        for item in 0..self.items() as u32 {
            if item > 0 {
                text.push(',');
            }
            text.push_str(&json_of(&(self.name(item), self.evidence.counts[item as usize])));
            flush_if_full(&mut text, sink)?;
        }
        text.push_str("],\"rules\":[");
        for (place, line) in self.evidence.lines().enumerate() {
            if place > 0 {
                text.push(',');
            }
            // By code point, as sets of items are written everywhere.
            let mut antecedent: Vec<&str> = line.antecedent.iter().map(|&item| self.name(item)).collect();
            antecedent.sort_unstable();
            let (antecedent, consequent) = (json_of(&antecedent), json_of(self.name(line.consequent)));
            text.push_str(&format!(
                "{{\"antecedent\":{antecedent},\"consequent\":{consequent},\"n_ab\":{},\"n_a\":{}}}",
                line.n_ab, line.n_a
            ));
            flush_if_full(&mut text, sink)?;
        }
        text.push_str("]}");
        sink.append(text.as_bytes())
    }

    /// The text form.
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        self.write_text(&mut text).expect("a vector takes any bytes");
        String::from_utf8(text).expect("the text form is text")
    }
}

fn json_of<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("numbers and names can be written")
}

fn flush_if_full(text: &mut String, sink: &mut dyn Sink) -> Result<()> {
    if text.len() >= PIECE {
        sink.append(text.as_bytes())?;
        text.clear();
    }
    Ok(())
}

fn wrong(message: &str) -> Error {
    invalid_text(NAME, message)
}

/// Hands on the elements of an array one by one.
fn each<'a, T: Deserialize<'a>>(json: &'a RawValue, then: &mut dyn FnMut(T) -> Result<()>) -> Result<()> {
    let mut failed = None;
    let mut json = serde_json::Deserializer::from_str(json.get());
    let read = json.deserialize_seq(Each {
        then,
        failed: &mut failed,
        of: PhantomData,
    });
    match (read, failed) {
        (Ok(()), _) => Ok(()),
        // What went wrong outside of the text, and stopped the reading.
        (Err(_), Some(error)) => Err(error),
        (Err(error), None) => Err(wrong(&error.to_string())),
    }
}

struct Each<'t, T> {
    then: &'t mut dyn FnMut(T) -> Result<()>,
    failed: &'t mut Option<Error>,
    of: PhantomData<T>,
}

impl<'a, T: Deserialize<'a>> Visitor<'a> for Each<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut elements: A) -> std::result::Result<(), A::Error> {
        while let Some(element) = elements.next_element()? {
            if let Err(error) = (self.then)(element) {
                *self.failed = Some(error);
                return Err(de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}
