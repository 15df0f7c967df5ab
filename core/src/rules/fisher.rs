//! Fisher's exact test on one side: how likely a rule's items are together as often as they are, if they had nothing to do with each other.

use crate::special::{ln_gamma, stirling};

/// The logarithm of P(X ≥ n_ab), where X is how many of the `n_a` baskets of the antecedent are among the `n_b` of the consequent if these are
/// any `n_b` of `n` (hypergeometric).
///
/// The first term of the sum is taken by Loader (2000, "Fast and accurate computation of binomial probabilities"), which loses no digits
/// however large the numbers; the other terms follow by their ratios until they no longer count. Takes at most some standard deviations' worth
/// of steps.
pub fn ln_p_value(n_ab: u64, n_a: u64, n_b: u64, n: u64) -> f64 {
    let least = (n_a + n_b).saturating_sub(n);
    if n_ab <= least {
        return 0.0;
    }
    // How much more likely x + 1 is than x.
    let [a, b, rest] = [n_a as f64, n_b as f64, n as f64 - n_a as f64 - n_b as f64];
    let ratio = |x: f64| (a - x) / (x + 1.0) * ((b - x) / (rest + x + 1.0));
    let x = n_ab as f64;
    if ratio(x - 1.0) <= 1.0 {
        let (mut term, mut sum, mut at) = (1.0, 1.0, x);
        while term > f64::EPSILON * 1e-3 * sum {
            term *= ratio(at);
            sum += term;
            at += 1.0;
        }
        return (ln_probability(n_ab, n_a, n_b, n) + f64::ln(sum)).min(0.0);
    }
    // Below the most likely number: what is missing is the smaller part.
    let (mut term, mut sum, mut at) = (1.0, 1.0, x - 1.0);
    while term > f64::EPSILON * 1e-3 * sum && at > least as f64 {
        at -= 1.0;
        term /= ratio(at);
        sum += term;
    }
    let below = (ln_probability(n_ab - 1, n_a, n_b, n) + f64::ln(sum)).exp();
    (-below.min(1.0)).ln_1p()
}

/// ln P(X = x): two binomial probabilities over a third, all with p = n_b / n.
fn ln_probability(x: u64, n_a: u64, n_b: u64, n: u64) -> f64 {
    ln_binomial(x, n_a, n_b, n) + ln_binomial(n_b - x, n - n_a, n_b, n) - ln_binomial(n_b, n, n_b, n)
}

/// The logarithm of the binomial probability of x of `size` with p = part / whole.
fn ln_binomial(x: u64, size: u64, part: u64, whole: u64) -> f64 {
    let (p, q) = (part as f64 / whole as f64, (whole - part) as f64 / whole as f64);
    let s = size as f64;
    if x == 0 {
        return if size == 0 { 0.0 } else { s * (-p).ln_1p() };
    }
    if x == size {
        return s * (-q).ln_1p();
    }
    let (k, l) = (x as f64, (size - x) as f64);
    factorial_rest(s) - factorial_rest(k) - factorial_rest(l) - deviance(k, s * p) - deviance(l, s * q)
        + 0.5 * (s / (2.0 * std::f64::consts::PI * k * l)).ln()
}

/// ln x! − ((x + ½) ln x − x + ½ ln 2π), for x ≥ 1.
fn factorial_rest(x: f64) -> f64 {
    if x >= 16.0 {
        stirling(x)
    } else {
        let half_ln_two_pi = 0.5 * (2.0 * std::f64::consts::PI).ln();
        ln_gamma(x + 1.0) - ((x + 0.5) * x.ln() - x + half_ln_two_pi)
    }
}

/// x ln(x / m) + m − x, which is small where x is near m.
fn deviance(x: f64, m: f64) -> f64 {
    let difference = x - m;
    if difference.abs() < 0.1 * (x + m) {
        // (1 + v) / (1 - v) is x / m; the logarithm is a series in v, of which the first term meets m - x.
        let v = difference / (x + m);
        let mut sum = difference * v;
        let mut power = 2.0 * x * v;
        for j in 1..1_000 {
            power *= v * v;
            let next = sum + power / f64::from(2 * j + 1);
            if next == sum {
                break;
            }
            sum = next;
        }
        return sum;
    }
    x * (x / m).ln() - difference
}
