//! Integrals by Gauss and Legendre's rule.

use std::f64::consts::PI;
use std::sync::LazyLock;

/// Nodes and weights of a Gauss-Legendre rule on (0, 1).
pub type Rule = [(f64, f64)];

/// The numbers of nodes there are rules for.
const ORDERS: [usize; 4] = [8, 16, 24, 32];

static RULES: LazyLock<[Box<Rule>; 4]> = LazyLock::new(|| ORDERS.map(gauss_legendre));

/// The rule that gives an integral over (0, 1) to about 1e-13, if its integrand falls like `exp(-fall x)` and its nearest
/// singularity is that of the logarithm of a range of `e^span`: fall up to 45, span up to 8.
pub fn rule_for(fall: f64, span: f64) -> &'static Rule {
    let at = match (fall, span) {
        (fall, span) if fall <= 4.0 && span <= 0.7 => 0,
        (fall, span) if fall <= 16.0 && span <= 2.5 => 1,
        (fall, span) if fall <= 32.0 && span <= 5.0 => 2,
        _ => 3,
    };
    &RULES[at]
}

/// The rule of 16 nodes: exact for polynomials of degree 31.
pub fn rule_of_16() -> &'static Rule {
    &RULES[1]
}

/// The rule of 8 nodes: exact for polynomials of degree 15.
pub fn rule_of_8() -> &'static [(f64, f64); 8] {
    RULES[0].first_chunk().expect("there are 8 nodes")
}

/// Zeros of the Legendre polynomial by Newton's method (Abramowitz & Stegun 25.4.29).
fn gauss_legendre(n: usize) -> Box<Rule> {
    let legendre = |x: f64| {
        let (mut before, mut value) = (1.0, x);
        for k in 2..=n {
            let k = k as f64;
            (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
        }
        (value, n as f64 * (x * value - before) / (x * x - 1.0))
    };
    (0..n)
        .map(|i| {
            let mut x = -(PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
            for _ in 0..8 {
                let (value, slope) = legendre(x);
                x -= value / slope;
            }
            let slope = legendre(x).1;
            (0.5 * (x + 1.0), 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

/// ln ∫ from `from` to `to` of ((α + from)/(α + u))^p ((β + from)/(β + u))^q du, where 0 ≤ from ≤ to; −∞ where they are equal.
pub fn ln_power_integral(alpha: f64, p: f64, beta: f64, q: f64, from: f64, to: f64) -> f64 {
    let mut sum = 0.0;
    power_integral(alpha, p, beta, q, from, to, |part| sum += part.weight);
    sum.ln()
}

/// One node of an integral of powers.
#[derive(Clone, Copy, Debug)]
pub struct PowerNode {
    /// Its share of the integral.
    pub weight: f64,
    /// u − from.
    pub offset: f64,
    /// ln((α + u)/(α + from)).
    pub ln_alpha: f64,
    /// ln((β + u)/(β + from)).
    pub ln_beta: f64,
}

/// Hands on the nodes whose weights add up to the integral of [`ln_power_integral`].
///
/// In y = ln((m + u)/(m + from)), m the lesser of α and β, the integrand falls no slower the further it goes: the rest is cut off where
/// it is below the last digit, and the nodes are as many as its fall and the range need.
#[inline]
pub fn power_integral(alpha: f64, p: f64, beta: f64, q: f64, from: f64, to: f64, mut visit: impl FnMut(PowerNode)) {
    /// e^-45 is nothing beside 1.
    const NOTHING: f64 = 45.0;
    /// The longest range of y for one rule.
    const PANEL: f64 = 6.0;
    /// From this fall over a panel on, it is looked closer where nothing is left.
    const STEEP: f64 = 90.0;
    if to <= from {
        return;
    }
    let (start_alpha, start_beta) = (alpha + from, beta + from);
    let least = start_alpha.min(start_beta);
    let fall = least * (p / start_alpha + q / start_beta) - 1.0;
    // Finite, so that there are few panels whatever the parameters.
    let mut range = ((to - from) / least).min(f64::MAX).ln_1p();
    if fall * range > NOTHING {
        range = NOTHING / fall;
    }
    let mut panels = (range / PANEL).ceil().max(1.0);
    if (p + q - 1.0).abs() * range > STEEP * panels {
        range = end_of_fall(range, |y| {
            let offset = least * y.exp_m1();
            let ln = |start: f64| if start == least { y } else { (offset / start).ln_1p() };
            let fall = p * ln(start_alpha) + q * ln(start_beta) - y - NOTHING;
            let slope = (least + offset) * (p / (start_alpha + offset) + q / (start_beta + offset)) - 1.0;
            (fall, slope)
        });
        panels = (range / PANEL).ceil().max(1.0);
    }
    let width = range / panels;
    let steepest = (p + q - 1.0).abs() * width;
    let rule = rule_for(steepest, width);
    // Few, whatever the parameters: the range is a logarithm.
    for panel in 0..panels as u64 {
        let start = panel as f64 * width;
        for &(x, weight) in rule {
            let y = start + x * width;
            let offset = least * y.exp_m1();
            let ln_alpha = if alpha <= beta {
                y
            } else {
                (offset / start_alpha).ln_1p()
            };
            let ln_beta = if beta <= alpha {
                y
            } else {
                (offset / start_beta).ln_1p()
            };
            let value = (y - p * ln_alpha - q * ln_beta).exp();
            visit(PowerNode {
                weight: weight * width * least * value,
                offset,
                ln_alpha,
                ln_beta,
            });
        }
    }
}

/// Where a convex function that is above 0 at `y` begins to be so; `y` where it is not. Newton's steps from the right never pass it.
fn end_of_fall(mut y: f64, of: impl Fn(f64) -> (f64, f64)) -> f64 {
    for _ in 0..400 {
        let (value, slope) = of(y);
        let step = value / slope;
        if !(value > 0.0 && slope > 0.0 && step > 1e-3 * y) {
            break;
        }
        y -= step;
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, want: f64, tolerance: f64) {
        assert!((found / want - 1.0).abs() < tolerance, "{found} and not {want}");
    }

    #[test]
    fn rules_integrate_polynomials() {
        for order in ORDERS {
            let rule = gauss_legendre(order);
            for degree in [0, 1, 7, 15, 2 * order as i32 - 1] {
                let found: f64 = rule.iter().map(|&(x, weight)| weight * x.powi(degree)).sum();
                close(found, 1.0 / f64::from(degree + 1), 1e-13);
            }
        }
    }

    #[test]
    fn integrals_of_powers() {
        // With equal offsets there is a closed form.
        for (alpha, p, q, from, to) in [
            (1.0, 0.5, 1.5, 0.0, 1.0),
            (10.0, 3.0, 1.6, 2.0, 39.0),
            (1e-3, 0.2, 1.1, 0.0, 1e4),
            (5.0, 1e5, 2.0, 30.0, 31.0),
            (5.0, 40.0, 2.0, 0.0, 400.0),
            (4.0, 2.0, 3.0, 7.0, 7.0 + 1e-9),
        ] {
            let n: f64 = p + q - 1.0;
            let want = (alpha + from) / n * -(-n * ((to - from) / (alpha + from)).ln_1p()).exp_m1();
            close(ln_power_integral(alpha, p, alpha, q, from, to).exp(), want, 1e-12);
        }
        assert_eq!(ln_power_integral(1.0, 1.0, 1.0, 1.0, 2.0, 2.0), f64::NEG_INFINITY);
    }
}
