//! Recency, frequency, monetary: who the best customers are, by rank.
//!
//! Each customer gets three scores from 1 to the number of bins, the highest being the best: for days since the last order
//! (fewer are better), for orders and for net spend. Customers with returns only have no last order and get no scores.
//!
//! Scores come from ranks. Of n customers, the one with k others below it belongs in bin `1 + floor(k * bins / n)`. Where
//! equal values must score alike (`Ties::Tied`), k counts the customers with a *lower* value; [`Model`]'s cut points say the same of
//! the customers that they were taken from. `Ties::Ntile` is SQL's `ntile` with ties broken by the order of the keys, so that bins
//! differ by at most one customer.

mod cuts;
mod model;
mod segment;
mod standing;
mod text;
mod usual;
mod wanted;

pub use model::{Model, NAME};
pub use segment::{Patterns, Segments};
pub use standing::{Standing, Standings};
pub use wanted::{Bins, MAX_BINS, Monetary, USUAL_BINS, Wanted, code, read_bins};

use crate::checkpoint::{Checkpoint, push, vec_of, vec_with_capacity};
use crate::choice::choose;
use crate::customers::{days_between, each_totals};
use crate::error::{Error, Result};
use crate::key::{KeyKind, Keys};
use crate::order_log::OrderLog;
use crate::rank::sortable;

/// Customers between two looks at whether to go on.
const AT_ONCE: usize = 65_536;

/// What happens to customers with the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
    /// They get the same score.
    Tied,
    /// They are dealt out so that all bins are equally full, in the order of their keys.
    Ntile,
}

impl Ties {
    /// The rule a word stands for.
    pub fn parse(word: &str) -> Result<Ties> {
        choose("ties", word, &[("tied", Ties::Tied), ("ntile", Ties::Ntile)])
    }
}

/// The three values of each customer, by column.
#[derive(Clone, Debug)]
pub struct CustomerTable {
    /// The customers, ascending.
    pub keys: Keys,
    /// Days since the last order; NaN for a customer with returns only.
    pub days_since_last: Vec<f64>,
    /// The times of the last orders; they say nothing of a customer with returns only.
    pub last_orders: Vec<i64>,
    /// Numbers of orders; 0 for a customer with returns only.
    pub orders: Vec<u64>,
    /// Net spend.
    pub revenue: Vec<f64>,
}

impl CustomerTable {
    /// The customers of a log that have an entry up to `as_of`. One pass over the log.
    pub fn of(log: &OrderLog<'_>, as_of: i64, checkpoint: &mut dyn Checkpoint) -> Result<CustomerTable> {
        let mut table = CustomerTable {
            keys: Keys::new(log.kinds().map_or(KeyKind::Integer, |kinds| kinds.0)),
            days_since_last: Vec::new(),
            last_orders: Vec::new(),
            orders: Vec::new(),
            revenue: Vec::new(),
        };
        each_totals(log, as_of, checkpoint, |key, totals, checkpoint| {
            let days = totals.last_order.map_or(f64::NAN, |last| days_between(last, as_of));
            table.keys.push(key, checkpoint)?;
            push(&mut table.days_since_last, days, checkpoint)?;
            push(&mut table.last_orders, totals.last_order.unwrap_or(as_of), checkpoint)?;
            push(&mut table.orders, totals.orders, checkpoint)?;
            push(&mut table.revenue, totals.revenue()?, checkpoint)
        })?;
        Ok(table)
    }

    /// The time of the last order of the customer at a place; nothing for one with returns only.
    pub fn last_order(&self, at: usize) -> Option<i64> {
        (self.orders[at] > 0).then(|| self.last_orders[at])
    }

    /// The places of the customers that are scored.
    fn scored(&self) -> impl Iterator<Item = usize> + Clone {
        (0..self.keys.len()).filter(|&at| self.orders[at] > 0)
    }

    /// Days since the last order of those scored, as integers that ascend from worst to best.
    fn recency(&self) -> impl Iterator<Item = u64> + Clone {
        self.scored().map(|at| sortable(-self.days_since_last[at]))
    }

    /// Orders of those scored, which ascend from worst to best.
    fn frequency(&self) -> impl Iterator<Item = u64> + Clone {
        self.scored().map(|at| self.orders[at])
    }

    /// What money is of those scored, as integers that ascend from worst to best.
    fn monetary(&self, monetary: Monetary) -> impl Iterator<Item = u64> + Clone {
        self.scored()
            .map(move |at| sortable(monetary.of(self.revenue[at], self.orders[at] as f64)))
    }

    /// The scores of all customers: recency, frequency, monetary; 0 for customers with returns only.
    pub fn scores(&self, wanted: &Wanted, ties: Ties, checkpoint: &mut dyn Checkpoint) -> Result<Vec<[u8; 3]>> {
        let [r, f, m] = wanted.bins;
        let mut scores = vec_of([0; 3], self.keys.len(), checkpoint)?;
        checkpoint.pass("scoring", 0, 3)?;
        self.score(0, self.recency(), r, ties, &mut scores, checkpoint)?;
        checkpoint.pass("scoring", 1, 3)?;
        self.score(1, self.frequency(), f, ties, &mut scores, checkpoint)?;
        checkpoint.pass("scoring", 2, 3)?;
        self.score(2, self.monetary(wanted.monetary), m, ties, &mut scores, checkpoint)?;
        Ok(scores)
    }

    /// The scores of one column.
    fn score(
        &self,
        column: usize,
        values: impl Iterator<Item = u64> + Clone,
        bins: usize,
        ties: Ties,
        scores: &mut [[u8; 3]],
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        match ties {
            Ties::Tied => {
                let last_values = cuts::last_values(values.clone(), bins, checkpoint)?;
                for (at, value) in self.scored().zip(values) {
                    if at % AT_ONCE == 0 {
                        checkpoint.pass("scoring", column, 3)?;
                    }
                    scores[at][column] = cuts::bin(&last_values, value);
                }
            }
            Ties::Ntile => {
                for (at, ntile) in self.scored().zip(ntiles(values, bins, checkpoint)?) {
                    scores[at][column] = ntile;
                }
            }
        }
        Ok(())
    }
}

/// What `ntile(bins) OVER (ORDER BY value, place)` gives each value.
fn ntiles(values: impl Iterator<Item = u64> + Clone, bins: usize, checkpoint: &mut dyn Checkpoint) -> Result<Vec<u8>> {
    let n = values.clone().count();
    let mut order: Vec<(u64, u32)> = vec_with_capacity(n, checkpoint)?;
    order.extend(values.zip(0..));
    order.sort_unstable();
    let mut ntiles = vec_of(0, n, checkpoint)?;
    // The first `larger` bins hold one more than the others.
    let (size, larger) = (n / bins, n % bins);
    let turn = larger * (size + 1);
    for (rank, &(_, place)) in order.iter().enumerate() {
        let bin = if rank < turn {
            rank / (size + 1)
        } else {
            larger + (rank - turn) / size.max(1)
        };
        ntiles[place as usize] = bin as u8 + 1;
    }
    Ok(ntiles)
}

/// The name of the segment of scores: from the given map, else from the usual one. Nothing if that has no name for these
/// bins, or if there are no scores.
pub fn segment(segments: Option<&Segments>, bins: Bins, scores: [u8; 3]) -> Option<&str> {
    match segments {
        Some(segments) => segments.name(scores),
        None => usual::name(bins, scores),
    }
}

/// All scores by segment, those of each from the best down: of the given map, else of the usual one.
///
/// # Errors
/// Of kind [`InvalidParameter`](crate::Kind::InvalidParameter) where the usual map has no names for these bins.
pub fn segments(wanted: &Wanted) -> Result<Vec<(&str, [u8; 3])>> {
    match &wanted.segments {
        Some(segments) => Ok(segments.all().collect()),
        None if usual::are_named(wanted.bins) => Ok(usual::all(wanted.bins).collect()),
        None => {
            let message = format!("there are no usual segments of {} bins", wanted::told(wanted.bins));
            let hint = "There are for 3 to 5 bins. Give a map of your own as segments.";
            Err(Error::invalid(message).hint(hint))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;

    #[test]
    fn ntiles_are_those_of_sql() {
        let ntiles = |values: &[u64], bins| ntiles(values.iter().copied(), bins, &mut Unhindered).unwrap();
        // ntile(3) over 7 rows: bins of 3, 2 and 2
        assert_eq!(ntiles(&[5, 1, 1, 1, 9, 7, 1], 3), [2, 1, 1, 1, 3, 3, 2]);
        // more bins than rows: one each
        assert_eq!(ntiles(&[3, 2, 1], 5), [3, 2, 1]);
        assert!(ntiles(&[], 5).is_empty());
    }

    #[test]
    fn all_scores_are_listed_by_name() {
        let map = r#"{"Best": ["3**"], "Rest": ["[12]**"]}"#;
        let wanted = Wanted::read([3, 2, 1], Monetary::Total, Some(map)).unwrap();
        let all = [
            ("Best", [3, 2, 1]),
            ("Best", [3, 1, 1]),
            ("Rest", [2, 2, 1]),
            ("Rest", [2, 1, 1]),
            ("Rest", [1, 2, 1]),
            ("Rest", [1, 1, 1]),
        ];
        assert_eq!(segments(&wanted).unwrap(), all);
        assert_eq!(segments(&Wanted::new([4, 3, 5])).unwrap().len(), 60);
        let error = segments(&Wanted::new([5, 3, 2])).unwrap_err();
        assert_eq!(error.message(), "there are no usual segments of 5, 3 and 2 bins");
    }
}
