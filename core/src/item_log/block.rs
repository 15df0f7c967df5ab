//! The entries of a block of events: behind the events, which say how many entries they have.
//!
//! ```text
//! byte     scale of the amounts (4 bits), whether odd amounts follow (the highest bit)
//! byte     bits of a packed amount
//! items    for each event, varints: the place of its first item, and the distance of each further one from the one before, which is 0
//!          where an item has several amounts
//! amounts  a column of amounts, see `collect/amount_column.rs`
//! ```
//! An event is in one block, which has up to 1 024 events and 1 024 entries; an event that has more entries is a block of its own.

use crate::amount::{Amount, POWERS};
use crate::checkpoint::Checkpoint;
use crate::codec::{Reader, put_varint};
use crate::collect::{AmountColumn, AmountWriter, Writer, make_room};
use crate::error::Result;
use crate::order_log::{Behind, Block};

/// The most entries of a block, unless it is one event.
pub(super) const ENTRIES: usize = 1_024;

/// The entries of a block on their way out.
#[derive(Default)]
pub(super) struct EntryWriter {
    items: Vec<u8>,
    amounts: AmountWriter,
    values: Vec<u64>,
    out: Vec<u8>,
}

impl EntryWriter {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.amounts.len()
    }

    /// Appends those of an event, in order of the items.
    pub(super) fn event(&mut self, entries: &[(u32, Amount)], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if entries.len() > ENTRIES {
            // Written, read, and what they are packed from.
            checkpoint.reserve(entries.len() * 2 * AmountColumn::AMOUNT_BYTES)?;
        }
        let mut before = 0;
        for &(item, amount) in entries {
            put_varint(&mut self.items, u64::from(item - before));
            before = item;
            self.amounts.push(amount);
        }
        Ok(())
    }

    /// Writes them, and empties the block.
    pub(super) fn flush(&mut self, writer: &mut Writer<'_>) -> Result<()> {
        let scale = self.amounts.bring_to_one_scale();
        self.out.push(scale | u8::from(self.amounts.has_odd()) << 7);
        let bits = self.out.len();
        self.out.push(0);
        self.out.append(&mut self.items);
        self.out[bits] = self.amounts.write(&mut self.out, &mut self.values);
        writer.append_piece(&mut self.out)
    }
}

/// The entries of a block that was read.
#[derive(Debug)]
pub(super) struct Entries {
    /// How many items there are in the log.
    items_in_all: u64,
    /// Where the entries of each event end.
    pub(super) ends: Vec<usize>,
    /// The place of the item of each entry.
    pub(super) items: Vec<u32>,
    /// The amount of each entry.
    pub(super) amounts: AmountColumn,
    values: Vec<u64>,
}

impl Entries {
    /// None yet, of a log with so many items.
    pub(super) fn of(items_in_all: usize) -> Entries {
        Entries {
            items_in_all: items_in_all as u64,
            ends: Vec::new(),
            items: Vec::new(),
            amounts: AmountColumn::default(),
            values: Vec::new(),
        }
    }

    fn read_items(&mut self, blocks: &mut Reader<'_>) -> Result<()> {
        self.items.clear();
        let mut start = 0;
        for &end in &self.ends {
            let mut item = 0;
            for _ in start..end {
                let more = blocks.varint()?;
                if more >= self.items_in_all - item {
                    return Err(blocks.error("An entry has an item that there is not."));
                }
                item += more;
                self.items.push(item as u32);
            }
            start = end;
        }
        Ok(())
    }
}

impl<'a> Behind<'a> for Entries {
    fn read(&mut self, blocks: &mut Reader<'a>, events: &Block<'a>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let sizes = &events.amounts;
        let mut total = 0u64;
        self.ends.clear();
        for &size in &sizes.mantissas {
            // An entry takes a byte at least.
            total = total.saturating_add(size.max(0) as u64);
            if size < 1 || total > blocks.remaining() as u64 || sizes.scale != 0 || !sizes.odd.is_empty() {
                return Err(blocks.error("An event has no entries, or more than there are."));
            }
            self.ends.push(total as usize);
        }
        let starts = std::iter::once(0).chain(events.ends.iter().copied());
        let mut customers = starts.zip(&events.ends).map(|(start, &end)| &events.times[start..end]);
        if !customers.all(|times| times.is_sorted_by(|a, b| a < b)) {
            return Err(blocks.error("Two events of a customer are at one instant."));
        }
        let total = total as usize;
        if total > ENTRIES {
            checkpoint.reserve(total * (AmountColumn::AMOUNT_BYTES + size_of::<u32>()))?;
        }
        make_room(&mut self.items, total, checkpoint)?;
        let (flags, bits) = (blocks.byte()?, blocks.bits()?);
        let (scale, has_odd) = (flags & 127, flags >> 7 == 1);
        if usize::from(scale) >= POWERS.len() {
            return Err(blocks.error(format!("There is no scale {scale}.")));
        }
        self.read_items(blocks)?;
        self.amounts
            .read(blocks, total, (scale, bits, has_odd), &mut self.values)
    }
}
