//! Civil dates and purchase periods, on plain integers.
//!
//! A time is a number of microseconds since 2000-01-01 00:00:00, PostgreSQL's epoch; a day is a number of days since
//! 2000-01-01. The calendar is the proleptic Gregorian one.

mod steps;

pub use steps::{Origin, add_months};

use crate::choice::choose;
use crate::error::Result;

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a day of 24 hours.
pub const DAY: i64 = 86_400 * SECOND;

/// The times a log can hold, and PostgreSQL: from this one, 4714-11-24 BC,
pub const MIN_TIME: i64 = -211_813_488_000_000_000;
/// up to but not including this one, 294277-01-01.
pub const END_TIME: i64 = 9_223_371_331_200_000_000;

/// The microseconds from one time to another: more than an integer can count between the ends of the calendar.
#[inline]
pub fn length(from: i64, to: i64) -> f64 {
    match to.checked_sub(from) {
        Some(length) => length as f64,
        None => (i128::from(to) - i128::from(from)) as f64,
    }
}

/// Days from 0000-03-01, where the formulas below begin, to 2000-01-01.
const DAYS_TO_EPOCH: i64 = 730_425;
/// 2000-01-01 was a Saturday: five days after a Monday.
const EPOCH_WEEKDAY: i64 = 5;

/// A year of 365.25 days, the mean of the Julian calendar, which intervals go by too.
pub const YEAR: i64 = 1_461 * DAY / 4;

/// The grain at which the orders of one customer are one purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Every order is a purchase of its own.
    None,
    /// All orders of one civil day.
    Day,
    /// All orders of one week, Monday to Sunday.
    Week,
    /// All orders of one civil month.
    Month,
    /// All orders of one quarter of a civil year.
    Quarter,
    /// All orders of one civil year.
    Year,
}

impl Period {
    /// All of them.
    pub const ALL: [Period; 6] = [
        Period::Day,
        Period::Week,
        Period::Month,
        Period::Quarter,
        Period::Year,
        Period::None,
    ];

    /// The period a word stands for.
    pub fn parse(word: &str) -> Result<Period> {
        choose("period", word, &Period::ALL.map(|period| (period.name(), period)))
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Period::None => "none",
            Period::Day => "day",
            Period::Week => "week",
            Period::Month => "month",
            Period::Quarter => "quarter",
            Period::Year => "year",
        }
    }

    /// How long it is in the mean, in microseconds; nothing where there are no periods.
    pub fn length(self) -> Option<i64> {
        match self {
            Period::None => None,
            Period::Day => Some(DAY),
            Period::Week => Some(7 * DAY),
            Period::Month => Some(YEAR / 12),
            Period::Quarter => Some(YEAR / 4),
            Period::Year => Some(YEAR),
        }
    }

    /// The period that is so long in the mean.
    pub fn of_length(length: i64) -> Option<Period> {
        Period::ALL.into_iter().find(|period| period.length() == Some(length))
    }

    /// The number of the period that holds the local time `time`, of periods that are counted one after the other; nothing where there are
    /// no periods.
    pub fn number(self, time: i64) -> Option<i64> {
        let day = time.div_euclid(DAY);
        let months = || {
            let (year, month, _) = civil_from_days(day);
            12 * year + i64::from(month) - 1
        };
        match self {
            Period::None => None,
            Period::Day => Some(day),
            Period::Week => Some((day + EPOCH_WEEKDAY).div_euclid(7)),
            Period::Month => Some(months()),
            Period::Quarter => Some(months().div_euclid(3)),
            Period::Year => Some(months().div_euclid(12)),
        }
    }

    /// The local time at which the period that holds the local time `time` begins.
    #[inline]
    pub fn start(self, time: i64) -> i64 {
        match self {
            Period::None => time,
            Period::Day => time - time.rem_euclid(DAY),
            Period::Week => {
                let day = time.div_euclid(DAY);
                (day - (day + EPOCH_WEEKDAY).rem_euclid(7)).saturating_mul(DAY)
            }
            Period::Month => {
                let (year, month, _) = civil_from_days(time.div_euclid(DAY));
                days_from_civil(year, month, 1).saturating_mul(DAY)
            }
            Period::Quarter => {
                let (year, month, _) = civil_from_days(time.div_euclid(DAY));
                days_from_civil(year, month - (month - 1) % 3, 1).saturating_mul(DAY)
            }
            Period::Year => {
                let (year, ..) = civil_from_days(time.div_euclid(DAY));
                days_from_civil(year, 1, 1).saturating_mul(DAY)
            }
        }
    }
}

/// The units lengths are written in, with their microseconds, the greatest first.
const UNITS: [(&str, i64); 6] = [
    ("year", YEAR),
    ("month", YEAR / 12),
    ("day", DAY),
    ("hour", 3_600 * SECOND),
    ("second", SECOND),
    ("microsecond", 1),
];

/// A length of time in words, such as `7 days`: in the greatest unit that divides it. A year is 365.25 days, a month a twelfth of that.
pub fn format_length(length: i64) -> String {
    let (unit, size) = *UNITS.iter().find(|unit| length % unit.1 == 0).unwrap_or(&UNITS[5]);
    let n = length / size;
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}

/// More units that users write, with what they are short for.
const MORE_UNITS: [(&str, i64); 12] = [
    ("week", 7 * DAY),
    ("w", 7 * DAY),
    ("d", DAY),
    ("h", 3_600 * SECOND),
    ("hr", 3_600 * SECOND),
    ("minute", 60 * SECOND),
    ("min", 60 * SECOND),
    ("m", 60 * SECOND),
    ("sec", SECOND),
    ("s", SECOND),
    ("millisecond", 1_000),
    ("ms", 1_000),
];

/// The length of time that words say, as [`format_length`] or an interval of SQL writes them: numbers with units of a fixed length, which add
/// up, and hours, minutes and seconds as clocks show them. Nothing if they say none, or none above 0.
pub fn parse_length(words: &str) -> Option<i64> {
    let words = words.to_ascii_lowercase();
    let mut words = words.split_ascii_whitespace();
    let mut length: i64 = 0;
    while let Some(word) = words.next() {
        let more = if word.contains(':') {
            clock(word)?
        } else {
            // A number and its unit may touch.
            let digits = word
                .find(|letter: char| letter.is_ascii_alphabetic())
                .unwrap_or(word.len());
            let (n, unit) = word.split_at(digits);
            let unit = if unit.is_empty() { words.next()? } else { unit };
            let named = |name: &str| UNITS.iter().chain(&MORE_UNITS).find(|known| known.0 == name);
            let size = named(unit).or_else(|| named(unit.strip_suffix('s')?))?.1;
            number(n, size)?
        };
        length = length.checked_add(more)?;
    }
    Some(length).filter(|&length| length > 0)
}

/// So many units of so many microseconds, rounded to the next.
fn number(n: &str, size: i64) -> Option<i64> {
    match n.parse::<i64>() {
        Ok(n) => n.checked_mul(size),
        Err(_) => {
            let length = (n.parse::<f64>().ok()? * size as f64).round();
            (length.abs() < 9e18).then_some(length as i64)
        }
    }
}

/// `12:30` or `12:30:59.5`.
fn clock(word: &str) -> Option<i64> {
    let mut parts = word.split(':');
    let mut length = number(parts.next()?, 3_600 * SECOND)?;
    length = length.checked_add(number(parts.next()?, 60 * SECOND)?)?;
    if let Some(seconds) = parts.next() {
        length = length.checked_add(number(seconds, SECOND)?)?;
    }
    parts.next().is_none().then_some(length)
}

/// A local time as SQL writes it, to the second.
pub fn format_time(time: i64) -> String {
    let (year, month, day) = civil_from_days(time.div_euclid(DAY));
    let second = time.rem_euclid(DAY) / SECOND;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// The day number of a civil date (Howard Hinnant, "chrono-compatible low-level date algorithms").
pub const fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = ((month + 9) % 12) as i64;
    let day_of_year = (153 * month_from_march + 2) / 5 + day as i64 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - DAYS_TO_EPOCH
}

/// The civil date (year, month, day) of a day number.
pub fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + DAYS_TO_EPOCH;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    } as u32;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// How many days a month has.
pub fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_words() {
        for (length, words) in [
            (DAY, "1 day"),
            (7 * DAY, "7 days"),
            (DAY / 24, "1 hour"),
            (90 * SECOND, "90 seconds"),
            (1, "1 microsecond"),
            (YEAR, "1 year"),
            (YEAR / 4, "3 months"),
            (YEAR / 12, "1 month"),
        ] {
            assert_eq!(format_length(length), words);
            assert_eq!(parse_length(words), Some(length));
        }
        for (length, words) in [
            (YEAR, "12 months"),
            (YEAR, "365.25 days"),
            (7 * DAY, "1 week"),
            (14 * DAY, "2 Weeks"),
            (7 * DAY, "7d"),
            (DAY + DAY / 2, "1.5 days"),
            (DAY + DAY / 24, "1 day 1 hour"),
            (DAY + DAY / 48, "1 day 00:30:00"),
            (DAY / 48, "30 min"),
            (90 * SECOND, "00:01:30"),
            (1_000, "1 ms"),
        ] {
            assert_eq!(parse_length(words), Some(length), "{words}");
        }
        assert_eq!(format_time(90 * SECOND - DAY), "1999-12-31 00:01:30");
        for words in [
            "",
            "1 mon",
            "x days",
            "nan days",
            "inf days",
            "1e300 days",
            "1:2:3:4",
            "1 day 1",
            "7",
            "days",
            "0 days",
            "-1 days",
            "-1 months",
            "9223372036854775807 days",
        ] {
            assert_eq!(parse_length(words), None, "{words}");
        }
    }

    fn at(year: i64, month: u32, day: u32) -> i64 {
        days_from_civil(year, month, day) * DAY
    }

    #[test]
    fn the_epoch_is_2000() {
        assert_eq!(days_from_civil(2000, 1, 1), 0);
        assert_eq!(days_from_civil(1970, 1, 1), -10_957);
        assert_eq!(civil_from_days(0), (2000, 1, 1));
        assert_eq!(civil_from_days(-1), (1999, 12, 31));
    }

    #[test]
    fn every_day_of_eight_centuries_round_trips() {
        let mut previous = (1599, 12, 31);
        for days in days_from_civil(1600, 1, 1)..days_from_civil(2400, 1, 1) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
            let next = if previous.2 < days_in_month(previous.0, previous.1) {
                (previous.0, previous.1, previous.2 + 1)
            } else if previous.1 < 12 {
                (previous.0, previous.1 + 1, 1)
            } else {
                (previous.0 + 1, 1, 1)
            };
            assert_eq!((year, month, day), next);
            previous = next;
        }
    }

    #[test]
    fn periods_begin_where_people_say() {
        let noon = at(2024, 2, 29) + DAY / 2; // a Thursday
        assert_eq!(Period::None.start(noon), noon);
        assert_eq!(Period::Day.start(noon), at(2024, 2, 29));
        assert_eq!(Period::Week.start(noon), at(2024, 2, 26));
        assert_eq!(Period::Month.start(noon), at(2024, 2, 1));
        let before = at(1999, 12, 31) + 1; // before the epoch
        assert_eq!(Period::Day.start(before), at(1999, 12, 31));
        assert_eq!(Period::Week.start(before), at(1999, 12, 27));
        assert_eq!(Period::Month.start(before), at(1999, 12, 1));
        assert_eq!(Period::Week.start(at(2024, 2, 26)), at(2024, 2, 26));
        assert_eq!(Period::Quarter.start(noon), at(2024, 1, 1));
        assert_eq!(Period::Quarter.start(at(2024, 6, 30)), at(2024, 4, 1));
        assert_eq!(Period::Quarter.start(before), at(1999, 10, 1));
        assert_eq!(Period::Year.start(noon), at(2024, 1, 1));
        assert_eq!(Period::Year.start(before), at(1999, 1, 1));
    }

    #[test]
    fn periods_are_counted_one_after_the_other() {
        for period in Period::ALL {
            let mut start = period.start(at(1899, 1, 1));
            let Some(length) = period.length() else {
                assert_eq!((period, period.number(start)), (Period::None, None));
                continue;
            };
            assert_eq!(Period::of_length(length), Some(period));
            for _ in 0..1_000 {
                // A mean period and a half after the start of one is within the next.
                let next = period.start(start + length + length / 2);
                assert!(start < next, "{period:?}");
                assert_eq!(period.number(next - 1), period.number(start), "{period:?}");
                assert_eq!(
                    period.number(next),
                    period.number(start).map(|number| number + 1),
                    "{period:?}"
                );
                start = next;
            }
        }
        assert_eq!(Period::of_length(DAY + 1), None);
    }

    #[test]
    fn the_ends_of_the_range_are_postgresqls() {
        assert_eq!(MIN_TIME, at(-4713, 11, 24));
        assert_eq!(END_TIME, at(294_277, 1, 1));
        for time in [MIN_TIME, END_TIME - 1] {
            for period in Period::ALL {
                assert!(period.start(time) <= time);
            }
        }
    }
}
