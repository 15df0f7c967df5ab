//! Special functions of the models.
//!
//! Logarithms of the gamma function and the error function come from `libm`; what is missing there is here.

pub mod elementary;
pub mod hypergeometric;
pub mod incomplete_beta;
pub mod incomplete_gamma;
pub mod logit;
mod near_normal;
pub mod quadrature;
pub mod renewal;

pub use incomplete_gamma::chi_square_above;

/// ln Γ(x) for x > 0.
#[inline]
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// ln Γ(x + n) − ln Γ(x) for x > 0 and n ≥ 0, without losing the digits that both have in common.
pub fn ln_gamma_ratio(x: f64, n: f64) -> f64 {
    if n == 0.0 {
        return 0.0;
    }
    if x < LARGE {
        return ln_gamma(x + n) - ln_gamma(x);
    }
    // Stirling's series, its leading terms put together.
    let ratio = (n / x).ln_1p();
    (x - 0.5) * ratio + n * ((x + n).ln() - 1.0) + stirling(x + n) - stirling(x)
}

/// ln B(a, b + n) − ln B(a, b) for positive a and b and n ≥ 0, without losing the digits that both have in common.
pub fn ln_beta_ratio(a: f64, mut b: f64, n: f64) -> f64 {
    // Γ(b + n) Γ(b + a) / (Γ(b) Γ(b + a + n)), in which a and n play the same part.
    let share = |b: f64| n / b * (a / (b + a + n));
    let mut below = 0.0;
    while b < LARGE {
        below -= share(b).ln_1p();
        b += 1.0;
    }
    // Stirling's series, its leading terms put together so that what the four have in common is gone.
    (b - 0.5) * share(b).ln_1p() - n * (a / (b + n)).ln_1p() - a * (n / (b + a)).ln_1p() + stirling(b + n) - stirling(b)
        + stirling(b + a)
        - stirling(b + a + n)
        + below
}

/// Where Stirling's series is exact to the last digit.
const LARGE: f64 = 16.0;

/// ln Γ(x) − ((x − ½) ln x − x + ½ ln 2π) (DLMF 5.11.1).
pub(crate) fn stirling(x: f64) -> f64 {
    let y = 1.0 / (x * x);
    let terms = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
    ];
    polynomial(&terms, y) / x
}

/// ψ(x), the derivative of ln Γ(x), for x > 0 (DLMF 5.5.2, 5.11.2).
pub fn digamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < LARGE {
        below += 1.0 / x;
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    let terms = [
        1.0 / 12.0,
        -1.0 / 120.0,
        1.0 / 252.0,
        -1.0 / 240.0,
        1.0 / 132.0,
        -691.0 / 32_760.0,
        1.0 / 12.0,
    ];
    x.ln() - 0.5 / x - y * polynomial(&terms, y) - below
}

/// ψ′(x), the second derivative of ln Γ(x), for x > 0 (DLMF 5.15.5, 5.15.8).
pub fn trigamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < LARGE {
        below += 1.0 / (x * x);
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    let terms = [
        1.0 / 6.0,
        -1.0 / 30.0,
        1.0 / 42.0,
        -1.0 / 30.0,
        5.0 / 66.0,
        -691.0 / 2_730.0,
        7.0 / 6.0,
    ];
    1.0 / x + 0.5 * y + y / x * polynomial(&terms, y) + below
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// ln(1 + eˣ), for any x.
#[inline]
pub fn ln_1p_exp(x: f64) -> f64 {
    if x > 0.0 {
        x + (-x).exp().ln_1p()
    } else {
        x.exp().ln_1p()
    }
}

/// 1 / (1 + e⁻ˣ), for any x.
#[inline]
pub fn logistic(x: f64) -> f64 {
    if x > 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// (1 − e^(−s y)) / s for y ≥ 0 and any s; y where s is 0.
#[inline]
pub fn one_minus_exp_over(s: f64, y: f64) -> f64 {
    let product = s * y;
    if product.abs() < 1e-8 {
        // The next term of the series is below the last digit.
        y * (1.0 - 0.5 * product)
    } else {
        -(-product).exp_m1() / s
    }
}

/// The derivative of [`one_minus_exp_over`] with respect to s, to some 1e-8.
pub fn one_minus_exp_over_slope(s: f64, y: f64) -> f64 {
    let product = s * y;
    if product.abs() < 1e-4 {
        y * y * (product / 3.0 - 0.5)
    } else {
        (y * (-product).exp() - one_minus_exp_over(s, y)) / s
    }
}

/// The probability that a standard normal variable is below x.
pub fn normal_probability(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The standard normal quantile: the x below which a share p of (0, 1) lies.
pub fn normal_quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    // Abramowitz & Stegun 26.2.23, good to 5e-4, and Newton's steps in ln p.
    let t = (-2.0 * p.ln()).sqrt();
    let mut x =
        (2.515_517 + t * (0.802_853 + t * 0.010_328)) / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308))) - t;
    for _ in 0..3 {
        let below = normal_probability(x);
        let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        x -= (below.ln() - p.ln()) * below / density;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, want: f64) {
        assert!(
            (found - want).abs() <= 4e-15 * want.abs().max(1e-300),
            "{found} and not {want}"
        );
    }

    #[test]
    fn derivatives_of_the_gamma_function() {
        // Values of mpmath.
        close(digamma(1.0), -0.577_215_664_901_532_9);
        close(digamma(0.001), -1_000.575_571_931_810_3);
        close(digamma(15.5), 2.708_235_242_590_365_4);
        close(digamma(1e6), 13.815_510_057_964_19);
        close(trigamma(1.0), 1.644_934_066_848_226_4);
        close(trigamma(0.001), 1_000_001.642_533_195_8);
        close(trigamma(15.5), 0.066_642_013_583_275_97);
        close(trigamma(1e6), 1.000_000_500_000_166_7e-6);
    }

    #[test]
    fn ratios_of_gamma_functions_keep_their_digits() {
        // Γ(x + 1) = x Γ(x).
        for x in [0.01, 1.0, 15.9, 16.0, 1e3, 1e6, 1e9] {
            let (found, want) = (ln_gamma_ratio(x, 1.0), f64::ln(x));
            assert!(
                (found - want).abs() < 1e-14 * want.abs().max(1.0),
                "{x}: {found} and not {want}"
            );
        }
    }

    #[test]
    fn ratios_of_beta_functions_keep_their_digits() {
        // B(a, b + n) / B(a, b) is the product of (b + k) / (a + b + k).
        for (a, b) in [
            (0.7, 3.8),
            (1e-6, 1e-6),
            (1e-6, 1e6),
            (1e6, 1e-6),
            (1e6, 1e6),
            (25.0, 1e9),
            (1e-300, 1.0),
            (1.0, 1e-300),
        ] {
            let mut want = 0.0;
            for n in 0..2_000 {
                let found = ln_beta_ratio(a, b, f64::from(n));
                assert!(
                    (found - want).abs() <= 1e-12 * want.abs() + 1e-18,
                    "{a}, {b}, {n}: {found} and not {want}"
                );
                want -= (a / (b + f64::from(n))).ln_1p();
            }
        }
        // For large n it approaches -a ln n + ln Γ(a + b) - ln Γ(b).
        let (found, n) = (ln_beta_ratio(0.5, 2.5, 1e300), 1e300f64);
        let want = ln_gamma(3.0) - ln_gamma(2.5) - 0.5 * n.ln();
        assert!((found / want - 1.0).abs() < 1e-13, "{found} and not {want}");
    }

    #[test]
    fn quantiles_invert_probabilities() {
        for p in [1e-300, 1e-12, 0.025, 0.3, 0.5, 0.9, 0.995] {
            let found = normal_probability(normal_quantile(p));
            assert!((found / p - 1.0).abs() < 1e-15 * (4.0 - p.ln()), "{found} and not {p}");
        }
        assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-14);
    }

    #[test]
    fn exponentials_near_zero() {
        for s in [0.0, 1e-12, -1e-9, 1e-3] {
            let want = 2.0 * (1.0 - s + 2.0 * s * s / 3.0 - s * s * s / 3.0);
            assert!((one_minus_exp_over(s, 2.0) - want).abs() < 1e-12);
        }
        assert_eq!(ln_1p_exp(800.0), 800.0);
        assert_eq!(ln_1p_exp(-800.0), 0.0);
        assert_eq!(logistic(-800.0) + logistic(800.0), 1.0);
    }
}
