//! Orders, collected into one compact value.
//!
//! An order log holds *entries*: one customer, one instant, one amount. All orders of a customer at one instant are one
//! entry, and so are all returns (amounts below zero), so that a table of order lines works as it is. Entries are sorted by
//! customer and time and written as packed columns, some eight bytes each. The same bytes are the stored value, the state that
//! parallel workers exchange, and the runs a large collection is merged from: one format, one codec, one merge.
//!
//! The same rows give the same bytes, in whatever order and from however many pieces they come.
//!
//! ```text
//! byte     version, 1
//! byte     kind of keys: 0 none (no entries), 1 integer, 2 uuid, 3 text; plus 4 if the times have a zone
//! 4 bytes  CRC-32 (IEEE) of the blocks and then of all other bytes of this header
//! 8 bytes  time of the newest order, the least integer if there is none
//! varint   rows collected
//! varint   rows ignored because their customer was NULL
//! varint   rows ignored because their time was NULL
//! varint   rows collected whose amount was NULL
//! blocks   see `block.rs`
//! ```
//! Integers are little-endian; times are microseconds since 2000-01-01.

mod block;
mod collect;
mod cursor;
mod encode;
mod merge;
mod row;
mod text;

pub use collect::Collector;
pub use cursor::{Cursor, Part};
pub use text::{parse, write_text};

use crate::amount::{Amount, Sum};
use crate::calendar::Period;
use crate::checkpoint::Checkpoint;
use crate::codec::Reader;
use crate::error::{Error, Kind, Result};
use crate::key::KeyKind;
use std::fmt;

/// The name of the type, for messages.
pub const NAME: &str = "order_log";

const VERSION: u8 = 1;
/// Where the checksum stands in the header, and where it ends.
const CHECKSUM: std::ops::Range<usize> = 2..6;
/// Where the time of the newest order stands.
const NEWEST: std::ops::Range<usize> = 6..14;
/// That time in a log without orders.
const NO_ORDER: i64 = i64::MIN;

/// Whether times are instants or stand as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeKind {
    /// `timestamp` and `date`: no zone, taken as they stand.
    Local,
    /// `timestamptz`: instants.
    Zoned,
}

impl fmt::Display for TimeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeKind::Local => "timestamp",
            TimeKind::Zoned => "timestamptz",
        })
    }
}

/// How many rows were seen, and what was wrong with some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows collected: those that have a customer and a time.
    pub rows: u64,
    /// Rows ignored because their customer was NULL.
    pub null_customers: u64,
    /// Rows ignored because their time was NULL.
    pub null_times: u64,
    /// Rows collected whose amount was NULL: orders of amount 0.
    pub null_amounts: u64,
}

impl Counts {
    fn as_array(&self) -> [u64; 4] {
        [self.rows, self.null_customers, self.null_times, self.null_amounts]
    }

    fn from_array([rows, null_customers, null_times, null_amounts]: [u64; 4]) -> Counts {
        Counts {
            rows,
            null_customers,
            null_times,
            null_amounts,
        }
    }

    fn add(&mut self, other: &Counts) {
        let mut sums = self.as_array();
        for (sum, count) in sums.iter_mut().zip(other.as_array()) {
            *sum = sum.saturating_add(count);
        }
        *self = Counts::from_array(sums);
    }
}

/// The kinds of keys and times that meet in one log.
pub type Kinds = (KeyKind, TimeKind);

/// An order log, read from its bytes.
#[derive(Clone, Debug)]
pub struct OrderLog<'a> {
    bytes: &'a [u8],
    kinds: Option<Kinds>,
    newest: Option<i64>,
    counts: Counts,
    blocks: Reader<'a>,
}

impl<'a> OrderLog<'a> {
    /// Reads the header and checks the checksum. What the blocks hold is checked while they are read.
    pub fn open(bytes: &'a [u8]) -> Result<OrderLog<'a>> {
        let mut reader = Reader::new(NAME, bytes);
        let version = reader.byte()?;
        if version != VERSION {
            return Err(Error::corrupted(
                NAME,
                format!("It has version {version}; this is a reader of version {VERSION}."),
            ));
        }
        let kinds = kinds_of_byte(reader.byte()?)?;
        let checksum = u32::from_le_bytes(reader.array()?);
        let newest = i64::from_le_bytes(reader.array()?);
        let mut counts = [0; 4];
        for count in &mut counts {
            *count = reader.varint()?;
        }
        let head = bytes.len() - reader.remaining();
        if checksum != checksum_of(&bytes[..head], &bytes[head..]) {
            return Err(Error::corrupted(NAME, "Its checksum does not match its bytes."));
        }
        if kinds.is_none() != reader.is_at_end() {
            return Err(Error::corrupted(
                NAME,
                "A log has a kind of keys exactly if it has entries.",
            ));
        }
        Ok(OrderLog {
            bytes,
            kinds,
            newest: (newest != NO_ORDER).then_some(newest),
            counts: Counts::from_array(counts),
            blocks: reader,
        })
    }

    /// The kinds of its keys and times; nothing if there are no entries.
    pub fn kinds(&self) -> Option<Kinds> {
        self.kinds
    }

    /// The time of the newest order.
    pub fn newest_order(&self) -> Option<i64> {
        self.newest
    }

    /// How many rows went into it.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The bytes it was read from.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Walks over the customers in ascending order of their keys.
    pub fn cursor(&self) -> Cursor<'a> {
        Cursor::new(self.blocks.clone(), self.kinds)
    }

    /// Reads everything, to see whether it can be read. Bytes from outside are not believed before.
    pub fn check(&self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let description = self.describe_if(Amount::is_normal, checkpoint)?;
        if description.last_order != self.newest {
            return Err(Error::corrupted(NAME, "The newest order is not where the header says."));
        }
        Ok(())
    }

    /// What is in the log. One pass over it.
    pub fn describe(&self, checkpoint: &mut dyn Checkpoint) -> Result<Description> {
        self.describe_if(|_| true, checkpoint)
    }

    /// What is in the log if all its amounts are `sound`.
    fn describe_if(&self, sound: impl Fn(Amount) -> bool, checkpoint: &mut dyn Checkpoint) -> Result<Description> {
        let mut description = Description::default();
        let mut revenue = Sum::default();
        let mut first_day = None;
        let mut repeats = false;
        let mut cursor = self.cursor();
        while cursor.advance(checkpoint)? {
            let part = cursor.part();
            if part.starts {
                description.customers += 1;
                (first_day, repeats) = (None, false);
            }
            let mut last = None;
            for (time, amount) in part.entries() {
                if !sound(amount) {
                    return Err(Error::corrupted(NAME, "A decimal amount is kept as a double."));
                }
                revenue.add(amount);
                if amount.is_negative() {
                    continue;
                }
                description.first_order = Some(description.first_order.map_or(time, |first| first.min(time)));
                description.last_order = description.last_order.max(Some(time));
                description.orders += u64::from(last != Some(time));
                last = Some(time);
                let day = Period::Day.start(time);
                repeats |= *first_day.get_or_insert(day) != day;
            }
            description.repeat_customers += u64::from(part.ends && repeats);
        }
        description.revenue = revenue.value();
        Ok(description)
    }
}

/// What is in a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// Distinct customers, those with returns only among them.
    pub customers: u64,
    /// Customers with orders on different days, in UTC or as times stand: those who came again.
    pub repeat_customers: u64,
    /// Distinct instants of a customer with at least one amount that is not negative.
    pub orders: u64,
    /// The time of the oldest order.
    pub first_order: Option<i64>,
    /// The time of the newest order.
    pub last_order: Option<i64>,
    /// All amounts, returns taken off.
    pub revenue: f64,
}

/// The error for values that hold different kinds of keys or times.
pub fn mismatch(a: Kinds, b: Kinds) -> Error {
    let (what, a, b) = if a.0 != b.0 {
        ("keys", a.0.to_string(), b.0.to_string())
    } else {
        ("times", a.1.to_string(), b.1.to_string())
    };
    Error::new(Kind::WrongType, "order logs of different kinds cannot be merged")
        .detail(format!("One has {a} {what}, the other has {b} {what}."))
        .hint("Cast them to one type where the logs are collected.")
}

fn kind_byte(kinds: Option<Kinds>) -> u8 {
    match kinds {
        None => 0,
        Some((keys, times)) => {
            let keys = match keys {
                KeyKind::Integer => 1,
                KeyKind::Uuid => 2,
                KeyKind::Text => 3,
            };
            keys | u8::from(times == TimeKind::Zoned) << 2
        }
    }
}

fn kinds_of_byte(byte: u8) -> Result<Option<Kinds>> {
    let keys = match byte & 3 {
        0 if byte == 0 => return Ok(None),
        1 => KeyKind::Integer,
        2 => KeyKind::Uuid,
        3 => KeyKind::Text,
        _ => KeyKind::Integer,
    };
    let times = if byte & 4 == 0 {
        TimeKind::Local
    } else {
        TimeKind::Zoned
    };
    if byte == kind_byte(Some((keys, times))) {
        Ok(Some((keys, times)))
    } else {
        Err(Error::corrupted(
            NAME,
            format!("There is no kind {byte} of keys and times."),
        ))
    }
}

/// The checksum of a log: of its blocks, then of its header, without the four bytes of the checksum itself.
fn checksum_of(head: &[u8], blocks: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(blocks);
    finish_checksum(crc, head)
}

fn finish_checksum(mut crc: crc32fast::Hasher, head: &[u8]) -> u32 {
    crc.update(&head[..CHECKSUM.start]);
    crc.update(&head[CHECKSUM.end..]);
    crc.finalize()
}
