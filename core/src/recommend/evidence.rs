//! Rules in an order in which those that apply to a basket are found at once.

use super::{Recommendation, too_large};
use crate::checkpoint::{Checkpoint, grow, push, vec_of};
use crate::error::Result;
use crate::rules::{Counts, Measure};

/// A rule with one consequent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    /// Ascending, and at least one.
    pub(super) antecedent: Vec<u32>,
    pub(super) consequent: u32,
    pub(super) n_ab: u32,
    pub(super) n_a: u32,
}

/// All that recommending needs to know.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Evidence {
    /// How many baskets there were.
    pub(super) baskets: u64,
    /// In how many each item was, from the most frequent down.
    pub(super) counts: Vec<u32>,
    /// Rules by the rarest item of their antecedents, then by antecedent and consequent.
    heads: Vec<Head>,
    antecedents: Vec<u32>,
    /// Where the rules of each item start.
    starts: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Head {
    consequent: u32,
    n_ab: u32,
    n_a: u32,
    /// Where its antecedent starts.
    start: u32,
}

impl Evidence {
    pub(super) fn new(
        baskets: u64,
        counts: Vec<u32>,
        lines: impl ExactSizeIterator<Item = Line>,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Evidence> {
        let mut sorted = Vec::new();
        grow(&mut sorted, lines.len(), checkpoint)?;
        for line in lines {
            checkpoint.reserve(size_of_val(&line.antecedent[..]))?;
            sorted.push(line);
        }
        let order = |a: &Line, b: &Line| (a.antecedent.last(), a).cmp(&(b.antecedent.last(), b));
        checkpoint.pass("sorting rules", 0, sorted.len())?;
        sorted.sort_unstable_by(order);
        let mut evidence = Evidence {
            starts: vec_of(0, counts.len() + 1, checkpoint)?,
            baskets,
            counts,
            heads: Vec::new(),
            antecedents: Vec::new(),
        };
        for line in sorted {
            let rarest = *line.antecedent.last().expect("an antecedent has an item");
            evidence.starts[rarest as usize + 1] += 1;
            let head = Head {
                consequent: line.consequent,
                n_ab: line.n_ab,
                n_a: line.n_a,
                start: u32::try_from(evidence.antecedents.len()).map_err(|_| too_large())?,
            };
            push(&mut evidence.heads, head, checkpoint)?;
            for item in line.antecedent {
                push(&mut evidence.antecedents, item, checkpoint)?;
            }
        }
        u32::try_from(evidence.antecedents.len()).map_err(|_| too_large())?;
        for item in 0..evidence.counts.len() {
            evidence.starts[item + 1] += evidence.starts[item];
        }
        Ok(evidence)
    }

    /// How many rules there are.
    pub(super) fn len(&self) -> usize {
        self.heads.len()
    }

    fn antecedent(&self, rule: usize) -> &[u32] {
        let end = self
            .heads
            .get(rule + 1)
            .map_or(self.antecedents.len(), |next| next.start as usize);
        &self.antecedents[self.heads[rule].start as usize..end]
    }

    /// The rules, in order.
    pub(super) fn lines(&self) -> impl ExactSizeIterator<Item = Line> {
        (0..self.len()).map(|rule| Line {
            antecedent: self.antecedent(rule).to_vec(),
            consequent: self.heads[rule].consequent,
            n_ab: self.heads[rule].n_ab,
            n_a: self.heads[rule].n_a,
        })
    }

    /// The counts of a rule.
    fn rule_counts(&self, head: &Head) -> Counts {
        Counts {
            n_ab: head.n_ab.into(),
            n_a: head.n_a.into(),
            n_b: self.counts[head.consequent as usize].into(),
            n: self.baskets,
        }
    }

    /// The best `n` items for a basket, whose items ascend.
    pub(super) fn recommend(&self, basket: &[u32], n: usize, by: Measure) -> Vec<Recommendation> {
        let holds = |item: &u32| basket.binary_search(item).is_ok();
        // The best rule for each item.
        let mut best: Vec<(f64, usize)> = Vec::new();
        for &item in basket {
            let rules = self.starts[item as usize] as usize..self.starts[item as usize + 1] as usize;
            for rule in rules {
                let (_, others) = self.antecedent(rule).split_last().expect("an antecedent has an item");
                if others.iter().all(holds) && !holds(&self.heads[rule].consequent) {
                    best.push((by.rank(&self.rule_counts(&self.heads[rule])), rule));
                }
            }
        }
        let together = |rule: usize| self.heads[rule].n_ab;
        let consequent = |rule: usize| self.heads[rule].consequent;
        best.sort_unstable_by(|a, b| {
            let (one, other) = (self.antecedent(a.1), self.antecedent(b.1));
            consequent(a.1)
                .cmp(&consequent(b.1))
                .then_with(|| b.0.total_cmp(&a.0))
                .then_with(|| together(b.1).cmp(&together(a.1)))
                .then_with(|| (one.len(), one).cmp(&(other.len(), other)))
        });
        best.dedup_by_key(|(_, rule)| consequent(*rule));
        let offered: Vec<u32> = best.iter().map(|&(_, rule)| consequent(rule)).collect();
        best.sort_by(|a, b| {
            b.0.total_cmp(&a.0)
                .then_with(|| together(b.1).cmp(&together(a.1)))
                .then_with(|| consequent(a.1).cmp(&consequent(b.1)))
        });
        let ruled = best.iter().map(|&(_, rule)| {
            let counts = self.rule_counts(&self.heads[rule]);
            (consequent(rule), self.antecedent(rule).to_vec(), counts)
        });
        // The last resort: what is in many baskets.
        let frequent =
            (0..self.counts.len() as u32).filter(|item| !holds(item) && offered.binary_search(item).is_err());
        let frequent = frequent.map(|item| {
            let count = self.counts[item as usize].into();
            let counts = Counts {
                n_ab: count,
                n_a: self.baskets,
                n_b: count,
                n: self.baskets,
            };
            (item, Vec::new(), counts)
        });
        let all = ruled.chain(frequent).take(n);
        all.map(|(item, antecedent, counts)| Recommendation {
            item,
            score: by.of(&counts),
            antecedent,
            counts,
        })
        .collect()
    }
}
