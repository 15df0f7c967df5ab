//! BG/NBD and MBG/NBD.

use super::Time;
use crate::maximum::Curve;
use crate::purchases::Family;
use crate::purchases::cells::{Cell, Run};
use crate::special::elementary::{exp, ln_1p};
use crate::special::{digamma, ln_beta_ratio, trigamma};
use pulp::{Arch, Simd, WithSimd};

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

/// How many sums go side by side: cell by cell they are the same in registers of any width.
const LANES: usize = 4;

/// How many cells are in the fastest memory at a time.
const BLOCK: usize = 128;

/// Sums over cells, each lane by itself: those of n ln(1 + T/alpha), of n and its square over alpha + T; of ln(1 + e^d); of p and p (1 − p),
/// each times powers of D = ln((alpha + T)/(alpha + t_x)) and of E, its derivative by alpha.
#[derive(Clone, Copy, Default)]
struct Sums {
    ln: [f64; LANES],
    inverse: [f64; LANES],
    square: [f64; LANES],
    left: [f64; LANES],
    p_1: [f64; LANES],
    p_d: [f64; LANES],
    p_e: [f64; LANES],
    p_ee: [f64; LANES],
    v_1: [f64; LANES],
    v_d: [f64; LANES],
    v_e: [f64; LANES],
    v_dd: [f64; LANES],
    v_de: [f64; LANES],
    v_ee: [f64; LANES],
}

/// The sums over cells of one frequency, where d = `start` + `shape` D.
struct Summing<'a> {
    cells: &'a [Cell],
    alpha: f64,
    shape: f64,
    /// Minus infinity where nobody can have left.
    start: f64,
}

impl WithSimd for Summing<'_> {
    type Output = Sums;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Sums {
        let mut sums = Sums::default();
        let mut block = [[0.0; BLOCK]; 8];
        for cells in self.cells.chunks(BLOCK) {
            let [n, age, recency, ln, inverse, last_inverse, gap, left] = &mut block;
            for (at, cell) in cells.iter().enumerate() {
                (n[at], age[at], recency[at]) = (cell.weight, cell.age, cell.recency);
            }
            // Nobody fills the last lanes.
            let len = cells.len().next_multiple_of(LANES);
            for at in cells.len()..len {
                (n[at], age[at], recency[at]) = (0.0, 0.0, 0.0);
            }
            for at in 0..len {
                let end = Time::of(age[at], self.alpha);
                (ln[at], inverse[at]) = (end.ln, end.inverse);
            }
            for at in (0..len).step_by(LANES) {
                for lane in 0..LANES {
                    let (n, inverse) = (n[at + lane], inverse[at + lane]);
                    sums.ln[lane] += n * ln[at + lane];
                    sums.inverse[lane] += n * inverse;
                    sums.square[lane] += n * inverse * inverse;
                }
            }
            if self.start == f64::NEG_INFINITY {
                continue;
            }
            // Ages and recencies have done their part: p and p (1 − p) take their places.
            for at in 0..len {
                let last = Time::of(recency[at], self.alpha);
                let d = ln[at] - last.ln;
                let ln_odds = self.start + self.shape * d;
                let odds = exp(ln_odds);
                let (ln, stays) = ln_1p(odds);
                left[at] = n[at] * if ln_odds > 36.0 { ln_odds } else { ln };
                age[at] = n[at] * (odds * stays);
                recency[at] = age[at] * stays;
                (gap[at], last_inverse[at]) = (d, last.inverse);
            }
            for at in (0..len).step_by(LANES) {
                for lane in 0..LANES {
                    let at = at + lane;
                    let (p, v, d) = (age[at], recency[at], gap[at]);
                    let e = inverse[at] - last_inverse[at];
                    let (v_d, v_e) = (v * d, v * e);
                    sums.left[lane] += left[at];
                    sums.p_1[lane] += p;
                    sums.p_d[lane] += p * d;
                    sums.p_e[lane] += p * e;
                    sums.p_ee[lane] += p * e * (inverse[at] + last_inverse[at]);
                    sums.v_1[lane] += v;
                    sums.v_d[lane] += v_d;
                    sums.v_e[lane] += v_e;
                    sums.v_dd[lane] += v_d * d;
                    sums.v_de[lane] += v_d * e;
                    sums.v_ee[lane] += v_e * e;
                }
            }
        }
        sums
    }
}

/// What cells of one frequency add in BG/NBD and MBG/NBD: −(r + x) ln(alpha + T) + ln(1 + e^d), with
/// d = ln(a / (b + x − 1)) + (r + x) ln((alpha + T)/(alpha + t_x)), or b + x in MBG/NBD.
pub(super) fn beta_geometric(family: Family, parameters: &[f64; 4], x: f64, cells: &[Cell]) -> Curve<4> {
    let [r, alpha, a, b] = *parameters;
    let shape = r + x;
    let rest = b + (x - 1.0 + family.first());
    let never = family == Family::Bg && x == 0.0;
    let sums = Arch::new().dispatch(Summing {
        cells,
        alpha,
        shape,
        start: if never { f64::NEG_INFINITY } else { (a / rest).ln() },
    });
    let of = |lanes: [f64; LANES]| (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    let (ln, inverse, square) = (of(sums.ln), of(sums.inverse), of(sums.square));
    let (p_1, p_d, p_e, p_ee) = (of(sums.p_1), of(sums.p_d), of(sums.p_e), of(sums.p_ee));
    let (v_1, v_d, v_e) = (of(sums.v_1), of(sums.v_d), of(sums.v_e));
    let (v_dd, v_de, v_ee) = (of(sums.v_dd), of(sums.v_de), of(sums.v_ee));
    let mut curve = Curve::ZERO;
    curve.value = of(sums.left) - shape * ln;
    curve.gradient = [p_d - ln, shape * (p_e - inverse), 0.0, 0.0];
    curve.hessian[0][0] = v_dd;
    curve.set(0, 1, p_e - inverse + shape * v_de);
    curve.hessian[1][1] = shape * (square - p_ee) + shape * shape * v_ee;
    if never {
        return curve;
    }
    let (by_a, by_b) = (1.0 / a, -1.0 / rest);
    curve.gradient[2] = p_1 * by_a;
    curve.gradient[3] = p_1 * by_b;
    curve.set(0, 2, v_d * by_a);
    curve.set(0, 3, v_d * by_b);
    curve.set(1, 2, shape * v_e * by_a);
    curve.set(1, 3, shape * v_e * by_b);
    curve.hessian[2][2] = (v_1 - p_1) * by_a * by_a;
    curve.set(2, 3, v_1 * by_a * by_b);
    curve.hessian[3][3] = (v_1 + p_1) * by_b * by_b;
    curve
}
