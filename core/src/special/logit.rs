//! The beta distribution as one of the logarithm of odds, where it is smooth and log-concave whatever its parameters: with
//! t = ln(p / (1 − p)) its density is p^a (1 − p)^b / B(a, b), which falls like e^(a t) to the left and like e^(−b t) to the right, and is about
//! normal in between. Its nearest singularities are at ±πi.
//!
//! Everything here is seen from the mode t₀ = ln(a / b), as u = t − t₀: large parameters lose no digits. No loop takes more than some
//! thousand steps.

use super::quadrature::rule_of_16;
use super::{ln_gamma, stirling};

/// Beyond this share of a sum there is nothing.
const NEGLIGIBLE: f64 = 1e-17;

/// Beyond so many units of t a tail is exponential to the last digit.
const FAR: f64 = 40.0;

/// The widest step: with singularities of what is summed at ±πi/2 or further, trapezoids are exact to e^(−π² / step).
const STEP: f64 = 0.25;

/// The widest step in standard deviations, for the same exactness.
const SHARE: f64 = 0.6;

/// More steps than any sum or integral takes.
const MOST: usize = 4_000;

/// A beta distribution.
#[derive(Clone, Copy, Debug)]
pub struct LogitBeta {
    a: f64,
    b: f64,
    /// The mean, and 1 less that.
    p: f64,
    q: f64,
}

impl LogitBeta {
    /// The distribution with these positive parameters.
    pub fn new(a: f64, b: f64) -> LogitBeta {
        LogitBeta {
            a,
            b,
            p: a / (a + b),
            q: b / (a + b),
        }
    }

    /// About one standard deviation of t.
    fn spread(&self) -> f64 {
        (1.0 / self.a + 1.0 / self.b).sqrt()
    }

    /// The parameters, and p at u with what is left of 1.
    pub(super) fn at(&self, u: f64) -> ([f64; 2], [f64; 2]) {
        let q = 1.0 / (1.0 + self.a / self.b * u.exp());
        ([self.a, self.b], [self.p_at(u), q])
    }

    /// The logarithm of the density at u, less that at the mode: −(a + b) times what the cumulant generating function of a Bernoulli
    /// variable is above its tangent.
    pub(super) fn ln_fall(&self, u: f64) -> f64 {
        // Of p and q the lesser, so that nothing cancels.
        let (p, q, u) = if self.p <= self.q {
            (self.p, self.q, u)
        } else {
            (self.q, self.p, -u)
        };
        let above = if u.abs() < 0.02 {
            // Cumulants from the second to the sixth.
            let (v, skew) = (p * q, q - p);
            let sixth = v * (1.0 - 30.0 * v + 120.0 * v * v) / 720.0;
            let fifth = v * skew * (1.0 - 12.0 * v) / 120.0;
            let fourth = v * (1.0 - 6.0 * v) / 24.0;
            u * u * (0.5 * v + u * (v * skew / 6.0 + u * (fourth + u * (fifth + u * sixth))))
        } else {
            (p * u.exp_m1()).ln_1p() - p * u
        };
        -(self.a + self.b) * above
    }

    /// The logarithm of the density at the mode: Stirling's formula, whose leading terms cancel.
    pub(super) fn ln_peak(&self) -> f64 {
        let rest = rest_of_stirling(self.a + self.b) - rest_of_stirling(self.a) - rest_of_stirling(self.b);
        0.5 * (self.a * self.q / (2.0 * std::f64::consts::PI)).ln() + rest
    }

    /// The density of t at u.
    pub fn density(&self, u: f64) -> f64 {
        (self.ln_peak() + self.ln_fall(u)).exp()
    }

    /// p at u.
    fn p_at(&self, u: f64) -> f64 {
        1.0 / (1.0 + self.b / self.a * (-u).exp())
    }

    /// The expectations of `K` functions of p at once, and of the first times ln p and ln(1 − p). The functions are not negative; the first does not
    /// rise with p, and is `at_zero` where p is 0; all are constant, and not 0, where p is less than e^(−`reach`) or next to 1.
    ///
    /// Trapezoids over all of t: tails that are exponential are geometric series.
    pub fn means<const K: usize>(&self, at_zero: f64, reach: f64, f: impl Fn(f64) -> [f64; K]) -> ([f64; K], [f64; 2]) {
        let mode = self.a.ln() - self.b.ln();
        let left = -FAR - reach.max(self.b.ln()).max(0.0);
        let right = FAR + self.a.ln().max(0.0);
        let start = mode.clamp(left, right) - mode;
        let step = STEP.min(SHARE * self.spread());
        let mut sums = [0.0; K];
        let mut by_logs = [0.0; 2];
        let mut add = |u: f64| {
            let ratio = self.b / self.a * (-u).exp();
            let (weight, values) = (self.ln_fall(u).exp(), f(1.0 / (1.0 + ratio)));
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += weight * value;
            }
            by_logs[0] -= weight * values[0] * ratio.ln_1p();
            by_logs[1] -= weight * values[0] * ratio.recip().ln_1p();
            (weight, values, sums[0])
        };
        let (weight, _, _) = add(start);
        let mut all = weight;
        let mut tails = [(0.0, [0.0; K], 0.0); 2];
        for (tail, direction, end, fall) in [(0, -1.0, left, self.a), (1, 1.0, right, self.b)] {
            let mut before = weight;
            // Where it never ends, nothing is known.
            let mut rest = f64::NAN;
            for k in 1..=MOST {
                let u = start + direction * step * k as f64;
                let (weight, values, sum) = add(u);
                all += weight;
                if direction * (mode + u) >= direction * end {
                    // What is left is Σ rᵏ of a constant, and Σ k rᵏ of what a logarithm changes with each step.
                    let gap = -(-fall * step).exp_m1();
                    rest = weight * (1.0 - gap) / gap;
                    tails[tail] = (rest, values, -((mode + u).abs() + step / gap));
                    break;
                }
                let ratio = weight / before;
                let left_over = weight * ratio / (1.0 - ratio);
                let most = if direction > 0.0 { values[0] } else { at_zero };
                let none = ratio < 1.0 && left_over <= NEGLIGIBLE * all && left_over * most <= NEGLIGIBLE * sum;
                if none || weight == 0.0 {
                    rest = 0.0;
                    break;
                }
                before = weight;
            }
            all += rest;
        }
        for (at, (rest, values, ln)) in tails.into_iter().enumerate() {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += rest * value;
            }
            if rest > 0.0 {
                by_logs[at] += rest * values[0] * ln;
            }
        }
        (sums.map(|sum| sum / all), by_logs.map(|sum| sum / all))
    }

    /// The probability that u is at most `to`.
    pub fn below(&self, to: f64) -> f64 {
        self.mean_below(to, |_| Log::default()).min(1.0)
    }

    /// The expectation of e^`extra` over u up to `to`; `extra` is concave, and no less smooth than the density.
    pub fn mean_below(&self, to: f64, extra: impl Fn(f64) -> Log) -> f64 {
        let at = |u: f64| {
            let extra = extra(u);
            let (_, [p, q]) = self.at(u);
            Log {
                value: self.ln_fall(u) + extra.value,
                slope: self.a * q - self.b * p + extra.slope,
                curvature: extra.curvature - (self.a + self.b) * p * q,
            }
        };
        let top = top_below(to, self.spread().min(1.0), at);
        let highest = at(top).value;
        let mut sum = 0.0;
        for direction in [1.0, -1.0] {
            let mut u = top;
            for k in 0..=MOST {
                let here = at(u);
                let steepness = here.slope.abs();
                if here.value < highest - FAR - 2.0 || direction > 0.0 && u >= to {
                    break;
                }
                if k == MOST {
                    sum = f64::NAN;
                }
                let mut width = 3.0_f64.min(3.0 / here.curvature.abs().sqrt()).min(6.0 / steepness);
                if direction > 0.0 {
                    width = width.min(to - u);
                }
                let part = rule_of_16()
                    .iter()
                    .map(|&(x, weight)| weight * (at(u + direction * x * width).value - highest).exp());
                sum += width * part.sum::<f64>();
                if u + direction * width == u {
                    break;
                }
                u += direction * width;
            }
        }
        (self.ln_peak() + highest).exp() * sum
    }
}

/// The logarithm of a function, with its first and second derivatives.
#[derive(Clone, Copy, Debug, Default)]
pub struct Log {
    /// The logarithm.
    pub value: f64,
    /// Its derivative.
    pub slope: f64,
    /// The derivative of that, not positive.
    pub curvature: f64,
}

/// Where a concave function is highest up to `to`, within a hundredth of `scale`.
fn top_below(to: f64, scale: f64, at: impl Fn(f64) -> Log) -> f64 {
    if at(to).slope >= 0.0 {
        return to;
    }
    let (mut low, mut high, mut back) = (to - scale, to, scale);
    for _ in 0..200 {
        if at(low).slope >= 0.0 {
            break;
        }
        high = low;
        back *= 2.0;
        low -= back;
    }
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if high - low < 0.01 * scale || middle <= low || middle >= high {
            break;
        }
        if at(middle).slope >= 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// ln Γ(x) less the leading terms of Stirling's formula.
fn rest_of_stirling(x: f64) -> f64 {
    const LN_2_PI: f64 = 1.837_877_066_409_345_3;
    if x >= super::LARGE {
        stirling(x)
    } else {
        ln_gamma(x) - ((x - 0.5) * x.ln() - x + 0.5 * LN_2_PI)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::special::digamma;

    fn close(found: f64, want: f64, tolerance: f64, what: &str) {
        assert!(
            (found - want).abs() <= tolerance * want.abs(),
            "{what}: {found} and not {want}"
        );
    }

    #[test]
    fn expectations_that_have_closed_forms() {
        for a in [1e-30, 1e-3, 0.7, 20.0, 1e4, 1e12, 1e30] {
            for b in [1e-30, 1e-3, 1.0, 33.0, 1e7, 1e30] {
                let beta = LogitBeta::new(a, b);
                let what = format!("{a}, {b}");
                let ([one, rest, square], [ln_p, ln_q]) =
                    beta.means(1.0, 0.0, |p| [1.0, 2.0 - p, (2.0 - p) * (2.0 - p)]);
                close(one, 1.0, 1e-13, &what);
                let q = b / (a + b);
                close(rest, 1.0 + q, 1e-11, &what);
                close(square, 1.0 + 2.0 * q + q * ((b + 1.0) / (a + b + 1.0)), 1e-11, &what);
                for (found, want) in [(ln_p, digamma(a) - digamma(a + b)), (ln_q, digamma(b) - digamma(a + b))] {
                    assert!(
                        (found - want).abs() <= 1e-9 * want.abs() + 1e-13,
                        "{what}: {found} and not {want}"
                    );
                }
            }
        }
    }

    #[test]
    fn probabilities_below() {
        // With a = 1 it is 1 - (1 - p)^b.
        for b in [1e-30, 0.5, 3.0, 1e6, 1e30] {
            for t in [-80.0, -20.0, -1.0, 0.0, 2.0, 30.0, 100.0] {
                let u = t + f64::ln(b);
                let want = -(-b * f64::exp(t).ln_1p()).exp_m1();
                close(LogitBeta::new(1.0, b).below(u), want, 1e-11, &format!("{b}, {t}"));
            }
        }
        for n in [2.0, 100.0, 1e6, 1e15] {
            close(
                LogitBeta::new(n, n).below(0.0),
                0.5,
                1e-11,
                &format!("the middle of {n}"),
            );
        }
    }
}
