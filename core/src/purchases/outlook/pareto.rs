//! Pareto/NBD: leaving at any time.

use super::{Customer, Future, MOST, counts_one_by_one, ln_orders};
use crate::special::logit::{Log, LogitBeta};
use crate::special::quadrature::{ln_power_integral, power_integral, rule_of_16};
use crate::special::{one_minus_exp_over, one_minus_exp_over_slope};
use pulp::{Arch, Simd, WithSimd};

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

impl Pareto {
    /// Times within which one who is there may order, the last of them the whole horizon. Nothing where there would be very many, or no
    /// order is next to impossible.
    fn times(&self, horizon: f64) -> Option<Times> {
        /// e^-45 is nothing beside 1, and e^-600 still a number.
        const NOTHING: f64 = 45.0;
        const LEAST: f64 = 600.0;
        /// The most pieces of the integral, each with a rule of its own.
        const PIECES: f64 = 64.0;
        /// What falls more in a piece is too much for a rule.
        const FALL: f64 = 16.0;
        let Pareto { shape, rate, s, beta } = *self;
        if shape * (horizon / rate).ln_1p() > LEAST {
            return None;
        }
        let end = horizon.min(beta * (NOTHING / s).exp_m1());
        let scale = rate.min(beta);
        let range = (end / scale).ln_1p();
        let pieces = (0.5 * range * (shape + 1.0).sqrt()).max(s * (end / beta).ln_1p() / FALL);
        let pieces = pieces.ceil().max(1.0);
        if pieces > PIECES {
            return None;
        }
        let width = range / pieces;
        let room = 16 * pieces as usize + LANES;
        let mut times = Times {
            shares: Vec::with_capacity(room),
            chances: Vec::with_capacity(room),
            last: (0.0, 0.0),
        };
        for piece in 0..pieces as u32 {
            for &(x, weight) in rule_of_16() {
                let ln = (f64::from(piece) + x) * width;
                let time = scale * ln.exp_m1();
                // Of the two logarithms, one is known.
                let (by_rate, by_beta) = if rate <= beta {
                    (ln, (time / beta).ln_1p())
                } else {
                    ((time / rate).ln_1p(), ln)
                };
                let none = (-shape * by_rate - s * by_beta).exp();
                times.shares.push(time / (rate + time));
                times
                    .chances
                    .push(weight * width * (scale + time) * (s / (beta + time)) * none);
            }
        }
        let none = (-s * (horizon / beta).ln_1p() - shape * (horizon / rate).ln_1p()).exp();
        times.last = (horizon / (rate + horizon), none);
        times.shares.push(times.last.0);
        times.chances.push(none);
        // Times that are none, so that all go by the same lanes.
        times.shares.resize(room, 0.0);
        times.chances.resize(room, 0.0);
        Some(times)
    }
}

/// So many times go on at once.
const LANES: usize = 4;

/// Times within which one who is there may order: the shares w of the negative binomial distributions, and how likely each time is together
/// with the number of orders that is looked at. What has become nothing, from the first time on, is looked at no more.
#[derive(Clone, Debug)]
struct Times {
    shares: Vec<f64>,
    chances: Vec<f64>,
    /// Those of the last time.
    last: (f64, f64),
}

/// The probabilities of 1, 2, … orders, as [`Future::counts`] appends them: compiled for several generations of processors, with the same
/// bits from each.
struct Counting<'a> {
    shape: f64,
    times: Times,
    least: f64,
    into: &'a mut Vec<f64>,
}

impl WithSimd for Counting<'_> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> bool {
        /// So little, and ever less, is nothing even beside what is left out.
        const NOTHING: f64 = 1e-22;
        let Times {
            shares,
            mut chances,
            last: (w, mut p),
        } = self.times;
        let (shares, _) = shares.as_chunks::<LANES>();
        let (chances, _) = chances.as_chunks_mut::<LANES>();
        let end = self.into.len() + MOST - 1;
        let (mut n, mut from) = (0.0, 0);
        let mut factor = self.shape;
        while self.into.len() < end {
            let mut sums = [0.0; LANES];
            for (shares, chances) in shares[from..].iter().zip(&mut chances[from..]) {
                for lane in 0..LANES {
                    chances[lane] *= factor * shares[lane];
                    sums[lane] += chances[lane];
                }
            }
            self.into.push((sums[0] + sums[1]) + (sums[2] + sums[3]));
            p *= factor * w;
            n += 1.0;
            factor = (self.shape + n) / (n + 1.0);
            // Who stays to the end orders most, and no later ratio is above the greater of the next one and w.
            let ratio = (factor * w).max(w);
            if ratio < 1.0 && p * ratio <= self.least * (1.0 - ratio) {
                return true;
            }
            // The last times stay.
            if from + 2 < chances.len() && chances[from].iter().all(|p| *p < NOTHING) {
                let w = shares[from].iter().copied().fold(0.0, f64::max);
                if (factor * w).max(w) < 0.9 {
                    from += 1;
                }
            }
        }
        false
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

    /// Given when the customer leaves, or that it is not within the horizon, orders are negative binomial: by recurrence for each of some dozen
    /// times, whose weights are those of an integral over them.
    fn counts(&self, horizon: f64, silent: f64, least: f64, into: &mut Vec<f64>) -> bool {
        let Some(times) = self.times(horizon) else {
            return counts_one_by_one(self, horizon, silent, least, into);
        };
        let stay = (-self.s * (horizon / self.beta).ln_1p()).exp();
        Arch::new().dispatch(Counting {
            shape: self.shape,
            times,
            least: least * stay,
            into,
        })
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
