//! Predictions beside what came, against the definitions worked out the plain way.

#[path = "../bought/mod.rs"]
mod bought;
#[path = "../cases/mod.rs"]
mod cases;
mod churn;
mod money;
mod orders;
mod plain;
#[path = "../tolerance/mod.rs"]
mod tolerance;
mod work;

use bought::{Row, in_cents};
use clientele_core::Result;
use clientele_core::calendar::{DAY, Period};
use clientele_core::checkpoint::Unhindered;
use clientele_core::customers::Observation;
use clientele_core::estimate::Fitted;
use clientele_core::order_log::{OrderLog, TimeKind};
use clientele_core::validation::{Prediction, Trial};
use clientele_core::zone::Zone;
use clientele_core::{purchases, spend};
use proptest::prelude::*;
use tolerance::FORMULA;

const HOUR: i64 = DAY / 24;

fn log_of(rows: &[Row]) -> Vec<u8> {
    bought::log_of(TimeKind::Zoned, in_cents(rows, 1))
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
fn model() -> purchases::Model {
    purchases::Model::parse(
        r#"{"purchase_model":1,"model":"mbg/nbd","time_unit":"7 days","parameters":{"r":0.5,"alpha":6,"a":0.9,"b":1.6}}"#,
    )
    .expect("a model")
}

/// The same of spend.
fn spend_model() -> spend::Model {
    spend::Model::parse(r#"{"spend_model":1,"parameters":{"p":2,"q":3.5,"v":9},"mean_value":7}"#).expect("a model")
}

fn trial(rows: &[Row], observation: &Observation, split: Option<i64>) -> Result<Trial> {
    let bytes = log_of(rows);
    match Trial::of(&OrderLog::open(&bytes)?, observation, split, &mut Unhindered)? {
        Fitted::Model(trial) => Ok(trial),
        Fitted::Nothing(about) => Err(about),
    }
}

/// Rows, how they are looked at, in weeks, and a split of them.
fn trials() -> impl Strategy<Value = (Vec<Row>, Observation, i64)> {
    let periods = prop_oneof![
        Just(Period::None),
        Just(Period::Day),
        Just(Period::Week),
        Just(Period::Month),
        Just(Period::Quarter),
        Just(Period::Year)
    ];
    let row = (0i64..30, -100 * 24..100 * 24i64, -300i64..2_000);
    (
        prop::collection::vec(row, 1..200),
        periods,
        -90 * 24..60 * 24i64,
        1i64..80 * 24,
        -12i64..13,
    )
        .prop_map(|(rows, period, split, later, offset)| {
            let zone = Zone::new(offset * HOUR, vec![(0, (offset + 1) * HOUR)]);
            let observation = Observation {
                as_of: (split + later) * HOUR,
                period,
                zone,
                time_unit: 7 * DAY,
            };
            let rows = rows
                .into_iter()
                .map(|(key, hours, cents)| (key, hours * HOUR, cents))
                .collect();
            (rows, observation, split * HOUR)
        })
}

/// That a prediction is `values`, and compares with what came as `want` has it for the customers at some places, as a whole and in tenths.
fn check<P: Prediction>(
    trial: &Trial,
    prediction: &P,
    values: &[f64],
    want: impl Fn(&[usize]) -> P::Comparison,
    alike: impl Fn(&P::Comparison, &P::Comparison) -> bool,
) -> std::result::Result<(), TestCaseError>
where
    P::Comparison: std::fmt::Debug,
{
    let method = prediction.method();
    let is_same = values
        .iter()
        .zip(prediction.values())
        .all(|(&want, &found)| close(found, want));
    prop_assert!(is_same, "{}: {:?} and not {:?}", method, prediction.values(), values);
    let all: Vec<usize> = (0..values.len()).collect();
    let (found, wanted) = (prediction.compare(trial, &mut Unhindered).unwrap(), want(&all));
    prop_assert!(alike(&found, &wanted), "{}: {:?} and not {:?}", method, found, wanted);
    let mut sorted = all;
    // What is the same but for rounding is not put into another order.
    let values = prediction.values();
    sorted.sort_by(|&one, &other| values[one].total_cmp(&values[other]));
    let found = prediction.compare_tenths(trial, &mut Unhindered).unwrap();
    if values[sorted[0]] == values[sorted[sorted.len() - 1]] {
        prop_assert!(found.is_empty());
        return Ok(());
    }
    let places = |tenth: usize| (tenth - 1) * sorted.len() / 10..tenth * sorted.len() / 10;
    let tenths: Vec<usize> = (1..=10).filter(|&tenth| !places(tenth).is_empty()).collect();
    prop_assert_eq!(found.iter().map(|one| one.0).collect::<Vec<_>>(), tenths);
    for (tenth, found) in &found {
        let want = want(&sorted[places(*tenth)]);
        prop_assert!(
            alike(found, &want),
            "{} {}: {:?} and not {:?}",
            method,
            tenth,
            found,
            want
        );
    }
    Ok(())
}

fn close(found: f64, want: f64) -> bool {
    (found - want).abs() <= FORMULA * (1.0 + want.abs())
}

fn both_close(found: Option<f64>, want: Option<f64>) -> bool {
    match (found, want) {
        (Some(found), Some(want)) => close(found, want),
        (found, want) => found == want,
    }
}
