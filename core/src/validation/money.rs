//! Revenue predicted, beside what came in.

use super::measures::{Accuracy, total};
use super::rules::Rule;
use super::trial::Trial;
use super::{Prediction, TENTHS, ranked, tenth};
use crate::checkpoint::{Checkpoint, vec_with_capacity};
use crate::clv::{Terms, Valuation};
use crate::error::Result;
use crate::{purchases, spend};

/// The revenue that somebody predicts of each customer.
#[derive(Clone, Debug)]
pub struct Revenue {
    method: &'static str,
    revenue: Vec<f64>,
    /// Between what limits it will be, where the method says so.
    intervals: Option<Vec<Option<(f64, f64)>>>,
}

/// Revenue beside what came in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RevenueComparison {
    /// How much, and how far off.
    pub accuracy: Accuracy,
    /// The share of customers whose revenue was within its limits, of those who have any; nothing where nobody has.
    pub coverage: Option<f64>,
}

impl Revenue {
    /// What two models predict: a lifetime value of the time that was tried, all spend counted and nothing discounted.
    ///
    /// # Errors
    /// A confidence that is none.
    pub fn by_models(
        trial: &Trial,
        (purchases, spend): (&purchases::Model, &spend::Model),
        confidence: f64,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Revenue> {
        let terms = Terms {
            horizon: trial.length(),
            discount_rate: 0.0,
            margin: 1.0,
            confidence,
            ..Terms::default()
        };
        let valuation = Valuation::new(Some(purchases), Some(spend), &terms)?;
        let n = trial.histories().len();
        let mut revenue = vec_with_capacity(n, checkpoint)?;
        let mut intervals = vec_with_capacity(n, checkpoint)?;
        valuation.each(trial.histories(), trial.spenders(), checkpoint, &mut |value| {
            revenue.push(value.clv.unwrap_or(f64::NAN));
            intervals.push(value.interval);
            Ok(())
        })?;
        Ok(Revenue {
            method: purchases.family.name(),
            revenue,
            intervals: Some(intervals),
        })
    }

    /// What a rule of thumb predicts.
    pub fn by_rule(trial: &Trial, rule: Rule, checkpoint: &mut dyn Checkpoint) -> Result<Revenue> {
        Ok(Revenue {
            method: rule.name(),
            revenue: rule.predict(trial, |outcome| outcome.revenue, checkpoint)?,
            intervals: None,
        })
    }

    /// The share of all actual revenue that came from the tenth of whom most is predicted; nothing where all are predicted the same, or where
    /// nothing came in.
    pub fn top_tenth_share(&self, trial: &Trial, checkpoint: &mut dyn Checkpoint) -> Result<Option<f64>> {
        let actual = |at: &u32| trial.after()[*at as usize].revenue;
        let customers = ranked(&self.revenue, checkpoint)?;
        let best = total(tenth(&customers, TENTHS).iter().map(actual))?;
        let all = total(customers.iter().map(actual))?;
        Ok((all > 0.0).then(|| best / all))
    }
}

impl Prediction for Revenue {
    type Comparison = RevenueComparison;

    fn method(&self) -> &'static str {
        self.method
    }

    fn values(&self) -> &[f64] {
        &self.revenue
    }

    fn compare_some(
        &self,
        trial: &Trial,
        customers: &[u32],
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<RevenueComparison> {
        let revenue = |at: usize| trial.after()[at].revenue;
        Ok(RevenueComparison {
            accuracy: Accuracy::of(customers, |at| self.revenue[at], revenue, checkpoint)?,
            coverage: self.intervals.as_ref().and_then(|intervals| {
                let known = |&at: &u32| Some((intervals[at as usize]?, revenue(at as usize)));
                let n = customers.iter().filter_map(known).count();
                let within = customers.iter().filter_map(known);
                let within = within.filter(|&((low, high), revenue)| low <= revenue && revenue <= high);
                (n > 0).then(|| within.count() as f64 / n as f64)
            }),
        })
    }
}
