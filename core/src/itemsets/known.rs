//! How many sets there are at least, known long before all are found.
//!
//! Whatever is in enough baskets together has subsets, all of which are frequent too. For each item, more frequent ones are looked for,
//! greedily, that are often enough with it together: with `n` of these there are 2ⁿ sets whose rarest item it is, and no other item counts
//! them again.

use super::Options;
use super::rows::Rows;
use crate::checkpoint::{Checkpoint, vec_of, vec_with_capacity};
use crate::error::Result;

/// A number of sets, and of their items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) sets: u64,
    pub(crate) items: u64,
}

/// More are not told apart.
const MANY: u64 = 1 << 48;
/// Steps between two looks at the checkpoint.
const STEPS: usize = 1 << 18;

/// A number of frequent sets that there are at least, of those with at most one item which is not below `below`. Takes about `budget` steps,
/// of a few nanoseconds each, besides one for each item of each basket.
pub(super) fn at_least(
    rows: &Rows<'_>,
    counts: &[u32],
    options: &Options,
    below: u32,
    mut budget: usize,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Known> {
    let is_frequent = |item: u32| counts[item as usize] >= options.min_count;
    let holders = Holders::of(rows, counts, options.min_count, checkpoint)?;
    let mut seen = vec_of(0u32, counts.len(), checkpoint)?;
    let mut often = vec_with_capacity(counts.len(), checkpoint)?;
    let mut baskets = vec_with_capacity(counts.iter().copied().max().unwrap_or(0) as usize, checkpoint)?;
    let mut known = Known::default();
    let mut steps = 0;
    // The rarest first, which have the most others that are more frequent.
    for item in (0..counts.len() as u32).rev().filter(|&item| is_frequent(item)) {
        if budget == 0 || known.sets >= MANY {
            break;
        }
        baskets.clear();
        baskets.extend_from_slice(holders.get(item));
        let together = loop {
            let mut read = 1;
            for &basket in &baskets {
                let items = rows.get(basket as usize);
                let before = items.iter().take_while(|&&other| other < item.min(below));
                for &other in before.filter(|&&other| is_frequent(other)) {
                    if seen[other as usize] == 0 {
                        often.push(other);
                    }
                    seen[other as usize] += 1;
                }
                read += items.len();
            }
            (budget, steps) = (budget.saturating_sub(read), steps + read);
            if steps >= STEPS {
                steps = 0;
                checkpoint.pass("searching for itemsets", 0, 0)?;
            }
            let total = baskets.len() as u32;
            let (mut together, mut best) = (0, None);
            for other in often.drain(..) {
                let count = std::mem::take(&mut seen[other as usize]);
                if count == total {
                    together += 1;
                } else if count >= options.min_count && best.is_none_or(|(most, _)| count > most) {
                    best = Some((count, other));
                }
            }
            let Some((_, other)) = best else { break together };
            baskets.retain(|&basket| rows.get(basket as usize).binary_search(&other).is_ok());
        };
        known.add(together, options.max_length);
    }
    Ok(known)
}

impl Known {
    /// Adds the sets of an item with any of `others`, of at most `longest` items.
    fn add(&mut self, others: u64, longest: usize) {
        // How many ways there are to choose `chosen` of the others.
        let mut ways = 1u64;
        for chosen in 0..others.saturating_add(1).min(longest as u64) {
            self.sets = self.sets.saturating_add(ways).min(MANY);
            self.items = self
                .items
                .saturating_add(ways.saturating_mul(chosen + 1))
                .min(64 * MANY);
            ways = match ways.checked_mul(others - chosen) {
                Some(product) => product / (chosen + 1),
                None => return self.sets = MANY,
            };
        }
    }
}

/// The baskets of each frequent item.
struct Holders {
    /// Where those of each item end; of each item but the first, they start where those of the one before end.
    ends: Vec<usize>,
    baskets: Vec<u32>,
}

impl Holders {
    fn of(rows: &Rows<'_>, counts: &[u32], min_count: u32, checkpoint: &mut dyn Checkpoint) -> Result<Holders> {
        let mut ends = vec_with_capacity(counts.len(), checkpoint)?;
        let mut end = 0;
        for &count in counts {
            // The start, which moves on.
            ends.push(end);
            end += if count >= min_count { count as usize } else { 0 };
        }
        let mut baskets = vec_of(0, end, checkpoint)?;
        for basket in 0..rows.len() {
            if basket % 4096 == 0 {
                checkpoint.pass("searching for itemsets", 0, 0)?;
            }
            for &item in rows.get(basket) {
                if counts[item as usize] >= min_count {
                    baskets[ends[item as usize]] = basket as u32;
                    ends[item as usize] += 1;
                }
            }
        }
        Ok(Holders { ends, baskets })
    }

    fn get(&self, item: u32) -> &[u32] {
        let start = item.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        &self.baskets[start..self.ends[item as usize]]
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Sets, Target};
    use super::*;
    use crate::basket_log::Baskets;
    use crate::checkpoint::Unhindered;

    #[test]
    fn no_more_sets_are_known_than_there_are() {
        let mut seed = 11u64;
        let mut next = move |n: u64| {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (seed >> 33) % n
        };
        let mut exact = 0;
        for round in 0..300 {
            let mut rows: Vec<Vec<usize>> = (0..1 + next(30))
                .map(|_| (0..10).filter(|_| next(3) > round % 3).collect())
                .collect();
            let mut items: Vec<usize> = (0..10).collect();
            let count = |item: usize| rows.iter().filter(|row| row.contains(&item)).count() as u32;
            items.sort_by_key(|&item| std::cmp::Reverse(count(item)));
            let mut baskets = Baskets::new(items.iter().map(|&item| count(item)).collect());
            for row in &mut rows {
                let mut row: Vec<u32> = (0..10).filter(|&at| row.contains(&items[at as usize])).collect();
                row.sort_unstable();
                baskets.push(&row, &mut Unhindered).unwrap();
            }
            let rows = Rows::of(&baskets, &mut Unhindered).unwrap();
            for (min_count, max_length, below) in [
                (1, usize::MAX, u32::MAX),
                (2, 3, u32::MAX),
                (3, 1, u32::MAX),
                (2, usize::MAX, 4),
            ] {
                let options = Options {
                    min_count,
                    max_length,
                    target: Target::All,
                    ..Options::default()
                };
                let known = at_least(&rows, baskets.counts(), &options, below, usize::MAX, &mut Unhindered).unwrap();
                let all = Sets::mine_rows(&rows, baskets.counts(), &options, below, &mut Unhindered).unwrap();
                let items: usize = (0..all.len() as u32).map(|set| all.items(set).len()).sum();
                assert!(known.sets <= all.len() as u64, "{known:?} of {}", all.len());
                assert!(known.items <= items as u64, "{known:?} of {items}");
                assert!(known.sets > 0 || all.is_empty());
                exact += usize::from(known.sets == all.len() as u64);
            }
        }
        assert!(exact > 300, "{exact}");
    }

    #[test]
    fn subsets_are_counted_up_to_a_limit() {
        let of = |others, longest| {
            let mut known = Known::default();
            known.add(others, longest);
            (known.sets, known.items)
        };
        assert_eq!(of(0, 9), (1, 1));
        assert_eq!(of(3, usize::MAX), (8, 20));
        assert_eq!(of(3, 2), (4, 7));
        assert_eq!(of(44, 6), (1 + 44 + 946 + 13_244 + 135_751 + 1_086_008, 7_250_706));
        assert_eq!(of(48, usize::MAX).0, MANY);
        assert_eq!(of(1_000_000, usize::MAX).0, MANY);
        assert_eq!(of(u64::MAX, usize::MAX).0, MANY);
    }
}
