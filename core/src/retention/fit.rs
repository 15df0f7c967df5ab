//! Fitting: the parameters under which what was seen is most likely.

use super::{Model, PARAMETERS};
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Kind, Result};
use crate::estimate::{Estimate, Fitted, Search};
use crate::maximum::{Curve, End, Optimum, climb, covariance};
use crate::special::quadrature::rule_of_16;

/// Who came to each renewal, and who left there.
#[derive(Clone, Debug, PartialEq)]
pub struct LifeTable {
    steps: Vec<Step>,
    customers: u64,
}

/// What is known up to a renewal, from the one of the step before.
///
/// All `at_risk` customers renewed at each renewal in between; at this one `left` of them did not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) renewal: u32,
    pub(super) at_risk: u64,
    pub(super) left: u64,
}

/// The least and the greatest parameter.
const LEAST: f64 = 1e-6;
const GREATEST: f64 = 1e6;

/// The same as logarithms.
const LIMITS: (f64, f64) = (-6.0 * std::f64::consts::LN_10, 6.0 * std::f64::consts::LN_10);

/// Logarithms of parameters this near to a limit are at it.
const NEAR: f64 = 1e-9;

/// The sums of alpha and beta that searches start from: from customers who differ much to such who hardly differ.
const STARTS: [f64; 4] = [0.5, 5.0, 50.0, 5_000.0];

/// Log-likelihoods that differ by less than this share are the same.
const SAME: f64 = 1e-9;

/// Up to this many renewals without a change are added one by one.
const SHORT: u32 = 32;

/// So are others as long as beta and the renewals before them are less than this.
const SMOOTH: f64 = 2_048.0;

/// Steps between two checkpoints.
const STRIDE: usize = 4_096;

impl LifeTable {
    /// The life table of these steps; nothing where there are none.
    pub(super) fn new(steps: Vec<Step>, customers: u64) -> Fitted<LifeTable> {
        if steps.is_empty() {
            return Fitted::Nothing(
                Error::new(Kind::NotEnough, "there is nothing to fit a retention model to")
                    .detail(format!("None of {customers} customers came to a renewal."))
                    .hint(
                        "There must be at least one customer who left in period 1, or was seen in period 1 or later.",
                    ),
            );
        }
        Fitted::Model(LifeTable { steps, customers })
    }

    /// How many customers there are.
    pub fn customers(&self) -> u64 {
        self.customers
    }

    #[cfg(test)]
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The number of the last renewal that anybody came to.
    fn periods(&self) -> u32 {
        self.steps.last().map_or(0, |step| step.renewal)
    }

    /// How many customers left, and how often they could have.
    fn churn(&self) -> (f64, f64) {
        let (mut left, mut chances, mut from) = (0, 0.0, 0);
        for step in &self.steps {
            left += step.left;
            chances += step.at_risk as f64 * f64::from(step.renewal - from);
            from = step.renewal;
        }
        (left as f64, chances)
    }

    /// The log-likelihood of Fader & Hardie (2007), appendix B, put together by renewals: those who leave at renewal t do so with
    /// probability alpha / (alpha + beta + t − 1) if they come to it. With derivatives with respect to alpha and beta.
    pub(super) fn likelihood(&self, [alpha, beta]: [f64; 2], checkpoint: &mut dyn Checkpoint) -> Result<Curve<2>> {
        let mut sum = Sum::default();
        let mut from = 0;
        for (at, step) in self.steps.iter().enumerate() {
            if at % STRIDE == 0 {
                checkpoint.pass("fitting", at, self.steps.len())?;
            }
            let (at_risk, left) = (step.at_risk as f64, step.left as f64);
            let last = step.renewal - 1;
            while from < last && (last - from <= SHORT || beta + f64::from(from) < SMOOTH) {
                sum.renewing(alpha, beta + f64::from(from), at_risk);
                from += 1;
            }
            if from < last {
                sum.renewing_again(alpha, beta + f64::from(from), f64::from(last - from), at_risk);
            }
            let x = beta + f64::from(last);
            sum.renewing(alpha, x, at_risk - left);
            sum.leaving(alpha, x, left);
            from = step.renewal;
        }
        Ok(Curve {
            value: sum.value,
            gradient: [sum.by_alpha, sum.by_beta],
            hessian: [[sum.alpha_alpha, sum.alpha_beta], [sum.alpha_beta, sum.beta_beta]],
        })
    }

    /// The model under which this is most likely.
    pub fn fit(&self, checkpoint: &mut dyn Checkpoint) -> Result<Model> {
        let (left, chances) = self.churn();
        let (optimum, warning) = if left == 0.0 {
            let warning = "nobody left: parameters are at their limits, and next to nobody is expected to leave";
            (self.at([LIMITS.0, LIMITS.1], checkpoint)?, Some(warning))
        } else if self
            .steps
            .iter()
            .all(|step| step.renewal == 1 && step.left == step.at_risk)
        {
            let warning = "everybody left at the first renewal: parameters are at their limits, and next to nobody is expected to stay";
            (self.at([LIMITS.1, LIMITS.0], checkpoint)?, Some(warning))
        } else if self.periods() == 1 {
            let warning = "only one renewal was seen, which says nothing about later ones: the same churn is assumed at each of them";
            (self.at(constant(left / chances), checkpoint)?, Some(warning))
        } else {
            let optimum = self.best(left / chances, checkpoint)?;
            let [alpha, beta] = optimum.point;
            let warning = match optimum.end {
                End::Converged => None,
                End::Boundary if alpha.max(beta) >= LIMITS.1 => {
                    Some("retention does not rise from renewal to renewal: the same churn is assumed at each of them")
                }
                End::Boundary => Some(
                    "customers leave at once or hardly ever: a parameter is at its lower limit, and later churn is a guess",
                ),
                End::Unfinished => Some("the search for the best parameters ended too early"),
            };
            (optimum, warning)
        };
        let estimate = Estimate::of(
            &optimum,
            &Search {
                names: &PARAMETERS,
                units: [1.0; 2],
                // Large parameters are no extreme here, but customers who hardly differ.
                limits: (LEAST, GREATEST),
                near: NEAR,
                ln_units: 0.0,
                customers: self.customers as f64,
            },
        );
        let estimate = Estimate {
            values: optimum.point.map(natural),
            // What is said in general is said here in terms of renewals.
            warnings: warning.map(str::to_owned).into_iter().collect(),
            ..estimate
        };
        let model = Model {
            estimate: estimate.checked(&[false; 2])?,
            periods: self.periods(),
        };
        debug_assert!(model.is_readable(), "{model:?}");
        Ok(model)
    }

    /// The best of what several searches find, for a churn of `p` on average.
    fn best(&self, p: f64, checkpoint: &mut dyn Checkpoint) -> Result<Optimum<2>> {
        // The same churn at each renewal, unless another point is better: along the way there, the likelihood becomes flat.
        let mut best = self.at(constant(p), checkpoint)?;
        for start in STARTS {
            let start = [start * p, start * (1.0 - p)].map(|x| x.ln().clamp(LIMITS.0, LIMITS.1));
            let found = climb(start, &[LIMITS; 2], |at| self.by_logarithms(at, checkpoint))?;
            if found.curve.value > best.curve.value + SAME * best.curve.value.abs()
                || (best.end == End::Unfinished
                    && found.end != End::Unfinished
                    && found.curve.value > best.curve.value - SAME * best.curve.value.abs())
            {
                best = found;
            }
        }
        if best.end == End::Converged {
            best = self.polished(best, checkpoint)?;
        }
        Ok(best)
    }

    /// A point that is taken as it is.
    fn at(&self, point: [f64; 2], checkpoint: &mut dyn Checkpoint) -> Result<Optimum<2>> {
        Ok(Optimum {
            point,
            curve: self.by_logarithms(&point, checkpoint)?,
            end: End::Boundary,
        })
    }

    /// One whole step of Newton's more: a search ends when the likelihood stands still, which it does before the parameters do.
    fn polished(&self, optimum: Optimum<2>, checkpoint: &mut dyn Checkpoint) -> Result<Optimum<2>> {
        let Some(covariance) = covariance(&optimum.curve.hessian) else {
            return Ok(optimum);
        };
        let slope = |curve: &Curve<2>| curve.gradient.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        let gradient = optimum.curve.gradient;
        let point: [f64; 2] = std::array::from_fn(|i| {
            let step = covariance[i][0] * gradient[0] + covariance[i][1] * gradient[1];
            (optimum.point[i] + step).clamp(LIMITS.0, LIMITS.1)
        });
        let curve = self.by_logarithms(&point, checkpoint)?;
        Ok(if slope(&curve) < slope(&optimum.curve) {
            Optimum {
                point,
                curve,
                ..optimum
            }
        } else {
            optimum
        })
    }

    fn by_logarithms(&self, at: &[f64; 2], checkpoint: &mut dyn Checkpoint) -> Result<Curve<2>> {
        let point = at.map(natural);
        Ok(self.likelihood(point, checkpoint)?.by_logarithms(&point))
    }
}

/// A parameter of its logarithm; at a limit just that.
fn natural(ln: f64) -> f64 {
    ln.exp().clamp(LEAST, GREATEST)
}

/// The parameters, as logarithms, that come nearest to the same churn `p` at each renewal.
fn constant(p: f64) -> [f64; 2] {
    let most = p.max(1.0 - p);
    [p / most, (1.0 - p) / most].map(|share| (LIMITS.1 + share.ln()).clamp(LIMITS.0, LIMITS.1))
}

/// A log-likelihood and its derivatives, term by term.
#[derive(Default)]
struct Sum {
    value: f64,
    by_alpha: f64,
    by_beta: f64,
    alpha_alpha: f64,
    alpha_beta: f64,
    beta_beta: f64,
}

impl Sum {
    /// `n` customers renew with probability x / (alpha + x).
    fn renewing(&mut self, alpha: f64, x: f64, n: f64) {
        let both = alpha + x;
        let left = n / both;
        self.value -= n * (alpha / x).ln_1p();
        self.by_alpha -= left;
        self.by_beta += left * alpha / x;
        self.alpha_alpha += left / both;
        self.alpha_beta += left / both;
        self.beta_beta -= left / both * alpha / x * (both / x + 1.0);
    }

    /// `n` customers leave with probability alpha / (alpha + x).
    fn leaving(&mut self, alpha: f64, x: f64, n: f64) {
        let both = alpha + x;
        let left = n / both;
        self.value -= n * (x / alpha).ln_1p();
        self.by_alpha += left * x / alpha;
        self.by_beta -= left;
        self.alpha_alpha -= left / both * x / alpha * (both / alpha + 1.0);
        self.alpha_beta += left / both;
        self.beta_beta += left / both;
    }

    /// `n` customers renew with each of the probabilities x / (alpha + x), (x + 1) / (alpha + x + 1) and so on, `length` of them:
    /// an integral from half a step before the first to half a step behind the last, and what it differs by from the sum,
    /// which is the change of slope by 24.
    fn renewing_again(&mut self, alpha: f64, x: f64, length: f64, n: f64) {
        let (mut start, end) = (x - 0.5, x + length - 0.5);
        while start < end {
            let to = (start * std::f64::consts::E).min(end);
            let width = (to / start).ln();
            for &(t, weight) in rule_of_16() {
                let at = start * (t * width).exp();
                self.renewing(alpha, at, n * weight * width * at);
            }
            start = to;
        }
        for (at, sign) in [(x - 1.0, -1.0), (x, 1.0), (end - 0.5, 1.0), (end + 0.5, -1.0)] {
            self.renewing(alpha, at, sign * n / 24.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;

    fn life_table() -> LifeTable {
        let step = |renewal, at_risk, left| Step { renewal, at_risk, left };
        let steps = vec![step(1, 100, 20), step(2, 70, 0), step(300, 60, 1), step(301, 9, 9)];
        LifeTable::new(steps, 120).model().unwrap()
    }

    #[test]
    fn derivatives_are_those_of_the_likelihood() {
        let table = life_table();
        let at = |point| table.likelihood(point, &mut Unhindered).unwrap();
        for point in [[0.7, 3.8], [1e-3, 20.0], [40.0, 5_000.0]] {
            let found = at(point);
            for i in 0..2 {
                let step = 1e-5 * point[i];
                let (mut low, mut high) = (point, point);
                low[i] -= step;
                high[i] += step;
                let (low, high) = (at(low), at(high));
                let close = |found: f64, want: f64| {
                    assert!(
                        (found - want).abs() < 1e-6 * (want.abs() + 1.0),
                        "{found} and not {want}"
                    );
                };
                close(found.gradient[i], (high.value - low.value) / (2.0 * step));
                for j in 0..2 {
                    close(found.hessian[i][j], (high.gradient[j] - low.gradient[j]) / (2.0 * step));
                }
            }
        }
    }

    #[test]
    fn long_and_short_ways_agree() {
        for (alpha, x, length) in [
            (0.3, 2_048.5, 40),
            (1e-6, 1e6, 100_000),
            (1e6, 2_100.0, 20_000),
            (2.0, 1e5, 33),
        ] {
            let (mut long, mut short) = (Sum::default(), Sum::default());
            long.renewing_again(alpha, x, f64::from(length), 3.0);
            for k in 0..length {
                short.renewing(alpha, x + f64::from(k), 3.0);
            }
            for (long, short) in [
                (long.value, short.value),
                (long.by_alpha, short.by_alpha),
                (long.by_beta, short.by_beta),
                (long.alpha_alpha, short.alpha_alpha),
                (long.alpha_beta, short.alpha_beta),
                (long.beta_beta, short.beta_beta),
            ] {
                assert!(
                    (long / short - 1.0).abs() < 1e-11,
                    "{alpha}, {x}: {long} and not {short}"
                );
            }
        }
    }
}
