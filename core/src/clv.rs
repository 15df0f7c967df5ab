//! Customer lifetime value: what a customer's orders within a horizon are expected to bring.

use crate::calendar::DAY;
use crate::error::{Error, Result, spelled};
use crate::purchases::{self, Customer};
use crate::special::normal_quantile;
use crate::spend;

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
    /// The confidence of intervals.
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
        if !(confidence > 0.0 && confidence < 1.0) {
            return Err(
                Error::invalid("confidence must be between 0 and 1").detail(format!("It is {}.", spelled(confidence)))
            );
        }
        Ok(())
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
    /// Half the width of intervals, in standard errors.
    width: f64,
}

/// What a customer is worth, as far as there are models that say so.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Value {
    /// The probability that the customer is still there.
    pub p_alive: Option<f64>,
    /// The expected number of orders within the horizon.
    pub expected_orders: Option<f64>,
    /// The expected value of an order.
    pub expected_spend: Option<f64>,
    /// What these orders bring, discounted.
    pub clv: Option<f64>,
    /// Between what limits that lies, as far as the parameters of the models are uncertain; nothing where that is not known.
    pub interval: Option<(f64, f64)>,
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
            width: normal_quantile(0.5 + 0.5 * terms.confidence),
        })
    }

    /// What a customer is worth who spent `monetary_value` on average in the repeat purchases.
    ///
    /// clv = margin · expected spend · Σ of the orders expected at each time t within the horizon, times (1 + rate)^(−t / period).
    /// The interval is that of the delta method for its logarithm: its variance is the sum of those of the logarithms of expected orders
    /// and expected spend, from the covariances of both models' parameters.
    pub fn value(&self, customer: &Customer, monetary_value: f64) -> Value {
        let spend = self
            .spend
            .and_then(|model| model.expected_spend_with_slopes(customer.frequency, monetary_value));
        let expected_spend = spend.map(|spend| spend.0);
        let Some(purchases) = self.purchases else {
            return Value {
                expected_spend,
                ..Value::default()
            };
        };
        let model = &purchases.estimate;
        let outlook = purchases.outlook(customer);
        let (expected_orders, order_slopes) =
            outlook.expected_orders_with_slopes(&model.values, customer, self.horizon);
        let orders = match self.discount {
            0.0 => expected_orders,
            discount => outlook.discounted_orders(self.horizon, discount),
        };
        let clv = expected_spend.and_then(|spend| finite(self.margin * spend * orders));
        let variances = self.spend.zip(spend).and_then(|(of_spend, (_, slopes))| {
            let orders = model.relative_variance(&order_slopes)?;
            Some(orders + of_spend.estimate.relative_variance(&slopes)?)
        });
        let interval = clv.filter(|&clv| clv > 0.0).zip(variances).map(|(clv, variance)| {
            let factor = (self.width * variance.sqrt()).exp();
            (clv / factor, clv * factor)
        });
        Value {
            p_alive: finite(outlook.p_alive()),
            expected_orders: finite(expected_orders),
            expected_spend,
            clv,
            interval: interval.filter(|interval| interval.1.is_finite()),
        }
    }
}

/// A number that is one.
fn finite(x: f64) -> Option<f64> {
    Some(x).filter(|x| x.is_finite())
}
