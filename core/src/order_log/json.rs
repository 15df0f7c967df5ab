//! A log as JSON that people can read and programs can write, and that loses nothing.
//!
//! ```json
//! {"order_log":1,"keys":"integer","times":"timestamptz","rows":3,"null_customers":0,"null_times":0,"null_amounts":0,
//!  "customers":{"17850":[["2010-12-01T08:26:00Z",139.12],["2010-12-01T08:28:00Z",22.2]],
//!               "17851":[["2010-12-02T11:45:00Z",-3.5]]}}
//! ```
//! `keys` and `times` come before `customers`. An amount is an exact decimal, or, with an exponent, a double in its
//! shortest form. Times are read as UTC; those of kind `timestamp` stand as they are and have no `Z`.

use super::{Collector, Counts, Kinds, NAME, OrderLog, TimeKind};
use crate::amount::{self, Amount, MAX_SCALE};
use crate::calendar::{DAY, END_TIME, MIN_TIME, SECOND, civil_from_days, days_from_civil, days_in_month};
use crate::checkpoint::Checkpoint;
use crate::codec::Sink;
use crate::collect::json::{Array, Elements, Fields, Form, Object, Pieces, Reading, kind, put_name, read};
use crate::error::Result;
use crate::key::{Key, KeyKind};
use serde::de::{self, MapAccess, SeqAccess};
use serde_json::value::RawValue;
use std::fmt::Write;
use std::result;

pub(super) fn write(log: &OrderLog<'_>, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let mut json = Pieces::begin(NAME, sink);
    if let Some((keys, times)) = log.kinds() {
        // Writing to a string cannot fail.
        let _ = write!(json.text, ",\"keys\":\"{keys}\",\"times\":\"{times}\"");
    }
    json.put_counts(log.counts(), |_| true);
    json.text.push_str(",\"customers\":{");
    let zoned = log.kinds().is_some_and(|kinds| kinds.1 == TimeKind::Zoned);
    let mut cursor = log.cursor();
    let mut separator = "";
    while cursor.advance(checkpoint)? {
        let (part, text) = (cursor.part(), &mut json.text);
        if part.starts {
            text.push_str(separator);
            put_name(text, part.key);
            text.push_str(":[");
            separator = "";
        }
        for (time, amount) in part.entries() {
            text.push_str(separator);
            text.push_str("[\"");
            put_time(text, time, zoned);
            text.push_str("\",");
            put_amount(text, amount);
            text.push(']');
            separator = ",";
        }
        if part.ends {
            text.push(']');
        }
        json.flush_if_full()?;
    }
    json.text.push('}');
    json.finish()
}

// Writing to a string cannot fail: the results of `write!` below are dropped.

/// Appends a time.
pub(crate) fn put_time(text: &mut String, time: i64, zoned: bool) {
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

/// Appends an amount.
pub(crate) fn put_amount(text: &mut String, amount: Amount) {
    let _ = match amount.shortest().form() {
        amount::Form::Decimal { mantissa, scale: 0 } => write!(text, "{mantissa}"),
        amount::Form::Decimal { mantissa, scale } => {
            let power = 10u64.pow(u32::from(scale));
            let (size, sign) = (mantissa.unsigned_abs(), if mantissa < 0 { "-" } else { "" });
            let (whole, part) = (size / power, size % power);
            write!(text, "{sign}{whole}.{part:0digits$}", digits = usize::from(scale))
        }
        amount::Form::Raw(x) => write!(text, "{x:e}"),
    };
}

pub(super) fn parse(text: &str, log: Collector, checkpoint: &mut dyn Checkpoint) -> Result<Collector> {
    let empty = Log {
        log,
        keys: None,
        times: None,
    };
    Ok(read(text, empty, checkpoint)?.log)
}

/// A log on its way in.
struct Log {
    log: Collector,
    keys: Option<KeyKind>,
    times: Option<TimeKind>,
}

impl<'de> Form<'de> for Log {
    const NAME: &'static str = NAME;
    type Counts = Counts;

    fn field<A: MapAccess<'de>>(
        reading: &mut Reading<'_, Log>,
        name: &str,
        fields: &mut A,
    ) -> result::Result<bool, A::Error> {
        let log = &mut reading.into;
        match name {
            "keys" => log.keys = Some(kind(name, &fields.next_value::<String>()?)?),
            "times" => log.times = Some(kind(name, &fields.next_value::<String>()?)?),
            "customers" => fields.next_value_seed(Object(Customers(reading)))?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn set_counts(&mut self, counts: Counts) {
        self.log.set_counts(counts);
    }
}

struct Customers<'r, 'c>(&'r mut Reading<'c, Log>);

impl<'de> Fields<'de> for Customers<'_, '_> {
    const EXPECTED: &'static str = "an object with the entries of each customer";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, fields: &mut A) -> result::Result<(), A::Error> {
        let Some(kinds) = self.0.into.keys.zip(self.0.into.times) else {
            return Err(de::Error::custom(
                "\"keys\" and \"times\" must come before \"customers\"",
            ));
        };
        let Some(key) = Key::parse(kinds.0, name) else {
            let keys = kinds.0;
            return Err(de::Error::custom(format_args!(
                "a customer has a key that is no {keys}"
            )));
        };
        let reading = &mut *self.0;
        fields.next_value_seed(Array(Entries { reading, kinds, key }))
    }
}

struct Entries<'r, 'c, 'k> {
    reading: &'r mut Reading<'c, Log>,
    kinds: Kinds,
    key: Key<'k>,
}

impl<'de> Elements<'de> for Entries<'_, '_, '_> {
    const EXPECTED: &'static str = "an array of entries";

    fn elements<A: SeqAccess<'de>>(&mut self, entries: &mut A) -> result::Result<(), A::Error> {
        while let Some((time, amount)) = entries.next_element::<(String, &'de RawValue)>()? {
            let Some(time) = parse_time(&time) else {
                return Err(de::Error::custom(format_args!("\"{time}\" is no time")));
            };
            let Some(amount) = parse_amount(amount.get()) else {
                return Err(de::Error::custom(format_args!("{} is no amount", amount.get())));
            };
            let (log, checkpoint) = (&mut self.reading.into.log, &mut *self.reading.checkpoint);
            let taken = log.push_of_log(self.kinds, self.key, time, amount, checkpoint);
            self.reading.pass(taken)?;
        }
        Ok(())
    }
}

/// The time that text of the form `YYYY-MM-DD[(T| )HH:MM[:SS[.ffffff]]][Z]` spells.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
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
pub(crate) fn parse_amount(text: &str) -> Option<Amount> {
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
