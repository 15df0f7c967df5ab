//! From frequent sets to rules.

use super::Options;
use super::found::{Found, chosen};
use super::select::cut;
use crate::basket_log::Baskets;
use crate::checkpoint::{Checkpoint, push, vec_of, vec_with_capacity};
use crate::error::{Error, Kind, Result};
use crate::itemsets::{self, Rows, Sets, hash};

const ANTECEDENT: u8 = 1;
const CONSEQUENT: u8 = 2;

/// Which items may be on which side of a rule.
pub(crate) struct Sides {
    /// By item.
    allowed: Vec<u8>,
    /// The counts of items, 0 for those that may be nowhere.
    counts: Vec<u32>,
    /// Whether any of these is frequent.
    filter: bool,
}

impl Sides {
    /// Reads the options. Items in fewer than `min_count` baskets are nowhere.
    pub(crate) fn new(
        counts: &[u32],
        options: &Options<'_>,
        min_count: u32,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Sides> {
        let mut allowed = vec_of(0, counts.len(), checkpoint)?;
        for (side, items) in [(ANTECEDENT, options.antecedents), (CONSEQUENT, options.consequents)] {
            match items {
                None => allowed.iter_mut().for_each(|sides| *sides |= side),
                Some(items) => {
                    for &item in items {
                        if let Some(sides) = allowed.get_mut(item as usize) {
                            *sides |= side;
                        }
                    }
                }
            }
        }
        let mut left = vec_with_capacity(counts.len(), checkpoint)?;
        let mut filter = false;
        for (sides, &count) in allowed.iter_mut().zip(counts) {
            if count < min_count || count > options.max_item_count {
                *sides = 0;
            }
            filter |= *sides == 0 && count >= min_count;
            left.push(if *sides == 0 { 0 } else { count });
        }
        Ok(Sides {
            allowed,
            counts: left,
            filter,
        })
    }

    /// The baskets without the items that may be nowhere.
    pub(super) fn rows<'a>(&self, baskets: &'a Baskets, checkpoint: &mut dyn Checkpoint) -> Result<Rows<'a>> {
        if !self.filter {
            return Rows::of(baskets, checkpoint);
        }
        let keep = |items: &[u32], left: &mut Vec<u32>| {
            left.extend(items.iter().filter(|&&item| self.allowed[item as usize] != 0));
        };
        Rows::kept(baskets, keep, checkpoint)
    }

    /// The sets that rules are made of. Items from `below` on are never two in a set.
    pub(crate) fn mine(
        &self,
        rows: &Rows<'_>,
        options: &Options<'_>,
        min_count: u32,
        below: u32,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Sets> {
        let wanted = itemsets::Options {
            min_count,
            max_length: options.max_antecedent.saturating_add(options.max_consequent),
            ..itemsets::Options::default()
        };
        Sets::mine_rows(rows, &self.counts, &wanted, below, checkpoint)
    }
}

/// All rules that pass the limits of confidence and length, and have no item on a side where it may not be. Without what cannot be among the
/// best, if nothing else than their rank decides which are.
pub(crate) fn find(
    sets: &Sets,
    sides: &Sides,
    options: &Options<'_>,
    n: u64,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<Found>> {
    let most = match (options.top, options.significance, options.redundant) {
        (Some(top), None, true) => top.saturating_mul(4).max(4096),
        _ => usize::MAX,
    };
    let mut found = Vec::new();
    let mut finder = Finder {
        sets,
        sides,
        options,
        n,
        consequent: Vec::new(),
    };
    for set in 0..sets.len() as u32 {
        if set % 1024 == 0 {
            checkpoint.pass("searching for rules", set as usize, sets.len())?;
        }
        finder
            .split(set, &mut found, checkpoint)
            .map_err(|error| match error.kind() {
                Kind::MemoryLimit | Kind::OutOfMemory => too_many(error, found.len(), sets.len()),
                _ => error,
            })?;
        if found.len() >= most {
            cut(&mut found, sets, options.top);
        }
    }
    Ok(found)
}

#[cold]
fn too_many(error: Error, found: usize, sets: usize) -> Error {
    let limit = error.detail_text().map(|text| format!("{text} ")).unwrap_or_default();
    error
        .detail(format!(
            "{limit}{found} rules had been found among {sets} frequent itemsets, and more were to come."
        ))
        .hint(
            "Ask for rules in more baskets (min_support, min_count), of a greater min_confidence, or with fewer items.",
        )
}

struct Finder<'a> {
    sets: &'a Sets,
    sides: &'a Sides,
    options: &'a Options<'a>,
    n: u64,
    /// The places of the consequent's items in the set, ascending.
    consequent: Vec<usize>,
}

impl Finder<'_> {
    /// The rules of all items of a set. A consequent is only added to while the confidence is enough: with more on this side it gets less.
    fn split(&mut self, set: u32, found: &mut Vec<Found>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let items = self.sets.items(set);
        let hash_of_all = self.sets.hash(set);
        // One item has to be left on the other side.
        let most = self.options.max_consequent.min(items.len() - 1);
        self.consequent.clear();
        let (mut next, mut steps) = (0, 0u32);
        loop {
            steps += 1;
            if steps.is_multiple_of(4096) {
                checkpoint.pass("searching for rules", set as usize, self.sets.len())?;
            }
            if next < items.len() && self.consequent.len() < most {
                self.consequent.push(next);
                next += 1;
                if !self.is_rule(set, items, hash_of_all, found, checkpoint)? {
                    self.consequent.pop();
                }
            } else if let Some(last) = self.consequent.pop() {
                next = last + 1;
            } else {
                break;
            }
        }
        Ok(())
    }

    /// Keeps the rule with the consequent at hand if it is one. Whether there may be others with more consequents.
    fn is_rule(
        &self,
        set: u32,
        items: &[u32],
        hash_of_all: u64,
        found: &mut Vec<Found>,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<bool> {
        let Finder {
            sets, sides, options, ..
        } = self;
        let last = items[*self.consequent.last().expect("one was pushed")];
        if sides.allowed[last as usize] & CONSEQUENT == 0 {
            return Ok(false);
        }
        let mask = self.consequent.iter().fold(0, |mask, &place| mask | 1u64 << place);
        let (antecedent, consequent) = (chosen(items, !mask), chosen(items, mask));
        let hash_of_consequent = consequent.clone().fold(0u64, |sum, item| sum.wrapping_add(hash(item)));
        let count = |hash, items| {
            sets.find_hashed(hash, items)
                .expect("what is in a frequent set is frequent")
        };
        let n_a = count(hash_of_all.wrapping_sub(hash_of_consequent), antecedent.clone());
        let n_ab = sets.count(set);
        if f64::from(n_ab) / f64::from(n_a) < options.min_confidence {
            return Ok(false);
        }
        let is_allowed = |item| sides.allowed[item as usize] & ANTECEDENT != 0;
        if items.len() - self.consequent.len() > options.max_antecedent || !antecedent.clone().all(is_allowed) {
            return Ok(true);
        }
        let mut rule = Found {
            set,
            mask,
            n_a,
            n_b: match self.consequent[..] {
                [_] => sides.counts[last as usize],
                _ => count(hash_of_consequent, consequent),
            },
            rank: 0.0,
        };
        rule.rank = options.by.rank(&rule.counts(sets, self.n));
        push(found, rule, checkpoint)?;
        Ok(true)
    }
}
