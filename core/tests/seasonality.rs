//! Series and indices of seasons, against definitions worked out the plain way and what R prints.

mod bought;
mod cases;
mod passengers;
mod tolerance;

use bought::{Row, in_cents};
use cases::cases;
use clientele_core::calendar::{DAY, Period, SECOND, days_from_civil};
use clientele_core::checkpoint::Unhindered;
use clientele_core::order_log::{OrderLog, TimeKind};
use clientele_core::seasonality::{
    By, Grain, MOST_PERIODS, Measure, Method, Place, Seasonality, Series, Span, seasonality,
};
use clientele_core::zone::Zone;
use clientele_core::{Kind, Result};
use passengers::PASSENGERS;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tolerance::{IDENTITY, SUM, close, printed};

const HOUR: i64 = 3_600 * SECOND;

fn at(year: i64, month: u32, day: u32) -> i64 {
    days_from_civil(year, month, day) * DAY
}

fn log_of(rows: &[Row]) -> Vec<u8> {
    bought::log_of(TimeKind::Zoned, in_cents(rows, 1))
}

fn series_of(rows: &[Row], grain: Grain, measure: Measure, span: &Span) -> Result<Option<Series>> {
    let log = log_of(rows);
    let log = OrderLog::open(&log).expect("a log can be read");
    Series::of(&log, grain, measure, span, &mut Unhindered)
}

fn span(since: Option<i64>, as_of: i64) -> Span {
    Span {
        since,
        as_of,
        zone: Zone::utc(),
    }
}

/// Where it begins, and the values, in cents.
fn found(rows: &[(i64, i64, i64)], grain: Grain, span: &Span) -> Option<(i64, Vec<i64>)> {
    let series = series_of(rows, grain, Measure::Revenue, span).unwrap()?;
    let cents = series.values.iter().map(|value| (value * 100.0).round() as i64);
    Some((series.begin(0), cents.collect()))
}

fn of_values(grain: Grain, values: &[f64]) -> Series {
    Series {
        grain,
        first: 0,
        values: values.to_vec(),
    }
}

fn seasons(grain: Grain, by: By, values: &[f64], method: Option<Method>) -> Result<Seasonality> {
    seasonality(&of_values(grain, values), by, method, &mut Unhindered)
}

#[test]
fn only_whole_periods_are_in_a_series() {
    // No hour begins then.
    let noon = DAY / 2 + 1;
    let rows = [
        (1, at(2011, 3, 17) + noon, 100),
        (2, at(2011, 4, 2) + noon, 200),
        (1, at(2011, 6, 9) + noon, 400),
        (3, at(2011, 7, 31) + noon, 800),
    ];
    let end = at(2011, 7, 31) + noon;
    // March is half seen, and July is not over; nothing came in May.
    assert_eq!(
        found(&rows, Grain::Month, &span(None, end)),
        Some((at(2011, 4, 1), vec![200, 0, 400]))
    );
    // One microsecond before the end of July, and its last one.
    let last = at(2011, 8, 1) - 1;
    assert_eq!(found(&rows, Grain::Month, &span(None, last - 1)).unwrap().1.len(), 3);
    assert_eq!(
        found(&rows, Grain::Month, &span(None, last)).unwrap().1,
        vec![200, 0, 400, 800]
    );
    // Who says since when knows that nothing was before.
    assert_eq!(
        found(&rows, Grain::Month, &span(Some(at(2011, 2, 1)), end)),
        Some((at(2011, 2, 1), vec![0, 100, 200, 0, 400]))
    );
    // On the first day is at the beginning, on the second is not; what is earlier is not seen.
    let first = Some(at(2011, 4, 1) + DAY - 1);
    assert_eq!(
        found(&rows, Grain::Month, &span(first, end)).unwrap().1,
        vec![200, 0, 400]
    );
    let second = Some(at(2011, 4, 2));
    assert_eq!(
        found(&rows, Grain::Month, &span(second, end)),
        Some((at(2011, 5, 1), vec![0, 400]))
    );
    // Days and hours are kept from the first row on, and not up to the last one.
    let days = found(&rows, Grain::Day, &span(None, end)).unwrap();
    assert_eq!((days.0, days.1.len(), days.1[0]), (at(2011, 3, 17), 136, 100));
    let hours = found(&rows, Grain::Hour, &span(None, end)).unwrap();
    assert_eq!((hours.0, hours.1.len()), (at(2011, 3, 17) + DAY / 2, 136 * 24));
    assert_eq!(
        found(&rows, Grain::Quarter, &span(None, end)),
        Some((at(2011, 4, 1), vec![600]))
    );
    // Later rows are not seen, and before the first one there is nothing.
    assert_eq!(
        found(&rows, Grain::Month, &span(None, at(2011, 6, 1))).unwrap().1,
        vec![200, 0]
    );
    assert_eq!(found(&rows, Grain::Month, &span(None, at(2011, 3, 1))), None);
    assert_eq!(found(&rows, Grain::Month, &span(Some(at(2012, 1, 1)), end)), None);
    assert_eq!(found(&[], Grain::Month, &span(None, end)), None);
    // There is no whole month.
    assert_eq!(
        found(&rows[..1], Grain::Month, &span(None, end - 100 * DAY)).unwrap().1,
        Vec::<i64>::new()
    );
}

#[test]
fn the_last_date_and_the_last_sum_are_over() {
    // A log of dates: the last day is over, and so is its month.
    let rows = [
        (1, at(1998, 5, 1), 100),
        (2, at(1998, 6, 29), 200),
        (2, at(1998, 6, 30), 400),
    ];
    let by = |grain, end| found(&rows, grain, &span(None, end)).unwrap().1;
    assert_eq!(by(Grain::Month, at(1998, 6, 30)), vec![100, 600]);
    assert_eq!(by(Grain::Month, at(1998, 6, 29)), vec![100]);
    assert_eq!(by(Grain::Day, at(1998, 6, 30)).len(), 61);
    // Sums of months: the last one is over, whatever the end of observation says of it.
    let sums: Vec<_> = (1..=12)
        .map(|month| (0, at(1960, month, 1), i64::from(month)))
        .collect();
    let by = |end| found(&sums, Grain::Month, &span(None, end)).unwrap().1;
    assert_eq!(by(at(1960, 12, 1)), (1..=12).collect::<Vec<_>>());
    assert_eq!(by(at(1960, 11, 30)), (1..=11).collect::<Vec<_>>());
    // And months without a row are, only if they are.
    assert_eq!(by(at(1961, 2, 27)).len(), 13);
    assert_eq!(by(at(1961, 2, 28)).len(), 14);
    // One row that is no sum makes a log of dates of it.
    let mut dates = sums.clone();
    dates.push((0, at(1960, 5, 2), 5));
    assert_eq!(
        found(&dates, Grain::Month, &span(None, at(1960, 12, 1)))
            .unwrap()
            .1
            .len(),
        11
    );
}

#[test]
fn customers_with_many_orders_count_once() {
    // More orders of a customer than a block of a log holds, some of them several rows.
    let rows: Vec<_> = (0..5_000)
        .flat_map(|i| {
            [
                (1, i * HOUR / 2, 100),
                (1, i * HOUR / 2, -30),
                (2, i * HOUR, 1),
                (1, i * HOUR, 5),
            ]
        })
        .collect();
    let span = span(None, 100 * DAY + 1);
    for (measure, want) in [
        (Measure::Revenue, 33.6 + 24.0 * 0.06),
        (Measure::Orders, 72.0),
        (Measure::Customers, 2.0),
    ] {
        let series = series_of(&rows, Grain::Day, measure, &span).unwrap().unwrap();
        assert_eq!(series.values.len(), 100);
        series.values.iter().for_each(|value| close(*value, want, SUM, "a day"));
    }
}

#[test]
fn values_may_be_below_0() {
    // Rows of which none is an order end with the last one.
    let rows: Vec<_> = (1..=12)
        .map(|month| (0, at(1960, month, 1), -i64::from(month)))
        .collect();
    let end = clientele_core::calendar::END_TIME - 1;
    let (begin, cents) = found(&rows, Grain::Month, &span(None, end)).unwrap();
    assert_eq!((begin, cents), (at(1960, 1, 1), (1..=12).map(|month| -month).collect()));
}

#[test]
fn periods_begin_where_the_zone_says() {
    // Three hours east, and an hour more from day 40 on.
    let zone = Zone::new(3 * HOUR, vec![(40 * DAY, 4 * HOUR)]);
    let rows = [
        (1, 10 * DAY - 3 * HOUR, 100),
        (1, 11 * DAY - 3 * HOUR - 1, 200),
        (1, 11 * DAY - 3 * HOUR, 400),
        (1, 45 * DAY - 4 * HOUR - 1, 800),
        (1, 45 * DAY - 4 * HOUR, 1_600),
    ];
    let span = Span {
        since: None,
        as_of: 46 * DAY - 4 * HOUR - 1,
        zone,
    };
    let (begin, days) = found(&rows, Grain::Day, &span).unwrap();
    assert_eq!((begin, days.len()), (10 * DAY, 36));
    assert_eq!((days[0], days[1], days[34], days[35]), (300, 400, 800, 1_600));
    assert_eq!(days.iter().sum::<i64>(), 3_100);
}

#[test]
fn a_series_has_at_most_so_many_periods() {
    let rows = |hours: i64| [(1, 5, 100), (2, hours * HOUR, 100), (1, 7, 100)];
    let most = MOST_PERIODS as i64;
    let of = |hours: i64| series_of(&rows(hours), Grain::Hour, Measure::Orders, &span(None, hours * HOUR));
    assert_eq!(of(most).unwrap().unwrap().values.len(), MOST_PERIODS);
    for hours in [most + 1, most + 2, 10 * most, 1 << 30] {
        assert_eq!(of(hours).unwrap_err().kind(), Kind::TooLarge, "{hours}");
    }
    // From the other end as well, and where nothing is seen of it.
    let all = [(1, most * 2 * HOUR + 5, 1), (2, 5, 1)];
    let whole = series_of(&all, Grain::Hour, Measure::Revenue, &span(None, most * 2 * HOUR + 5));
    assert_eq!(whole.unwrap_err().kind(), Kind::TooLarge);
    let since = span(Some(most * HOUR), most * 2 * HOUR + 5);
    let some = series_of(&all, Grain::Hour, Measure::Revenue, &since).unwrap().unwrap();
    assert_eq!(some.values.len(), MOST_PERIODS);
    let since = span(Some(-most * HOUR), 5);
    assert_eq!(
        series_of(&all, Grain::Hour, Measure::Revenue, &since)
            .unwrap()
            .unwrap()
            .values
            .len(),
        MOST_PERIODS
    );
    let since = span(Some(-most * HOUR - 1), 5);
    assert_eq!(
        series_of(&all, Grain::Hour, Measure::Revenue, &since)
            .unwrap_err()
            .kind(),
        Kind::TooLarge
    );
}

proptest! {
    #![proptest_config(cases(200))]

    /// By the definition, in any order of rows.
    #[test]
    fn series_are_sums_by_period(
        rows in prop::collection::vec((0i64..6, 0i64..400, -300i64..900), 1..120),
        hours in prop::sample::select(vec![1, 5, 24]),
        grain in prop::sample::select(vec![Grain::Hour, Grain::Day, Grain::Week, Grain::Month]),
        since in prop::option::of(0i64..200),
        end in 100i64..500,
        shuffle in any::<u64>(),
    ) {
        let unit = hours * HOUR;
        let rows: Vec<_> = rows.into_iter().map(|(key, time, cents)| (key, time * unit, cents)).collect();
        let (since, end) = (since.map(|since| since * unit), end * unit);
        let mut other = rows.clone();
        other.sort_by_key(|row| (row.1 as u64 ^ shuffle).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let span = span(since, end);
        let seen: Vec<_> = rows.iter().filter(|row| row.1 <= end && row.1 >= since.unwrap_or(i64::MIN)).collect();
        for measure in [Measure::Revenue, Measure::Orders, Measure::Customers] {
            let one = series_of(&rows, grain, measure, &span).unwrap();
            let again = series_of(&other, grain, measure, &span).unwrap();
            prop_assert_eq!(one.as_ref().map(|one| &one.values), again.as_ref().map(|one| &one.values));
            let Some(one) = one else {
                prop_assert!(seen.is_empty());
                continue;
            };
            let start = |time: i64| match grain {
                Grain::Hour => time.div_euclid(HOUR) * HOUR,
                Grain::Day => Period::Day.start(time),
                Grain::Week => Period::Week.start(time),
                _ => Period::Month.start(time),
            };
            let mut want: BTreeMap<i64, f64> = BTreeMap::new();
            match measure {
                Measure::Revenue => {
                    let mut cents: BTreeMap<i64, i64> = BTreeMap::new();
                    seen.iter().for_each(|row| *cents.entry(start(row.1)).or_default() += row.2);
                    want.extend(cents.into_iter().map(|(start, cents)| (start, cents as f64 / 100.0)));
                }
                _ => {
                    let orders: BTreeSet<(i64, i64)> = seen
                        .iter()
                        .filter(|row| row.2 >= 0)
                        .map(|row| (row.0, if measure == Measure::Orders { row.1 } else { start(row.1) }))
                        .collect();
                    orders.iter().for_each(|order| *want.entry(start(order.1)).or_default() += 1.0);
                }
            }
            for (place, value) in one.values.iter().enumerate() {
                prop_assert_eq!(*value, want.get(&one.begin(place)).copied().unwrap_or(0.0), "{}", place);
            }
        }
    }
}

/// What `decompose(AirPassengers, "multiplicative")$figure` of R prints.
#[test]
fn indices_are_those_of_r() {
    let want = [
        0.910_230_4,
        0.883_625_3,
        1.007_366_3,
        0.975_906_0,
        0.981_378_0,
        1.112_775_8,
        1.226_555_5,
        1.219_911_0,
        1.060_491_9,
        0.921_757_2,
        0.801_178_1,
        0.898_824_4,
    ];
    let found = seasons(Grain::Month, By::Month, &PASSENGERS, None).unwrap();
    assert_eq!(found.places.len(), 12);
    for (place, want) in found.places.iter().zip(want) {
        let index = place.index.unwrap();
        assert!(
            (index - want).abs() <= printed(7),
            "{}: {index} and not {want}",
            place.name
        );
        assert_eq!(place.periods, 11);
    }
    assert_eq!((found.places[0].number, &*found.places[0].name), (1, "January"));
    let shares: f64 = found.places.iter().filter_map(|place| place.share).sum();
    close(shares, 1.0, SUM, "shares");
    // The statistic is 120.13 with 11 degrees of freedom.
    close(found.p_value.unwrap(), 1.706_637_596_590_423_8e-20, IDENTITY, "p_value");
    close(found.strength.unwrap(), 0.936_116_512_338_271_9, IDENTITY, "strength");
    let added = seasons(Grain::Month, By::Month, &PASSENGERS, Some(Method::Difference)).unwrap();
    close(added.places[6].index.unwrap(), 63.830_808_080_808_076, IDENTITY, "July");
    close(added.strength.unwrap(), 0.778_721_942_752_064_4, IDENTITY, "strength");
}

#[test]
fn closed_places_are_as_if_they_were_not_there() {
    let open: Vec<f64> = (0..8 * 6)
        .map(|t| [5.0, 9.0, 7.0, 4.0, 6.0, 11.0][t % 6] + t as f64 / 7.0)
        .collect();
    let all: Vec<f64> = open
        .chunks(6)
        .flat_map(|week| [&week[..5], &[0.0], &week[5..]].concat())
        .collect();
    // Day 2, 3 January 2000, is a Monday: the season begins there.
    let series = Series {
        grain: Grain::Day,
        first: 2,
        values: all.clone(),
    };
    let found = seasonality(&series, By::Weekday, None, &mut Unhindered).unwrap();
    let closed = &found.places[5];
    assert_eq!(
        closed,
        &Place {
            number: 6,
            name: "Saturday".to_owned(),
            index: Some(0.0),
            share: Some(0.0),
            periods: 0
        }
    );
    // The other six have a mean of 1, and are shares though a value is 0.
    let rest: Vec<f64> = found.places.iter().filter_map(|place| place.index).collect();
    close(rest.iter().sum::<f64>(), 6.0, SUM, "indices");
    // Away from the mean of a week, as a share of the mean of all, which is 10.4.
    let want = [0.81, 1.19, 1.0, 0.71, 0.9, 0.0, 1.38];
    rest.iter()
        .zip(want)
        .for_each(|(index, want)| assert!((index - want).abs() < 0.05, "{rest:?}"));
    assert!(found.p_value.unwrap() < 0.001 && found.strength.unwrap() > 0.95);
    // One value of a closed day opens it, and then there are no shares.
    let mut once = all;
    once[5] = 1.0;
    let series = Series { values: once, ..series };
    let opened = seasonality(&series, By::Weekday, None, &mut Unhindered).unwrap();
    assert!(opened.places[5].index.unwrap() < -4.0, "{opened:?}");
}

#[test]
fn seasons_of_unusual_series() {
    // All equal: nothing is due to anything, and nothing can be tested.
    let found = seasons(Grain::Month, By::Month, &[42.0; 48], None).unwrap();
    assert!(found.places.iter().all(|place| place.index == Some(1.0)));
    assert_eq!((found.p_value, found.strength), (None, None));
    // Nothing at all: closed everywhere.
    let found = seasons(Grain::Month, By::Month, &[0.0; 48], None).unwrap();
    let closed = |place: &Place| place.index == Some(0.0) && place.share.is_none() && place.periods == 0;
    assert!(found.places.iter().all(closed), "{found:?}");
    assert_eq!((found.p_value, found.strength), (None, None));
    // One month of the year: there is nothing to compare it with.
    let once: Vec<f64> = (0..48).map(|t| if t % 12 == 11 { 5.0 } else { 0.0 }).collect();
    let found = seasons(Grain::Month, By::Month, &once, None).unwrap();
    assert_eq!((found.places[11].index, found.places[11].share), (Some(1.0), Some(1.0)));
    assert_eq!((found.p_value, found.strength), (None, None));
    // Values below 0 have differences, and no shares.
    let mixed: Vec<f64> = PASSENGERS.iter().map(|value| value - 300.0).collect();
    let found = seasons(Grain::Month, By::Month, &mixed, None).unwrap();
    close(found.places[6].index.unwrap(), 63.830_808_080_808_076, IDENTITY, "July");
    let error = seasons(Grain::Month, By::Month, &mixed, Some(Method::Ratio)).unwrap_err();
    assert_eq!(error.message(), "method \"ratio\" needs moving averages above 0");
    // Numbers as large as they get, and as small.
    for factor in [1e300, 1e-300] {
        let large: Vec<f64> = PASSENGERS.iter().map(|value| value * factor).collect();
        for method in [Method::Ratio, Method::Difference] {
            let usual = seasons(Grain::Month, By::Month, &PASSENGERS, Some(method)).unwrap();
            let found = seasons(Grain::Month, By::Month, &large, Some(method)).unwrap();
            let unit = if method == Method::Ratio { 1.0 } else { factor };
            for (one, other) in found.places.iter().zip(&usual.places) {
                close(one.index.unwrap(), other.index.unwrap() * unit, IDENTITY, &one.name);
            }
            close(found.strength.unwrap(), usual.strength.unwrap(), IDENTITY, "strength");
        }
    }
    // Two rounds are needed, and enough.
    assert!(seasons(Grain::Month, By::Month, &PASSENGERS[..24], None).is_ok());
    let error = seasons(Grain::Month, By::Month, &PASSENGERS[..23], None).unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidParameter);
    assert_eq!(
        error.detail_text(),
        Some("A season of 12 months needs 24, and there are 23 whole months.")
    );
}

#[test]
fn a_53rd_week_is_a_place_of_its_own() {
    // Weeks of 2008 to 2012; 2009 has 53.
    let first = Period::Week.number(at(2008, 1, 3)).unwrap();
    let values: Vec<f64> = (0..261).map(|t| 100.0 + ((t * 37) % 11) as f64).collect();
    let series = Series {
        grain: Grain::Week,
        first,
        values,
    };
    let found = seasonality(&series, By::Week, None, &mut Unhindered).unwrap();
    assert_eq!(found.places.len(), 53);
    assert_eq!((&*found.places[52].name, found.places[52].periods), ("W53", 1));
    assert!(found.places[52].index.is_some());
    // Years without one have no such row.
    let short = Series {
        first: Period::Week.number(at(2010, 1, 4)).unwrap(),
        values: series.values[..104].to_vec(),
        ..series
    };
    assert_eq!(
        seasonality(&short, By::Week, None, &mut Unhindered)
            .unwrap()
            .places
            .len(),
        52
    );
}
