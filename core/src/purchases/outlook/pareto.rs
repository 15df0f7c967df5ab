//! Pareto/NBD: leaving at any time.

use super::{Customer, Future, ln_orders};
use crate::special::logit::{Log, LogitBeta};
use crate::special::quadrature::{ln_power_integral, power_integral};
use crate::special::{one_minus_exp_over, one_minus_exp_over_slope};

/// What one who is there will do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pareto {
    /// The distribution of the rate of orders: shape, and rate parameter in units of time.
    shape: f64,
    rate: f64,
    /// The same of the rate of leaving.
    s: f64,
    beta: f64,
}

impl Pareto {
    /// The logarithm of the odds of having left, and what comes if not.
    pub(super) fn of(parameters: &[f64; 4], customer: &Customer) -> (f64, Pareto) {
        let [r, alpha, s, beta] = *parameters;
        let Customer {
            frequency,
            recency,
            age,
        } = *customer;
        let shape = r + frequency;
        let silence = age - recency;
        let quiet = shape * (silence / (alpha + recency)).ln_1p();
        let gone = s * (silence / (beta + recency)).ln_1p();
        let integral = ln_power_integral(alpha, shape, beta, s + 1.0, recency, age);
        let there = Pareto {
            shape,
            rate: alpha + age,
            s,
            beta: beta + age,
        };
        ((s / (beta + recency)).ln() + quiet + gone + integral, there)
    }
}

impl Future for Pareto {
    fn expected(&self, horizon: f64) -> f64 {
        let stay = one_minus_exp_over(self.s - 1.0, (horizon / self.beta).ln_1p());
        self.shape / self.rate * self.beta * stay
    }

    fn pace(&self) -> (f64, f64) {
        (self.rate.min(self.beta), self.s)
    }

    fn silent(&self, horizon: f64) -> f64 {
        let Pareto { shape, rate, s, beta } = *self;
        let quiet = -shape * (horizon / rate).ln_1p();
        let stay = -s * (horizon / beta).ln_1p();
        let leave = ln_power_integral(rate, shape, beta, s + 1.0, 0.0, horizon);
        // Rounding may go beyond what is certain.
        ((quiet + stay).exp() + s / beta * leave.exp()).clamp(0.0, 1.0)
    }

    /// The chance of n orders and to stay, and of leaving at time u < t with n orders before, integrated over u.
    fn exactly(&self, n: f64, horizon: f64) -> f64 {
        let Pareto { shape, rate, s, beta } = *self;
        // The share of the rate parameter and the time is beta distributed (n, shape) when the order number n comes.
        let order = LogitBeta::new(n, shape);
        let end = (horizon / rate * (shape / n)).ln();
        let unit = rate * (n / shape);
        let leave = order.mean_below(end, |u| {
            let ratio = unit * u.exp() / beta;
            let (gone, there) = (1.0 / (1.0 + ratio.recip()), 1.0 / (1.0 + ratio));
            Log {
                value: s.ln() - ratio.recip().ln_1p() - s * ratio.ln_1p(),
                slope: there - s * gone,
                curvature: -(1.0 + s) * gone * there,
            }
        });
        order.density(end) / n * (-s * (horizon / beta).ln_1p()).exp() + leave / n
    }

    fn expected_with_slopes(&self, horizon: f64) -> (f64, [f64; 4]) {
        let (stay, log) = (self.s - 1.0, (horizon / self.beta).ln_1p());
        let share = one_minus_exp_over(stay, log);
        let by_log = (-stay * log).exp() / share;
        let there = [
            1.0 / self.shape,
            -1.0 / self.rate,
            one_minus_exp_over_slope(stay, log) / share,
            1.0 / self.beta - by_log * horizon / (self.beta * (self.beta + horizon)),
        ];
        (self.expected(horizon), there)
    }

    /// Means over the integral, as in the likelihood.
    fn odds_slopes(&self, parameters: &[f64; 4], customer: &Customer) -> [f64; 4] {
        let [_, alpha, s, beta] = *parameters;
        let Customer { recency, age, .. } = *customer;
        let (mut total, mut sums) = (0.0, [0.0; 4]);
        power_integral(alpha, self.shape, beta, s + 1.0, recency, age, |node| {
            total += node.weight;
            let by = [
                node.ln_alpha,
                1.0 / (alpha + recency + node.offset),
                node.ln_beta,
                1.0 / (beta + recency + node.offset),
            ];
            for (sum, by) in sums.iter_mut().zip(by) {
                *sum += node.weight * by;
            }
        });
        let [ln_alpha, by_alpha, ln_beta, by_beta] = sums.map(|sum| sum / total);
        let silence = age - recency;
        [
            (silence / (alpha + recency)).ln_1p() - ln_alpha,
            self.shape * (1.0 / (alpha + age) - by_alpha),
            1.0 / s + (silence / (beta + recency)).ln_1p() - ln_beta,
            s / (beta + age) - (s + 1.0) * by_beta,
        ]
    }

    fn ln_there(&self, parameters: &[f64; 4], customer: &Customer) -> f64 {
        let [r, alpha, s, beta] = *parameters;
        ln_orders(r, alpha, customer) - s * (customer.age / beta).ln_1p()
    }
}
