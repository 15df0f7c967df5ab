//! Rows on a pile: appended in any order, handed on sorted.
//!
//! Rows are appended to one slab. Each full slab is spread over buckets, which are ranges of (key, time) that the first
//! slab decides, so that every bucket can later be sorted in the second-level cache. No row moves through memory more than
//! twice: touching fresh memory costs more than the sorting itself.

use super::row::Row;
use super::sort::{Sorter, scatter, starts};
use crate::checkpoint::{Checkpoint, grow, push, vec_of, vec_with_capacity};
use crate::error::Result;

/// The bytes of a slab, at most: what the second-level cache nearly holds.
const SLAB_BYTES: usize = 1 << 20;
/// Buckets that slabs are spread over. The ends of more of them would not fit the cache.
const BUCKETS: usize = 1_024;
/// The bytes of the chunks that buckets are made of.
const CHUNK_BYTES: usize = 4 << 10;

/// Rows, loose and in buckets.
#[derive(Debug)]
pub(super) struct Pile<R> {
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
    pub(super) fn push(&mut self, row: R) -> bool {
        let has_room = self.loose.len() < self.loose.capacity();
        if has_room {
            self.loose.push(row);
        }
        has_room
    }

    /// Appends a row, making room if there is none.
    pub(super) fn push_slowly(&mut self, row: R, checkpoint: &mut dyn Checkpoint) -> Result<()> {
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
    pub(super) fn in_order(
        &self,
        checkpoint: &mut dyn Checkpoint,
        take: &mut dyn FnMut(&[R]) -> Result<()>,
    ) -> Result<()> {
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
            pieces.extend(bucket.pieces());
            pieces.push(&loose[start..end]);
            sorter.in_order(&pieces, ranges.bounds(place), checkpoint, take)?;
            start = end;
        }
        Ok(())
    }

    /// Visits all rows in no particular order.
    pub(super) fn rows(&self) -> impl Iterator<Item = &R> {
        let buckets = self.buckets.iter().flat_map(|buckets| &buckets.buckets);
        buckets
            .flat_map(Bucket::pieces)
            .chain([self.loose.as_slice()])
            .flatten()
    }

    /// The bytes the pile takes, beyond those of `Self`.
    pub(super) fn heap_bytes(&self) -> usize {
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
