//! Which times there are, where observation ends, and how what came before is looked at.

use crate::calendar::{DAY, Period, format_time, length};
use crate::collect::Listed;
use crate::warning::Warning;
use crate::zone::Zone;
use std::fmt;

/// Whether times are instants or stand as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeKind {
    /// `timestamp` and `date`: no zone, taken as they stand.
    Local,
    /// `timestamptz`: instants.
    Zoned,
}

impl Listed for TimeKind {
    const ALL: &'static [TimeKind] = &[TimeKind::Local, TimeKind::Zoned];
}

impl fmt::Display for TimeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeKind::Local => "timestamp",
            TimeKind::Zoned => "timestamptz",
        })
    }
}

/// From where, and how, what happened is looked at.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The end of observation, inclusive: what is later is not seen.
    pub as_of: i64,
    /// The grain at which orders are one purchase.
    pub period: Period,
    /// The time zone in which periods begin.
    pub zone: Zone,
    /// The unit of recency and age, in microseconds. Where it is the mean length of a period, periods are counted: months and years of
    /// different lengths are one each.
    pub time_unit: i64,
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

    /// The time between the starts of two periods, in time units.
    #[inline]
    pub fn units(&self, from: i64, to: i64) -> f64 {
        if self.period.length() == Some(self.time_unit) {
            let number = |start| self.period.number(start);
            if let (Some(from), Some(to)) = (number(from), number(to)) {
                return (to - from) as f64;
            }
        }
        length(from, to) / self.time_unit as f64
    }

    /// What to tell about the period that holds the end of observation, if it goes on for another day: to count it as a chance that is over
    /// would take those who are late for those who did not come.
    pub fn unfinished(&self) -> Option<Warning> {
        let as_of = self.zone.local(self.as_of);
        let start = self.period.start(as_of);
        let end = self
            .period
            .start(start.saturating_add(self.period.length()?.saturating_mul(3) / 2));
        if as_of >= end.saturating_sub(DAY) {
            return None;
        }
        let name = self.period.name();
        let day = |next: i64| {
            let time = format_time(next.saturating_sub(DAY));
            time.split(' ').next().unwrap_or_default().to_owned()
        };
        Some(Warning {
            headline: "the last period is not over at the end of observation",
            facts: format!(
                "the last {name} is not over as of {}, and counts as one that customers without an order have let pass",
                format_time(as_of)
            ),
            advice: format!(
                "Pass the last day of a {name} as as_of, such as '{}' or '{}'.",
                day(start),
                day(end)
            ),
        })
    }
}
