//! Sorting rows by their numbers, and handing them on in order piece by piece.
//!
//! A radix sort from the top, on the distance from the least row: one pass spreads the rows over bins of about eight, and
//! comparison finishes those; bins that stay large go another round. One customer with millions of orders is no
//! special case: once the keys are all alike, the distance is one of time. Nothing is written back: sorted pieces go to
//! the caller, who encodes them while they are in the cache.

use super::{Row, Take};
use crate::checkpoint::{Checkpoint, grow};
use crate::error::Result;

/// Rows that a bin should hold.
const BIN_ROWS: usize = 8;
/// The most bins of one pass: more places would not fit the first-level cache.
const MAX_BINS: usize = 2_048;
/// Rows that are moved before the caller is asked again.
const PASS: usize = 1 << 18;
/// Fewer rows than this are sorted by insertion.
const FEW: usize = 32;

/// Memory to sort in, kept from one bucket to the next.
pub(super) struct Sorter<R> {
    sorted: Vec<R>,
    spare: Vec<R>,
    ends: Vec<usize>,
}

impl<R: Row> Sorter<R> {
    pub(super) fn new() -> Sorter<R> {
        Sorter {
            sorted: Vec::new(),
            spare: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Hands the rows of all `pieces` to `take` in ascending order. Their numbers lie between `bounds`, if these are known.
    pub(super) fn in_order(
        &mut self,
        pieces: &[&[R]],
        bounds: Option<(u128, u128)>,
        checkpoint: &mut dyn Checkpoint,
        take: &mut Take<'_, R>,
    ) -> Result<()> {
        let n = pieces.iter().map(|piece| piece.len()).sum();
        if n == 0 {
            return Ok(());
        }
        make_room(&mut self.sorted, n, checkpoint)?;
        let sorted = &mut self.sorted[..n];
        if n < FEW {
            let mut end = 0;
            for piece in pieces {
                sorted[end..end + piece.len()].copy_from_slice(piece);
                end += piece.len();
            }
            sort_few(sorted);
            return take(sorted, checkpoint);
        }
        checkpoint.pass("sorting", 0, n)?;
        let (least, most) = bounds.unwrap_or_else(|| range(pieces.iter().copied().flatten()));
        let spread = Spread::over(least, most, n / BIN_ROWS);
        starts(pieces, spread.bins, |row| spread.bin(row), &mut self.ends);
        let mut passed = 0;
        for piece in pieces {
            passed += piece.len();
            if passed >= PASS {
                passed = 0;
                checkpoint.pass("sorting", 0, n)?;
            }
            scatter(piece, |row| spread.bin(row), sorted, &mut self.ends);
        }
        let largest = lengths(&self.ends).max().unwrap_or(0);
        if largest >= FEW {
            make_room(&mut self.spare, largest, checkpoint)?;
        }
        finish_bins(sorted, &mut self.spare, &mut self.ends, checkpoint, take)
    }

    /// The rows of all `pieces` in ascending order, one of those that are equal.
    pub(super) fn distinct(
        &mut self,
        pieces: &[&[R]],
        bounds: Option<(u128, u128)>,
        checkpoint: &mut dyn Checkpoint,
        distinct: &mut Vec<R>,
    ) -> Result<()> {
        distinct.clear();
        grow(distinct, pieces.iter().map(|piece| piece.len()).sum(), checkpoint)?;
        self.in_order(pieces, bounds, checkpoint, &mut |rows, _| {
            for &row in rows {
                if distinct.last() != Some(&row) {
                    distinct.push(row);
                }
            }
            Ok(())
        })
    }
}

/// Sorts each bin of `rows` and hands them on. `ends` says where bins end, and is used again.
fn finish_bins<R: Row>(
    rows: &mut [R],
    spare: &mut [R],
    ends: &mut Vec<usize>,
    checkpoint: &mut dyn Checkpoint,
    take: &mut Take<'_, R>,
) -> Result<()> {
    let mut large = Vec::new();
    let mut start = 0;
    for &end in ends.iter() {
        if end - start < FEW {
            sort_few(&mut rows[start..end]);
        } else {
            large.push((start, end));
        }
        start = end;
    }
    let mut done = 0;
    for (start, end) in large {
        if done < start {
            take(&rows[done..start], checkpoint)?;
        }
        checkpoint.pass("sorting", start, rows.len())?;
        refine(&mut rows[start..end], &mut spare[..end - start], ends, checkpoint, take)?;
        done = end;
    }
    if done < rows.len() {
        take(&rows[done..], checkpoint)
    } else {
        Ok(())
    }
}

/// Sorts by insertion: rows that came in order of time are in order already.
#[inline]
fn sort_few<R: Row>(rows: &mut [R]) {
    for end in 1..rows.len() {
        let (sorted, row) = rows[..=end].split_at_mut(end);
        let row = &mut row[0];
        if *row < sorted[end - 1] {
            let place = sorted.partition_point(|other| *other <= *row);
            rows[place..=end].rotate_right(1);
        }
    }
}

/// Another round for a bin of many rows. `rows` and `spare` are equally long.
fn refine<R: Row>(
    rows: &mut [R],
    spare: &mut [R],
    ends: &mut Vec<usize>,
    checkpoint: &mut dyn Checkpoint,
    take: &mut Take<'_, R>,
) -> Result<()> {
    let (least, most) = range(rows.iter());
    if least == most {
        return take(rows, checkpoint);
    }
    let spread = Spread::over(least, most, rows.len() / BIN_ROWS);
    starts(&[rows], spread.bins, |row| spread.bin(row), ends);
    for (done, part) in rows.chunks(PASS).enumerate() {
        if done > 0 {
            checkpoint.pass("sorting", done * PASS, spare.len())?;
        }
        scatter(part, |row| spread.bin(row), spare, ends);
    }
    // What was just read is now the spare memory.
    finish_bins(spare, rows, ends, checkpoint, take)
}

fn make_room<R: Row>(rows: &mut Vec<R>, n: usize, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    if rows.len() < n {
        let more = n - rows.len();
        grow(rows, more, checkpoint)?;
        rows.resize(n, R::ZERO);
    }
    Ok(())
}

/// How long the bins are that end at `ends`.
fn lengths(ends: &[usize]) -> impl Iterator<Item = usize> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(start, end)| end - start)
}

/// A cut of a range of numbers into bins of equal width. The width is a power of two and bins begin at its multiples: so
/// that, with luck, a bin is a customer.
struct Spread {
    shift: u32,
    /// The first bin, counted from number 0.
    first: u64,
    bins: usize,
}

impl Spread {
    /// A cut of the range from `least` to `most` into about `wanted` bins.
    fn over(least: u128, most: u128, wanted: usize) -> Spread {
        let bits = wanted.clamp(2, MAX_BINS).ilog2();
        let shift = (u128::BITS - (most - least).leading_zeros()).saturating_sub(bits);
        // Upper bits may get lost: all bins lie so near to the first one that it does not matter.
        let first = (least >> shift) as u64;
        Spread {
            shift,
            first,
            bins: ((most >> shift) as u64).wrapping_sub(first) as usize + 1,
        }
    }

    #[inline]
    fn bin<R: Row>(&self, row: R) -> usize {
        ((row.number() >> self.shift) as u64).wrapping_sub(self.first) as usize
    }
}

/// The least and the largest number of some rows.
fn range<'a, R: Row + 'a>(mut rows: impl Iterator<Item = &'a R>) -> (u128, u128) {
    let first = rows.next().map_or(0, |row| row.number());
    rows.fold((first, first), |(least, most), row| {
        (least.min(row.number()), most.max(row.number()))
    })
}

/// Where the rows of each of `bins` bins will begin when those of all `pieces` lie together.
pub(super) fn starts<R: Row>(pieces: &[&[R]], bins: usize, bin: impl Fn(R) -> usize, starts: &mut Vec<usize>) {
    starts.clear();
    starts.resize(bins, 0);
    for piece in pieces {
        for &row in *piece {
            starts[bin(row)] += 1;
        }
    }
    let mut start = 0;
    for count in starts {
        start += std::mem::replace(count, start);
    }
}

/// Copies rows to their bins; starts move on to become ends.
pub(super) fn scatter<R: Row>(rows: &[R], bin: impl Fn(R) -> usize, to: &mut [R], places: &mut [usize]) {
    for &row in rows {
        let place = &mut places[bin(row)];
        to[*place] = row;
        *place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;

    type Wide = [u64; 3];

    fn widen(key: i64, time: i64, code: u64) -> Wide {
        [key as u64 ^ 1 << 63, time as u64 ^ 1 << 63, code]
    }

    fn sorted<R: Row>(rows: &[R], piece: usize) -> Vec<R> {
        let pieces: Vec<&[R]> = rows.chunks(piece.max(1)).collect();
        let mut out = Vec::new();
        Sorter::new()
            .in_order(&pieces, None, &mut Unhindered, &mut |piece, _| {
                assert!(!piece.is_empty());
                out.extend_from_slice(piece);
                Ok(())
            })
            .unwrap();
        out
    }

    fn check(mut rows: Vec<Wide>) {
        for piece in [rows.len(), 1_000] {
            let mut got = sorted(&rows, piece);
            assert!(
                got.is_sorted_by_key(|row| row.number()),
                "{} rows in pieces of {piece}",
                rows.len()
            );
            got.sort_unstable();
            rows.sort_unstable();
            assert_eq!(got, rows);
        }
    }

    fn random(n: usize, keys: u64, times: u64) -> Vec<Wide> {
        let mut seed = 7u64;
        let mut next = move || {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z ^ (z >> 29)
        };
        (0..n)
            .map(|_| widen((next() % keys) as i64, (next() % times) as i64, next()))
            .collect()
    }

    #[test]
    fn any_number_of_rows_comes_out_in_order() {
        for n in [0, 1, 2, 47, 48, 49, 1_000, 8_192, 100_000] {
            check(random(n, 5_000, 1 << 40));
        }
    }

    #[test]
    fn skewed_rows_come_out_in_order() {
        check(random(50_000, 1, 1 << 50)); // one customer
        check(random(50_000, 1, 1)); // one customer, one instant
        check(random(50_000, 1 << 62, 1 << 62)); // every key and time far from the next
        let mut outliers = random(50_000, 100, 1_000);
        for power in 0..62 {
            outliers.push(widen(1 << power, 0, 0));
            outliers.push(widen(-(1 << power), 0, 0));
        }
        check(outliers);
    }

    #[test]
    fn narrow_rows_come_out_in_order() {
        let rows: Vec<u128> = random(30_000, 3_000, 1 << 45)
            .into_iter()
            .map(|row| u128::from(row[0] & 0xfff) << 92 | u128::from(row[1] & ((1 << 56) - 1)) << 36)
            .collect();
        let mut want = rows.clone();
        want.sort_unstable();
        assert_eq!(sorted(&rows, 4_096), want);
    }
}
