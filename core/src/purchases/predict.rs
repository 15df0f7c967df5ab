//! What a model says about one customer.

use super::Family;
use crate::error::{Error, Kind, Result, spelled};
use crate::special::hypergeometric::{Expected, or_more_to_exactly, orders_until_leaving, orders_until_leaving_mixed};
use crate::special::logit::{Log, LogitBeta};
use crate::special::quadrature::{ln_power_integral, power_integral, rule_of_8};
use crate::special::{
    ln_1p_exp, ln_beta_ratio, ln_gamma_ratio, logistic, one_minus_exp_over, one_minus_exp_over_slope,
};

/// A customer's history, in the time units of the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Customer {
    /// Repeat purchases: x.
    pub frequency: f64,
    /// Age at the last purchase: t_x.
    pub recency: f64,
    /// Time from the first purchase to the end of observation: T.
    pub age: f64,
}

impl Customer {
    /// A customer who has just placed the first order.
    pub const NEW: Customer = Customer {
        frequency: 0.0,
        recency: 0.0,
        age: 0.0,
    };

    /// Checks that there can be such a customer.
    pub fn new(frequency: i64, recency: f64, age: f64) -> Result<Customer> {
        let wrong =
            |message: &'static str, detail: String| Err(Error::new(Kind::InvalidParameter, message).detail(detail));
        if frequency < 0 {
            return wrong("frequency must not be negative", format!("It is {frequency}."));
        }
        for (name, time) in [("recency", recency), ("age", age)] {
            if !time.is_finite() || time < 0.0 {
                let error = Error::new(
                    Kind::OutOfRange,
                    format!("{name} must be a finite number that is not negative"),
                );
                return Err(error.detail(format!("It is {}.", spelled(time))));
            }
        }
        if recency > age {
            let error = Error::new(Kind::InvalidParameter, "recency must not be greater than age");
            return Err(error
                .detail(format!("They are {recency} and {age}."))
                .hint("Recency is the age of the customer at the last purchase, not the time since then."));
        }
        if frequency == 0 && recency > 0.0 {
            let error = Error::new(Kind::InvalidParameter, "recency must be 0 where frequency is 0");
            return Err(error
                .detail(format!("It is {recency}."))
                .hint("Recency is the age of the customer at the last purchase, not the time since then."));
        }
        Ok(Customer {
            frequency: frequency as f64,
            recency,
            age,
        })
    }
}

/// What is known about a customer's future: how likely it is that there is one, and how it would be.
#[derive(Clone, Copy, Debug)]
pub struct Outlook {
    family: Family,
    /// The logarithm of the odds of having left; −∞ for one who is there for certain.
    ln_odds: f64,
    /// The distribution of the rate of orders of one who is there: shape, and rate parameter in units of time.
    shape: f64,
    rate: f64,
    /// The distribution of leaving: a and b of the probability after each order, or shape and rate parameter of its rate.
    leaving: [f64; 2],
}

impl Customer {
    /// The customer with these numbers, if there can be one.
    pub fn known(frequency: f64, recency: f64, age: f64) -> Option<Customer> {
        let whole = frequency >= 0.0 && frequency.is_finite() && frequency.fract() == 0.0;
        let within = 0.0 <= recency && recency <= age && age.is_finite();
        (whole && within && (frequency > 0.0 || recency == 0.0)).then_some(Customer {
            frequency,
            recency,
            age,
        })
    }
}

impl Outlook {
    /// What the model with these parameters says about a customer. Equations (1) to (3) of the papers, as odds.
    pub fn of(family: Family, parameters: &[f64; 4], customer: &Customer) -> Outlook {
        let [r, alpha, a, b] = *parameters;
        let Customer {
            frequency: x,
            recency,
            age,
        } = *customer;
        let shape = r + x;
        let silence = age - recency;
        let quiet = shape * (silence / (alpha + recency)).ln_1p();
        let (ln_odds, leaving) = match family {
            Family::Bg if x == 0.0 => (f64::NEG_INFINITY, [a, b]),
            Family::Bg | Family::Mbg => {
                // In this order, a small b counts.
                let rest = b + (x + family.first() - 1.0);
                (a.ln() - rest.ln() + quiet, [a, rest + 1.0])
            }
            Family::Pareto => {
                let (s, beta) = (a, b);
                let gone = s * (silence / (beta + recency)).ln_1p();
                let integral = ln_power_integral(alpha, shape, beta, s + 1.0, recency, age);
                ((s / (beta + recency)).ln() + quiet + gone + integral, [s, beta + age])
            }
        };
        Outlook {
            family,
            ln_odds,
            shape,
            rate: alpha + age,
            leaving,
        }
    }

    /// The probability that the customer is still there.
    pub fn p_alive(&self) -> f64 {
        logistic(-self.ln_odds)
    }

    /// The expected number of orders within `horizon`.
    pub fn expected_orders(&self, horizon: f64) -> f64 {
        self.p_alive() * self.of_one_who_is_there(horizon)
    }

    /// The expected number of orders within `horizon` if the customer is still there.
    fn of_one_who_is_there(&self, horizon: f64) -> f64 {
        let [first, second] = self.leaving;
        match self.family {
            Family::Bg | Family::Mbg => {
                orders_until_leaving::<false>(self.shape, horizon / self.rate, first, second).value
            }
            Family::Pareto => {
                let stay = one_minus_exp_over(first - 1.0, (horizon / second).ln_1p());
                self.shape / self.rate * second * stay
            }
        }
    }

    /// The expected number of orders within `horizon`, each counting e^(−`discount` · t) if it comes after t.
    ///
    /// The integral of e^(−δt) dE(t), by parts: e^(−δh) E(h) + δ ∫ e^(−δt) E(t) dt. In y = ln(1 + t/scale), E is so smooth that few
    /// nodes do.
    pub fn discounted_orders(&self, horizon: f64, discount: f64) -> f64 {
        /// Rates of orders fall: those that come when an order counts e^-45 are nothing beside the earlier ones.
        const NOTHING: f64 = 45.0;
        let horizon = horizon.min(NOTHING / discount);
        let at_end = self.of_one_who_is_there(horizon);
        if discount == 0.0 {
            return self.p_alive() * at_end;
        }
        let [first, second] = self.leaving;
        let (scale, steepness) = match self.family {
            Family::Pareto => (self.rate.min(second), first),
            Family::Bg | Family::Mbg => (self.rate, self.shape * first / (first + second)),
        };
        // Where customers leave quickly, E bends long before the rates of orders change.
        let (scale, reach) = if steepness > 1.0 {
            (scale / steepness, 1.0)
        } else {
            (scale, 2.0)
        };
        // What comes in so small a share of the horizon is nothing beside the rest.
        let scale = scale.max(1e-15 * horizon);
        let range = (horizon / scale).ln_1p();
        let panels = (range / reach).max(discount * horizon).ceil().max(1.0);
        let width = range / panels;
        let mut integral = 0.0;
        for panel in 0..panels as u64 {
            let nodes = rule_of_8().map(|(x, weight)| {
                let t = scale * ((panel as f64 + x) * width).exp_m1();
                (t, weight * width * (scale + t) * (-discount * t).exp())
            });
            integral += match self.family {
                Family::Bg | Family::Mbg => {
                    let [a, b] = self.leaving;
                    orders_until_leaving_mixed(self.shape, &nodes.map(|(t, weight)| (t / self.rate, weight)), a, b)
                }
                Family::Pareto => nodes
                    .iter()
                    .map(|(t, weight)| weight * self.of_one_who_is_there(*t))
                    .sum(),
            };
        }
        self.p_alive() * ((-discount * horizon).exp() * at_end + discount * integral)
    }

    /// The probability that no order comes within `horizon`.
    pub fn p_no_order(&self, horizon: f64) -> f64 {
        let silent = self.silent(horizon);
        // Whichever of the two is near 1 is exact there.
        if silent > 0.5 {
            1.0 - self.p_alive() * (1.0 - silent)
        } else {
            self.p_left() + self.p_alive() * silent
        }
    }

    /// The probability that the customer has left.
    fn p_left(&self) -> f64 {
        logistic(self.ln_odds)
    }

    /// The probability that one who is there places no order within `horizon`, be it that they leave before.
    fn silent(&self, horizon: f64) -> f64 {
        let quiet = -self.shape * (horizon / self.rate).ln_1p();
        match self.family {
            Family::Bg | Family::Mbg => quiet.exp(),
            Family::Pareto => {
                let [s, beta] = self.leaving;
                let stay = -s * (horizon / beta).ln_1p();
                let leave = ln_power_integral(self.rate, self.shape, beta, s + 1.0, 0.0, horizon);
                // Rounding may go beyond what is certain.
                ((quiet + stay).exp() + s / beta * leave.exp()).clamp(0.0, 1.0)
            }
        }
    }

    /// The probability of exactly `n` orders within `horizon`.
    ///
    /// One who is there places n orders and stays, or leaves at the last of them (BG/NBD and MBG/NBD: the chance to stay through n
    /// orders times that of n, and the chance to leave at order n times that of n or more) or after it (Pareto/NBD: at time u < t with n
    /// orders before, integrated over u).
    pub fn p_orders(&self, n: u64, horizon: f64) -> f64 {
        if n == 0 {
            return self.p_no_order(horizon);
        }
        if horizon == 0.0 {
            return 0.0;
        }
        let n = n as f64;
        let [first, second] = self.leaving;
        // The share of their rate parameter and the time is beta distributed (n, shape) when the order number n comes.
        let beta = LogitBeta::new(n, self.shape);
        let end = (horizon / self.rate * (self.shape / n)).ln();
        let exactly = beta.density(end) / n;
        let there = match self.family {
            Family::Bg | Family::Mbg => {
                let (a, b) = (first, second);
                let stay = ln_beta_ratio(a, b, n).exp();
                let leave = a / (a + b) * ln_beta_ratio(a + 1.0, b, n - 1.0).exp();
                // Where next to nothing is left of exactly n, a share of it says nothing.
                let or_more = Some(exactly)
                    .filter(|&exactly| exactly > 1e-280)
                    .and_then(|exactly| Some(exactly * or_more_to_exactly(n, self.shape, horizon / self.rate)?))
                    .unwrap_or_else(|| beta.below(end));
                exactly * stay + leave * or_more
            }
            Family::Pareto => {
                let (s, beta_rate) = (first, second);
                let unit = self.rate * (n / self.shape);
                let leave = beta.mean_below(end, |u| {
                    let ratio = unit * u.exp() / beta_rate;
                    let (gone, there) = (1.0 / (1.0 + ratio.recip()), 1.0 / (1.0 + ratio));
                    Log {
                        value: s.ln() - ratio.recip().ln_1p() - s * ratio.ln_1p(),
                        slope: there - s * gone,
                        curvature: -(1.0 + s) * gone * there,
                    }
                });
                exactly * (-s * (horizon / beta_rate).ln_1p()).exp() + leave / n
            }
        };
        (self.p_alive() * there).min(1.0)
    }

    /// The expected number of orders within `horizon`, with the derivatives of its logarithm with respect to the logarithms of the
    /// model's parameters.
    pub fn expected_orders_with_slopes(
        &self,
        parameters: &[f64; 4],
        customer: &Customer,
        horizon: f64,
    ) -> (f64, [f64; 4]) {
        let [_, alpha, ..] = *parameters;
        let silence = customer.age - customer.recency;
        let start = alpha + customer.recency;
        let [first, second] = self.leaving;
        // The derivatives of the logarithm of the odds of having left, and of the expectation of one who has not.
        let (odds, there, value) = match self.family {
            Family::Bg | Family::Mbg => {
                let z = horizon / self.rate;
                let Expected { value, slopes } = orders_until_leaving::<true>(self.shape, z, first, second);
                let odds = [
                    (silence / start).ln_1p(),
                    -self.shape * silence / (start * self.rate),
                    1.0 / first,
                    -1.0 / (second - 1.0),
                ];
                let by_alpha = -slopes[1] * z / self.rate;
                let there = [slopes[0], by_alpha, slopes[2], slopes[3]].map(|slope| slope / value);
                (odds, there, value)
            }
            Family::Pareto => {
                let (stay, log) = (first - 1.0, (horizon / second).ln_1p());
                let share = one_minus_exp_over(stay, log);
                let by_log = (-stay * log).exp() / share;
                let there = [
                    1.0 / self.shape,
                    -1.0 / self.rate,
                    one_minus_exp_over_slope(stay, log) / share,
                    1.0 / second - by_log * horizon / (second * (second + horizon)),
                ];
                (
                    self.pareto_odds_slopes(parameters, customer),
                    there,
                    self.of_one_who_is_there(horizon),
                )
            }
        };
        // The logarithm of p_alive falls by p_left for each unit of the logarithm of the odds.
        let left = self.p_left();
        let slope = |i: usize| {
            let by_odds = if left > 0.0 { left * odds[i] } else { 0.0 };
            (there[i] - by_odds) * parameters[i]
        };
        (self.p_alive() * value, std::array::from_fn(slope))
    }

    /// The derivatives of the logarithm of the odds of having left: means over the integral, as in the likelihood.
    fn pareto_odds_slopes(&self, parameters: &[f64; 4], customer: &Customer) -> [f64; 4] {
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

    /// The logarithm of the likelihood of the customer's history.
    pub fn ln_likelihood(&self, parameters: &[f64; 4], customer: &Customer) -> f64 {
        let [r, alpha, a, b] = *parameters;
        let Customer { frequency: x, age, .. } = *customer;
        let orders = ln_gamma_ratio(r, x) - r * (age / alpha).ln_1p() - x * (alpha + age).ln();
        let there = match self.family {
            Family::Bg | Family::Mbg => ln_beta_ratio(a, b, x + self.family.first()),
            Family::Pareto => -a * (age / b).ln_1p(),
        };
        orders + there + ln_1p_exp(self.ln_odds)
    }
}
