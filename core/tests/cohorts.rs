//! Cohorts, against their definition worked out the slow way.

mod cases;
mod journey;
mod tolerance;

use cases::cases;
use clientele_core::Kind;
use clientele_core::calendar::{DAY, END_TIME, MIN_TIME, Period};
use clientele_core::checkpoint::Unhindered;
use clientele_core::cohorts::{Definition, Options, Row as Found, Windows, each};
use clientele_core::estimate::Confidence;
use clientele_core::order_log::OrderLog;
use clientele_core::zone::Zone;
use journey::{Row, at, end, ends, log_of, newest, rows, zones};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tolerance::{SUM, close};

fn usual() -> Options {
    Options {
        period: Period::Month,
        definition: Definition::On,
        windows: Windows::Calendar,
        max_age: None,
        confidence: Confidence::new(0.95).unwrap(),
        row_limit: 1_000_000,
    }
}

fn try_found(
    rows: &[Row],
    odd: bool,
    as_of: i64,
    zone: &Zone,
    options: &Options,
) -> clientele_core::Result<Vec<Found>> {
    let bytes = log_of(rows, odd);
    let log = OrderLog::open(&bytes).unwrap();
    let mut all = Vec::new();
    each(&log, as_of, zone, options, &mut Unhindered, &mut |row| {
        all.push(row.clone());
        Ok(())
    })?;
    Ok(all)
}

fn found(rows: &[Row], as_of: i64, options: &Options) -> Vec<Found> {
    try_found(rows, false, as_of, &Zone::utc(), options).unwrap()
}

/// Customers, observed, active, observed active, orders, cents; and how many can still change something.
type Want = BTreeMap<(Option<i64>, u64), [i64; 7]>;

fn wanted(rows: &[Row], as_of: i64, zone: &Zone, options: &Options) -> Want {
    let end = end(rows, as_of, zone);
    let period = options.period;
    let number = |time: i64| period.number(zone.local(time)).unwrap();
    let is_over = |next: i64| next <= end + 1;
    let period_is_over = |number: i64| is_over(zone.instant(period.begin(number + 1).unwrap()));
    let mut by_customer: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
    for &row in rows.iter().filter(|row| row.1 <= as_of) {
        by_customer.entry(row.0).or_default().push(row);
    }
    let start = |first: i64, age: i64| match options.windows {
        Windows::Calendar => zone.instant(period.begin(number(first) + age).unwrap()),
        Windows::Rolling(Some(length)) => first + age * length,
        Windows::Rolling(None) => zone.instant(period.step(zone.local(first), age)),
    };
    let age = |first: i64, time: i64| match options.windows {
        Windows::Calendar => (number(time) - number(first)).max(0),
        _ => (0..).find(|&age| start(first, age + 1) > time).unwrap(),
    };
    // Begun ages by cohort, then the members.
    let mut ages: BTreeMap<i64, u64> = BTreeMap::new();
    let mut members = Vec::new();
    let mut want = Want::new();
    for rows in by_customer.values() {
        let orders: BTreeSet<i64> = rows.iter().filter(|row| row.2 >= 0).map(|row| row.1).collect();
        let Some(&first) = orders.first() else {
            let cell = want.entry((None, 0)).or_default();
            cell[0] += 1;
            cell[1] += 1;
            cell[5] += rows.iter().map(|row| row.2).sum::<i64>();
            continue;
        };
        let begun = ages.entry(number(first)).or_default();
        *begun = (*begun).max(age(first, end) as u64 + 1);
        members.push((number(first), rows, orders, first));
    }
    for (cohort, rows, orders, first) in &members {
        for k in 0..ages[cohort].min(options.max_age.map_or(u64::MAX, |max_age| max_age + 1)) {
            let age = |time: i64| age(*first, time) as u64;
            let over = is_over(start(*first, k as i64 + 1));
            let active = orders.iter().any(|&time| match options.definition {
                Definition::On => age(time) == k,
                Definition::OnOrAfter => age(time) >= k,
            });
            let here = |time: i64| if time < *first { k == 0 } else { age(time) == k };
            let cell = want.entry((period.begin(*cohort), k)).or_default();
            let open = !over || !period_is_over(*cohort);
            let counts = [
                1,
                i64::from(over),
                i64::from(active),
                i64::from(active && over),
                orders.iter().filter(|&&time| here(time)).count() as i64,
                rows.iter().filter(|row| here(row.1)).map(|row| row.2).sum(),
                i64::from(open),
            ];
            cell.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }
    want
}

fn check(rows: &[Row], odd: bool, as_of: Option<i64>, zone: &Zone, options: &Options) {
    let Some(as_of) = as_of.or_else(|| newest(rows)) else {
        assert_eq!(try_found(rows, odd, 0, zone, options).unwrap(), []);
        return;
    };
    let found = try_found(rows, odd, as_of, zone, options).unwrap();
    let want = wanted(rows, as_of, zone, options);
    // By cohort and age, and those without a cohort at last.
    let mut keys: Vec<_> = want.keys().copied().collect();
    keys.sort_by_key(|key| (key.0.is_none(), *key));
    assert_eq!(found.iter().map(|row| (row.cohort, row.age)).collect::<Vec<_>>(), keys);
    for row in &found {
        let [customers, observed, active, observed_active, orders, cents, open] = want[&(row.cohort, row.age)];
        let counts = [row.customers, row.observed, row.active, row.observed_active, row.orders];
        assert_eq!(
            counts.map(|count| count as i64),
            [customers, observed, active, observed_active, orders],
            "{row:?}"
        );
        assert_eq!(row.complete, open == 0, "{row:?}");
        if odd {
            let size: i64 = rows.iter().map(|row| row.2.abs()).sum();
            assert!(
                (row.revenue - cents as f64 / 700.0).abs() <= SUM * size as f64,
                "{row:?}"
            );
        } else {
            assert_eq!(row.revenue, cents as f64 / 100.0, "{row:?}");
        }
        match row.rate {
            None => assert!(observed == 0 || row.cohort.is_none(), "{row:?}"),
            Some((rate, limits)) => {
                assert_eq!(rate, observed_active as f64 / observed as f64);
                assert_eq!(
                    Some(limits),
                    options.confidence.wilson(row.observed_active, row.observed)
                );
            }
        }
    }
}

fn options() -> impl Strategy<Value = Options> {
    let period = (0usize..5).prop_map(|place| Period::ALL[place]);
    let windows = prop_oneof![
        2 => Just(Windows::Calendar),
        2 => Just(Windows::Rolling(None)),
        1 => Just(Windows::Rolling(Some(30 * DAY))),
        1 => Just(Windows::Rolling(Some(7 * DAY / 24))),
    ];
    let max_age = prop_oneof![2 => Just(None), 1 => (0u64..5).prop_map(Some)];
    (period, any::<bool>(), windows, max_age).prop_map(|(period, later, windows, max_age)| Options {
        period,
        definition: if later { Definition::OnOrAfter } else { Definition::On },
        windows,
        // Small windows are many.
        max_age: max_age.or((windows == Windows::Rolling(Some(7 * DAY / 24))).then_some(50)),
        ..usual()
    })
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn cohorts_are_what_the_definition_says(
        rows in rows(),
        odd in any::<bool>(),
        as_of in ends(),
        zone in zones(),
        options in options(),
    ) {
        check(&rows, odd, as_of, &zone, &options);
    }
}

#[test]
fn customers_of_many_blocks_and_many_customers_at_one_instant() {
    let mut rows: Vec<Row> = (0..5_000)
        .map(|i| (7, at(2011, 1, 1, 0) + i * 7_919 % 5_003 * (DAY / 13), i % 97 - 5))
        .collect();
    rows.extend((0..3_000).map(|i| (100 + i, at(2011, 3, 31, 12), i % 50)));
    rows.extend((0..3_000).map(|i| (100 + i % 1_500, at(2011, 6, 30, 12), i % 50 - 10)));
    for windows in [
        Windows::Calendar,
        Windows::Rolling(None),
        Windows::Rolling(Some(30 * DAY)),
    ] {
        for definition in [Definition::On, Definition::OnOrAfter] {
            check(
                &rows,
                false,
                None,
                &Zone::utc(),
                &Options {
                    windows,
                    definition,
                    max_age: Some(9),
                    ..usual()
                },
            );
        }
    }
}

#[test]
fn months_are_added_to_the_first_order_and_windows_are_half_open() {
    // From 31 January, with what comes a microsecond before a window and at its beginning.
    let first = at(2011, 1, 31, 12);
    let edges = [at(2011, 2, 28, 12), at(2011, 3, 31, 12), at(2011, 4, 30, 12)];
    let rows: Vec<Row> = std::iter::once((1, first, 100))
        .chain(edges.iter().flat_map(|&edge| [(1, edge - 1, 1), (1, edge, 10)]))
        .collect();
    let found = found(
        &rows,
        at(2011, 5, 31, 12),
        &Options {
            windows: Windows::Rolling(None),
            ..usual()
        },
    );
    let revenue: Vec<f64> = found.iter().map(|row| row.revenue).collect();
    assert_eq!(revenue, [1.01, 0.11, 0.11, 0.10, 0.0]);
    // The fifth window begins with the end of observation, and is not over.
    assert_eq!(
        found.iter().map(|row| row.observed).collect::<Vec<_>>(),
        [1, 1, 1, 1, 0]
    );
    assert_eq!(found[4].rate, None);
}

#[test]
fn a_day_of_23_hours_is_a_day_of_the_calendar_and_no_24_hours() {
    let hour = DAY / 24;
    let zone = Zone::new(hour, vec![(at(2011, 3, 27, 1), 2 * hour)]);
    // From 18:00 on the 26th by the clock: the same time on the 27th is 23 hours later.
    let first = at(2011, 3, 26, 17);
    let rows = [(1, first, 0), (1, first + 23 * hour, 0)];
    let ages = |windows| {
        let options = Options {
            period: Period::Day,
            windows,
            ..usual()
        };
        let found = try_found(&rows, false, first + 30 * hour, &zone, &options).unwrap();
        found.iter().map(|row| row.orders).collect::<Vec<_>>()
    };
    assert_eq!(ages(Windows::Rolling(None)), [1, 1]);
    assert_eq!(ages(Windows::Rolling(Some(DAY))), [2, 0]);
}

#[test]
fn a_cell_is_complete_with_its_youngest_member_and_never_while_somebody_may_join() {
    let rows = [
        (1, at(2011, 1, 1, 0), 0),
        (2, at(2011, 1, 31, 5), 0),
        (3, at(2011, 3, 15, 0), 0),
    ];
    let complete = |as_of| {
        let options = Options {
            windows: Windows::Rolling(Some(5 * DAY)),
            max_age: Some(0),
            ..usual()
        };
        found(&rows, as_of, &options)
            .iter()
            .map(|row| (row.observed, row.complete))
            .collect::<Vec<_>>()
    };
    // Everybody's window is over, but the month goes on.
    assert_eq!(complete(at(2011, 1, 20, 0)), [(1, false)]);
    assert_eq!(complete(at(2011, 2, 5, 4)), [(1, false)]);
    assert_eq!(complete(at(2011, 2, 5, 5)), [(2, true)]);
    assert_eq!(complete(at(2011, 2, 5, 5) - 1), [(2, true)]);
    assert_eq!(complete(at(2011, 2, 5, 5) - 2), [(1, false)]);
}

#[test]
fn money_of_returns_is_nowhere_lost() {
    let rows = [
        // Before the first order, at its instant, and after it.
        (1, at(2011, 1, 5, 0), -300),
        (1, at(2011, 2, 5, 0), 1_000),
        (1, at(2011, 2, 5, 0), -100),
        (1, at(2011, 3, 5, 0), -200),
        // Never an order.
        (2, at(2011, 1, 7, 0), -50),
        (3, at(2011, 3, 7, 1), 0),
    ];
    let found = found(&rows, at(2011, 3, 7, 1), &usual());
    let seen: Vec<_> = found
        .iter()
        .map(|row| (row.cohort, row.age, row.active, row.orders, row.revenue))
        .collect();
    let (february, march) = (Some(at(2011, 2, 1, 0)), Some(at(2011, 3, 1, 0)));
    assert_eq!(
        seen,
        [
            (february, 0, 1, 1, 6.0),
            (february, 1, 0, 0, -2.0),
            (march, 0, 1, 1, 0.0),
            (None, 0, 0, 0, -0.5)
        ]
    );
    assert!(found[3].complete && found[3].rate.is_none());
}

#[test]
fn nothing_up_to_the_end_is_no_rows() {
    let rows = [(1, at(2011, 1, 5, 0), 100)];
    assert_eq!(found(&rows, at(2011, 1, 5, 0) - 1, &usual()), []);
    assert_eq!(found(&[], 0, &usual()), []);
    // Without any order, the end of the calendar is the end.
    assert_eq!(found(&[(1, 5, -100)], END_TIME - 1, &usual()).len(), 1);
}

#[test]
fn the_ends_of_the_calendar_and_tiny_windows_are_too_many_rows() {
    let rows = [(1, MIN_TIME, 100), (1, END_TIME - 1, 100)];
    for (period, windows) in [
        (Period::Day, Windows::Calendar),
        (Period::Week, Windows::Rolling(None)),
        (Period::Month, Windows::Rolling(Some(1))),
    ] {
        let options = Options {
            period,
            windows,
            ..usual()
        };
        let error = try_found(&rows, false, END_TIME - 1, &Zone::utc(), &options).unwrap_err();
        assert_eq!(
            (error.kind(), error.detail_text()),
            (Kind::TooLarge, Some("There are more than 1000000 rows."))
        );
        let few = Options {
            max_age: Some(2),
            ..options
        };
        let found = try_found(&rows, false, END_TIME - 1, &Zone::utc(), &few).unwrap();
        assert_eq!(found.iter().map(|row| row.orders).collect::<Vec<_>>(), [1, 0, 0]);
    }
    let whole = Options {
        period: Period::Year,
        windows: Windows::Calendar,
        ..usual()
    };
    let found = found(&rows, END_TIME - 1, &whole);
    assert_eq!(found.len(), 294_276 + 4_713 + 1);
    assert!(found.last().unwrap().complete);
    close(found.iter().map(|row| row.revenue).sum::<f64>(), 2.0, SUM, "revenue");
}
