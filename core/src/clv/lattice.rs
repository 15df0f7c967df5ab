//! What a place of a lattice of logarithms knows of the totals of numbers of orders, and of what is around it.

use crate::special::incomplete_beta::{IncompleteBeta, Sides};
use pulp::{Arch, Simd, WithSimd};

/// How far Taylor's series is believed, in steps: somewhat beyond the middle between two rows.
const NEAR: f64 = 0.6;

/// How many powers it has: six tenths of a step of 1/1.75 standard deviations are 0.34, and 0.34^11 times the eleventh derivative of a normal
/// distribution over 11! is below 2e-10.
const POWERS: usize = 10;

/// What a row knows of a number of orders: what lies below and above, and the coefficients of how much more is below a little further on.
pub(super) const COLUMNS: usize = 2 + POWERS;

/// A number of orders for which there are probabilities.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// The parameters of the beta distribution, and that.
    a: f64,
    b: f64,
    total: IncompleteBeta,
    /// The logarithm of the odds at its mode.
    mode: f64,
}

/// Which row of which lattice: the power of two that is its step, and the number of steps from 0.
pub(super) type Place = (i32, i64);

/// The sums of columns over numbers of orders, by weights.
pub(super) fn sums(weights: &[f64], values: &[[f64; COLUMNS]]) -> [f64; COLUMNS] {
    Arch::new().dispatch(Weighted { weights, values })
}

/// Sums over rows of columns, by weights: compiled for several generations of processors, with the same bits from each.
struct Weighted<'a> {
    weights: &'a [f64],
    values: &'a [[f64; COLUMNS]],
}

impl WithSimd for Weighted<'_> {
    type Output = [f64; COLUMNS];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f64; COLUMNS] {
        let mut sums = [0.0; COLUMNS];
        for (weight, values) in self.weights.iter().zip(self.values) {
            for column in 0..COLUMNS {
                sums[column] += weight * values[column];
            }
        }
        sums
    }
}

/// A place of a lattice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    /// The logarithm, and how far the next place is.
    pub(super) t: f64,
    step: f64,
    /// The share that odds of e^t are, and 1 less that.
    p: f64,
    q: f64,
    /// Taylor's coefficients of that share in steps, from the first power on, times the step.
    share: [f64; POWERS],
}

impl Around {
    pub(super) fn new((power, place): Place) -> Around {
        let step = f64::from(power).exp2();
        let t = place as f64 * step;
        let (p, q) = (1.0 / (1.0 + (-t).exp()), 1.0 / (1.0 + t.exp()));
        // p' = p (1 − p).
        let mut share = [0.0; POWERS];
        share[0] = step * p * q;
        for j in 1..POWERS {
            let mixed: f64 = (0..j - 1).map(|i| share[i] * share[j - 2 - i]).sum();
            share[j] = step * ((q - p) * share[j - 1] - mixed) / (j + 1) as f64;
        }
        share.iter_mut().for_each(|share| *share *= step);
        Around { t, step, p, q, share }
    }

    /// The columns of a number of orders.
    pub(super) fn values(&self, point: &Point) -> [f64; COLUMNS] {
        let Sides { below, above, density } = point.total.sides(self.t - point.mode);
        let mut values = [0.0; COLUMNS];
        (values[0], values[1]) = (below, above);
        // The density f has f' = (a − (a + b) p) f.
        let (a, b) = (point.a, point.b);
        let first = (a * self.q - b * self.p) * self.step;
        let mut powers = [0.0; POWERS];
        powers[0] = density * self.step;
        for k in 1..POWERS {
            let rest: f64 = (1..k).map(|j| powers[k - 1 - j] * self.share[j - 1]).sum();
            powers[k] = (powers[k - 1] * first - (a + b) * rest) / k as f64;
        }
        for (k, power) in powers.iter().enumerate() {
            values[2 + k] = power / (k + 1) as f64;
        }
        values
    }
}

impl Point {
    pub(super) fn new(a: f64, b: f64) -> Point {
        Point {
            a,
            b,
            total: IncompleteBeta::new(a, b),
            mode: (a / b).ln(),
        }
    }
}

/// How many steps further so much more is below, if that is near. The coefficients are those of the first power on.
pub(super) fn root(powers: &[f64; POWERS], missing: f64) -> Option<f64> {
    let at = |s: f64| {
        let (mut here, mut slope) = (0.0, 0.0);
        for c in powers.iter().rev() {
            slope = slope * s + here;
            here = here * s + c;
        }
        (s * here, here + s * slope)
    };
    let (mut low, mut high) = (-NEAR, NEAR);
    if !(at(low).0 <= missing && missing <= at(high).0) {
        return None;
    }
    let mut s = (missing / powers[0]).clamp(low, high);
    for _ in 0..60 {
        let (here, slope) = at(s);
        if here < missing {
            low = s;
        } else {
            high = s;
        }
        let to = s - (here - missing) / slope;
        let next = if to >= low && to <= high {
            to
        } else {
            0.5 * (low + high)
        };
        if (next - s).abs() < 1e-12 {
            return Some(next);
        }
        s = next;
    }
    Some(s)
}
