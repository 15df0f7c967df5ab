//! The regularised incomplete gamma function, both sides of it, and the tails of the chi-square distribution.

use super::{LARGE, ln_gamma, stirling};
use std::f64::consts::TAU;

/// More steps than a series or a fraction takes whose parameter is up to ten million: some ten times its square root.
const MOST: u32 = 50_000;

/// What a gamma distribution with shape a and scale 1 has below and above x: P(a, x) and Q(a, x), for a > 0 and x ≥ 0. The lesser of them is
/// right to about 1e-13 of itself, or a millionth of the last digit times a where a is beyond thousands; the other is what is left of 1. The
/// series of DLMF 8.11.4 below a + 1, the continued fraction of DLMF 8.9.2 from there on: some ten times √a steps where x is near a.
pub fn gamma_sides(a: f64, x: f64) -> (f64, f64) {
    if a.is_nan() || x.is_nan() {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x == f64::INFINITY {
        return (1.0, 0.0);
    }
    if x < a + 1.0 {
        let below = (density(a, x) * series(a, x)).min(1.0);
        (below, 1.0 - below)
    } else {
        let above = (a * density(a, x) * fraction(a, x)).min(1.0);
        (1.0 - above, above)
    }
}

/// The probability that a chi-square variable with so many degrees of freedom is above x: what a test with that statistic has for its
/// p-value. Right to 1e-12 of itself for 1 to some hundred thousand degrees.
pub fn chi_square_above(x: f64, degrees: f64) -> f64 {
    gamma_sides(0.5 * degrees, 0.5 * x).1
}

/// x^a e^−x / Γ(a + 1).
fn density(a: f64, x: f64) -> f64 {
    if a < LARGE {
        return (a * x.ln() - x - ln_gamma(a + 1.0)).exp();
    }
    // Stirling's series, and what lies between x and a: large terms that cancel are gone.
    (-a * above_ln_1p((x - a) / a) - stirling(a)).exp() / (TAU * a).sqrt()
}

/// u − ln(1 + u) for u > −1, also near 0.
fn above_ln_1p(u: f64) -> f64 {
    if u.abs() > 0.5 {
        return u - u.ln_1p();
    }
    // ln(1 + u) is 2 artanh s, whose first term is 2 s, and u − 2 s is u s.
    let s = u / (2.0 + u);
    let square = s * s;
    let rest = (1..=17)
        .rev()
        .fold(0.0, |sum, n| sum * square + 1.0 / f64::from(2 * n + 1));
    s * (u - 2.0 * square * rest)
}

/// Σ xⁿ / ((a + 1) … (a + n)).
fn series(a: f64, x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 1..MOST {
        term *= x / (a + f64::from(n));
        sum += term;
        if term < 1e-17 * sum {
            break;
        }
    }
    sum
}

/// e^x x^−a Γ(a, x): Lentz's method.
fn fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut d = 1.0 / b;
    let (mut c, mut value) = (f64::INFINITY, d);
    for n in 1..MOST {
        let n = f64::from(n);
        let numerator = n * (a - n);
        b += 2.0;
        d = 1.0 / (b + numerator * d);
        c = b + numerator / c;
        let change = c * d;
        value *= change;
        if (change - 1.0).abs() < 4e-16 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x, degrees of freedom, and the probability of more with 40 digits of mpmath.
    const VALUES: &str = include_str!("../../tests/golden/chi_square.txt");

    #[test]
    fn tails_are_those_of_forty_digits() {
        let mut checked = 0;
        for line in VALUES.lines() {
            let numbers: Vec<f64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
            let [x, degrees, want] = numbers[..] else {
                panic!("{line}")
            };
            let found = chi_square_above(x, degrees);
            // Below the least normal number there are fewer digits.
            let near = (found - want).abs() <= 1e-12 * want + 5e-324;
            assert!(near, "{line}: {found:e}, {:e} off", found / want - 1.0);
            checked += 1;
        }
        assert_eq!(checked, 54);
    }

    /// For whole a, Q is a sum of Poisson probabilities; for halves it begins with the error function. Both have the recurrence
    /// Q(a + 1, x) = Q(a, x) + x^a e^−x / Γ(a + 1), whose terms are positive.
    #[test]
    fn sides_are_sums_of_densities() {
        for x in [0.01, 0.5, 1.0, 3.0, 17.0, 120.0, 400.0, 700.0] {
            for (first, mut above) in [(1.0, f64::exp(-x)), (0.5, libm::erfc(f64::sqrt(x)))] {
                let mut term = if first == 1.0 {
                    f64::exp(-x) * x
                } else {
                    f64::exp(-x) * (x / std::f64::consts::PI).sqrt() * 2.0
                };
                let mut a = first;
                while a < 900.0 {
                    let (below, found) = gamma_sides(a, x);
                    assert!(
                        (found - above).abs() <= 1e-12 * above,
                        "{a}, {x}: {found:e} and not {above:e}"
                    );
                    assert!((below + found - 1.0).abs() < 1e-15, "{a}, {x}");
                    above += term;
                    a += 1.0;
                    term *= x / a;
                }
            }
        }
    }

    #[test]
    fn below_and_above_meet_and_ends_are_what_they_can_be() {
        // On both sides of where the series ends: what lies between is the density.
        for a in [0.5, 1.0, 15.5, 16.0, 400.0, 1e5, 1e7] {
            let h = 1e-6 * f64::sqrt(a);
            let (left, right) = (gamma_sides(a, a + 1.0 - h).1, gamma_sides(a, a + 1.0 + h).1);
            let between = 2.0 * h * a / (a + 1.0) * density(a, a + 1.0);
            assert!((left - right - between).abs() < 1e-10, "{a}: {left} {right} {between}");
            assert_eq!(gamma_sides(a, 0.0), (0.0, 1.0));
            assert_eq!(gamma_sides(a, f64::INFINITY), (1.0, 0.0));
            assert_eq!(gamma_sides(a, 1e9), (1.0, 0.0));
            assert_eq!(gamma_sides(a, 1e300), (1.0, 0.0));
        }
        assert_eq!(gamma_sides(1e7, 1.0), (0.0, 1.0));
        assert!(chi_square_above(f64::NAN, 1.0).is_nan());
    }
}
