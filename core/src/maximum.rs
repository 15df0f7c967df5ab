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
    /// At the best point within the limits, at least one of which holds it; or on a ridge that hardly rises towards them.
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

/// The most steps of a search.
const STEPS: usize = 200;

/// The longest step of one coordinate.
const REACH: f64 = 3.0;

/// A search has converged when the next step would gain less than this share of the value.
const GAIN: f64 = 1e-13;

/// A step that would gain less than this of a log-likelihood is of no consequence to anybody; near a top there are two or three of them, on
/// a ridge there is no end of them.
const LITTLE: f64 = 1e-5;

/// So many of them are a ridge.
const PATIENCE: usize = 8;

/// Climbs from `start` to a maximum within `limits`, by Newton's steps, shortened towards the gradient where the function is not
/// concave or a step does not climb (Levenberg & Marquardt). Coordinates at a limit that the gradient pushes against stay there.
///
/// `curve` may give values that are not finite: such points are not entered. It must be finite at `start`.
pub fn climb<const N: usize>(
    start: [f64; N],
    limits: &[(f64, f64); N],
    mut curve: impl FnMut(&[f64; N]) -> Result<Curve<N>>,
) -> Result<Optimum<N>> {
    let mut point = start;
    let mut at = curve(&point)?;
    let mut damping = 1e-6;
    let mut little = 0;
    let mut end = End::Unfinished;
    for _ in 0..STEPS {
        let held: [bool; N] = std::array::from_fn(|i| {
            let (low, high) = limits[i];
            point[i] <= low && at.gradient[i] <= 0.0 || point[i] >= high && at.gradient[i] >= 0.0
        });
        let Some(step) = newton_step(&at, &held, damping) else {
            damping = (damping * 10.0).max(1e-3);
            if damping > 1e12 {
                break;
            }
            continue;
        };
        let gain: f64 = 0.5
            * step
                .iter()
                .zip(at.gradient)
                .map(|(step, slope)| step * slope)
                .sum::<f64>();
        little += usize::from(gain <= LITTLE);
        if little > PATIENCE {
            end = End::Boundary;
            break;
        }
        let converged = gain <= GAIN * at.value.abs() + f64::MIN_POSITIVE && damping < 1.0;
        let longest = step.iter().fold(0.0, |longest: f64, step| longest.max(step.abs()));
        let shrink = (REACH / longest).min(1.0);
        let next: [f64; N] = std::array::from_fn(|i| (point[i] + shrink * step[i]).clamp(limits[i].0, limits[i].1));
        if converged || next == point {
            // The last step, too small to be worth another look, doubles the digits that are right.
            point = next;
            end = if held.contains(&true) {
                End::Boundary
            } else {
                End::Converged
            };
            break;
        }
        let there = curve(&next)?;
        // Near the top, a gain is lost in the rounding of the value.
        let slack = 4.0 * f64::EPSILON * at.value.abs();
        if there.is_finite() && there.value >= at.value - slack {
            (point, at) = (next, there);
            damping = (damping * 0.1).max(1e-12);
        } else if damping > 1e12 {
            break;
        } else {
            damping = (damping * 10.0).max(1e-3);
        }
    }
    Ok(Optimum { point, curve: at, end })
}

/// The step to the top of the parabola that the function looks like; nothing if it has none at this damping.
fn newton_step<const N: usize>(at: &Curve<N>, held: &[bool; N], damping: f64) -> Option<[f64; N]> {
    let mut matrix = at.hessian.map(|row| row.map(|x| -x));
    let mut gradient = at.gradient;
    let size = (0..N).map(|i| matrix[i][i].abs()).fold(f64::MIN_POSITIVE, f64::max);
    for i in 0..N {
        matrix[i][i] += damping * matrix[i][i].abs().max(1e-6 * size);
        if held[i] {
            gradient[i] = 0.0;
            for j in 0..N {
                matrix[i][j] = 0.0;
                matrix[j][i] = 0.0;
            }
            matrix[i][i] = 1.0;
        }
    }
    Some(solve(&cholesky(&matrix)?, &gradient))
}

/// The lower triangle L with L Lᵀ = `matrix`; nothing unless that is positive definite to working accuracy.
fn cholesky<const N: usize>(matrix: &Matrix<N>) -> Option<Matrix<N>> {
    let mut lower = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            let rest = matrix[i][j] - sum;
            if i == j {
                // What is left of a diagonal element by rounding alone is no information.
                if rest.is_nan() || rest <= 1e-14 * matrix[i][i].abs() || rest <= 0.0 {
                    return None;
                }
                lower[i][i] = rest.sqrt();
            } else {
                lower[i][j] = rest / lower[j][j];
            }
        }
    }
    Some(lower)
}

/// The x with L Lᵀ x = `right`.
fn solve<const N: usize>(lower: &Matrix<N>, right: &[f64; N]) -> [f64; N] {
    let mut x = *right;
    for i in 0..N {
        let sum: f64 = (0..i).map(|k| lower[i][k] * x[k]).sum();
        x[i] = (x[i] - sum) / lower[i][i];
    }
    for i in (0..N).rev() {
        let sum: f64 = (i + 1..N).map(|k| lower[k][i] * x[k]).sum();
        x[i] = (x[i] - sum) / lower[i][i];
    }
    x
}

/// The inverse of the negative Hessian, which is the covariance of maximum likelihood estimates; nothing where it is not positive
/// definite, because then the data do not tell the parameters apart.
pub fn covariance<const N: usize>(hessian: &Matrix<N>) -> Option<Matrix<N>> {
    let lower = cholesky(&hessian.map(|row| row.map(|x| -x)))?;
    let mut inverse = [[0.0; N]; N];
    for (i, row) in inverse.iter_mut().enumerate() {
        let mut unit = [0.0; N];
        unit[i] = 1.0;
        *row = solve(&lower, &unit);
    }
    // The same to both sides, to the last bit.
    for i in 0..N {
        for j in 0..i {
            inverse[i][j] = inverse[j][i];
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
            assert!(row.iter().zip(want).all(|(x, want)| (x - want).abs() < 1e-15));
        }
        assert_eq!(covariance(&[[-1.0, -1.0], [-1.0, -1.0]]), None);
        assert_eq!(covariance(&[[1.0, 0.0], [0.0, -1.0]]), None);
    }
}
