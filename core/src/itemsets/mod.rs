//! Sets of items that are together in many baskets.
//!
//! One algorithm for sparse and for dense baskets. Sets are found by their rarest item: the baskets that hold it are read once, and what is
//! frequent among them becomes columns of bits, one bit for each of these baskets only. From there on a set is the `and` of columns, its
//! count the number of bits left, and sets grow by ever more frequent items, depth first (Zaki 2000, "Scalable algorithms for association
//! mining"). An item that is in all baskets of a set goes with each of its supersets and is never searched for.

mod columns;
mod known;
mod rows;
mod search;
mod store;
mod written;

pub use crate::support::{max_count_of, min_count_of, share};
pub use store::Sets;

pub(crate) use rows::Rows;
pub(crate) use store::hash;

use crate::basket_log::Baskets;
use crate::checkpoint::Checkpoint;
use crate::choice::choose;
use crate::error::{Error, Result};
use search::Search;

/// Which of the frequent sets are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// All of them.
    #[default]
    All,
    /// Those that no item can be added to without losing baskets: from them and their counts, all others follow.
    Closed,
    /// Those that no item can be added to without becoming rare.
    Maximal,
}

impl Target {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Target::All => "all",
            Target::Closed => "closed",
            Target::Maximal => "maximal",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Result<Target> {
        let all = [Target::All, Target::Closed, Target::Maximal];
        choose("target", word, &all.map(|target| (target.name(), target)))
    }
}

/// Which sets to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// In how many baskets a set has to be, at least 1. See [`min_count_of`] for shares of baskets.
    pub min_count: u32,
    /// Which of the frequent sets.
    pub target: Target,
    /// Sets of fewer items are left out.
    pub min_length: usize,
    /// Sets of more items are left out. A set is closed or maximal among all sets, whatever their length: of the closed or maximal ones,
    /// those that are too long are left out, and none comes in their place.
    pub max_length: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            min_count: 1,
            target: Target::All,
            min_length: 1,
            max_length: usize::MAX,
        }
    }
}

/// What is done with each set: its items, which ascend, and the number of baskets that hold all of them.
pub type Visit<'a> = dyn FnMut(&[u32], u32, &mut dyn Checkpoint) -> Result<()> + 'a;

/// Calls `visit` once for each frequent set of at least one item.
///
/// Sets come by their rarest item, from the most frequent of these down, a set before its supersets with the same rarest item. The order
/// depends on the baskets as sets of items and on nothing else.
///
/// Takes 4 bytes for each item of each basket, and for each level of the search as many bits as the rarest item has baskets, times the items
/// that are frequent among them.
///
/// Fails if `min_count` is 0, if `visit` fails, or if the checkpoint does.
pub fn frequent_itemsets(
    baskets: &Baskets,
    options: &Options,
    visit: &mut Visit<'_>,
    checkpoint: &mut dyn Checkpoint,
) -> Result<()> {
    if options.min_count == 0 {
        return Err(Error::invalid("min_count must be at least 1").detail("It is 0."));
    }
    let rows = Rows::of(baskets, checkpoint)?;
    Search::new(&rows, baskets.counts(), options, u32::MAX, visit, checkpoint)?.run()
}

/// After how many sets it is worth while to look how many there are at least, and in how many steps.
pub(crate) const LOOKS: [(usize, usize); 2] = [(1 << 18, 1 << 24), (1 << 22, 1 << 27)];

/// A number of frequent sets that there are at least, if `found` is a number of sets after which it is worth while to look: an answer that is
/// beyond all limits need not be waited for. Of closed and maximal sets, nothing is known before.
///
/// Takes up to some tenths of a second, and 4 bytes for each item of each basket.
pub fn at_least(
    baskets: &Baskets,
    options: &Options,
    found: usize,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Option<u64>> {
    let Some(&(_, budget)) = LOOKS.iter().find(|&&(after, _)| after == found) else {
        return Ok(None);
    };
    if options.target != Target::All || options.min_length > 1 {
        return Ok(None);
    }
    let rows = Rows::of(baskets, checkpoint)?;
    known::at_least(&rows, baskets.counts(), options, u32::MAX, budget, checkpoint).map(|known| Some(known.sets))
}
