//! Customer lifetime value: what a customer's orders within a horizon are expected to bring, and between what limits that will be.

mod forecast;
mod lattice;
mod total;

use crate::calendar::DAY;
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result, spelled};
use crate::estimate::check_confidence;
use crate::purchases::{self, Customer, History, Outlook};
use crate::special::normal_quantile;
use crate::spend::{self, Spender};
use forecast::Forecasts;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How far ahead, in microseconds.
    pub horizon: i64,
    /// What money loses in value over `discount_period`: 0.1 for 10 %.
    pub discount_rate: f64,
    /// The length of time that the rate is for, in microseconds.
    pub discount_period: i64,
    /// The share of spend that is kept.
    pub margin: f64,
    /// Whether limits are wanted: they take most of the time.
    pub intervals: bool,
    /// The confidence of limits.
    pub confidence: f64,
}

impl Default for Terms {
    /// A year of 365.25 days, nothing discounted, all spend counted, intervals of 95 %.
    fn default() -> Terms {
        const YEAR: i64 = 1_461 * DAY / 4;
        Terms {
            horizon: YEAR,
            discount_rate: 0.0,
            discount_period: YEAR,
            margin: 1.0,
            intervals: true,
            confidence: 0.95,
        }
    }
}

impl Terms {
    /// Whether there can be such terms.
    ///
    /// # Errors
    /// A number that is none, or out of its range.
    pub fn check(&self) -> Result<()> {
        let Terms {
            discount_rate,
            margin,
            confidence,
            ..
        } = *self;
        if !(discount_rate.is_finite() && discount_rate >= 0.0) {
            return Err(
                Error::invalid("discount_rate must be a finite number that is not negative")
                    .detail(format!("It is {}.", spelled(discount_rate)))
                    .hint("Ten percent are 0.1."),
            );
        }
        if !(margin.is_finite() && margin >= 0.0) {
            return Err(Error::invalid("margin must be a finite number that is not negative")
                .detail(format!("It is {}.", spelled(margin)))
                .hint("Thirty percent are 0.3."));
        }
        check_confidence(confidence)
    }
}

/// Models and terms, ready for one customer after the other.
#[derive(Clone, Copy, Debug)]
pub struct Valuation<'m> {
    purchases: Option<&'m purchases::Model>,
    spend: Option<&'m spend::Model>,
    margin: f64,
    /// In time units of the model of purchases.
    horizon: f64,
    /// What an order loses in value for each time unit that it comes later, as a continuous rate.
    discount: f64,
    /// What lies beyond each limit; nothing where none are wanted.
    tail: Option<f64>,
    /// Half the width of limits of an expectation, in standard errors.
    width: f64,
}

/// What a customer is worth, as far as there are models that say so.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Value {
    /// The probability that the customer is still there.
    pub p_alive: Option<f64>,
    /// The expected number of orders within the horizon.
    pub expected_orders: Option<f64>,
    /// Between what limits the actual number of orders will be.
    pub orders: Option<(f64, f64)>,
    /// The expected value of an order.
    pub expected_spend: Option<f64>,
    /// What these orders are expected to bring, discounted.
    pub clv: Option<f64>,
    /// Between what limits it will be what they actually bring.
    pub interval: Option<(f64, f64)>,
    /// Between what limits the expectation lies, as far as the parameters of the models are uncertain; nothing where that is not known.
    pub mean: Option<(f64, f64)>,
}

/// What is expected of the orders of customers with one history.
#[derive(Clone, Copy, Debug)]
struct Prospect {
    p_alive: f64,
    /// How many orders are expected, and what they are if those that come later count less.
    expected: f64,
    discounted: f64,
    /// The variance of the logarithm of expected orders as far as parameters are uncertain; no number where that is not known.
    variance: f64,
}

impl Prospect {
    /// What is left of an order's value on average if those that come later count less.
    fn left(&self) -> f64 {
        if self.expected > 0.0 {
            self.discounted / self.expected
        } else {
            1.0
        }
    }
}

impl<'m> Valuation<'m> {
    /// Checks the terms. Where there was nothing to fit a model to, there is none.
    pub fn new(
        purchases: Option<&'m purchases::Model>,
        spend: Option<&'m spend::Model>,
        terms: &Terms,
    ) -> Result<Valuation<'m>> {
        terms.check()?;
        Ok(Valuation {
            purchases,
            spend,
            margin: terms.margin,
            horizon: purchases.map_or(Ok(0.0), |purchases| purchases.horizon(terms.horizon))?,
            discount: purchases.map_or(0.0, |purchases| {
                terms.discount_rate.ln_1p() / purchases.units(terms.discount_period)
            }),
            tail: terms.intervals.then_some(0.5 * (1.0 - terms.confidence)),
            width: normal_quantile(0.5 + 0.5 * terms.confidence),
        })
    }

    /// What each of these customers is worth: in their order, with what each spent in the repeat purchases.
    ///
    /// Limits take some 80 bytes a customer. Customers of one history share them, and those of one number of repeat purchases a table, whatever
    /// order they come in.
    pub fn each(
        &self,
        histories: &[History],
        spenders: &[Spender],
        checkpoint: &mut dyn Checkpoint,
        visit: &mut dyn FnMut(&Value) -> Result<()>,
    ) -> Result<()> {
        /// Customers between two looks at the checkpoint: with models as no data make them, each may take some ten milliseconds.
        const STRIDE: usize = 8;
        let forecasts = Forecasts::of(self, histories, spenders, checkpoint)?;
        for (at, (history, spender)) in histories.iter().zip(spenders).enumerate() {
            if at % STRIDE == 0 {
                checkpoint.pass("valuing", at, histories.len())?;
            }
            let frequency = history.frequency as f64;
            let mut value;
            if let Some(forecasts) = &forecasts {
                let forecast = forecasts.at(at);
                value = self.expected(Some(&forecast.prospect), frequency, spender.value);
                let unit = self.unit(frequency, spender.value);
                let left = forecast.prospect.left();
                let of_money = |total: f64| finite(self.margin * left * total * unit?);
                value.orders = known(forecast.orders);
                value.interval = known(forecast.total).and_then(|(low, high)| of_money(low).zip(of_money(high)));
            } else {
                let customer = history.customer();
                let prospect = self
                    .purchases
                    .map(|purchases| self.prospect(purchases, &customer, &purchases.outlook(&customer)));
                value = self.expected(prospect.as_ref(), frequency, spender.value);
            }
            visit(&value)?;
        }
        Ok(())
    }

    /// What one customer is worth who spent `monetary_value` on average in the repeat purchases: the same as among others.
    pub fn value(&self, customer: &Customer, monetary_value: f64, checkpoint: &mut dyn Checkpoint) -> Result<Value> {
        let history = History {
            frequency: customer.frequency as u64,
            recency: customer.recency,
            age: customer.age,
            weight: 1.0,
            ln_gaps: None,
        };
        let spender = Spender {
            frequency: history.frequency,
            value: monetary_value,
            weight: 1.0,
        };
        let mut found = Value::default();
        self.each(&[history], &[spender], checkpoint, &mut |value| {
            found = *value;
            Ok(())
        })?;
        Ok(found)
    }

    /// What the outlook of a customer by this model says about the orders to come.
    ///
    /// The variance is that of the logarithm of expected orders, from the covariance of the model's parameters.
    fn prospect(&self, purchases: &purchases::Model, customer: &Customer, outlook: &Outlook) -> Prospect {
        let model = &purchases.estimate;
        let (expected, variance) = match self.tail {
            Some(_) => {
                let (orders, slopes) = outlook.expected_orders_with_slopes(&model.values, customer, self.horizon);
                (orders, model.relative_variance(&slopes))
            }
            None => (outlook.expected_orders(self.horizon), None),
        };
        let discounted = match self.discount {
            0.0 => expected,
            discount => outlook.discounted_orders(self.horizon, discount),
        };
        Prospect {
            p_alive: outlook.p_alive(),
            expected,
            discounted,
            variance: variance.unwrap_or(f64::NAN),
        }
    }

    /// Expectations and their limits, without those of what actually comes.
    ///
    /// clv = margin · expected spend · Σ of the orders expected at each time t within the horizon, times (1 + rate)^(−t / period).
    /// The limits of that are those of the delta method for its logarithm: its variance is the sum of those of the logarithms of expected
    /// orders and expected spend, from the covariances of both models' parameters.
    fn expected(&self, prospect: Option<&Prospect>, frequency: f64, monetary_value: f64) -> Value {
        let spend = self
            .spend
            .and_then(|model| model.expected_spend_with_slopes(frequency, monetary_value));
        let expected_spend = spend.map(|spend| spend.0);
        let Some(prospect) = prospect else {
            return Value {
                expected_spend,
                ..Value::default()
            };
        };
        let clv = expected_spend.and_then(|spend| finite(self.margin * spend * prospect.discounted));
        let variances = self.spend.zip(spend).and_then(|(of_spend, (_, slopes))| {
            let orders = Some(prospect.variance).filter(|variance| !variance.is_nan())?;
            Some(orders + of_spend.estimate.relative_variance(&slopes)?)
        });
        let mean = clv.filter(|&clv| clv > 0.0).zip(variances).map(|(clv, variance)| {
            let factor = (self.width * variance.sqrt()).exp();
            (clv / factor, clv * factor)
        });
        Value {
            p_alive: finite(prospect.p_alive),
            expected_orders: finite(prospect.expected),
            expected_spend,
            clv,
            mean: mean.filter(|mean| mean.1.is_finite()),
            ..Value::default()
        }
    }

    /// The unit in which totals of orders are beta prime distributed: v + x z. Nothing without a model of spend.
    fn unit(&self, frequency: f64, monetary_value: f64) -> Option<f64> {
        let [_, _, v] = self.spend?.estimate.values;
        Some(if is_known(frequency, monetary_value) {
            v + frequency * monetary_value
        } else {
            v
        })
    }
}

/// Whether repeat purchases say something about spend.
fn is_known(frequency: f64, monetary_value: f64) -> bool {
    frequency > 0.0 && monetary_value > 0.0
}

/// Limits that are numbers.
fn known((low, high): (f64, f64)) -> Option<(f64, f64)> {
    (low.is_finite() && high.is_finite()).then_some((low, high))
}

/// A number that is one.
fn finite(x: f64) -> Option<f64> {
    Some(x).filter(|x| x.is_finite())
}
