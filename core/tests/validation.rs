//! Predictions beside what came, against the definitions worked out the plain way.

mod cases;
mod tolerance;

use cases::cases;
use clientele_core::amount::Amount;
use clientele_core::calendar::{DAY, Period};
use clientele_core::checkpoint::{Checkpoint, Unhindered};
use clientele_core::collect::Collected;
use clientele_core::customers::Observation;
use clientele_core::estimate::Fitted;
use clientele_core::key::Key;
use clientele_core::order_log::{Collector, OrderLog, TimeKind};
use clientele_core::purchases::{Customer, Model};
use clientele_core::validation::{Comparison, Prediction, Trial, check_split};
use clientele_core::zone::Zone;
use clientele_core::{Error, Kind, Result};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tolerance::FORMULA;

type Row = (i64, i64, i64);

const HOUR: i64 = DAY / 24;

fn log_of(rows: &[Row]) -> Vec<u8> {
    let mut log = Collector::new(1 << 30);
    for &(key, time, cents) in rows {
        let amount = Amount::decimal(cents, 2);
        log.push(Key::Integer(key), TimeKind::Zoned, time, amount, &mut Unhindered)
            .expect("sound");
    }
    let mut bytes = Vec::new();
    log.write(&mut bytes, &mut Unhindered).expect("a log can be written");
    bytes
}

fn daily(as_of: i64) -> Observation {
    Observation {
        as_of,
        period: Period::Day,
        zone: Zone::utc(),
        time_unit: DAY,
    }
}

/// A model that need not be fitted, in weeks.
fn model() -> Model {
    Model::parse(
        r#"{"purchase_model":1,"model":"mbg/nbd","time_unit":"7 days","parameters":{"r":0.5,"alpha":6,"a":0.9,"b":1.6}}"#,
    )
    .expect("a model")
}

fn trial(rows: &[Row], observation: &Observation, split: Option<i64>) -> Result<Trial> {
    let bytes = log_of(rows);
    match Trial::of(&OrderLog::open(&bytes)?, observation, split, &mut Unhindered)? {
        Fitted::Model(trial) => Ok(trial),
        Fitted::Nothing(about) => Err(about),
    }
}

/// The predictions of the model and of all rules.
fn predictions(trial: &Trial) -> Vec<Prediction> {
    let mut all = vec![trial.by_model(&model(), &mut Unhindered).unwrap()];
    all.extend(trial.by_rules(&mut Unhindered).unwrap());
    all
}

/// One customer as the definitions have it: what is predicted by each method, how likely the model holds any purchase to be, and what came.
#[derive(Debug)]
struct Pair {
    predicted: [f64; 4],
    active: f64,
    actual: usize,
}

fn pairs(rows: &[Row], observation: &Observation, split: i64) -> Vec<Pair> {
    let start = |time: i64| match observation.period {
        Period::None => time,
        period => period.start(observation.zone.local(time)),
    };
    let window = start(observation.as_of) - start(split);
    let units = |length: i64| length as f64 / observation.time_unit as f64;
    let mut by_customer: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for &(key, time, cents) in rows {
        // An instant with a row that is no return is an order.
        if cents >= 0 {
            by_customer.entry(key).or_default().push(time);
        }
    }
    let pair = |times: &Vec<i64>| {
        let until = |end: i64| -> BTreeSet<i64> {
            let seen = times.iter().filter(|&&time| time <= end);
            seen.map(|&time| start(time)).collect()
        };
        let (known, end) = (until(split), until(observation.as_of));
        let (&first, &last) = known.first().zip(known.last())?;
        let frequency = known.len() - 1;
        let (age, recency) = (units(start(split) - first), units(last - first));
        let customer = Customer::new(frequency as i64, recency, age).unwrap();
        let outlook = model().outlook(&customer);
        let earlier = until(split - window);
        let again = known
            .iter()
            .filter(|&&at| at != first && !earlier.contains(&at))
            .count();
        let rate = if age == 0.0 { 0.0 } else { frequency as f64 / age };
        Some(Pair {
            predicted: [
                outlook.expected_orders(units(window)),
                rate * units(window),
                again as f64,
                0.0,
            ],
            active: 1.0 - outlook.p_no_order(units(window)),
            actual: end.difference(&known).count(),
        })
    };
    by_customer.values().filter_map(pair).collect()
}

/// Spearman's correlation from its definition, with the middle of equal ranks.
fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let rank = |values: &[f64], x: f64| {
        let below = values.iter().filter(|&&y| y < x).count() as f64;
        below + values.iter().filter(|&&y| y == x).count() as f64 / 2.0
    };
    let ranks = |values: Vec<f64>| -> Vec<f64> { values.iter().map(|&x| rank(&values, x) - n / 2.0).collect() };
    let x = ranks(pairs.iter().map(|pair| pair.0).collect());
    let y = ranks(pairs.iter().map(|pair| pair.1).collect());
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let spread = product(&x, &x) * product(&y, &y);
    (spread > 0.0).then(|| product(&x, &y) / spread.sqrt())
}

fn expected(pairs: &[&Pair], method: usize) -> Comparison {
    let n = pairs.len() as f64;
    let both = |pair: &&Pair| (pair.predicted[method], pair.actual as f64);
    let mean = |of: &dyn Fn(&Pair) -> f64| pairs.iter().map(|pair| of(pair)).sum::<f64>() / n;
    let off = |pair: &Pair| pair.predicted[method] - pair.actual as f64;
    Comparison {
        customers: pairs.len(),
        predicted: n * mean(&|pair| pair.predicted[method]),
        actual: pairs.iter().map(|pair| pair.actual as u64).sum(),
        mae: mean(&|pair| off(pair).abs()),
        rmse: mean(&|pair| off(pair).powi(2)).sqrt(),
        rank_correlation: spearman(&pairs.iter().map(both).collect::<Vec<_>>()),
        predicted_active: (method == 0).then(|| mean(&|pair| pair.active)),
        actual_active: mean(&|pair| f64::from(u8::from(pair.actual > 0))),
    }
}

fn close(found: f64, want: f64) -> bool {
    (found - want).abs() <= FORMULA * (1.0 + want.abs())
}

fn alike(found: &Comparison, want: &Comparison) -> bool {
    let both = |found: Option<f64>, want: Option<f64>| match (found, want) {
        (Some(found), Some(want)) => close(found, want),
        (found, want) => found == want,
    };
    (found.customers, found.actual) == (want.customers, want.actual)
        && close(found.predicted, want.predicted)
        && close(found.mae, want.mae)
        && close(found.rmse, want.rmse)
        && close(found.actual_active, want.actual_active)
        && both(found.rank_correlation, want.rank_correlation)
        && both(found.predicted_active, want.predicted_active)
}

fn periods() -> impl Strategy<Value = Period> {
    prop_oneof![
        Just(Period::None),
        Just(Period::Day),
        Just(Period::Week),
        Just(Period::Month)
    ]
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn comparisons_are_what_the_definitions_say(
        rows in prop::collection::vec((0i64..30, -100 * 24..100 * 24i64, -300i64..2_000), 1..200),
        period in periods(),
        split in -90 * 24..60 * 24i64,
        later in 1i64..80 * 24,
        offset in -12i64..13,
    ) {
        let rows: Vec<Row> = rows.into_iter().map(|(key, hours, cents)| (key, hours * HOUR, cents)).collect();
        let zone = Zone::new(offset * HOUR, vec![(0, (offset + 1) * HOUR)]);
        let observation = Observation { as_of: (split + later) * HOUR, period, zone, time_unit: 7 * DAY };
        let split = split * HOUR;
        let all = pairs(&rows, &observation, split);
        let trial = match trial(&rows, &observation, Some(split)) {
            Ok(trial) => trial,
            Err(error) => {
                // No order at all, or none of the time to be predicted.
                let none = rows.iter().all(|row| row.1 > observation.as_of || row.2 < 0);
                prop_assert_eq!(error.kind(), Kind::NotEnough);
                prop_assert!(none || period != Period::None, "{}", error);
                return Ok(());
            }
        };
        prop_assert_eq!(trial.histories().len(), all.len());
        if all.is_empty() {
            return Ok(());
        }
        for (method, prediction) in predictions(&trial).iter().enumerate() {
            let whole: Vec<&Pair> = all.iter().collect();
            let (found, want) = (trial.compare(prediction, &mut Unhindered).unwrap(), expected(&whole, method));
            prop_assert!(alike(&found, &want), "{}: {:?} and not {:?}", prediction.method, found, want);
            let mut sorted = whole;
            sorted.sort_by(|one, other| one.predicted[method].total_cmp(&other.predicted[method]));
            let found = trial.compare_tenths(prediction, &mut Unhindered).unwrap();
            if sorted[0].predicted[method] == sorted[sorted.len() - 1].predicted[method] {
                prop_assert!(found.is_empty());
                continue;
            }
            let places = |tenth: usize| (tenth - 1) * sorted.len() / 10..tenth * sorted.len() / 10;
            let tenths: Vec<usize> = (1..=10).filter(|&tenth| !places(tenth).is_empty()).collect();
            prop_assert_eq!(found.iter().map(|one| one.0).collect::<Vec<_>>(), tenths);
            for (tenth, found) in &found {
                let want = expected(&sorted[places(*tenth)], method);
                prop_assert!(alike(found, &want), "{} {}: {:?} and not {:?}", prediction.method, tenth, found, want);
            }
        }
    }
}

/// Customers who come each so many days as their number, again and again.
fn shop(customers: i64, days: i64) -> Vec<Row> {
    (1..=customers)
        .flat_map(|key| (key..days).step_by(key as usize).map(move |day| (key, day * DAY, 100)))
        .collect()
}

#[test]
fn equal_predictions_are_dealt_out_in_the_order_of_keys() {
    // Twenty customers with the same past; those with even keys come back.
    let mut rows: Vec<Row> = (0..20).flat_map(|key| [(key, 0, 1), (key, 5 * DAY, 1)]).collect();
    rows.push((20, 0, 1));
    rows.extend((0..20).step_by(2).map(|key| (key, 12 * DAY, 1)));
    let trial = trial(&rows, &daily(20 * DAY), Some(10 * DAY)).unwrap();
    let [_, again, nobody] = trial.by_rules(&mut Unhindered).unwrap();
    let tenths = trial.compare_tenths(&again, &mut Unhindered).unwrap();
    let found: Vec<(usize, f64, u64)> = tenths
        .iter()
        .map(|(_, tenth)| (tenth.customers, tenth.predicted, tenth.actual))
        .collect();
    // The one of whom nothing is expected and key 0, then keys 1 and 2, and so on.
    let mut want = vec![(2, 1.0, 1)];
    want.extend([(2, 2.0, 1); 8]);
    want.push((3, 3.0, 1));
    assert_eq!(found, want);
    assert_eq!(trial.compare_tenths(&nobody, &mut Unhindered).unwrap(), []);
}

#[test]
fn the_split_leaves_a_third_of_the_time() {
    let rows = shop(9, 90);
    let comparison = |split: Option<i64>| {
        let trial = trial(&rows, &daily(91 * DAY), split).unwrap();
        trial.compare(&predictions(&trial)[0], &mut Unhindered).unwrap()
    };
    // The first order is on day 1.
    assert_eq!(comparison(None), comparison(Some(61 * DAY)));
    assert_ne!(comparison(None), comparison(Some(62 * DAY)));
}

#[test]
fn bias_is_a_share_of_what_came() {
    let rows = [(1, 0, 1), (1, 5 * DAY, 1), (1, 12 * DAY, 1), (1, 13 * DAY, 1)];
    let bias = |split: i64, as_of: i64| {
        let trial = trial(&rows, &daily(as_of), Some(split)).unwrap();
        let [rate, _, nobody] = trial.by_rules(&mut Unhindered).unwrap();
        [rate, nobody].map(|prediction| trial.compare(&prediction, &mut Unhindered).unwrap().bias())
    };
    // One purchase in ten days, and two in the next ten.
    assert_eq!(bias(10 * DAY, 20 * DAY), [Some(-0.5), Some(-1.0)]);
    assert_eq!(bias(14 * DAY, 20 * DAY), [None, None]);
}

#[test]
fn what_cannot_be_validated_says_so() {
    let kind = |rows: &[Row], as_of: i64, split: Option<i64>| trial(rows, &daily(as_of), split).unwrap_err();
    let rows = [(1, 0, 100), (1, 9 * DAY, 100)];
    for (split, as_of) in [(9 * DAY, 9 * DAY), (10 * DAY, 9 * DAY), (9 * DAY, 9 * DAY + HOUR)] {
        assert_eq!(kind(&rows, as_of, Some(split)).kind(), Kind::NotEnough);
        // Who chose both has chosen wrong.
        let error = check_split(&daily(as_of), split).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidParameter);
        assert!(
            error
                .detail_text()
                .is_some_and(|detail| detail.starts_with("They are 2000-01-1")),
            "{error}"
        );
    }
    // Nobody chose a split here: there is too little for any.
    for rows in [&rows[..1], &[(1, 0, 100), (2, HOUR, 100)], &[(1, 0, -100)], &[]] {
        let error = kind(rows, 2 * HOUR, None);
        assert_eq!(error.kind(), Kind::NotEnough, "{error}");
        assert!(error.detail_text().is_some() && error.hint_text().is_some(), "{error}");
    }
}

/// Says stop at one of its looks.
struct Stop {
    looks: usize,
    at: usize,
    stages: BTreeSet<&'static str>,
}

impl Checkpoint for Stop {
    fn pass(&mut self, stage: &'static str, _: usize, _: usize) -> Result<()> {
        self.looks += 1;
        self.stages.insert(stage);
        if self.looks > self.at {
            return Err(Error::new(Kind::Stopped, "stopped"));
        }
        Ok(())
    }

    fn reserve(&mut self, _: usize) -> Result<()> {
        Ok(())
    }
}

#[test]
fn it_stops_wherever_it_is() {
    let bytes = log_of(&shop(40, 200));
    let work = |at: usize| -> Result<Stop> {
        let stages = BTreeSet::new();
        let mut stop = Stop { looks: 0, at, stages };
        let log = OrderLog::open(&bytes)?;
        let trial = Trial::of(&log, &daily(200 * DAY), None, &mut stop)?
            .model()
            .expect("enough");
        let prediction = trial.by_model(&model(), &mut stop)?;
        trial.compare(&prediction, &mut stop)?;
        trial.compare_tenths(&prediction, &mut stop)?;
        Ok(stop)
    };
    let Stop { looks, stages, .. } = work(usize::MAX).unwrap();
    assert_eq!(
        stages.into_iter().collect::<Vec<_>>(),
        ["predicting", "ranking", "reading"]
    );
    for at in 0..looks {
        let stopped = work(at).err().map(|error| error.kind());
        assert_eq!(stopped, Some(Kind::Stopped), "{at} of {looks}");
    }
}

/// Says how much memory was asked for.
struct Asked(usize);

impl Checkpoint for Asked {
    fn pass(&mut self, _: &'static str, _: usize, _: usize) -> Result<()> {
        Ok(())
    }

    fn reserve(&mut self, bytes: usize) -> Result<()> {
        self.0 += bytes;
        Ok(())
    }
}

#[test]
fn memory_is_asked_for() {
    let rows: Vec<Row> = (0..5_000)
        .flat_map(|key| [(key, 0, 1), (key, key % 90 * DAY, 1)])
        .collect();
    let trial = trial(&rows, &daily(90 * DAY), None).unwrap();
    let prediction = &predictions(&trial)[0];
    let asked = |of: &dyn Fn(&mut Asked)| {
        let mut asked = Asked(0);
        of(&mut asked);
        asked.0
    };
    // Which customers; twice a list to sort and a list of ranks.
    let one = asked(&|asked| {
        trial.compare(prediction, asked).unwrap();
    });
    assert_eq!(one, 5_000 * (4 + 2 * (16 + 8)));
    // For the tenths, a list to sort too.
    let tenths = asked(&|asked| {
        trial.compare_tenths(prediction, asked).unwrap();
    });
    assert_eq!(tenths, 5_000 * (16 + 4 + 2 * (16 + 8)));
}
