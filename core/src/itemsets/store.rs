//! Sets that are kept, and found again by their items.

use super::known::{Known, at_least};
use super::rows::Rows;
use super::search::Search;
use super::{LOOKS, Options, Visit};
use crate::basket_log::Baskets;
use crate::checkpoint::{Checkpoint, attempt, grow, push};
use crate::error::{Error, Kind, Result};
use crate::random::{STEP, mix};
use hashbrown::HashTable;

/// Frequent sets with their counts, numbered in the order of [`frequent_itemsets`](super::frequent_itemsets).
#[derive(Debug, Default)]
pub struct Sets {
    items: Vec<u32>,
    /// Where each set ends in `items`.
    ends: Vec<usize>,
    counts: Vec<u32>,
    /// Numbers of sets, by the hash of their items.
    numbers: HashTable<u32>,
}

/// The way out where there are too many sets.
const FEWER: &str = "Ask for sets in more baskets (min_support, min_count), or for shorter ones.";

/// A number that looks like chance and is always the same for an item (SplitMix64). The hash of a set is the sum over its
/// items, so that the hash of a part is a difference.
#[inline]
pub(crate) fn hash(item: u32) -> u64 {
    mix((u64::from(item) + 1).wrapping_mul(STEP))
}

fn hash_all(items: impl IntoIterator<Item = u32>) -> u64 {
    items.into_iter().fold(0, |sum, item| sum.wrapping_add(hash(item)))
}

impl Sets {
    /// Finds frequent sets and keeps them.
    ///
    /// Takes about 4 bytes for each item of each set and 20 bytes for each set. Fails as
    /// [`frequent_itemsets`](super::frequent_itemsets) does; where memory ends, the error says how many sets there were.
    pub fn mine(baskets: &Baskets, options: &Options, checkpoint: &mut dyn Checkpoint) -> Result<Sets> {
        let rows = Rows::of(baskets, checkpoint)?;
        Sets::mine_rows(&rows, baskets.counts(), options, u32::MAX, checkpoint)
    }

    /// Finds the frequent sets with at most one item that is not below `below`.
    pub(crate) fn mine_rows(
        rows: &Rows<'_>,
        counts: &[u32],
        options: &Options,
        below: u32,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Sets> {
        let mut sets = Sets::default();
        let mut visit = |items: &[u32], count: u32, checkpoint: &mut dyn Checkpoint| {
            sets.push(items, count, checkpoint)?;
            match LOOKS.iter().find(|&&(after, _)| after == sets.len()) {
                Some(&(_, budget)) => {
                    let known = at_least(rows, counts, options, below, budget, checkpoint)?;
                    sets.expect(known, checkpoint)
                }
                None => Ok(()),
            }
        };
        let visit: &mut Visit<'_> = &mut visit;
        Search::new(rows, counts, options, below, visit, checkpoint)?.run()?;
        Ok(sets)
    }

    fn push(&mut self, items: &[u32], count: u32, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        self.try_push(items, count, checkpoint)
            .map_err(|error| match error.kind() {
                Kind::MemoryLimit | Kind::OutOfMemory => self.too_many(error),
                _ => error,
            })
    }

    fn try_push(&mut self, items: &[u32], count: u32, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let number = u32::try_from(self.len())
            .map_err(|_| self.too_many(Error::new(Kind::TooLarge, "too many frequent itemsets")))?;
        if self.items.capacity() - self.items.len() < items.len() {
            let more = items.len().max(self.items.len());
            grow(&mut self.items, more, checkpoint)?;
        }
        let (all, ends) = (&self.items, &self.ends);
        let hasher = |&number: &u32| hash_all(set(all, ends, number).iter().copied());
        if self.numbers.len() == self.numbers.capacity() {
            checkpoint.reserve(self.numbers.allocation_size() + 64)?;
            attempt(|| self.numbers.try_reserve(1, hasher))?;
        }
        self.items.extend_from_slice(items);
        push(&mut self.ends, self.items.len(), checkpoint)?;
        push(&mut self.counts, count, checkpoint)?;
        let (all, ends) = (&self.items, &self.ends);
        let hasher = |&number: &u32| hash_all(set(all, ends, number).iter().copied());
        self.numbers
            .insert_unique(hash_all(items.iter().copied()), number, hasher);
        Ok(())
    }

    /// Fails if so many sets need more memory than there is.
    #[cold]
    fn expect(&self, known: Known, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let each = 2 * size_of::<u32>() + size_of::<usize>();
        let all = (known.sets as usize).saturating_mul(each);
        let all = all.saturating_add((known.items as usize).saturating_mul(size_of::<u32>()));
        let held = each * self.len() + size_of::<u32>() * self.items.len();
        checkpoint
            .reserve(all.saturating_sub(held))
            .map_err(|error| match error.kind() {
                Kind::MemoryLimit | Kind::OutOfMemory => error
                    .detail(format!("There are at least {} frequent itemsets.", known.sets))
                    .hint(FEWER),
                _ => error,
            })
    }

    #[cold]
    fn too_many(&self, error: Error) -> Error {
        let limit = error.detail_text().map(|text| format!("{text} ")).unwrap_or_default();
        let found = format!(
            "{limit}{} frequent itemsets had been found, and more were to come.",
            self.len()
        );
        error.detail(found).hint(FEWER)
    }

    /// How many sets there are.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The items of a set, ascending.
    #[inline]
    pub fn items(&self, number: u32) -> &[u32] {
        set(&self.items, &self.ends, number)
    }

    /// The number of baskets that hold a set.
    #[inline]
    pub fn count(&self, number: u32) -> u32 {
        self.counts[number as usize]
    }

    /// The count of the set of these items, which ascend; nothing if it is not among the sets.
    pub fn find(&self, items: impl Iterator<Item = u32> + Clone) -> Option<u32> {
        self.find_hashed(hash_all(items.clone()), items)
    }

    /// The same for items whose hash is known.
    pub(crate) fn find_hashed(&self, hash: u64, items: impl Iterator<Item = u32> + Clone) -> Option<u32> {
        let same = |&number: &u32| self.items(number).iter().copied().eq(items.clone());
        self.numbers.find(hash, same).map(|&number| self.count(number))
    }

    /// The hash of a set.
    pub(crate) fn hash(&self, number: u32) -> u64 {
        hash_all(self.items(number).iter().copied())
    }
}

#[inline]
fn set<'a>(items: &'a [u32], ends: &[usize], number: u32) -> &'a [u32] {
    let number = number as usize;
    let start = if number == 0 { 0 } else { ends[number - 1] };
    &items[start..ends[number]]
}
