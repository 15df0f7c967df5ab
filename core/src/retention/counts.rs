//! Collecting: how many customers, by period and by whether they left.

use super::fit::{History, Step};
use crate::checkpoint::{Checkpoint, attempt, push, vec_with_capacity};
use crate::codec::{put_varint, seal, unseal};
use crate::error::{Error, Kind, Result};
use crate::estimate::Fitted;
use hashbrown::HashMap;

/// The name of what is collected, for messages.
pub const NAME: &str = "fit_retention";

const VERSION: u8 = 1;

/// Numbers of customers, by period and by whether they left.
///
/// For a survivor curve the period is how often they have renewed, and nobody is said to have left.
#[derive(Clone, Debug, Default)]
pub struct Counts(HashMap<Place, u64>);

/// Twice the period, plus 1 for those who left.
type Place = u32;

fn period_of(place: Place) -> u32 {
    place >> 1
}

fn has_left(place: Place) -> bool {
    place & 1 == 1
}

impl Counts {
    /// Nothing yet.
    pub fn new() -> Counts {
        Counts::default()
    }

    /// Whether no row has been added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes they take on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.0.allocation_size()
    }

    /// Adds customers who were still there after `period` renewals, or who left at renewal number `period`.
    pub fn add(&mut self, period: i32, customers: i64, has_left: bool, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let Ok(period) = u32::try_from(period) else {
            return Err(Error::invalid("period must not be negative")
                .detail(format!("It is {period}."))
                .hint("Periods count renewals; 0 is the start."));
        };
        let Ok(customers) = u64::try_from(customers) else {
            return Err(Error::invalid("number of customers must not be negative")
                .detail(format!("It is {customers} in period {period}."))
                .hint("Customers are counted: those of the same period add up."));
        };
        if has_left && period == 0 {
            return Err(Error::invalid("customers cannot leave in period 0")
                .detail(format!("{customers} customers are said to have."))
                .hint("Period 0 is the start: who leaves at the first opportunity leaves in period 1."));
        }
        self.put(period << 1 | u32::from(has_left), customers, checkpoint)
    }

    /// Adds what others hold.
    pub fn merge(&mut self, other: &Counts, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        for (&place, &customers) in &other.0 {
            self.put(place, customers, checkpoint)?;
        }
        Ok(())
    }

    fn put(&mut self, place: Place, customers: u64, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if self.0.len() == self.0.capacity() && !self.0.contains_key(&place) {
            checkpoint.reserve(2 * self.0.allocation_size() + 64)?;
            attempt(|| self.0.try_reserve(1))?;
        }
        let sum = self.0.entry(place).or_insert(0);
        *sum = total(*sum, customers)?;
        Ok(())
    }

    /// The same whatever the order of rows: all numbers, by period.
    fn sorted(&self, checkpoint: &mut dyn Checkpoint) -> Result<Vec<(Place, u64)>> {
        let mut sorted = vec_with_capacity(self.0.len(), checkpoint)?;
        sorted.extend(self.0.iter().map(|(&place, &customers)| (place, customers)));
        checkpoint.pass("sorting periods", 0, sorted.len())?;
        sorted.sort_unstable();
        Ok(sorted)
    }

    /// The bytes that travel between parallel workers.
    pub fn encode(&self, checkpoint: &mut dyn Checkpoint) -> Result<Vec<u8>> {
        let sorted = self.sorted(checkpoint)?;
        checkpoint.reserve(sorted.len().saturating_mul(2 * size_of::<(Place, u64)>()))?;
        Ok(seal(VERSION, |out| {
            put_varint(out, sorted.len() as u64);
            let mut before = 0;
            for (place, customers) in sorted {
                put_varint(out, u64::from(place - before));
                put_varint(out, customers);
                before = place;
            }
        }))
    }

    /// Reads the bytes that [`encode`](Counts::encode) wrote.
    pub fn decode(bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<Counts> {
        unseal("state of fit_retention", VERSION, bytes, |reader| {
            let n = reader.count(16)?;
            let mut counts = Counts::new();
            let mut before = 0u64;
            for at in 0..n {
                let more = reader.varint()?;
                let place = before.checked_add(more).and_then(|place| Place::try_from(place).ok());
                let place = place.filter(|_| more > 0 || at == 0).filter(|&place| place != 1);
                let place = place.ok_or_else(|| reader.error("Its periods are not in order."))?;
                counts.put(place, reader.varint()?, checkpoint)?;
                before = u64::from(place);
            }
            Ok(counts)
        })
    }

    /// What a survivor curve says.
    pub fn curve(&self, checkpoint: &mut dyn Checkpoint) -> Result<Fitted<History>> {
        const HINT: &str = "A curve has a row for each period from 0 on: how many of the same customers are still there. \
                            Customers of different age go in one by one, with has_left as the third argument.";
        let sorted = self.sorted(checkpoint)?;
        let mut steps: Vec<Step> = Vec::new();
        let mut before = 0;
        for (expected, &(place, customers)) in (0u32..).zip(&sorted) {
            let period = period_of(place);
            if period != expected {
                let what = match expected {
                    0 => format!("The first period is {period}."),
                    _ => format!("There is period {period}, but no period {expected}."),
                };
                return Err(
                    Error::invalid("periods of a survivor curve must be 0, 1, 2 and so on without gaps")
                        .detail(what)
                        .hint(HINT),
                );
            }
            if period > 0 {
                if customers > before {
                    let last = period - 1;
                    return Err(Error::invalid("a survivor curve must not rise")
                        .detail(format!(
                            "There are {before} customers after period {last} and {customers} after period {period}."
                        ))
                        .hint(HINT));
                }
                if before > 0 {
                    let step = Step {
                        renewal: period,
                        at_risk: before,
                        left: before - customers,
                    };
                    push(&mut steps, step, checkpoint)?;
                }
            }
            before = customers;
        }
        let customers = sorted.first().map_or(0, |first| first.1);
        Ok(History::new(steps, customers))
    }

    /// What customers say each for themselves: when they left, or when they were last seen.
    pub fn history(&self, checkpoint: &mut dyn Checkpoint) -> Result<Fitted<History>> {
        let sorted = self.sorted(checkpoint)?;
        let customers = sorted.iter().try_fold(0, |sum, one| total(sum, one.1))?;
        let mut steps: Vec<Step> = Vec::new();
        let mut at_risk = customers;
        for at_one_period in sorted.chunk_by(|a, b| period_of(a.0) == period_of(b.0)) {
            let renewal = period_of(at_one_period[0].0);
            let left = at_one_period.iter().find(|(place, _)| has_left(*place));
            let left = left.map_or(0, |&(_, customers)| customers);
            if renewal > 0 && at_risk > 0 {
                let step = Step { renewal, at_risk, left };
                push(&mut steps, step, checkpoint)?;
            }
            at_risk -= at_one_period.iter().map(|&(_, customers)| customers).sum::<u64>();
        }
        Ok(History::new(steps, customers))
    }
}

/// The sum of two numbers of customers, if a `bigint` can hold it.
fn total(a: u64, b: u64) -> Result<u64> {
    let sum = a.checked_add(b).filter(|&sum| i64::try_from(sum).is_ok());
    sum.ok_or_else(|| {
        Error::new(Kind::OutOfRange, "too many customers").detail(format!("They are more than {}.", i64::MAX))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;

    fn counts(rows: &[(i32, i64, bool)]) -> Counts {
        let mut counts = Counts::new();
        for &(period, customers, has_left) in rows {
            counts.add(period, customers, has_left, &mut Unhindered).unwrap();
        }
        counts
    }

    fn bytes(counts: &Counts) -> Vec<u8> {
        counts.encode(&mut Unhindered).unwrap()
    }

    #[test]
    fn states_travel_and_merge() {
        let rows = [
            (0, 5, false),
            (1, 0, true),
            (i32::MAX, i64::MAX - 9, true),
            (7, 1, false),
            (7, 2, true),
            (0, 1, false),
        ];
        let whole = counts(&rows);
        for cut in 0..rows.len() {
            let mut other = counts(&rows[cut..]);
            let arrived = Counts::decode(&bytes(&counts(&rows[..cut])), &mut Unhindered).unwrap();
            other.merge(&arrived, &mut Unhindered).unwrap();
            assert_eq!(bytes(&other), bytes(&whole));
        }
    }

    #[test]
    fn wrong_bytes_are_refused() {
        let bytes = bytes(&counts(&[(0, 5, false), (3, 1, true), (3, 7, false)]));
        for n in 0..bytes.len() {
            assert!(Counts::decode(&bytes[..n], &mut Unhindered).is_err());
            let mut flipped = bytes.clone();
            flipped[n] ^= 0x10;
            assert!(Counts::decode(&flipped, &mut Unhindered).is_err());
        }
        for body in [&[2, 4, 1, 0, 1][..], &[1, 1, 1], &[1, 0x80, 0x80, 0x80, 0x80, 0x10, 1]] {
            let sealed = seal(VERSION, |out| out.extend_from_slice(body));
            let error = Counts::decode(&sealed, &mut Unhindered).unwrap_err();
            assert_eq!(error.detail_text(), Some("Its periods are not in order."), "{body:?}");
        }
        let sealed = seal(VERSION, |out| {
            put_varint(out, 2);
            (0..2).for_each(|_| [2, i64::MAX as u64].iter().for_each(|&number| put_varint(out, number)));
        });
        assert!(
            Counts::decode(&sealed, &mut Unhindered)
                .unwrap()
                .history(&mut Unhindered)
                .is_err()
        );
    }

    #[test]
    fn customers_are_counted_at_each_renewal_they_come_to() {
        let mut counts = counts(&[(0, 10, false), (1, 4, true), (1, 6, false), (4, 1, true), (4, 2, false)]);
        let history = counts.history(&mut Unhindered).unwrap().model().unwrap();
        assert_eq!(history.customers(), 23);
        let steps: Vec<_> = history.steps().iter().map(|s| (s.renewal, s.at_risk, s.left)).collect();
        assert_eq!(steps, [(1, 13, 4), (4, 3, 1)]);
        let error = counts
            .add(9, i64::MAX, true, &mut Unhindered)
            .and_then(|()| counts.history(&mut Unhindered).map(drop));
        assert_eq!(error.unwrap_err().kind(), Kind::OutOfRange);
    }
}
