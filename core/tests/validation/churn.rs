//! Churn predicted.

use crate::cases::cases;
use crate::plain::{horizon, known};
use crate::{DAY, Row, both_close, check, close, daily, model, trial, trials};
use clientele_core::checkpoint::Unhindered;
use clientele_core::validation::{Churn, ChurnComparison, Prediction, Trial};
use proptest::prelude::*;

/// The least that a probability is taken for.
const EPSILON: f64 = f64::EPSILON;

/// The measures from their definitions, of probabilities and what came; the area under the curve from all pairs.
fn measured(pairs: &[(f64, bool)]) -> ChurnComparison {
    let n = pairs.len() as f64;
    let mean = |of: &dyn Fn(&(f64, bool)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let came = |churned: bool| if churned { 1.0 } else { 0.0 };
    let (mut wins, mut all) = (0.0, 0.0);
    for &(lost, _) in pairs.iter().filter(|pair| pair.1) {
        for &(kept, _) in pairs.iter().filter(|pair| !pair.1) {
            all += 1.0;
            wins += if lost > kept {
                1.0
            } else if lost == kept {
                0.5
            } else {
                0.0
            };
        }
    }
    ChurnComparison {
        customers: pairs.len(),
        predicted: mean(&|pair| pair.0),
        actual: mean(&|pair| came(pair.1)),
        brier_score: mean(&|pair| (pair.0 - came(pair.1)).powi(2)),
        log_loss: mean(&|&(p, churned)| {
            let p = p.clamp(EPSILON, 1.0 - EPSILON);
            -if churned { p } else { 1.0 - p }.ln()
        }),
        auc: (all > 0.0).then(|| wins / all),
    }
}

/// The root between two ends of a function that falls; the end next to it if there is none.
fn root(mut low: f64, mut high: f64, of: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if of(middle) > 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The probability of no order at silences, by those earlier ones: log-odds that are a line in ln(1 + days), with one more customer of each kind
/// in the middle. What makes the likelihood greatest is where its slopes are 0: bisection within bisection.
fn recency(earlier: &[(i64, bool)], silences: impl Iterator<Item = i64>) -> Vec<f64> {
    let ln = |silence: i64| (1.0 + silence as f64 / DAY as f64).ln();
    let mean = earlier.iter().map(|one| ln(one.0)).sum::<f64>() / earlier.len() as f64;
    let p = |middle: f64, slope: f64, x: f64| 1.0 / (1.0 + (-middle - slope * x).exp());
    let wrong = |middle: f64, slope: f64, by: &dyn Fn(f64) -> f64| -> f64 {
        let one = |&(silence, churned): &(i64, bool)| {
            let x = ln(silence) - mean;
            by(x) * (f64::from(u8::from(churned)) - p(middle, slope, x))
        };
        earlier.iter().map(one).sum()
    };
    let middle_of = |slope: f64| {
        root(-30.0, 30.0, |middle| {
            wrong(middle, slope, &|_| 1.0) + 1.0 - 2.0 * p(middle, 0.0, 0.0)
        })
    };
    let slope = root(0.0, 10.0, |slope| wrong(middle_of(slope), slope, &|x| x));
    silences
        .map(|silence| p(middle_of(slope), slope, ln(silence) - mean))
        .collect()
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
        let mut methods = vec![Churn::by_model(&trial, &model(), &mut Unhindered).unwrap()];
        methods.extend(Churn::by_rules(&trial, &mut Unhindered).unwrap());
        let earlier: Vec<(i64, bool)> = all.iter().filter_map(|known| known.earlier).collect();
        prop_assert_eq!(methods.len(), if earlier.is_empty() { 1 } else { 3 });
        let base = earlier.iter().filter(|one| one.1).count() as f64 / earlier.len() as f64;
        for (method, prediction) in methods.iter().enumerate() {
            let values: Vec<f64> = match method {
                0 => all.iter().map(|known| model().outlook(&known.customer).p_no_order(horizon)).collect(),
                1 => vec![base; all.len()],
                _ => recency(&earlier, all.iter().map(|known| known.silence)),
            };
            let want = |places: &[usize]| {
                let pair = |&at: &usize| (prediction.values()[at], all[at].after.0 == 0);
                measured(&places.iter().map(pair).collect::<Vec<_>>())
            };
            check(&trial, prediction, &values, want, |found, want| {
                found.customers == want.customers
                    && close(found.predicted, want.predicted)
                    && close(found.actual, want.actual)
                    && close(found.brier_score, want.brier_score)
                    && close(found.log_loss, want.log_loss)
                    && both_close(found.auc, want.auc)
            })?;
        }
    }
}

/// A split at day 20 of 30. Customers who came at these days.
fn shop(customers: &[&[i64]]) -> Trial {
    let rows = customers
        .iter()
        .zip(1..)
        .flat_map(|(days, key)| days.iter().map(move |day| (key, day * DAY, 100)));
    trial(&rows.collect::<Vec<Row>>(), &daily(30 * DAY), Some(20 * DAY)).unwrap()
}

#[test]
fn rules_learn_from_the_time_before() {
    // Of four known at day 10, the two who had come lately came again by day 20.
    let trial = shop(&[&[0, 9, 12], &[0, 9, 15], &[0, 1], &[0, 1], &[11], &[20, 25]]);
    let rules = Churn::by_rules(&trial, &mut Unhindered).unwrap();
    assert_eq!(
        rules.iter().map(|rule| rule.method()).collect::<Vec<_>>(),
        ["base rate", "recency"]
    );
    assert_eq!(rules[0].values(), [0.5; 6]);
    // Silent for 8, 5, 19, 19, 9 and 0 days; then, those who left for 9 days and the others for one.
    let [a, b, c, d, e, f] = rules[1].values() else {
        panic!("six customers")
    };
    assert!(
        f < &0.01 && f < b && b < a && a < e && e < c && c == d && c > &0.99,
        "{:?}",
        rules[1].values()
    );
    let found = rules[0].compare(&trial, &mut Unhindered).unwrap();
    assert_eq!((found.predicted, found.actual), (0.5, 5.0 / 6.0));
    assert_eq!(
        (found.brier_score, found.log_loss, found.auc),
        (0.25, 2f64.ln(), Some(0.5))
    );
    assert_eq!(rules[0].compare_tenths(&trial, &mut Unhindered).unwrap(), []);
    assert_eq!(rules[1].compare(&trial, &mut Unhindered).unwrap().auc, Some(1.0));
}

#[test]
fn there_is_nothing_to_learn_where_nobody_was() {
    let trial = shop(&[&[11, 12, 22], &[13]]);
    assert_eq!(Churn::by_rules(&trial, &mut Unhindered).unwrap().len(), 0);
}

#[test]
fn certainty_has_its_price() {
    // All of those who were there before left, which is no certainty.
    let trial = shop(&[&[0], &[1], &[15, 25]]);
    let rules = Churn::by_rules(&trial, &mut Unhindered).unwrap();
    let found = rules[0].compare(&trial, &mut Unhindered).unwrap();
    assert_eq!(found.predicted, 1.0);
    assert!(close(found.log_loss, -EPSILON.ln() / 3.0), "{found:?}");
    assert!(rules[1].compare(&trial, &mut Unhindered).unwrap().log_loss < 1.0);
}

#[test]
fn areas_need_both_kinds() {
    for customers in [&[&[0, 5, 25][..]][..], &[&[0, 5]], &[&[0, 25], &[0, 25]]] {
        let trial = shop(customers);
        let model = Churn::by_model(&trial, &model(), &mut Unhindered).unwrap();
        assert_eq!(model.compare(&trial, &mut Unhindered).unwrap().auc, None);
    }
}
