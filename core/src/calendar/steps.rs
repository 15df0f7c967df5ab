//! Periods of the calendar, counted and added.

use crate::choice::choose;
use crate::error::Result;

use super::{DAY, EPOCH_WEEKDAY, Period, civil_from_days, days_from_civil, days_in_month};

impl Period {
    /// The period of the calendar that a word stands for, where there has to be one.
    pub fn parse_of_calendar(word: &str) -> Result<Period> {
        let [of_calendar @ .., _] = Period::ALL.map(|period| (period.name(), period));
        choose("period", word, &of_calendar)
    }

    /// The local time at which the period of this number begins, of those that [`number`](Period::number) counts; nothing where there are no
    /// periods. Beyond the calendar, its end.
    pub fn begin(self, number: i64) -> Option<i64> {
        let of_day = |day: i64| day.saturating_mul(DAY);
        let of_month = |month: i64| {
            let month = month.clamp(-FARTHEST, FARTHEST);
            of_day(days_from_civil(
                month.div_euclid(12),
                month.rem_euclid(12) as u32 + 1,
                1,
            ))
        };
        match self {
            Period::None => None,
            Period::Day => Some(of_day(number)),
            Period::Week => Some(of_day(number.saturating_mul(7).saturating_sub(EPOCH_WEEKDAY))),
            Period::Month => Some(of_month(number)),
            Period::Quarter => Some(of_month(number.saturating_mul(3))),
            Period::Year => Some(of_month(number.saturating_mul(12))),
        }
    }

    /// The local time so many periods after `time`, at the same time of day; `time` itself where there are no periods. Months are added to
    /// `time` at once and never one after the other, so that the days that February lacks come back in March.
    pub fn step(self, time: i64, n: i64) -> i64 {
        let days = |n: i128| {
            let time = i128::from(time) + n * i128::from(DAY);
            time.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
        };
        match self {
            Period::None => time,
            Period::Day => days(i128::from(n)),
            Period::Week => days(7 * i128::from(n)),
            Period::Month => add_months(time, n),
            Period::Quarter => add_months(time, n.saturating_mul(3)),
            Period::Year => add_months(time, n.saturating_mul(12)),
        }
    }
}

/// A local time from which whole periods of the calendar are counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin {
    local: i64,
    /// The number of its month, and its day of that.
    month: i64,
    day: u32,
}

impl Origin {
    /// Counts from this local time.
    pub fn new(local: i64) -> Origin {
        let (year, month, day) = civil_from_days(local.div_euclid(DAY));
        Origin {
            local,
            month: 12 * year + i64::from(month) - 1,
            day,
        }
    }

    /// The local time.
    pub fn local(&self) -> i64 {
        self.local
    }

    /// How often a period can be [stepped](Period::step) from here until the local time `to` would be passed; 0 where there are no periods.
    #[inline]
    pub fn elapsed(&self, period: Period, to: i64) -> i64 {
        let lengths = |length: i64| match to.checked_sub(self.local) {
            Some(apart) => apart.div_euclid(length),
            None => (i128::from(to) - i128::from(self.local)).div_euclid(i128::from(length)) as i64,
        };
        match period {
            Period::None => 0,
            Period::Day => lengths(DAY),
            Period::Week => lengths(7 * DAY),
            Period::Month => self.months(to),
            Period::Quarter => self.months(to).div_euclid(3),
            Period::Year => self.months(to).div_euclid(12),
        }
    }

    #[inline]
    fn months(&self, to: i64) -> i64 {
        let (year, month, day) = civil_from_days(to.div_euclid(DAY));
        let due = if self.day > 28 {
            self.day.min(days_in_month(year, month))
        } else {
            self.day
        };
        let is_short = (day, to.rem_euclid(DAY)) < (due, self.local.rem_euclid(DAY));
        12 * year + i64::from(month) - 1 - self.month - i64::from(is_short)
    }
}

/// More months than there are in the calendar, whose days still are a number.
const FARTHEST: i64 = 1 << 40;

/// The local time so many months after `time`, at the same time of day; on the last day of a month that is too short, as `timestamp +
/// interval` has it in SQL: 31 January and a month is the last of February.
pub fn add_months(time: i64, n: i64) -> i64 {
    let (year, month, day) = civil_from_days(time.div_euclid(DAY));
    let months = (12 * year + i64::from(month) - 1)
        .saturating_add(n)
        .clamp(-FARTHEST, FARTHEST);
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) as u32 + 1);
    let day = days_from_civil(year, month, day.min(days_in_month(year, month)));
    day.saturating_mul(DAY).saturating_add(time.rem_euclid(DAY))
}

#[cfg(test)]
mod tests {
    use super::super::{END_TIME, MIN_TIME};
    use super::*;

    fn at(year: i64, month: u32, day: u32) -> i64 {
        days_from_civil(year, month, day) * DAY
    }

    #[test]
    fn months_are_added_to_the_first_date() {
        let noon = |year, month, day| at(year, month, day) + DAY / 2;
        for (n, want) in [
            (0, noon(2011, 1, 31)),
            (1, noon(2011, 2, 28)),
            (2, noon(2011, 3, 31)),
            (3, noon(2011, 4, 30)),
            (13, noon(2012, 2, 29)),
            (-2, noon(2010, 11, 30)),
            (-1200, noon(1911, 1, 31)),
        ] {
            assert_eq!(add_months(noon(2011, 1, 31), n), want, "{n}");
            assert_eq!(Period::Month.step(noon(2011, 1, 31), n), want, "{n}");
        }
        assert_eq!(Period::Quarter.step(at(2011, 11, 30), 1), at(2012, 2, 29));
        assert_eq!(Period::Year.step(at(2012, 2, 29), 1), at(2013, 2, 28));
        assert_eq!(Period::Year.step(at(2012, 2, 29), 4), at(2016, 2, 29));
        assert_eq!(Period::Week.step(at(2011, 12, 28), 1), at(2012, 1, 4));
        assert_eq!(Period::Day.step(at(2011, 12, 31), 1), at(2012, 1, 1));
        assert_eq!(Period::None.step(5, 3), 5);
    }

    #[test]
    fn periods_begin_where_their_numbers_say() {
        for period in Period::ALL {
            for day in (-40_000..40_000).step_by(13) {
                let time = day * DAY + 5;
                let number = period.number(time);
                assert_eq!(
                    number.and_then(|number| period.begin(number)),
                    number.map(|_| period.start(time)),
                    "{period:?}, {day}"
                );
                // From the beginning of a period on, a step is the next beginning.
                if let Some(number) = number {
                    let step = period.step(period.start(time), 1);
                    assert_eq!(Some(step), period.begin(number + 1), "{period:?}, {day}");
                }
            }
        }
    }

    #[test]
    fn what_has_elapsed_are_steps() {
        for period in Period::ALL.into_iter().filter(|&period| period != Period::None) {
            for from in (-800..800).step_by(7).map(|day| day * DAY + DAY / 3) {
                let origin = Origin::new(from);
                for n in [-30, -2, -1, 0, 1, 2, 11, 12, 13, 48] {
                    let step = period.step(from, n);
                    assert_eq!(origin.elapsed(period, step), n, "{period:?}, {from}, {n}");
                    assert_eq!(origin.elapsed(period, step - 1), n - 1, "{period:?}, {from}, {n}");
                }
            }
        }
        assert_eq!(
            Origin::new(MIN_TIME).elapsed(Period::Day, END_TIME - 1),
            (END_TIME / DAY - MIN_TIME / DAY) - 1
        );
        assert_eq!(Origin::new(5).elapsed(Period::None, 7), 0);
        assert_eq!(Origin::new(5).local(), 5);
    }

    #[test]
    fn beyond_the_calendar_steps_stay_numbers() {
        for period in Period::ALL.into_iter().filter(|&period| period != Period::None) {
            for time in [MIN_TIME, 0, END_TIME - 1] {
                assert!(period.step(time, i64::MAX) >= END_TIME, "{period:?}");
                assert!(period.step(time, i64::MIN) <= MIN_TIME, "{period:?}");
            }
            assert!(period.begin(i64::MAX) >= Some(END_TIME) && period.begin(i64::MIN) <= Some(MIN_TIME));
        }
    }
}
