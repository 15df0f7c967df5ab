//! What customers did, and how far predictions are off, as the definitions have it.

use crate::{Row, both_close, close};
use clientele_core::calendar::Period;
use clientele_core::customers::Observation;
use clientele_core::purchases::Customer;
use clientele_core::validation::Accuracy;
use std::collections::{BTreeMap, BTreeSet};

/// A customer who had ordered by the split.
#[derive(Debug)]
pub struct Known {
    pub customer: Customer,
    /// What the repeat purchases were worth on average.
    pub monetary_value: f64,
    /// Purchases and revenue after the split, and in a time as long before it.
    pub after: (usize, f64),
    pub before: (usize, f64),
    /// For how long no purchase had come at the split, in microseconds.
    pub silence: i64,
    /// Who had ordered when that time began: for how long not any more, and whether never again by the split.
    pub earlier: Option<(i64, bool)>,
}

/// The length of the time that is predicted, in time units.
pub fn horizon(observation: &Observation, split: i64) -> f64 {
    (start(observation, observation.as_of) - start(observation, split)) as f64 / observation.time_unit as f64
}

fn start(observation: &Observation, time: i64) -> i64 {
    match observation.period {
        Period::None => time,
        period => period.start(observation.zone.local(time)),
    }
}

/// All who had ordered by the split, in the order of their keys.
pub fn known(rows: &[Row], observation: &Observation, split: i64) -> Vec<Known> {
    let start = |time: i64| start(observation, time);
    let window = start(observation.as_of) - start(split);
    let units = |length: i64| length as f64 / observation.time_unit as f64;
    let mut by_customer: BTreeMap<i64, Vec<(i64, i64)>> = BTreeMap::new();
    for &(key, time, cents) in rows {
        by_customer.entry(key).or_default().push((time, cents));
    }
    let one = |rows: &Vec<(i64, i64)>| {
        // Periods with an order: a row that is no return.
        let until = |end: i64| -> BTreeSet<i64> {
            let orders = rows.iter().filter(|&&(time, cents)| time <= end && cents >= 0);
            orders.map(|&(time, _)| start(time)).collect()
        };
        let revenue = |from: i64, to: i64| {
            let within = rows.iter().filter(|&&(time, _)| from < time && time <= to);
            within.map(|row| row.1).sum::<i64>() as f64 / 100.0
        };
        let beginning = split - window;
        let (earlier, known, end) = (until(beginning), until(split), until(observation.as_of));
        let (&first, &last) = known.first().zip(known.last())?;
        let frequency = known.len() - 1;
        let repeats = rows.iter().filter(|&&(time, _)| {
            let period = start(time);
            time <= split && period != first && known.contains(&period)
        });
        let spend = repeats.map(|row| row.1).sum::<i64>() as f64 / 100.0;
        let again = known
            .iter()
            .filter(|&&at| at != first && !earlier.contains(&at))
            .count();
        Some(Known {
            customer: Customer::new(frequency as i64, units(last - first), units(start(split) - first)).unwrap(),
            monetary_value: if frequency == 0 { 0.0 } else { spend / frequency as f64 },
            after: (end.difference(&known).count(), revenue(split, observation.as_of)),
            before: (again, revenue(beginning, split)),
            silence: start(split) - last,
            earlier: earlier.last().map(|&last| (start(beginning) - last, again == 0)),
        })
    };
    by_customer.values().filter_map(one).collect()
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

/// Pairs of what is predicted and what came.
pub fn accuracy(pairs: &[(f64, f64)]) -> Accuracy {
    let n = pairs.len() as f64;
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    Accuracy {
        customers: pairs.len(),
        predicted: n * mean(&|pair| pair.0),
        actual: n * mean(&|pair| pair.1),
        mae: mean(&|pair| (pair.0 - pair.1).abs()),
        rmse: mean(&|pair| (pair.0 - pair.1).powi(2)).sqrt(),
        rank_correlation: spearman(pairs),
    }
}

pub fn alike(found: &Accuracy, want: &Accuracy) -> bool {
    found.customers == want.customers
        && close(found.predicted, want.predicted)
        && close(found.actual, want.actual)
        && close(found.mae, want.mae)
        && close(found.rmse, want.rmse)
        && both_close(found.rank_correlation, want.rank_correlation)
}
