//! A rule that was found, before it is written out.

use super::Counts;
use crate::itemsets::Sets;

/// A rule among frequent sets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    /// The set of all its items.
    pub(super) set: u32,
    /// Which of them are the consequent.
    pub(super) mask: u64,
    pub(super) n_a: u32,
    pub(super) n_b: u32,
    /// What it is ordered by.
    pub(super) rank: f64,
}

impl Found {
    /// The items of the antecedent, ascending.
    pub(crate) fn antecedent<'a>(&self, sets: &'a Sets) -> impl Iterator<Item = u32> + Clone + use<'a> {
        chosen(sets.items(self.set), !self.mask)
    }

    /// The items of the consequent, ascending.
    pub(crate) fn consequent<'a>(&self, sets: &'a Sets) -> impl Iterator<Item = u32> + Clone + use<'a> {
        chosen(sets.items(self.set), self.mask)
    }

    /// The counts, of `n` baskets.
    pub(crate) fn counts(&self, sets: &Sets, n: u64) -> Counts {
        Counts {
            n_ab: sets.count(self.set).into(),
            n_a: self.n_a.into(),
            n_b: self.n_b.into(),
            n,
        }
    }
}

/// The items whose bits are set.
pub(super) fn chosen(items: &[u32], mask: u64) -> impl Iterator<Item = u32> + Clone + use<'_> {
    let chosen = move |place: &usize| mask >> place & 1 == 1;
    (0..items.len()).filter(chosen).map(|place| items[place])
}
