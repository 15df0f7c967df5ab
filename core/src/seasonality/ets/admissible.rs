//! Which smoothing parameters forget: those with which what was long ago ceases to matter.

use super::{Components, Parameters};

/// Whether a seasonal model forgets what was long ago: whether all roots of its characteristic equation are within the unit circle (the book,
/// 10.2; Hyndman, Akram & Archibald 2008, "The admissible parameter space for exponential smoothing models"). Without a season, all parameters
/// within the usual limits do. O(m²).
pub fn is_admissible(parameters: &Parameters, components: Components, m: usize) -> bool {
    let &Parameters { alpha, beta, gamma, .. } = parameters;
    let phi = if components.has_trend() { parameters.phi } else { 1.0 };
    if gamma < (1.0 - 1.0 / phi - alpha).max(0.0) || gamma > 1.0 + 1.0 / phi - alpha {
        return false;
    }
    // Coefficients from the constant one up.
    let mut polynomial = Vec::with_capacity(m + 2);
    polynomial.push(phi * (1.0 - alpha - gamma));
    polynomial.push(alpha + beta - alpha * phi + gamma - 1.0);
    polynomial.resize(m, alpha + beta - alpha * phi);
    polynomial.push(alpha + beta - phi);
    polynomial.push(1.0);
    if beta == 0.0 && phi == 1.0 {
        // Level and season share a constant, which is no root that matters.
        without_root_at_one(&mut polynomial);
    }
    roots_are_within(polynomial)
}

/// Divides by z − 1.
fn without_root_at_one(polynomial: &mut Vec<f64>) {
    let mut carried = 0.0;
    for coefficient in polynomial.iter_mut().rev() {
        carried += *coefficient;
        *coefficient = carried;
    }
    polynomial.remove(0);
}

/// Whether all roots of a polynomial are within the unit circle: the criterion of Schur and Cohn, one degree after the other.
fn roots_are_within(mut polynomial: Vec<f64>) -> bool {
    let mut next = Vec::with_capacity(polynomial.len());
    while let [first, .., last] = polynomial[..] {
        let share = first / last;
        if share.is_nan() || share.abs() >= 1.0 {
            return false;
        }
        let reversed = polynomial.iter().rev();
        next.clear();
        next.extend(
            polynomial
                .iter()
                .zip(reversed)
                .skip(1)
                .map(|(own, other)| own - share * other),
        );
        std::mem::swap(&mut polynomial, &mut next);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The product of (z - root).
    fn with_roots(roots: &[f64]) -> Vec<f64> {
        roots.iter().fold(vec![1.0], |polynomial, root| {
            let mut product = vec![0.0; polynomial.len() + 1];
            for (i, c) in polynomial.iter().enumerate() {
                product[i] -= root * c;
                product[i + 1] += c;
            }
            product
        })
    }

    #[test]
    fn roots_are_told_apart() {
        assert!(roots_are_within(with_roots(&[0.5, -0.9, 0.99, 0.0])));
        assert!(!roots_are_within(with_roots(&[0.5, -0.9, 1.01, 0.0])));
        assert!(!roots_are_within(with_roots(&[0.5, -1.01])));
        // z² + 0.81 and z² + 1.21, whose roots are no real numbers.
        assert!(roots_are_within(vec![0.81, 0.0, 1.0]));
        assert!(!roots_are_within(vec![1.21, 0.0, 1.0]));
        let mut polynomial = with_roots(&[1.0, 0.5, -0.25]);
        without_root_at_one(&mut polynomial);
        assert_eq!(polynomial, with_roots(&[0.5, -0.25]));
    }
}
