//! Reading a log, customer by customer.

use super::block::{Block, ENTRIES, Heading};
use crate::amount::Amount;
use crate::checkpoint::Checkpoint;
use crate::codec::Reader;
use crate::collect::read_key;
use crate::error::Result;
use crate::key::{Key, KeyKind};
use std::cmp::Ordering;

/// What stands behind each block, in a value that holds more of an entry than an order log does.
pub(crate) trait Behind<'a> {
    /// Reads what is behind `block`.
    fn read(&mut self, blocks: &mut Reader<'a>, block: &Block<'a>, checkpoint: &mut dyn Checkpoint) -> Result<()>;
}

/// Nothing is behind the blocks of an order log.
impl<'a> Behind<'a> for () {
    fn read(&mut self, _: &mut Reader<'a>, _: &Block<'a>, _: &mut dyn Checkpoint) -> Result<()> {
        Ok(())
    }
}

/// A walk over a log. Memory: one block, and for text one key.
///
/// What is read is checked: keys ascend, times of a customer do not descend, and no instant goes on in another block.
pub struct Cursor<'a, B = ()> {
    blocks: Reader<'a>,
    /// What is behind the block that was read last.
    behind: B,
    total: usize,
    kind: KeyKind,
    block: Block<'a>,
    /// The customer the cursor is at, as a place in the block.
    customer: usize,
    begun: bool,
    /// Whether the customer's last entries in this block are its last ones.
    last_ends: bool,
    starts: bool,
    key_bytes: Reader<'a>,
    uuid: u128,
    text: String,
}

/// Entries of one customer, in order of time. A customer whose entries fill more than one block comes in several parts, but no
/// instant does.
#[derive(Clone, Copy, Debug)]
pub struct Part<'c> {
    /// The customer.
    pub key: Key<'c>,
    /// Whether this is the customer's first part.
    pub starts: bool,
    /// Whether this is the customer's last part.
    pub ends: bool,
    /// The time of each entry; not descending.
    pub times: &'c [i64],
    /// The scaled integer of each entry, except for odd ones.
    pub mantissas: &'c [i64],
    /// The digits behind the point of all `mantissas`.
    pub scale: u8,
    /// Whether the sum of all `mantissas` fits 64 bits.
    pub summable: bool,
    /// Amounts that are no scaled integers of that scale, with their places counted from `start`.
    odd: &'c [(usize, Amount)],
    start: usize,
}

// What is behind blocks is no matter of users of a cursor.
#[allow(private_bounds)]
impl<'a, B: Behind<'a>> Cursor<'a, B> {
    pub(crate) fn new(blocks: Reader<'a>, keys: Option<KeyKind>, behind: B) -> Cursor<'a, B> {
        Cursor {
            total: blocks.remaining(),
            key_bytes: blocks.over(&[]),
            blocks,
            behind,
            kind: keys.unwrap_or(KeyKind::Integer),
            block: Block::default(),
            customer: 0,
            begun: false,
            last_ends: true,
            starts: false,
            uuid: 0,
            text: String::new(),
        }
    }

    /// Goes to the next part; false at the end.
    #[inline]
    pub fn advance(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<bool> {
        if self.customer + 1 < self.block.ends.len() {
            self.customer += 1;
            self.starts = true;
            // Integer keys ascend by the way they are written.
            if self.kind != KeyKind::Integer && !self.read_key(false, checkpoint)?.is_gt() {
                return Err(self.blocks.error("Keys do not ascend."));
            }
            return Ok(true);
        }
        self.next_block(checkpoint)
    }

    fn next_block(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<bool> {
        if !self.key_bytes.is_at_end() {
            return Err(self.blocks.error("A block has more keys than customers."));
        }
        if self.blocks.is_at_end() {
            return Ok(false);
        }
        checkpoint.pass("reading", self.total - self.blocks.remaining(), self.total)?;
        let last_key = self.block.integers.last().copied();
        let last_time = self.block.times.last().copied();
        let begun = std::mem::replace(&mut self.begun, true);
        let entries = Heading::read(&mut self.blocks.clone())?.entries;
        if entries > ENTRIES {
            checkpoint.reserve(entries * Block::ENTRY_BYTES)?;
        }
        self.block.read(&mut self.blocks, self.kind)?;
        self.behind.read(&mut self.blocks, &self.block, checkpoint)?;
        self.last_ends = self.blocks.is_at_end() || !Heading::read(&mut self.blocks.clone())?.continues;
        self.key_bytes = self.blocks.over(self.block.key_bytes);
        self.customer = 0;
        self.starts = !self.block.continues;
        let order = match self.kind {
            KeyKind::Integer => self.block.integers.first().copied().cmp(&last_key),
            _ => self.read_key(true, checkpoint)?,
        };
        let sound = if self.starts {
            !begun || order.is_gt()
        } else {
            begun && order.is_eq() && self.block.times.first().copied() > last_time
        };
        if sound {
            Ok(true)
        } else {
            Err(self.blocks.error("A block does not continue the one before."))
        }
    }

    /// Reads the next key that is no integer, and how it compares to the one before.
    fn read_key(&mut self, first_of_block: bool, checkpoint: &mut dyn Checkpoint) -> Result<Ordering> {
        let reader = &mut self.key_bytes;
        if self.kind == KeyKind::Uuid {
            let uuid = u128::from_be_bytes(reader.array()?);
            return Ok(uuid.cmp(&std::mem::replace(&mut self.uuid, uuid)));
        }
        let mut key = std::mem::take(&mut self.text).into_bytes();
        let order = if first_of_block {
            // A block begins anew. What its first key is after is that of the block before.
            let before = std::mem::take(&mut key);
            read_key(reader, &mut key, checkpoint)?;
            key.cmp(&before)
        } else {
            read_key(reader, &mut key, checkpoint)?
        };
        match String::from_utf8(key) {
            Ok(key) if !key.contains('\0') => self.text = key,
            _ => return Err(reader.error("A key is no text.")),
        }
        Ok(order)
    }

    /// The customer the cursor is at. Only after [`advance`](Cursor::advance) returned true.
    #[inline]
    pub fn key(&self) -> Key<'_> {
        match self.kind {
            KeyKind::Integer => Key::Integer(self.block.integers[self.customer]),
            KeyKind::Uuid => Key::Uuid(self.uuid),
            KeyKind::Text => Key::Text(&self.text),
        }
    }

    /// What is behind the block of the part that the cursor is at.
    #[inline]
    pub(crate) fn behind(&self) -> &B {
        &self.behind
    }

    /// The part the cursor is at. Only after [`advance`](Cursor::advance) returned true.
    #[inline]
    pub fn part(&self) -> Part<'_> {
        let block = &self.block;
        let end = block.ends[self.customer];
        let start = if self.customer == 0 {
            0
        } else {
            block.ends[self.customer - 1]
        };
        let odd = if block.amounts.odd.is_empty() {
            &[][..]
        } else {
            let place = |at| block.amounts.odd.partition_point(|&(place, _)| place < at);
            &block.amounts.odd[place(start)..place(end)]
        };
        Part {
            key: self.key(),
            starts: self.starts,
            ends: self.customer + 1 < block.ends.len() || self.last_ends,
            times: &block.times[start..end],
            mantissas: &block.amounts.mantissas[start..end],
            scale: block.amounts.scale,
            summable: block.amounts.summable,
            odd,
            start,
        }
    }
}

impl<'c> Part<'c> {
    /// Whether every amount is a scaled integer in `mantissas`.
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.odd.is_empty()
    }

    /// The amount at a place.
    #[inline]
    pub fn amount(&self, at: usize) -> Amount {
        if !self.odd.is_empty() {
            let place = self.start + at;
            if let Ok(found) = self.odd.binary_search_by_key(&place, |odd| odd.0) {
                return self.odd[found].1;
            }
        }
        Amount::decimal(self.mantissas[at], self.scale)
    }

    /// Times and amounts.
    pub fn entries(self) -> impl Iterator<Item = (i64, Amount)> + use<'c> {
        (0..self.times.len()).map(move |at| (self.times[at], self.amount(at)))
    }

    /// The place of the first entry among those of its block.
    #[inline]
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// The entries behind the first `n`.
    #[inline]
    pub(crate) fn from(mut self, n: usize) -> Part<'c> {
        if n > 0 {
            self.times = &self.times[n..];
            self.mantissas = &self.mantissas[n..];
            self.start += n;
            self.odd = &self.odd[self.odd.partition_point(|&(place, _)| place < self.start)..];
        }
        self
    }

    /// The entries later than the time `start`.
    #[inline]
    pub fn after(self, start: i64) -> Part<'c> {
        self.from(self.times.partition_point(|&time| time <= start))
    }

    /// The entries up to the time `end`, inclusive.
    #[inline]
    pub fn until(mut self, end: i64) -> Part<'c> {
        if self.times.last().is_some_and(|&last| last > end) {
            let n = self.times.partition_point(|&time| time <= end);
            self.times = &self.times[..n];
            self.mantissas = &self.mantissas[..n];
            let odd = self.odd.partition_point(|&(place, _)| place < self.start + n);
            self.odd = &self.odd[..odd];
        }
        self
    }
}
