//! Gaps, rhythm and stages of life, against their definitions worked out the plain way.

mod bought;
mod cases;
mod tolerance;

use bought::{Row, in_cents, log_of};
use cases::cases;
use clientele_core::Kind;
use clientele_core::calendar::{DAY, END_TIME, MIN_TIME, Period};
use clientele_core::checkpoint::Unhindered;
use clientele_core::key::Key;
use clientele_core::observation::Observation;
use clientele_core::order_log::{OrderLog, TimeKind};
use clientele_core::rhythm::{Life, Limits, OrderGaps, Rhythm, Stage, lifecycle, purchase_gaps, rhythm};
use clientele_core::zone::Zone;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tolerance::{ARITHMETIC, FORMULA, IDENTITY, PARAMETER, close};

const HOUR: i64 = DAY / 24;

fn observation(hour: i64, period: Period, offset: i64) -> Observation {
    Observation {
        as_of: hour * HOUR,
        period,
        zone: Zone::new(offset * HOUR, Vec::new()),
        time_unit: DAY,
    }
}

fn by_days(hour: i64) -> Observation {
    observation(hour, Period::Day, 0)
}

fn found(rows: &[Row], observation: &Observation, limits: &Limits) -> (Rhythm, Vec<(i64, Option<Life>)>) {
    let bytes = log_of(TimeKind::Local, in_cents(rows, HOUR));
    let log = OrderLog::open(&bytes).unwrap();
    let rhythm = rhythm(&log, observation, &mut Unhindered).unwrap();
    let mut lives = Vec::new();
    let visit = |key: Key<'_>, life: Option<Life>| {
        let Key::Integer(key) = key else { unreachable!() };
        lives.push((key, life));
        Ok(())
    };
    lifecycle(
        &log,
        observation,
        limits,
        rhythm.typical.as_ref(),
        &mut Unhindered,
        visit,
    )
    .unwrap();
    (rhythm, lives)
}

fn gaps_of(rows: &[Row], observation: &Observation) -> Vec<OrderGaps> {
    let (bytes, mut all) = (log_of(TimeKind::Local, in_cents(rows, HOUR)), Vec::new());
    let visit = |gaps: &OrderGaps| {
        all.push(*gaps);
        Ok(())
    };
    purchase_gaps(&OrderLog::open(&bytes).unwrap(), observation, &mut Unhindered, visit).unwrap();
    all
}

/// The days of purchase of each customer, with those who have none.
fn purchases(rows: &[Row], observation: &Observation) -> BTreeMap<i64, Vec<f64>> {
    let mut by_customer: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for &(key, hour, cents) in rows.iter().filter(|row| row.1 * HOUR <= observation.as_of) {
        let starts = by_customer.entry(key).or_default();
        if cents >= 0 {
            starts.insert(observation.period_start(hour * HOUR));
        }
    }
    let days = |starts: BTreeSet<i64>| starts.into_iter().map(|start| start as f64 / DAY as f64).collect();
    by_customer
        .into_iter()
        .map(|(key, starts)| (key, days(starts)))
        .collect()
}

fn gaps_between(days: &[f64]) -> Vec<f64> {
    days.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

/// The logarithms of a customer's gaps.
fn logarithms(days: &[f64]) -> Vec<f64> {
    gaps_between(days).iter().map(|gap| gap.ln()).collect()
}

/// mu, the mean of the first logarithms, sigma squared, tau squared: by the sums over customers, one after the other.
fn credibility(all: &BTreeMap<i64, Vec<f64>>) -> Option<(f64, f64, Option<f64>, Option<f64>)> {
    let logs: Vec<Vec<f64>> = all
        .values()
        .map(|days| logarithms(days))
        .filter(|logs| !logs.is_empty())
        .collect();
    let sum = |f: &dyn Fn(&[f64]) -> f64| logs.iter().map(|logs| f(logs)).sum::<f64>();
    let gaps = sum(&|logs| logs.len() as f64);
    if gaps == 0.0 {
        return None;
    }
    let customers = logs.len() as f64;
    let overall = sum(&|logs| logs.iter().sum()) / gaps;
    let first = sum(&|logs| logs[0]) / customers;
    let within = (gaps > customers)
        .then(|| sum(&|logs| logs.iter().map(|x| (x - mean(logs)).powi(2)).sum()) / (gaps - customers));
    let between = within.filter(|_| customers > 1.0).map(|within| {
        let apart = sum(&|logs| logs.len() as f64 * (mean(logs) - overall).powi(2));
        let squared = sum(&|logs| (logs.len() as f64).powi(2));
        ((apart - (customers - 1.0) * within) / (gaps - squared / gaps)).max(0.0)
    });
    let mu = match within.zip(between) {
        Some((within, between)) if between > 0.0 => {
            let z = |logs: &[f64]| logs.len() as f64 / (logs.len() as f64 + within / between);
            sum(&|logs| z(logs) * mean(logs)) / sum(&z)
        }
        _ => overall,
    };
    Some((mu, first, within, between))
}

/// What is so near a limit may fall on either side of it.
const EDGE: f64 = 1e-9;

/// The typical gap after some gaps, and the stage if no ratio is at its very limit.
fn by_definition(days: &[f64], today: f64, rhythm: &Rhythm, limits: &Limits) -> Option<(f64, Stage)> {
    let typical = rhythm.typical?;
    let known = |logs: &[f64]| match typical.kappa {
        None => typical.mean.exp(),
        Some(_) if logs.is_empty() => typical.first.exp(),
        Some(kappa) => ((logs.iter().sum::<f64>() + kappa * typical.mean) / (logs.len() as f64 + kappa)).exp(),
    };
    let logs = logarithms(days);
    let (gaps, own, silence) = (gaps_between(days), known(&logs), today - days[days.len() - 1]);
    let mut edge = false;
    let mut above = |x: f64, limit: f64| {
        edge |= (x / limit - 1.0).abs() < EDGE;
        x > limit
    };
    let mut recent = logs.clone();
    if above(silence, own) {
        recent.push(silence.ln());
    }
    let trend = (recent.len() >= 4).then(|| {
        let (before, last) = recent.split_at(recent.len() - 2);
        (mean(last) - mean(before)).exp()
    });
    let since = gaps.len().saturating_sub(limits.won_back_orders as usize);
    let was_lost = (since..gaps.len()).any(|at| above(gaps[at], limits.lost_after * known(&logs[..at])));
    let stage = if above(silence, limits.lost_after * own) {
        Stage::Lost
    } else if above(silence, limits.at_risk_after * own) {
        Stage::AtRisk
    } else if was_lost {
        Stage::WonBack
    } else if days.len() == 1 {
        Stage::New
    } else if (days.len() as u64) < limits.mature_orders {
        Stage::Growing
    } else if trend.is_some_and(|trend| above(trend, limits.decline)) {
        Stage::Declining
    } else if trend.is_some_and(|trend| !above(trend, 1.0 / limits.growth)) {
        Stage::Growing
    } else {
        Stage::Mature
    };
    Some((own, stage)).filter(|_| !edge)
}

fn rows(customers: i64) -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((0..customers, -40 * 24..40 * 24i64, -300i64..2_000), 0..150)
}

fn assert_close(found: Option<f64>, want: Option<f64>, what: &str) {
    // Sums of squares lose digits where what is left of them is small.
    let near = found
        .zip(want)
        .map(|(found, want)| (found - want).abs() < IDENTITY * (1.0 + want.abs()));
    assert!(
        near.unwrap_or(found.is_none() && want.is_none()),
        "{what}: {found:?} and not {want:?}"
    );
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn rhythm_is_what_the_definitions_say(
        rows in rows(12),
        period in prop_oneof![Just(Period::None), Just(Period::Day), Just(Period::Week), Just(Period::Month)],
        as_of in -50 * 24..50 * 24i64,
        offset in -12i64..13,
    ) {
        let observation = observation(as_of, period, offset);
        let all = purchases(&rows, &observation);
        let (rhythm, _) = found(&rows, &observation, &Limits::default());
        let gaps: Vec<Vec<f64>> = all.values().map(|days| gaps_between(days)).collect();
        prop_assert_eq!(rhythm.customers as usize, all.values().filter(|days| !days.is_empty()).count());
        prop_assert_eq!(rhythm.gaps as usize, gaps.iter().map(Vec::len).sum::<usize>());
        prop_assert_eq!(rhythm.customers_with_gaps as usize, gaps.iter().filter(|gaps| !gaps.is_empty()).count());
        let want = credibility(&all);
        let typical = rhythm.typical;
        assert_close(typical.map(|typical| typical.mean), want.map(|want| want.0), "mean");
        assert_close(typical.map(|typical| typical.first), want.map(|want| want.1), "first");
        assert_close(typical.and_then(|typical| typical.within), want.and_then(|want| want.2), "within");
        assert_close(typical.and_then(|typical| typical.between), want.and_then(|want| want.3), "between");
        let parts: Vec<f64> = gaps.iter().filter(|gaps| gaps.len() > 1).map(|gaps| {
            let last = &gaps[gaps.len() - 2..];
            last[1] / (last[0] + last[1])
        }).collect();
        prop_assert_eq!(rhythm.regularity_customers as usize, parts.len());
        let variance = parts.iter().map(|part| (part - mean(&parts)).powi(2)).sum::<f64>() / (parts.len() as f64 - 1.0);
        if variance > 1e-12 {
            assert_close(rhythm.regularity.map(|k| 1.0 / (8.0 * k + 4.0)), Some(variance), "variance");
        }
    }

    #[test]
    fn stages_are_what_the_definitions_say(
        rows in rows(12),
        as_of in -50 * 24..90 * 24i64,
        limits in (1.1f64..3.0, 0.1f64..3.0, 1u64..7, 1.05f64..3.0, 1.05f64..3.0, 1u64..5),
    ) {
        let limits = Limits {
            at_risk_after: limits.0,
            lost_after: limits.0 + limits.1,
            mature_orders: limits.2,
            growth: limits.3,
            decline: limits.4,
            won_back_orders: limits.5,
        };
        let observation = by_days(as_of);
        let all = purchases(&rows, &observation);
        let (rhythm, lives) = found(&rows, &observation, &limits.check().unwrap());
        prop_assert_eq!(lives.len(), all.len());
        let today = as_of.div_euclid(24) as f64;
        for ((key, life), (want_key, days)) in lives.into_iter().zip(&all) {
            prop_assert_eq!(key, *want_key);
            let Some(life) = life else {
                prop_assert!(days.is_empty());
                continue;
            };
            let last = days[days.len() - 1];
            prop_assert_eq!(life.purchases as usize, days.len());
            prop_assert_eq!(life.last_purchase, last as i64 * DAY);
            prop_assert_eq!(life.silence, today - last);
            prop_assert_eq!(life.pace.is_some(), rhythm.typical.is_some());
            let Some(pace) = life.pace else {
                prop_assert_eq!(life.stage, Stage::New);
                continue;
            };
            let next = last + pace.typical_gap;
            prop_assert!((pace.expected_next.unwrap() as f64 / DAY as f64 - next).abs() < FORMULA);
            prop_assert!((pace.days_overdue - (as_of as f64 / 24.0 - next).max(0.0)).abs() < FORMULA);
            if let Some((typical, stage)) = by_definition(days, today, &rhythm, &limits) {
                close(pace.typical_gap, typical, ARITHMETIC, "typical gap");
                prop_assert_eq!(life.stage, stage, "customer {} of {:?}", key, days);
            }
        }
    }

    #[test]
    fn gaps_are_what_the_definitions_say(
        rows in rows(6),
        period in prop_oneof![Just(Period::None), Just(Period::Day), Just(Period::Month)],
        as_of in -50 * 24..50 * 24i64,
    ) {
        let observation = observation(as_of, period, 3);
        let all = purchases(&rows, &observation);
        let found = gaps_of(&rows, &observation);
        let most = all.values().map(Vec::len).max().unwrap_or(0);
        prop_assert_eq!(found.len(), if most == 0 { 0 } else { most + 1 });
        for gaps in found {
            let n = gaps.after_order.map(|n| n as usize);
            let customers = all.values().filter(|days| days.len() >= n.unwrap_or(1)).count();
            let mut want: Vec<f64> = all.values().flat_map(|days| {
                let gaps = gaps_between(days);
                n.map_or(gaps.clone(), |n| gaps.get(n - 1).copied().into_iter().collect())
            }).collect();
            want.sort_by(f64::total_cmp);
            prop_assert_eq!((gaps.customers as usize, gaps.next as usize), (customers, want.len()));
            prop_assert_eq!(gaps.days.is_some(), !want.is_empty());
            let Some(days) = gaps.days else { continue };
            close(days.mean, mean(&want), ARITHMETIC, "mean");
            for (at, share) in days.at.into_iter().zip([0.1, 0.25, 0.5, 0.75, 0.9]) {
                let place = share * (want.len() - 1) as f64;
                let (low, high) = (want[place.floor() as usize], want[place.ceil() as usize]);
                close(at, low + place.fract() * (high - low), ARITHMETIC, "quantile");
            }
        }
    }
}

/// A customer who buys every so many days, so many times.
fn regular(key: i64, every: i64, times: i64) -> Vec<Row> {
    (0..times).map(|n| (key, 24 * every * n, 100)).collect()
}

#[test]
fn who_is_exactly_as_late_as_a_limit_is_not_later() {
    for every in [1, 3, 7, 10, 30, 77] {
        let rows: Vec<Row> = (0..5).flat_map(|key| regular(key, every, 6)).collect();
        let last = 5 * every;
        for (silence, stage) in [
            (0, Stage::Mature),
            (2 * every, Stage::Mature),
            (2 * every + 1, Stage::AtRisk),
            (4 * every, Stage::AtRisk),
            (4 * every + 1, Stage::Lost),
        ] {
            let (rhythm, lives) = found(&rows, &by_days(24 * (last + silence)), &Limits::default());
            let typical = rhythm.typical.unwrap();
            assert_eq!((typical.within, typical.kappa), (Some(0.0), None), "{every}");
            let stages: Vec<Stage> = lives.iter().map(|(_, life)| life.unwrap().stage).collect();
            // A silence of two gaps is a gap twice as long as those before.
            let stage = if silence == 2 * every { Stage::Mature } else { stage };
            assert_eq!(stages, [stage; 5], "{silence} days after purchases every {every}");
        }
    }
}

#[test]
fn a_trend_that_is_exactly_a_limit_has_reached_it() {
    // Gaps of 20, 20 and then of 30: half as long again. And of 25 and then of 20: 1.25 times as fast.
    for (gaps, stage) in [
        ([20, 20, 30, 30], Stage::Declining),
        ([20, 20, 30, 29], Stage::Mature),
        ([25, 25, 20, 20], Stage::Growing),
        ([25, 25, 20, 21], Stage::Mature),
    ] {
        let mut day = 0;
        let mut rows = vec![(1, 0, 100)];
        for gap in gaps {
            day += gap;
            rows.push((1, 24 * day, 100));
        }
        let (_, lives) = found(&rows, &by_days(24 * day), &Limits::default());
        assert_eq!(lives[0].1.unwrap().stage, stage, "{gaps:?}");
    }
}

#[test]
fn nobody_has_a_gap() {
    let rows = [(1, 0, 100), (1, 5, 100), (2, 240, 100), (3, 100, -100)];
    let (rhythm, lives) = found(&rows, &by_days(240), &Limits::default());
    assert!(rhythm.typical.is_none() && rhythm.gaps == 0);
    assert_eq!(rhythm.warnings()[0].headline, "no customer has bought again");
    assert!(lives[2].1.is_none(), "who only returned something has no life");
    for (_, life) in &lives[..2] {
        let life = life.unwrap();
        assert!(life.stage == Stage::New && life.pace.is_none() && life.silence_ratio().is_none());
    }
    let (rhythm, lives) = found(&rows, &by_days(-1), &Limits::default());
    assert!(lives.is_empty() && rhythm.history_days.is_none() && rhythm.warnings().is_empty());
}

#[test]
fn one_gap_is_that_of_everybody() {
    let rows = [(1, 0, 100), (1, 240, 100), (2, 0, 100)];
    let (rhythm, lives) = found(&rows, &by_days(240), &Limits::default());
    let typical = rhythm.typical.unwrap();
    assert!(typical.within.is_none() && typical.between.is_none() && typical.kappa.is_none());
    for (_, life) in lives {
        close(life.unwrap().pace.unwrap().typical_gap, 10.0, ARITHMETIC, "typical gap");
    }
    assert!(rhythm.regularity.is_none());
}

#[test]
fn customers_may_fill_several_blocks() {
    // Some thousands of rows each, many at one instant, returns among them.
    let rows: Vec<Row> = (0..9_000)
        .map(|i| (i % 3, i / 30 * 50 + i * i % 7 * 24, i % 5 * 100 - 100))
        .collect();
    let observation = by_days(20_000);
    let all = purchases(&rows, &observation);
    let (rhythm, lives) = found(&rows, &observation, &Limits::default());
    let want = credibility(&all).unwrap();
    assert_close(rhythm.typical.map(|typical| typical.mean), Some(want.0), "mean");
    assert_close(rhythm.typical.and_then(|typical| typical.within), want.2, "within");
    for ((_, life), days) in lives.iter().zip(all.values()) {
        assert!(days.len() > 200);
        assert_eq!(life.unwrap().purchases as usize, days.len());
    }
    let gaps = gaps_of(&rows, &observation);
    assert_eq!(gaps.last().unwrap().next, rhythm.gaps);
    assert_eq!(gaps[0].days.unwrap().at[2], {
        let mut firsts: Vec<f64> = all.values().map(|days| days[1] - days[0]).collect();
        firsts.sort_by(f64::total_cmp);
        firsts[1]
    });
}

#[test]
fn doubtful_gaps_are_pointed_out() {
    let headlines = |rows: &[Row], as_of| {
        let (rhythm, _) = found(rows, &by_days(as_of), &Limits::default());
        let all = rhythm.warnings().into_iter().chain(rhythm.warning_of_regularity());
        all.map(|warning| warning.headline).collect::<Vec<_>>()
    };
    let few = "few customers have bought again";
    let short = "longer gaps could not be seen yet";
    let regular_ones = "purchases are more regular than the models of purchases assume";
    let shop = |customers: i64, times: i64| -> Vec<Row> {
        // Gaps of ten days, some hours more or less.
        (0..customers)
            .flat_map(|key| (0..times).map(move |n| (key, 240 * n + 24 * (key * 7 % 3 * n % 2), 100)))
            .collect()
    };
    assert_eq!(headlines(&shop(40, 9), 240 * 8), [regular_ones]);
    assert_eq!(headlines(&shop(29, 9), 240 * 8), [few, regular_ones]);
    assert_eq!(headlines(&shop(40, 6), 240 * 5), [short, regular_ones]);
}

#[test]
fn limits_are_checked() {
    let usual = Limits::default();
    assert!(usual.check().is_ok());
    for wrong in [
        Limits {
            at_risk_after: 1.0,
            ..usual
        },
        Limits {
            at_risk_after: 4.0,
            ..usual
        },
        Limits {
            at_risk_after: f64::NAN,
            ..usual
        },
        Limits {
            lost_after: f64::INFINITY,
            ..usual
        },
        Limits { growth: 1.0, ..usual },
        Limits {
            decline: f64::NAN,
            ..usual
        },
        Limits {
            decline: f64::INFINITY,
            ..usual
        },
        Limits {
            mature_orders: 0,
            ..usual
        },
        Limits {
            won_back_orders: 0,
            ..usual
        },
    ] {
        assert_eq!(wrong.check().unwrap_err().kind(), Kind::InvalidParameter, "{wrong:?}");
    }
}

#[test]
fn the_ends_of_the_calendar_are_dates_too() {
    let ends = [MIN_TIME, END_TIME - 1];
    let bytes = log_of(TimeKind::Local, in_cents(&ends.map(|time| (1, time, 0)), 1));
    let log = OrderLog::open(&bytes).unwrap();
    for period in [Period::None, Period::Day] {
        let observation = Observation {
            as_of: ends[1],
            ..observation(0, period, 0)
        };
        let rhythm = rhythm(&log, &observation, &mut Unhindered).unwrap();
        let typical = rhythm.typical.unwrap();
        close(typical.days(), 109_203_527.5, PARAMETER, "a gap");
        let visit = |_: Key<'_>, life: Option<Life>| {
            assert_eq!(life.unwrap().pace.unwrap().expected_next, None);
            Ok(())
        };
        lifecycle(
            &log,
            &observation,
            &Limits::default(),
            Some(&typical),
            &mut Unhindered,
            visit,
        )
        .unwrap();
        let mut days = 0.0;
        purchase_gaps(&log, &observation, &mut Unhindered, |gaps| {
            days = gaps.days.map_or(days, |days| days.mean);
            Ok(())
        })
        .unwrap();
        close(days, 109_203_527.5, PARAMETER, "a gap");
    }
}
