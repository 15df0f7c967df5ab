//! Cohorts: the customers whose first orders fell into one period, and what became of them.
//!
//! A cohort is seen at ages, from 0 on: periods of the calendar after its own, or windows of equal length from each customer's own first
//! order. A window that is not over tells nothing yet: rates are shares of those whose window is over (see
//! [`Seen`](crate::observation::Seen)), and there is none where nobody's is.

mod ages;
mod table;

use crate::calendar::Period;
use crate::checkpoint::Checkpoint;
use crate::choice::choose;
use crate::error::Result;
use crate::estimate::Confidence;
use crate::order_log::OrderLog;
use crate::zone::Zone;
use ages::Ages;
use table::Table;

/// When a customer is active at an age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Definition {
    /// With an order at that age.
    #[default]
    On,
    /// With an order at that age or later: one who comes back was never away.
    OnOrAfter,
}

impl Definition {
    /// Reads the word.
    pub fn parse(word: &str) -> Result<Definition> {
        let known = [("on", Definition::On), ("on_or_after", Definition::OnOrAfter)];
        choose("definition", word, &known)
    }
}

/// What an age is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Windows {
    /// A period of the calendar, counted from that of the first order.
    #[default]
    Calendar,
    /// From a customer's own first order on: periods of the calendar added to it, or windows of so many microseconds.
    Rolling(Option<i64>),
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The periods whose first orders make a cohort; not [`Period::None`].
    pub period: Period,
    /// When a customer is active.
    pub definition: Definition,
    /// What an age is.
    pub windows: Windows,
    /// The greatest age that is shown.
    pub max_age: Option<u64>,
    /// That of the limits of rates.
    pub confidence: Confidence,
    /// More rows than this are an error.
    pub row_limit: u64,
}

/// A cohort at an age.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where its period begins, in local time; nothing for customers with returns only.
    pub cohort: Option<i64>,
    /// Windows that were over before the one that is meant.
    pub age: u64,
    /// All customers of the cohort so far.
    pub customers: u64,
    /// Those whose window is over.
    pub observed: u64,
    /// Customers who are active at that age so far.
    pub active: u64,
    /// Those of them whose window is over.
    pub observed_active: u64,
    /// Orders at that age: instants with at least one amount that is not negative.
    pub orders: u64,
    /// All amounts of the cohort's customers at that age, returns taken off; at age 0 also those before the first order.
    pub revenue: f64,
    /// Whether nothing of this row changes any more: all windows are over, and the cohort's own period is.
    pub complete: bool,
    /// Of `observed`, the share that is active, with Wilson's limits; nothing where no window is over, and for customers with returns only.
    pub rate: Option<(f64, (f64, f64))>,
}

/// Visits each cohort that has customers at each age that has begun for one of them, by cohort and age; at last, those with returns only. One
/// pass over the log, and one more over a log of dates. Memory: some hundred bytes a row.
///
/// # Errors
/// More rows than `row_limit`.
pub fn each(
    log: &OrderLog<'_>,
    as_of: i64,
    zone: &Zone,
    options: &Options,
    checkpoint: &mut dyn Checkpoint,
    visit: &mut dyn FnMut(&Row) -> Result<()>,
) -> Result<()> {
    let seen = log.seen(as_of, zone, checkpoint)?;
    let mut table = Table::new(options, Ages::new(options, seen, zone));
    let mut cursor = log.cursor();
    while cursor.advance(checkpoint)? {
        let part = cursor.part();
        if part.starts {
            table.begin_customer();
        }
        for (time, amount) in part.until(as_of).entries() {
            table.add(time, amount, checkpoint)?;
        }
        if part.ends {
            table.end_customer();
        }
    }
    table.rows(checkpoint, visit)
}
