//! Pareto/NBD.

use super::Time;
use crate::maximum::Curve;
use crate::purchases::cells::Cell;
use crate::special::elementary::ln_1p;
use crate::special::quadrature::power_integral;

/// What cells of one frequency add in Pareto/NBD: −(r + x) ln(alpha + T) + s ln(beta/(beta + T)) + ln(1 + e^d), with
/// d = ln ∫ s ((alpha + T)/(alpha + u))^(r + x) ((beta + T)/(beta + u))^s / (beta + u) du from t_x to T. Derivatives of an integral's
/// logarithm are means over it: of φ′, and of φ″ plus the covariance of φ′, where φ is the logarithm of the integrand.
pub(super) fn pareto(parameters: &[f64; 4], x: f64, cells: &[Cell]) -> Curve<4> {
    let [r, alpha, s, beta] = *parameters;
    let shape = r + x;
    let mut curve = Curve::ZERO;
    for cell in cells {
        let (last, end) = (cell.recency, Time::of(cell.age, alpha));
        let n = cell.weight;
        let beta_inverse = 1.0 / (beta + end.time);
        let beta_ln = ln_1p(end.time / beta).0;
        let mut one = Curve::<4>::ZERO;
        one.value = -shape * end.ln - s * beta_ln;
        one.gradient = [-end.ln, -shape * end.inverse, -beta_ln, s * (1.0 / beta - beta_inverse)];
        one.set(0, 1, -end.inverse);
        one.hessian[1][1] = shape * end.inverse * end.inverse;
        one.set(2, 3, 1.0 / beta - beta_inverse);
        one.hessian[3][3] = s * (beta_inverse * beta_inverse - 1.0 / (beta * beta));
        let silence = end.time - last;
        if silence > 0.0 {
            let (start_alpha, start_beta) = (alpha + last, beta + last);
            let all_alpha = ln_1p(silence / start_alpha).0;
            let all_beta = ln_1p(silence / start_beta).0;
            let mut total = 0.0;
            let mut mean = [0.0; 4];
            let mut product = [0.0; 10];
            let mut second = [0.0; 4];
            power_integral(alpha, shape, beta, s + 1.0, last, end.time, |node| {
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
