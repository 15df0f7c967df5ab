//! Baskets by number, and the baskets of each item.

use crate::basket_log::Baskets;
use crate::checkpoint::{Checkpoint, vec_of, vec_with_capacity};
use crate::error::Result;

/// Baskets of items, any one of which can be looked at. Items ascend within a basket.
pub(crate) struct Rows<'a> {
    /// Where each basket starts in `entries`, and where the last one ends.
    starts: Vec<usize>,
    entries: &'a [u32],
}

impl<'a> Rows<'a> {
    /// All baskets.
    pub(crate) fn of(baskets: &'a Baskets, checkpoint: &mut dyn Checkpoint) -> Result<Rows<'a>> {
        let mut starts = vec_with_capacity(baskets.len() + 1, checkpoint)?;
        starts.push(0);
        let mut end = 0;
        for items in baskets.iter() {
            end += items.len();
            starts.push(end);
        }
        Ok(Rows {
            starts,
            entries: baskets.entries(),
        })
    }

    /// Baskets that end at `starts[1..]` in `entries`.
    pub(crate) fn new(starts: Vec<usize>, entries: &'a [u32]) -> Rows<'a> {
        Rows { starts, entries }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The items of one basket.
    #[inline]
    pub(crate) fn get(&self, basket: u32) -> &'a [u32] {
        let basket = basket as usize;
        &self.entries[self.starts[basket]..self.starts[basket + 1]]
    }

    /// The number of items of the largest basket.
    pub(crate) fn longest(&self) -> usize {
        self.starts.windows(2).map(|ends| ends[1] - ends[0]).max().unwrap_or(0)
    }
}

/// For each item, the baskets that hold it, ascending.
pub(super) struct Holders {
    starts: Vec<usize>,
    baskets: Vec<u32>,
}

impl Holders {
    /// The holders of the items that are in at least `min_count` baskets; of others, none.
    pub(super) fn of(
        rows: &Rows<'_>,
        counts: &[u32],
        min_count: u32,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Holders> {
        let mut starts = vec_with_capacity(counts.len() + 1, checkpoint)?;
        let mut end = 0;
        starts.push(end);
        for &count in counts {
            end += if count >= min_count { count as usize } else { 0 };
            starts.push(end);
        }
        let mut baskets = vec_of(0, end, checkpoint)?;
        let mut next = vec_with_capacity(counts.len(), checkpoint)?;
        next.extend_from_slice(&starts[..counts.len()]);
        for basket in 0..rows.len() as u32 {
            if basket % 4096 == 0 {
                checkpoint.pass("reading baskets", basket as usize, rows.len())?;
            }
            for &item in rows.get(basket) {
                let item = item as usize;
                if counts[item] >= min_count {
                    baskets[next[item]] = basket;
                    next[item] += 1;
                }
            }
        }
        Ok(Holders { starts, baskets })
    }

    /// The baskets that hold an item.
    pub(super) fn get(&self, item: u32) -> &[u32] {
        let item = item as usize;
        &self.baskets[self.starts[item]..self.starts[item + 1]]
    }
}
