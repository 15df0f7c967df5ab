//! Rows on a pile: appended in any order, handed on sorted.
//!
//! Rows are appended to one slab. Each full slab is spread over buckets, which are ranges of (key, time) that the first
//! slab decides, so that every bucket later fits the second-level cache. Every row is written twice in all and never
//! moved through memory again: on most machines, touching fresh memory costs more than the sorting itself.

use super::row::Row;
use super::sort::{Sorter, scatter, starts};
use crate::checkpoint::{Checkpoint, grow, push, vec_of};
use crate::error::Result;

/// The bytes of a slab: those of a huge page.
const SLAB_BYTES: usize = 2 << 20;
/// Buckets that slabs are spread over. More of them would not fit the first-level cache when they are written to.
const BUCKETS: usize = 1_024;
/// The bytes of the pieces that buckets are made of.
const CHUNK_BYTES: usize = 4 << 10;

/// Rows, and where to find those of each bucket.
#[derive(Debug)]
pub(super) struct Pile<R> {
    /// The slab being appended to.
    loose: Vec<R>,
    buckets: Option<Box<Buckets<R>>>,
}

#[derive(Debug)]
struct Buckets<R> {
    ranges: Ranges,
    /// Slabs that are cut into chunks.
    slabs: Vec<Vec<R>>,
    /// Chunks in use, over all slabs.
    used: usize,
    /// The chunks of each bucket, and how many rows it has.
    lists: Vec<(Vec<u32>, usize)>,
    /// Where the rows of the slab at hand are put together, and where those of each bucket end.
    sorted: Vec<R>,
    ends: Vec<usize>,
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
        let Some(buckets) = &self.buckets else {
            return sorter.in_order(&[&self.loose], checkpoint, take);
        };
        // The rows still on the slab join their buckets for the time being.
        let bin = |row| buckets.ranges.bin(row);
        let mut loose = vec_of(R::ZERO, self.loose.len(), checkpoint)?;
        let mut ends = Vec::new();
        starts(&[&self.loose], buckets.lists.len(), bin, &mut ends);
        scatter(&self.loose, bin, &mut loose, &mut ends);
        let mut start = 0;
        let mut pieces = Vec::new();
        for (bucket, end) in ends.into_iter().enumerate() {
            checkpoint.pass("sorting", bucket, buckets.lists.len())?;
            pieces.clear();
            pieces.extend(buckets.pieces(bucket));
            pieces.push(&loose[start..end]);
            sorter.in_order(&pieces, checkpoint, take)?;
            start = end;
        }
        Ok(())
    }

    /// Visits all rows in no particular order.
    pub(super) fn rows(&self) -> impl Iterator<Item = &R> {
        let buckets = self.buckets.iter();
        let pieces = buckets.flat_map(|buckets| (0..buckets.lists.len()).flat_map(|bucket| buckets.pieces(bucket)));
        pieces.chain([self.loose.as_slice()]).flatten()
    }

    /// The bytes the pile takes, beyond those of `Self`.
    pub(super) fn heap_bytes(&self) -> usize {
        let buckets = self.buckets.as_ref().map_or(0, |buckets| {
            // The slabs of chunks, the one to sort in, and about the lists.
            (buckets.slabs.len() + 1) * SLAB_BYTES + buckets.used * size_of::<u64>() + BUCKETS * 64
        });
        self.loose.capacity() * size_of::<R>() + buckets
    }
}

impl<R: Row> Buckets<R> {
    const CHUNK: usize = CHUNK_BYTES / size_of::<R>();
    const CHUNKS: usize = SLAB_BYTES / CHUNK_BYTES;

    /// Empty buckets for rows that lie as those of `sample` do.
    fn for_rows_like(sample: &[R], checkpoint: &mut dyn Checkpoint) -> Result<Buckets<R>> {
        let ranges = Ranges::over(sample);
        Ok(Buckets {
            lists: vec_of((Vec::new(), 0), ranges.last + 1, checkpoint)?,
            ranges,
            slabs: Vec::new(),
            used: 0,
            sorted: vec_of(R::ZERO, sample.len(), checkpoint)?,
            ends: Vec::new(),
        })
    }

    /// Spreads the rows of a slab over the buckets.
    fn take(&mut self, slab: &[R], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        // Together first, so that each bucket is written to in one go.
        let ranges = &self.ranges;
        starts(&[slab], self.lists.len(), |row| ranges.bin(row), &mut self.ends);
        scatter(slab, |row| ranges.bin(row), &mut self.sorted, &mut self.ends);
        let mut start = 0;
        for bucket in 0..self.lists.len() {
            let end = self.ends[bucket];
            while start < end {
                let filled = self.lists[bucket].1 % Self::CHUNK;
                if filled == 0 {
                    self.add_chunk(bucket, checkpoint)?;
                }
                let (chunks, rows) = &mut self.lists[bucket];
                let n = (Self::CHUNK - filled).min(end - start);
                let chunk = chunks.last().copied().unwrap_or_default() as usize;
                let place = chunk % Self::CHUNKS * Self::CHUNK + filled;
                let to = &mut self.slabs[chunk / Self::CHUNKS][place..place + n];
                to.copy_from_slice(&self.sorted[start..start + n]);
                *rows += n;
                start += n;
            }
        }
        Ok(())
    }

    fn add_chunk(&mut self, bucket: usize, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if self.used == self.slabs.len() * Self::CHUNKS {
            let slab = vec_of(R::ZERO, Self::CHUNK * Self::CHUNKS, checkpoint)?;
            push(&mut self.slabs, slab, checkpoint)?;
        }
        self.lists[bucket].0.push(self.used as u32);
        self.used += 1;
        Ok(())
    }

    /// The rows of a bucket, chunk by chunk.
    fn pieces(&self, bucket: usize) -> impl Iterator<Item = &[R]> {
        let (chunks, rows) = &self.lists[bucket];
        chunks.iter().enumerate().map(move |(at, &chunk)| {
            let chunk = chunk as usize;
            let start = chunk % Self::CHUNKS * Self::CHUNK;
            let n = (rows - at * Self::CHUNK).min(Self::CHUNK);
            &self.slabs[chunk / Self::CHUNKS][start..start + n]
        })
    }
}

/// The range of each bucket: all of the same width, but for the first and the last, which are open. The upper 64 bits of
/// a row decide: that is the key, and perhaps the coarse time.
#[derive(Debug)]
struct Ranges {
    origin: u64,
    shift: u32,
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
            origin: least,
            shift,
            last: (range >> shift) as usize,
        }
    }

    #[inline]
    fn bin<R: Row>(&self, row: R) -> usize {
        let distance = head(row).saturating_sub(self.origin);
        ((distance >> self.shift) as usize).min(self.last)
    }
}

#[inline]
fn head<R: Row>(row: R) -> u64 {
    (row.number() >> 64) as u64
}
