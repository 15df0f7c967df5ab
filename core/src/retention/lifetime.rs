//! How long customers stay: sums over the survivor function.

use crate::special::quadrature::rule_of_16;
use crate::special::{digamma, ln_beta_ratio};

/// A term that is this share of its sum is left out, with all that follow.
const NEGLIGIBLE: f64 = 1e-20;

/// The first terms are added one by one: short horizons are what they seem.
const FIRST: f64 = 32.0;

/// More than are ever added so.
const MOST: f64 = 100_000.0;

/// So are later terms while one falls short of the one before by more than one part in this many.
const SMOOTH: f64 = 512.0;

/// The sum over 0 ≤ k < `horizon` of B(alpha, beta + k) / B(alpha, beta) / (1 + discount)^k; up to any k without a horizon.
///
/// Without discount, Fader & Hardie (2010) have (alpha + beta − 1) / (alpha − 1) for it; it is infinite where alpha ≤ 1. With
/// discount it is ₂F₁(1, beta; alpha + beta; 1 / (1 + discount)). Short and finite horizons would be differences of these,
/// which cancel. Here terms are added up as long as they differ, and then integrated: the same for any horizon, within some
/// twenty thousand terms.
pub(super) fn discounted_sum(alpha: f64, beta: f64, discount: f64, horizon: Option<f64>) -> f64 {
    if horizon.is_none() && discount == 0.0 {
        return if alpha > 1.0 {
            // 1 and not infinity where both are beyond all numbers.
            1.0 + beta / (alpha - 1.0)
        } else {
            f64::INFINITY
        };
    }
    let end = horizon.unwrap_or(f64::INFINITY);
    let (mut sum, mut term, mut k) = (0.0, 1.0, 0.0);
    while k < end {
        if k > MOST {
            return f64::NAN;
        }
        let x = beta + k;
        let ratio = x / (alpha + x) / (1.0 + discount);
        if k >= FIRST && x >= SMOOTH && 1.0 - ratio < 1.0 / SMOOTH {
            return sum + term * smooth_sum(alpha, x, discount.ln_1p(), end - k);
        }
        sum += term;
        term *= ratio;
        if term <= NEGLIGIBLE * sum {
            break;
        }
        k += 1.0;
    }
    sum
}

/// The sum over 0 ≤ k < `length` of f(k) = B(alpha, beta + k) / B(alpha, beta) e^(−fall k), where that changes little from one k to
/// the next: Euler's and Maclaurin's formula (DLMF 2.10.1) up to the first derivative.
fn smooth_sum(alpha: f64, beta: f64, fall: f64, length: f64) -> f64 {
    let f = |x: f64| (ln_beta_ratio(alpha, beta, x) - fall * x).exp();
    let slope = |x: f64| -(fall + digamma(alpha + beta + x) - digamma(beta + x));
    let integral = integral(alpha, beta, fall, length, f);
    let (at_end, slope_at_end) = if length.is_finite() {
        (f(length), f(length) * slope(length))
    } else {
        (0.0, 0.0)
    };
    integral + 0.5 * (1.0 - at_end) + (slope_at_end - slope(0.0)) / 12.0
}

/// ∫ f from 0 to `length`, in panels of y = ln(1 + x / beta) in which f falls to not less than e^-11 of itself.
fn integral(alpha: f64, beta: f64, fall: f64, length: f64, f: impl Fn(f64) -> f64) -> f64 {
    /// Where numbers end.
    const FAR: f64 = 1e307;
    /// More panels than that takes.
    const PANELS: usize = 2_000;
    let (mut sum, mut from) = (0.0, 0.0);
    for panel in 0.. {
        if from >= length || from >= FAR {
            break;
        }
        if panel == PANELS {
            return f64::NAN;
        }
        let start = beta + from;
        let steepness = alpha + fall * start;
        let mut width = (4.0 / steepness).min(1.0);
        let to = (from + start * width.exp_m1()).min(length).min(FAR);
        width = ((to - from) / start).ln_1p();
        for &(t, weight) in rule_of_16() {
            let offset = start * (t * width).exp_m1();
            sum += weight * width * (start + offset) * f(from + offset);
        }
        // What is left is less than this by the steepness minus one.
        if steepness > 2.0 && f(to) * (beta + to) <= 1e-18 * sum {
            break;
        }
        from = to;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::special::logit::LogitBeta;

    fn close(found: f64, want: f64, tolerance: f64, what: &str) {
        assert!(
            (found - want).abs() <= tolerance * want.abs(),
            "{what}: {found} and not {want}"
        );
    }

    const PARAMETERS: [(f64, f64); 9] = [
        (0.668_088, 3.806_095),
        (0.704_077, 1.182_043),
        (1.0, 1.0),
        (1.000_001, 900.0),
        (2.5, 4e5),
        (1e-6, 1e6),
        (1e6, 1e-6),
        (1e6, 1e6),
        (300.0, 1e7),
    ];

    #[test]
    fn horizons_are_sums() {
        for (alpha, beta) in PARAMETERS {
            for discount in [0.0, 1e-9, 1e-4, 0.002, 0.1, 5.0] {
                let (mut sum, mut there) = (0.0, 1.0);
                for k in 0..200_000u32 {
                    if [0, 1, 2, 7, 100, 511, 513, 600, 5_000, 199_999].contains(&k) {
                        let what = format!("{alpha}, {beta}, {discount}, {k}");
                        close(
                            discounted_sum(alpha, beta, discount, Some(f64::from(k))),
                            sum,
                            2e-12,
                            &what,
                        );
                    }
                    let (k, fall): (f64, f64) = (f64::from(k), f64::ln_1p(discount));
                    sum += there * (-k * fall).exp();
                    there *= (beta + k) / (alpha + beta + k);
                }
            }
        }
    }

    #[test]
    fn no_horizon_is_the_hypergeometric_function() {
        for (alpha, beta) in PARAMETERS {
            for discount in [1e-6, 1e-4, 0.01, 0.1, 1.0, 1e3] {
                // The mean over θ of the geometric series, times 1 + discount above and below.
                let one = |p: f64| (1.0 + discount) / (discount + p);
                let reach = -f64::ln(discount);
                let ([want], _) = LogitBeta::new(alpha, beta).means(one(0.0), reach, |p| [one(p)]);
                let what = format!("{alpha}, {beta}, {discount}");
                // There the complement of 1 / (1 + discount), and large powers, have lost digits.
                let tolerance = 1e-11 + 1e-15 / discount + 1e-16 * (alpha + beta);
                close(discounted_sum(alpha, beta, discount, None), want, tolerance, &what);
            }
        }
    }

    #[test]
    fn far_horizons_have_a_closed_form() {
        // ((alpha + beta − 1) − (alpha + beta + n − 1) S(n)) / (alpha − 1), where that does not cancel.
        for (alpha, beta) in [(0.5, 2.0), (0.2, 700.0), (1.5, 3.0), (4.0, 1e5)] {
            for n in [1_000_000, i32::MAX as u32] {
                let there = ln_beta_ratio(alpha, beta, f64::from(n)).exp();
                let want = ((alpha + beta - 1.0) - (alpha + beta + f64::from(n) - 1.0) * there) / (alpha - 1.0);
                close(
                    discounted_sum(alpha, beta, 0.0, Some(f64::from(n))),
                    want,
                    1e-11,
                    "a far horizon",
                );
            }
        }
        close(discounted_sum(3.0, 4.0, 0.0, None), 3.0, 1e-15, "no horizon");
        assert_eq!(discounted_sum(1.0, 4.0, 0.0, None), f64::INFINITY);
    }

    #[test]
    fn the_ends_of_the_range_are_numbers() {
        for alpha in [f64::MIN_POSITIVE, 1e-6, 1.0, 1e6, f64::MAX] {
            for beta in [f64::MIN_POSITIVE, 1e-6, 1.0, 1e6, f64::MAX] {
                for discount in [0.0, f64::MIN_POSITIVE, 1e-12, 1.0, f64::MAX] {
                    for horizon in [Some(0), Some(1), Some(u32::MAX), None] {
                        let found = discounted_sum(alpha, beta, discount, horizon.map(f64::from));
                        let what = format!("{alpha}, {beta}, {discount}, {horizon:?}: {found}");
                        let least = f64::from(horizon.unwrap_or(1).min(1));
                        assert!(found >= least, "{what}");
                        let most = horizon.map_or(f64::INFINITY, f64::from) * (1.0 + 1e-12);
                        assert!(found <= most, "{what}");
                    }
                }
            }
        }
    }
}
