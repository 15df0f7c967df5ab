//! Up to 1 024 rows as packed columns.
//!
//! All blocks but the last have 1 024 rows.
//!
//! ```text
//! ids       a column of keys, see `collect/key_column.rs`; an id may come more than once
//! features  a column for each, and one more for the weights if rows have weights:
//!           byte     digits behind the point of all values, or 255: doubles, 8 bytes each
//!           varint   the least value, signed, as the integer that its digits spell
//!           byte     bits per value
//!           bytes    values minus that, packed
//! ```

use super::{NAME, Shape};
use crate::checkpoint::{Checkpoint, attempt, push};
use crate::codec::{Reader, pack, put_signed, unpack, width};
use crate::collect::{KeyColumn, make_room, read_key};
use crate::error::Result;
use crate::key::Keys;

/// The rows of a block.
pub(super) const ROWS: usize = 1_024;
/// The fewest bytes of a column.
pub(super) const LEAST_COLUMN: usize = 3;

/// Marks a column of doubles.
const RAW: u8 = 255;
/// Decimals with more digits behind the point are doubles. Any five digits there are rather the rest of a division than money.
const POWERS: [f64; 5] = [1.0, 10.0, 100.0, 1_000.0, 10_000.0];
/// Scaled integers are below this: they are doubles themselves, and so are those ten times as large.
const LIMIT: f64 = 1e15;

/// What leaves no bits behind the point of a number below 2^51, if it is added.
const SHIFT: f64 = (1u64 << 52) as f64 * 1.5;

/// Whether an integer below the limit, divided by `power`, is this very number.
#[inline(always)]
fn is_decimal(x: f64, power: f64) -> bool {
    let scaled = x * power;
    let nearest = (scaled + SHIFT) - SHIFT;
    (scaled.abs() < LIMIT) & (nearest / power == x)
}

/// The integer that a decimal is, times `power`.
#[inline(always)]
fn scaled(x: f64, power: f64) -> i64 {
    // The last bits of such a sum count in ones.
    (x * power + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits()) as i64
}

/// Appends the column of a feature. `scratch` is memory to work in.
pub(super) fn put_column(out: &mut Vec<u8>, values: &[f64], scratch: &mut Vec<u64>) {
    // Not one by one: so the processor looks at several at once.
    let are_decimals = |part: &[f64], power| part.iter().fold(true, |all, &x| all & is_decimal(x, power));
    let digits = POWERS
        .iter()
        .position(|&power| values.chunks(32).all(|part| are_decimals(part, power)));
    let Some(digits) = digits else {
        out.push(RAW);
        values.iter().for_each(|x| out.extend_from_slice(&x.to_le_bytes()));
        return;
    };
    let power = POWERS[digits];
    let least = scaled(values.iter().fold(f64::INFINITY, |least, &x| least.min(x)), power);
    scratch.clear();
    scratch.extend(values.iter().map(|&x| (scaled(x, power) - least) as u64));
    let bits = width(scratch);
    out.push(digits as u8);
    put_signed(out, least);
    out.push(bits as u8);
    pack(out, scratch, bits);
}

/// A block as it stands in the bytes: what it holds is read when it is asked for.
#[derive(Debug, Default)]
pub(super) struct Block<'a> {
    pub(super) rows: usize,
    ids: KeyColumn<'a>,
    /// One for each feature, and that of the weights behind them if rows have weights.
    pub(super) columns: Vec<Column<'a>>,
}

/// The values of a feature in a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a> {
    digits: u8,
    least: i64,
    bits: u32,
    bytes: &'a [u8],
}

impl<'a> Block<'a> {
    /// Finds the parts of the next block, which has so many rows.
    pub(super) fn open(&mut self, reader: &mut Reader<'a>, shape: Shape, rows: usize) -> Result<()> {
        self.rows = rows;
        self.ids = KeyColumn::open(reader, shape.kind, rows)?;
        self.columns.clear();
        for _ in 0..shape.width() {
            self.columns.push(Column::open(reader, rows)?);
        }
        Ok(())
    }

    /// Appends the ids of the block.
    pub(super) fn ids(&self, ids: &mut Keys, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        match ids {
            Keys::Integer(ids) => self.integers(ids, checkpoint),
            Keys::Uuid(ids) => self.uuids(ids, checkpoint),
            Keys::Text { bytes, ends } => self.texts(bytes, ends, checkpoint),
        }
    }

    /// Reads the weights of the rows, if these have weights: one for each. `offsets` is memory to work in.
    pub(super) fn read_weights(&self, weights: &mut [f64], offsets: &mut Vec<u64>) -> Result<()> {
        let Some(column) = self.columns.last() else {
            return Ok(());
        };
        column.read(weights, offsets)?;
        if weights.iter().all(|&weight| weight >= 0.0) {
            Ok(())
        } else {
            Err(Reader::new(NAME, column.bytes).error("A weight is less than 0."))
        }
    }

    fn integers(&self, ids: &mut Vec<i64>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        make_room(ids, self.rows, checkpoint)?;
        let last = ids.last().copied();
        let start = ids.len();
        let sound = self.ids.integers(self.rows, false, ids, &mut Vec::new())?;
        in_order(
            sound && last.is_none_or(|last| last <= ids[start]),
            &Reader::new(NAME, self.ids.bytes),
        )
    }

    fn uuids(&self, ids: &mut Vec<u128>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        make_room(ids, self.rows, checkpoint)?;
        let start = ids.len();
        let (uuids, _) = self.ids.bytes.as_chunks();
        ids.extend(uuids.iter().map(|&id| u128::from_be_bytes(id)));
        in_order(
            ids[start.saturating_sub(1)..].is_sorted(),
            &Reader::new(NAME, self.ids.bytes),
        )
    }

    fn texts(&self, all: &mut String, ends: &mut Vec<usize>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let mut reader = Reader::new(NAME, self.ids.bytes);
        make_room(ends, self.rows, checkpoint)?;
        let mut id: Vec<u8> = Vec::new();
        for _ in 0..self.rows {
            read_key(&mut reader, &mut id, checkpoint)?;
            let text = match std::str::from_utf8(&id) {
                Ok(text) if !text.contains('\0') => text,
                _ => return Err(reader.error("An id is no text.")),
            };
            let before = match ends.len() {
                0 => "",
                1 => &all[..ends[0]],
                n => &all[ends[n - 2]..ends[n - 1]],
            };
            in_order(before <= text, &reader)?;
            if all.capacity() - all.len() < text.len() {
                let more = text.len().max(all.len() / 2);
                checkpoint.reserve(more)?;
                attempt(|| all.try_reserve_exact(more))?;
            }
            all.push_str(text);
            push(ends, all.len(), checkpoint)?;
        }
        if reader.is_at_end() {
            Ok(())
        } else {
            Err(reader.error("There are bytes behind the ids of a block."))
        }
    }
}

impl<'a> Column<'a> {
    fn open(reader: &mut Reader<'a>, rows: usize) -> Result<Column<'a>> {
        let digits = reader.byte()?;
        if digits == RAW {
            return Ok(Column {
                digits,
                least: 0,
                bits: 64,
                bytes: reader.bytes(8 * rows)?,
            });
        }
        if usize::from(digits) >= POWERS.len() {
            return Err(reader.error(format!("There are no numbers with {digits} digits behind the point.")));
        }
        let least = reader.signed()?;
        let bits = reader.bits()?;
        let bytes = reader.packed(rows, bits)?;
        Ok(Column {
            digits,
            least,
            bits,
            bytes,
        })
    }

    /// Reads the values, one for each row. `offsets` is memory to work in.
    pub(super) fn read(&self, values: &mut [f64], offsets: &mut Vec<u64>) -> Result<()> {
        let mut reader = Reader::new(NAME, self.bytes);
        if self.digits == RAW {
            let (doubles, _) = self.bytes.as_chunks();
            for (value, &bytes) in values.iter_mut().zip(doubles) {
                *value = f64::from_le_bytes(bytes);
            }
            let finite = values.iter().all(|value| value.is_finite());
            return if finite {
                Ok(())
            } else {
                Err(reader.error("A feature or a weight is not a finite number."))
            };
        }
        unpack(&mut reader, values.len(), self.bits, offsets)?;
        let integers = offsets
            .iter()
            .map(|&offset| self.least.wrapping_add(offset as i64) as f64);
        let power = POWERS[usize::from(self.digits)];
        if self.digits == 0 {
            values.iter_mut().zip(integers).for_each(|(value, x)| *value = x);
        } else {
            values
                .iter_mut()
                .zip(integers)
                .for_each(|(value, x)| *value = x / power);
        }
        Ok(())
    }
}

fn in_order(sound: bool, reader: &Reader<'_>) -> Result<()> {
    if sound {
        Ok(())
    } else {
        Err(reader.error("Ids are not in order."))
    }
}
