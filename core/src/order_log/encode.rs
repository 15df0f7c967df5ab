//! Writing a log: entries come in order, those of one instant are added up, full blocks go out.
//!
//! An instant is over when something later comes, and not before: sorted rows come in pieces that may end anywhere. So the entry that
//! came last stays in its block, full or not, until it is known that nothing joins it; and all entries of an instant go to one
//! block, the next one where there is no room.

use super::block::{BlockWriter, OwnedKey};
use super::{Counts, Kinds, NO_ORDER};
use crate::amount::{Amount, overflow};
use crate::codec::Sink;
use crate::collect::row::code;
use crate::collect::{Writer, byte_of_two};
use crate::error::Result;
use crate::key::Key;

/// Writes one log to a sink. Customers must come in ascending order, and their entries in order of time.
pub(crate) struct Encoder<'s> {
    writer: Writer<'s>,
    block: BlockWriter,
    key: Option<OwnedKey>,
    /// Whether the current customer has entries in an earlier block.
    continued: bool,
    /// Whether the current customer has entries in this block.
    begun: bool,
    /// The time of the entry that came last, if it is of the current customer.
    time: Option<i64>,
    /// All amounts at that time, if there is more than one; else it is the last entry of the block.
    together: Option<Together>,
}

/// What happened to a customer at one instant, in any order.
#[derive(Default)]
pub(crate) struct Together {
    /// The sum of decimals that are not negative, in units of `10^-9`.
    orders: Option<i128>,
    /// The sum of decimals that are.
    returns: Option<i128>,
    /// Numbers that do not add exactly.
    raw: Vec<f64>,
}

impl Together {
    /// Adds an amount.
    pub(crate) fn add(&mut self, amount: Amount) -> Result<()> {
        let sum = match amount.nano() {
            Some(nano) if nano < 0 => (&mut self.returns, nano),
            Some(nano) => (&mut self.orders, nano),
            None => {
                self.raw.push(amount.to_f64());
                return Ok(());
            }
        };
        let added = sum
            .0
            .unwrap_or(0)
            .checked_add(sum.1)
            .filter(|sum| Amount::can_be_sum(*sum));
        *sum.0 = Some(added.ok_or_else(overflow)?);
        Ok(())
    }

    /// All that was added: one amount for all orders, one for all returns, and each number that does not add exactly, in ascending
    /// order. They are the same in whatever order the amounts came.
    pub(crate) fn amounts(&mut self) -> impl Iterator<Item = Amount> {
        self.raw.sort_unstable_by(f64::total_cmp);
        let sums = [self.orders, self.returns].into_iter().flatten();
        sums.flat_map(Amount::of_sum)
            .chain(self.raw.iter().copied().map(Amount::raw))
    }
}

impl<'s> Encoder<'s> {
    /// Begins a log in an empty sink.
    pub(crate) fn new(sink: &'s mut dyn Sink, kinds: Kinds, counts: &Counts) -> Result<Encoder<'s>> {
        Ok(Encoder {
            writer: begin(sink, Some(kinds), counts)?,
            block: BlockWriter::new(kinds.0),
            key: None,
            continued: false,
            begun: false,
            time: None,
            together: None,
        })
    }

    /// What follows belongs to `key`: the current customer or one behind it.
    #[inline]
    pub(crate) fn customer(&mut self, key: Key<'_>) -> Result<()> {
        let same = self.key.as_ref().is_some_and(|own| own.is(key));
        if same { Ok(()) } else { self.next_customer(key) }
    }

    fn next_customer(&mut self, key: Key<'_>) -> Result<()> {
        self.finish_instant()?;
        self.time = None;
        self.continued = false;
        self.begun = false;
        match (&mut self.key, key) {
            (Some(OwnedKey::Text(own)), Key::Text(key)) => {
                own.clear();
                own.push_str(key);
            }
            (own, key) => *own = Some(OwnedKey::of(key)),
        }
        Ok(())
    }

    /// Appends what happened to the current customer at `time`, which is not before what came last.
    #[inline]
    pub(crate) fn entry(&mut self, time: i64, amount: Amount) -> Result<()> {
        if self.time == Some(time) {
            return self.same_instant(amount);
        }
        self.finish_instant()?;
        self.time = Some(time);
        self.put(time, amount)
    }

    /// Appends many entries at once, in order. `unpack` gives the number of a row's customer, its time and the code of its
    /// amount; `key` the key that has a number.
    #[inline]
    pub(crate) fn rows<'k, R: Copy>(
        &mut self,
        rows: &[R],
        unpack: impl Fn(R) -> (i64, i64, u64),
        key: impl Fn(i64) -> Key<'k>,
        odd: &[Amount],
    ) -> Result<()> {
        for rows in rows.chunk_by(|&a, &b| unpack(a).0 == unpack(b).0) {
            let (number, first, _) = unpack(rows[0]);
            self.customer(key(number))?;
            // The usual case: all at different times, and no amount out of the ordinary.
            if self.time.is_none_or(|time| time < first) {
                self.finish_instant()?;
                if !self.begun || self.block.is_full(false) {
                    self.begin()?;
                }
                let rest = |row| (unpack(row).1, unpack(row).2);
                if self.block.plain_entries(rows, rest) {
                    self.time = Some(unpack(rows[rows.len() - 1]).1);
                    continue;
                }
            }
            for &row in rows {
                let (_, time, code) = unpack(row);
                self.entry(time, code::amount(code, odd))?;
            }
        }
        Ok(())
    }

    /// Writes what is left and the checksum.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.finish_instant()?;
        if !self.block.is_empty() {
            self.block.flush(&mut self.writer)?;
        }
        self.writer.finish(&self.block.newest().to_le_bytes());
        Ok(())
    }

    #[cold]
    fn same_instant(&mut self, amount: Amount) -> Result<()> {
        let together = match &mut self.together {
            Some(together) => together,
            none => {
                let together = none.insert(Together::default());
                self.block.pop_entry().map_or(Ok(()), |first| together.add(first))?;
                together
            }
        };
        together.add(amount)
    }

    #[inline]
    fn finish_instant(&mut self) -> Result<()> {
        match (self.time, self.together.take()) {
            (Some(time), Some(together)) => self.put_together(time, together),
            _ => Ok(()),
        }
    }

    #[cold]
    fn put_together(&mut self, time: i64, mut together: Together) -> Result<()> {
        if !self.block.has_room(together.amounts().count()) {
            // The customer goes on in another block, or begins there if this instant is its first one.
            self.begun &= !self.block.forget_empty_customer();
            if !self.block.is_empty() {
                self.next_block()?;
            }
        }
        if !self.begun {
            self.begin()?;
        }
        for amount in together.amounts() {
            self.block.entry(time, amount);
        }
        Ok(())
    }

    #[inline]
    fn put(&mut self, time: i64, amount: Amount) -> Result<()> {
        if !self.begun || self.block.is_full(false) {
            self.begin()?;
        }
        self.block.entry(time, amount);
        Ok(())
    }

    /// Begins the current customer in a block that has room.
    fn begin(&mut self) -> Result<()> {
        if self.block.is_full(!self.begun) {
            self.next_block()?;
        }
        if let Some(key) = &self.key {
            self.block.customer(key, self.continued)?;
        }
        self.begun = true;
        Ok(())
    }

    /// Writes the block. The current customer goes on in the next one if it has begun.
    fn next_block(&mut self) -> Result<()> {
        self.block.flush(&mut self.writer)?;
        self.continued = self.begun;
        self.begun = false;
        Ok(())
    }
}

/// Writes a log without entries.
pub(crate) fn put_empty(sink: &mut dyn Sink, counts: &Counts) -> Result<()> {
    begin(sink, None, counts)?.finish(&NO_ORDER.to_le_bytes());
    Ok(())
}

/// Begins a log; the newest order is filled in when it is known.
fn begin<'s>(sink: &'s mut dyn Sink, kinds: Option<Kinds>, counts: &Counts) -> Result<Writer<'s>> {
    Writer::begin(sink, byte_of_two(kinds), counts, size_of::<i64>())
}
