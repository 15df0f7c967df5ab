//! The likelihood of all customers, with its first and second derivatives.
//!
//! Each cell adds ln L(there to the end) + ln(1 + e^d), where d is the logarithm of the odds of having left. With p = 1/(1 + e^−d) the
//! derivatives of the second term are p d′ and p d″ + p (1 − p) d′ d′ᵀ: all a model has to say is d, d′ and d″.

use super::Family;
use super::cells::{Cell, Cells, Run};
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::maximum::Curve;
use crate::special::quadrature::power_integral;
use crate::special::{digamma, ln_gamma_ratio, trigamma};

/// How many cells are added up between two looks at the checkpoint.
const STRIDE: usize = 4_096;

/// What is needed of a time again and again.
#[derive(Clone, Copy)]
struct Time {
    time: f64,
    /// ln(alpha + time).
    ln: f64,
    /// 1 / (alpha + time).
    inverse: f64,
}

/// The log-likelihood at `ln_parameters`, as a function of these.
pub(super) fn likelihood(
    family: Family,
    cells: &Cells,
    ln_parameters: &[f64; 4],
    checkpoint: &mut dyn Checkpoint,
) -> Result<Curve<4>> {
    let parameters = ln_parameters.map(f64::exp);
    let alpha = parameters[1];
    let times: Vec<Time> = cells
        .times
        .iter()
        .map(|&time| Time {
            time,
            ln: (alpha + time).ln(),
            inverse: 1.0 / (alpha + time),
        })
        .collect();
    let mut curve = Curve::ZERO;
    let mut start = 0;
    for run in &cells.runs {
        curve.add(&orders(&parameters, run));
        for part in cells.cells[start..run.end].chunks(STRIDE) {
            checkpoint.pass("fitting", start, cells.cells.len())?;
            curve.add(&match family {
                Family::Bg | Family::Mbg => beta_geometric(family, &parameters, run.frequency, part, &times),
                Family::Pareto => pareto(&parameters, run.frequency, part, &times),
            });
        }
        if let Family::Bg | Family::Mbg = family {
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

/// ln Γ(r + x) − ln Γ(r) + r ln alpha, for all customers of a run.
fn orders(parameters: &[f64; 4], run: &Run) -> Curve<4> {
    let [r, alpha, ..] = *parameters;
    let (x, n) = (run.frequency, run.weight);
    let mut curve = Curve::ZERO;
    curve.value = n * (ln_gamma_ratio(r, x) + r * alpha.ln());
    curve.gradient[0] = n * (digamma(r + x) - digamma(r) + alpha.ln());
    curve.gradient[1] = n * r / alpha;
    curve.hessian[0][0] = n * (trigamma(r + x) - trigamma(r));
    curve.set(0, 1, n / alpha);
    curve.hessian[1][1] = -n * r / (alpha * alpha);
    curve
}

/// ln B(a, b + x) − ln B(a, b), the first order counted if it may be the last, for all customers of a run.
fn stays(family: Family, parameters: &[f64; 4], run: &Run) -> Curve<4> {
    let [_, _, a, b] = *parameters;
    let (x, n) = (run.frequency + family.first(), run.weight);
    let mut curve = Curve::ZERO;
    curve.value = n * (ln_gamma_ratio(b, x) - ln_gamma_ratio(a + b, x));
    let both = digamma(a + b) - digamma(a + b + x);
    curve.gradient[2] = n * both;
    curve.gradient[3] = n * (both + digamma(b + x) - digamma(b));
    let both = trigamma(a + b) - trigamma(a + b + x);
    curve.hessian[2][2] = n * both;
    curve.set(2, 3, n * both);
    curve.hessian[3][3] = n * (both + trigamma(b + x) - trigamma(b));
    curve
}

/// What cells of one frequency add in BG/NBD and MBG/NBD: −(r + x) ln(alpha + T) + ln(1 + e^d), with
/// d = ln(a / (b + x − 1)) + (r + x) ln((alpha + T)/(alpha + t_x)), or b + x in MBG/NBD.
fn beta_geometric(family: Family, parameters: &[f64; 4], x: f64, cells: &[Cell], times: &[Time]) -> Curve<4> {
    let [r, _, a, b] = *parameters;
    let shape = r + x;
    let rest = b + (x - 1.0 + family.first());
    let mut curve = Curve::ZERO;
    let never = family == Family::Bg && x == 0.0;
    let start = if never { f64::NEG_INFINITY } else { (a / rest).ln() };
    // Sums of: ln(alpha + T), its derivatives; p and p (1 − p), each times powers of D and E.
    let (mut ln, mut inverse, mut square) = (0.0, 0.0, 0.0);
    let (mut p_1, mut p_d, mut p_e, mut p_ee) = (0.0, 0.0, 0.0, 0.0);
    let (mut v_1, mut v_d, mut v_e, mut v_dd, mut v_de, mut v_ee) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    let mut value = 0.0;
    for cell in cells {
        let (last, end) = (times[cell.recency as usize], times[cell.age as usize]);
        let n = cell.weight;
        ln += n * end.ln;
        inverse += n * end.inverse;
        square += n * end.inverse * end.inverse;
        let d = end.ln - last.ln;
        let e = end.inverse - last.inverse;
        let ln_odds = start + shape * d;
        let odds = ln_odds.min(700.0).exp();
        value += n * if ln_odds > 36.0 { ln_odds } else { odds.ln_1p() };
        let p = n * (odds / (1.0 + odds));
        let v = p / (1.0 + odds);
        let ee = e * (end.inverse + last.inverse);
        p_1 += p;
        p_d += p * d;
        p_e += p * e;
        p_ee += p * ee;
        v_1 += v;
        v_d += v * d;
        v_e += v * e;
        v_dd += v * d * d;
        v_de += v * d * e;
        v_ee += v * e * e;
    }
    curve.value = value - shape * ln;
    let (by_a, by_b) = (1.0 / a, -1.0 / rest);
    curve.gradient = [p_d - ln, shape * (p_e - inverse), p_1 * by_a, p_1 * by_b];
    curve.hessian[0][0] = v_dd;
    curve.set(0, 1, p_e - inverse + shape * v_de);
    curve.hessian[1][1] = shape * (square - p_ee) + shape * shape * v_ee;
    curve.set(0, 2, v_d * by_a);
    curve.set(0, 3, v_d * by_b);
    curve.set(1, 2, shape * v_e * by_a);
    curve.set(1, 3, shape * v_e * by_b);
    curve.hessian[2][2] = (v_1 - p_1) * by_a * by_a;
    curve.set(2, 3, v_1 * by_a * by_b);
    curve.hessian[3][3] = (v_1 + p_1) * by_b * by_b;
    if never {
        for i in 2..4 {
            curve.gradient[i] = 0.0;
            for j in 0..4 {
                curve.set(i, j, 0.0);
            }
        }
    }
    curve
}

/// What cells of one frequency add in Pareto/NBD: −(r + x) ln(alpha + T) + s ln(beta/(beta + T)) + ln(1 + e^d), with
/// d = ln ∫ s ((alpha + T)/(alpha + u))^(r + x) ((beta + T)/(beta + u))^s / (beta + u) du from t_x to T. Derivatives of an integral's
/// logarithm are means over it: of φ′, and of φ″ plus the covariance of φ′, where φ is the logarithm of the integrand.
fn pareto(parameters: &[f64; 4], x: f64, cells: &[Cell], times: &[Time]) -> Curve<4> {
    let [r, alpha, s, beta] = *parameters;
    let shape = r + x;
    let mut curve = Curve::ZERO;
    for cell in cells {
        let (last, end) = (times[cell.recency as usize], times[cell.age as usize]);
        let n = cell.weight;
        let beta_inverse = 1.0 / (beta + end.time);
        let beta_ln = (end.time / beta).ln_1p();
        let mut one = Curve::<4>::ZERO;
        one.value = -shape * end.ln - s * beta_ln;
        one.gradient = [-end.ln, -shape * end.inverse, -beta_ln, s * (1.0 / beta - beta_inverse)];
        one.set(0, 1, -end.inverse);
        one.hessian[1][1] = shape * end.inverse * end.inverse;
        one.set(2, 3, 1.0 / beta - beta_inverse);
        one.hessian[3][3] = s * (beta_inverse * beta_inverse - 1.0 / (beta * beta));
        let silence = end.time - last.time;
        if silence > 0.0 {
            let (start_alpha, start_beta) = (alpha + last.time, beta + last.time);
            let all_alpha = (silence / start_alpha).ln_1p();
            let all_beta = (silence / start_beta).ln_1p();
            let mut total = 0.0;
            let mut mean = [0.0; 4];
            let mut product = [0.0; 10];
            let mut second = [0.0; 4];
            power_integral(alpha, shape, beta, s + 1.0, last.time, end.time, |node| {
                let alpha_inverse = 1.0 / (start_alpha + node.offset);
                let at_beta = 1.0 / (start_beta + node.offset);
                let [d_r, d_alpha, d_s, d_beta] = [
                    all_alpha - node.ln_alpha,
                    shape * (end.inverse - alpha_inverse),
                    all_beta - node.ln_beta,
                    s * beta_inverse - (s + 1.0) * at_beta,
                ];
                let w = node.weight;
                total += w;
                let weighted = [w * d_r, w * d_alpha, w * d_s, w * d_beta];
                for (mean, weighted) in mean.iter_mut().zip(weighted) {
                    *mean += weighted;
                }
                let by = [d_r, d_alpha, d_s, d_beta];
                let mut at = 0;
                for i in 0..4 {
                    for j in 0..=i {
                        product[at] += weighted[i] * by[j];
                        at += 1;
                    }
                }
                second[0] += w * (end.inverse - alpha_inverse);
                second[1] += w * (alpha_inverse * alpha_inverse);
                second[2] += w * (beta_inverse - at_beta);
                second[3] += w * (at_beta * at_beta);
            });
            let ln_odds = (s / start_beta * total).ln() + shape * all_alpha + s * all_beta;
            let odds = ln_odds.min(700.0).exp();
            one.value += if ln_odds > 36.0 { ln_odds } else { odds.ln_1p() };
            let p = odds / (1.0 + odds);
            let share = 1.0 / total;
            let means = mean.map(|mean| mean * share);
            let mut by = means;
            by[2] += 1.0 / s;
            let mut at = 0;
            for i in 0..4 {
                one.gradient[i] += p * by[i];
                for j in 0..=i {
                    let covariance = product[at] * share - means[i] * means[j];
                    at += 1;
                    let value = one.hessian[i][j] + p * covariance + p * (1.0 - p) * by[i] * by[j];
                    one.set(i, j, value);
                }
            }
            let mut more = |i: usize, j: usize, value: f64| {
                let value = one.hessian[i][j] + p * value;
                one.set(i, j, value);
            };
            more(0, 1, second[0] * share);
            more(1, 1, shape * (second[1] * share - end.inverse * end.inverse));
            more(2, 2, -1.0 / (s * s));
            more(2, 3, second[2] * share);
            more(3, 3, (s + 1.0) * second[3] * share - s * beta_inverse * beta_inverse);
        }
        curve.value += n * one.value;
        for i in 0..4 {
            curve.gradient[i] += n * one.gradient[i];
            for j in 0..4 {
                curve.hessian[i][j] += n * one.hessian[i][j];
            }
        }
    }
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
        for family in Family::ALL {
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
        for family in Family::ALL {
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
