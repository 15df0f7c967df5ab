//! Summaries of customers that come row by row, for models that are fitted without a log.

use crate::checkpoint::{Checkpoint, grow, push};
use crate::codec::{Reader, Sealer, Sink, unseal};
use crate::error::{Error, Kind, Result, spelled};
use crate::mergeable::Mergeable;

const VERSION: u8 = 1;
/// Rows that are written between two looks at whether to go on.
const STRIDE: usize = 1 << 14;

/// A row of `N` numbers, none of which is negative, so that they sort as their bits do.
pub trait Row<const N: usize>: Copy {
    /// What such rows are collected for: the name of a function in SQL, for messages.
    const NAME: &'static str;

    /// The bits of the numbers.
    fn bits(&self) -> [u64; N];

    /// The row of these bits, if there can be one.
    fn of_bits(bits: [u64; N]) -> Result<Self>;
}

/// The weight of a row, checked: how many customers it stands for.
pub fn checked_weight(weight: f64) -> Result<f64> {
    if weight.is_finite() && weight >= 0.0 {
        return Ok(weight + 0.0);
    }
    let error = Error::new(Kind::OutOfRange, "weight must be a finite number that is not negative");
    Err(error.detail(format!("It is {}.", spelled(weight))))
}

/// A whole number that comes as a floating point number, as many tools write them. `name` is the argument.
pub fn whole(name: &str, x: f64) -> Result<i64> {
    let wrong = |kind, message: String| Err(Error::new(kind, message).detail(format!("It is {}.", spelled(x))));
    if !x.is_finite() || x.fract() != 0.0 {
        return wrong(Kind::InvalidParameter, format!("{name} must be a whole number"));
    }
    if x.abs() >= 9_223_372_036_854_775_808.0 {
        return wrong(Kind::OutOfRange, format!("{name} is out of range"));
    }
    Ok(x as i64)
}

/// Summaries of customers, collected in any order.
#[derive(Clone, Debug)]
pub struct Summaries<T, const N: usize> {
    rows: Vec<T>,
}

impl<T, const N: usize> Default for Summaries<T, N> {
    fn default() -> Self {
        Summaries { rows: Vec::new() }
    }
}

impl<T: Row<N>, const N: usize> Summaries<T, N> {
    /// Adds a row.
    pub fn push(&mut self, row: T, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        push(&mut self.rows, row, checkpoint)
    }

    /// The rows, as they came: who makes sums of them sorts first.
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// Appends the rows as bytes.
    pub fn put(&self, out: &mut Sealer<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        for (at, row) in self.rows.iter().enumerate() {
            if at.is_multiple_of(STRIDE) {
                checkpoint.pass("writing", at, self.rows.len())?;
            }
            out.append(row.bits().map(u64::to_le_bytes).as_flattened())?;
        }
        Ok(())
    }

    /// Adds the rows that [`put`](Summaries::put) appended: all bytes that are left.
    pub fn take(&mut self, reader: &mut Reader<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        grow(&mut self.rows, reader.remaining() / (N * size_of::<u64>()), checkpoint)?;
        while !reader.is_at_end() {
            let mut bits = [0; N];
            for word in &mut bits {
                *word = u64::from_le_bytes(reader.array()?);
            }
            let row = T::of_bits(bits).map_err(|error| reader.error(error.to_string()))?;
            self.rows.push(row);
        }
        Ok(())
    }
}

impl<T: Row<N> + 'static, const N: usize> Mergeable for Summaries<T, N> {
    const NAME: &'static str = T::NAME;

    fn new(_: usize) -> Self {
        Summaries::default()
    }

    fn heap_bytes(&self) -> usize {
        self.rows.capacity() * size_of::<T>()
    }

    fn written_bytes(&self) -> usize {
        self.rows.len() * size_of::<T>()
    }

    fn merge(&mut self, other: &Self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        grow(&mut self.rows, other.rows.len(), checkpoint)?;
        self.rows.extend_from_slice(&other.rows);
        Ok(())
    }

    fn write(&mut self, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let mut sealer = Sealer::new(VERSION, sink);
        self.put(&mut sealer, checkpoint)?;
        sealer.finish()
    }

    fn read(bytes: &[u8], _: usize, checkpoint: &mut dyn Checkpoint) -> Result<Self> {
        let mut rows = Summaries::default();
        unseal(T::NAME, VERSION, bytes, |reader| rows.take(reader, checkpoint))?;
        Ok(rows)
    }
}
