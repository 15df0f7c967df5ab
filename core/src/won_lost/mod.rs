//! Who was won, kept, won back and lost from one period to the next, and what money went with them.
//!
//! A customer is *active* in a period with an order in it. Of two neighbouring periods, one who is active in both is kept; in the later one only,
//! new if the order is the first one ever, and else won back; in the earlier one only, lost. Whoever is active in neither but has amounts,
//! which are returns then, is inactive. So customers and money of each period add up, and so does what changes from one to the next, to the
//! last digit where amounts are decimals.

mod flows;
mod trend;

pub use trend::Trend;

use crate::amount::Sum;
use crate::calendar::{Period, format_time};
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::estimate::Confidence;
use crate::order_log::OrderLog;
use crate::zone::Zone;
use flows::Flows;
use trend::Trends;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The periods; not [`Period::None`].
    pub period: Period,
    /// Only periods that begin at this local time or later are shown; what came before is known all the same.
    pub since: Option<i64>,
    /// Only periods that begin at this local time or before it are shown.
    pub until: Option<i64>,
    /// That of the limits of shares.
    pub confidence: Confidence,
    /// More periods than this are an error.
    pub row_limit: u64,
}

impl Options {
    /// Checks that there may be something to show.
    pub fn check(&self) -> Result<()> {
        match (self.since, self.until) {
            (Some(since), Some(until)) if since > until => Err(Error::invalid("since must not be later than until")
                .detail(format!("They are {} and {}.", format_time(since), format_time(until)))),
            _ => Ok(()),
        }
    }
}

/// A period.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where it begins, in local time.
    pub start: i64,
    /// Whether it is the period of the first row: of those before it nothing is known.
    pub is_first: bool,
    /// Customers whose first order is in it.
    pub new: u64,
    /// Customers who are active in it and in the period before.
    pub kept: u64,
    /// Customers who are active in it, not in the period before, and were so earlier.
    pub won_back: u64,
    /// Customers who were active in the period before and are not in this one.
    pub lost: u64,
    /// The amounts in it of those who are new, kept and won back, and of customers who are not active in it.
    pub revenue_new: Sum,
    /// See `revenue_new`.
    pub revenue_kept: Sum,
    /// See `revenue_new`.
    pub revenue_won_back: Sum,
    /// See `revenue_new`.
    pub revenue_inactive: Sum,
    /// The amounts in the period before of those who are kept and lost in this one, and of customers who were not active in that one.
    pub kept_before: Sum,
    /// See `kept_before`.
    pub lost_before: Sum,
    /// See `kept_before`.
    pub inactive_before: Sum,
    /// Whether the period is over.
    pub complete: bool,
}

impl Row {
    /// Customers who are active in the period.
    pub fn customers(&self) -> u64 {
        self.new + self.kept + self.won_back
    }

    /// Customers who were active in the period before.
    pub fn customers_before(&self) -> u64 {
        self.kept + self.lost
    }

    /// All amounts of the period.
    pub fn revenue(&self) -> Result<f64> {
        let mut revenue = self.revenue_new;
        revenue.add_sum(&self.revenue_kept);
        revenue.add_sum(&self.revenue_won_back);
        revenue.add_sum(&self.revenue_inactive);
        revenue.value()
    }

    /// Of the customers of the period before, the share that is lost, with Wilson's limits; nothing where there were none, and while the
    /// period is not over.
    pub fn lost_share(&self, confidence: Confidence) -> Option<(f64, (f64, f64))> {
        let before = self.customers_before();
        let limits = confidence.wilson(self.lost, before).filter(|_| self.complete)?;
        Some((self.lost as f64 / before as f64, limits))
    }
}

/// Visits the periods from that of the first row to that of the end of observation, those with nothing too, in their order, as far as they are
/// to be shown. One pass over the log, and one more over a log of dates. Memory: some 400 bytes a period that is shown. A log of returns only
/// ends with its newest one, if that is before `as_of`.
///
/// # Errors
/// More periods than `row_limit`.
pub fn each(
    log: &OrderLog<'_>,
    as_of: i64,
    zone: &Zone,
    options: &Options,
    checkpoint: &mut dyn Checkpoint,
    visit: &mut dyn FnMut(&Row, &mut dyn Checkpoint) -> Result<()>,
) -> Result<()> {
    let as_of = match log.newest_order() {
        Some(_) => as_of,
        None => match log.newest_row(checkpoint)? {
            Some(newest) => as_of.min(newest),
            None => return Ok(()),
        },
    };
    let seen = log.seen(as_of, zone, checkpoint)?;
    let mut flows = Flows::new(options, seen, zone);
    let mut cursor = log.cursor();
    while cursor.advance(checkpoint)? {
        let part = cursor.part();
        for (time, amount) in part.until(as_of).entries() {
            flows.add(time, amount, checkpoint)?;
        }
        if part.ends {
            flows.end_customer(checkpoint)?;
        }
    }
    flows.rows(checkpoint, visit)
}

/// The trends of what is lost and of what is new, over the same periods that [`each`] shows, as far as they are over and have one before them;
/// nothing where it shows none.
///
/// # Errors
/// As those of [`each`].
pub fn trends(
    log: &OrderLog<'_>,
    as_of: i64,
    zone: &Zone,
    options: &Options,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Option<[Trend; 2]>> {
    let mut trends = Trends::default();
    each(log, as_of, zone, options, checkpoint, &mut |row, checkpoint| {
        trends.add(row, checkpoint)
    })?;
    Ok(trends.finish(options.confidence))
}
