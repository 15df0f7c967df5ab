//! Curves and tests of how long customers are waited for, against their definitions worked out the plain way.

mod bought;
mod cases;
mod tolerance;

use bought::{Row, in_cents, log_of};
use cases::cases;
use clientele_core::Kind;
use clientele_core::calendar::{DAY, Period};
use clientele_core::checkpoint::Unhindered;
use clientele_core::estimate::Confidence;
use clientele_core::observation::Observation;
use clientele_core::order_log::{OrderLog, TimeKind};
use clientele_core::survival::{Event, Point, Waits, curve, log_rank, waits};
use clientele_core::zone::Zone;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tolerance::{ARITHMETIC, FORMULA, close, printed};

/// Days have so many parts: rows of all days begin one only if this is 1.
#[derive(Clone, Copy, Debug)]
struct Clock(i64);

impl Clock {
    fn time(self, at: i64) -> i64 {
        at * (DAY / self.0)
    }
}

fn observation(as_of: i64, period: Period) -> Observation {
    Observation {
        as_of,
        period,
        zone: Zone::utc(),
        time_unit: DAY,
    }
}

fn waits_of(rows: &[Row], clock: Clock, observation: &Observation, event: Event) -> Waits {
    let bytes = log_of(TimeKind::Local, in_cents(rows, clock.time(1)));
    let log = OrderLog::open(&bytes).unwrap();
    let seen = log.seen(observation.as_of, &observation.zone, &mut Unhindered).unwrap();
    waits(&log, observation, &seen, event, &mut Unhindered).unwrap()
}

fn points(waits: &Waits) -> Vec<Point> {
    let mut points = Vec::new();
    let visit = |point: &Point| {
        points.push(*point);
        Ok(())
    };
    curve(waits, Confidence::new(0.95).unwrap(), &mut Unhindered, visit).unwrap();
    points
}

/// Days waited for each customer, and whether it came: all as the definition says, purchase by purchase.
fn by_definition(rows: &[Row], clock: Clock, as_of: i64, event: Event) -> Vec<(i64, bool)> {
    let mut by_customer: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for &(key, at, cents) in rows {
        if clock.time(at) <= as_of && cents >= 0 {
            by_customer.entry(key).or_default().insert(at.div_euclid(clock.0));
        }
    }
    let today = as_of.div_euclid(DAY);
    let only_dates = rows.iter().all(|row| clock.time(row.1) > as_of || row.1 % clock.0 == 0);
    let is_over = |day: i64| day < today || (day == today && (only_dates || as_of.rem_euclid(DAY) == DAY - 1));
    let wait = |days: BTreeSet<i64>| {
        let days: Vec<i64> = days.into_iter().collect();
        match event {
            Event::LostAfter(silence) => {
                let silence = silence / DAY;
                let lost = days.iter().enumerate().find_map(|(at, day)| {
                    let is_lost = match days.get(at + 1) {
                        Some(next) => *next > day + silence,
                        None => is_over(day + silence),
                    };
                    is_lost.then_some(day + silence)
                });
                Some((lost.unwrap_or(today) - days[0], lost.is_some()))
            }
            Event::After(n) => {
                let since = *days.get(n as usize - 1)?;
                let next = days.get(n as usize);
                Some((next.unwrap_or(&today) - since, next.is_some()))
            }
        }
    };
    by_customer.into_values().filter_map(wait).collect()
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        (1i64..40).prop_map(|days| Event::LostAfter(days * DAY)),
        (1u64..4).prop_map(Event::After)
    ]
}

fn rows(customers: i64) -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((0..customers, -60..60i64, -300i64..2_000), 0..120)
}

/// The curve with the numbers at each time, by its product over all times up to then.
fn curve_by_definition(waits: &[(i64, bool)]) -> Vec<(f64, u64, u64, f64)> {
    let times: BTreeSet<i64> = waits.iter().filter(|wait| wait.1).map(|wait| wait.0).collect();
    let at_risk = |time: i64| waits.iter().filter(|wait| wait.0 >= time).count() as f64;
    let events = |time: i64| waits.iter().filter(|&&wait| wait == (time, true)).count() as f64;
    let share = |time: i64| {
        times
            .range(..=time)
            .map(|&time| 1.0 - events(time) / at_risk(time))
            .product()
    };
    let point = |&time: &i64| (time as f64, at_risk(time) as u64, events(time) as u64, share(time));
    times.iter().map(point).collect()
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn curves_are_what_the_definitions_say(
        rows in rows(15),
        parts in prop_oneof![Just(1i64), Just(3)],
        as_of in -70 * 6..70 * 6i64,
        event in events(),
    ) {
        let clock = Clock(parts);
        // At the beginning, within, and at the last instant of a day.
        let as_of = as_of.div_euclid(6) * DAY + [0, 1, DAY / 2, DAY / 3 * 2, DAY - 2, DAY - 1][as_of.rem_euclid(6) as usize];
        let waits = waits_of(&rows, clock, &observation(as_of, Period::Day), event);
        let want = by_definition(&rows, clock, as_of, event);
        prop_assert_eq!(waits.customers(), want.len());
        let (found, want) = (points(&waits), curve_by_definition(&want));
        prop_assert_eq!(found.len(), want.len());
        for (found, (days, at_risk, events, survival)) in found.iter().zip(want) {
            prop_assert_eq!((found.days, found.at_risk, found.events), (days, at_risk, events));
            prop_assert!((found.survival - survival).abs() < ARITHMETIC);
            prop_assert!(found.low <= found.survival && found.survival <= found.high, "{:?}", found);
            prop_assert!(found.low >= 0.0 && found.high <= 1.0);
            prop_assert!(found.survival > 0.0 || (found.low, found.high) == (0.0, 0.0));
        }
    }

    /// A loss is known on the day it happens: whatever comes later, it stays.
    #[test]
    fn what_comes_later_changes_nothing(rows in rows(10), early in -60..60i64, more in 0..60i64, days in 1i64..30) {
        let event = Event::LostAfter(days * DAY);
        let losses = |as_of: i64| -> BTreeMap<u64, u64> {
            let waits = waits_of(&rows, Clock(1), &observation(as_of * DAY, Period::Day), event);
            points(&waits).iter().map(|point| (point.days as u64, point.events)).collect()
        };
        let (before, after) = (losses(early), losses(early + more));
        for (days, events) in before {
            prop_assert!(after.get(&days).is_some_and(|&later| later >= events), "{} days", days);
        }
    }

    #[test]
    fn two_groups_are_compared_as_mantel_says(one in rows(12), other in rows(12), as_of in 0..70i64, event in events()) {
        let of = |rows: &[Row]| waits_of(rows, Clock(1), &observation(as_of * DAY, Period::Day), event);
        let (compared, test) = log_rank(&[of(&one), of(&other)], &mut Unhindered).unwrap();
        let want = [&one, &other].map(|rows| by_definition(rows, Clock(1), as_of * DAY, event));
        let all: Vec<(i64, bool)> = want.concat();
        let times: BTreeSet<i64> = all.iter().filter(|wait| wait.1).map(|wait| wait.0).collect();
        let (mut expected, mut variance) = ([0.0; 2], 0.0);
        for time in times {
            let at_risk = |waits: &[(i64, bool)]| waits.iter().filter(|wait| wait.0 >= time).count() as f64;
            let [a, b] = [at_risk(&want[0]), at_risk(&want[1])];
            let (n, d) = (a + b, all.iter().filter(|&&wait| wait == (time, true)).count() as f64);
            expected[0] += d * a / n;
            expected[1] += d * b / n;
            if n > 1.0 {
                variance += d * (n - d) / (n - 1.0) * (a / n) * (b / n);
            }
        }
        for (group, found) in compared.iter().enumerate() {
            prop_assert_eq!(found.customers as usize, want[group].len());
            prop_assert_eq!(found.events as usize, want[group].iter().filter(|wait| wait.1).count());
            prop_assert!((found.expected - expected[group]).abs() < FORMULA);
        }
        prop_assert_eq!(test.is_some(), expected[0] > 0.0 && expected[1] > 0.0);
        let Some(test) = test else { return Ok(()) };
        prop_assert_eq!(test.df, 1);
        let distance = compared[0].events as f64 - expected[0];
        let chi2 = if variance > 1e-9 { distance * distance / variance } else { 0.0 };
        prop_assert!((test.chi2 - chi2).abs() < FORMULA * (1.0 + chi2), "{} and not {}", test.chi2, chi2);
        prop_assert!((0.0..=1.0).contains(&test.p_value));
    }

    /// The order of groups is nothing to the test, nor are groups of nobody.
    #[test]
    fn groups_may_come_in_any_order(rows in rows(40), groups in 2i64..6, days in 1i64..30) {
        let event = Event::LostAfter(days * DAY);
        let of = |group: i64| {
            let own: Vec<Row> = rows.iter().copied().filter(|row| row.0 % groups == group).collect();
            waits_of(&own, Clock(1), &observation(60 * DAY, Period::Day), event)
        };
        let forth: Vec<Waits> = (0..groups).map(of).collect();
        let back: Vec<Waits> = (0..groups).rev().map(of).chain([Waits::default()]).collect();
        let (compared, test) = log_rank(&forth, &mut Unhindered).unwrap();
        let (mut backwards, other) = log_rank(&back, &mut Unhindered).unwrap();
        prop_assert_eq!(backwards.pop().unwrap().customers, 0);
        backwards.reverse();
        for (one, other) in compared.iter().zip(&backwards) {
            prop_assert_eq!((one.customers, one.events), (other.customers, other.events));
            prop_assert!((one.expected - other.expected).abs() < FORMULA);
        }
        prop_assert_eq!(test.map(|test| test.df), other.map(|test| test.df));
        if let (Some(test), Some(other)) = (test, other) {
            prop_assert!((test.chi2 - other.chi2).abs() < FORMULA * (1.0 + test.chi2), "{:?} and {:?}", test, other);
        }
    }
}

/// Remission of leukaemia under 6-MP and placebo, in weeks (Freireich et al. 1963), as in textbooks: S(6) = .8571, S(10) = .7529, S(23) = .4482
/// with 6-MP; the log-rank test gives 16.79 with one degree of freedom.
#[test]
fn published_curves_and_tests() {
    let drug = [6, 6, 6, 7, 10, 13, 16, 22, 23];
    let drug_censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
    let placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23];
    // Who is seen for n days comes again then, or observation ends.
    let of = |events: &[i64], censored: &[i64]| -> Waits {
        let mut rows: Vec<Row> = Vec::new();
        let starts = events
            .iter()
            .map(|&days| (days, true))
            .chain(censored.iter().map(|&days| (days, false)));
        for (key, (days, came)) in starts.enumerate() {
            rows.push((key as i64, 40 - days, 100));
            if came {
                rows.push((key as i64, 40, 100));
            }
        }
        waits_of(&rows, Clock(1), &observation(40 * DAY, Period::Day), Event::After(1))
    };
    let groups = [of(&drug, &drug_censored), of(&placebo, &[])];
    let points = points(&groups[0]);
    for (days, survival) in [(6.0, 0.8571), (7.0, 0.8067), (10.0, 0.7529), (23.0, 0.4482)] {
        let point = points.iter().find(|point| point.days == days).unwrap();
        assert!((point.survival - survival).abs() < printed(4), "{point:?}");
    }
    let (compared, test) = log_rank(&groups, &mut Unhindered).unwrap();
    assert!((compared[0].expected - 19.25).abs() < printed(2) && (compared[1].expected - 10.75).abs() < printed(2));
    let test = test.unwrap();
    assert!(
        (test.chi2 - 16.79).abs() < printed(2) && (test.p_value / 4.17e-5 - 1.0).abs() < 5e-3,
        "{test:?}"
    );
}

#[test]
fn silence_ends_with_the_day_and_without_periods_with_the_instant() {
    let silence = Event::LostAfter(30 * DAY);
    let hours = [(1, 12, 100)];
    for (as_of, period, lost) in [
        (31 * DAY - 2, Period::Day, 0),
        (31 * DAY - 1, Period::Day, 1),
        (30 * DAY + DAY / 2 - 1, Period::None, 0),
        (30 * DAY + DAY / 2, Period::None, 1),
        // From the Saturday 2000-01-01, in the week from 27 December, 30 days are the Wednesday of a week that ends on 30 January.
        (30 * DAY - 2, Period::Week, 0),
        (30 * DAY - 1, Period::Week, 1),
        // In January, whose beginning 30 days are the last of: that month has to be over.
        (31 * DAY - 2, Period::Month, 0),
        (31 * DAY - 1, Period::Month, 1),
    ] {
        let waits = waits_of(&hours, Clock(24), &observation(as_of, period), silence);
        assert_eq!(points(&waits).len(), lost, "{period:?} as of {as_of}");
    }
    // Parts of days count where there are no periods.
    let twice = [(1, 0, 100), (1, 36, 100)];
    let waits = waits_of(&twice, Clock(24), &observation(9 * DAY, Period::None), Event::After(1));
    close(points(&waits)[0].days, 1.5, ARITHMETIC, "days");
    // Exactly so late is in time.
    for (gap, lost) in [(30, 0), (31, 1)] {
        let waits = waits_of(
            &[(1, 0, 1), (1, gap, 1)],
            Clock(1),
            &observation(40 * DAY, Period::Day),
            silence,
        );
        assert_eq!(points(&waits).len(), lost);
    }
}

#[test]
fn at_the_end_all_may_be_lost() {
    let rows: Vec<Row> = (0..5).map(|key| (key, 0, 100)).collect();
    let waits = waits_of(
        &rows,
        Clock(1),
        &observation(90 * DAY, Period::Day),
        Event::LostAfter(30 * DAY),
    );
    let points = points(&waits);
    assert_eq!(points.len(), 1);
    let Point {
        days,
        at_risk,
        events,
        survival,
        low,
        high,
    } = points[0];
    assert_eq!((days, at_risk, events), (30.0, 5, 5));
    assert_eq!((survival, low, high), (0.0, 0.0, 0.0));
    // Two groups in which all are lost at once differ in nothing.
    let (_, test) = log_rank(&[waits.clone(), waits], &mut Unhindered).unwrap();
    let test = test.unwrap();
    assert_eq!((test.chi2, test.df), (0.0, 1));
    close(test.p_value, 1.0, FORMULA, "p");
    assert!(log_rank(&[], &mut Unhindered).unwrap().1.is_none());
}

#[test]
fn what_is_waited_for_is_checked() {
    assert_eq!(
        Event::lost_after(36 * DAY / 24, Period::Day).unwrap_err().kind(),
        Kind::InvalidParameter
    );
    assert!(Event::lost_after(36 * DAY / 24, Period::None).is_ok());
    for wrong in [0, -1, i32::MIN] {
        assert_eq!(Event::after_order(wrong).unwrap_err().kind(), Kind::InvalidParameter);
    }
    assert_eq!(Event::after_order(2), Ok(Event::After(2)));
}
