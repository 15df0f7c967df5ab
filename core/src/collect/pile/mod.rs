//! Rows on a pile: appended in any order, handed on sorted.
//!
//! Rows are appended to one slab. Each full slab is spread over buckets, which are ranges of their numbers that the first
//! slab decides, so that every bucket can later be sorted in the second-level cache. No row moves through memory more than
//! twice: touching fresh memory costs more than the sorting itself.

mod sort;

use crate::checkpoint::{Checkpoint, grow, push, vec_from, vec_of, vec_with_capacity};
use crate::error::Result;
use sort::{Sorter, scatter, starts};

/// A row that sorts by its number.
pub(crate) trait Row: Copy + Ord + std::fmt::Debug {
    /// The row of all zero bits.
    const ZERO: Self;

    /// The number. The rest of a row says nothing about its place.
    fn number(self) -> u128;
}

/// What takes rows in order, piece by piece.
pub(crate) type Take<'t, R> = dyn FnMut(&[R], &mut dyn Checkpoint) -> Result<()> + 't;

/// The bytes of a slab, at most: what the second-level cache nearly holds.
const SLAB_BYTES: usize = 1 << 20;
/// Buckets that slabs are spread over. The ends of more of them would not fit the cache.
const BUCKETS: usize = 1_024;
/// The bytes of the chunks that buckets are made of.
const CHUNK_BYTES: usize = 4 << 10;

/// Rows, loose and in buckets.
#[derive(Debug)]
pub(crate) struct Pile<R> {
    /// The slab being appended to.
    loose: Vec<R>,
    buckets: Option<Box<Buckets<R>>>,
}

#[derive(Debug)]
struct Buckets<R> {
    ranges: Ranges,
    buckets: Vec<Bucket<R>>,
    /// How many chunks there are in all.
    chunks: usize,
}

#[derive(Clone, Debug)]
struct Bucket<R> {
    open: Vec<R>,
    full: Vec<Vec<R>>,
}

impl<R> Default for Pile<R> {
    fn default() -> Self {
        Pile {
            loose: Vec::new(),
            buckets: None,
        }
    }
}

impl<R: Row> Pile<R> {
    const SLAB: usize = SLAB_BYTES / size_of::<R>();

    /// Appends a row if there is room.
    #[inline]
    pub(crate) fn push(&mut self, row: R) -> bool {
        let has_room = self.loose.len() < self.loose.capacity();
        if has_room {
            self.loose.push(row);
        }
        has_room
    }

    /// Appends a row, making room if there is none.
    pub(crate) fn push_slowly(&mut self, row: R, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if self.loose.len() == Self::SLAB {
            self.spread_loose(checkpoint)?;
        } else if self.loose.len() == self.loose.capacity() {
            let more = self.loose.len().clamp(4, Self::SLAB - self.loose.len());
            grow(&mut self.loose, more, checkpoint)?;
        }
        self.loose.push(row);
        Ok(())
    }

    fn spread_loose(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let buckets = match &mut self.buckets {
            Some(buckets) => buckets,
            empty => empty.insert(Box::new(Buckets::for_rows_like(&self.loose, checkpoint)?)),
        };
        buckets.take(&self.loose, checkpoint)?;
        self.loose.clear();
        Ok(())
    }

    /// Hands all rows to `take` in ascending order, piece by piece. The pile stays as it is.
    pub(crate) fn in_order(&self, checkpoint: &mut dyn Checkpoint, take: &mut Take<'_, R>) -> Result<()> {
        let mut sorter = Sorter::new();
        let Some(Buckets { ranges, buckets, .. }) = self.buckets.as_deref() else {
            return sorter.in_order(&[&self.loose], None, checkpoint, take);
        };
        // The rows still on the slab join their buckets for the time being.
        let bucket_of = |row| ranges.bucket(row);
        let mut loose = vec_of(R::ZERO, self.loose.len(), checkpoint)?;
        let mut ends = Vec::new();
        starts(&[&self.loose], buckets.len(), bucket_of, &mut ends);
        scatter(&self.loose, bucket_of, &mut loose, &mut ends);
        let mut start = 0;
        let mut pieces = Vec::new();
        for (place, (bucket, end)) in buckets.iter().zip(ends).enumerate() {
            checkpoint.pass("sorting", place, buckets.len())?;
            pieces.clear();
            grow(&mut pieces, bucket.full.len() + 2, checkpoint)?;
            pieces.extend(bucket.pieces());
            pieces.push(&loose[start..end]);
            sorter.in_order(&pieces, ranges.bounds(place), checkpoint, take)?;
            start = end;
        }
        Ok(())
    }

    /// Puts all rows in order where they lie, and keeps one of those that are equal.
    pub(crate) fn sort(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let (mut sorter, mut sorted) = (Sorter::new(), Vec::new());
        if self.buckets.is_some() {
            self.spread_loose(checkpoint)?;
        }
        let Some(Buckets {
            ranges,
            buckets,
            chunks,
        }) = self.buckets.as_deref_mut()
        else {
            sorter.distinct(&[&self.loose], None, checkpoint, &mut sorted)?;
            self.loose.clear();
            self.loose.extend_from_slice(&sorted);
            return Ok(());
        };
        *chunks = 0;
        let n = buckets.len();
        for (place, bucket) in buckets.iter_mut().enumerate() {
            checkpoint.pass("sorting", place, n)?;
            let pieces = vec_from(bucket.full.len() + 1, bucket.pieces(), checkpoint)?;
            sorter.distinct(&pieces, ranges.bounds(place), checkpoint, &mut sorted)?;
            *chunks += bucket.refill(&sorted);
        }
        Ok(())
    }

    /// All rows, piece by piece: in no particular order, unless they have just been sorted.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[R]> {
        let buckets = self.buckets.iter().flat_map(|buckets| &buckets.buckets);
        buckets.flat_map(Bucket::pieces).chain([self.loose.as_slice()])
    }

    /// Visits all rows in no particular order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &R> {
        self.pieces().flatten()
    }

    /// The bytes the pile takes, beyond those of `Self`.
    pub(crate) fn heap_bytes(&self) -> usize {
        let buckets = self.buckets.as_ref().map_or(0, |buckets| {
            let lists = buckets.chunks * size_of::<Vec<R>>() + buckets.buckets.len() * size_of::<Bucket<R>>();
            buckets.chunks * CHUNK_BYTES + lists
        });
        self.loose.capacity() * size_of::<R>() + buckets
    }
}

impl<R: Row> Buckets<R> {
    const CHUNK: usize = CHUNK_BYTES / size_of::<R>();

    /// Empty buckets for rows that lie as those of `sample` do.
    fn for_rows_like(sample: &[R], checkpoint: &mut dyn Checkpoint) -> Result<Buckets<R>> {
        let ranges = Ranges::over(sample);
        let empty = Bucket {
            open: Vec::new(),
            full: Vec::new(),
        };
        Ok(Buckets {
            buckets: vec_of(empty, ranges.last + 1, checkpoint)?,
            ranges,
            chunks: 0,
        })
    }

    /// Spreads the rows of a slab.
    fn take(&mut self, slab: &[R], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        for &row in slab {
            let bucket = &mut self.buckets[self.ranges.bucket(row)];
            if bucket.open.len() == bucket.open.capacity() {
                let chunk = vec_with_capacity(Self::CHUNK, checkpoint)?;
                let full = std::mem::replace(&mut bucket.open, chunk);
                if !full.is_empty() {
                    push(&mut bucket.full, full, checkpoint)?;
                }
                self.chunks += 1;
            }
            bucket.open.push(row);
        }
        Ok(())
    }
}

impl<R> Bucket<R> {
    fn pieces(&self) -> impl Iterator<Item = &[R]> {
        self.full.iter().chain([&self.open]).map(Vec::as_slice)
    }

    /// Replaces the rows by no more than there were; says how many chunks they take.
    fn refill(&mut self, rows: &[R]) -> usize
    where
        R: Copy,
    {
        let mut chunks = std::mem::take(&mut self.full);
        chunks.push(std::mem::take(&mut self.open));
        let mut rest = rows;
        for chunk in &mut chunks {
            let (piece, behind) = rest.split_at(rest.len().min(chunk.capacity()));
            chunk.clear();
            chunk.extend_from_slice(piece);
            rest = behind;
        }
        chunks.retain(|chunk| !chunk.is_empty());
        self.open = chunks.pop().unwrap_or_default();
        self.full = chunks;
        self.full.len() + usize::from(!self.open.is_empty())
    }
}

/// The range of each bucket: all of the same width, but for the first and the last, which are open. The upper 64 bits of
/// a row's number decide: that is the key, and perhaps the coarse time.
#[derive(Debug)]
struct Ranges {
    shift: u32,
    first: u64,
    /// The last bucket.
    last: usize,
}

impl Ranges {
    fn over<R: Row>(sample: &[R]) -> Ranges {
        let (least, most) = sample.iter().fold((u64::MAX, 0), |(least, most), &row| {
            (least.min(head(row)), most.max(head(row)))
        });
        let range = most.saturating_sub(least);
        let shift = (u64::BITS - range.leading_zeros()).saturating_sub(BUCKETS.ilog2());
        Ranges {
            shift,
            first: least >> shift,
            last: ((most >> shift) - (least >> shift)) as usize,
        }
    }

    #[inline]
    fn bucket<R: Row>(&self, row: R) -> usize {
        let distance = (head(row) >> self.shift).saturating_sub(self.first);
        (distance as usize).min(self.last)
    }

    /// The least and the largest number that a row of a bucket can have, if it is closed.
    fn bounds(&self, bucket: usize) -> Option<(u128, u128)> {
        let closed = (1..self.last).contains(&bucket);
        let start = |bucket: u64| u128::from(self.first + bucket) << (self.shift + u64::BITS);
        closed.then(|| (start(bucket as u64), start(bucket as u64 + 1) - 1))
    }
}

#[inline]
fn head<R: Row>(row: R) -> u64 {
    (row.number() >> u64::BITS) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;

    #[test]
    fn sorting_in_place_keeps_one_of_each() {
        for (n, range) in [
            (0, 1),
            (3, 9),
            (100, 7),
            (400_000, 1 << 30),
            (400_000, 50_000),
            (400_000, 1),
        ] {
            let (mut pile, mut want) = (Pile::default(), Vec::new());
            let mut seed = 3u64;
            // Rows that come after sorting are sorted in the next time.
            for _ in 0..2 {
                for _ in 0..n {
                    seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                    let row = u128::from((seed >> 20) % range) << 64;
                    pile.push_slowly(row, &mut Unhindered).unwrap();
                    want.push(row);
                }
                pile.sort(&mut Unhindered).unwrap();
                want.sort_unstable();
                want.dedup();
                assert_eq!(pile.rows().copied().collect::<Vec<_>>(), want, "{n} rows below {range}");
                assert!(pile.heap_bytes() >= want.len() * 16);
            }
        }
    }
}
