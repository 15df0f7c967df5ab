//! A log as JSON that loses nothing.
//!
//! ```json
//! {"basket_log":1,"keys":["integer","text"],"rows":4,"null_baskets":0,"null_items":0,
//!  "items":["bread","milk"],"baskets":{"17":[0,1],"18":[0]}}
//! ```
//! The kinds of the keys of baskets and of items come first, and `items` before `baskets`, whose items are places in `items`,
//! counted from 0. Dates are days and times microseconds since 2000-01-01; keys of other types are bytes in hexadecimal.

use super::{BasketLog, Collector, Counts, Kinds, NAME, STEPS};
use crate::checkpoint::{Checkpoint, push};
use crate::codec::Sink;
use crate::collect::Listed;
use crate::collect::json::{Array, Elements, Fields, Form, Object, Pieces, Reading, put_key, read};
use crate::error::Result;
use crate::key::{self, AnyKey, AnyKind, Key, KeyKind};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess};
use std::fmt::Write;
use std::result;

pub(super) fn write(log: &BasketLog<'_>, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let mut json = Pieces::begin(NAME, sink);
    if let Some((baskets, items)) = log.kinds() {
        // Writing to a string cannot fail.
        let _ = write!(json.text, ",\"keys\":[\"{baskets}\",\"{items}\"]");
    }
    json.put_counts(log.counts(), |_| true);
    json.text.push_str(",\"items\":[");
    let mut separator = "";
    let kind = log.kinds().map_or(KeyKind::Integer, |kinds| kinds.1);
    let mut cursor = log.cursor(
        &mut |key, _, _| {
            json.text.push_str(std::mem::replace(&mut separator, ","));
            put_key(&mut json.text, key.item(kind)?);
            json.flush_if_full()
        },
        checkpoint,
    )?;
    json.text.push_str("],\"baskets\":{");
    let mut separator = "";
    while cursor.advance(checkpoint)? {
        let text = &mut json.text;
        text.push_str(std::mem::replace(&mut separator, ","));
        put_basket(text, cursor.key());
        let mut separator = ":[";
        for item in cursor.items() {
            let _ = write!(text, "{separator}{item}");
            separator = ",";
        }
        text.push(']');
        json.flush_if_full()?;
    }
    json.text.push('}');
    json.finish()
}

fn put_basket(text: &mut String, key: AnyKey<'_>) {
    let bytes = match key.form() {
        key::Form::Number(number) => {
            let _ = write!(text, "\"{number}\"");
            return;
        }
        key::Form::Bytes(bytes) => bytes,
    };
    match (key.kind(), std::str::from_utf8(bytes), <[u8; 16]>::try_from(bytes)) {
        (AnyKind::Text, Ok(key), _) => {
            let _ = write!(text, "{}", serde_json::Value::from(key));
        }
        (AnyKind::Uuid, _, Ok(bytes)) => {
            let _ = write!(text, "\"{}\"", Key::Uuid(u128::from_be_bytes(bytes)));
        }
        _ => {
            text.push('"');
            for byte in bytes {
                let _ = write!(text, "{byte:02x}");
            }
            text.push('"');
        }
    }
}

/// Hands on the key of a basket that a text spells; nothing if it spells none.
fn with_basket<T>(kind: AnyKind, text: &str, then: impl FnOnce(AnyKey<'_>) -> T) -> Option<T> {
    match kind {
        AnyKind::Text => Key::parse(KeyKind::Text, text).map(|_| then(AnyKey::text(text))),
        AnyKind::Uuid => match Key::parse(KeyKind::Uuid, text)? {
            Key::Uuid(key) => Some(then(AnyKey::uuid(&key.to_be_bytes()))),
            _ => None,
        },
        AnyKind::Other => {
            let digits = text.as_bytes().as_chunks().0;
            let even = text.len().is_multiple_of(2);
            let bytes: Option<Vec<u8>> = digits.iter().map(|&[a, b]| Some(digit(a)? << 4 | digit(b)?)).collect();
            bytes.filter(|_| even).map(|bytes| then(AnyKey::other(&bytes)))
        }
        _ => text.parse().ok().map(|number| then(AnyKey::number(kind, number))),
    }
}

fn digit(letter: u8) -> Option<u8> {
    char::from(letter).to_digit(16).map(|digit| digit as u8)
}

pub(super) fn parse(text: &str, log: Collector, checkpoint: &mut dyn Checkpoint) -> Result<Collector> {
    let empty = Log {
        log,
        kinds: None,
        numbers: Vec::new(),
    };
    Ok(read(text, empty, checkpoint)?.log)
}

/// A log on its way in.
struct Log {
    log: Collector,
    kinds: Option<Kinds>,
    /// The numbers that the items have in the collection.
    numbers: Vec<u32>,
}

impl Log {
    fn kinds<E: de::Error>(&self, field: &str) -> result::Result<Kinds, E> {
        let missing = || E::custom(format_args!("\"keys\" must come before \"{field}\""));
        self.kinds.ok_or_else(missing)
    }
}

impl<'de> Form<'de> for Log {
    const NAME: &'static str = NAME;
    type Counts = Counts;

    fn field<A: MapAccess<'de>>(
        reading: &mut Reading<'_, Log>,
        name: &str,
        fields: &mut A,
    ) -> result::Result<bool, A::Error> {
        match name {
            "keys" => {
                let [baskets, items] = fields.next_value::<[String; 2]>()?;
                let kinds = AnyKind::of_name(&baskets).zip(KeyKind::of_name(&items));
                let unknown = || de::Error::custom("\"keys\" must be kinds of keys that there are");
                reading.into.kinds = Some(kinds.ok_or_else(unknown)?);
            }
            "items" => fields.next_value_seed(Array(Items(reading)))?,
            "baskets" => fields.next_value_seed(Object(Baskets(reading, Vec::new())))?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn set_counts(&mut self, counts: Counts) {
        self.log.set_counts(counts);
    }
}

struct Items<'r, 'c>(&'r mut Reading<'c, Log>);

impl<'de> Elements<'de> for Items<'_, '_> {
    const EXPECTED: &'static str = "an array of items";

    fn elements<A: SeqAccess<'de>>(&mut self, items: &mut A) -> result::Result<(), A::Error> {
        let mut passed = 0;
        while items.next_element_seed(Item(self.0))?.is_some() {
            passed += 1;
            if passed % STEPS == 0 {
                let pass = self.0.checkpoint.pass("reading items", passed, 0);
                self.0.pass(pass)?;
            }
        }
        Ok(())
    }
}

/// The key of an item.
struct Item<'r, 'c>(&'r mut Reading<'c, Log>);

impl<'de> DeserializeSeed<'de> for Item<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> result::Result<(), D::Error> {
        let kinds = self.0.into.kinds("items")?;
        let text: String;
        let item = if kinds.1 == KeyKind::Integer {
            Key::Integer(de::Deserialize::deserialize(json)?)
        } else {
            text = de::Deserialize::deserialize(json)?;
            let unknown = || de::Error::custom(format_args!("an item is no {}", kinds.1));
            Key::parse(kinds.1, &text).ok_or_else(unknown)?
        };
        let (log, checkpoint) = (&mut self.0.into, &mut *self.0.checkpoint);
        let number = log.log.item_of_log(kinds, item, checkpoint);
        let taken = number.and_then(|number| push(&mut log.numbers, number, checkpoint));
        self.0.pass(taken)
    }
}

/// Baskets, and memory for the items of one.
struct Baskets<'r, 'c>(&'r mut Reading<'c, Log>, Vec<u32>);

impl<'de> Fields<'de> for Baskets<'_, '_> {
    const EXPECTED: &'static str = "an object with the items of each basket";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, fields: &mut A) -> result::Result<(), A::Error> {
        let Baskets(reading, items) = self;
        let kinds = reading.into.kinds("baskets")?;
        items.clear();
        fields.next_value_seed(Array(Basket(reading, items)))?;
        if items.is_empty() {
            return Err(de::Error::custom("a basket has no items"));
        }
        let (log, checkpoint) = (&mut reading.into.log, &mut *reading.checkpoint);
        let taken = with_basket(kinds.0, name, |key| {
            log.basket_of_log(kinds, key, items.iter().copied(), checkpoint)
        });
        let unknown = || de::Error::custom(format_args!("a basket has a key that is no {}", kinds.0));
        let taken = taken.ok_or_else(unknown)?;
        reading.pass(taken)
    }
}

/// The items of one basket.
struct Basket<'r, 'c>(&'r mut Reading<'c, Log>, &'r mut Vec<u32>);

impl<'de> Elements<'de> for Basket<'_, '_> {
    const EXPECTED: &'static str = "an array of places in \"items\"";

    fn elements<A: SeqAccess<'de>>(&mut self, places: &mut A) -> result::Result<(), A::Error> {
        while let Some(place) = places.next_element::<usize>()? {
            let numbers = &self.0.into.numbers;
            let Some(&number) = numbers.get(place) else {
                return Err(de::Error::custom(format_args!(
                    "a basket has item {place}, counted from 0, of {} in \"items\"",
                    numbers.len()
                )));
            };
            let taken = push(self.1, number, self.0.checkpoint);
            self.0.pass(taken)?;
        }
        Ok(())
    }
}
