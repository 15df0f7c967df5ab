//! The places of a season of the calendar, and what they are called.

use super::Grain;
use crate::calendar::{DAY, Period, civil_from_days, days_from_civil};
use crate::choice::choose;
use crate::error::Result;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// A season of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The months of a year.
    Month,
    /// The quarters of a year.
    Quarter,
    /// The days of a week.
    Weekday,
    /// The hours of a day.
    Hour,
    /// The weeks of a year, ISO 8601's.
    Week,
}

impl By {
    /// The season a word stands for.
    pub fn parse(word: &str) -> Result<By> {
        let words = [
            ("month", By::Month),
            ("quarter", By::Quarter),
            ("weekday", By::Weekday),
            ("hour", By::Hour),
            ("week", By::Week),
        ];
        choose("by", word, &words)
    }

    /// The periods that have places in it.
    pub fn grain(self) -> Grain {
        match self {
            By::Month => Grain::Month,
            By::Quarter => Grain::Quarter,
            By::Weekday => Grain::Day,
            By::Hour => Grain::Hour,
            By::Week => Grain::Week,
        }
    }

    /// How many places there are. Some years have a 53rd week, so that there is one more than periods of a [season](Grain::season).
    pub fn places(self) -> usize {
        match self {
            By::Week => 53,
            _ => self.grain().season(),
        }
    }

    /// The place of the period of a number, from 0 on.
    pub fn place(self, number: i64) -> usize {
        let place = match self {
            By::Month => number.rem_euclid(12),
            By::Quarter => number.rem_euclid(4),
            By::Hour => number.rem_euclid(24),
            By::Weekday => {
                let midnight = number * DAY;
                (midnight - Period::Week.start(midnight)) / DAY
            }
            By::Week => {
                // A week is of the year of its Thursday.
                let thursday = Grain::Week.begin(number) / DAY + 3;
                let (year, ..) = civil_from_days(thursday);
                (thursday - days_from_civil(year, 1, 1)) / 7
            }
        };
        place as usize
    }

    /// The number that people know a place by.
    pub fn label(self, place: usize) -> i32 {
        place as i32 + i32::from(self != By::Hour)
    }

    /// What a place is called.
    pub fn name(self, place: usize) -> String {
        match self {
            By::Month => MONTHS[place].to_owned(),
            By::Quarter => format!("Q{}", place + 1),
            By::Weekday => WEEKDAYS[place].to_owned(),
            By::Hour => format!("{place:02}:00"),
            By::Week => format!("W{:02}", place + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_calendar() {
        for (day, weekday, week) in [
            ((2010, 12, 6), 0, 48),
            ((2011, 1, 1), 5, 51),
            ((2011, 1, 2), 6, 51),
            ((2011, 1, 3), 0, 0),
            ((2009, 12, 31), 3, 52),
            ((2010, 1, 3), 6, 52),
            ((1980, 2, 29), 4, 8),
        ] {
            let (year, month, day) = day;
            let days = days_from_civil(year, month, day);
            assert_eq!(By::Weekday.place(days), weekday, "{year}-{month}-{day}");
            assert_eq!(
                By::Week.place(Period::Week.number(days * DAY).unwrap()),
                week,
                "{year}-{month}-{day}"
            );
            assert_eq!(
                By::Month.place(Period::Month.number(days * DAY).unwrap()),
                month as usize - 1
            );
            assert_eq!(
                By::Quarter.place(Period::Quarter.number(days * DAY).unwrap()),
                (month as usize - 1) / 3
            );
        }
        assert_eq!(By::Hour.place(-1), 23);
        assert_eq!((By::Hour.label(23), By::Week.label(52)), (23, 53));
        assert_eq!(
            (By::Week.name(0), By::Hour.name(7)),
            ("W01".to_owned(), "07:00".to_owned())
        );
    }
}
