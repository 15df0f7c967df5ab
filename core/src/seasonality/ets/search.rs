//! The least value of a function within limits, by its slopes.

use crate::error::Result;

/// The most trials of one step, each shorter than the one before.
const TRIALS: usize = 40;

/// The first step is no longer than that.
const FIRST: f64 = 0.05;

/// A step that gains less than this share of the value is not worth another.
const GAIN: f64 = 1e-13;

/// The share of what the slope promises that a step has to keep (Armijo).
const KEPT: f64 = 1e-4;

/// Goes down from `point` as far as it gets within `limits` by at most `steps` steps, and gives the value there: quasi-Newton steps (Broyden, Fletcher, Goldfarb &
/// Shanno; Nocedal & Wright, *Numerical Optimization*, 6.1), projected on the limits; coordinates at a limit that the slope pushes against stay
/// there (Bertsekas 1982). Where the function is infinite it is not entered. `function` writes the slopes at a point; it has to be finite at the
/// first one, or the answer is not.
pub fn descend(
    point: &mut [f64],
    limits: &[(f64, f64)],
    steps: usize,
    mut function: impl FnMut(&[f64], &mut [f64]) -> Result<f64>,
) -> Result<f64> {
    let n = point.len();
    let mut gradient = vec![0.0; n];
    let mut value = function(point, &mut gradient)?;
    if !value.is_finite() {
        return Ok(value);
    }
    let (mut next, mut slopes) = (vec![0.0; n], vec![0.0; n]);
    let mut step = vec![0.0; n];
    // The inverse of the curvature; nothing is known of it at first.
    let mut inverse: Option<Vec<f64>> = None;
    for _ in 0..steps {
        let held = |i: usize| {
            let (low, high) = limits[i];
            point[i] <= low && gradient[i] > 0.0 || point[i] >= high && gradient[i] < 0.0
        };
        let free: Vec<usize> = (0..n).filter(|&i| !held(i)).collect();
        step.fill(0.0);
        for &i in &free {
            step[i] = match &inverse {
                None => -gradient[i],
                Some(inverse) => -free.iter().map(|&j| inverse[i * n + j] * gradient[j]).sum::<f64>(),
            };
        }
        let longest = step.iter().fold(0.0, |longest: f64, step| longest.max(step.abs()));
        if longest == 0.0 {
            break;
        }
        let promise: f64 = step.iter().zip(&gradient).map(|(step, slope)| step * slope).sum();
        let unlearned = inverse.is_none();
        let mut share = if unlearned { (FIRST / longest).min(1.0) } else { 1.0 };
        let mut found = None;
        if promise < 0.0 {
            for _ in 0..TRIALS {
                let mut gain = 0.0;
                for i in 0..n {
                    next[i] = (point[i] + share * step[i]).clamp(limits[i].0, limits[i].1);
                    gain += gradient[i] * (next[i] - point[i]);
                }
                let there = function(&next, &mut slopes)?;
                if there.is_finite() && there <= value + KEPT * gain {
                    found = Some(there);
                    break;
                }
                // The top of the parabola through both, within reason.
                let top = -0.5 * gain * share / (there - value - gain);
                share = if top.is_finite() {
                    top.clamp(0.1 * share, 0.5 * share)
                } else {
                    0.2 * share
                };
            }
        }
        let gained = found.map_or(0.0, |there| value - there);
        if let Some(there) = found {
            update(&mut inverse, (&next, &slopes), (point, &gradient));
            value = there;
            point.copy_from_slice(&next);
            gradient.copy_from_slice(&slopes);
        }
        if gained <= GAIN * value.abs().max(1.0) {
            // What was learned of the curvature may be wrong by now: once more without it.
            if unlearned {
                break;
            }
            inverse = None;
        }
    }
    Ok(value)
}

/// Learns of the curvature from a step, if it curves up.
fn update(inverse: &mut Option<Vec<f64>>, (next, slopes): (&[f64], &[f64]), (point, gradient): (&[f64], &[f64])) {
    let n = next.len();
    let step: Vec<f64> = (0..n).map(|i| next[i] - point[i]).collect();
    let change: Vec<f64> = (0..n).map(|i| slopes[i] - gradient[i]).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let curvature = dot(&step, &change);
    let squares = dot(&change, &change);
    if curvature <= 1e-12 * (dot(&step, &step) * squares).sqrt() || !(curvature / squares).is_finite() {
        return;
    }
    let inverse = inverse.get_or_insert_with(|| {
        let mut scaled = vec![0.0; n * n];
        for i in 0..n {
            scaled[i * n + i] = curvature / squares;
        }
        scaled
    });
    let turned: Vec<f64> = (0..n).map(|i| dot(&inverse[i * n..(i + 1) * n], &change)).collect();
    let scale = (1.0 + dot(&change, &turned) / curvature) / curvature;
    for i in 0..n {
        for j in 0..n {
            inverse[i * n + j] += scale * step[i] * step[j] - (turned[i] * step[j] + step[i] * turned[j]) / curvature;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn banana(x: &[f64], slopes: &mut [f64]) -> Result<f64> {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        slopes[0] = -2.0 * a - 400.0 * b * x[0];
        slopes[1] = 200.0 * b;
        Ok(a * a + 100.0 * b * b)
    }

    #[test]
    fn the_bottom_of_a_bent_valley_is_found() {
        let anywhere = [(f64::NEG_INFINITY, f64::INFINITY); 2];
        let mut point = [-1.2, 1.0];
        let value = descend(&mut point, &anywhere, 200, banana).unwrap();
        assert!(value < 1e-20, "{value:e} at {point:?}");
    }

    #[test]
    fn limits_hold() {
        let mut point = [-1.2, 0.2];
        let value = descend(&mut point, &[(-2.0, 0.5), (-2.0, 2.0)], 200, banana).unwrap();
        assert_eq!(point[0], 0.5);
        assert!(
            (point[1] - 0.25).abs() < 1e-9 && (value - 0.25).abs() < 1e-12,
            "{value} at {point:?}"
        );
    }

    #[test]
    fn where_there_is_no_value_nobody_goes() {
        let function = |x: &[f64], slopes: &mut [f64]| {
            slopes[0] = 1.0 - 1.0 / x[0];
            Ok(if x[0] > 0.0 { x[0] - x[0].ln() } else { f64::INFINITY })
        };
        let mut point = [30.0];
        let value = descend(&mut point, &[(f64::NEG_INFINITY, f64::INFINITY)], 200, function).unwrap();
        assert!((point[0] - 1.0).abs() < 1e-7 && value < 1.0 + 1e-12, "{point:?}");
        let mut point = [-1.0];
        assert!(
            descend(&mut point, &[(-5.0, 5.0)], 200, function)
                .unwrap()
                .is_infinite()
        );
    }
}
