//! MBG/CNBD-k: orders come in k stages each.

use super::Time;
use crate::maximum::Curve;
use crate::purchases::cells::{Cell, Run};
use crate::purchases::family::Stages;
use crate::special::elementary::{exp, ln, ln_1p};

/// The most stages.
const MOST: usize = Stages::MOST as usize;

/// What the sum over the stages that may be done since the last order takes from the number of stages before it, n.
struct Series {
    /// n, n + 1, n + 2, ...
    shapes: [f64; MOST],
    /// The first and second derivative of ln (n)_j with respect to n, for each j.
    by_shape: [f64; MOST],
    by_shape_twice: [f64; MOST],
    terms: usize,
}

/// The logarithm of P(n, u) = Σ (n)_j / j! u^j over j < k, and its derivatives.
#[derive(Clone, Copy, Default)]
struct Sum {
    value: f64,
    by_shape: f64,
    by_share: f64,
    by_shape_twice: f64,
    by_both: f64,
    by_share_twice: f64,
}

impl Series {
    fn of(shape: f64, stages: Stages) -> Series {
        let mut series = Series {
            shapes: [0.0; MOST],
            by_shape: [0.0; MOST],
            by_shape_twice: [0.0; MOST],
            terms: usize::from(stages.count()),
        };
        let (mut by_shape, mut by_shape_twice) = (0.0, 0.0);
        for j in 0..series.terms {
            let next = shape + j as f64;
            series.shapes[j] = next;
            series.by_shape[j] = by_shape;
            series.by_shape_twice[j] = by_shape_twice;
            by_shape += 1.0 / next;
            by_shape_twice -= 1.0 / (next * next);
        }
        series
    }

    /// The sum at the share u.
    fn at(&self, u: f64) -> Sum {
        // The term, and what j times it is of u, now and before.
        let (mut term, mut before) = (1.0, 0.0);
        let (mut sum, mut by_shape, mut by_share) = (1.0, 0.0, 0.0);
        let (mut by_shape_twice, mut by_both, mut by_share_twice) = (0.0, 0.0, 0.0);
        for j in 1..self.terms {
            let shape = self.shapes[j - 1];
            by_share_twice += before * shape;
            before = term * shape;
            term = before * u / j as f64;
            let h = self.by_shape[j];
            sum += term;
            by_shape += term * h;
            by_share += before;
            by_shape_twice += term * (h * h + self.by_shape_twice[j]);
            by_both += before * h;
        }
        let scale = 1.0 / sum;
        let (by_shape, by_share) = (by_shape * scale, by_share * scale);
        Sum {
            value: ln(sum),
            by_shape,
            by_share,
            by_shape_twice: by_shape_twice * scale - by_shape * by_shape,
            by_both: by_both * scale - by_shape * by_share,
            by_share_twice: by_share_twice * scale - by_share * by_share,
        }
    }
}

/// What cells of one frequency x add: −n ln(alpha + T) + ln P(n, u) + ln(1 + e^d), where n = r + k x is the number of stages up to the last
/// order and those that rates are as good as, u = (T − t_x)/(alpha + T), and d = ln(a / (b + x)) + n ln((alpha + T)/(alpha + t_x)) −
/// ln P(n, u). Equation (5) of Platzer & Reutterer (2016), as odds.
pub(super) fn regular(stages: Stages, parameters: &[f64; 4], x: f64, cells: &[Cell]) -> Curve<4> {
    let [r, alpha, a, b] = *parameters;
    let shape = r + f64::from(stages.count()) * x;
    let series = Series::of(shape, stages);
    let rest = b + x;
    let start = (a / rest).ln();
    let (by_a, by_b) = (1.0 / a, -1.0 / rest);
    let mut curve = Curve::ZERO;
    // Sums of p and p (1 − p), each times powers of the derivatives of d by r and alpha.
    let (mut p_1, mut v_1, mut v_r, mut v_alpha) = (0.0, 0.0, 0.0, 0.0);
    for cell in cells {
        let (last, end) = (Time::of(cell.recency, alpha), Time::of(cell.age, alpha));
        let n = cell.weight;
        let u = (end.time - last.time) * end.inverse;
        let sum = series.at(u);
        // By alpha, u has the derivative −u / (alpha + T).
        let (by_alpha, by_alpha_twice) = (-u * end.inverse, 2.0 * u * end.inverse * end.inverse);
        let [q_r, q_alpha] = [sum.by_shape, sum.by_share * by_alpha];
        let q_both = sum.by_both * by_alpha;
        let q_alpha_twice = sum.by_share_twice * by_alpha * by_alpha + sum.by_share * by_alpha_twice;
        let gap = end.inverse - last.inverse;
        let ln_gap = end.ln - last.ln;
        let ln_odds = start + shape * ln_gap - sum.value;
        let odds = exp(ln_odds);
        let (left, stays) = ln_1p(odds);
        let left = if ln_odds > 36.0 { ln_odds } else { left };
        let p = n * (odds * stays);
        let v = p * stays;
        let (d_r, d_alpha) = (ln_gap - q_r, shape * gap - q_alpha);
        curve.value += n * (sum.value - shape * end.ln + left);
        curve.gradient[0] += n * (q_r - end.ln) + p * d_r;
        curve.gradient[1] += n * (q_alpha - shape * end.inverse) + p * d_alpha;
        curve.hessian[0][0] += (n - p) * sum.by_shape_twice + v * d_r * d_r;
        curve.hessian[0][1] += (n - p) * q_both - n * end.inverse + p * gap + v * d_r * d_alpha;
        curve.hessian[1][1] += (n - p) * q_alpha_twice
            + shape * (n * end.inverse * end.inverse - p * gap * (end.inverse + last.inverse))
            + v * d_alpha * d_alpha;
        p_1 += p;
        v_1 += v;
        v_r += v * d_r;
        v_alpha += v * d_alpha;
    }
    curve.hessian[1][0] = curve.hessian[0][1];
    curve.gradient[2] = p_1 * by_a;
    curve.gradient[3] = p_1 * by_b;
    curve.set(0, 2, v_r * by_a);
    curve.set(0, 3, v_r * by_b);
    curve.set(1, 2, v_alpha * by_a);
    curve.set(1, 3, v_alpha * by_b);
    curve.hessian[2][2] = (v_1 - p_1) * by_a * by_a;
    curve.set(2, 3, v_1 * by_a * by_b);
    curve.hessian[3][3] = (v_1 + p_1) * by_b * by_b;
    curve
}

/// A run as it would be if each stage were an order.
pub(super) fn in_stages(stages: Stages, run: &Run) -> Run {
    Run {
        frequency: f64::from(stages.count()) * run.frequency,
        ..*run
    }
}
