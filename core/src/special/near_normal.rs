//! The beta distribution of great parameters, as a normal distribution and what it differs from one by.
//!
//! Seen from the mode as u, the density of the logarithm of odds falls like e^(−m ζ² / 2), where m = a b / (a + b) and ζ = u + … makes the fall
//! a square. So dI/dζ = c e^(−m ζ² / 2) du/dζ, and by parts (Temme 1982, *The uniform asymptotic expansion of a class of integrals related
//! to cumulative distribution functions*), with du/dζ = Σ g_j ζ^j:
//!
//! I = Φ(ζ √m) − (dI/du) / m · Σ_k C_k(ζ) / m^k, C_k(ζ) = Σ_j (j + 2)(j + 4)…(j + 2 k) g_(j + 2 k + 1) ζ^j.
//!
//! All series are of one variable, and depend on the mean of the distribution; they converge up to |ζ| = √(4π) at least, which is where
//! the density has its next saddle points, at ±2πi.

use super::logit::LogitBeta;

/// From this m on, that is a standard deviation of a quarter, the terms fall below 1e-13.
const LEAST: f64 = 16.0;

/// Up to this |ζ| so do the rest of the series.
const NEAR: f64 = 0.6;

/// Up to this |u| the fall is a short series.
const SHORT: f64 = 0.25;

/// How many g there are, and how many coefficients of the series of the fall.
const TERMS: usize = 18;
const FALLS: usize = 12;

/// A beta distribution that is near a normal one.
#[derive(Clone, Copy, Debug)]
pub(super) struct NearNormal {
    /// a b / (a + b), and 1 over that.
    m: f64,
    variance: f64,
    /// ζ² / u², by powers of u.
    fall: [f64; FALLS],
    /// Σ C_k / m^k, by powers of ζ.
    rest: [f64; TERMS - 1],
}

impl NearNormal {
    /// The distribution, if it is near enough.
    pub(super) fn new(a: f64, b: f64) -> Option<NearNormal> {
        let variance = 1.0 / a + 1.0 / b;
        let m = 1.0 / variance;
        if !(m >= LEAST && m.is_finite()) {
            return None;
        }
        let v = (a / (a + b)) * (b / (a + b));
        let skew = (b - a) / (a + b);
        Some(NearNormal {
            m,
            variance,
            fall: falls(v, skew),
            rest: rests(v, skew, variance),
        })
    }

    /// What lies below and above u, and the density there, if it is `peak` at the mode; nothing where that is far out.
    pub(super) fn sides(&self, beta: &LogitBeta, peak: f64, u: f64) -> Option<[f64; 3]> {
        let square = if u.abs() < SHORT {
            u * u * polynomial(&self.fall, u)
        } else {
            -2.0 * self.variance * beta.ln_fall(u)
        };
        if square > NEAR * NEAR {
            return None;
        }
        let zeta = square.sqrt().copysign(u);
        let fall = (-0.5 * self.m * square).exp();
        let density = peak * fall;
        let rest = density * self.variance * polynomial(&self.rest, zeta);
        let side = fall * tail_to_fall((self.m * square).sqrt());
        let (below, above) = if u < 0.0 {
            let below = (side - rest).max(0.0);
            (below, 1.0 - below)
        } else {
            let above = (side + rest).max(0.0);
            (1.0 - above, above)
        };
        Some([below, above, density])
    }
}

/// The coefficients of 2 K(u) / (v u²), K'(u) = v y, where y is how far the mean moves: y' = 1 + skew y − v y².
fn falls(v: f64, skew: f64) -> [f64; FALLS] {
    let mut y = [0.0; FALLS + 1];
    y[1] = 1.0;
    for j in 1..FALLS {
        let squares: f64 = (1..j).map(|i| y[i] * y[j - i]).sum();
        y[j + 1] = (skew * y[j] - v * squares) / (j + 1) as f64;
    }
    std::array::from_fn(|j| 2.0 * y[j + 1] / (j + 2) as f64)
}

/// The coefficients of Σ C_k / m^k.
///
/// With w = 1 / (du/dζ), v ζ w is how far the mean moves, whose derivative in u is as above: w d(ζ w)/dζ = 1 + skew ζ w − v ζ² w².
fn rests(v: f64, skew: f64, variance: f64) -> [f64; TERMS - 1] {
    let (mut w, mut squares, mut g) = ([0.0; TERMS], [0.0; TERMS], [0.0; TERMS]);
    (w[0], squares[0], g[0]) = (1.0, 1.0, 1.0);
    for j in 1..TERMS {
        let before = if j > 1 { v * squares[j - 2] } else { 0.0 };
        squares[j] = 2.0 * (skew * w[j - 1] - before) / (j + 2) as f64;
        let mixed: f64 = (1..j).map(|i| w[i] * w[j - i]).sum();
        w[j] = 0.5 * (squares[j] - mixed);
        g[j] = -(1..=j).map(|i| w[i] * g[j - i]).sum::<f64>();
    }
    std::array::from_fn(|j| {
        let (mut sum, mut factor, mut k) = (0.0, 1.0, 0);
        while j + 2 * k + 1 < TERMS {
            sum += factor * g[j + 2 * k + 1];
            k += 1;
            factor *= (j + 2 * k) as f64 * variance;
        }
        sum
    })
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// What lies above z ≥ 0 in a standard normal distribution, over e^(−z² / 2): Cody 1969, *Rational Chebyshev approximations for the error
/// function*.
fn tail_to_fall(z: f64) -> f64 {
    let x = z * std::f64::consts::FRAC_1_SQRT_2;
    let ratio = |top: &[f64], bottom: &[f64], x: f64| polynomial(top, x) / polynomial(bottom, x);
    if x <= 0.46875 {
        let erf = x * ratio(&ERF.0, &ERF.1, x * x);
        0.5 * (1.0 - erf) * (x * x).exp()
    } else if x <= 4.0 {
        0.5 * ratio(&MIDDLE.0, &MIDDLE.1, x)
    } else {
        let y = 1.0 / (x * x);
        0.5 * (0.564_189_583_547_756_3 - y * ratio(&FAR.0, &FAR.1, y)) / x
    }
}

/// By powers of x².
const ERF: ([f64; 5], [f64; 5]) = (
    [
        3.209_377_589_138_469_5e3,
        3.774_852_376_853_02e2,
        1.138_641_541_510_501_6e2,
        3.161_123_743_870_565_6,
        1.857_777_061_846_031_5e-1,
    ],
    [
        2.844_236_833_439_171e3,
        1.282_616_526_077_372_3e3,
        2.440_246_379_344_441_7e2,
        2.360_129_095_234_412_1e1,
        1.0,
    ],
);

/// By powers of x.
const MIDDLE: ([f64; 9], [f64; 9]) = (
    [
        1.230_339_354_797_997_2e3,
        2.051_078_377_826_071_5e3,
        1.712_047_612_634_070_6e3,
        8.819_522_212_417_69e2,
        2.986_351_381_974_001e2,
        6.611_919_063_714_163e1,
        8.883_149_794_388_376,
        5.641_884_969_886_701e-1,
        2.153_115_354_744_038_5e-8,
    ],
    [
        1.230_339_354_803_749_4e3,
        3.439_367_674_143_721_6e3,
        4.362_619_090_143_247e3,
        3.290_799_235_733_46e3,
        1.621_389_574_566_690_2e3,
        5.371_811_018_620_099e2,
        1.176_939_508_913_125e2,
        1.574_492_611_070_983_5e1,
        1.0,
    ],
);

/// By powers of 1 / x².
const FAR: ([f64; 6], [f64; 6]) = (
    [
        6.587_491_615_298_378e-4,
        1.608_378_514_874_228e-2,
        1.257_817_261_112_292_5e-1,
        3.603_448_999_498_044_4e-1,
        3.053_266_349_612_323_4e-1,
        1.631_538_713_730_209_8e-2,
    ],
    [
        2.335_204_976_268_691_8e-3,
        6.051_834_131_244_132e-2,
        5.279_051_029_514_285e-1,
        1.872_952_849_923_467_3,
        2.568_520_192_289_822,
        1.0,
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_those_of_the_error_function() {
        for step in 0..4_000 {
            let z = f64::from(step) * 0.005;
            let want = super::super::normal_probability(-z);
            let found = tail_to_fall(z) * (-0.5 * z * z).exp();
            assert!(
                (found / want - 1.0).abs() < 1e-15 * (3.0 + z * z),
                "{z}: {found} and not {want}"
            );
        }
    }

    #[test]
    fn sides_are_integrals_of_the_density() {
        /// What is integrated has six cumulants only where u is small, so that it is good to that.
        const INTEGRAL: f64 = 3e-11;
        let mut near_enough = 0;
        for a in [16.5, 30.0, 200.0, 3e3, 1e5, 1e6, 1e9, 1e13] {
            for b in [17.0, 45.0, 1e3, 2e5, 1e8] {
                let beta = LogitBeta::new(a, b);
                let near = NearNormal::new(a, b);
                assert_eq!(near.is_some(), 1.0 / a + 1.0 / b <= 1.0 / LEAST);
                let peak = beta.ln_peak().exp();
                let spread = f64::sqrt(1.0 / a + 1.0 / b);
                for step in -32..=32 {
                    let u = f64::from(step) * 0.23 * spread;
                    let Some([below, above, density]) = near.and_then(|near| near.sides(&beta, peak, u)) else {
                        continue;
                    };
                    near_enough += 1;
                    let want = [beta.below(u), LogitBeta::new(b, a).below(-u), beta.density(u)];
                    for (found, want) in [below, above, density].into_iter().zip(want) {
                        assert!(
                            (found - want).abs() <= INTEGRAL * want,
                            "{a}, {b}, {u}: {found} and not {want}"
                        );
                    }
                }
            }
        }
        assert!(near_enough > 1_500, "{near_enough}");
    }
}
