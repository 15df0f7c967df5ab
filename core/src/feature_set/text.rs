//! The text form of a set: JSON that people can read and programs can write, and that loses nothing.
//!
//! ```json
//! {"feature_set":1,"ids":"integer","null_ids":0,"null_features":2,"rows":[[17850,[12,5391.21]],[17851,[1,0]]]}
//! ```
//! `ids` comes before `rows`. UUIDs and texts are strings. Numbers are read as doubles.

use super::{Collector, FeatureSet, MAX_DIMENSION, NAME, block};
use crate::checkpoint::Checkpoint;
use crate::codec::{Sink, invalid_text};
use crate::error::{Error, Result};
use crate::key::{Key, KeyKind, Keys};
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt::{self, Write};

/// The version of the text form.
const VERSION: u64 = 1;
/// Text that is put together before it goes to the sink.
const PIECE: usize = 64 << 10;

/// Writes the text form of a set.
pub fn write_text(set: &FeatureSet<'_>, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let mut text = String::new();
    // Writing to a string cannot fail: the results of `write!` are dropped.
    let _ = write!(text, "{{\"feature_set\":{VERSION}");
    if let Some(kind) = set.kind() {
        let _ = write!(text, ",\"ids\":\"{kind}\"");
    }
    let counts = set.counts();
    let _ = write!(
        text,
        ",\"null_ids\":{},\"null_features\":{},\"rows\":[",
        counts.null_ids, counts.null_features
    );
    let (ids, features) = (set.ids(checkpoint)?, set.features(checkpoint)?);
    for row in 0..set.len() {
        if row % block::ROWS == 0 {
            checkpoint.pass("writing", row, set.len())?;
        }
        text.push_str(if row == 0 { "[" } else { ",[" });
        put_id(&mut text, &ids, row);
        let mut separator = ",[";
        for &x in features.column(row) {
            text.push_str(separator);
            put_number(&mut text, x);
            separator = ",";
        }
        text.push_str("]]");
        if text.len() >= PIECE {
            sink.append(text.as_bytes())?;
            text.clear();
        }
    }
    text.push_str("]}");
    sink.append(text.as_bytes())
}

fn put_id(text: &mut String, ids: &Keys, row: usize) {
    let _ = match ids.get(row) {
        Key::Integer(id) => write!(text, "{id}"),
        id @ Key::Uuid(_) => write!(text, "\"{id}\""),
        Key::Text(id) => write!(text, "{}", serde_json::Value::from(id)),
    };
}

/// The shortest digits that are read as the same double.
fn put_number(text: &mut String, x: f64) {
    let plain = x == 0.0 || (1e-5..1e15).contains(&x.abs());
    let _ = if plain {
        write!(text, "{x}")
    } else {
        write!(text, "{x:e}")
    };
}

/// Reads the text form of a set into a collection.
pub fn parse(text: &str, checkpoint: &mut dyn Checkpoint) -> Result<Collector> {
    let mut reading = Reading {
        set: Collector::default(),
        kind: None,
        features: Vec::new(),
        failed: None,
        checkpoint,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = json.deserialize_map(Set(&mut reading)).and_then(|()| json.end());
    match (read, reading.failed) {
        (Ok(()), _) => Ok(reading.set),
        // What is wrong with a row, not with the JSON.
        (Err(_), Some(error)) => Err(error),
        (Err(error), None) => Err(invalid_text(NAME, &error.to_string())),
    }
}

struct Reading<'c> {
    set: Collector,
    kind: Option<KeyKind>,
    /// Those of a row; used again.
    features: Vec<f64>,
    failed: Option<Error>,
    checkpoint: &'c mut dyn Checkpoint,
}

/// The whole set: an object with known fields.
struct Set<'r, 'c>(&'r mut Reading<'c>);

impl<'de> Visitor<'de> for Set<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let (mut version, mut null_ids, mut null_features) = (None, 0, 0);
        while let Some(field) = map.next_key::<String>()? {
            match field.as_str() {
                "feature_set" => version = Some(map.next_value::<u64>()?),
                "ids" => self.0.kind = Some(key_kind(&map.next_value::<String>()?)?),
                "null_ids" => null_ids = map.next_value()?,
                "null_features" => null_features = map.next_value()?,
                "rows" => map.next_value_seed(Rows(self.0))?,
                unknown => return Err(de::Error::custom(format_args!("unknown field \"{unknown}\""))),
            }
        }
        if version != Some(VERSION) {
            return Err(de::Error::custom(format_args!(
                "the version in \"feature_set\" must be {VERSION}"
            )));
        }
        self.0.set.set_ignored(null_ids, null_features);
        Ok(())
    }
}

fn key_kind<E: de::Error>(word: &str) -> std::result::Result<KeyKind, E> {
    let kinds = [KeyKind::Integer, KeyKind::Uuid, KeyKind::Text];
    kinds.into_iter().find(|kind| kind.to_string() == word).ok_or_else(|| {
        E::custom(format_args!(
            "\"ids\" must be \"integer\", \"uuid\" or \"text\", not \"{word}\""
        ))
    })
}

/// An array of rows.
struct Rows<'r, 'c>(&'r mut Reading<'c>);

impl<'de> DeserializeSeed<'de> for Rows<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> std::result::Result<(), A::Error> {
        while rows.next_element_seed(Row(self.0))?.is_some() {}
        Ok(())
    }
}

/// A row: an array of an id and an array of features.
struct Row<'r, 'c>(&'r mut Reading<'c>);

impl<'de> DeserializeSeed<'de> for Row<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Row<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of an id and an array of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> std::result::Result<(), A::Error> {
        let reading = self.0;
        let Some(kind) = reading.kind else {
            return Err(de::Error::custom("\"ids\" must come before \"rows\""));
        };
        let Some(id) = row.next_element::<&'de RawValue>()? else {
            return Err(de::Error::invalid_length(0, &"an id and an array of features"));
        };
        let id = match kind {
            KeyKind::Integer => id.get().to_owned(),
            _ => serde_json::from_str(id.get()).map_err(de::Error::custom)?,
        };
        let Some(id) = Key::parse(kind, &id) else {
            return Err(de::Error::custom(format_args!("a row has an id that is no {kind}")));
        };
        reading.features.clear();
        if row.next_element_seed(Features(&mut reading.features))?.is_none() {
            return Err(de::Error::invalid_length(1, &"an id and an array of features"));
        }
        if row.next_element::<IgnoredAny>()?.is_some() {
            return Err(de::Error::invalid_length(3, &"an id and an array of features"));
        }
        let taken = reading.set.push(id, &reading.features, reading.checkpoint);
        taken.map_err(|error| {
            let message = de::Error::custom(error.message());
            reading.failed = Some(error);
            message
        })
    }
}

/// An array of numbers; those beyond the most that there can be are not kept.
struct Features<'r>(&'r mut Vec<f64>);

impl<'de> DeserializeSeed<'de> for Features<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Features<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut features: A) -> std::result::Result<(), A::Error> {
        while let Some(x) = features.next_element()? {
            if self.0.len() <= MAX_DIMENSION {
                self.0.push(x);
            }
        }
        Ok(())
    }
}
