//! Churn predicted.

use crate::cases::cases;
use crate::plain::{Known, horizon, known};
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

/// The share of those who churned before by how long they were silent: in tenths of them, from the least silent, equal ones together.
fn recency(all: &[Known], silence: i64) -> f64 {
    let mut earlier: Vec<(i64, bool)> = all.iter().filter_map(|known| known.earlier).collect();
    earlier.sort();
    let n = earlier.len();
    // The silence with which each tenth ends.
    let mut ends: Vec<i64> = (1..=10)
        .filter(|tenth| tenth * n >= 10)
        .map(|tenth| earlier[tenth * n / 10 - 1].0)
        .collect();
    ends.dedup();
    let at = ends.iter().position(|&end| silence <= end).unwrap_or(ends.len() - 1);
    let above = if at == 0 { i64::MIN } else { ends[at - 1] };
    let group = earlier.iter().filter(|one| above < one.0 && one.0 <= ends[at]);
    let churned = group.clone().filter(|one| one.1).count() as f64;
    (churned + 1.0) / (group.count() as f64 + 2.0)
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
        let earlier: Vec<bool> = all.iter().filter_map(|known| Some(known.earlier?.1)).collect();
        prop_assert_eq!(methods.len(), if earlier.is_empty() { 1 } else { 3 });
        let base = earlier.iter().filter(|&&churned| churned).count() as f64 / earlier.len() as f64;
        for (method, prediction) in methods.iter().enumerate() {
            let values: Vec<f64> = all.iter().map(|known| match method {
                0 => model().outlook(&known.customer).p_no_order(horizon),
                1 => base,
                _ => recency(&all, known.silence),
            }).collect();
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
    // Silent for 8, 5, 19, 19, 9 and 0 days: up to one day none of two left, up to nine days both.
    assert_eq!(rules[1].values(), [0.75, 0.75, 0.75, 0.75, 0.75, 0.25]);
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
