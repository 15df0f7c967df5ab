//! What to offer to a basket: the items that go with what is in it, each with the rule that says so.
//!
//! An item is judged by the best rule that leads to it from items of the basket. Rules are those of [`rules`] with one
//! consequent, without redundant ones: of two rules with the same consequent, the one with the smaller antecedent and at least the same
//! confidence stands for both. Items that no rule leads to follow behind, the most frequent first: all baskets are their evidence.

mod evidence;
mod model;
mod text;

pub use model::Model;

use crate::basket_log::Baskets;
use crate::checkpoint::{Checkpoint, vec_of, vec_with_capacity};
use crate::error::{Error, Result};
use crate::itemsets::Rows;
use crate::rules::{self, Counts, Found, Measure, Sides, drop_redundant, find};
use evidence::{Evidence, Line};

/// The name of the type of models, for messages.
pub const NAME: &str = "basket_model";

/// What counts as evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// In how many baskets all items of a rule have to be together, and in how many an item has to be to be offered at all; at least 1.
    pub min_count: u32,
    /// The least confidence of a rule, from 0 to 1.
    pub min_confidence: f64,
    /// The most items of an antecedent, at least 1.
    pub max_antecedent: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            min_count: 5,
            min_confidence: 0.0,
            max_antecedent: usize::MAX,
        }
    }
}

impl Options {
    fn rules<'a>(&self) -> rules::Options<'a> {
        rules::Options {
            min_count: Some(self.min_count),
            min_confidence: self.min_confidence,
            max_antecedent: self.max_antecedent,
            ..rules::Options::default()
        }
    }
}

/// An item to offer.
#[derive(Clone, Debug, PartialEq)]
pub struct Recommendation {
    /// Its number.
    pub item: u32,
    /// What it was ordered by; nothing where the measure is not defined.
    pub score: Option<f64>,
    /// The items of the basket that lead to it, ascending; none if it is offered because it is frequent.
    pub antecedent: Vec<u32>,
    /// The counts of the rule, from which all measures follow.
    pub counts: Counts,
}

/// The best `n` items for a basket, from the best down: by the measure `by`, then by support, then by the frequency of the item.
///
/// The same as [`Model::fit`] and [`Model::recommend`] give, but only what leads from these items is counted, which takes time in proportion to
/// the baskets that hold one of them. Items of the basket that are not frequent, or not known, are ignored.
pub fn recommend(
    baskets: &Baskets,
    basket: &[u32],
    n: usize,
    by: Measure,
    options: &Options,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<Recommendation>> {
    options.rules().check()?;
    let frequent = frequent(baskets, options);
    let mut given: Vec<u32> = basket
        .iter()
        .copied()
        .filter(|&item| (item as usize) < frequent)
        .collect();
    given.sort_unstable();
    given.dedup();
    // The given items come first, then all as they are.
    let first = given.len() as u32;
    let mut places = vec_of(u32::MAX, baskets.counts().len(), checkpoint)?;
    let mut counts = vec_with_capacity(given.len() + frequent, checkpoint)?;
    for (place, &item) in given.iter().enumerate() {
        places[item as usize] = place as u32;
        counts.push(baskets.counts()[item as usize]);
    }
    for (place, &count) in places.iter().zip(&baskets.counts()[..frequent]) {
        counts.push(if *place == u32::MAX { count } else { 0 });
    }
    let keep = |items: &[u32], left: &mut Vec<u32>| {
        left.extend(
            items
                .iter()
                .map(|&item| places[item as usize])
                .filter(|&place| place != u32::MAX),
        );
        if !left.is_empty() {
            let others = items.iter().take_while(|&&item| (item as usize) < frequent);
            let others = others.filter(|&&item| places[item as usize] == u32::MAX);
            left.extend(others.map(|&item| first + item));
        }
    };
    let rows = Rows::kept(baskets, keep, checkpoint)?;
    let mut sides = vec_with_capacity(counts.len(), checkpoint)?;
    sides.extend(0..counts.len() as u32);
    let (antecedents, consequents) = sides.split_at(given.len());
    let rules = rules::Options {
        antecedents: Some(antecedents),
        consequents: Some(consequents),
        ..options.rules()
    };
    let sides = Sides::new(&counts, &rules, options.min_count, checkpoint)?;
    let sets = sides.mine(&rows, &rules, options.min_count, first, checkpoint)?;
    let total = baskets.len() as u64;
    let mut found = find(&sets, &sides, &rules, total, checkpoint)?;
    drop_redundant(&mut found, &sets, checkpoint)?;
    let line = |found: &Found| Line {
        antecedent: found.antecedent(&sets).map(|item| given[item as usize]).collect(),
        consequent: found.consequent(&sets).fold(0, |_, item| item - first),
        n_ab: found.counts(&sets, total).n_ab as u32,
        n_a: found.counts(&sets, total).n_a as u32,
    };
    let counts = baskets.counts()[..frequent].to_vec();
    let evidence = Evidence::new(total, counts, found.iter().map(line), checkpoint)?;
    Ok(evidence.recommend(&given, n, by))
}

/// How many items are in enough baskets: those that come first.
fn frequent(baskets: &Baskets, options: &Options) -> usize {
    baskets.counts().partition_point(|&count| count >= options.min_count)
}

/// No more than can be numbered.
fn too_large() -> Error {
    Error::new(crate::error::Kind::TooLarge, "too many rules for a model")
        .detail(format!("A model holds at most {} of them.", u32::MAX))
        .hint("Ask for rules in more baskets, or of greater confidence.")
}
