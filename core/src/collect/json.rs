//! Values as JSON: what reading and writing one has in common, whatever is in it.
//!
//! A value is an object: its version under the name of its type, its kinds, its counts, and what was collected.

use super::header::Counted;
use super::kinds::Listed;
use crate::checkpoint::Checkpoint;
use crate::codec::{Sink, invalid_text};
use crate::error::{Error, Result};
use crate::key::Key;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt::{self, Write};
use std::result;

/// The version of all JSON forms.
const VERSION: u64 = 1;
/// Text that is put together before it goes to the sink.
const PIECE: usize = 64 << 10;

/// JSON on its way out.
pub(crate) struct Pieces<'s> {
    /// What has not gone to the sink yet.
    pub(crate) text: String,
    sink: &'s mut dyn Sink,
}

impl<'s> Pieces<'s> {
    /// Begins the object of a value of the type `what`.
    pub(crate) fn begin(what: &str, sink: &'s mut dyn Sink) -> Pieces<'s> {
        Pieces {
            text: format!("{{\"{what}\":{VERSION}"),
            sink,
        }
    }

    /// The counts with these names.
    pub(crate) fn put_counts<C: Counted>(&mut self, counts: &C, are_put: impl Fn(&str) -> bool) {
        let mut counts = *counts;
        for (name, count) in counts.fields().filter(|count| are_put(count.0)) {
            // Writing to a string cannot fail.
            let _ = write!(self.text, ",\"{name}\":{count}");
        }
    }

    /// Hands on what there is if it is much.
    pub(crate) fn flush_if_full(&mut self) -> Result<()> {
        if self.text.len() >= PIECE {
            self.sink.append(self.text.as_bytes())?;
            self.text.clear();
        }
        Ok(())
    }

    /// Ends the object.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.text.push('}');
        self.sink.append(self.text.as_bytes())
    }
}

/// Appends a key as a value: an integer as a number.
pub(crate) fn put_key(text: &mut String, key: Key<'_>) {
    let _ = match key {
        Key::Integer(key) => write!(text, "{key}"),
        Key::Uuid(_) => write!(text, "\"{key}\""),
        Key::Text(key) => write!(text, "{}", serde_json::Value::from(key)),
    };
}

/// Appends a key as the name of a field.
pub(crate) fn put_name(text: &mut String, key: Key<'_>) {
    match key {
        Key::Integer(key) => drop(write!(text, "\"{key}\"")),
        key => put_key(text, key),
    }
}

/// A value on its way in.
pub(crate) struct Reading<'c, T> {
    /// What it is read into.
    pub(crate) into: T,
    pub(crate) checkpoint: &'c mut dyn Checkpoint,
    failed: Option<Error>,
}

impl<T> Reading<'_, T> {
    /// Takes the result of something that is not a matter of JSON through the JSON reader.
    pub(crate) fn pass<A, E: de::Error>(&mut self, result: Result<A>) -> result::Result<A, E> {
        result.map_err(|error| {
            let message = E::custom(error.message());
            self.failed = Some(error);
            message
        })
    }
}

/// What a value of one type is read into.
pub(crate) trait Form<'de>: Sized {
    /// The name of the type.
    const NAME: &'static str;
    /// Its counts.
    type Counts: Counted;

    /// Reads the field with a name; false if there is no such field beside version and counts.
    fn field<A: MapAccess<'de>>(
        reading: &mut Reading<'_, Self>,
        name: &str,
        fields: &mut A,
    ) -> result::Result<bool, A::Error>;

    /// Takes the counts, when all fields have been read.
    fn set_counts(&mut self, counts: Self::Counts);
}

/// Reads the JSON of a value.
pub(crate) fn read<'de, T: Form<'de>>(text: &'de str, into: T, checkpoint: &mut dyn Checkpoint) -> Result<T> {
    let mut reading = Reading {
        into,
        checkpoint,
        failed: None,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = json.deserialize_map(Whole(&mut reading)).and_then(|()| json.end());
    match (read, reading.failed) {
        (Ok(()), _) => Ok(reading.into),
        // What went wrong outside of the text, and stopped the reading.
        (Err(_), Some(error)) => Err(error),
        (Err(error), None) => Err(invalid_text(T::NAME, &error.to_string())),
    }
}

/// The object that a value is.
struct Whole<'r, 'c, T>(&'r mut Reading<'c, T>);

impl<'de, T: Form<'de>> Visitor<'de> for Whole<'_, '_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> result::Result<(), A::Error> {
        let (mut version, mut counts) = (None, T::Counts::default());
        while let Some(name) = fields.next_key::<String>()? {
            if name == T::NAME {
                version = Some(fields.next_value::<u64>()?);
            } else if !T::field(self.0, &name, &mut fields)? {
                match counts.fields().find(|count| count.0 == name) {
                    Some((_, count)) => *count = fields.next_value()?,
                    None => return Err(de::Error::custom(format_args!("unknown field \"{name}\""))),
                }
            }
        }
        if version != Some(VERSION) {
            let what = T::NAME;
            return Err(de::Error::custom(format_args!(
                "the version in \"{what}\" must be {VERSION}"
            )));
        }
        self.0.into.set_counts(counts);
        Ok(())
    }
}

/// The kind that a field names.
pub(crate) fn kind<K: Listed, E: de::Error>(field: &str, name: &str) -> result::Result<K, E> {
    K::of_name(name).ok_or_else(|| {
        let names: Vec<String> = K::ALL.iter().map(|kind| format!("\"{kind}\"")).collect();
        let known = match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => names.concat(),
        };
        E::custom(format_args!("\"{field}\" must be {known}, not \"{name}\""))
    })
}

/// What reads the fields of an object whose names are data.
pub(crate) trait Fields<'de> {
    /// What there should be.
    const EXPECTED: &'static str;

    /// Reads the field with a name.
    fn field<A: MapAccess<'de>>(&mut self, name: &str, fields: &mut A) -> result::Result<(), A::Error>;
}

/// What reads the elements of an array.
pub(crate) trait Elements<'de> {
    /// What there should be.
    const EXPECTED: &'static str;

    /// Reads all elements.
    fn elements<A: SeqAccess<'de>>(&mut self, elements: &mut A) -> result::Result<(), A::Error>;
}

/// An object, read by what it holds.
pub(crate) struct Object<T>(pub(crate) T);

/// An array, read by what it holds.
pub(crate) struct Array<T>(pub(crate) T);

impl<'de, T: Fields<'de>> DeserializeSeed<'de> for Object<T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> result::Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de, T: Fields<'de>> Visitor<'de> for Object<T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> result::Result<(), A::Error> {
        while let Some(name) = fields.next_key::<String>()? {
            self.0.field(&name, &mut fields)?;
        }
        Ok(())
    }
}

impl<'de, T: Elements<'de>> DeserializeSeed<'de> for Array<T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> result::Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de, T: Elements<'de>> Visitor<'de> for Array<T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> result::Result<(), A::Error> {
        self.0.elements(&mut elements)
    }
}
