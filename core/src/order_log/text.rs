//! The text form of a log: JSON that people can read and programs can write, and that loses nothing.
//!
//! ```json
//! {"order_log":1,"keys":"integer","times":"timestamptz","rows":3,"null_customers":0,"null_times":0,"null_amounts":0,
//!  "customers":{"17850":[["2010-12-01T08:26:00Z",139.12],["2010-12-01T08:28:00Z",22.2]],
//!               "17851":[["2010-12-02T11:45:00Z",-3.5]]}}
//! ```
//! `keys` and `times` come before `customers`. An amount is an exact decimal, or, with an exponent, a double in its
//! shortest form. Times are read as UTC; those of kind `timestamp` stand as they are and have no `Z`.

use super::{Collector, Counts, Kinds, OrderLog, TimeKind};
use crate::amount::{Amount, Form, MAX_SCALE};
use crate::calendar::{DAY, END_TIME, MIN_TIME, SECOND, civil_from_days, days_from_civil, days_in_month};
use crate::checkpoint::Checkpoint;
use crate::codec::Sink;
use crate::error::{Error, Kind, Result, sentence};
use crate::key::{Key, KeyKind};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt::{self, Write};

/// The version of the text form.
const VERSION: u64 = 1;
/// Text that is put together before it goes to the sink.
const PIECE: usize = 64 << 10;

/// Writes the text form of a log.
pub fn write_text(log: &OrderLog<'_>, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let mut text = String::new();
    let _ = write!(text, "{{\"order_log\":{VERSION}");
    if let Some((keys, times)) = log.kinds() {
        let _ = write!(text, ",\"keys\":\"{keys}\",\"times\":\"{times}\"");
    }
    let counts = log.counts();
    let _ = write!(
        text,
        ",\"rows\":{},\"null_customers\":{},\"null_times\":{},\"null_amounts\":{},\"customers\":{{",
        counts.rows, counts.null_customers, counts.null_times, counts.null_amounts
    );
    let zoned = log.kinds().is_some_and(|kinds| kinds.1 == TimeKind::Zoned);
    let mut cursor = log.cursor();
    let mut separator = "";
    while cursor.advance(checkpoint)? {
        let part = cursor.part();
        if part.starts {
            text.push_str(separator);
            put_key(&mut text, part.key);
            text.push_str(":[");
            separator = "";
        }
        for (time, amount) in part.entries() {
            text.push_str(separator);
            text.push_str("[\"");
            put_time(&mut text, time, zoned);
            text.push_str("\",");
            put_amount(&mut text, amount);
            text.push(']');
            separator = ",";
        }
        if part.ends {
            text.push(']');
        }
        if text.len() >= PIECE {
            sink.append(text.as_bytes())?;
            text.clear();
        }
    }
    text.push_str("}}");
    sink.append(text.as_bytes())
}

// Writing to a string cannot fail: the results of `write!` below are dropped.

fn put_key(text: &mut String, key: Key<'_>) {
    match key {
        Key::Text(key) => text.push_str(&serde_json::Value::from(key).to_string()),
        _ => {
            let _ = write!(text, "\"{key}\"");
        }
    }
}

fn put_time(text: &mut String, time: i64, zoned: bool) {
    let (year, month, day) = civil_from_days(time.div_euclid(DAY));
    let of_day = time.rem_euclid(DAY);
    let (second, micro) = (of_day / SECOND, of_day % SECOND);
    let _ = if year < 0 {
        write!(text, "-{:04}-{month:02}-{day:02}", -year)
    } else {
        write!(text, "{year:04}-{month:02}-{day:02}")
    };
    if of_day != 0 || zoned {
        let _ = write!(
            text,
            "T{:02}:{:02}:{:02}",
            second / 3_600,
            second / 60 % 60,
            second % 60
        );
    }
    if micro != 0 {
        let _ = write!(text, ".{micro:06}");
        while text.ends_with('0') {
            text.pop();
        }
    }
    if zoned {
        text.push('Z');
    }
}

fn put_amount(text: &mut String, amount: Amount) {
    let _ = match amount.shortest().form() {
        Form::Decimal { mantissa, scale: 0 } => write!(text, "{mantissa}"),
        Form::Decimal { mantissa, scale } => {
            let power = 10u64.pow(u32::from(scale));
            let (size, sign) = (mantissa.unsigned_abs(), if mantissa < 0 { "-" } else { "" });
            let (whole, part) = (size / power, size % power);
            write!(text, "{sign}{whole}.{part:0digits$}", digits = usize::from(scale))
        }
        Form::Raw(x) => write!(text, "{x:e}"),
    };
}

/// Reads the text form of a log into a collection.
pub fn parse(text: &str, limit: usize, checkpoint: &mut dyn Checkpoint) -> Result<Collector> {
    let mut reading = Reading {
        log: Collector::new(limit),
        kinds: None,
        failed: None,
        checkpoint,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = json.deserialize_map(Log(&mut reading)).and_then(|()| json.end());
    match (read, reading.failed) {
        (Ok(()), _) => Ok(reading.log),
        // What went wrong outside of the text, and stopped the reading.
        (Err(_), Some(error)) => Err(error),
        (Err(error), None) => Err(Error::new(Kind::InvalidText, "invalid input syntax for type order_log")
            .detail(sentence(&error.to_string()))),
    }
}

struct Reading<'c> {
    log: Collector,
    kinds: Option<Kinds>,
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
        let (mut keys, mut times, mut version) = (None, None, None);
        let mut counts = Counts::default();
        while let Some(field) = map.next_key::<String>()? {
            match field.as_str() {
                "order_log" => version = Some(map.next_value::<u64>()?),
                "keys" => keys = Some(key_kind(&map.next_value::<String>()?)?),
                "times" => times = Some(time_kind(&map.next_value::<String>()?)?),
                "rows" => counts.rows = map.next_value()?,
                "null_customers" => counts.null_customers = map.next_value()?,
                "null_times" => counts.null_times = map.next_value()?,
                "null_amounts" => counts.null_amounts = map.next_value()?,
                "customers" => {
                    reading.kinds = keys.zip(times);
                    map.next_value_seed(Customers(reading))?;
                }
                unknown => return Err(de::Error::custom(format_args!("unknown field \"{unknown}\""))),
            }
        }
        if version != Some(VERSION) {
            return Err(de::Error::custom(format_args!(
                "the version in \"order_log\" must be {VERSION}"
            )));
        }
        reading.log.set_counts(counts);
        Ok(())
    }
}

fn key_kind<E: de::Error>(word: &str) -> std::result::Result<KeyKind, E> {
    let kinds = [KeyKind::Integer, KeyKind::Uuid, KeyKind::Text];
    kinds.into_iter().find(|kind| kind.to_string() == word).ok_or_else(|| {
        E::custom(format_args!(
            "\"keys\" must be \"integer\", \"uuid\" or \"text\", not \"{word}\""
        ))
    })
}

fn time_kind<E: de::Error>(word: &str) -> std::result::Result<TimeKind, E> {
    let kinds = [TimeKind::Local, TimeKind::Zoned];
    kinds.into_iter().find(|kind| kind.to_string() == word).ok_or_else(|| {
        E::custom(format_args!(
            "\"times\" must be \"timestamp\" or \"timestamptz\", not \"{word}\""
        ))
    })
}

/// An object: entries by customer.
struct Customers<'r, 'c>(&'r mut Reading<'c>);

impl<'de> DeserializeSeed<'de> for Customers<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Customers<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the entries of each customer")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let Some(kinds) = self.0.kinds else {
                return Err(de::Error::custom(
                    "\"keys\" and \"times\" must come before \"customers\"",
                ));
            };
            let key = Key::parse(kinds.0, &key);
            let Some(key) = key else {
                return Err(de::Error::custom(format_args!(
                    "a customer has a key that is no {}",
                    kinds.0
                )));
            };
            map.next_value_seed(Entries {
                reading: self.0,
                kinds,
                key,
            })?;
        }
        Ok(())
    }
}

/// An array: the entries of one customer.
struct Entries<'r, 'c, 'k> {
    reading: &'r mut Reading<'c>,
    kinds: Kinds,
    key: Key<'k>,
}

impl<'de> DeserializeSeed<'de> for Entries<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> std::result::Result<(), A::Error> {
        while let Some((time, amount)) = entries.next_element::<(String, &'de RawValue)>()? {
            let Some(time) = parse_time(&time) else {
                return Err(de::Error::custom(format_args!("\"{time}\" is no time")));
            };
            let Some(amount) = parse_amount(amount.get()) else {
                return Err(de::Error::custom(format_args!("{} is no amount", amount.get())));
            };
            let checkpoint = &mut *self.reading.checkpoint;
            let taken = self
                .reading
                .log
                .push_of_log(self.kinds, self.key, time, amount, checkpoint);
            self.reading.pass(taken)?;
        }
        Ok(())
    }
}

/// The time that text of the form `YYYY-MM-DD[(T| )HH:MM[:SS[.ffffff]]][Z]` spells.
fn parse_time(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (date, of_day) = match unsigned.split_once(['T', ' ']) {
        Some((date, of_day)) => (date, Some(of_day)),
        None => (unsigned, None),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let year = number(year, 4..=6)? as i64;
    let year = if negative { -year } else { year };
    let (month, day) = (number(month, 2..=2)?, number(day, 2..=2)?);
    let sound = parts.next().is_none() && (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    let micros = match of_day {
        None => 0,
        Some(of_day) => parse_time_of_day(of_day)?,
    };
    let time = days_from_civil(year, month, day)
        .checked_mul(DAY)?
        .checked_add(micros)?;
    (sound && (MIN_TIME..END_TIME).contains(&time)).then_some(time)
}

fn parse_time_of_day(text: &str) -> Option<i64> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let mut parts = whole.split(':');
    let (hour, minute) = (number(parts.next()?, 2..=2)?, number(parts.next()?, 2..=2)?);
    let second = parts.next();
    let micro = match fraction {
        None => 0,
        Some(digits) => number(digits, 1..=6)? * 10u32.pow(6 - digits.len() as u32),
    };
    let sound = parts.next().is_none() && (fraction.is_none() || second.is_some());
    let second = second.map_or(Some(0), |second| number(second, 2..=2))?;
    (sound && hour < 24 && minute < 60 && second < 60)
        .then(|| i64::from((hour * 60 + minute) * 60 + second) * SECOND + i64::from(micro))
}

fn number(digits: &str, len: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let plain = len.contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// The amount that a JSON number spells.
fn parse_amount(text: &str) -> Option<Amount> {
    let is_number = text
        .bytes()
        .next()
        .is_some_and(|first| first == b'-' || first.is_ascii_digit());
    if is_number && !text.contains(['e', 'E']) {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if fraction.len() <= usize::from(MAX_SCALE)
            && let Ok(mantissa) = format!("{whole}{fraction}").parse()
        {
            let scale = fraction.len() as u8;
            return Some(Amount::decimal(mantissa, scale));
        }
    }
    if is_number {
        Amount::from_f64(text.parse().ok()?)
    } else {
        None
    }
}
