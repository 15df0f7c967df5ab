//! Collecting: how many customers, by period and by whether they left.

use super::fit::{LifeTable, Step};
use crate::checkpoint::{Checkpoint, attempt, push, vec_with_capacity};
use crate::codec::{Sealer, Sink, unseal};
use crate::error::{Error, Kind, Result};
use crate::estimate::Fitted;
use crate::mergeable::Mergeable;
use hashbrown::HashMap;

const VERSION: u8 = 1;

/// Numbers of customers, by period and by whether they left.
///
/// For a survivor curve the period is how often they have renewed, and nobody is said to have left.
#[derive(Clone, Debug, Default)]
pub struct Tenures(HashMap<Place, u64>);

/// Twice the period, plus 1 for those who left.
type Place = u32;

fn period_of(place: Place) -> u32 {
    place >> 1
}

fn has_left(place: Place) -> bool {
    place & 1 == 1
}

impl Tenures {
    /// Whether no row has been added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
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

    /// What a survivor curve says.
    pub fn curve(&self, checkpoint: &mut dyn Checkpoint) -> Result<Fitted<LifeTable>> {
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
        Ok(LifeTable::new(steps, customers))
    }

    /// What customers say each for themselves: when they left, or when they were last seen.
    pub fn life_table(&self, checkpoint: &mut dyn Checkpoint) -> Result<Fitted<LifeTable>> {
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
        Ok(LifeTable::new(steps, customers))
    }
}

impl Mergeable for Tenures {
    const NAME: &'static str = "fit_retention";

    fn new(_: usize) -> Tenures {
        Tenures::default()
    }

    fn heap_bytes(&self) -> usize {
        self.0.allocation_size()
    }

    fn merge(&mut self, other: &Tenures, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        for (&place, &customers) in &other.0 {
            self.put(place, customers, checkpoint)?;
        }
        Ok(())
    }

    fn write(&mut self, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let sorted = self.sorted(checkpoint)?;
        let mut sealer = Sealer::new(VERSION, sink);
        sealer.varint(sorted.len() as u64)?;
        let mut before = 0;
        for (place, customers) in sorted {
            sealer.varint(u64::from(place - before))?;
            sealer.varint(customers)?;
            before = place;
        }
        sealer.finish()
    }

    fn read(bytes: &[u8], _: usize, checkpoint: &mut dyn Checkpoint) -> Result<Tenures> {
        unseal("state of fit_retention", VERSION, bytes, |reader| {
            let n = reader.count(16)?;
            let mut tenures = Tenures::default();
            let mut before = 0u64;
            for at in 0..n {
                let more = reader.varint()?;
                let place = before.checked_add(more).and_then(|place| Place::try_from(place).ok());
                let place = place.filter(|_| more > 0 || at == 0).filter(|&place| place != 1);
                let place = place.ok_or_else(|| reader.error("Its periods are not in order."))?;
                tenures.put(place, reader.varint()?, checkpoint)?;
                before = u64::from(place);
            }
            Ok(tenures)
        })
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
    use crate::codec::{put_varint, seal};

    fn tenures_of(rows: &[(i32, i64, bool)]) -> Tenures {
        let mut tenures = Tenures::default();
        for &(period, customers, has_left) in rows {
            tenures.add(period, customers, has_left, &mut Unhindered).unwrap();
        }
        tenures
    }

    fn bytes(tenures: &Tenures) -> Vec<u8> {
        let mut bytes = Vec::new();
        tenures.clone().write(&mut bytes, &mut Unhindered).unwrap();
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Tenures> {
        Tenures::read(bytes, 0, &mut Unhindered)
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
        let whole = tenures_of(&rows);
        for cut in 0..rows.len() {
            let mut other = tenures_of(&rows[cut..]);
            let arrived = read(&bytes(&tenures_of(&rows[..cut]))).unwrap();
            other.merge(&arrived, &mut Unhindered).unwrap();
            assert_eq!(bytes(&other), bytes(&whole));
        }
    }

    #[test]
    fn wrong_bytes_are_refused() {
        let bytes = bytes(&tenures_of(&[(0, 5, false), (3, 1, true), (3, 7, false)]));
        for n in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[n] ^= 0x10;
            for wrong in [&bytes[..n], &flipped] {
                assert_eq!(read(wrong).unwrap_err().kind(), Kind::Corrupted);
            }
        }
        for body in [&[2, 4, 1, 0, 1][..], &[1, 1, 1], &[1, 0x80, 0x80, 0x80, 0x80, 0x10, 1]] {
            let sealed = seal(VERSION, |out| out.extend_from_slice(body));
            let error = read(&sealed).unwrap_err();
            assert_eq!(error.detail_text(), Some("Its periods are not in order."), "{body:?}");
        }
        let sealed = seal(VERSION, |out| {
            put_varint(out, 2);
            (0..2).for_each(|_| [2, i64::MAX as u64].iter().for_each(|&number| put_varint(out, number)));
        });
        let tenures = read(&sealed).unwrap();
        assert_eq!(
            tenures.life_table(&mut Unhindered).unwrap_err().kind(),
            Kind::OutOfRange
        );
    }

    #[test]
    fn customers_are_counted_at_each_renewal_they_come_to() {
        let mut tenures = tenures_of(&[(0, 10, false), (1, 4, true), (1, 6, false), (4, 1, true), (4, 2, false)]);
        let table = tenures.life_table(&mut Unhindered).unwrap().model().unwrap();
        assert_eq!(table.customers(), 23);
        let steps: Vec<_> = table.steps().iter().map(|s| (s.renewal, s.at_risk, s.left)).collect();
        assert_eq!(steps, [(1, 13, 4), (4, 3, 1)]);
        let error = tenures
            .add(9, i64::MAX, true, &mut Unhindered)
            .and_then(|()| tenures.life_table(&mut Unhindered).map(drop));
        assert_eq!(error.unwrap_err().kind(), Kind::OutOfRange);
    }
}
