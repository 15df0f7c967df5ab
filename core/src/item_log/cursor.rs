//! Reading a log, customer by customer.

use super::block::Entries;
use crate::amount::Amount;
use crate::checkpoint::Checkpoint;
use crate::codec::Reader;
use crate::collect::AmountColumn;
use crate::error::Result;
use crate::key::{Key, KeyKind};
use crate::order_log;

/// A walk over a log. Memory: one block, and for text one key.
///
/// What is read is checked: keys ascend, times of a customer ascend, and so do the items of an event, of which there is at least one.
pub struct Cursor<'a>(order_log::Cursor<'a, Entries>);

/// Events of one customer, in order of time. A customer whose entries fill more than one block comes in several parts, but no event
/// does.
#[derive(Clone, Copy, Debug)]
pub struct Part<'c> {
    /// The customer.
    pub key: Key<'c>,
    /// Whether this is the customer's first part.
    pub starts: bool,
    /// Whether this is the customer's last part.
    pub ends: bool,
    /// The time of each event; ascending.
    pub times: &'c [i64],
    /// The place of the first event in the block.
    first: usize,
    entries: &'c Entries,
}

/// What a customer bought and returned at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Event<'c> {
    /// The instant.
    pub time: i64,
    /// The item of each entry, as its place among all; one comes again where it has several amounts.
    pub items: &'c [u32],
    /// The place of the first entry in the block.
    first: usize,
    amounts: &'c AmountColumn,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(blocks: Reader<'a>, keys: Option<KeyKind>, items: usize) -> Cursor<'a> {
        Cursor(order_log::Cursor::new(blocks, keys, Entries::of(items)))
    }

    /// The walk over the blocks of events.
    pub(super) fn blocks(self) -> order_log::Cursor<'a, Entries> {
        self.0
    }

    /// Goes to the next part; false at the end.
    #[inline]
    pub fn advance(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<bool> {
        self.0.advance(checkpoint)
    }

    /// The part the cursor is at. Only after [`advance`](Cursor::advance) returned true.
    #[inline]
    pub fn part(&self) -> Part<'_> {
        Part::of(self.0.part(), self.0.behind())
    }
}

impl<'c> Part<'c> {
    /// The part whose events are those of a part of the blocks of events.
    #[inline]
    pub(super) fn of(events: order_log::Part<'c>, entries: &'c Entries) -> Part<'c> {
        Part {
            key: events.key,
            starts: events.starts,
            ends: events.ends,
            times: events.times,
            first: events.start(),
            entries,
        }
    }

    /// The events.
    #[inline]
    pub fn events(self) -> impl Iterator<Item = Event<'c>> + use<'c> {
        let mut start = match self.first {
            0 => 0,
            first => self.entries.ends[first - 1],
        };
        let ends = &self.entries.ends[self.first..];
        self.times.iter().zip(ends).map(move |(&time, &end)| {
            let first = std::mem::replace(&mut start, end);
            Event {
                time,
                items: &self.entries.items[first..end],
                first,
                amounts: &self.entries.amounts,
            }
        })
    }

    /// The events up to the time `end`, inclusive.
    #[inline]
    pub fn until(mut self, end: i64) -> Part<'c> {
        if self.times.last().is_some_and(|&last| last > end) {
            self.times = &self.times[..self.times.partition_point(|&time| time <= end)];
        }
        self
    }
}

impl<'c> Event<'c> {
    /// Items and amounts, in order of the items.
    #[inline]
    pub fn entries(self) -> impl Iterator<Item = (u32, Amount)> + use<'c> {
        let amounts = (self.first..).map(move |at| self.amounts.amount(at));
        self.items.iter().copied().zip(amounts)
    }

    /// The items that were bought, each once, in their order.
    #[inline]
    pub fn bought(self) -> impl Iterator<Item = u32> + use<'c> {
        let mut last = None;
        self.entries().filter_map(move |(item, amount)| {
            let is_new = !amount.is_negative() && last != Some(item);
            is_new.then(|| {
                last = Some(item);
                item
            })
        })
    }
}
