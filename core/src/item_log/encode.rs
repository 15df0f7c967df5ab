//! Writing a log: entries come in order of customer and time, those of one event are added up by item, full blocks go out.

use super::block::{ENTRIES, EntryWriter};
use super::{Counts, Kinds, NO_PURCHASE};
use crate::amount::Amount;
use crate::checkpoint::{Checkpoint, push};
use crate::codec::{Sink, put_varint};
use crate::collect::{KeyWriter, Writer, byte_of, byte_of_two};
use crate::error::Result;
use crate::key::Key;
use crate::order_log::{BlockWriter, OwnedKey, Together};

/// Writes one log to a sink. Customers must come in ascending order, and their entries in order of time.
pub(super) struct Encoder<'s> {
    writer: Writer<'s>,
    events: BlockWriter,
    entries: EntryWriter,
    /// The current customer.
    key: Option<OwnedKey>,
    /// Whether the current customer has events in an earlier block.
    continued: bool,
    /// Whether the current customer has events in this block.
    begun: bool,
    /// The time of the event that is under way.
    time: i64,
    /// Its entries as they came.
    event: Vec<(u32, Amount)>,
    /// The same, added up.
    added: Vec<(u32, Amount)>,
    newest: i64,
}

impl<'s> Encoder<'s> {
    /// Begins a log of these items, which ascend, in an empty sink.
    pub(super) fn new<'k>(
        sink: &'s mut dyn Sink,
        kinds: Kinds,
        counts: &Counts,
        items: impl ExactSizeIterator<Item = Key<'k>>,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Encoder<'s>> {
        let mut writer = begin(sink, Some(kinds), counts)?;
        let mut head = vec![byte_of(Some(kinds.times))];
        let n = items.len();
        put_varint(&mut head, n as u64);
        let mut names = KeyWriter::new(kinds.items);
        for (number, item) in items.enumerate() {
            if number % super::STEPS == 0 {
                checkpoint.pass("writing items", number, n)?;
            }
            names.push(item)?;
        }
        checkpoint.reserve(names.len_bytes() + n * size_of::<u64>())?;
        names.write(true, &mut head, &mut Vec::new())?;
        writer.append(&head)?;
        Ok(Encoder {
            writer,
            events: BlockWriter::new(kinds.customers),
            entries: EntryWriter::default(),
            key: None,
            continued: false,
            begun: false,
            time: 0,
            event: Vec::new(),
            added: Vec::new(),
            newest: NO_PURCHASE,
        })
    }

    /// What follows belongs to `key`: the current customer or one behind it.
    pub(super) fn customer(&mut self, key: Key<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if self.key.as_ref().is_some_and(|own| own.is(key)) {
            return Ok(());
        }
        self.finish_event(checkpoint)?;
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

    /// Appends an entry of the current customer at `time`, which is not before what came last.
    #[inline]
    pub(super) fn entry(
        &mut self,
        time: i64,
        item: u32,
        amount: Amount,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        if self.time != time {
            self.finish_event(checkpoint)?;
            self.time = time;
        }
        push(&mut self.event, (item, amount), checkpoint)
    }

    /// Writes what is left and the checksum.
    pub(super) fn finish(mut self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        self.finish_event(checkpoint)?;
        if !self.events.is_empty() {
            self.flush()?;
        }
        self.writer.finish(&self.newest.to_le_bytes());
        Ok(())
    }

    /// Puts the event that is under way into a block that has room.
    fn finish_event(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if self.event.is_empty() {
            return Ok(());
        }
        self.add_up(checkpoint)?;
        let entries = &self.added;
        if entries.iter().any(|(_, amount)| !amount.is_negative()) {
            self.newest = self.newest.max(self.time);
        }
        let has_room = !self.events.is_full(!self.begun) && self.entries.len() + entries.len() <= ENTRIES;
        if !has_room && !self.events.is_empty() {
            self.flush()?;
        }
        if let (false, Some(key)) = (self.begun, &self.key) {
            self.events.customer(key, self.continued)?;
            self.begun = true;
        }
        self.events
            .entry(self.time, Amount::decimal(self.added.len() as i64, 0));
        self.entries.event(&self.added, checkpoint)?;
        self.event.clear();
        Ok(())
    }

    /// Brings the entries of the event to their form: by item, each with one sum of orders, one of returns, and what does not add exactly.
    fn add_up(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        self.event.sort_unstable_by_key(|entry| entry.0);
        self.added.clear();
        for same in self.event.chunk_by(|a, b| a.0 == b.0) {
            if let &[one] = same {
                push(&mut self.added, one, checkpoint)?;
                continue;
            }
            let mut together = Together::default();
            for &(_, amount) in same {
                together.add(amount)?;
            }
            for amount in together.amounts() {
                push(&mut self.added, (same[0].0, amount), checkpoint)?;
            }
        }
        Ok(())
    }

    /// Writes the block. The current customer goes on in the next one if it has begun.
    fn flush(&mut self) -> Result<()> {
        self.events.flush(&mut self.writer)?;
        self.entries.flush(&mut self.writer)?;
        self.continued |= self.begun;
        self.begun = false;
        Ok(())
    }
}

/// Writes a log without entries.
pub(super) fn put_empty(sink: &mut dyn Sink, counts: &Counts) -> Result<()> {
    begin(sink, None, counts)?.finish(&NO_PURCHASE.to_le_bytes());
    Ok(())
}

/// Begins a log; the newest purchase is filled in when it is known.
fn begin<'s>(sink: &'s mut dyn Sink, kinds: Option<Kinds>, counts: &Counts) -> Result<Writer<'s>> {
    let keys = kinds.map(|kinds| (kinds.customers, kinds.items));
    Writer::begin(sink, byte_of_two(keys), counts, size_of::<i64>())
}
