//! What makes the predictions of a model doubtful, by the numbers that it holds.

use super::{Customer, Family, Model};
use crate::calendar::DAY;
use crate::error::spelled;
use crate::estimate::Status;
use crate::warning::Warning;

/// With fewer customers who have bought again, models warn: how often they buy is then known to a tenth at best.
const FEW: f64 = 100.0;

/// Customers older than this share of the time observed were there in its first tenth.
pub(super) const EARLY: f64 = 0.9;

/// If more than one in so many customers was there so early, models warn. Where customers come evenly it is one in ten; one in three is a
/// table that begins in the middle of the business, or a cohort.
const ONE_IN: f64 = 3.0;

/// Horizons longer than this share of the time observed are far: on CDNOW, forecasts up to there were off by 8 % at most, and by 12 to 19 %
/// beyond.
const FAR: f64 = 0.5;

/// If leaving costs less than this share of the orders of a new customer within the time observed, models warn: no forecast is so near
/// that it would show.
const LOYAL: f64 = 0.01;

/// Which parameter makes customers leave, in all models; where it goes to 0, nobody does.
const LEAVING: usize = 2;

/// What is next to nothing beside any value of that parameter.
const HARDLY: f64 = 1e-9;

impl Model {
    /// What makes all its predictions doubtful; nothing of a model that was given and not fitted, because the data are not known.
    pub fn warnings(&self) -> Vec<Warning> {
        if self.estimate.status == Status::Given {
            return Vec::new();
        }
        let few = self.warning_of_few();
        let none = self.repeat_customers == 0.0;
        let loyal = if none { None } else { self.warning_of_loyalty() };
        [few, self.warning_of_early(), loyal].into_iter().flatten().collect()
    }

    fn warning_of_few(&self) -> Option<Warning> {
        let repeat = self.repeat_customers;
        if repeat == 0.0 {
            return Some(Warning {
                headline: "no customer has bought again",
                facts: "no customer has bought again: nothing tells how often customers buy, or when they leave"
                    .to_owned(),
                advice: "Collect orders over a longer time, or take a model of more customers.".to_owned(),
            });
        }
        (repeat < FEW).then(|| Warning {
            headline: "few customers have bought again",
            facts: format!(
                "only {repeat} of {} customers bought again: parameters are rough below {FEW}",
                spelled(self.estimate.customers)
            ),
            advice: "Collect orders over a longer time, or take a model of more customers.".to_owned(),
        })
    }

    fn warning_of_early(&self) -> Option<Warning> {
        let observed = self.observed?;
        let (early, customers) = (self.early_customers, self.estimate.customers);
        // Where nobody came later, they were chosen by their first order.
        (early < customers && early * ONE_IN > customers).then(|| Warning {
            headline: "many customers were there from the beginning",
            facts: format!(
                "{} of {} customers placed their first order in the first tenth of the {} observed",
                spelled(early),
                spelled(customers),
                self.days(observed)
            ),
            advice: "If they were chosen by their first order, nothing is wrong. If their orders from before are missing, collect them, \
                     or expect fewer orders than are forecast."
                .to_owned(),
        })
    }

    fn warning_of_loyalty(&self) -> Option<Warning> {
        let observed = self.observed?;
        let mut staying = self.clone();
        staying.estimate.values[LEAVING] *= HARDLY;
        let orders = |model: &Model| model.outlook(&Customer::NEW).expected_orders(observed);
        let lost = 1.0 - orders(self) / orders(&staying);
        (lost < LOYAL).then(|| Warning {
            headline: "the model expects hardly anybody to leave",
            facts: format!(
                "by {}, leaving costs a new customer {} % of the orders within {}, and p_alive is near 1 for all",
                self.family.name(),
                spelled((lost.max(0.0) * 1e4).round() / 100.0),
                self.days(observed)
            ),
            advice: "Customers may be loyal, or seen too briefly to tell: long horizons then promise too much."
                .to_owned(),
        })
    }

    /// What makes predictions as far ahead as `horizon`, in microseconds, doubtful. Nothing where nobody knows how long customers were
    /// observed.
    pub fn warning_of_horizon(&self, horizon: i64) -> Option<Warning> {
        let observed = self.observed?;
        let ahead = self.units(horizon);
        (ahead > observed * FAR).then(|| Warning {
            headline: "the horizon is longer than half of the time observed",
            facts: format!(
                "the horizon is {}, and no customer was observed for longer than {}",
                self.days(ahead),
                self.days(observed)
            ),
            advice: format!(
                "Ask for {} at most, or see what such a forecast would have been worth by validate_purchases.",
                self.days(observed * FAR)
            ),
        })
    }

    /// What makes it doubtful who has left.
    pub fn warning_of_churn(&self) -> Option<Warning> {
        (self.family == Family::Bg).then(|| Warning {
            headline: "bg/nbd is no model of who leaves",
            facts: "by bg/nbd, customers with one purchase are there for ever: for churn, use another model".to_owned(),
            advice: "Use mbg/nbd, mbg/cnbd-k or pareto/nbd.".to_owned(),
        })
    }

    /// How long the oldest customer was observed, in microseconds, if that is known.
    pub fn observed_length(&self) -> Option<i64> {
        // What is longer than can be counted is as long as can be.
        self.observed
            .map(|observed| (observed * self.time_unit as f64).round() as i64)
    }

    /// A time of the model, as it is told.
    fn days(&self, time: f64) -> String {
        let days = time * (self.time_unit as f64 / DAY as f64);
        let (n, unit) = if days < 1.0 {
            (days * 24.0, "hours")
        } else {
            (days, "days")
        };
        format!("{} {unit}", spelled((n * 100.0).round() / 100.0))
    }
}
