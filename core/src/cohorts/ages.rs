//! Which window of a customer a time falls into, and which of them are over.

use super::{Options, Windows};
use crate::calendar::{Origin, Period};
use crate::observation::Seen;
use crate::zone::Zone;

/// How ages are counted, up to the end of observation.
pub struct Ages<'a> {
    period: Period,
    windows: Windows,
    seen: Seen,
    zone: &'a Zone,
}

/// A customer's first order, from which ages are counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct First {
    /// The instant, and the same as clocks show it.
    instant: i64,
    local: Origin,
    /// The number of the period: the cohort.
    pub cohort: i64,
}

impl<'a> Ages<'a> {
    /// Ages as the options have them.
    pub fn new(options: &Options, seen: Seen, zone: &'a Zone) -> Ages<'a> {
        Ages {
            period: options.period,
            windows: options.windows,
            seen,
            zone,
        }
    }

    /// A customer whose first order was at this instant.
    pub fn first(&self, instant: i64) -> First {
        let local = self.zone.local(instant);
        First {
            instant,
            local: Origin::new(local),
            cohort: self.number(local),
        }
    }

    fn number(&self, local: i64) -> i64 {
        self.period.number(local).unwrap_or(0)
    }

    /// Where a cohort begins, in local time.
    pub fn begin(&self, cohort: i64) -> i64 {
        self.period.begin(cohort).unwrap_or(0)
    }

    /// The age of a customer at an instant that is not before the first order, and the next age's first instant as far as it is known: up to
    /// then, the age is the same.
    pub fn age(&self, first: &First, time: i64) -> (u64, i64) {
        match self.windows {
            Windows::Calendar => {
                let age = self.number(self.zone.local(time)).saturating_sub(first.cohort);
                // Where clocks go back, the period of the first order may come again.
                (u64::try_from(age).unwrap_or(0), i64::MIN)
            }
            Windows::Rolling(Some(length)) => {
                // Between the ends of the calendar there are more microseconds than a signed number has.
                let age = time.wrapping_sub(first.instant) as u64 / length as u64;
                let next = (u128::from(age) + 1) * length as u128;
                let next = i128::from(first.instant).saturating_add_unsigned(next);
                (age, i64::try_from(next).unwrap_or(i64::MAX))
            }
            Windows::Rolling(None) => {
                let mut age = first.local.elapsed(self.period, self.zone.local(time)).max(0);
                if self.zone.is_fixed() {
                    return (age as u64, i64::MIN);
                }
                // Where clocks change, what has elapsed by the clock may have so an hour sooner or later.
                while age > 0 && self.start(first, age) > time {
                    age -= 1;
                }
                let mut next = self.start(first, age + 1);
                while next <= time {
                    age += 1;
                    next = self.start(first, age + 1);
                }
                (age as u64, next)
            }
        }
    }

    /// The instant at which a window begins that is a period of the calendar after the first order.
    fn start(&self, first: &First, age: i64) -> i64 {
        self.zone.instant(self.period.step(first.local.local(), age))
    }

    /// How many ages have begun for a customer at the end of observation.
    pub fn begun(&self, first: &First) -> u64 {
        self.age(first, self.seen.end).0.saturating_add(1)
    }

    /// How many windows of a customer are over, from the first on.
    pub fn over(&self, first: &First) -> u64 {
        match self.windows {
            Windows::Calendar => {
                let mut over = self.begun(first);
                while over > 0 && !self.is_over(first.cohort.saturating_add_unsigned(over - 1)) {
                    over -= 1;
                }
                over
            }
            Windows::Rolling(_) => self.age(first, self.seen.end.saturating_add(1)).0,
        }
    }

    /// Whether the period of this number is over.
    pub fn is_over(&self, number: i64) -> bool {
        let end = self.begin(number.saturating_add(1));
        self.seen.is_over_before(self.zone.instant(end))
    }
}
