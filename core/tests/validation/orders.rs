//! Orders predicted.

use crate::cases::cases;
use crate::plain::{Known, accuracy, alike, horizon, known};
use crate::{DAY, HOUR, Row, both_close, check, close, daily, model, trial, trials};
use clientele_core::Kind;
use clientele_core::calendar::Period;
use clientele_core::checkpoint::Unhindered;
use clientele_core::validation::{Orders, OrdersComparison, Prediction, Rule, Trial, check_split};
use proptest::prelude::*;

/// The predictions of the model and of all rules.
fn predictions(trial: &Trial) -> Vec<Orders> {
    let mut all = vec![Orders::by_model(trial, &model(), &mut Unhindered).unwrap()];
    all.extend(Rule::ALL.map(|rule| Orders::by_rule(trial, rule, &mut Unhindered).unwrap()));
    all
}

/// What each method predicts of a customer, where all had so many repeat purchases in the time before, on average.
fn predicted(known: &Known, horizon: f64, mean: f64) -> [f64; 5] {
    let rate = match known.customer.age {
        0.0 => 0.0,
        age => known.customer.frequency / age,
    };
    let expected = model().outlook(&known.customer).expected_orders(horizon);
    [expected, rate * horizon, known.before.0 as f64, mean, 0.0]
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn comparisons_are_what_the_definitions_say((rows, observation, split) in trials()) {
        let all = known(&rows, &observation, split);
        let trial = match trial(&rows, &observation, Some(split)) {
            Ok(trial) => trial,
            Err(error) => {
                // No order at all, or none of the time to be predicted.
                let none = rows.iter().all(|row| row.1 > observation.as_of || row.2 < 0);
                prop_assert_eq!(error.kind(), Kind::NotEnough);
                prop_assert!(none || observation.period != Period::None, "{}", error);
                return Ok(());
            }
        };
        prop_assert_eq!(trial.histories().len(), all.len());
        if all.is_empty() {
            return Ok(());
        }
        let horizon = horizon(&observation, split);
        let mean = all.iter().map(|known| known.before.0).sum::<usize>() as f64 / all.len() as f64;
        for (method, prediction) in predictions(&trial).iter().enumerate() {
            let values: Vec<f64> = all.iter().map(|known| predicted(known, horizon, mean)[method]).collect();
            let share = |places: &[usize], of: &dyn Fn(&Known) -> f64| {
                places.iter().map(|&at| of(&all[at])).sum::<f64>() / places.len() as f64
            };
            let active = |known: &Known| 1.0 - model().outlook(&known.customer).p_no_order(horizon);
            let want = |places: &[usize]| OrdersComparison {
                accuracy: accuracy(&places.iter().map(|&at| (prediction.values()[at], all[at].after.0 as f64)).collect::<Vec<_>>()),
                predicted_active: (method == 0).then(|| share(places, &active)),
                actual_active: share(places, &|known| if known.after.0 > 0 { 1.0 } else { 0.0 }),
            };
            check(&trial, prediction, &values, want, |found, want| {
                alike(&found.accuracy, &want.accuracy)
                    && both_close(found.predicted_active, want.predicted_active)
                    && close(found.actual_active, want.actual_active)
            })?;
        }
    }
}

#[test]
fn equal_predictions_are_dealt_out_in_the_order_of_keys() {
    // Twenty customers with the same past; those with even keys come back.
    let mut rows: Vec<Row> = (0..20).flat_map(|key| [(key, 0, 1), (key, 5 * DAY, 1)]).collect();
    rows.push((20, 0, 1));
    rows.extend((0..20).step_by(2).map(|key| (key, 12 * DAY, 1)));
    let trial = trial(&rows, &daily(20 * DAY), Some(10 * DAY)).unwrap();
    let of = |rule| Orders::by_rule(&trial, rule, &mut Unhindered).unwrap();
    let tenths = of(Rule::SameAgain).compare_tenths(&trial, &mut Unhindered).unwrap();
    let found: Vec<(usize, f64, f64)> = tenths
        .iter()
        .map(|(_, tenth)| {
            (
                tenth.accuracy.customers,
                tenth.accuracy.predicted,
                tenth.accuracy.actual,
            )
        })
        .collect();
    // The one of whom nothing is expected and key 0, then keys 1 and 2, and so on.
    let mut want = vec![(2, 1.0, 1.0)];
    want.extend([(2, 2.0, 1.0); 8]);
    want.push((3, 3.0, 1.0));
    assert_eq!(found, want);
    for rule in [Rule::MeanOfAll, Rule::Nobody] {
        assert_eq!(of(rule).compare_tenths(&trial, &mut Unhindered).unwrap(), []);
    }
}

#[test]
fn the_split_leaves_a_third_of_the_time() {
    let rows = crate::work::shop(9, 90);
    let comparison = |split: Option<i64>| {
        let trial = trial(&rows, &daily(91 * DAY), split).unwrap();
        predictions(&trial)[0].compare(&trial, &mut Unhindered).unwrap()
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
        [Rule::SameRate, Rule::Nobody].map(|rule| {
            let prediction = Orders::by_rule(&trial, rule, &mut Unhindered).unwrap();
            prediction.compare(&trial, &mut Unhindered).unwrap().accuracy.bias()
        })
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
