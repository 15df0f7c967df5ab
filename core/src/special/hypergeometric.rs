//! The hypergeometric functions of the models, to about 1e-13, in bounded time.
//!
//! Where papers write an expectation as a difference of hypergeometric terms, the difference cancels (short horizons) or is 0/0
//! (a = 1). The functions here are sums of positive terms, which lose nothing: the rest of a series is bounded by a geometric series, and
//! where the series would be long, trapezoids over the logarithm of odds take its place, which are exact with a step that is known
//! beforehand. No call takes more than some thousand steps, whatever a model may hold.

use super::digamma;
use super::logit::LogitBeta;

/// The longest series; an integral costs as much as some hundred of its terms.
const TERMS: f64 = 1_000.0;

/// More terms than a series that is short takes.
const MOST: usize = 4_000;

/// Terms less than this share of the sum are left out.
const NEGLIGIBLE: f64 = 1e-16;

/// How many times likelier `n` or more orders are than exactly `n`, where orders come at a rate that is gamma distributed with this `shape`, and `z`
/// is the time in units of its rate parameter: ₂F₁(1, n + shape; n + 1; z/(1 + z)). Nothing where the series is long.
pub fn or_more_to_exactly(n: f64, shape: f64, z: f64) -> Option<f64> {
    let w = z / (1.0 + z);
    // The terms grow while (n + shape + k) w > n + 1 + k, then fall, in the end like powers of w.
    let growing = ((n + shape) * z - (n + 1.0) * (1.0 + z)).max(0.0);
    if growing + 37.0 * (1.0 + z) > TERMS {
        return None;
    }
    let (mut term, mut sum, mut k) = (1.0, 1.0, 0.0);
    for _ in 0..MOST {
        let ratio = (n + shape + k) / (n + 1.0 + k) * w;
        term *= ratio;
        sum += term;
        k += 1.0;
        // No later ratio is above the greater of this one and w.
        if term <= SMALL * sum && is_rest_negligible(term, sum, ratio.max(w)) {
            return Some(sum);
        }
    }
    None
}

/// An expected number of orders and how it changes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Expected {
    /// The number.
    pub value: f64,
    /// Its derivatives with respect to `shape`, `z`, `a` and `b`; 0 if they were not asked for.
    pub slopes: [f64; 4],
}

/// How many orders a customer places in z units of time who leaves after each with probability p, where orders come at a rate that is
/// gamma distributed with this `shape` and a rate parameter of 1, and p is beta distributed (a, b).
///
/// The expectation over p of (1 − (1 + p z)^−shape) / p, which is shape · z · ₃F₂(shape + 1, a, 1; a + b, 2; −z), and what equation (10)
/// of Fader, Hardie & Lee (2005) gives for a customer known to be there:
/// (a + b − 1)/(a − 1) · [1 − (1 + z)^−shape ₂F₁(shape, b; a + b − 1; z/(1 + z))].
///
/// Summed as Σ P(m orders would come in that time) · E(how many of m are placed). Derivatives are computed if `SLOPES`.
pub fn orders_until_leaving<const SLOPES: bool>(shape: f64, z: f64, a: f64, b: f64) -> Expected {
    if z == 0.0 {
        return Expected {
            value: 0.0,
            slopes: [0.0, shape, 0.0, 0.0],
        };
    }
    if is_short(shape, z) {
        series_until_leaving::<SLOPES>(shape, z, a, b)
    } else {
        integral_until_leaving::<SLOPES>(shape, z, a, b)
    }
}

/// The sum over several times z of [`orders_until_leaving`], each with its weight: one series for all of them.
pub fn orders_until_leaving_mixed(shape: f64, times: &[(f64, f64); 8], a: f64, b: f64) -> f64 {
    let longest = times.iter().fold(0.0, |longest: f64, time| longest.max(time.0));
    if !is_short(shape, longest) {
        let one = |&(z, weight): &(f64, f64)| weight * orders_until_leaving::<false>(shape, z, a, b).value;
        return times.iter().map(one).sum();
    }
    // The weighted probabilities of m orders.
    let mut probabilities = times.map(|(z, weight)| weight * (-shape * z.ln_1p()).exp());
    let factors = times.map(|(z, _)| z / (1.0 + z));
    let greatest = longest / (1.0 + longest);
    let (mut there, mut placed, mut sum, mut m) = (1.0, 0.0, 0.0, 0.0);
    for _ in 0..MOST {
        let ratio = (shape + m) / (m + 1.0);
        m += 1.0;
        let mut total = 0.0;
        for (probability, factor) in probabilities.iter_mut().zip(factors) {
            *probability *= factor * ratio;
            total += *probability;
        }
        placed += there;
        let term = placed * total;
        sum += term;
        // In this order, small parameters count.
        let stay = b + (m - 1.0);
        there *= stay / (a + stay);
        if term <= SMALL * sum && is_rest_negligible(term, sum, greatest * (1.0 + shape / m)) {
            return sum;
        }
    }
    f64::NAN
}

/// Whether the series is short: its terms fall from some nine standard deviations above the mean number of orders on.
pub(super) fn is_short(shape: f64, z: f64) -> bool {
    let mean = shape * z;
    let spread = (mean * (1.0 + z)).sqrt();
    mean + 9.0 * spread + 37.0 / z.recip().ln_1p() <= TERMS && shape * z.ln_1p() < 600.0
}

fn series_until_leaving<const SLOPES: bool>(shape: f64, z: f64, a: f64, b: f64) -> Expected {
    let w = z / (1.0 + z);
    // The probability of m orders, and the derivative of its logarithm with respect to the shape.
    let mut probability = (-shape * z.ln_1p()).exp();
    let mut by_shape = -z.ln_1p();
    // The probability to be there for order number m, its logarithm's derivatives, and the sums of all of these.
    let mut there = 1.0;
    let (mut there_by_a, mut there_by_b) = (0.0, 0.0);
    let (mut placed, mut placed_by_a, mut placed_by_b) = (0.0, 0.0, 0.0);
    let mut sum = Expected::default();
    let mut by_w = 0.0;
    let mut m = 0.0;
    for _ in 0..MOST {
        let before = shape + m;
        m += 1.0;
        probability *= before / m * w;
        placed += there;
        let term = probability * placed;
        sum.value += term;
        // In this order, small parameters count.
        let stay = b + (m - 1.0);
        let left = 1.0 / (a + stay);
        if SLOPES {
            by_shape += 1.0 / before;
            placed_by_a += there * there_by_a;
            placed_by_b += there * there_by_b;
            sum.slopes[0] += term * by_shape;
            by_w += term * m;
            sum.slopes[2] += probability * placed_by_a;
            sum.slopes[3] += probability * placed_by_b;
            there_by_a -= left;
            there_by_b += 1.0 / stay - left;
        }
        there *= stay * left;
        if term <= SMALL * sum.value && is_rest_negligible(term, sum.value, w * (1.0 + shape / m)) {
            // d ln(probability)/dw is m/w - shape (1 + z), and dw/dz is 1/(1 + z)^2.
            sum.slopes[1] = by_w / (z * (1.0 + z)) - shape / (1.0 + z) * sum.value;
            return sum;
        }
    }
    sum.value = f64::NAN;
    sum
}

/// Before terms are this share of the sum, it is not worth while to look at the rest.
pub(super) const SMALL: f64 = 1e-13;

/// Whether all terms behind this one are negligible, if each is at most `ratio` times the one before.
#[inline]
pub(super) fn is_rest_negligible(term: f64, sum: f64, ratio: f64) -> bool {
    ratio < 1.0 && term * ratio <= NEGLIGIBLE * sum * (1.0 - ratio)
}

fn integral_until_leaving<const SLOPES: bool>(shape: f64, z: f64, a: f64, b: f64) -> Expected {
    // h(p) is what the expectation is of: constant where p z and shape p z are nothing beside 1.
    let h = |p: f64| match p {
        0.0 => shape * z,
        p => -(-shape * (p * z).ln_1p()).exp_m1() / p,
    };
    let beta = LogitBeta::new(a, b);
    let reach = z.ln() + shape.ln().max(0.0);
    if !SLOPES {
        let ([value], _) = beta.means(shape * z, reach, |p| [h(p)]);
        return Expected {
            value,
            slopes: [0.0; 4],
        };
    }
    let h_by_shape = |p: f64| match p {
        0.0 => z,
        p => (p * z).ln_1p() * (-shape * (p * z).ln_1p()).exp() / p,
    };
    let h_by_z = |p: f64| shape * (-(shape + 1.0) * (p * z).ln_1p()).exp();
    let ([value, by_shape, by_z], [by_p, by_rest]) = beta.means(shape * z, reach, |p| [h(p), h_by_shape(p), h_by_z(p)]);
    let both = digamma(a + b);
    let by_a = by_p - (digamma(a) - both) * value;
    let by_b = by_rest - (digamma(b) - both) * value;
    Expected {
        value,
        slopes: [by_shape, by_z, by_a, by_b],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, want: f64, tolerance: f64) {
        assert!((found - want).abs() <= tolerance * want.abs(), "{found} and not {want}");
    }

    #[test]
    fn series_and_integral_agree() {
        for (shape, z, a, b) in [
            (0.3, 0.5, 0.8, 2.4),
            (5.2, 3.0, 1.0, 7.0),
            (26.0, 1.7, 0.02, 0.03),
            (1.0, 1e-6, 2.0, 1.0),
            (0.01, 20.0, 30.0, 300.0),
        ] {
            let one = series_until_leaving::<true>(shape, z, a, b);
            let other = integral_until_leaving::<true>(shape, z, a, b);
            close(one.value, other.value, 1e-12);
            for (one, other) in one.slopes.iter().zip(other.slopes) {
                assert!(
                    (one - other).abs() < 1e-9 * (one.abs() + 1e-3),
                    "{one} {other} at {shape} {z} {a} {b}"
                );
            }
        }
    }

    #[test]
    fn a_number_of_orders_or_more() {
        for (n, shape, z) in [
            (1.0, 0.3, 0.5),
            (3.0, 26.0, 1.7),
            (40.0, 1e-3, 20.0),
            (7.0, 300.0, 0.02),
            (500.0, 900.0, 0.5),
        ] {
            let beta = LogitBeta::new(n, shape);
            let end = (z * shape / n).ln();
            let want = beta.below(end) / (beta.density(end) / n);
            close(or_more_to_exactly(n, shape, z).unwrap(), want, 1e-11);
        }
        assert_eq!(or_more_to_exactly(3.0, 1e9, 1.0), None);
        assert_eq!(or_more_to_exactly(3.0, 1.0, 1e9), None);
    }

    #[test]
    fn several_times_at_once() {
        for (shape, unit) in [(0.3, 1.0), (7.0, 1.0), (900.0, 0.1), (900.0, 1.0)] {
            let times = [0.01, 0.5, 1.0, 2.0, 3.0, 3.5, 4.0, 5.0].map(|z| (unit * z, 1.0 / (1.0 + z)));
            let one = |&(z, weight): &(f64, f64)| weight * orders_until_leaving::<false>(shape, z, 0.8, 4.4).value;
            let want: f64 = times.iter().map(one).sum();
            close(orders_until_leaving_mixed(shape, &times, 0.8, 4.4), want, 1e-13);
        }
    }

    #[test]
    fn slopes_are_those_of_the_value() {
        let at = [2.3, 1.7, 0.8, 3.4];
        let value = |at: [f64; 4]| orders_until_leaving::<false>(at[0], at[1], at[2], at[3]).value;
        let found = orders_until_leaving::<true>(at[0], at[1], at[2], at[3]);
        for i in 0..4 {
            let (mut low, mut high) = (at, at);
            low[i] -= 1e-5;
            high[i] += 1e-5;
            let want = (value(high) - value(low)) / 2e-5;
            assert!(
                (found.slopes[i] - want).abs() < 1e-8,
                "{i}: {} and not {want}",
                found.slopes[i]
            );
        }
    }
}
