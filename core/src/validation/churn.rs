//! Churn predicted, beside who placed no order.

use super::measures::mean;
use super::trial::{STRIDE, Trial};
use super::{Prediction, TENTHS};
use crate::checkpoint::{Checkpoint, vec_of, vec_with_capacity};
use crate::error::Result;
use crate::purchases::Model;
use crate::rank::{ascending, middle_ranks, sortable};

/// Probabilities count as no nearer to 0 and 1 than this: who is certain and wrong pays 36.04 of [`log_loss`](ChurnComparison::log_loss), and
/// not without end. It is what scikit-learn does.
const CERTAIN: f64 = f64::EPSILON;

/// The probability of no order that somebody predicts for each customer.
#[derive(Clone, Debug)]
pub struct Churn {
    method: &'static str,
    probabilities: Vec<f64>,
}

/// Probabilities beside what came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChurnComparison {
    /// How many customers there are.
    pub customers: usize,
    /// The mean probability of no order.
    pub predicted: f64,
    /// The share of those who placed none.
    pub actual: f64,
    /// The mean squared difference of the probability and what came, which is 0 or 1 (Brier 1950).
    pub brier_score: f64,
    /// The mean of −ln of the probability given to what came.
    pub log_loss: f64,
    /// How likely one who placed no order has a greater probability of that than one who did, ties counting half: the area under the ROC
    /// curve. Nothing where there are none of either.
    pub auc: Option<f64>,
}

impl Churn {
    /// What a model predicts.
    pub fn by_model(trial: &Trial, model: &Model, checkpoint: &mut dyn Checkpoint) -> Result<Churn> {
        let n = trial.histories().len();
        let mut probabilities = vec_with_capacity(n, checkpoint)?;
        for (at, history) in trial.histories().iter().enumerate() {
            if at % STRIDE == 0 {
                checkpoint.pass("predicting", at, n)?;
            }
            probabilities.push(model.outlook(&history.customer()).p_no_order(trial.horizon()));
        }
        Ok(Churn {
            method: model.family.name(),
            probabilities,
        })
    }

    /// What the time as long before the split teaches: the share of customers then who placed no order in it, for everybody, and by how long
    /// the last purchase was ago. Nothing where there was no customer yet.
    pub fn by_rules(trial: &Trial, checkpoint: &mut dyn Checkpoint) -> Result<Vec<Churn>> {
        let n = trial.histories().len();
        let earlier = trial.earlier();
        if earlier.is_empty() {
            return Ok(Vec::new());
        }
        let churned = earlier.iter().filter(|customer| customer.churned).count();
        let base_rate = vec_of(churned as f64 / earlier.len() as f64, n, checkpoint)?;
        let lesson = Lesson::of(trial, checkpoint)?;
        let mut recency = vec_with_capacity(n, checkpoint)?;
        recency.extend(
            trial
                .histories()
                .iter()
                .map(|history| lesson.share(trial.silence(history))),
        );
        let rule = |method, probabilities| Churn { method, probabilities };
        Ok(vec![rule("base rate", base_rate), rule("recency", recency)])
    }
}

/// Shares of those who placed no order, by how long the last purchase was ago.
struct Lesson {
    /// Up to which silence, as an integer that sorts as it does, and what share.
    steps: Vec<(u64, f64)>,
}

impl Lesson {
    /// Up to ten groups as large as each other, save that equal silences are in one. By the rule of succession, (k + 1) / (n + 2), no share
    /// is 0 or 1.
    fn of(trial: &Trial, checkpoint: &mut dyn Checkpoint) -> Result<Lesson> {
        let earlier = trial.earlier();
        let order = ascending(earlier.iter().map(|customer| customer.silence), checkpoint)?;
        let n = order.len();
        let (mut steps, mut begin) = (Vec::with_capacity(TENTHS), 0);
        for tenth in 1..=TENTHS {
            let Some(&(last, _)) = (tenth * n / TENTHS).checked_sub(1).and_then(|at| order.get(at)) else {
                continue;
            };
            let end = order.partition_point(|row| row.0 <= last);
            if end > begin {
                let group = &order[begin..end];
                let churned = group.iter().filter(|row| earlier[row.1 as usize].churned).count();
                steps.push((last, (churned as f64 + 1.0) / (group.len() as f64 + 2.0)));
                begin = end;
            }
        }
        Ok(Lesson { steps })
    }

    /// The share at a silence; beyond the longest known one, that of it.
    fn share(&self, silence: f64) -> f64 {
        let at = self.steps.partition_point(|step| step.0 < sortable(silence));
        self.steps[at.min(self.steps.len() - 1)].1
    }
}

impl Prediction for Churn {
    type Comparison = ChurnComparison;

    fn method(&self) -> &'static str {
        self.method
    }

    fn values(&self) -> &[f64] {
        &self.probabilities
    }

    fn compare_some(
        &self,
        trial: &Trial,
        customers: &[u32],
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<ChurnComparison> {
        // The probability, and whether it came so.
        let all = customers.iter().map(|&at| {
            let at = at as usize;
            (self.probabilities[at], trial.after()[at].orders == 0.0)
        });
        let loss = |(p, churned): (f64, bool)| {
            let p = p.clamp(CERTAIN, 1.0 - CERTAIN);
            if churned { -p.ln() } else { -(-p).ln_1p() }
        };
        let ranks = middle_ranks(all.clone().map(|customer| customer.0), |_| 1.0, checkpoint)?;
        let churned = all.clone().filter(|customer| customer.1).count() as f64;
        let stayed = customers.len() as f64 - churned;
        let sum: f64 = all.clone().zip(&ranks).filter(|row| row.0.1).map(|row| row.1).sum();
        let pairs = churned * stayed;
        Ok(ChurnComparison {
            customers: customers.len(),
            predicted: mean(all.clone().map(|customer| customer.0)),
            actual: churned / customers.len() as f64,
            brier_score: mean(
                all.clone()
                    .map(|(p, churned)| (p - f64::from(u8::from(churned))).powi(2)),
            ),
            log_loss: mean(all.map(loss)),
            // The ranks of Mann and Whitney, less those that churned customers have among themselves.
            auc: (pairs > 0.0).then(|| (sum - 0.5 * churned * churned) / pairs),
        })
    }
}
