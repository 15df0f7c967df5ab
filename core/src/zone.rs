//! A time zone as a table of offsets.

use crate::calendar::{DAY, Period, days_from_civil};

/// What the Gregorian calendar repeats itself after, weekdays too: 400 years.
const CYCLE: i64 = 146_097 * DAY;
/// From when on offsets follow rules that repeat with the calendar: 2500-01-01. Tables of changes end long before.
const RULES: i64 = days_from_civil(2500, 1, 1) * DAY;

/// The offsets of a time zone from UTC over the range of times that somebody asked for.
///
/// The table is made by the caller, who knows the time zone database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// The offset, in microseconds east of UTC, before the first change.
    first: i64,
    /// Instants at which the offset changes, ascending, each with the offset from then on.
    changes: Vec<(i64, i64)>,
    /// From when on the changes of the 400 years before repeat themselves.
    repeats: i64,
}

impl Zone {
    /// Changes up to here are enough for all times to come: 2900-01-01.
    pub const ENOUGH: i64 = RULES + CYCLE;

    /// Coordinated Universal Time; also the zone of times that have none and are taken as they stand.
    pub fn utc() -> Zone {
        Zone::new(0, Vec::new())
    }

    /// A zone with the offset `first` until the first of `changes`, which are (instant, offset from then on), ascending: all that there
    /// are up to the times that will be asked for, or up to [`ENOUGH`](Zone::ENOUGH).
    pub fn new(first: i64, changes: Vec<(i64, i64)>) -> Zone {
        debug_assert!(changes.is_sorted_by(|a, b| a.0 < b.0));
        let repeats = if changes.is_empty() { i64::MAX } else { Zone::ENOUGH };
        Zone {
            first,
            changes,
            repeats,
        }
    }

    /// Whether clocks never change.
    pub fn is_fixed(&self) -> bool {
        self.changes.is_empty()
    }

    /// The local time of an instant. O(log changes).
    #[inline]
    pub fn local(&self, instant: i64) -> i64 {
        if self.changes.is_empty() {
            return instant.saturating_add(self.first);
        }
        let seen = if instant < self.repeats {
            instant
        } else {
            RULES + (instant - RULES).rem_euclid(CYCLE)
        };
        let passed = self.changes.partition_point(|change| change.0 <= seen);
        let offset = match passed {
            0 => self.first,
            n => self.changes[n - 1].1,
        };
        instant.saturating_add(offset)
    }

    /// The instant at which clocks show a local time, as PostgreSQL has it: a time that comes twice is the later one, and a time that clocks
    /// leave out is as long after the change as it would be without one. O(log changes).
    pub fn instant(&self, local: i64) -> i64 {
        if self.changes.is_empty() {
            return local.saturating_sub(self.first);
        }
        let seen = if local < self.repeats {
            local
        } else {
            RULES + (local - RULES).rem_euclid(CYCLE)
        };
        // No clock is a day off, so that the change that matters is the first one from a day before on.
        let passed = self
            .changes
            .partition_point(|change| change.0 <= seen.saturating_sub(DAY));
        let before = match passed {
            0 => self.first,
            n => self.changes[n - 1].1,
        };
        let offset = match self.changes.get(passed) {
            // By the clocks of after it is later; a time that is left out is so by those of before only.
            Some(&(change, after)) if seen.saturating_sub(after) >= change => after,
            _ => before,
        };
        local.saturating_sub(offset)
    }

    /// Whether a day begins at an instant: at midnight, or, where clocks leave that out, right after.
    #[inline]
    pub fn begins_day(&self, instant: i64) -> bool {
        let local = self.local(instant);
        local.rem_euclid(DAY) == 0
            || !self.changes.is_empty()
                && Period::Day.start(self.local(instant.saturating_sub(1))) < Period::Day.start(local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_change_at_the_instant() {
        let zone = Zone::new(10, vec![(100, 20), (200, 10)]);
        assert_eq!(zone.local(99), 109);
        assert_eq!(zone.local(100), 120);
        assert_eq!(zone.local(199), 219);
        assert_eq!(zone.local(200), 210);
        assert_eq!(Zone::utc().local(5), 5);
    }

    #[test]
    fn instants_of_local_times_are_those_of_postgresql() {
        let (hour, noon) = (DAY / 24, DAY / 2);
        // Clocks go forward at 02:00 of day 10 and back at 03:00 of day 20.
        let zone = Zone::new(hour, vec![(10 * DAY + hour, 2 * hour), (20 * DAY + hour, hour)]);
        for (local, instant) in [
            (10 * DAY + 2 * hour - 1, 10 * DAY + hour - 1),
            // Left out, and the same as an hour later.
            (10 * DAY + 2 * hour, 10 * DAY + hour),
            (10 * DAY + 3 * hour - 1, 10 * DAY + 2 * hour - 1),
            (10 * DAY + 3 * hour, 10 * DAY + hour),
            (15 * DAY + noon, 15 * DAY + noon - 2 * hour),
            (20 * DAY + 2 * hour - 1, 20 * DAY - 1),
            // Twice: the second time.
            (20 * DAY + 2 * hour, 20 * DAY + hour),
            (20 * DAY + 3 * hour - 1, 20 * DAY + 2 * hour - 1),
            (20 * DAY + 3 * hour, 20 * DAY + 2 * hour),
            (-DAY, -DAY - hour),
        ] {
            assert_eq!(zone.instant(local), instant, "{local}");
        }
        assert_eq!(Zone::utc().instant(5), 5);
        assert_eq!(
            (zone.instant(i64::MIN), zone.instant(i64::MAX)),
            (i64::MIN, i64::MAX - hour)
        );
    }

    #[test]
    fn days_begin_after_midnights_that_are_left_out() {
        let hour = DAY / 24;
        let zone = Zone::new(0, vec![(10 * DAY, hour), (20 * DAY - hour, 0)]);
        // 10 January begins at 01:00, 20 January when midnight comes for good.
        assert_eq!(zone.local(zone.instant(10 * DAY)), 10 * DAY + hour);
        assert_eq!(zone.instant(20 * DAY), 20 * DAY);
        for instant in [9 * DAY, 10 * DAY, 15 * DAY - hour, 20 * DAY, 21 * DAY] {
            assert!(zone.begins_day(instant), "{instant}");
            assert!(
                !zone.begins_day(instant + 1) && !zone.begins_day(instant - 1),
                "{instant}"
            );
        }
        assert!(!zone.begins_day(15 * DAY));
    }

    #[test]
    fn the_rules_of_the_last_400_years_repeat() {
        let at = |year: i64, month: u32| days_from_civil(year, month, 1) * DAY;
        let summers = |years: std::ops::Range<i64>| {
            let changes = years.flat_map(|year| [(at(year, 4), 60), (at(year, 10), 0)]);
            Zone::new(0, changes.collect())
        };
        let (short, long) = (summers(2000..2900), summers(2000..4200));
        for year in [2001, 2499, 2500, 2899, 2900, 2901, 3000, 3299, 3300, 4000, 4199] {
            for month in 1..=12 {
                for instant in [at(year, month) - 1, at(year, month)] {
                    let all = Zone {
                        repeats: i64::MAX,
                        ..long.clone()
                    };
                    assert_eq!(short.local(instant), all.local(instant), "{year}-{month}");
                }
            }
        }
        let last = crate::calendar::END_TIME - 1;
        assert_eq!(short.local(last), last);
        assert_eq!(short.local(last - 180 * DAY), last - 180 * DAY + 60);
    }
}
