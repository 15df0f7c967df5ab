//! A time zone as a table of offsets.

use crate::calendar::{DAY, days_from_civil};

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
