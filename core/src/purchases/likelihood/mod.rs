//! The likelihood of all customers, with its first and second derivatives.
//!
//! Each cell adds ln L(there to the end) + ln(1 + e^d), where d is the logarithm of the odds of having left. With p = 1/(1 + e^−d) the
//! derivatives of the second term are p d′ and p d″ + p (1 − p) d′ d′ᵀ: all a model has to say is d, d′ and d″.

mod beta_geometric;
mod discrete;
mod pareto;
mod regular;

use super::Family;
use super::cells::{Cells, Run};
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::maximum::Curve;
use crate::special::elementary::ln_1p;
use crate::special::{digamma, ln_gamma_ratio, trigamma};
use beta_geometric::{beta_geometric, stays};
use discrete::discrete;
use pareto::pareto;
use regular::{in_stages, regular};

/// How many cells are added up between two looks at the checkpoint.
const STRIDE: usize = 4_096;

/// What is needed of a time.
#[derive(Clone, Copy)]
struct Time {
    time: f64,
    /// ln(1 + time / alpha), which keeps its digits where alpha is great.
    ln: f64,
    /// 1 / (alpha + time).
    inverse: f64,
}

impl Time {
    #[inline(always)]
    fn of(time: f64, alpha: f64) -> Time {
        let (ln, inverse) = ln_1p(time / alpha);
        let inverse = inverse / alpha;
        Time { time, ln, inverse }
    }
}

/// The log-likelihood at `ln_parameters`, as a function of these.
pub(super) fn likelihood(
    family: Family,
    cells: &Cells,
    ln_parameters: &[f64; 4],
    checkpoint: &mut dyn Checkpoint,
) -> Result<Curve<4>> {
    let family = family.simplest();
    let parameters = ln_parameters.map(f64::exp);
    let mut curve = Curve::ZERO;
    let mut start = 0;
    for run in &cells.runs {
        if family == Family::Bb {
            let part = &cells.cells[start..run.end];
            curve.add(&discrete(&parameters, run.frequency, part, checkpoint)?);
            start = run.end;
            continue;
        }
        curve.add(&match family {
            Family::Regular(stages) => orders(&parameters, &in_stages(stages, run)),
            _ => orders(&parameters, run),
        });
        for part in cells.cells[start..run.end].chunks(STRIDE) {
            checkpoint.pass("fitting", start, cells.cells.len())?;
            curve.add(&match family {
                Family::Bg | Family::Mbg => beta_geometric(family, &parameters, run.frequency, part),
                Family::Pareto => pareto(&parameters, run.frequency, part),
                // All its cells of one frequency are added up at once, above.
                Family::Bb => Curve::ZERO,
                Family::Regular(stages) => regular(stages, &parameters, run.frequency, part),
            });
        }
        if family != Family::Pareto {
            curve.add(&stays(family, &parameters, run));
        }
        start = run.end;
    }
    Ok(curve.by_logarithms(&parameters))
}

impl Curve<4> {
    fn add(&mut self, other: &Curve<4>) {
        self.value += other.value;
        for i in 0..4 {
            self.gradient[i] += other.gradient[i];
            for j in 0..4 {
                self.hessian[i][j] += other.hessian[i][j];
            }
        }
    }

    /// Sets what is on both sides of the diagonal.
    fn set(&mut self, i: usize, j: usize, value: f64) {
        self.hessian[i][j] = value;
        self.hessian[j][i] = value;
    }
}

/// ln Γ(r + x) − ln Γ(r) + r ln alpha, for all customers of a run; as far as it goes with ln(1 + T / alpha) instead of ln(alpha + T).
fn orders(parameters: &[f64; 4], run: &Run) -> Curve<4> {
    let [r, alpha, ..] = *parameters;
    let (x, n) = (run.frequency, run.weight);
    let mut curve = Curve::ZERO;
    curve.value = n * (ln_gamma_ratio(r, x) - x * alpha.ln());
    curve.gradient[0] = n * (digamma(r + x) - digamma(r));
    curve.gradient[1] = n * r / alpha;
    curve.hessian[0][0] = n * (trigamma(r + x) - trigamma(r));
    curve.set(0, 1, n / alpha);
    curve.hessian[1][1] = -n * r / (alpha * alpha);
    curve
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;
    use crate::purchases::{Customer, History, Outlook};

    const HISTORIES: [(i64, f64, f64, f64); 7] = [
        (0, 0.0, 12.0, 3.0),
        (0, 0.0, 0.0, 1.0),
        (1, 5.0, 12.0, 2.0),
        (4, 11.5, 12.0, 1.0),
        (4, 3.0, 12.0, 1.0),
        (30, 20.0, 20.0, 1.0),
        (30, 20.0, 39.0, 1.0),
    ];

    fn curve(family: Family, at: &[f64; 4]) -> Curve<4> {
        let histories = HISTORIES.map(|(frequency, recency, age, n)| History::new(frequency, recency, age, n).unwrap());
        let cells = Cells::of(&histories, &mut Unhindered).unwrap();
        likelihood(family, &cells, at, &mut Unhindered).unwrap()
    }

    #[test]
    fn likelihood_is_that_of_each_customer() {
        let at = [0.3f64, 1.4, -0.4, 0.9];
        for family in Family::all() {
            let parameters = at.map(f64::exp);
            let want: f64 = HISTORIES
                .iter()
                .map(|&(frequency, recency, age, n)| {
                    let customer = Customer::new(frequency, recency, age).unwrap();
                    n * Outlook::of(family, &parameters, &customer).ln_likelihood(&parameters, &customer)
                })
                .sum();
            let found = curve(family, &at).value;
            assert!((found / want - 1.0).abs() < 1e-13, "{family:?}: {found} and not {want}");
        }
    }

    #[test]
    fn derivatives_are_those_of_the_likelihood() {
        const STEP: f64 = 1e-4;
        for family in Family::all() {
            for at in [[0.3, 1.4, -0.4, 0.9], [-1.0, 3.0, 1.0, -2.0]] {
                let found = curve(family, &at);
                for i in 0..4 {
                    let moved = |by: f64| {
                        let mut at = at;
                        at[i] += by;
                        curve(family, &at)
                    };
                    let (low, high) = (moved(-STEP), moved(STEP));
                    let close = |found: f64, low: f64, high: f64| {
                        let want = (high - low) / (2.0 * STEP);
                        assert!(
                            (found - want).abs() < 1e-5 * (1.0 + want.abs()),
                            "{family:?} {i}: {found} and not {want}"
                        );
                    };
                    close(found.gradient[i], low.value, high.value);
                    for j in 0..4 {
                        close(found.hessian[i][j], low.gradient[j], high.gradient[j]);
                    }
                }
            }
        }
    }
}
