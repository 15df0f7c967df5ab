//! BG/NBD and MBG/NBD.

use super::Time;
use crate::maximum::Curve;
use crate::purchases::Family;
use crate::purchases::cells::{Cell, Run};
use crate::special::{digamma, ln_beta_ratio, trigamma};

/// ln B(a, b + x) − ln B(a, b), the first order counted if it may be the last, for all customers of a run.
pub(super) fn stays(family: Family, parameters: &[f64; 4], run: &Run) -> Curve<4> {
    let [_, _, a, b] = *parameters;
    let (x, n) = (run.frequency + family.first(), run.weight);
    let mut curve = Curve::ZERO;
    curve.value = n * ln_beta_ratio(a, b, x);
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
pub(super) fn beta_geometric(
    family: Family,
    parameters: &[f64; 4],
    x: f64,
    cells: &[Cell],
    times: &[Time],
) -> Curve<4> {
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
