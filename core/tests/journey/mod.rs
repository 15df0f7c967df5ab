//! Rows of order logs by which customers are followed through time, and zones to do so in.

// Each test uses a part of it.
#![allow(dead_code)]

#[path = "../bought/mod.rs"]
mod bought;

use clientele_core::amount::Amount;
use clientele_core::calendar::{DAY, days_from_civil};
use clientele_core::order_log::TimeKind;
use clientele_core::zone::Zone;
use proptest::prelude::*;

pub use bought::Row;

/// A time of day on a date.
pub fn at(year: i64, month: u32, day: u32, hour: i64) -> i64 {
    days_from_civil(year, month, day) * DAY + hour * (DAY / 24)
}

/// The log of rows. `odd` has amounts that are no decimals, a seventh of these, so that orders are several entries.
pub fn log_of(rows: &[Row], odd: bool) -> Vec<u8> {
    let amount = |cents: i64| match odd {
        true => Amount::from_f64(cents as f64 / 700.0).expect("finite"),
        false => Amount::decimal(cents, 2),
    };
    bought::log_of(
        TimeKind::Zoned,
        rows.iter().map(|&(key, time, cents)| (key, time, amount(cents))),
    )
}

/// Some customers with orders and returns in and around 2011: at any time, or at the beginnings of days.
pub fn rows() -> impl Strategy<Value = Vec<Row>> {
    let time = prop_oneof![
        (0i64..500).prop_map(|day| day * DAY),
        (0i64..12_000).prop_map(|hour| hour * (DAY / 24)),
        (0i64..500, 0i64..DAY).prop_map(|(day, micros)| day * DAY + micros),
    ];
    let cents = prop_oneof![4 => 0i64..5_000, 1 => -2_000i64..0];
    let row = (0i64..9, time, cents).prop_map(|(key, time, cents)| (key, at(2010, 12, 1, 0) + time, cents));
    (prop::collection::vec(row, 0..60), any::<bool>()).prop_map(|(mut rows, dates)| {
        for row in rows.iter_mut().filter(|_| dates) {
            row.1 -= row.1.rem_euclid(DAY);
        }
        rows
    })
}

/// An end of observation among these times, or somewhere near.
pub fn ends() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        Just(None),
        (0i64..13_000).prop_map(|hour| Some(at(2010, 11, 20, 0) + hour * (DAY / 24))),
    ]
}

/// UTC, and zones whose clocks change in spring and autumn: in the night from Saturday to Sunday, and at midnight, at the end of a month.
pub fn zones() -> impl Strategy<Value = Zone> {
    let hour = DAY / 24;
    prop_oneof![
        Just(Zone::utc()),
        Just(Zone::new(
            hour,
            vec![
                (at(2011, 3, 27, 1), 2 * hour),
                (at(2011, 10, 30, 1), hour),
                (at(2012, 3, 25, 1), 2 * hour)
            ],
        )),
        Just(Zone::new(
            -3 * hour,
            vec![(at(2011, 4, 1, 3), -2 * hour), (at(2011, 9, 1, 2), -3 * hour)],
        )),
    ]
}

/// The newest order, or the newest row where there is none.
pub fn newest(rows: &[Row]) -> Option<i64> {
    let of = |rows: &mut dyn Iterator<Item = &Row>| rows.map(|row| row.1).max();
    of(&mut rows.iter().filter(|row| row.2 >= 0)).or_else(|| of(&mut rows.iter()))
}

/// The last instant that is known of, by the definition: that of the day of `as_of` where all times up to then are dates.
pub fn end(rows: &[Row], as_of: i64, zone: &Zone) -> i64 {
    let day = |time: i64| zone.local(time).div_euclid(DAY);
    // No day is longer than 25 hours.
    let begins_day = |time: i64| zone.local(time).rem_euclid(DAY) == 0 || day(time) > day(time - 1);
    if !rows.iter().all(|row| row.1 > as_of || begins_day(row.1)) {
        return as_of;
    }
    let step = DAY / 48;
    let mut end = as_of - as_of.rem_euclid(step) + step;
    while day(end) == day(as_of) || day(end + DAY / 24) == day(as_of) {
        end += step;
    }
    end - 1
}
