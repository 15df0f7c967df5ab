//! Revenue predicted.

use crate::cases::cases;
use crate::plain::{Known, accuracy, alike, horizon, known};
use crate::{DAY, Row, both_close, check, daily, model, spend_model, trial, trials};
use clientele_core::checkpoint::Unhindered;
use clientele_core::clv::{Terms, Valuation};
use clientele_core::validation::{Prediction, Revenue, RevenueComparison, Rule, Trial};
use proptest::prelude::*;

fn by_models(trial: &Trial) -> Revenue {
    Revenue::by_models(trial, (&model(), &spend_model()), 0.8, &mut Unhindered).unwrap()
}

fn by_rule(trial: &Trial, rule: Rule) -> Revenue {
    Revenue::by_rule(trial, rule, &mut Unhindered).unwrap()
}

/// What each method predicts of a customer, where all brought so much in the time before, on average.
fn predicted(known: &Known, horizon: f64, mean: f64) -> [f64; 5] {
    let [p, q, v] = spend_model().estimate.values;
    let (x, z) = (known.customer.frequency, known.monetary_value);
    let each = if x > 0.0 && z > 0.0 {
        p * (v + x * z) / (p * x + q - 1.0)
    } else {
        p * v / (q - 1.0)
    };
    let rate = match known.customer.age {
        0.0 => 0.0,
        age => x / age,
    };
    let expected = model().outlook(&known.customer).expected_orders(horizon);
    [expected * each, rate * horizon * z.max(0.0), known.before.1, mean, 0.0]
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn comparisons_are_what_the_definitions_say((rows, observation, split) in trials()) {
        let all = known(&rows, &observation, split);
        let Some(trial) = trial(&rows, &observation, Some(split)).ok().filter(|_| !all.is_empty()) else {
            return Ok(());
        };
        let horizon = horizon(&observation, split);
        let mean = all.iter().map(|known| known.before.1).sum::<f64>() / all.len() as f64;
        let terms = Terms { horizon: (horizon * 7.0 * DAY as f64).round() as i64, confidence: 0.8, ..Terms::default() };
        let (purchases, spend) = (model(), spend_model());
        let valuation = Valuation::new(Some(&purchases), Some(&spend), &terms).unwrap();
        let within: Vec<Option<bool>> = all
            .iter()
            .map(|known| {
                let (low, high) = valuation.value(&known.customer, known.monetary_value, &mut Unhindered).unwrap().interval?;
                Some((low..=high).contains(&known.after.1))
            })
            .collect();
        let methods = [by_models(&trial)].into_iter().chain(Rule::ALL.map(|rule| by_rule(&trial, rule)));
        for (method, prediction) in methods.enumerate() {
            let values: Vec<f64> = all.iter().map(|known| predicted(known, horizon, mean)[method]).collect();
            let want = |places: &[usize]| {
                let told: Vec<bool> = places.iter().filter_map(|&at| within[at].filter(|_| method == 0)).collect();
                let pairs: Vec<(f64, f64)> = places.iter().map(|&at| (prediction.values()[at], all[at].after.1)).collect();
                RevenueComparison {
                    accuracy: accuracy(&pairs),
                    coverage: (!told.is_empty()).then(|| told.iter().filter(|&&one| one).count() as f64 / told.len() as f64),
                }
            };
            check(&trial, &prediction, &values, want, |found, want| {
                alike(&found.accuracy, &want.accuracy) && both_close(found.coverage, want.coverage)
            })?;
            let revenue = |at: usize| all[at].after.1;
            let mut sorted: Vec<usize> = (0..all.len()).collect();
            sorted.sort_by(|&one, &other| prediction.values()[one].total_cmp(&prediction.values()[other]));
            let best = sorted[sorted.len() * 9 / 10..].iter().map(|&at| revenue(at)).sum::<f64>();
            let total = sorted.iter().map(|&at| (revenue(at) * 100.0).round()).sum::<f64>() / 100.0;
            let differ = prediction.values()[sorted[0]] != prediction.values()[sorted[sorted.len() - 1]];
            let share = prediction.top_tenth_share(&trial, &mut Unhindered).unwrap();
            let want = (differ && total > 0.0).then(|| best / total);
            prop_assert!(both_close(share, want), "{:?} and not {:?}", share, want);
        }
    }
}

/// A split at day 10 of 20, with what customers had paid by then, one order each two days, and what came of each later.
fn shop(customers: &[(i64, &[i64])]) -> Trial {
    let rows = customers.iter().zip(1..).flat_map(|(&(cents, later), key)| {
        let known = (0..5).map(move |order| (key, 2 * order * DAY, cents));
        known.chain(later.iter().map(move |&cents| (key, 15 * DAY, cents)))
    });
    trial(&rows.collect::<Vec<Row>>(), &daily(20 * DAY), Some(10 * DAY)).unwrap()
}

fn compare(trial: &Trial, prediction: &Revenue) -> RevenueComparison {
    prediction.compare(trial, &mut Unhindered).unwrap()
}

#[test]
fn rules_of_money() {
    // One who came four times more in eight days, and two who came once.
    let mut rows: Vec<Row> = (0..5).map(|order| (1, 2 * order * DAY, 150)).collect();
    rows.extend([(2, 3 * DAY, 1_000), (3, 3 * DAY, -100), (3, 3 * DAY, 300)]);
    rows.extend([(1, 9 * DAY, 500), (1, 12 * DAY, -50)]);
    let trial = trial(&rows, &daily(12 * DAY), Some(8 * DAY)).unwrap();
    let values = |rule| by_rule(&trial, rule).values().to_vec();
    assert_eq!(values(Rule::SameRate), [3.0, 0.0, 0.0]);
    // After day 4, only the first has paid anything.
    assert_eq!(values(Rule::SameAgain), [3.0, 0.0, 0.0]);
    assert_eq!(values(Rule::MeanOfAll), [1.0; 3]);
    assert_eq!(values(Rule::Nobody), [0.0; 3]);
    let found = compare(&trial, &by_rule(&trial, Rule::SameAgain)).accuracy;
    assert_eq!(
        (found.predicted, found.actual, found.bias()),
        (3.0, 4.5, Some(3.0 / 4.5 - 1.0))
    );
}

#[test]
fn money_adds_exactly() {
    // A tenth three times is not three tenths, in binary.
    let trial = shop(&[(10, &[10]), (10, &[10]), (10, &[10])]);
    let found = compare(&trial, &by_rule(&trial, Rule::SameAgain));
    assert_eq!((found.accuracy.predicted, found.accuracy.actual), (1.2, 0.3));
}

#[test]
fn returns_may_be_all_that_comes() {
    let trial = shop(&[(100, &[-300]), (200, &[-200]), (300, &[])]);
    for prediction in [by_models(&trial), by_rule(&trial, Rule::SameAgain)] {
        let found = compare(&trial, &prediction);
        assert_eq!((found.accuracy.actual, found.accuracy.bias()), (-5.0, None));
        assert_eq!(prediction.top_tenth_share(&trial, &mut Unhindered).unwrap(), None);
        // The most of those from whom nothing came is expected of the third, the least of the first.
        assert!(found.accuracy.rank_correlation > Some(0.99));
    }
}

#[test]
fn the_best_tenth_is_whole() {
    // Eleven customers: the best two are the tenth, of whom 9 of 10.5 come.
    let mut all: Vec<(i64, &[i64])> = vec![(100, &[50]); 3];
    all.resize(9, (100, &[]));
    all.extend([(200, &[400][..]), (300, &[500])]);
    let trial = shop(&all);
    let share = |prediction: Revenue| prediction.top_tenth_share(&trial, &mut Unhindered).unwrap();
    assert_eq!(share(by_models(&trial)), Some(9.0 / 10.5));
    assert_eq!(share(by_rule(&trial, Rule::SameAgain)), Some(9.0 / 10.5));
    assert_eq!(share(by_rule(&trial, Rule::Nobody)), None);
    // One customer is a tenth of nothing, and all are equal.
    let one = shop(&[(100, &[50])]);
    assert_eq!(by_models(&one).top_tenth_share(&one, &mut Unhindered).unwrap(), None);
    assert_eq!(compare(&one, &by_models(&one)).accuracy.rank_correlation, None);
}

#[test]
fn differences_beyond_squares_are_measured() {
    // Amounts of 1e15, and of a cent.
    const MOST: i64 = 100_000_000_000_000_000;
    let trial = shop(&[(1, &[MOST, MOST]), (1, &[])]);
    let found = compare(&trial, &by_rule(&trial, Rule::Nobody)).accuracy;
    assert_eq!((found.mae, found.rmse), (1e15, 1e15 * 2f64.sqrt()));
    let none = compare(&trial, &by_rule(&trial, Rule::SameAgain)).accuracy;
    assert!(none.rmse.is_finite());
}

#[test]
fn confidence_is_checked_and_rules_have_no_limits() {
    let trial = shop(&[(100, &[100])]);
    let wrong = Revenue::by_models(&trial, (&model(), &spend_model()), 1.0, &mut Unhindered);
    assert_eq!(wrong.unwrap_err().kind(), clientele_core::Kind::InvalidParameter);
    assert_eq!(compare(&trial, &by_rule(&trial, Rule::SameAgain)).coverage, None);
}
