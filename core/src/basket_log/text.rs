//! The text form of a log: JSON that loses nothing.
//!
//! ```json
//! {"basket_log":1,"keys":["integer","text"],"rows":4,"null_baskets":0,"null_items":0,
//!  "items":["bread","milk"],"baskets":{"17":[0,1],"18":[0]}}
//! ```
//! The kinds of the keys of baskets and of items come first, and `items` before `baskets`, whose items are places in `items`,
//! counted from 0. Dates are days and times microseconds since 2000-01-01; keys of other types are bytes in hexadecimal.

use super::{BasketLog, Collector, Counts, Kinds, NAME};
use crate::checkpoint::{Checkpoint, push};
use crate::codec::{Sink, invalid_text};
use crate::error::{Error, Result};
use crate::key::{AnyKey, AnyKind, Form, Key, KeyKind};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt::{self, Write};

/// The version of the text form.
const VERSION: u64 = 1;
/// Text that is put together before it goes to the sink.
const PIECE: usize = 64 << 10;

/// Writes the text form of a log.
pub fn write_text(log: &BasketLog<'_>, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(text, "{{\"basket_log\":{VERSION}");
    if let Some((baskets, items)) = log.kinds() {
        let _ = write!(text, ",\"keys\":[\"{baskets}\",\"{items}\"]");
    }
    let counts = log.counts();
    let _ = write!(
        text,
        ",\"rows\":{},\"null_baskets\":{},\"null_items\":{},\"items\":",
        counts.rows, counts.null_baskets, counts.null_items
    );
    let mut separator = '[';
    let kind = log.kinds().map_or(KeyKind::Integer, |kinds| kinds.1);
    let mut cursor = log.cursor(
        &mut |key, _, _| {
            text.push(separator);
            separator = ',';
            put_item(&mut text, key.item(kind)?);
            flush_if_full(&mut text, sink)
        },
        checkpoint,
    )?;
    text.push_str(if log.is_empty() {
        "[],\"baskets\":{"
    } else {
        "],\"baskets\":"
    });
    let mut separator = '{';
    while cursor.advance(checkpoint)? {
        text.push(separator);
        separator = ',';
        put_basket(&mut text, cursor.key());
        let mut separator = ":[";
        for item in cursor.items() {
            let _ = write!(text, "{separator}{item}");
            separator = ",";
        }
        text.push(']');
        flush_if_full(&mut text, sink)?;
    }
    text.push_str("}}");
    sink.append(text.as_bytes())
}

fn flush_if_full(text: &mut String, sink: &mut dyn Sink) -> Result<()> {
    if text.len() >= PIECE {
        sink.append(text.as_bytes())?;
        text.clear();
    }
    Ok(())
}

fn put_item(text: &mut String, item: Key<'_>) {
    let _ = match item {
        Key::Integer(item) => write!(text, "{item}"),
        Key::Uuid(_) => write!(text, "\"{item}\""),
        Key::Text(item) => write!(text, "{}", serde_json::Value::from(item)),
    };
}

fn put_basket(text: &mut String, key: AnyKey<'_>) {
    let bytes = match key.form() {
        Form::Number(number) => {
            let _ = write!(text, "\"{number}\"");
            return;
        }
        Form::Bytes(bytes) => bytes,
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

/// Reads the text form of a log into a collection.
pub fn parse(text: &str, limit: usize, checkpoint: &mut dyn Checkpoint) -> Result<Collector> {
    let mut reading = Reading {
        log: Collector::new(limit),
        kinds: None,
        numbers: Vec::new(),
        failed: None,
        checkpoint,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = json.deserialize_map(Log(&mut reading)).and_then(|()| json.end());
    match (read, reading.failed) {
        (Ok(()), _) => Ok(reading.log),
        // What went wrong outside of the text, and stopped the reading.
        (Err(_), Some(error)) => Err(error),
        (Err(error), None) => Err(invalid_text(NAME, &error.to_string())),
    }
}

struct Reading<'c> {
    log: Collector,
    kinds: Option<Kinds>,
    /// The numbers that the items have in the collection.
    numbers: Vec<u32>,
    failed: Option<Error>,
    checkpoint: &'c mut dyn Checkpoint,
}

impl Reading<'_> {
    /// Takes the result of something that is not a matter of JSON through the JSON reader.
    fn pass<T, E: de::Error>(&mut self, result: Result<T>) -> std::result::Result<T, E> {
        result.map_err(|error| {
            let message = E::custom(error.message());
            self.failed = Some(error);
            message
        })
    }

    fn kinds<E: de::Error>(&self, field: &str) -> std::result::Result<Kinds, E> {
        let missing = || E::custom(format_args!("\"keys\" must come before \"{field}\""));
        self.kinds.ok_or_else(missing)
    }

    fn put_item<E: de::Error>(&mut self, kinds: Kinds, item: Key<'_>) -> std::result::Result<(), E> {
        let taken = self
            .log
            .item_of_log(kinds, item, self.checkpoint)
            .and_then(|number| push(&mut self.numbers, number, self.checkpoint));
        self.pass(taken)
    }
}

/// The whole log: an object with known fields.
struct Log<'r, 'c>(&'r mut Reading<'c>);

impl<'de> Visitor<'de> for Log<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let reading = self.0;
        let mut version = None;
        let mut counts = Counts::default();
        while let Some(field) = map.next_key::<String>()? {
            match field.as_str() {
                "basket_log" => version = Some(map.next_value::<u64>()?),
                "keys" => {
                    let [baskets, items] = map.next_value::<[String; 2]>()?;
                    let baskets = AnyKind::ALL.into_iter().find(|kind| kind.to_string() == baskets);
                    let items = super::ITEM_KINDS.into_iter().find(|kind| kind.to_string() == items);
                    reading.kinds = Some(
                        baskets
                            .zip(items)
                            .ok_or_else(|| de::Error::custom("\"keys\" must be kinds of keys that there are"))?,
                    );
                }
                "rows" => counts.rows = map.next_value()?,
                "null_baskets" => counts.null_baskets = map.next_value()?,
                "null_items" => counts.null_items = map.next_value()?,
                "items" => map.next_value_seed(Items(reading))?,
                "baskets" => map.next_value_seed(Baskets(reading))?,
                unknown => return Err(de::Error::custom(format_args!("unknown field \"{unknown}\""))),
            }
        }
        if version != Some(VERSION) {
            return Err(de::Error::custom(format_args!(
                "the version in \"basket_log\" must be {VERSION}"
            )));
        }
        reading.log.set_counts(counts);
        Ok(())
    }
}

/// An array: the keys of the items.
struct Items<'r, 'c>(&'r mut Reading<'c>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<(), A::Error> {
        let mut passed = 0;
        while items.next_element_seed(Item(self.0))?.is_some() {
            passed += 1;
            if passed % super::STEPS == 0 {
                let pass = self.0.checkpoint.pass("reading items", passed, 0);
                self.0.pass(pass)?;
            }
        }
        Ok(())
    }
}

/// The key of an item.
struct Item<'r, 'c>(&'r mut Reading<'c>);

impl<'de> DeserializeSeed<'de> for Item<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<(), D::Error> {
        let kinds = self.0.kinds("items")?;
        let kind = kinds.1;
        if kind == KeyKind::Integer {
            let item = de::Deserialize::deserialize(json)?;
            return self.0.put_item(kinds, Key::Integer(item));
        }
        let item: String = de::Deserialize::deserialize(json)?;
        let item = Key::parse(kind, &item).ok_or_else(|| de::Error::custom(format_args!("an item is no {kind}")))?;
        self.0.put_item(kinds, item)
    }
}

/// An object: the items of each basket.
struct Baskets<'r, 'c>(&'r mut Reading<'c>);

impl<'de> DeserializeSeed<'de> for Baskets<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Baskets<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the items of each basket")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let reading = self.0;
        let mut items = Vec::new();
        while let Some(basket) = map.next_key::<String>()? {
            let kinds = reading.kinds("baskets")?;
            items.clear();
            map.next_value_seed(Basket(reading, &mut items))?;
            if items.is_empty() {
                return Err(de::Error::custom("a basket has no items"));
            }
            let (log, checkpoint) = (&mut reading.log, &mut *reading.checkpoint);
            let taken = with_basket(kinds.0, &basket, |key| {
                log.basket_of_log(kinds, key, items.iter().copied(), checkpoint)
            });
            let taken =
                taken.ok_or_else(|| de::Error::custom(format_args!("a basket has a key that is no {}", kinds.0)))?;
            reading.pass(taken)?;
        }
        Ok(())
    }
}

/// An array: the items of one basket.
struct Basket<'r, 'c, 'i>(&'r mut Reading<'c>, &'i mut Vec<u32>);

impl<'de> DeserializeSeed<'de> for Basket<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Basket<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of places in \"items\"")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut places: A) -> std::result::Result<(), A::Error> {
        while let Some(place) = places.next_element::<usize>()? {
            let Some(&number) = self.0.numbers.get(place) else {
                return Err(de::Error::custom(format_args!(
                    "a basket has item {place}, counted from 0, of {} in \"items\"",
                    self.0.numbers.len()
                )));
            };
            let taken = push(self.1, number, self.0.checkpoint);
            self.0.pass(taken)?;
        }
        Ok(())
    }
}
