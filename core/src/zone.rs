//! A time zone as a table of offsets.

/// The offsets of a time zone from UTC over the range of times that somebody asked for.
///
/// The table is made by the caller, who knows the time zone database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// The offset, in microseconds east of UTC, before the first change.
    first: i64,
    /// Instants at which the offset changes, ascending, each with the offset from then on.
    changes: Vec<(i64, i64)>,
}

impl Zone {
    /// Coordinated Universal Time; also the zone of times that have none and are taken as they stand.
    pub fn utc() -> Zone {
        Zone::new(0, Vec::new())
    }

    /// A zone with the offset `first` until the first of `changes`, which are (instant, offset from then on), ascending.
    pub fn new(first: i64, changes: Vec<(i64, i64)>) -> Zone {
        debug_assert!(changes.is_sorted_by(|a, b| a.0 < b.0));
        Zone { first, changes }
    }

    /// The local time of an instant. O(log changes).
    #[inline]
    pub fn local(&self, instant: i64) -> i64 {
        if self.changes.is_empty() {
            return instant.saturating_add(self.first);
        }
        let passed = self.changes.partition_point(|change| change.0 <= instant);
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
}
