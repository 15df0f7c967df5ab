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

/// The best rule so far for an item.
struct Offer {
    rank: f64,
    rule: usize,
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

    /// Whether two rules have the same items on the same sides.
    pub(super) fn has_twins(&self) -> bool {
        (1..self.len()).any(|rule| {
            self.heads[rule - 1].consequent == self.heads[rule].consequent
                && self.antecedent(rule - 1) == self.antecedent(rule)
        })
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
        // By item: its place among the offers, counted from 1. Where most stay zero, they are never touched.
        let mut places = vec![0u32; self.counts.len()];
        let mut offers: Vec<Offer> = Vec::new();
        for &item in basket {
            let rules = self.starts[item as usize] as usize..self.starts[item as usize + 1] as usize;
            for rule in rules {
                let head = &self.heads[rule];
                let (_, others) = self.antecedent(rule).split_last().expect("an antecedent has an item");
                if !others.iter().all(holds) || holds(&head.consequent) {
                    continue;
                }
                let rank = by.rank(&self.rule_counts(head));
                let place = &mut places[head.consequent as usize];
                if *place == 0 {
                    offers.push(Offer { rank, rule });
                    *place = offers.len() as u32;
                    continue;
                }
                let best = &mut offers[*place as usize - 1];
                let (one, other) = (self.antecedent(rule), self.antecedent(best.rule));
                let order = best
                    .rank
                    .total_cmp(&rank)
                    .then_with(|| self.heads[best.rule].n_ab.cmp(&head.n_ab))
                    .then_with(|| (one.len(), one).cmp(&(other.len(), other)));
                if order.is_lt() {
                    *best = Offer { rank, rule };
                }
            }
        }
        let order = |a: &Offer, b: &Offer| {
            let (one, other) = (&self.heads[a.rule], &self.heads[b.rule]);
            b.rank
                .total_cmp(&a.rank)
                .then_with(|| other.n_ab.cmp(&one.n_ab))
                .then_with(|| one.consequent.cmp(&other.consequent))
        };
        if n < offers.len() {
            offers.select_nth_unstable_by(n, order);
            offers.truncate(n);
        }
        offers.sort_unstable_by(order);
        let ruled = offers.iter().map(|offer| {
            let head = &self.heads[offer.rule];
            (
                head.consequent,
                self.antecedent(offer.rule).to_vec(),
                self.rule_counts(head),
            )
        });
        // The last resort: what is in many baskets.
        let frequent = (0..self.counts.len() as u32).filter(|item| places[*item as usize] == 0 && !holds(item));
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
