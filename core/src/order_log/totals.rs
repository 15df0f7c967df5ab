//! What the entries of one customer add up to, and those of a whole log.

use super::{OrderLog, Part};
use crate::amount::Sum;
use crate::calendar::Period;
use crate::checkpoint::Checkpoint;
use crate::error::Result;

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
    pub fn revenue(&self) -> Result<f64> {
        let mut revenue = self.gross;
        revenue.add_sum(&self.returned);
        revenue.value()
    }

    /// What returns took off, not negative.
    pub fn returns(&self) -> Result<f64> {
        // Zero minus zero is no minus zero.
        Ok(0.0 - self.returned.value()?)
    }

    /// Whether there are orders on different days, in UTC or as times stand.
    fn has_repeats(&self) -> bool {
        let day = |time: Option<i64>| time.map(|time| Period::Day.start(time));
        day(self.first_order) != day(self.last_order)
    }
}

/// What is in a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// Distinct customers, those with returns only among them.
    pub customers: u64,
    /// Customers with orders on different days, in UTC or as times stand: those who came again.
    pub repeat_customers: u64,
    /// Distinct instants of a customer with at least one amount that is not negative.
    pub orders: u64,
    /// The time of the oldest order.
    pub first_order: Option<i64>,
    /// The time of the newest order.
    pub last_order: Option<i64>,
    /// All amounts, returns taken off.
    pub revenue: f64,
}

impl OrderLog<'_> {
    /// What is in the log. One pass over it.
    pub fn describe(&self, checkpoint: &mut dyn Checkpoint) -> Result<Description> {
        let mut description = Description::default();
        let mut all = Totals::default();
        let mut totals = Totals::default();
        let mut cursor = self.cursor();
        while cursor.advance(checkpoint)? {
            let part = cursor.part();
            if part.starts {
                totals = Totals::default();
            }
            totals.add(&part);
            if part.ends {
                description.customers += 1;
                description.repeat_customers += u64::from(totals.has_repeats());
                all.orders += totals.orders;
                all.first_order = [all.first_order, totals.first_order].into_iter().flatten().min();
                all.last_order = all.last_order.max(totals.last_order);
                all.gross.add_sum(&totals.gross);
                all.returned.add_sum(&totals.returned);
            }
        }
        description.orders = all.orders;
        description.first_order = all.first_order;
        description.last_order = all.last_order;
        description.revenue = all.revenue()?;
        Ok(description)
    }
}
