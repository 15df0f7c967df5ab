//! What each customer bought and when, collected into one compact value.
//!
//! An item log holds *entries*: one customer, one instant, one item, one amount. All entries of a customer at one instant are an
//! *event*. Amounts of an item at an event add up as those of an order do: one sum of those from 0 on, one of those below, which are
//! returns, and each number that does not add exactly by itself. An item was *bought* at an event that has an amount from 0 on for it.
//!
//! The same rows give the same bytes, in whatever order and from however many pieces they come. No event is in two blocks.
//!
//! Behind the header that all collected values have (see [`collect`](crate::collect)):
//!
//! ```text
//! 8 bytes  time of the newest event at which something was bought, the least integer if there is none
//! byte     kind of the times: 1 timestamp, 2 timestamptz; it and all that follows is there only if there are entries
//! varint   items
//! items    in order of their keys, a column of keys, see `collect/key_column.rs`
//! blocks   a block of events, written as a block of orders whose amounts are how many entries the events have (see
//!          `order_log/block.rs`), and behind it their entries (see `block.rs`)
//! ```
//! Its kinds are that of the customers' keys and that of the items' keys. Its counts are rows collected, rows ignored because their item,
//! customer or time was NULL, in this order, rows collected whose amount was NULL, and rows collected that had an amount.

mod baskets;
mod block;
mod collect;
mod cursor;
mod encode;
mod json;
mod merge;
mod numbers;
mod orders;
mod row;
mod totals;

pub use crate::observation::TimeKind;
pub use baskets::Basket;
pub use collect::Collector;
pub use cursor::{Cursor, Event, Part};
pub use totals::{Description, ItemTotals};

use crate::checkpoint::{Checkpoint, vec_of, vec_with_capacity};
use crate::codec::Reader;
use crate::collect::{Comparison, Counted, Head, KeyColumn, mismatch, of_byte, read_key};
use crate::error::{Error, Result};
use crate::key::{Key, KeyKind, Keys};
use encode::{Encoder, put_empty};

/// The name of the type, for messages.
pub const NAME: &str = "item_log";

/// The time of the newest purchase in a log without purchases.
const NO_PURCHASE: i64 = i64::MIN;

/// Steps between two looks at the checkpoint.
const STEPS: usize = 4_096;

/// How many rows were seen, and what was wrong with some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows collected: those that have an item, a customer and a time.
    pub rows: u64,
    /// Rows ignored because their item was NULL.
    pub null_items: u64,
    /// Rows ignored because their customer was NULL, but not their item.
    pub null_customers: u64,
    /// Rows ignored because their time was NULL, and nothing else.
    pub null_times: u64,
    /// Rows collected whose amount was NULL: purchases of amount 0.
    pub null_amounts: u64,
    /// Rows collected that had an amount.
    pub amounts: u64,
}

impl Counts {
    /// Whether rows were collected with amounts.
    pub fn have_amounts(&self) -> bool {
        self.amounts > 0 || self.null_amounts > 0
    }
}

impl Counted for Counts {
    fn fields(&mut self) -> impl Iterator<Item = (&'static str, &mut u64)> {
        let fields = [
            ("rows", &mut self.rows),
            ("null_items", &mut self.null_items),
            ("null_customers", &mut self.null_customers),
            ("null_times", &mut self.null_times),
            ("null_amounts", &mut self.null_amounts),
            ("amounts", &mut self.amounts),
        ];
        fields.into_iter()
    }
}

/// What meets in one log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds {
    /// The kind of the customers' keys.
    pub customers: KeyKind,
    /// The kind of the times.
    pub times: TimeKind,
    /// The kind of the items' keys.
    pub items: KeyKind,
}

/// An item log, read from its bytes.
#[derive(Clone, Debug)]
pub struct ItemLog<'a> {
    bytes: &'a [u8],
    kinds: Option<Kinds>,
    newest: Option<i64>,
    counts: Counts,
    /// How many items there are.
    items: usize,
    names: KeyColumn<'a>,
    blocks: Reader<'a>,
}

impl<'a> ItemLog<'a> {
    /// Reads the header and checks the checksum. What comes behind is checked while it is read.
    pub fn open(bytes: &'a [u8]) -> Result<ItemLog<'a>> {
        let head = Head::open(NAME, bytes)?;
        let kinds = head.two_kinds()?;
        let mut rest = head.rest;
        let counts = Counts::read(&mut rest)?;
        let newest = i64::from_le_bytes(rest.array()?);
        if kinds.is_none() != rest.is_at_end() {
            return Err(rest.error("A log has kinds of keys exactly if it has entries."));
        }
        let mut log = ItemLog {
            bytes,
            kinds: None,
            newest: (newest != NO_PURCHASE).then_some(newest),
            counts,
            items: 0,
            names: KeyColumn::default(),
            blocks: rest,
        };
        if let Some((customers, items)) = kinds {
            let rest = &mut log.blocks;
            let Some(times) = of_byte(rest.byte()?) else {
                return Err(rest.error("There is no such kind of times."));
            };
            // An item has an entry, which takes a byte at least.
            log.items = rest.count(8)?;
            if log.items == 0 || log.items > u32::MAX as usize {
                return Err(rest.error("It has no items, or more than a log can hold."));
            }
            log.names = KeyColumn::open(rest, items, log.items)?;
            if rest.is_at_end() {
                return Err(rest.error("It has items and no entries."));
            }
            log.kinds = Some(Kinds {
                customers,
                times,
                items,
            });
        }
        Ok(log)
    }

    /// The kinds of its keys and times; nothing if there are no entries.
    pub fn kinds(&self) -> Option<Kinds> {
        self.kinds
    }

    /// The time of the newest event at which something was bought.
    pub fn newest_purchase(&self) -> Option<i64> {
        self.newest
    }

    /// How many rows went into it.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// How many different items there are, those that were only returned among them.
    pub fn items(&self) -> usize {
        self.items
    }

    /// The bytes it was read from.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The keys of the items in their order. Entries name items by their places here, from 0 on.
    pub fn names(&self, checkpoint: &mut dyn Checkpoint) -> Result<Keys> {
        let Some(kinds) = self.kinds else {
            return Ok(Keys::new(KeyKind::Integer));
        };
        let reader = &mut self.blocks.over(self.names.bytes);
        let descends = || Error::corrupted(NAME, "Its items do not ascend.");
        match kinds.items {
            KeyKind::Integer => {
                let mut steps = vec_with_capacity(self.items, checkpoint)?;
                let mut keys = vec_with_capacity(self.items, checkpoint)?;
                match self.names.integers(self.items, true, &mut keys, &mut steps)? {
                    true => Ok(Keys::Integer(keys)),
                    false => Err(descends()),
                }
            }
            KeyKind::Uuid => {
                let mut keys = vec_with_capacity(self.items, checkpoint)?;
                for _ in 0..self.items {
                    keys.push(u128::from_be_bytes(reader.array()?));
                }
                match keys.is_sorted_by(|a, b| a < b) {
                    true => Ok(Keys::Uuid(keys)),
                    false => Err(descends()),
                }
            }
            KeyKind::Text => {
                let mut keys = Keys::new(KeyKind::Text);
                let mut key = Vec::new();
                for number in 0..self.items {
                    if number % STEPS == 0 {
                        checkpoint.pass("reading items", number, self.items)?;
                    }
                    let order = read_key(reader, &mut key, checkpoint)?;
                    if number > 0 && order.is_le() {
                        return Err(descends());
                    }
                    match std::str::from_utf8(&key) {
                        Ok(text) if !text.contains('\0') => keys.push(Key::Text(text), checkpoint)?,
                        _ => return Err(reader.error("An item is no text.")),
                    }
                }
                match reader.is_at_end() {
                    true => Ok(keys),
                    false => Err(reader.error("It has more items than it says.")),
                }
            }
        }
    }

    /// Walks over the customers in ascending order of their keys.
    pub fn cursor(&self) -> Cursor<'a> {
        let keys = self.kinds.map(|kinds| kinds.customers);
        Cursor::new(self.blocks.clone(), keys, self.items)
    }

    /// Reads everything, to see whether it can be read and is what this library writes. Bytes from outside are not believed before.
    /// Memory: the items.
    pub fn check(&self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let mut written = Comparison::with(NAME, self.bytes);
        let Some(kinds) = self.kinds else {
            put_empty(&mut written, &self.counts)?;
            return written.finish();
        };
        let names = self.names(checkpoint)?;
        let mut is_there = vec_of(false, self.items, checkpoint)?;
        let items = (0..self.items).map(|item| names.get(item));
        let mut encoder = Encoder::new(&mut written, kinds, &self.counts, items, checkpoint)?;
        let mut cursor = self.cursor();
        while cursor.advance(checkpoint)? {
            let part = cursor.part();
            encoder.customer(part.key, checkpoint)?;
            for event in part.events() {
                for (item, amount) in event.entries() {
                    if !amount.is_normal() {
                        return Err(Error::corrupted(NAME, "A decimal amount is kept as a double."));
                    }
                    is_there[item as usize] = true;
                    encoder.entry(event.time, item, amount, checkpoint)?;
                }
            }
        }
        if is_there.contains(&false) {
            return Err(Error::corrupted(NAME, "An item has no entry."));
        }
        encoder.finish(checkpoint)?;
        written.finish()
    }
}

/// The error for values that hold different kinds of keys or times.
fn different(a: Kinds, b: Kinds) -> Error {
    let (a, b) = if a.customers != b.customers {
        (
            format!("customers with {} keys", a.customers),
            format!("customers with {} keys", b.customers),
        )
    } else if a.times != b.times {
        (format!("{} times", a.times), format!("{} times", b.times))
    } else {
        (
            format!("items with {} keys", a.items),
            format!("items with {} keys", b.items),
        )
    };
    mismatch("item logs", &a, &b)
}
