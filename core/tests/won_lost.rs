//! Customers who are won, kept, won back and lost, against the definition worked out the slow way.

mod cases;
mod journey;
mod tolerance;

use cases::cases;
use clientele_core::Kind;
use clientele_core::calendar::{END_TIME, MIN_TIME, Period};
use clientele_core::checkpoint::Unhindered;
use clientele_core::estimate::Confidence;
use clientele_core::order_log::OrderLog;
use clientele_core::won_lost::{Options, Row as Found, each, trends};
use clientele_core::zone::Zone;
use journey::{Row, at, end, ends, log_of, newest, rows, zones};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tolerance::{ARITHMETIC, SUM, close};

fn usual() -> Options {
    Options {
        period: Period::Month,
        since: None,
        until: None,
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
    each(&log, as_of, zone, options, &mut Unhindered, &mut |row, _| {
        all.push(row.clone());
        Ok(())
    })?;
    Ok(all)
}

fn found(rows: &[Row], as_of: i64, options: &Options) -> Vec<Found> {
    try_found(rows, false, as_of, &Zone::utc(), options).unwrap()
}

/// Start; new, kept, won back, lost; cents of these and of the inactive; of the period before: kept, lost, inactive; complete.
type Want = (i64, [u64; 4], [i64; 7], bool);

fn wanted(rows: &[Row], as_of: i64, zone: &Zone, options: &Options) -> Vec<Want> {
    let end = end(rows, as_of, zone);
    let period = options.period;
    let number = |time: i64| period.number(zone.local(time)).unwrap();
    // By customer and period: whether there is an order, and cents.
    let mut spells: BTreeMap<i64, BTreeMap<i64, (bool, i64)>> = BTreeMap::new();
    let mut rows: Vec<Row> = rows.iter().copied().filter(|row| row.1 <= as_of).collect();
    rows.sort_unstable();
    for (key, time, cents) in rows {
        let periods = spells.entry(key).or_default();
        // Where clocks go back, a period that is over does not come again.
        let latest = periods.last_key_value().map_or(i64::MIN, |last| *last.0);
        let spell = periods.entry(number(time).max(latest)).or_default();
        spell.0 |= cents >= 0;
        spell.1 += cents;
    }
    let first = spells.values().filter_map(|periods| periods.keys().min()).min();
    let Some(&first) = first else { return Vec::new() };
    let row = |number: i64| {
        let (mut counts, mut money) = ([0; 4], [0; 7]);
        for periods in spells.values() {
            let of = |number: i64| periods.get(&number).copied().unwrap_or_default();
            let ((here, cents), (before, cents_before)) = (of(number), of(number - 1));
            let earlier = periods.range(..number).any(|(_, spell)| spell.0);
            let class = match (here, before) {
                (true, true) => Some(1),
                (true, false) if earlier => Some(2),
                (true, false) => Some(0),
                (false, true) => Some(3),
                (false, false) => None,
            };
            if let Some(class) = class {
                counts[class] += 1;
            }
            money[class.filter(|&class| class < 3).unwrap_or(3)] += cents;
            money[match class {
                Some(1) => 4,
                Some(3) => 5,
                _ => 6,
            }] += cents_before;
        }
        let start = period.begin(number).unwrap();
        (
            start,
            counts,
            money,
            zone.instant(period.begin(number + 1).unwrap()) <= end + 1,
        )
    };
    let is_shown = |row: &Want| {
        options.since.is_none_or(|since| row.0 >= since) && options.until.is_none_or(|until| row.0 <= until)
    };
    (first..=number(end)).map(row).filter(is_shown).collect()
}

fn money(row: &Found) -> [f64; 7] {
    let sums = [
        row.revenue_new,
        row.revenue_kept,
        row.revenue_won_back,
        row.revenue_inactive,
        row.kept_before,
        row.lost_before,
        row.inactive_before,
    ];
    sums.map(|sum| sum.value().unwrap())
}

fn check(rows: &[Row], odd: bool, as_of: Option<i64>, zone: &Zone, options: &Options) {
    let Some(newest) = newest(rows) else {
        assert!(try_found(rows, odd, 0, zone, options).unwrap().is_empty());
        return;
    };
    let has_orders = rows.iter().any(|row| row.2 >= 0);
    let as_of = as_of.map_or(newest, |as_of| if has_orders { as_of } else { as_of.min(newest) });
    let found = try_found(rows, odd, as_of, zone, options).unwrap();
    let want = wanted(rows, as_of, zone, options);
    assert_eq!(
        found.iter().map(|row| row.start).collect::<Vec<_>>(),
        want.iter().map(|row| row.0).collect::<Vec<_>>()
    );
    let size: i64 = rows.iter().map(|row| row.2.abs()).sum();
    for (row, (_, counts, cents, complete)) in found.iter().zip(want) {
        assert_eq!([row.new, row.kept, row.won_back, row.lost], counts, "{row:?}");
        assert_eq!(row.complete, complete, "{row:?}");
        if odd {
            for (found, cents) in money(row).into_iter().zip(cents) {
                assert!((found - cents as f64 / 700.0).abs() <= SUM * size as f64, "{row:?}");
            }
        } else {
            assert_eq!(money(row), cents.map(|cents| cents as f64 / 100.0), "{row:?}");
            assert_eq!(
                row.revenue().unwrap(),
                cents[..4].iter().sum::<i64>() as f64 / 100.0,
                "{row:?}"
            );
        }
    }
    for pair in found.windows(2) {
        assert_eq!(pair[1].customers_before(), pair[0].customers());
    }
}

fn options() -> impl Strategy<Value = Options> {
    let period = (0usize..5).prop_map(|place| Period::ALL[place]);
    let limit = || prop_oneof![2 => Just(None), 1 => ends()];
    (period, limit(), limit()).prop_map(|(period, since, until)| Options {
        period,
        since,
        until,
        ..usual()
    })
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn flows_are_what_the_definition_says(
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
        .map(|i| (7, at(2011, 1, 1, 0) + i * 7_919 % 5_003 * 6_000_000_000, i % 97 - 5))
        .collect();
    rows.extend((0..3_000).map(|i| (100 + i, at(2011, 3, 31, 12), i % 50)));
    rows.extend((0..3_000).map(|i| (100 + i % 1_500, at(2011, 6, 30, 12), i % 50 - 10)));
    for period in [Period::Day, Period::Month, Period::Year] {
        check(&rows, false, None, &Zone::utc(), &Options { period, ..usual() });
    }
}

#[test]
fn each_is_what_happened() {
    let rows = [
        (1, at(2011, 1, 5, 1), 100),
        (1, at(2011, 2, 5, 0), 200),
        (1, at(2011, 4, 5, 0), 400),
        (2, at(2011, 1, 6, 0), 1_000),
        (2, at(2011, 2, 6, 0), -300),
        (3, at(2011, 4, 7, 0), 0),
    ];
    let found = found(&rows, at(2011, 4, 30, 0), &usual());
    let flows: Vec<_> = found
        .iter()
        .map(|row| [row.new, row.kept, row.won_back, row.lost])
        .collect();
    assert_eq!(flows, [[2, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 1], [1, 0, 1, 0]]);
    assert_eq!(money(&found[1]), [0.0, 2.0, 0.0, -3.0, 1.0, 10.0, 0.0]);
    assert_eq!(money(&found[2]), [0.0, 0.0, 0.0, 0.0, 0.0, 2.0, -3.0]);
    let confidence = usual().confidence;
    let shares: Vec<_> = found
        .iter()
        .map(|row| row.lost_share(confidence).map(|share| share.0))
        .collect();
    // Nobody was there before January, nor in March; April is not over.
    assert_eq!(shares, [None, Some(0.5), Some(1.0), None]);
    assert_eq!(
        found.iter().map(|row| (row.is_first, row.complete)).collect::<Vec<_>>(),
        [(true, true), (false, true), (false, true), (false, false)]
    );
}

#[test]
fn trends_are_of_periods_that_are_over_and_have_one_before() {
    // Every month m from January to May, m + 1 customers begin who buy for two months.
    let rows: Vec<Row> = (1u32..=5)
        .flat_map(|month| {
            (0..=month).flat_map(move |i| {
                [month, month + 1].map(|at_month| (i64::from(10 * month + i), at(2011, at_month, 7, 1), 100))
            })
        })
        .collect();
    let bytes = log_of(&rows, false);
    let log = OrderLog::open(&bytes).unwrap();
    let of = |as_of, options: &Options| trends(&log, as_of, &Zone::utc(), options, &mut Unhindered).unwrap();
    let [lost, new] = of(at(2011, 6, 20, 0), &usual()).unwrap();
    // From February to May: 0, 2, 3, 4 of 2, 5, 7, 9 are lost, and 3, 4, 5, 6 of 5, 7, 9, 11 are new.
    assert_eq!(
        (lost.measure, lost.periods, lost.events, lost.at_risk),
        ("lost", 4, 9, 23)
    );
    assert_eq!((new.measure, new.periods, new.events, new.at_risk), ("new", 4, 18, 32));
    let test = lost.test.unwrap();
    // Worked out by hand: 23/(9·14) times what the squares come to, and 23 times the square of the slope over the spread.
    let share = 9.0 / 23.0;
    let groups = [(0.0, 0.0, 2.0), (1.0, 2.0, 5.0), (2.0, 3.0, 7.0), (3.0, 4.0, 9.0)];
    let chi_square: f64 = groups
        .iter()
        .map(|(_, x, n)| (x - n * share) * (x - n * share) / (n * share * (1.0 - share)))
        .sum();
    close(test.chi_square, chi_square, ARITHMETIC, "chi-square");
    assert_eq!(test.degrees, 3);
    let (slope, sum, squares) = groups.iter().fold((0.0, 0.0, 0.0), |(slope, sum, squares), (s, x, n)| {
        (slope + s * (x - n * share), sum + s * n, squares + s * s * n)
    });
    close(
        test.z,
        slope / (share * (1.0 - share) * (squares - sum * sum / 23.0)).sqrt(),
        ARITHMETIC,
        "z",
    );
    // Two periods are no trend, and none is nothing.
    let short = Options {
        since: Some(at(2011, 4, 1, 0)),
        ..usual()
    };
    let [lost, _] = of(at(2011, 6, 20, 0), &short).unwrap();
    assert_eq!((lost.periods, lost.events, lost.test), (2, 7, None));
    assert!(of(at(2010, 6, 20, 0), &usual()).is_none());
    let [lost, _] = of(at(2011, 1, 20, 0), &usual()).unwrap();
    assert_eq!((lost.periods, lost.at_risk, lost.share, lost.test), (0, 0, None, None));
}

#[test]
fn nothing_up_to_the_end_is_no_rows_and_returns_are_rows() {
    let rows = [(1, at(2011, 1, 5, 0), 100)];
    assert!(found(&rows, at(2011, 1, 5, 0) - 1, &usual()).is_empty());
    assert!(found(&[], 0, &usual()).is_empty());
    // Without any order, the newest return is the end.
    let found = found(
        &[(1, at(2011, 1, 5, 0), -100), (2, at(2011, 2, 28, 0), -50)],
        END_TIME - 1,
        &usual(),
    );
    let revenue: Vec<f64> = found.iter().map(|row| row.revenue().unwrap()).collect();
    assert_eq!(revenue, [-1.0, -0.5]);
    assert!(found[1].complete, "dates, and the month is over with the 28th");
}

#[test]
fn since_and_until_cut_what_is_shown_and_bound_what_is_kept() {
    let rows = [
        (1, MIN_TIME, 100),
        (2, at(2011, 1, 5, 0), 100),
        (1, at(2011, 1, 6, 0), 100),
        (1, END_TIME - 1, 100),
    ];
    let days = Options {
        period: Period::Day,
        ..usual()
    };
    let error = try_found(&rows, false, END_TIME - 1, &Zone::utc(), &days).unwrap_err();
    assert_eq!(
        (error.kind(), error.detail_text()),
        (Kind::TooLarge, Some("There are more than 1000000."))
    );
    let some = Options {
        since: Some(at(2011, 1, 4, 1)),
        until: Some(at(2011, 1, 7, 0)),
        ..days
    };
    let found = found(&rows, END_TIME - 1, &some);
    let flows: Vec<_> = found
        .iter()
        .map(|row| (row.start, [row.new, row.kept, row.won_back, row.lost]))
        .collect();
    assert_eq!(
        flows,
        [
            (at(2011, 1, 5, 0), [1, 0, 0, 0]),
            (at(2011, 1, 6, 0), [0, 0, 1, 1]),
            (at(2011, 1, 7, 0), [0, 0, 0, 1])
        ]
    );
    let backwards = Options {
        since: some.until,
        until: some.since,
        ..days
    };
    assert_eq!(backwards.check().unwrap_err().kind(), Kind::InvalidParameter);
    assert!(some.check().is_ok() && usual().check().is_ok());
}
