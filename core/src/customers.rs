//! What one customer's orders amount to.
//!
//! `frequency`, `recency` and `age` follow Fader, Hardie & Lee, "Counting your customers the easy way" (2005), where they
//! are x, t_x and T: purchases are counted after the first one, and both times run from the first purchase. The orders of one
//! period (a day, say) are one purchase, dated at the start of the period.

use crate::amount::{Amount, Sum};
use crate::calendar::{DAY, length};
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::key::Key;
use crate::order_log::{OrderLog, Part};

pub use crate::observation::Observation;
pub use crate::order_log::Totals;

/// Purchases, counted after the first one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Purchases {
    /// Periods with an order, less the first: x.
    pub frequency: u64,
    /// Time from the first purchase to the last: t_x, in time units.
    pub recency: f64,
    /// Time from the first purchase to the end of observation: T, in time units.
    pub age: f64,
    /// Net spend in the periods counted, divided by their number; 0 where there is none.
    pub monetary_value: f64,
    /// The sum of the logarithms of the gaps between purchases, in time units.
    pub ln_gaps: f64,
}

/// One customer as of the end of observation.
#[derive(Clone, Debug)]
pub struct Customer<'a> {
    /// Who it is.
    pub key: Key<'a>,
    /// Counts and sums.
    pub totals: &'a Totals,
    /// Purchases; nothing for a customer with returns only.
    pub purchases: Option<Purchases>,
}

/// Days from a time to the end of observation.
#[inline]
pub fn days_between(time: i64, as_of: i64) -> f64 {
    length(time, as_of) / DAY as f64
}

/// Visits all customers that have an entry up to `as_of`, in order of their keys, with what `add` has put together of each one's parts up
/// to then. One pass over the log; the visitor may ask the checkpoint for memory.
fn walk<T: Default>(
    log: &OrderLog<'_>,
    as_of: i64,
    checkpoint: &mut dyn Checkpoint,
    mut add: impl FnMut(&mut T, &Part<'_>),
    mut visit: impl FnMut(Key<'_>, &mut T, &mut dyn Checkpoint) -> Result<()>,
) -> Result<()> {
    let mut cursor = log.cursor();
    let mut customer = T::default();
    let mut seen = false;
    while cursor.advance(checkpoint)? {
        let part = cursor.part();
        if part.starts {
            customer = T::default();
            seen = false;
        }
        let part = part.until(as_of);
        if !part.times.is_empty() {
            seen = true;
            add(&mut customer, &part);
        }
        if part.ends && seen {
            visit(part.key, &mut customer, checkpoint)?;
        }
    }
    Ok(())
}

/// Visits all customers that have an entry up to `as_of`, in order of their keys, with their counts and sums.
pub fn each_totals(
    log: &OrderLog<'_>,
    as_of: i64,
    checkpoint: &mut dyn Checkpoint,
    mut visit: impl FnMut(Key<'_>, &Totals, &mut dyn Checkpoint) -> Result<()>,
) -> Result<()> {
    walk(log, as_of, checkpoint, Totals::add, |key, totals, checkpoint| {
        visit(key, totals, checkpoint)
    })
}

/// Visits all customers that have an entry up to the end of observation, in order of their keys.
pub fn each(
    log: &OrderLog<'_>,
    observation: &Observation,
    checkpoint: &mut dyn Checkpoint,
    visit: &mut dyn FnMut(Customer<'_>, &mut dyn Checkpoint) -> Result<()>,
) -> Result<()> {
    let add = |(totals, purchases): &mut (Totals, PurchaseCount), part: &Part<'_>| {
        totals.add(part);
        purchases.add(part, observation);
    };
    walk(
        log,
        observation.as_of,
        checkpoint,
        add,
        |key, (totals, purchases), checkpoint| {
            let purchases = purchases.finish(observation)?;
            visit(Customer { key, totals, purchases }, checkpoint)
        },
    )
}

/// Visits all customers that have an entry up to the end of observation, in order of their keys, with what `add` has put together of when
/// their purchases were: the start of each period with an order, in local time, each later than the one before. One pass over the log.
pub fn each_purchase_times<T: Default>(
    log: &OrderLog<'_>,
    observation: &Observation,
    checkpoint: &mut dyn Checkpoint,
    mut add: impl FnMut(&mut T, i64),
    mut visit: impl FnMut(Key<'_>, &mut T, &mut dyn Checkpoint) -> Result<()>,
) -> Result<()> {
    let add = |(last, together): &mut (Option<i64>, T), part: &Part<'_>| {
        for (time, amount) in part.entries() {
            if amount.is_negative() {
                continue;
            }
            let start = observation.period_start(time);
            // Where a zone's clocks go back over midnight, a day that has begun may come once more.
            if last.is_none_or(|last| last < start) {
                *last = Some(start);
                add(together, start);
            }
        }
    };
    walk(
        log,
        observation.as_of,
        checkpoint,
        add,
        |key, (_, together), checkpoint| visit(key, together, checkpoint),
    )
}

/// A customer at one of several times.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// Counts and sums since the time before; at the first, since ever.
    pub since: Totals,
    /// All purchases up to then; nothing before the first.
    pub purchases: Option<Purchases>,
}

/// Visits all customers that have an entry up to the last of several ends of observation, each later than the one before, in order of their
/// keys, with what they were at each of these. One pass over the log.
pub fn each_stage<const N: usize>(
    log: &OrderLog<'_>,
    observations: &[Observation; N],
    checkpoint: &mut dyn Checkpoint,
    mut visit: impl FnMut(&[Stage; N], &mut dyn Checkpoint) -> Result<()>,
) -> Result<()> {
    let end = observations.last().map_or(i64::MIN, |last| last.as_of);
    let add = |Counts(counts): &mut Counts<N>, part: &Part<'_>| {
        let mut rest = *part;
        for ((since, purchases), observation) in counts.iter_mut().zip(observations) {
            purchases.add(&part.until(observation.as_of), observation);
            since.add(&rest.until(observation.as_of));
            rest = rest.after(observation.as_of);
        }
    };
    walk(log, end, checkpoint, add, |_, Counts(counts), checkpoint| {
        let mut stages: [Stage; N] = std::array::from_fn(|_| Stage::default());
        for ((stage, (since, purchases)), observation) in stages.iter_mut().zip(counts).zip(observations) {
            stage.since = std::mem::take(since);
            stage.purchases = purchases.finish(observation)?;
        }
        visit(&stages, checkpoint)
    })
}

/// What is counted of a customer up to each of several times.
struct Counts<const N: usize>([(Totals, PurchaseCount); N]);

impl<const N: usize> Default for Counts<N> {
    fn default() -> Self {
        Counts(std::array::from_fn(|_| Default::default()))
    }
}

/// Counts the purchases of one customer while its entries pass by in order of time.
#[derive(Clone, Debug, Default)]
struct PurchaseCount {
    /// Start of the first and the last purchase.
    first: Option<i64>,
    last: i64,
    frequency: u64,
    /// Gaps between purchases, in time units.
    gaps: Product,
    /// Net spend of all purchases but the first.
    spend: Sum,
    /// The period being added up: its start, whether it has an order, and its net spend.
    period: Option<(i64, bool, Sum)>,
}

impl PurchaseCount {
    fn add(&mut self, part: &Part<'_>, observation: &Observation) {
        for (time, amount) in part.entries() {
            let start = observation.period_start(time);
            match &mut self.period {
                Some((current, has_order, spend)) if *current == start => {
                    *has_order |= !amount.is_negative();
                    spend.add(amount);
                }
                _ => self.begin_period(start, amount, observation),
            }
        }
    }

    fn begin_period(&mut self, start: i64, amount: Amount, observation: &Observation) {
        self.finish_period(observation);
        let mut spend = Sum::default();
        spend.add(amount);
        self.period = Some((start, !amount.is_negative(), spend));
    }

    fn finish_period(&mut self, observation: &Observation) {
        let Some((start, true, spend)) = self.period.take() else {
            return;
        };
        match self.first {
            None => self.first = Some(start),
            Some(_) => {
                self.frequency += 1;
                // Where a zone's clocks go back over midnight, a day may begin before the one before it.
                let gap = length(self.last, start).max(1.0);
                self.gaps.multiply(gap / observation.time_unit as f64);
                self.spend.add_sum(&spend);
            }
        }
        self.last = start;
    }

    fn finish(&mut self, observation: &Observation) -> Result<Option<Purchases>> {
        self.finish_period(observation);
        let Some(first) = self.first else {
            return Ok(None);
        };
        let end = observation.period_start(observation.as_of);
        Ok(Some(Purchases {
            frequency: self.frequency,
            recency: observation.units(first, self.last),
            age: observation.units(first, end),
            monetary_value: match self.frequency {
                0 => 0.0,
                n => self.spend.value()? / n as f64,
            },
            ln_gaps: self.gaps.ln(),
        }))
    }
}

/// A product whose logarithm is asked for: one logarithm does for many of them.
#[derive(Clone, Copy, Debug)]
struct Product {
    /// The logarithm of what has been put aside, and the rest.
    ln: f64,
    rest: f64,
}

impl Default for Product {
    fn default() -> Product {
        Product { ln: 0.0, rest: 1.0 }
    }
}

impl Product {
    #[inline]
    fn multiply(&mut self, factor: f64) {
        /// Times any length of time these are numbers of all digits.
        const USUAL: std::ops::RangeInclusive<f64> = 1e-280..=1e280;
        self.rest *= factor;
        if !USUAL.contains(&self.rest) {
            self.ln += self.rest.ln();
            self.rest = 1.0;
        }
    }

    fn ln(self) -> f64 {
        self.ln + self.rest.ln()
    }
}
