//! Items that were in one basket, collected into one compact value.
//!
//! A basket log holds *entries*: one basket, one item. However often an item is in a basket, it is one entry. What a basket is
//! says its key: an order, a day, a customer, a customer's month, anything that can be told apart. Keys of baskets stay in the
//! log, so that logs which each hold a part of a basket merge to what collecting all rows at once gives.
//!
//! The same rows give the same bytes, in whatever order and from however many pieces they come.
//!
//! Behind the header that all collected values have (see [`collect`](crate::collect)):
//!
//! ```text
//! varint   items
//! varint   baskets
//! items    from the one in the most baskets down, those in equally many in order of their keys: the key, and in how many
//!          baskets fewer than the one before it is (the first one: than there are)
//! baskets  in order of their keys: the key, how many items there are, the number of the first one, and for each
//!          further one how many lie between it and the one before
//! ```
//! Its kinds are that of the baskets' keys and that of the items' keys. Its counts are rows collected, rows ignored because their basket was
//! NULL, and rows ignored because their item was NULL.
//!
//! Items are numbered from 0, as they stand. A key that is a number is written as its signed distance from the one before, from 0 at
//! first; one that is not as all keys that are bytes (see `collect/key_column.rs`). Dates are days and times microseconds since 2000-01-01.

mod baskets;
mod collect;
mod cursor;
mod encode;
mod items;
mod json;

pub use baskets::Baskets;
pub use collect::Collector;
pub use items::Items;

use crate::checkpoint::{Checkpoint, vec_of, vec_with_capacity};
use crate::codec::Reader;
use crate::collect::{Comparison, Counted, Head, Names, mismatch, with_bytes};
use crate::error::{Error, Result};
use crate::key::{AnyKind, KeyKind, Keys};
use cursor::{Cursor, KeyReader};
use encode::Encoder;

/// The name of the type, for messages.
pub const NAME: &str = "basket_log";

/// Steps between two looks at the checkpoint.
const STEPS: usize = 4_096;

/// The kinds of keys of baskets and of items that meet in one log.
pub type Kinds = (AnyKind, KeyKind);

/// How many rows were seen, and what was wrong with some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows collected: those that have a basket and an item.
    pub rows: u64,
    /// Rows ignored because their basket was NULL.
    pub null_baskets: u64,
    /// Rows ignored because their item was NULL, but not their basket.
    pub null_items: u64,
}

impl Counted for Counts {
    fn fields(&mut self) -> impl Iterator<Item = (&'static str, &mut u64)> {
        let fields = [
            ("rows", &mut self.rows),
            ("null_baskets", &mut self.null_baskets),
            ("null_items", &mut self.null_items),
        ];
        fields.into_iter()
    }
}

/// What is in a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Distinct baskets.
    pub baskets: u64,
    /// Distinct items.
    pub items: u64,
    /// Distinct items of each basket, added up.
    pub entries: u64,
    /// How many items the largest basket has.
    pub largest_basket: u64,
}

/// A basket log, read from its bytes.
#[derive(Clone, Debug)]
pub struct BasketLog<'a> {
    bytes: &'a [u8],
    kinds: Option<Kinds>,
    counts: Counts,
    items: usize,
    baskets: usize,
    body: Reader<'a>,
}

impl<'a> BasketLog<'a> {
    /// Reads the header and checks the checksum. What comes behind is checked while it is read.
    pub fn open(bytes: &'a [u8]) -> Result<BasketLog<'a>> {
        let head = Head::open(NAME, bytes)?;
        let kinds = head.two_kinds()?;
        let mut reader = head.rest;
        let counts = Counts::read(&mut reader)?;
        // An item takes two bytes at least, a basket three.
        let (items, baskets) = (reader.count(16)?, reader.count(24)?);
        if [items, baskets].map(|n| n > u32::MAX as usize) != [false; 2] {
            return Err(reader.error("It has more items or baskets than a log can hold."));
        }
        if [items == 0, baskets == 0, reader.is_at_end()] != [kinds.is_none(); 3] {
            return Err(reader.error("A log has kinds of keys exactly if it has entries."));
        }
        Ok(BasketLog {
            bytes,
            kinds,
            counts,
            items,
            baskets,
            body: reader,
        })
    }

    /// The kinds of its keys; nothing if there are no entries.
    pub fn kinds(&self) -> Option<Kinds> {
        self.kinds
    }

    /// How many rows went into it.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// How many baskets there are.
    pub fn len(&self) -> usize {
        self.baskets
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.baskets == 0
    }

    /// The bytes it was read from.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Reads everything, to see whether it can be read and is what this library writes. Bytes from outside are not believed before.
    /// Memory: the items.
    pub fn check(&self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let mut written = Comparison::with(NAME, self.bytes);
        let mut encoder = Encoder::new(&mut written, self.kinds, &self.counts, self.items, self.baskets as u32)?;
        let kind = self.kinds.map_or(KeyKind::Integer, |kinds| kinds.1);
        let mut names = Names::default();
        let mut left = vec_with_capacity(self.items, checkpoint)?;
        let mut cursor = self.cursor(
            &mut |key, count, checkpoint| {
                let item = key.item(kind)?;
                let number = with_bytes(item, |bytes| names.number(bytes, checkpoint))?;
                let before = number.checked_sub(1).filter(|_| left.last() == Some(&count));
                let is_new = number as usize == left.len();
                if !is_new || before.is_some_and(|before| names.bytes(before) >= names.bytes(number)) {
                    return Err(Error::corrupted(NAME, "Its items are not in order."));
                }
                left.push(count);
                encoder.item(key.form(), count)
            },
            checkpoint,
        )?;
        encoder.end_items();
        while cursor.advance(checkpoint)? {
            encoder.basket(cursor.key().form(), cursor.items())?;
            for &item in cursor.items() {
                let left: &mut u32 = &mut left[item as usize];
                *left = left.wrapping_sub(1);
            }
        }
        if left.iter().any(|&left| left != 0) {
            return Err(self.body.error("An item is in more or fewer baskets than it says."));
        }
        encoder.finish()?;
        written.finish()
    }

    /// What is in the log. One pass over it.
    pub fn describe(&self, checkpoint: &mut dyn Checkpoint) -> Result<Description> {
        let mut description = Description {
            baskets: self.baskets as u64,
            items: self.items as u64,
            ..Description::default()
        };
        let mut cursor = self.cursor(&mut |_, _, _| Ok(()), checkpoint)?;
        while cursor.advance(checkpoint)? {
            let size = cursor.items().len() as u64;
            description.entries += size;
            description.largest_basket = description.largest_basket.max(size);
        }
        Ok(description)
    }

    /// The items, in the order of their numbers.
    pub fn items(&self, checkpoint: &mut dyn Checkpoint) -> Result<Items> {
        let kind = self.kinds.map_or(KeyKind::Integer, |kinds| kinds.1);
        let mut keys = Keys::new(kind);
        let mut counts = vec_with_capacity(self.items, checkpoint)?;
        self.cursor(
            &mut |key, count, checkpoint| {
                counts.push(count);
                keys.push(key.item(kind)?, checkpoint)
            },
            checkpoint,
        )?;
        Ok(Items::new(keys, counts))
    }

    /// The baskets, with items as numbers: from the one in the most baskets down, those in equally many in order of their keys.
    pub fn baskets(&self, checkpoint: &mut dyn Checkpoint) -> Result<Baskets> {
        let mut counts = vec_with_capacity(self.items, checkpoint)?;
        let mut cursor = self.cursor(
            &mut |_, count, _| {
                counts.push(count);
                Ok(())
            },
            checkpoint,
        )?;
        let entries: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        // An entry takes a byte at least.
        if entries > self.bytes.len() as u64 {
            return Err(self.body.error("Its items are in more baskets than there are."));
        }
        let mut left = vec_of(0, self.items, checkpoint)?;
        left.copy_from_slice(&counts);
        let mut baskets = Baskets::with_capacity(counts, self.baskets, entries as usize, checkpoint)?;
        while cursor.advance(checkpoint)? {
            for &item in cursor.items() {
                let left: &mut u32 = &mut left[item as usize];
                *left = left.wrapping_sub(1);
            }
            baskets.push(cursor.items(), checkpoint)?;
        }
        if left.iter().any(|&left| left != 0) {
            return Err(self.body.error("An item is in more or fewer baskets than it says."));
        }
        Ok(baskets)
    }

    /// Walks over the items, for each of which it calls `item` with the key and in how many baskets it is, and then stands
    /// before the first basket.
    fn cursor(
        &self,
        item: &mut dyn FnMut(&KeyReader, u32, &mut dyn Checkpoint) -> Result<()>,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Cursor<'a>> {
        let mut reader = self.body.clone();
        let Some((baskets, items)) = self.kinds else {
            return Ok(Cursor::new(reader, AnyKind::Integer, 0, 0));
        };
        let mut key = KeyReader::new(items == KeyKind::Integer);
        let mut count = self.baskets as u64;
        for number in 0..self.items {
            if number % STEPS == 0 {
                checkpoint.pass("reading items", number, self.items)?;
            }
            key.read(&mut reader, checkpoint)?;
            let fewer = reader.varint()?;
            if fewer >= count {
                return Err(reader.error("An item is in no basket."));
            }
            count -= fewer;
            item(&key, count as u32, checkpoint)?;
        }
        Ok(Cursor::new(reader, baskets, self.baskets, self.items))
    }
}

/// The error for values that hold different kinds of keys.
fn different(a: Kinds, b: Kinds) -> Error {
    let (a, b) = if a.0 != b.0 {
        (
            format!("baskets with {} keys", a.0),
            format!("baskets with {} keys", b.0),
        )
    } else {
        (format!("items with {} keys", a.1), format!("items with {} keys", b.1))
    };
    mismatch("basket logs", &a, &b)
}
