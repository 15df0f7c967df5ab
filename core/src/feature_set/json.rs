//! A set as JSON that people can read and programs can write, and that loses nothing.
//!
//! ```json
//! {"feature_set":1,"ids":"integer","null_ids":0,"null_features":2,"null_weights":0,"rows":[[17850,[12,5391.21]],[17851,[1,0]]]}
//! ```
//! `ids` comes before `rows`. UUIDs and texts are strings. Numbers are read as doubles. The weight of a row stands behind its features; without
//! one it is 1.

use super::{Collector, Counts, FeatureSet, MAX_DIMENSION, NAME, block};
use crate::checkpoint::Checkpoint;
use crate::codec::Sink;
use crate::collect::json::{Array, Elements, Form, Pieces, Reading, kind, put_key, read};
use crate::error::Result;
use crate::key::{Key, KeyKind};
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess};
use serde_json::value::RawValue;
use std::fmt::Write;
use std::result;

pub(super) fn write(set: &FeatureSet<'_>, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let mut json = Pieces::begin(NAME, sink);
    if let Some(kind) = set.kind() {
        // Writing to a string cannot fail.
        let _ = write!(json.text, ",\"ids\":\"{kind}\"");
    }
    // The rows themselves have that name.
    json.put_counts(set.counts(), |name| name != "rows");
    json.text.push_str(",\"rows\":[");
    let (ids, features) = (set.ids(checkpoint)?, set.features(checkpoint)?);
    let weights = set.weights(checkpoint)?;
    for row in 0..set.len() {
        if row % block::ROWS == 0 {
            checkpoint.pass("writing", row, set.len())?;
        }
        let text = &mut json.text;
        text.push_str(if row == 0 { "[" } else { ",[" });
        put_key(text, ids.get(row));
        let mut separator = ",[";
        for &x in features.column(row) {
            text.push_str(separator);
            put_number(text, x);
            separator = ",";
        }
        text.push(']');
        if let Some(weights) = &weights {
            text.push(',');
            put_number(text, weights[row]);
        }
        text.push(']');
        json.flush_if_full()?;
    }
    json.text.push(']');
    json.finish()
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

pub(super) fn parse(text: &str, checkpoint: &mut dyn Checkpoint) -> Result<Collector> {
    Ok(read(text, Set::default(), checkpoint)?.set)
}

/// A set on its way in.
#[derive(Default)]
struct Set {
    set: Collector,
    kind: Option<KeyKind>,
    /// Those of a row; used again.
    features: Vec<f64>,
}

impl<'de> Form<'de> for Set {
    const NAME: &'static str = NAME;
    type Counts = Counts;

    fn field<A: MapAccess<'de>>(
        reading: &mut Reading<'_, Set>,
        name: &str,
        fields: &mut A,
    ) -> result::Result<bool, A::Error> {
        match name {
            "ids" => reading.into.kind = Some(kind(name, &fields.next_value::<String>()?)?),
            "rows" => fields.next_value_seed(Array(Rows(reading)))?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn set_counts(&mut self, counts: Counts) {
        self.set.set_ignored(&counts);
    }
}

struct Rows<'r, 'c>(&'r mut Reading<'c, Set>);

impl<'de> Elements<'de> for Rows<'_, '_> {
    const EXPECTED: &'static str = "an array of rows";

    fn elements<A: SeqAccess<'de>>(&mut self, rows: &mut A) -> result::Result<(), A::Error> {
        while rows.next_element_seed(Array(Row(self.0)))?.is_some() {}
        Ok(())
    }
}

/// An id, an array of features, and perhaps a weight.
struct Row<'r, 'c>(&'r mut Reading<'c, Set>);

impl<'de> Elements<'de> for Row<'_, '_> {
    const EXPECTED: &'static str = "an array of an id, an array of features and perhaps a weight";

    fn elements<A: SeqAccess<'de>>(&mut self, row: &mut A) -> result::Result<(), A::Error> {
        let wrong = |len| {
            Err(de::Error::invalid_length(
                len,
                &"an id, an array of features and perhaps a weight",
            ))
        };
        let reading = &mut *self.0;
        let Some(kind) = reading.into.kind else {
            return Err(de::Error::custom("\"ids\" must come before \"rows\""));
        };
        let Some(id) = row.next_element::<&'de RawValue>()? else {
            return wrong(0);
        };
        let id = match kind {
            KeyKind::Integer => id.get().to_owned(),
            _ => serde_json::from_str(id.get()).map_err(de::Error::custom)?,
        };
        let Some(id) = Key::parse(kind, &id) else {
            return Err(de::Error::custom(format_args!("a row has an id that is no {kind}")));
        };
        let Set { set, features, .. } = &mut reading.into;
        features.clear();
        if row.next_element_seed(Array(Features(features)))?.is_none() {
            return wrong(1);
        }
        let weight = row.next_element()?.unwrap_or(1.0);
        if row.next_element::<IgnoredAny>()?.is_some() {
            return wrong(4);
        }
        let taken = set.push_weighted(id, features, weight, reading.checkpoint);
        reading.pass(taken)
    }
}

/// Numbers; those beyond the most that there can be are not kept.
struct Features<'r>(&'r mut Vec<f64>);

impl<'de> Elements<'de> for Features<'_> {
    const EXPECTED: &'static str = "an array of features";

    fn elements<A: SeqAccess<'de>>(&mut self, features: &mut A) -> result::Result<(), A::Error> {
        while let Some(x) = features.next_element()? {
            if self.0.len() <= MAX_DIMENSION {
                self.0.push(x);
            }
        }
        Ok(())
    }
}
