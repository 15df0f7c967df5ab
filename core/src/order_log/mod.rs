//! Orders, collected into one compact value.
//!
//! An order log holds *entries*: one customer, one instant, one amount. All orders of a customer at one instant are one
//! entry, and so are all returns (amounts below zero), so that a table of order lines works as it is. Entries are sorted by
//! customer and time and written as packed columns, some eight bytes each. The same bytes are the stored value, the state that
//! parallel workers exchange, and the runs a large collection is merged from: one format, one codec, one merge.
//!
//! The same rows give the same bytes, in whatever order and from however many pieces they come. Amounts that are no decimals do
//! not add exactly, so that all of them are kept: an instant has one entry for the sum of all decimals from 0 on, one for that of those
//! below, and one for each other amount, in ascending order. No instant of a customer is in two blocks, and readers are never
//! given a part of one.
//!
//! Behind the header that all collected values have (see [`collect`](crate::collect)):
//!
//! ```text
//! 8 bytes  time of the newest order, the least integer if there is none
//! blocks   see `block.rs`
//! ```
//! Its kinds are that of the keys and that of the times: 1 timestamp, 2 timestamptz. Its counts are rows collected, rows ignored because
//! their customer was NULL, rows ignored because their time was NULL, and rows collected whose amount was NULL. Times are microseconds since
//! 2000-01-01.

mod block;
mod collect;
mod cursor;
mod dates;
mod encode;
pub(crate) mod json;
mod merge;
mod orders;
mod totals;

pub use crate::observation::TimeKind;
pub use collect::Collector;
pub use cursor::{Cursor, Part};
pub use orders::Order;
pub use totals::{Description, Totals};

use crate::checkpoint::Checkpoint;
use crate::codec::Reader;
use crate::collect::{Comparison, Counted, Head, mismatch};
use crate::error::{Error, Result};
use crate::key::KeyKind;

pub(crate) use block::{Block, BlockWriter, OwnedKey};
pub(crate) use cursor::Behind;
pub(crate) use encode::{Encoder, Together, put_empty};
pub(crate) use merge::Heads;

/// The name of the type, for messages.
pub const NAME: &str = "order_log";

/// The time of the newest order in a log without orders.
const NO_ORDER: i64 = i64::MIN;

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

impl Counted for Counts {
    fn fields(&mut self) -> impl Iterator<Item = (&'static str, &mut u64)> {
        let fields = [
            ("rows", &mut self.rows),
            ("null_customers", &mut self.null_customers),
            ("null_times", &mut self.null_times),
            ("null_amounts", &mut self.null_amounts),
        ];
        fields.into_iter()
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
        let head = Head::open(NAME, bytes)?;
        let kinds = head.two_kinds()?;
        let mut rest = head.rest;
        let counts = Counts::read(&mut rest)?;
        let newest = i64::from_le_bytes(rest.array()?);
        if kinds.is_none() != rest.is_at_end() {
            return Err(rest.error("A log has a kind of keys exactly if it has entries."));
        }
        Ok(OrderLog {
            bytes,
            kinds,
            newest: (newest != NO_ORDER).then_some(newest),
            counts,
            blocks: rest,
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
        Cursor::new(self.blocks.clone(), self.kinds.map(|kinds| kinds.0), ())
    }

    /// Reads everything, to see whether it can be read and is what this library writes. Bytes from outside are not believed before.
    pub fn check(&self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let mut written = Comparison::with(NAME, self.bytes);
        let Some(kinds) = self.kinds else {
            put_empty(&mut written, &self.counts)?;
            return written.finish();
        };
        let mut encoder = Encoder::new(&mut written, kinds, &self.counts)?;
        let mut cursor = self.cursor();
        while cursor.advance(checkpoint)? {
            let part = cursor.part();
            encoder.customer(part.key)?;
            for (time, amount) in part.entries() {
                if !amount.is_normal() {
                    return Err(Error::corrupted(NAME, "A decimal amount is kept as a double."));
                }
                encoder.entry(time, amount)?;
            }
        }
        encoder.finish()?;
        written.finish()
    }
}

/// The error for values that hold different kinds of keys or times.
fn different(a: Kinds, b: Kinds) -> Error {
    let (a, b) = if a.0 != b.0 {
        (format!("{} keys", a.0), format!("{} keys", b.0))
    } else {
        (format!("{} times", a.1), format!("{} times", b.1))
    };
    mismatch("order logs", &a, &b)
}
