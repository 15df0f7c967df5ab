//! Maximum likelihood: the parameters at which a likelihood is greatest, and how sure they are.

use crate::error::Result;

/// A symmetric matrix, all of it.
pub type Matrix<const N: usize> = [[f64; N]; N];

/// A function at one point, with its first and second derivatives.
#[derive(Clone, Copy, Debug)]
pub struct Curve<const N: usize> {
    /// Its value.
    pub value: f64,
    /// Its gradient.
    pub gradient: [f64; N],
    /// Its matrix of second derivatives.
    pub hessian: Matrix<N>,
}

impl<const N: usize> Curve<N> {
    /// Nothing yet.
    pub const ZERO: Curve<N> = Curve {
        value: 0.0,
        gradient: [0.0; N],
        hessian: [[0.0; N]; N],
    };

    /// The same function of the logarithms of its arguments, which are at `point`.
    pub fn by_logarithms(mut self, point: &[f64; N]) -> Curve<N> {
        for i in 0..N {
            for j in 0..N {
                self.hessian[i][j] *= point[i] * point[j];
            }
            self.gradient[i] *= point[i];
            self.hessian[i][i] += self.gradient[i];
        }
        self
    }

    fn is_finite(&self) -> bool {
        let numbers = self.gradient.iter().chain(self.hessian.as_flattened());
        self.value.is_finite() && numbers.copied().all(f64::is_finite)
    }
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// At a maximum: no step that the curvature suggests gains anything.
    Converged,
    /// At the best point within the limits, at least one of which holds it.
    Boundary,
    /// Before it got there.
    Unfinished,
}

/// The best point that was found.
#[derive(Clone, Copy, Debug)]
pub struct Optimum<const N: usize> {
    /// Where.
    pub point: [f64; N],
    /// The function there.
    pub curve: Curve<N>,
    /// How the search ended.
    pub end: End,
}

/// Values that differ by less than this share are the same: which of them is greater is for rounding to say, and for the day's data.
pub const SAME: f64 = 1e-10;

impl<const N: usize> Curve<N> {
    /// What shares of the value are shares of: sums of many terms near to 0 are rounded as if they were about 1.
    fn size(&self) -> f64 {
        self.value.abs().max(1.0)
    }
}

impl<const N: usize> Optimum<N> {
    /// Whether it is where the function is greatest, as far as its surroundings tell.
    pub fn is_top(&self) -> bool {
        self.end == End::Converged
    }

    /// Whether the values are the same.
    pub fn is_as_high_as(&self, other: &Optimum<N>) -> bool {
        (self.curve.value - other.curve.value).abs() <= SAME * self.curve.size()
    }

    /// The better of two: of those with the same value the one that is at a top, or else within the limits, or else the first.
    pub fn or_better(self, other: Optimum<N>) -> Optimum<N> {
        let takes = match self.is_as_high_as(&other) {
            true => (other.end as u8) < self.end as u8,
            false => other.curve.value > self.curve.value,
        };
        if takes { other } else { self }
    }
}

/// The most steps of a search.
const STEPS: usize = 200;

/// The longest step in any direction.
const REACH: f64 = 3.0;

/// And the shortest worth to be tried.
const SHORTEST: f64 = 1e-7;

/// A search has converged when the next step would gain less than this share of the value.
const GAIN: f64 = 1e-13;

/// Sums over many customers are rounded by up to this share of the value: a step that loses no more has lost nothing.
const SLACK: f64 = 1e-12;

/// Climbs from `start` to a maximum within `limits`, by Newton's steps along the axes of curvature: where the function curves up along an
/// axis, the step goes up as far as it would go to the top of one that curves down as much, and no step is longer than what has proved
/// to climb. On a ridge that hardly rises along one axis, the others are not held up. Coordinates at a limit that the gradient pushes against
/// stay there.
///
/// `curve` may give values that are not finite: such points are not entered. It must be finite at `start`.
pub fn climb<const N: usize>(
    start: [f64; N],
    limits: &[(f64, f64); N],
    mut curve: impl FnMut(&[f64; N]) -> Result<Curve<N>>,
) -> Result<Optimum<N>> {
    let mut point = start;
    let mut at = curve(&point)?;
    let mut reach = REACH;
    let mut end = End::Unfinished;
    for _ in 0..STEPS {
        let (step, gain, held) = step_within(&at, &point, limits, reach);
        let next = stopped_at_limits(&point, &step, limits);
        if gain <= GAIN * at.size() || next == point {
            // The last step, too small to be worth another look, doubles the digits that are right.
            point = next;
            end = match held.contains(&true) {
                true => End::Boundary,
                false => End::Converged,
            };
            break;
        }
        let there = curve(&next)?;
        if there.is_finite() && there.value >= at.value - SLACK * at.size() {
            (point, at) = (next, there);
            reach = (2.0 * reach).min(REACH);
        } else {
            reach = 0.25 * step.iter().fold(0.0, |longest: f64, step| longest.max(step.abs()));
            if reach < SHORTEST {
                // What the slope promises is lost in rounding: far out towards the limits.
                break;
            }
        }
    }
    Ok(Optimum { point, curve: at, end })
}

/// A step that does not push against a limit that the point is at, what it would gain, and which coordinates are held at their limits.
fn step_within<const N: usize>(
    at: &Curve<N>,
    point: &[f64; N],
    limits: &[(f64, f64); N],
    reach: f64,
) -> ([f64; N], f64, [bool; N]) {
    let pushes = |i: usize, towards: f64| {
        let (low, high) = limits[i];
        point[i] <= low && towards <= 0.0 || point[i] >= high && towards >= 0.0
    };
    let mut held: [bool; N] = std::array::from_fn(|i| pushes(i, at.gradient[i]));
    loop {
        let (step, gain) = newton_step(at, &held, reach);
        let more: [bool; N] = std::array::from_fn(|i| held[i] || step[i] != 0.0 && pushes(i, step[i]));
        if more == held {
            return (step, gain, held);
        }
        held = more;
    }
}

/// Where a step leads, which ends where it meets the first limit.
fn stopped_at_limits<const N: usize>(point: &[f64; N], step: &[f64; N], limits: &[(f64, f64); N]) -> [f64; N] {
    let room = |i: usize| match step[i] {
        0.0 => f64::INFINITY,
        step if step > 0.0 => (limits[i].1 - point[i]) / step,
        step => (limits[i].0 - point[i]) / step,
    };
    let share = (0..N).map(room).fold(1.0, f64::min);
    std::array::from_fn(|i| {
        let (low, high) = limits[i];
        if room(i) <= share {
            // Exactly there, in spite of rounding.
            if step[i] > 0.0 { high } else { low }
        } else {
            (point[i] + share * step[i]).clamp(low, high)
        }
    })
}

/// A step, no longer than `reach` along any axis of curvature, and what it would gain if it were not cut short.
fn newton_step<const N: usize>(at: &Curve<N>, held: &[bool; N], reach: f64) -> ([f64; N], f64) {
    let mut matrix = at.hessian;
    let mut gradient = at.gradient;
    for i in (0..N).filter(|&i| held[i]) {
        gradient[i] = 0.0;
        for j in 0..N {
            matrix[i][j] = 0.0;
            matrix[j][i] = 0.0;
        }
    }
    let (values, axes) = axes(&matrix);
    let (mut step, mut gain) = ([0.0; N], 0.0);
    for (value, axis) in values.iter().zip(&axes) {
        let slope: f64 = axis.iter().zip(gradient).map(|(x, slope)| x * slope).sum();
        if slope == 0.0 {
            continue;
        }
        let full = slope / value.abs().max(f64::MIN_POSITIVE);
        gain += 0.5 * slope * full;
        let length = full.clamp(-reach, reach);
        for (step, x) in step.iter_mut().zip(axis) {
            *step += length * x;
        }
    }
    (step, gain)
}

/// The eigenvalues of a symmetric matrix, and an orthonormal eigenvector for each, by Jacobi's rotations (Golub & Van Loan 8.5).
fn axes<const N: usize>(matrix: &Matrix<N>) -> ([f64; N], Matrix<N>) {
    /// More sweeps than it ever takes: each squares what is left.
    const SWEEPS: usize = 30;
    let mut rest = *matrix;
    let mut vectors: Matrix<N> = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))));
    for _ in 0..SWEEPS {
        let mut rotated = false;
        for p in 0..N {
            for q in p + 1..N {
                let off = rest[p][q];
                if off.abs() <= f64::EPSILON * (rest[p][p].abs() * rest[q][q].abs()).sqrt() {
                    continue;
                }
                rotated = true;
                let tau = (rest[q][q] - rest[p][p]) / (2.0 * off);
                let t = 1.0_f64.copysign(tau) / (tau.abs() + tau.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let s = t * c;
                for k in 0..N {
                    (rest[k][p], rest[k][q]) = (c * rest[k][p] - s * rest[k][q], s * rest[k][p] + c * rest[k][q]);
                }
                for k in 0..N {
                    (rest[p][k], rest[q][k]) = (c * rest[p][k] - s * rest[q][k], s * rest[p][k] + c * rest[q][k]);
                    (vectors[p][k], vectors[q][k]) = (
                        c * vectors[p][k] - s * vectors[q][k],
                        s * vectors[p][k] + c * vectors[q][k],
                    );
                }
            }
        }
        if !rotated {
            break;
        }
    }
    (std::array::from_fn(|i| rest[i][i]), vectors)
}

/// The inverse of the negative Hessian, which is the covariance of maximum likelihood estimates; nothing where it is not positive
/// definite to working accuracy, because then the data do not tell the parameters apart.
pub fn covariance<const N: usize>(hessian: &Matrix<N>) -> Option<Matrix<N>> {
    let (values, axes) = axes(hessian);
    let greatest = values
        .iter()
        .fold(0.0, |greatest: f64, value| greatest.max(value.abs()));
    if values.iter().any(|&value| value.is_nan() || value >= -1e-14 * greatest) {
        return None;
    }
    let mut inverse = [[0.0; N]; N];
    for (value, axis) in values.iter().zip(&axes) {
        for i in 0..N {
            // The same on both sides, to the last bit.
            for j in 0..=i {
                inverse[i][j] -= axis[i] * axis[j] / value;
                inverse[j][i] = inverse[i][j];
            }
        }
    }
    Some(inverse)
}

/// The same of those parameters that are not `held`, as if the others were known: these have zeros in their rows and columns. Where the
/// curvature along an axis is less than `least`, or the wrong way, it counts as that: the data say next to nothing of such a direction, and
/// what moves along it has a great variance, not none. Nothing where the curvature is not finite.
pub fn covariance_within<const N: usize>(hessian: &Matrix<N>, held: &[bool; N], least: f64) -> Option<Matrix<N>> {
    let mut matrix = *hessian;
    for i in (0..N).filter(|&i| held[i]) {
        for j in 0..N {
            matrix[i][j] = 0.0;
            matrix[j][i] = 0.0;
        }
    }
    let (values, axes) = axes(&matrix);
    if !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let mut inverse = [[0.0; N]; N];
    for (value, axis) in values.iter().zip(&axes) {
        let information = (-value).max(least);
        for i in (0..N).filter(|&i| !held[i]) {
            // The same on both sides, to the last bit.
            for j in (0..=i).filter(|&j| !held[j]) {
                inverse[i][j] += axis[i] * axis[j] / information;
                inverse[j][i] = inverse[i][j];
            }
        }
    }
    Some(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley, upside down.
    fn valley(at: &[f64; 2]) -> Result<Curve<2>> {
        let [x, y] = *at;
        let d = y - x * x;
        Ok(Curve {
            value: -(1.0 - x) * (1.0 - x) - 100.0 * d * d,
            gradient: [2.0 * (1.0 - x) + 400.0 * d * x, -200.0 * d],
            hessian: [[-2.0 + 400.0 * (d - 2.0 * x * x), 400.0 * x], [400.0 * x, -200.0]],
        })
    }

    #[test]
    fn finds_the_top_of_a_valley() {
        let top = climb([-1.2, 1.0], &[(-10.0, 10.0); 2], valley).unwrap();
        assert_eq!(top.end, End::Converged);
        assert!(top.point.iter().all(|x| (x - 1.0).abs() < 1e-6), "{:?}", top.point);
    }

    #[test]
    fn stops_at_limits() {
        let top = climb([-1.2, 1.0], &[(-10.0, 0.5), (-10.0, 10.0)], valley).unwrap();
        assert_eq!(top.end, End::Boundary);
        assert!((top.point[0] - 0.5).abs() < 1e-12 && (top.point[1] - 0.25).abs() < 1e-6);
    }

    #[test]
    fn inverts() {
        let inverse = covariance(&[[-4.0, -2.0], [-2.0, -3.0]]).unwrap();
        for (row, want) in inverse.iter().zip([[0.375, -0.25], [-0.25, 0.5]]) {
            assert!(row.iter().zip(want).all(|(x, want)| (x - want).abs() < 1e-14));
        }
        assert_eq!(covariance(&[[-1.0, -1.0], [-1.0, -1.0]]), None);
        assert_eq!(covariance(&[[1.0, 0.0], [0.0, -1.0]]), None);
    }

    #[test]
    fn what_is_held_has_no_covariance_and_what_is_flat_a_great_one() {
        let matrix = [[-4.0, -2.0, -1.0], [-2.0, -3.0, -1.0], [-1.0, -1.0, -9.0]];
        let held = covariance_within(&matrix, &[false, false, true], 0.01).unwrap();
        for (row, want) in held.iter().zip([[0.375, -0.25, 0.0], [-0.25, 0.5, 0.0], [0.0; 3]]) {
            assert!(
                row.iter().zip(want).all(|(x, want)| (x - want).abs() < 1e-14),
                "{held:?}"
            );
        }
        // Only the sum of the two is known, with a variance of 1: their difference may be anywhere.
        let ridge = covariance_within(&[[-1.0, -1.0], [-1.0, -1.0]], &[false; 2], 0.01).unwrap();
        let of = |x: [f64; 2]| x[0] * (ridge[0][0] * x[0] + 2.0 * ridge[0][1] * x[1]) + x[1] * ridge[1][1] * x[1];
        assert!(
            (of([1.0, 1.0]) - 1.0).abs() < 1e-12 && (of([1.0, -1.0]) - 200.0).abs() < 1e-9,
            "{ridge:?}"
        );
        assert_eq!(covariance_within(&[[f64::NAN]], &[false], 0.01), None);
    }
}
