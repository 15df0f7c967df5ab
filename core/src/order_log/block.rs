//! Up to 1 024 sorted entries as packed columns; all of one instant of a customer are in one block, and one instant that has more
//! is a block of its own.
//!
//! ```text
//! varint   entries
//! varint   customers * 2 + (1 if the first one began in the block before)
//! byte     time unit (3 bits), scale of the amounts (4 bits), whether odd amounts follow (1 bit)
//! 4 bytes  bits per value of: entry counts, first times, time steps, amounts
//! keys     a column of keys, see `collect/key_column.rs`
//! counts   entries of each customer - 1, packed
//! times    signed varint of the least first time, in units; first times minus that, packed;
//!          steps to the following entries of the same customer, packed
//! amounts  a column of amounts, see `collect/amount_column.rs`
//! ```

use super::{KeyKind, NO_ORDER};
use crate::amount::{Amount, POWERS};
use crate::calendar::{END_TIME, MIN_TIME};
use crate::codec::{Reader, pack, put_signed, put_varint, unpack, width};
use crate::collect::{AmountColumn, AmountWriter, KeyColumn, KeyWriter, ODD_BYTES, Writer};
use crate::error::Result;
use crate::key::Key;

/// The most entries of a block, unless all are of one instant.
pub(crate) const ENTRIES: usize = 1_024;
/// A block with this many bytes of keys takes no further customers.
const KEY_BYTES: usize = 64 * 1_024;

/// The grains times are counted in: microsecond, millisecond, second, minute, hour, day.
const UNITS: [i64; 6] = [1, 1_000, 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000];

/// A block being filled.
pub(crate) struct BlockWriter {
    continues: bool,
    keys: KeyWriter,
    newest: i64,
    ends: Vec<usize>,
    times: Vec<i64>,
    amounts: AmountWriter,
    values: Vec<u64>,
    out: Vec<u8>,
}

/// A key as the encoder keeps it.
#[derive(Clone, Debug)]
pub(crate) enum OwnedKey {
    Integer(i64),
    Uuid(u128),
    Text(String),
}

impl OwnedKey {
    /// A copy of a key.
    pub(crate) fn of(key: Key<'_>) -> OwnedKey {
        match key {
            Key::Integer(key) => OwnedKey::Integer(key),
            Key::Uuid(key) => OwnedKey::Uuid(key),
            Key::Text(key) => OwnedKey::Text(key.to_owned()),
        }
    }

    /// Whether it is this key.
    #[inline]
    pub(crate) fn is(&self, key: Key<'_>) -> bool {
        match (self, key) {
            (OwnedKey::Integer(own), Key::Integer(key)) => *own == key,
            (OwnedKey::Uuid(own), Key::Uuid(key)) => *own == key,
            (OwnedKey::Text(own), Key::Text(key)) => own == key,
            _ => false,
        }
    }
}

impl BlockWriter {
    pub(crate) fn new(kind: KeyKind) -> BlockWriter {
        BlockWriter {
            continues: false,
            keys: KeyWriter::new(kind),
            newest: NO_ORDER,
            ends: Vec::new(),
            times: Vec::new(),
            amounts: AmountWriter::default(),
            values: Vec::new(),
            out: Vec::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Whether the block takes no further entry, or no further customer if `customer` is set.
    #[inline]
    pub(crate) fn is_full(&self, customer: bool) -> bool {
        self.times.len() >= ENTRIES || customer && self.keys.len_bytes() >= KEY_BYTES
    }

    /// Whether `n` entries more fit.
    pub(crate) fn has_room(&self, n: usize) -> bool {
        self.times.len() + n <= ENTRIES
    }

    /// Begins the next customer; `continued` if some of its entries are in the block before.
    pub(crate) fn customer(&mut self, key: &OwnedKey, continued: bool) -> Result<()> {
        if self.is_empty() {
            self.continues = continued;
        } else {
            self.ends.push(self.times.len());
        }
        self.keys.push(match key {
            OwnedKey::Integer(key) => Key::Integer(*key),
            OwnedKey::Uuid(key) => Key::Uuid(*key),
            OwnedKey::Text(key) => Key::Text(key),
        })
    }

    /// Takes the current customer back if it has no entries in this block, and others have. No further customer may come before the block
    /// is written.
    pub(crate) fn forget_empty_customer(&mut self) -> bool {
        let is_empty = self.ends.last() == Some(&self.times.len());
        if is_empty {
            self.ends.pop();
            self.keys.pop();
        }
        is_empty
    }

    /// Appends an entry of the current customer.
    #[inline]
    pub(crate) fn entry(&mut self, time: i64, amount: Amount) {
        self.times.push(time);
        self.amounts.push(amount);
    }

    /// Appends entries of the current customer if there is room for all, they are at different times, in order, and
    /// none of them is odd. Else nothing happens. `unpack` gives the time of a row and the code of its amount.
    #[inline]
    pub(crate) fn plain_entries<R: Copy>(&mut self, rows: &[R], unpack: impl Fn(R) -> (i64, u64)) -> bool {
        let start = self.times.len();
        if !self.has_room(rows.len()) {
            return false;
        }
        self.times.extend(rows.iter().map(|&row| unpack(row).0));
        let plain = self.times[start..].is_sorted_by(|a, b| a < b)
            && self.amounts.push_plain(rows.iter().map(|&row| unpack(row).1));
        if !plain {
            self.times.truncate(start);
        }
        plain
    }

    /// The time of the newest order in all blocks that were written, or [`NO_ORDER`].
    pub(crate) fn newest(&self) -> i64 {
        self.newest
    }

    /// Takes the last entry back.
    pub(crate) fn pop_entry(&mut self) -> Option<Amount> {
        self.times.pop()?;
        self.amounts.pop()
    }

    /// Writes the block and empties it.
    pub(crate) fn flush(&mut self, writer: &mut Writer<'_>) -> Result<()> {
        self.ends.push(self.times.len());
        self.encode()?;
        writer.append_piece(&mut self.out)?;
        self.ends.clear();
        self.times.clear();
        Ok(())
    }

    fn encode(&mut self) -> Result<()> {
        let orders = self
            .times
            .iter()
            .zip(self.amounts.signed())
            .filter(|(_, amount)| *amount >= 0);
        self.newest = orders.fold(self.newest, |newest, (&time, _)| newest.max(time));
        let scale = self.amounts.bring_to_one_scale();
        let unit = unit_of(&self.times);
        count_in(&mut self.times, unit);

        let out = &mut self.out;
        put_varint(out, self.times.len() as u64);
        put_varint(out, (self.ends.len() as u64) << 1 | u64::from(self.continues));
        out.push(unit | scale << 3 | u8::from(self.amounts.has_odd()) << 7);
        let widths = out.len();
        out.extend_from_slice(&[0; 4]);

        let values = &mut self.values;
        self.keys.write(true, out, values)?;
        let put_packed = |out: &mut Vec<u8>, column: usize, values: &[u64]| {
            let bits = width(values);
            out[widths + column] = bits as u8;
            pack(out, values, bits);
        };

        let starts = || std::iter::once(0).chain(self.ends.iter().copied());
        values.clear();
        values.extend(starts().zip(&self.ends).map(|(start, end)| (end - start - 1) as u64));
        put_packed(out, 0, values);

        let firsts = || starts().zip(&self.ends).map(|(start, _)| self.times[start]);
        let least = firsts().min().unwrap_or(0);
        put_signed(out, least);
        values.clear();
        values.extend(firsts().map(|time| time.wrapping_sub(least) as u64));
        put_packed(out, 1, values);
        values.clear();
        for (start, &end) in starts().zip(&self.ends) {
            let steps = self.times[start..end].windows(2);
            values.extend(steps.map(|pair| pair[1].wrapping_sub(pair[0]) as u64));
        }
        put_packed(out, 2, values);

        out[widths + 3] = self.amounts.write(out, values);
        Ok(())
    }
}

/// The largest unit that divides all times.
fn unit_of(times: &[i64]) -> u8 {
    fn all<const UNIT: i64>(times: &[i64]) -> bool {
        times.iter().all(|time| time % UNIT == 0)
    }
    // The divisors are constants, so that no division is done.
    let fits = [
        all::<{ UNITS[5] }>,
        all::<{ UNITS[4] }>,
        all::<{ UNITS[3] }>,
        all::<{ UNITS[2] }>,
        all::<{ UNITS[1] }>,
    ];
    fits.iter()
        .position(|fits| fits(times))
        .map_or(0, |place| 5 - place as u8)
}

/// Turns microseconds into units.
fn count_in(times: &mut [i64], unit: u8) {
    fn divide<const UNIT: i64>(times: &mut [i64]) {
        times.iter_mut().for_each(|time| *time /= UNIT);
    }
    match unit {
        1 => divide::<{ UNITS[1] }>(times),
        2 => divide::<{ UNITS[2] }>(times),
        3 => divide::<{ UNITS[3] }>(times),
        4 => divide::<{ UNITS[4] }>(times),
        5 => divide::<{ UNITS[5] }>(times),
        _ => {}
    }
}

/// A block that was read.
#[derive(Debug, Default)]
pub(crate) struct Block<'a> {
    /// Whether the first customer's first entries are in the block before.
    pub(crate) continues: bool,
    /// Integer keys; empty for other kinds.
    pub(crate) integers: Vec<i64>,
    /// Keys of other kinds.
    pub(crate) key_bytes: &'a [u8],
    /// Where each customer's entries end.
    pub(crate) ends: Vec<usize>,
    /// The time of each entry, in microseconds.
    pub(crate) times: Vec<i64>,
    /// The amount of each entry.
    pub(crate) amounts: AmountColumn,
    firsts: Vec<u64>,
    values: Vec<u64>,
}

/// What the first two numbers of a block say.
pub(crate) struct Heading {
    pub(crate) entries: usize,
    customers: usize,
    pub(crate) continues: bool,
}

impl Heading {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Heading> {
        let entries = reader.varint()? as usize;
        let customers = reader.varint()?;
        let heading = Heading {
            entries,
            customers: (customers >> 1) as usize,
            continues: customers & 1 == 1,
        };
        // More are of one instant: a few sums, and odd amounts.
        let most = ENTRIES + reader.remaining() / ODD_BYTES;
        let fits = (1..=most).contains(&entries)
            && (1..=entries).contains(&heading.customers)
            && (entries <= ENTRIES || heading.customers == 1);
        if fits {
            Ok(heading)
        } else {
            Err(reader.error(format!(
                "A block of {entries} entries cannot be of {} customers.",
                heading.customers
            )))
        }
    }
}

impl<'a> Block<'a> {
    /// What an entry takes at most while it is read.
    pub(crate) const ENTRY_BYTES: usize = 2 * size_of::<u64>() + AmountColumn::AMOUNT_BYTES;

    /// Reads the next block into `self`, whose buffers are used again.
    pub(crate) fn read(&mut self, reader: &mut Reader<'a>, kind: KeyKind) -> Result<()> {
        let heading = Heading::read(reader)?;
        let (entries, customers) = (heading.entries, heading.customers);
        self.continues = heading.continues;
        let flags = reader.byte()?;
        let (unit, scale, has_odd) = (flags & 7, flags >> 3 & 15, flags >> 7 == 1);
        let widths: [u8; 4] = reader.array()?;
        if usize::from(unit) >= UNITS.len() || usize::from(scale) >= POWERS.len() {
            return Err(reader.error(format!("There is no time unit {unit} or no scale {scale}.")));
        }
        if widths.iter().any(|&bits| bits > 64) {
            return Err(reader.error("A packed number has more than 64 bits."));
        }
        let [count_bits, first_bits, step_bits, amount_bits] = widths.map(u32::from);

        let keys = KeyColumn::open(reader, kind, customers)?;
        self.integers.clear();
        self.key_bytes = keys.bytes;
        if kind == KeyKind::Integer {
            self.key_bytes = &[];
            if !keys.integers(customers, true, &mut self.integers, &mut self.values)? {
                return Err(reader.error("A key is out of range."));
            }
        }

        unpack(reader, customers, count_bits, &mut self.values)?;
        self.ends.clear();
        let mut end = 0;
        for &count in &self.values {
            end += count.min(entries as u64) as usize + 1;
            self.ends.push(end);
        }
        if end != entries {
            return Err(reader.error(format!(
                "The customers of a block have {end} entries, the block has {entries}."
            )));
        }

        self.read_times(reader, UNITS[usize::from(unit)], first_bits, step_bits)?;
        if entries > ENTRIES && self.times.first() != self.times.last() {
            return Err(reader.error(format!("A block of {entries} entries is of more than one instant.")));
        }

        self.amounts
            .read(reader, entries, (scale, amount_bits, has_odd), &mut self.values)
    }

    fn read_times(&mut self, reader: &mut Reader<'a>, unit: i64, first_bits: u32, step_bits: u32) -> Result<()> {
        let (entries, customers) = (self.ends[self.ends.len() - 1], self.ends.len());
        let least = reader.signed()?;
        unpack(reader, customers, first_bits, &mut self.firsts)?;
        unpack(reader, entries - customers, step_bits, &mut self.values)?;
        // Where no time can leave the shorter side of the range, none needs to be checked.
        let most = |bits: u32| u128::from(u64::MAX.checked_shr(64 - bits).unwrap_or(0));
        let reach = u128::from(least.unsigned_abs()) + most(first_bits) + most(step_bits) * entries as u128;
        let sound = if reach * unit as u128 <= MIN_TIME.unsigned_abs().into() {
            self.add_up_times::<false>(least, unit)
        } else {
            self.add_up_times::<true>(least, unit)
        };
        if sound {
            Ok(())
        } else {
            Err(reader.error("A time is out of range."))
        }
    }

    /// Turns `firsts` and the steps in `values` into times; false if one of them is out of range.
    fn add_up_times<const CHECK: bool>(&mut self, least: i64, unit: i64) -> bool {
        let range = MIN_TIME / unit..=(END_TIME - 1) / unit;
        let mut sound = true;
        let mut steps = self.values.iter();
        self.times.clear();
        for (&end, &first) in self.ends.iter().zip(&self.firsts) {
            // Steps are below 2^64, so a sum that wrapped around is less than what it was added to.
            let mut time = least.wrapping_add(first as i64);
            sound &= !CHECK || time >= least && range.contains(&time);
            self.times.push(time.wrapping_mul(unit));
            for &step in steps.by_ref().take(end - self.times.len()) {
                let before = time;
                time = time.wrapping_add(step as i64);
                sound &= !CHECK || time >= before && range.contains(&time);
                self.times.push(time.wrapping_mul(unit));
            }
        }
        sound
    }
}
