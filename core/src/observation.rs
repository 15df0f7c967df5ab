//! Which times there are, where observation ends, and how what came before is looked at.

use crate::calendar::Period;
use crate::collect::Listed;
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
    /// The unit of recency and age, in microseconds.
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
}
