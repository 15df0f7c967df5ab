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

/// Up to when it is known what happened, and so which windows are over: the one rule for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The end of observation as it was asked for, inclusive.
    pub as_of: i64,
    /// The last instant of which all is known: `as_of`, or the last one of its day where times are dates.
    pub end: i64,
}

impl Seen {
    /// What is seen up to `as_of`; `only_dates` if every time up to then begins a day of the zone, so that what is known of a day is known of
    /// all of it.
    pub fn new(as_of: i64, only_dates: bool, zone: &Zone) -> Seen {
        let end = if only_dates {
            let tomorrow = Period::Day.start(zone.local(as_of)).saturating_add(DAY);
            zone.instant(tomorrow).saturating_sub(1).max(as_of)
        } else {
            as_of
        };
        Seen { as_of, end }
    }

    /// Whether a window that ends before the instant `end` is over.
    #[inline]
    pub fn is_over_before(&self, end: i64) -> bool {
        end <= self.end.saturating_add(1)
    }

    /// Whether a window that ends with the instant `end` is over.
    #[inline]
    pub fn is_over_with(&self, end: i64) -> bool {
        end <= self.as_of
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_of_dates_is_seen_to_the_end_of_its_last_day() {
        let utc = Zone::utc();
        let (instants, dates) = (Seen::new(7 * DAY, false, &utc), Seen::new(7 * DAY, true, &utc));
        assert_eq!((instants.end, dates.end), (7 * DAY, 8 * DAY - 1));
        for (end, over) in [
            (7 * DAY, [true, true]),
            (8 * DAY, [false, true]),
            (8 * DAY + 1, [false, false]),
        ] {
            assert_eq!([instants.is_over_before(end), dates.is_over_before(end)], over, "{end}");
        }
        // What ends with an instant is over with it, and with nothing later.
        assert!(dates.is_over_with(7 * DAY) && !dates.is_over_with(7 * DAY + 1));
        assert!(instants.is_over_before(7 * DAY + 1));
        // In the middle of the day as well.
        assert_eq!(Seen::new(7 * DAY + 5, true, &utc).end, 8 * DAY - 1);
    }

    #[test]
    fn days_end_where_the_zone_says() {
        let hour = DAY / 24;
        // A day of 23 hours, which ends an hour earlier than it would.
        let zone = Zone::new(hour, vec![(10 * DAY + hour, 2 * hour)]);
        assert_eq!(Seen::new(10 * DAY - hour, true, &zone).end, 11 * DAY - 2 * hour - 1);
        assert_eq!(Seen::new(9 * DAY - hour, true, &zone).end, 10 * DAY - hour - 1);
    }

    #[test]
    fn the_end_of_the_calendar_is_seen() {
        let last = crate::calendar::END_TIME - 1;
        let seen = Seen::new(last, true, &Zone::utc());
        assert_eq!(seen.end, last);
        assert!(seen.is_over_before(last + 1) && !seen.is_over_before(last + 2));
        assert!(Seen::new(i64::MAX, true, &Zone::utc()).is_over_before(i64::MAX));
    }
}
