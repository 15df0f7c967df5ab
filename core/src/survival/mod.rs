//! How long customers stay before they are lost, and how soon they come back: curves that count those who are still waited for.
//!
//! A customer is lost the first time that `lost_after` passes without a purchase. That is known on the day it happens, from what was there by
//! then: nothing that comes later changes it.

mod curve;
mod log_rank;

pub use curve::{Point, curve};
pub use log_rank::{Compared, LogRank, log_rank};

use crate::calendar::{DAY, Period};
use crate::checkpoint::{Checkpoint, push, vec_of};
use crate::customers::each_purchase_times;
use crate::error::{Error, Result, spelled};
use crate::observation::{Observation, Seen};
use crate::order_log::OrderLog;
use crate::words::sort_by_word;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// From the first purchase on, that so many microseconds pass without another one.
    LostAfter(i64),
    /// From the purchase of this number on, the next one.
    After(u64),
}

impl Event {
    /// The loss after a silence of that length.
    ///
    /// # Errors
    /// Where orders of a period are one purchase, a length that is not a whole number of days.
    pub fn lost_after(length: i64, period: Period) -> Result<Event> {
        if period != Period::None && length % DAY != 0 {
            return Err(Error::invalid("lost_after must be a whole number of days")
                .detail(format!("It is {} days.", spelled(length as f64 / DAY as f64)))
                .hint("Write '90 days', or pass period => 'none'. A year as an interval is 365.25 days."));
        }
        Ok(Event::LostAfter(length))
    }

    /// The next purchase after that of a number.
    ///
    /// # Errors
    /// A number below 1.
    pub fn after_order(n: i32) -> Result<Event> {
        match u64::try_from(n) {
            Ok(n) if n > 0 => Ok(Event::After(n)),
            _ => Err(Error::invalid("after_order must be at least 1").detail(format!("It is {n}."))),
        }
    }
}

/// How long each customer was waited for, and whether what was waited for came.
#[derive(Clone, Debug, Default)]
pub struct Waits {
    /// Ascending; what came at a time and what had not come by then in no particular order.
    all: Vec<(u64, bool)>,
    /// Their unit, in days.
    days: f64,
}

impl Waits {
    /// How many customers were waited for.
    pub fn customers(&self) -> usize {
        self.all.len()
    }

    /// The times, ascending, each with how many were waited for when it came, for how many it came then, and for how many the waiting ended.
    /// Events come before those who are seen no longer.
    fn times(&self) -> impl Iterator<Item = Time> {
        let mut left = self.all.len() as u64;
        self.all.chunk_by(|a, b| a.0 == b.0).map(move |at| {
            let at_risk = left;
            left -= at.len() as u64;
            Time {
                time: at[0].0,
                at_risk,
                events: at.iter().filter(|wait| wait.1).count() as u64,
            }
        })
    }
}

/// Those who were waited for at a time.
#[derive(Clone, Copy, Debug)]
struct Time {
    time: u64,
    at_risk: u64,
    events: u64,
}

/// The purchases of one customer while they pass by.
#[derive(Default)]
struct Passing {
    /// From when on is waited, if it has begun.
    since: Option<i64>,
    last: i64,
    purchases: u64,
    /// When it came.
    event: Option<i64>,
}

impl Passing {
    fn add(&mut self, start: i64, event: Event) {
        self.purchases += 1;
        match event {
            Event::LostAfter(silence) => {
                if self.since.is_none() {
                    self.since = Some(start);
                } else if self.event.is_none() && start.abs_diff(self.last) > silence as u64 {
                    self.event = Some(self.last.saturating_add(silence));
                }
            }
            Event::After(n) if self.purchases == n => self.since = Some(start),
            Event::After(n) if self.purchases == n + 1 => self.event = Some(start),
            Event::After(_) => {}
        }
        self.last = start;
    }
}

/// How long each customer is waited for up to the end of observation, of which `seen` says whether its period is over. One pass over the log;
/// memory: 32 bytes for each customer.
pub fn waits(
    log: &OrderLog<'_>,
    observation: &Observation,
    seen: &Seen,
    event: Event,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Waits> {
    let end = observation.period_start(observation.as_of);
    // Periods that begin before this one are over; without periods, so are times up to the end.
    let open = match observation.period {
        Period::None => observation.as_of.saturating_add(1),
        _ => observation.period_start(seen.end.saturating_add(1)),
    };
    let unit = if observation.period == Period::None {
        1
    } else {
        DAY as u64
    };
    let mut all: Vec<(u64, bool)> = Vec::new();
    let add = |passing: &mut Passing, start| passing.add(start, event);
    each_purchase_times(log, observation, checkpoint, add, |_, passing, checkpoint| {
        let Some(since) = passing.since else {
            return Ok(());
        };
        if let (Event::LostAfter(silence), None) = (event, passing.event) {
            // Nobody has come by then: lost if nobody can any more.
            passing.event = passing
                .last
                .checked_add(silence)
                .filter(|&lost| observation.period.start(lost) < open);
        }
        let until = passing.event.unwrap_or(end).max(since);
        push(
            &mut all,
            (until.abs_diff(since) / unit, passing.event.is_some()),
            checkpoint,
        )
    })?;
    let mut spare = vec_of((0, false), all.len(), checkpoint)?;
    sort_by_word(&mut all, &mut spare, checkpoint)?;
    Ok(Waits {
        all,
        days: unit as f64 / DAY as f64,
    })
}
