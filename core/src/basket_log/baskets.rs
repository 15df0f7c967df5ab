//! Baskets as numbers: what mining reads.

use crate::checkpoint::{Checkpoint, grow, push};
use crate::error::Result;

/// Baskets, one behind the other, with their items as numbers.
///
/// Items are numbered from the most frequent one down: item 0 is in the most baskets. The items of a basket ascend.
#[derive(Clone, Debug, Default)]
pub struct Baskets {
    /// Where each basket ends in `entries`.
    ends: Vec<usize>,
    entries: Vec<u32>,
    /// In how many baskets each item is; does not ascend.
    counts: Vec<u32>,
}

impl Baskets {
    /// No baskets of items that are in as many baskets as `counts` says, which must not ascend.
    pub fn new(counts: Vec<u32>) -> Baskets {
        debug_assert!(counts.is_sorted_by(|a, b| a >= b));
        Baskets {
            counts,
            ..Baskets::default()
        }
    }

    /// The same, with room for so many baskets and entries.
    pub(super) fn with_capacity(
        counts: Vec<u32>,
        baskets: usize,
        entries: usize,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Baskets> {
        let mut empty = Baskets::new(counts);
        grow(&mut empty.ends, baskets, checkpoint)?;
        grow(&mut empty.entries, entries, checkpoint)?;
        Ok(empty)
    }

    /// Adds a basket. Its items ascend.
    pub fn push(&mut self, items: &[u32], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let more = items.len().max(self.entries.len());
        if self.entries.capacity() - self.entries.len() < items.len() {
            grow(&mut self.entries, more, checkpoint)?;
        }
        self.entries.extend_from_slice(items);
        push(&mut self.ends, self.entries.len(), checkpoint)
    }

    /// How many baskets there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// In how many baskets each item is, from the most frequent one down.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The items of all baskets, one basket behind the other.
    pub fn entries(&self) -> &[u32] {
        &self.entries
    }

    /// The baskets.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.entries[start..end])
    }
}
