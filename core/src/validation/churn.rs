//! Churn predicted, beside who placed no order.

use super::Prediction;
use super::measures::mean;
use super::trial::{STRIDE, Trial};
use crate::calendar::DAY;
use crate::checkpoint::{Checkpoint, vec_of, vec_with_capacity};
use crate::error::Result;
use crate::maximum::{Curve, climb};
use crate::purchases::Model;
use crate::rank::middle_ranks;
use crate::special::{ln_1p_exp, logistic};

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
        let by_recency = Recency::of(trial, checkpoint)?;
        let mut recency = vec_with_capacity(n, checkpoint)?;
        recency.extend(
            trial
                .histories()
                .iter()
                .map(|history| by_recency.probability(trial.silence(history))),
        );
        let rule = |method, probabilities| Churn { method, probabilities };
        Ok(vec![rule("base rate", base_rate), rule("recency", recency)])
    }
}

/// How likely no order is by how long the last purchase was ago: a logistic regression on the logarithm of one day more than that. It ranks
/// customers by recency, and nothing else is in it.
struct Recency {
    /// The log-odds at the middle.
    middle: f64,
    /// By how much they grow with the logarithm.
    slope: f64,
    /// The mean logarithm of those it was fitted to.
    mean: f64,
}

impl Recency {
    /// The most log-odds, either way.
    const CERTAIN: f64 = 30.0;

    /// The steepest slope. There is none downwards: nobody is likelier to come for having been away.
    const STEEPEST: f64 = 10.0;

    /// Fits it by maximum likelihood to those who were customers already as long before the split. One more of each kind stands in the
    /// middle, so that few customers do not make certain.
    fn of(trial: &Trial, checkpoint: &mut dyn Checkpoint) -> Result<Recency> {
        let earlier = trial.earlier();
        let mean = mean(earlier.iter().map(|customer| logarithm(customer.silence)));
        let limits = [(-Self::CERTAIN, Self::CERTAIN), (0.0, Self::STEEPEST)];
        let found = climb([0.0, 0.0], &limits, |&[middle, slope]| {
            let p = logistic(middle);
            let mut curve = Curve::ZERO;
            curve.value = middle - 2.0 * ln_1p_exp(middle);
            curve.gradient[0] = 1.0 - 2.0 * p;
            curve.hessian[0][0] = -2.0 * p * (1.0 - p);
            for (at, customer) in earlier.iter().enumerate() {
                if at % STRIDE == 0 {
                    checkpoint.pass("fitting", at, earlier.len())?;
                }
                let x = logarithm(customer.silence) - mean;
                let (log_odds, churned) = (middle + slope * x, f64::from(u8::from(customer.churned)));
                let p = logistic(log_odds);
                let (by, curved) = (churned - p, p * (1.0 - p));
                curve.value += churned * log_odds - ln_1p_exp(log_odds);
                curve.gradient[0] += by;
                curve.gradient[1] += by * x;
                curve.hessian[0][0] -= curved;
                curve.hessian[0][1] -= curved * x;
                curve.hessian[1][1] -= curved * x * x;
            }
            curve.hessian[1][0] = curve.hessian[0][1];
            Ok(curve)
        })?;
        let [middle, slope] = found.point;
        Ok(Recency { middle, slope, mean })
    }

    /// The probability at a silence.
    fn probability(&self, silence: f64) -> f64 {
        logistic(self.middle + self.slope * (logarithm(silence) - self.mean))
    }
}

/// ln(1 + days) of microseconds.
fn logarithm(silence: f64) -> f64 {
    (silence / DAY as f64).ln_1p()
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
