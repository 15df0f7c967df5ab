//! Association rules: baskets with all of these items also hold those.

mod find;
mod fisher;
mod found;
mod measures;
mod redundant;
mod select;

pub use fisher::ln_p_value;
pub use measures::{Counts, Measure};

use crate::basket_log::Baskets;
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result, spelled};
use crate::itemsets::{Sets, min_count_of};
pub(crate) use find::{Sides, find};
pub(crate) use found::Found;
pub(crate) use redundant::drop as drop_redundant;

/// No fewer baskets than these count where nothing is said: Cochran's rule of thumb for numbers that mean anything (1954).
const FLOOR: u32 = 5;
/// And no smaller share of all baskets.
const SHARE: f64 = 0.001;

/// In how many of `baskets` baskets the items of a rule have to be together where nothing is said. Rarer rules are many, the greatest of their
/// measures are those of chance, and of the few large baskets that hold everything.
pub fn usual_count(baskets: usize) -> u32 {
    min_count_of(SHARE, baskets).map_or(FLOOR, |count| count.max(FLOOR))
}

/// Which rules to find.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options<'a> {
    /// In how many baskets all items of a rule have to be together, at least 1; [`usual_count`] if it is not given.
    pub min_count: Option<u32>,
    /// The least confidence, from 0 to 1. Compared as the nearest doubles are, which is exact for decimals of up to five places: 164 of 205
    /// is a confidence of at least 0.8.
    pub min_confidence: f64,
    /// The most items of an antecedent, at least 1.
    pub max_antecedent: usize,
    /// The most items of a consequent, at least 1.
    pub max_consequent: usize,
    /// Whether to keep rules to which there is a more general one that is at least as good: with the same consequent, at least the same
    /// confidence, and an antecedent of some of the items, but not of none.
    pub redundant: bool,
    /// The only items that antecedents may have; any if not given.
    pub antecedents: Option<&'a [u32]>,
    /// The only items that consequents may have; any if not given.
    pub consequents: Option<&'a [u32]>,
    /// Items in more baskets are ignored.
    pub max_item_count: u32,
    /// The share of rules that may be there by chance (Benjamini & Hochberg 1995), above 0 and at most 1. What is tested are all rules that
    /// pass the limits of count and confidence and the choice of items, before redundant rules are left out and the best chosen.
    pub significance: Option<f64>,
    /// Only so many, the best.
    pub top: Option<usize>,
    /// The measure that rules are ordered by, and by which the best are chosen.
    pub by: Measure,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            min_count: None,
            min_confidence: 0.0,
            max_antecedent: usize::MAX,
            max_consequent: 1,
            redundant: true,
            antecedents: None,
            consequents: None,
            max_item_count: u32::MAX,
            significance: None,
            top: None,
            by: Measure::default(),
        }
    }
}

impl Options<'_> {
    /// Whether they may be chosen, whatever the baskets are.
    ///
    /// # Errors
    /// The option that may not be so, with its value.
    pub fn check(&self) -> Result<()> {
        if self.min_count == Some(0) {
            return Err(Error::invalid("min_count must be at least 1").detail("It is 0."));
        }
        if !(0.0..=1.0).contains(&self.min_confidence) {
            return Err(Error::invalid("min_confidence must be between 0 and 1")
                .detail(format!("It is {}.", spelled(self.min_confidence)))
                .hint("It is a share of the baskets that hold the antecedent."));
        }
        for (most, what) in [
            (self.max_antecedent, "max_antecedent"),
            (self.max_consequent, "max_consequent"),
        ] {
            if most == 0 {
                return Err(Error::invalid(format!("{what} must be at least 1")).detail("It is 0."));
            }
        }
        match self.significance {
            Some(level) if !(level > 0.0 && level <= 1.0) => {
                Err(Error::invalid("significance_level must be above 0 and at most 1")
                    .detail(format!("It is {}.", spelled(level))))
            }
            _ => Ok(()),
        }
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The items it starts from, ascending.
    pub antecedent: Vec<u32>,
    /// The items it leads to, ascending.
    pub consequent: Vec<u32>,
    /// In how many baskets they are.
    pub counts: Counts,
}

/// Rules, the best first.
#[derive(Debug)]
pub struct Rules {
    sets: Sets,
    found: Vec<Found>,
    baskets: u64,
}

impl Rules {
    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The rules, the best first.
    pub fn iter(&self) -> impl Iterator<Item = Rule> {
        self.found.iter().map(|found| Rule {
            antecedent: found.antecedent(&self.sets).collect(),
            consequent: found.consequent(&self.sets).collect(),
            counts: found.counts(&self.sets, self.baskets),
        })
    }
}

/// Finds association rules, ordered by the measure `options.by` from the best down, then by support from the greatest down, then by
/// antecedent and consequent as lists of numbers.
///
/// All rules are found that `options` ask for, or none: memory that is too small is an error, which says how many itemsets had been found.
///
/// Where only the best are asked for and no `min_count` is given, these are the best among rules in at least [`usual_count`] baskets. For support,
/// leverage and p-value, which no rule in few baskets can have great ones of, they are looked for among rules in many baskets first, and no
/// further than where better ones can be: the answer is the same.
///
/// Takes what the itemsets take ([`Sets::mine`]), and 32 bytes for each rule that passes the limits; only for some of the best where these are
/// asked for without a significance level and with redundant rules.
pub fn association_rules(baskets: &Baskets, options: &Options<'_>, checkpoint: &mut dyn Checkpoint) -> Result<Rules> {
    options.check()?;
    let n = baskets.len() as u64;
    let floor = options.min_count.unwrap_or_else(|| usual_count(baskets.len()));
    let mut min_count = floor;
    if options.min_count.is_none() && options.significance.is_none() && options.top.is_some() {
        // A start where few sets are found, if that can be the end.
        if options.by.limit(u64::from(floor), n).is_some() {
            min_count = floor.max(baskets.counts().first().map_or(0, |&most| most / 4));
        }
    }
    let sides = Sides::new(baskets.counts(), options, floor, checkpoint)?;
    let rows = sides.rows(baskets, checkpoint)?;
    loop {
        let sets = sides.mine(&rows, options, min_count, u32::MAX, checkpoint)?;
        let mut found = find(&sets, &sides, options, n, checkpoint)?;
        if let Some(level) = options.significance {
            select::significant(&mut found, &sets, n, level, checkpoint)?;
        }
        if !options.redundant {
            drop_redundant(&mut found, &sets, checkpoint)?;
        }
        select::order(&mut found, &sets, options.top);
        let last = options.top.and_then(|top| found.get(top.wrapping_sub(1)));
        let unseen = options.by.limit(u64::from(min_count) - 1, n);
        let is_settled = matches!((last, unseen), (Some(last), Some(unseen)) if unseen < last.rank);
        if min_count == floor || is_settled {
            return Ok(Rules {
                sets,
                found,
                baskets: n,
            });
        }
        min_count = floor.max(min_count / 2);
    }
}

/// Counts a rule, whether it is frequent or not. Items that are in no basket are allowed, and so are items on both sides and sides without items,
/// which all baskets hold. Takes time in proportion to the baskets.
pub fn rule_counts(
    baskets: &Baskets,
    antecedent: &[u32],
    consequent: &[u32],
    checkpoint: &mut dyn Checkpoint,
) -> Result<Counts> {
    let mut counts = Counts::default();
    for items in baskets.iter() {
        // The last ones are the rarest.
        let holds = |side: &[u32]| side.iter().rev().all(|item| items.binary_search(item).is_ok());
        let (a, b) = (holds(antecedent), holds(consequent));
        counts.n_a += u64::from(a);
        counts.n_b += u64::from(b);
        counts.n_ab += u64::from(a && b);
        counts.n += 1;
        if counts.n % 4096 == 0 {
            checkpoint.pass("counting a rule", counts.n as usize, baskets.len())?;
        }
    }
    Ok(counts)
}
