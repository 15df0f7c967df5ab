//! BG/NBD and MBG/NBD: leaving after an order.

use super::{Customer, Future, MOST, ln_orders};
use crate::purchases::Family;
use crate::special::hypergeometric::{Expected, or_more_to_exactly, orders_until_leaving, orders_until_leaving_mixed};
use crate::special::ln_beta_ratio;
use crate::special::logit::LogitBeta;

/// What one who is there will do.
#[derive(Clone, Copy, Debug)]
pub(super) struct BetaGeometric {
    /// The distribution of the rate of orders: shape, and rate parameter in units of time.
    shape: f64,
    rate: f64,
    /// The distribution of the probability of leaving after each order.
    a: f64,
    b: f64,
    /// How many orders the customer stayed after.
    stays: f64,
}

impl BetaGeometric {
    /// The logarithm of the odds of having left, and what comes if not.
    pub(super) fn of(family: Family, parameters: &[f64; 4], customer: &Customer) -> (f64, BetaGeometric) {
        let [r, alpha, a, b] = *parameters;
        let x = customer.frequency;
        let shape = r + x;
        let stays = x + family.first();
        let (ln_odds, b) = if family == Family::Bg && x == 0.0 {
            (f64::NEG_INFINITY, b)
        } else {
            let quiet = shape * ((customer.age - customer.recency) / (alpha + customer.recency)).ln_1p();
            // In this order, a small b counts.
            let rest = b + (stays - 1.0);
            (a.ln() - rest.ln() + quiet, rest + 1.0)
        };
        let rate = alpha + customer.age;
        let there = BetaGeometric {
            shape,
            rate,
            a,
            b,
            stays,
        };
        (ln_odds, there)
    }
}

/// Where negative binomial probabilities with this shape begin to be something, from 1 on, and the first of them, where `z` is the time in
/// units of the rate parameter and `w` is z / (1 + z); nothing where that is beyond what is told one by one.
pub(super) fn begin(shape: f64, z: f64, w: f64) -> Option<(usize, f64)> {
    /// What is less than that share of the most likely number is nothing.
    const NOTHING: f64 = 1e-20;
    let ln_none = -shape * z.ln_1p();
    if ln_none > -600.0 {
        return Some((1, ln_none.exp() * shape * w));
    }
    let top = ((shape - 1.0) * z).floor().max(1.0);
    if top > MOST as f64 {
        return None;
    }
    let highest = LogitBeta::new(top, shape).density((z * (shape / top)).ln()) / top;
    let (mut n, mut p) = (top, highest);
    while n > 1.0 && p > NOTHING * highest {
        p *= n / ((shape + n - 1.0) * w);
        n -= 1.0;
    }
    Some((n as usize, p))
}

impl Future for BetaGeometric {
    fn expected(&self, horizon: f64) -> f64 {
        orders_until_leaving::<false>(self.shape, horizon / self.rate, self.a, self.b).value
    }

    fn expected_mixed(&self, nodes: &[(f64, f64); 8]) -> f64 {
        let nodes = nodes.map(|(t, weight)| (t / self.rate, weight));
        orders_until_leaving_mixed(self.shape, &nodes, self.a, self.b)
    }

    fn pace(&self) -> (f64, f64) {
        (self.rate, self.shape * self.a / (self.a + self.b))
    }

    fn silent(&self, horizon: f64) -> f64 {
        (-self.shape * (horizon / self.rate).ln_1p()).exp()
    }

    /// The chance to stay through n orders times that of n, and the chance to leave at order n times that of n or more.
    fn exactly(&self, n: f64, horizon: f64) -> f64 {
        let BetaGeometric { shape, rate, a, b, .. } = *self;
        // The share of the rate parameter and the time is beta distributed (n, shape) when the order number n comes.
        let beta = LogitBeta::new(n, shape);
        let end = (horizon / rate * (shape / n)).ln();
        let exactly = beta.density(end) / n;
        let stay = ln_beta_ratio(a, b, n).exp();
        let leave = a / (a + b) * ln_beta_ratio(a + 1.0, b, n - 1.0).exp();
        // Where next to nothing is left of exactly n, a share of it says nothing.
        let or_more = Some(exactly)
            .filter(|&exactly| exactly > 1e-280)
            .and_then(|exactly| Some(exactly * or_more_to_exactly(n, shape, horizon / rate)?))
            .unwrap_or_else(|| beta.below(end));
        exactly * stay + leave * or_more
    }

    /// By recurrence: what comes to one who stays is negative binomial, and each order is stayed after with a chance of its own.
    fn counts(&self, horizon: f64, _: f64, least: f64, into: &mut Vec<f64>) -> bool {
        let BetaGeometric { shape, rate, a, b, .. } = *self;
        let z = horizon / rate;
        let w = z / (1.0 + z);
        let Some((start, exactly)) = begin(shape, z, w) else {
            return false;
        };
        let first = into.len();
        // The negative binomial probabilities of 1, 2, ... orders, up from where they begin to be something.
        into.resize(first + start - 1, 0.0);
        let (mut n, mut p) = (start as f64, exactly);
        let mut rest = f64::INFINITY;
        while first + MOST > into.len() {
            into.push(p);
            let ratio = (shape + n) / (n + 1.0) * w;
            // No later ratio is above the greater of this one and w.
            let most = ratio.max(w);
            p *= ratio;
            n += 1.0;
            if most < 1.0 && p <= least * (1.0 - most) {
                rest = p / (1.0 - most);
                break;
            }
        }
        if rest.is_infinite() {
            return false;
        }
        // From the last one down, the probability of so many or more; what is beyond the last one counts as nothing.
        let mut stay = 1.0;
        let mut or_more = into[first..].iter().sum::<f64>();
        let mut m = 0.0;
        for p in &mut into[first..] {
            let left = b + m;
            let exactly = *p;
            let leave = stay * (a / (a + left));
            stay *= left / (a + left);
            *p = exactly * stay + leave * or_more;
            or_more = (or_more - exactly).max(0.0);
            m += 1.0;
        }
        true
    }

    fn expected_with_slopes(&self, horizon: f64) -> (f64, [f64; 4]) {
        let z = horizon / self.rate;
        let Expected { value, slopes } = orders_until_leaving::<true>(self.shape, z, self.a, self.b);
        let by_alpha = -slopes[1] * z / self.rate;
        let there = [slopes[0], by_alpha, slopes[2], slopes[3]].map(|slope| slope / value);
        (value, there)
    }

    fn odds_slopes(&self, parameters: &[f64; 4], customer: &Customer) -> [f64; 4] {
        let silence = customer.age - customer.recency;
        let start = parameters[1] + customer.recency;
        [
            (silence / start).ln_1p(),
            -self.shape * silence / (start * self.rate),
            1.0 / self.a,
            -1.0 / (self.b - 1.0),
        ]
    }

    fn ln_there(&self, parameters: &[f64; 4], customer: &Customer) -> f64 {
        let [r, alpha, a, b] = *parameters;
        ln_orders(r, alpha, customer) + ln_beta_ratio(a, b, self.stays)
    }
}
