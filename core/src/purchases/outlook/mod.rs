//! What a model says about one customer.
//!
//! Each model says how likely it is that the customer has left, as odds, and what one who is there will do ([`Future`]). All else follows
//! from the two.

mod beta_geometric;
mod counts;
mod discrete;
mod pareto;
mod regular;

use super::Family;
use crate::error::{Error, Kind, Result, spelled};
use crate::special::quadrature::rule_of_8;
use crate::special::{ln_1p_exp, ln_gamma_ratio, logistic};
use beta_geometric::BetaGeometric;
pub use counts::Counts;
use discrete::Discrete;
use pareto::Pareto;
use regular::Regular;

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

/// From so many orders within a horizon on, they are not told one by one.
const MOST: usize = 1 << 16;

/// What one who is there at the end of observation will do.
trait Future {
    /// The expected number of orders within `horizon`.
    fn expected(&self, horizon: f64) -> f64;

    /// The sum of weight · expected orders within t, over pairs (t, weight).
    fn expected_mixed(&self, nodes: &[(f64, f64); 8]) -> f64 {
        nodes.iter().map(|(t, weight)| weight * self.expected(*t)).sum()
    }

    /// The integral of e^(−`discount` · t) times the orders expected within t, over t up to `horizon`. In y = ln(1 + t/scale), these are so
    /// smooth that few nodes do.
    fn integral(&self, horizon: f64, discount: f64) -> f64 {
        let (scale, steepness) = self.pace();
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
            integral += self.expected_mixed(&nodes);
        }
        integral
    }

    /// In what time expected orders bend, and how steeply: about (1 + t / time)^−steepness of the customers are there after t.
    fn pace(&self) -> (f64, f64);

    /// The probability of no order within `horizon`, be it that they leave before.
    fn silent(&self, horizon: f64) -> f64;

    /// The probability of exactly `n` orders, at least one, within `horizon`, which is not 0.
    fn exactly(&self, n: f64, horizon: f64) -> f64;

    /// Appends the probabilities of 1, 2, … orders within `horizon`, which is not 0, until no more than `least` is left of 1 with `silent`, or
    /// there are as many as there may be; says which.
    fn counts(&self, horizon: f64, silent: f64, least: f64, into: &mut Vec<f64>) -> bool;

    /// The expected number of orders within `horizon`, and the derivatives of its logarithm with respect to the parameters of the model.
    fn expected_with_slopes(&self, horizon: f64) -> (f64, [f64; 4]);

    /// The derivatives of the logarithm of the odds of having left with respect to the parameters of the model. They mean nothing where
    /// a customer is there for certain.
    fn odds_slopes(&self, parameters: &[f64; 4], customer: &Customer) -> [f64; 4];

    /// The logarithm of the likelihood of the customer's history with being there to its end.
    fn ln_there(&self, parameters: &[f64; 4], customer: &Customer) -> f64;
}

/// What [`Future::counts`] does, by the probability of each number by itself.
fn counts_one_by_one(
    future: &(impl Future + ?Sized),
    horizon: f64,
    silent: f64,
    least: f64,
    into: &mut Vec<f64>,
) -> bool {
    let mut left = 1.0 - silent;
    for n in 1..MOST {
        if left <= least {
            return true;
        }
        let exactly = future.exactly(n as f64, horizon);
        into.push(exactly);
        left -= exactly;
    }
    false
}

/// ln of the likelihood of so many orders at a gamma distributed rate.
fn ln_orders(r: f64, alpha: f64, customer: &Customer) -> f64 {
    let Customer { frequency: x, age, .. } = *customer;
    ln_gamma_ratio(r, x) - r * (age / alpha).ln_1p() - x * (alpha + age).ln()
}

/// The future in each model.
#[derive(Clone, Copy, Debug)]
enum There {
    BetaGeometric(BetaGeometric),
    Pareto(Pareto),
    Regular(Regular),
    Discrete(Discrete),
}

/// What is known about a customer's future: how likely it is that there is one, and how it would be.
#[derive(Clone, Copy, Debug)]
pub struct Outlook {
    /// The logarithm of the odds of having left; −∞ for one who is there for certain.
    ln_odds: f64,
    there: There,
}

impl Outlook {
    /// What the model with these parameters says about a customer. Equations (1) to (3) of the papers, as odds.
    pub fn of(family: Family, parameters: &[f64; 4], customer: &Customer) -> Outlook {
        let (ln_odds, there) = match family.simplest() {
            Family::Regular(stages) => {
                let (ln_odds, there) = Regular::of(stages, parameters, customer);
                (ln_odds, There::Regular(there))
            }
            family @ (Family::Bg | Family::Mbg) => {
                let (ln_odds, there) = BetaGeometric::of(family, parameters, customer);
                (ln_odds, There::BetaGeometric(there))
            }
            Family::Pareto => {
                let (ln_odds, there) = Pareto::of(parameters, customer);
                (ln_odds, There::Pareto(there))
            }
            Family::Bb => {
                let (ln_odds, there) = Discrete::of(parameters, customer);
                (ln_odds, There::Discrete(there))
            }
        };
        Outlook { ln_odds, there }
    }

    /// What the customer will do if still there.
    fn future(&self) -> &dyn Future {
        match &self.there {
            There::BetaGeometric(there) => there,
            There::Pareto(there) => there,
            There::Regular(there) => there,
            There::Discrete(there) => there,
        }
    }

    /// The probability that the customer is still there.
    pub fn p_alive(&self) -> f64 {
        logistic(-self.ln_odds)
    }

    /// The probability that the customer has left.
    fn p_left(&self) -> f64 {
        logistic(self.ln_odds)
    }

    /// The expected number of orders within `horizon`.
    pub fn expected_orders(&self, horizon: f64) -> f64 {
        self.p_alive() * self.future().expected(horizon)
    }

    /// The expected number of orders within `horizon`, each counting e^(−`discount` · t) if it comes after t.
    ///
    /// The integral of e^(−δt) dE(t), by parts: e^(−δh) E(h) + δ ∫ e^(−δt) E(t) dt.
    pub fn discounted_orders(&self, horizon: f64, discount: f64) -> f64 {
        /// Rates of orders fall: those that come when an order counts e^-45 are nothing beside the earlier ones.
        const NOTHING: f64 = 45.0;
        if let There::Discrete(there) = &self.there {
            return self.p_alive() * there.discounted(horizon, discount);
        }
        let future = self.future();
        let horizon = horizon.min(NOTHING / discount);
        let at_end = future.expected(horizon);
        if discount == 0.0 {
            return self.p_alive() * at_end;
        }
        let integral = future.integral(horizon, discount);
        self.p_alive() * ((-discount * horizon).exp() * at_end + discount * integral)
    }

    /// The probability that no order comes within `horizon`.
    pub fn p_no_order(&self, horizon: f64) -> f64 {
        self.p_no_order_if(self.future().silent(horizon))
    }

    /// The same where one who is there places none with the probability `silent`.
    fn p_no_order_if(&self, silent: f64) -> f64 {
        // Whichever of the two is near 1 is exact there.
        if silent > 0.5 {
            1.0 - self.p_alive() * (1.0 - silent)
        } else {
            self.p_left() + self.p_alive() * silent
        }
    }

    /// The probability of exactly `n` orders within `horizon`.
    pub fn p_orders(&self, n: u64, horizon: f64) -> f64 {
        if n == 0 {
            return self.p_no_order(horizon);
        }
        if horizon == 0.0 {
            return 0.0;
        }
        (self.p_alive() * self.future().exactly(n as f64, horizon)).min(1.0)
    }

    /// Finds the probabilities of 0, 1, 2, … orders within `horizon`, until that of more is nothing beside `tail`, which is beyond the limits that
    /// are wanted. Says whether it comes to that: more than 65 535 orders are not told one by one.
    ///
    /// BG/NBD and MBG/NBD take some nanoseconds for each number, Pareto/NBD and MBG/CNBD-k some dozens. BG/BB takes half a nanosecond or so for each
    /// number and chance: 60 µs for a horizon of 365, 60 ms for one of 10 000.
    pub fn counts(&self, horizon: f64, tail: f64, counts: &mut Counts) -> bool {
        /// Nothing beside 1, and beside sums of many probabilities.
        const NOTHING: f64 = 1e-8;
        const LEAST: f64 = 1e-14;
        let counts = &mut counts.probabilities;
        counts.clear();
        let silent = self.future().silent(horizon);
        counts.push(self.p_no_order_if(silent));
        let p_alive = self.p_alive();
        if horizon == 0.0 || 1.0 - counts[0] <= tail {
            return true;
        }
        let future = self.future();
        let least = (NOTHING * tail).max(LEAST) / p_alive;
        let all = future.counts(horizon, silent, least, counts);
        counts[1..].iter_mut().for_each(|p| *p *= p_alive);
        all
    }

    /// Between what limits the number of orders within `horizon` will be, each of which it lies beyond with the probability `tail` at most;
    /// nothing beyond 65 535 orders.
    pub fn orders_between(&self, horizon: f64, tail: f64) -> Option<(f64, f64)> {
        let mut counts = Counts::default();
        self.counts(horizon, tail, &mut counts).then(|| counts.limits(tail))?
    }

    /// The expected number of orders within `horizon`, with the derivatives of its logarithm with respect to the logarithms of the
    /// model's parameters.
    pub fn expected_orders_with_slopes(
        &self,
        parameters: &[f64; 4],
        customer: &Customer,
        horizon: f64,
    ) -> (f64, [f64; 4]) {
        let future = self.future();
        let (value, there) = future.expected_with_slopes(horizon);
        let odds = future.odds_slopes(parameters, customer);
        // The logarithm of p_alive falls by p_left for each unit of the logarithm of the odds.
        let left = self.p_left();
        let slope = |i: usize| {
            let by_odds = if left > 0.0 { left * odds[i] } else { 0.0 };
            (there[i] - by_odds) * parameters[i]
        };
        (self.p_alive() * value, std::array::from_fn(slope))
    }

    /// The logarithm of the likelihood of the customer's history.
    pub fn ln_likelihood(&self, parameters: &[f64; 4], customer: &Customer) -> f64 {
        self.future().ln_there(parameters, customer) + ln_1p_exp(self.ln_odds)
    }
}
