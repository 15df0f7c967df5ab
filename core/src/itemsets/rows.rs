//! Baskets by number, and the baskets of each item.

use crate::basket_log::Baskets;
use crate::checkpoint::{Checkpoint, grow, push, vec_of, vec_with_capacity};
use crate::error::{Error, Kind, Result};
use std::borrow::Cow;
use std::ops::Range;

/// Baskets of items, any one of which can be looked at. Items ascend within a basket.
pub(crate) struct Rows<'a> {
    /// Where each basket starts in `entries`, and where the last one ends.
    starts: Vec<u32>,
    entries: Cow<'a, [u32]>,
}

impl<'a> Rows<'a> {
    /// All baskets.
    pub(crate) fn of(baskets: &'a Baskets, checkpoint: &mut dyn Checkpoint) -> Result<Rows<'a>> {
        if u32::try_from(baskets.entries().len()).is_err() {
            return Err(Error::new(Kind::TooLarge, "too many items in baskets")
                .detail(format!(
                    "There are {} in {} baskets.",
                    baskets.entries().len(),
                    baskets.len()
                ))
                .hint("At most 4294967295 can be looked at in one call."));
        }
        let mut starts = vec_with_capacity(baskets.len() + 1, checkpoint)?;
        starts.push(0);
        let mut end = 0;
        for items in baskets.iter() {
            end += items.len() as u32;
            starts.push(end);
        }
        Ok(Rows {
            starts,
            entries: Cow::Borrowed(baskets.entries()),
        })
    }

    /// What is left of all baskets that something is left of, as `keep` writes it: items that ascend.
    pub(crate) fn kept(
        baskets: &Baskets,
        mut keep: impl FnMut(&[u32], &mut Vec<u32>),
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Rows<'a>> {
        let (mut starts, mut entries, mut left) = (Vec::new(), Vec::new(), Vec::new());
        push(&mut starts, 0, checkpoint)?;
        for (basket, items) in baskets.iter().enumerate() {
            if basket % 4096 == 0 {
                checkpoint.pass("reading baskets", basket, baskets.len())?;
            }
            grow(&mut left, items.len(), checkpoint)?;
            keep(items, &mut left);
            if left.is_empty() {
                continue;
            }
            if entries.capacity() - entries.len() < left.len() {
                let more = left.len().max(entries.len());
                grow(&mut entries, more, checkpoint)?;
            }
            entries.append(&mut left);
            push(
                &mut starts,
                u32::try_from(entries.len()).map_err(|_| too_many(baskets))?,
                checkpoint,
            )?;
        }
        Ok(Rows {
            starts,
            entries: Cow::Owned(entries),
        })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The items of one basket.
    #[inline]
    pub(super) fn get(&self, basket: usize) -> &[u32] {
        &self.entries[self.starts[basket] as usize..self.starts[basket + 1] as usize]
    }

    /// The number of items of the largest basket.
    pub(crate) fn longest(&self) -> usize {
        self.starts.windows(2).map(|ends| ends[1] - ends[0]).max().unwrap_or(0) as usize
    }
}

#[cold]
fn too_many(baskets: &Baskets) -> Error {
    Error::new(Kind::TooLarge, "too many items in baskets")
        .detail(format!(
            "There are {} in {} baskets.",
            baskets.entries().len(),
            baskets.len()
        ))
        .hint("At most 4294967295 can be looked at in one call.")
}

/// The baskets of each item, without what it is not to be combined with: one item's behind the other's, and as many items at a time as
/// there is room for.
///
/// Baskets are read from the first to the last and never here and there: fetching them one by one from memory would take most of the time.
pub(super) struct Holders<'a> {
    rows: &'a Rows<'a>,
    /// Items from here on are combined with others, but others not with them.
    below: u32,
    /// Whether rarer items are wanted too.
    rarer: bool,
    /// For each basket, its first item that is still to come.
    cursors: Vec<u32>,
    /// What the baskets of each item take; 0 if it is rare.
    sizes: Vec<usize>,
    /// Each basket behind the number of its items.
    pieces: Vec<u32>,
    /// The items that are at hand, and where the pieces of each of them end.
    first: u32,
    ends: Vec<usize>,
}

/// At least so many numbers of pieces are made at a time, if there are so many.
const BATCH: usize = 1 << 20;

impl<'a> Holders<'a> {
    /// The holders of the items that are in at least `min_count` baskets. Of each basket, the items below `below`, and if not `rarer`, those
    /// below the one that it holds.
    pub(super) fn of(
        rows: &'a Rows<'a>,
        counts: &[u32],
        min_count: u32,
        below: u32,
        rarer: bool,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Holders<'a>> {
        let mut sizes = vec_of(0, counts.len(), checkpoint)?;
        for basket in 0..rows.len() {
            if basket % 4096 == 0 {
                checkpoint.pass("reading baskets", basket, rows.len())?;
            }
            let items = rows.get(basket);
            let known = items.partition_point(|&item| item < below);
            for (place, &item) in items.iter().enumerate() {
                sizes[item as usize] += 1 + if rarer { known } else { place.min(known) };
            }
        }
        for (size, &count) in sizes.iter_mut().zip(counts) {
            if count < min_count {
                *size = 0;
            }
        }
        Ok(Holders {
            below,
            rarer,
            cursors: vec_of(0, rows.len(), checkpoint)?,
            sizes,
            pieces: Vec::new(),
            first: 0,
            ends: Vec::new(),
            rows,
        })
    }

    /// Makes the pieces of the next items at hand, and says which these are.
    pub(super) fn next(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<Range<u32>> {
        let first = self.first as usize + self.ends.len();
        let most = BATCH.max(self.rows.entries.len() / 4);
        self.first = first as u32;
        self.ends.clear();
        let mut end = 0;
        for &size in &self.sizes[first..] {
            if end > 0 && end + size > most {
                break;
            }
            // The start of each item's pieces, which moves on to their end.
            push(&mut self.ends, end, checkpoint)?;
            end += size;
        }
        if end > self.pieces.len() {
            let more = end - self.pieces.len();
            grow(&mut self.pieces, more, checkpoint)?;
            self.pieces.resize(end, 0);
        }
        let last = (first + self.ends.len()) as u32;
        for (basket, cursor) in self.cursors.iter_mut().enumerate() {
            if basket % 4096 == 0 {
                checkpoint.pass("reading baskets", basket, self.rows.len())?;
            }
            let items = self.rows.get(basket);
            let known = items.partition_point(|&item| item < self.below);
            let mut copied = 0;
            while let Some(&item) = items.get(*cursor as usize)
                && item < last
            {
                let place = *cursor as usize;
                *cursor += 1;
                if self.sizes[item as usize] > 0 {
                    let length = if self.rarer { known } else { place.min(known) };
                    let end = &mut self.ends[item as usize - first];
                    let piece = &mut self.pieces[*end..][..length + 1];
                    piece[0] = length as u32;
                    // Shorter than is worth a call.
                    piece[1..].iter_mut().zip(items).for_each(|(to, &item)| *to = item);
                    *end += length + 1;
                    copied += length;
                }
            }
            if copied > 1 << 18 {
                checkpoint.pass("reading baskets", basket, self.rows.len())?;
            }
        }
        Ok(self.first..last)
    }

    /// The pieces of an item that is at hand.
    pub(super) fn get(&self, item: u32) -> Pieces<'_> {
        let end = self.ends[(item - self.first) as usize];
        Pieces(&self.pieces[end - self.sizes[item as usize]..end])
    }
}

/// Pieces of baskets, each behind its length.
#[derive(Clone, Copy)]
pub(super) struct Pieces<'a>(&'a [u32]);

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u32];

    #[inline]
    fn next(&mut self) -> Option<&'a [u32]> {
        let (&length, rest) = self.0.split_first()?;
        let (piece, rest) = rest.split_at(length as usize);
        self.0 = rest;
        Some(piece)
    }
}
