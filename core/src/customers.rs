//! What one customer's orders amount to.
//!
//! `frequency`, `recency` and `age` follow Fader, Hardie & Lee, "Counting your customers the easy way" (2005), where they
//! are x, t_x and T: purchases are counted after the first one, and both times run from the first purchase. The orders of one
//! period (a day, say) are one purchase, dated at the start of the period.

use crate::amount::{Amount, Sum};
use crate::calendar::{DAY, Period};
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::key::Key;
use crate::order_log::{OrderLog, Part};
use crate::zone::Zone;

/// From where, and how, customers are looked at.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The end of observation, inclusive: what is later is not seen.
    pub as_of: i64,
    /// The grain at which orders are one purchase.
    pub period: Period,
    /// The time zone in which periods begin.
    pub zone: Zone,
    /// The unit of recency and age, in microseconds.
    pub time_unit: i64,
}

/// Counts and sums over the entries of one customer.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// The time of the first order; nothing if there are returns only.
    pub first_order: Option<i64>,
    /// The time of the last order.
    pub last_order: Option<i64>,
    /// How many orders there are.
    pub orders: u64,
    /// The amounts of orders.
    pub gross: Sum,
    /// The amounts of returns, negative.
    pub returned: Sum,
}

impl Totals {
    /// Adds the entries of a part, which follow those added before.
    #[inline]
    pub fn add(&mut self, part: &Part<'_>) {
        if !(part.is_plain() && part.summable) {
            return self.add_slowly(part);
        }
        let (mut gross, mut returned) = (0, 0);
        for (&time, &mantissa) in part.times.iter().zip(part.mantissas) {
            if mantissa >= 0 {
                gross += mantissa;
                self.order(time);
            } else {
                returned += mantissa;
            }
        }
        self.gross.add_scaled(i128::from(gross), part.scale);
        self.returned.add_scaled(i128::from(returned), part.scale);
    }

    #[cold]
    fn add_slowly(&mut self, part: &Part<'_>) {
        for (time, amount) in part.entries() {
            if amount.is_negative() {
                self.returned.add(amount);
            } else {
                self.gross.add(amount);
                self.order(time);
            }
        }
    }

    #[inline]
    fn order(&mut self, time: i64) {
        // What did not add exactly is several entries, but one order.
        self.orders += u64::from(self.last_order != Some(time));
        self.last_order = Some(time);
        if self.first_order.is_none() {
            self.first_order = Some(time);
        }
    }

    /// Net spend: orders less returns.
    #[inline]
    pub fn revenue(&self) -> f64 {
        let mut revenue = self.gross;
        revenue.add_sum(&self.returned);
        revenue.value()
    }

    /// What returns took off, not negative.
    pub fn returns(&self) -> f64 {
        // Zero minus zero is no minus zero.
        0.0 - self.returned.value()
    }
}

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
    as_of.saturating_sub(time) as f64 / DAY as f64
}

/// Visits all customers that have an entry up to the end of observation, in order of their keys. One pass over the log; the visitor may
/// ask the checkpoint for memory.
pub fn each(
    log: &OrderLog<'_>,
    observation: &Observation,
    checkpoint: &mut dyn Checkpoint,
    visit: &mut dyn FnMut(Customer<'_>, &mut dyn Checkpoint) -> Result<()>,
) -> Result<()> {
    let mut cursor = log.cursor();
    let mut totals = Totals::default();
    let mut purchases = PurchaseCount::default();
    let mut seen = false;
    while cursor.advance(checkpoint)? {
        let part = cursor.part();
        if part.starts {
            totals = Totals::default();
            purchases = PurchaseCount::default();
            seen = false;
        }
        let part = part.until(observation.as_of);
        if !part.times.is_empty() {
            seen = true;
            totals.add(&part);
            purchases.add(&part, observation);
        }
        if part.ends && seen {
            let customer = Customer {
                key: part.key,
                totals: &totals,
                purchases: purchases.finish(observation),
            };
            visit(customer, checkpoint)?;
        }
    }
    Ok(())
}

/// Counts the purchases of one customer while its entries pass by in order of time.
#[derive(Clone, Debug, Default)]
struct PurchaseCount {
    /// Start of the first and the last purchase.
    first: Option<i64>,
    last: i64,
    frequency: u64,
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
                _ => self.begin_period(start, amount),
            }
        }
    }

    fn begin_period(&mut self, start: i64, amount: Amount) {
        self.finish_period();
        let mut spend = Sum::default();
        spend.add(amount);
        self.period = Some((start, !amount.is_negative(), spend));
    }

    fn finish_period(&mut self) {
        let Some((start, true, spend)) = self.period.take() else {
            return;
        };
        match self.first {
            None => self.first = Some(start),
            Some(_) => {
                self.frequency += 1;
                self.spend.add_sum(&spend);
            }
        }
        self.last = start;
    }

    fn finish(&mut self, observation: &Observation) -> Option<Purchases> {
        self.finish_period();
        let first = self.first?;
        let units = |from: i64, to: i64| to.saturating_sub(from) as f64 / observation.time_unit as f64;
        let end = observation.period_start(observation.as_of);
        Some(Purchases {
            frequency: self.frequency,
            recency: units(first, self.last),
            age: units(first, end),
            monetary_value: match self.frequency {
                0 => 0.0,
                n => self.spend.value() / n as f64,
            },
        })
    }
}

impl Observation {
    /// The start of the period that holds an instant, in local time; the instant itself where there are no periods.
    #[inline]
    pub fn period_start(&self, time: i64) -> i64 {
        match self.period {
            Period::None => time,
            period => period.start(self.zone.local(time)),
        }
    }
}
