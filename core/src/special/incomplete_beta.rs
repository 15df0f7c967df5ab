//! The regularised incomplete beta function, both sides of it and its slope at once.

use super::logit::LogitBeta;
use super::near_normal::NearNormal;

/// Up to these parameters the continued fraction is short; beyond, the density is integrated.
const SHORT: f64 = 3_000.0;

/// The same of the share of a + b at the point, whatever they are.
const FEW: f64 = 100.0;

/// More steps than a continued fraction that is short takes.
const MOST: u32 = 2_000;

/// A beta distribution of which several probabilities are wanted, in the terms of [`LogitBeta`].
#[derive(Clone, Copy, Debug)]
pub struct IncompleteBeta {
    beta: LogitBeta,
    /// The density at the mode, and its logarithm.
    peak: f64,
    ln_peak: f64,
    near: Option<NearNormal>,
}

/// What lies on both sides of a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sides {
    /// The probability of less.
    pub below: f64,
    /// The probability of more.
    pub above: f64,
    /// The density of the logarithm of odds.
    pub density: f64,
}

impl IncompleteBeta {
    /// The distribution with these positive parameters.
    pub fn new(a: f64, b: f64) -> IncompleteBeta {
        let beta = LogitBeta::new(a, b);
        let ln_peak = beta.ln_peak();
        IncompleteBeta {
            beta,
            peak: ln_peak.exp(),
            ln_peak,
            near: NearNormal::new(a, b),
        }
    }

    /// What lies on both sides of `u`, the logarithm of odds as seen from the mode ln(a / b): the lesser side to about 1e-12 of itself. The
    /// continued fraction of DLMF 8.17.22, in some 0.2 µs where parameters are below thousands; that of one near a normal distribution, from
    /// that one.
    pub fn sides(&self, u: f64) -> Sides {
        if let Some([below, above, density]) = self.near.and_then(|near| near.sides(&self.beta, self.peak, u)) {
            return Sides { below, above, density };
        }
        let ([a, b], [p, q]) = self.beta.at(u);
        let density = (self.ln_peak + self.beta.ln_fall(u)).exp();
        // Of both sides that on which the fraction is short.
        let is_left = p * (a + b + 2.0) < a + 1.0;
        let near = if is_left { p } else { q };
        let side = if a.max(b) > SHORT && near * (a + b) > FEW {
            let side = if is_left {
                self.beta.below(u)
            } else {
                LogitBeta::new(b, a).below(-u)
            };
            side.min(1.0)
        } else if is_left {
            (density / a * fraction(a, b, p)).min(1.0)
        } else {
            (density / b * fraction(b, a, q)).min(1.0)
        };
        let (below, above) = if is_left {
            (side, 1.0 - side)
        } else {
            (1.0 - side, side)
        };
        Sides { below, above, density }
    }
}

/// a B(a, b) p^−a (1 − p)^−b times what lies below p, where p is below (a + 1)/(a + b + 2): Lentz's method.
fn fraction(a: f64, b: f64, p: f64) -> f64 {
    let both = a + b;
    let mut d = 1.0 / (1.0 - both * p / (a + 1.0));
    let (mut c, mut value) = (1.0, d);
    for m in 1..MOST {
        let m = f64::from(m);
        let twice = a + 2.0 * m;
        let term = m * (b - m) * p / ((twice - 1.0) * twice);
        d = 1.0 / (1.0 + term * d);
        c = 1.0 + term / c;
        value *= d * c;
        let term = -(a + m) * (both + m) * p / (twice * (twice + 1.0));
        d = 1.0 / (1.0 + term * d);
        c = 1.0 + term / c;
        let change = d * c;
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

    /// Parameters, ln of the odds; both sides and the density with 40 digits of mpmath.
    const VALUES: &str = include_str!("../../tests/golden/incomplete_beta.txt");

    #[test]
    fn sides_are_those_of_forty_digits() {
        let mut checked = 0;
        for line in VALUES.lines() {
            let numbers: Vec<f64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
            let [a, b, t, below, above, density] = numbers[..] else {
                panic!("{line}")
            };
            let found = IncompleteBeta::new(a, b).sides(t - (a / b).ln());
            // ln of the odds itself has so many digits, and the far tails of great parameters fall like its exponential.
            let tolerance = 1e-12 + 4e-16 * (a + b).max(t.abs());
            for (found, want) in [(found.below, below), (found.above, above), (found.density, density)] {
                let near = (found - want).abs() <= tolerance * want + 2e-16;
                assert!(near, "{line}: {found} and not {want}");
            }
            checked += 1;
        }
        assert!(checked > 200, "{checked}");
    }
}
