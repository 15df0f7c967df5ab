//! Items that were in one basket, collected into one compact value.
//!
//! A basket log holds *entries*: one basket, one item. However often an item is in a basket, it is one entry. What a basket is
//! says its key: an order, a day, a customer, a customer's month, anything that can be told apart. Keys of baskets stay in the
//! log, so that logs which each hold a part of a basket merge to what collecting all rows at once gives.
//!
//! The same rows give the same bytes, in whatever order and from however many pieces they come.
//!
//! ```text
//! byte     version, 1
//! byte     kind of the baskets' keys: 0 none (no entries), 1 integer, 2 uuid, 3 text, 4 date, 5 timestamp, 6 timestamptz,
//!          7 other; plus 16 times the kind of the items' keys: 1 integer, 2 uuid, 3 text
//! 4 bytes  CRC-32 (IEEE) of all other bytes
//! varint   rows collected
//! varint   rows ignored because their basket was NULL
//! varint   rows ignored because their item was NULL
//! varint   items
//! varint   baskets
//! items    from the one in the most baskets down, those in equally many in order of their keys: the key, and in how many
//!          baskets fewer than the one before it is (the first one: than there are)
//! baskets  in order of their keys: the key, how many items there are, the number of the first one, and for each
//!          further one how many lie between it and the one before
//! ```
//! Items are numbered from 0, as they stand. A key that is a number is written as its signed distance from the one before, from 0 at
//! first; one that is not as the number of first bytes it shares with the one before, of none at first, then the number of
//! bytes that follow, and these. Dates are days and times microseconds since 2000-01-01.

mod baskets;
mod collect;
mod cursor;
mod encode;
mod items;
mod text;

pub use baskets::Baskets;
pub use collect::Collector;
pub use items::Items;
pub use text::{parse, write_text};

use crate::checkpoint::{Checkpoint, vec_of, vec_with_capacity};
use crate::codec::Reader;
use crate::error::{Error, Kind, Result};
use crate::key::{AnyKind, KeyKind, Keys};
use cursor::{Cursor, KeyReader};

/// The name of the type, for messages.
pub const NAME: &str = "basket_log";

const VERSION: u8 = 1;
/// Where the checksum stands.
const CHECKSUM: std::ops::Range<usize> = 2..6;
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

impl Counts {
    fn as_array(&self) -> [u64; 3] {
        [self.rows, self.null_baskets, self.null_items]
    }

    fn from_array([rows, null_baskets, null_items]: [u64; 3]) -> Counts {
        Counts {
            rows,
            null_baskets,
            null_items,
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
        let mut reader = Reader::new(NAME, bytes);
        let version = reader.byte()?;
        if version != VERSION {
            return Err(reader.error(format!(
                "It has version {version}; this is a reader of version {VERSION}."
            )));
        }
        let kinds = kinds_of_byte(reader.byte()?)?;
        let checksum = u32::from_le_bytes(reader.array()?);
        if checksum != checksum_of(bytes) {
            return Err(reader.error("Its checksum does not match its bytes."));
        }
        let mut counts = [0; 3];
        for count in &mut counts {
            *count = reader.varint()?;
        }
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
            counts: Counts::from_array(counts),
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

    /// Reads everything, to see whether collecting what is in it gives the same bytes. Bytes from outside are not believed
    /// before. Takes as long, and as much memory, as collecting.
    pub fn check(&self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let mut log = Collector::new(usize::MAX);
        log.absorb(self.bytes, checkpoint)?;
        let mut again = vec_with_capacity(self.bytes.len(), checkpoint)?;
        log.write(&mut again, checkpoint)?;
        if again == self.bytes {
            Ok(())
        } else {
            Err(Error::corrupted(NAME, "What is in it would be written otherwise."))
        }
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
pub fn mismatch(a: Kinds, b: Kinds) -> Error {
    let (what, a, b) = if a.0 != b.0 {
        ("baskets", a.0.to_string(), b.0.to_string())
    } else {
        ("items", a.1.to_string(), b.1.to_string())
    };
    Error::new(Kind::WrongType, "basket logs of different kinds cannot be merged")
        .detail(format!(
            "One has {what} with {a} keys, the other has {what} with {b} keys."
        ))
        .hint("Cast them to one type where the logs are collected.")
}

const ITEM_KINDS: [KeyKind; 3] = [KeyKind::Integer, KeyKind::Uuid, KeyKind::Text];

fn kind_byte(kinds: Option<Kinds>) -> u8 {
    let place = |found: Option<usize>| found.map_or(0, |place| place as u8 + 1);
    kinds.map_or(0, |(baskets, items)| {
        place(AnyKind::ALL.iter().position(|&kind| kind == baskets))
            | place(ITEM_KINDS.iter().position(|&kind| kind == items)) << 4
    })
}

fn kinds_of_byte(byte: u8) -> Result<Option<Kinds>> {
    let place = |number: u8| usize::from(number).wrapping_sub(1);
    let baskets = AnyKind::ALL.get(place(byte & 15));
    let items = ITEM_KINDS.get(place(byte >> 4));
    match (baskets, items) {
        (Some(&baskets), Some(&items)) => Ok(Some((baskets, items))),
        _ if byte == 0 => Ok(None),
        _ => Err(Error::corrupted(NAME, format!("There are no kinds {byte} of keys."))),
    }
}

/// The checksum of a log: of all bytes but its own.
fn checksum_of(bytes: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&bytes[..CHECKSUM.start]);
    crc.update(&bytes[CHECKSUM.end..]);
    crc.finalize()
}
