//! Orders predicted, beside those that came.

use super::Prediction;
use super::measures::{Accuracy, mean};
use super::rules::Rule;
use super::trial::{STRIDE, Trial};
use crate::checkpoint::{Checkpoint, vec_with_capacity};
use crate::error::Result;
use crate::purchases::Model;

/// The orders that somebody predicts for each customer.
#[derive(Clone, Debug)]
pub struct Orders {
    method: &'static str,
    orders: Vec<f64>,
    /// The probability of any; nothing where the method does not say.
    active: Option<Vec<f64>>,
}

/// Orders beside those that came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrdersComparison {
    /// How many, and how far off.
    pub accuracy: Accuracy,
    /// The share of customers predicted to make any purchase.
    pub predicted_active: Option<f64>,
    /// The share of those who did.
    pub actual_active: f64,
}

impl Orders {
    /// What a model predicts.
    pub fn by_model(trial: &Trial, model: &Model, checkpoint: &mut dyn Checkpoint) -> Result<Orders> {
        let n = trial.histories().len();
        let mut orders = vec_with_capacity(n, checkpoint)?;
        let mut active = vec_with_capacity(n, checkpoint)?;
        for (at, history) in trial.histories().iter().enumerate() {
            if at % STRIDE == 0 {
                checkpoint.pass("predicting", at, n)?;
            }
            let outlook = model.outlook(&history.customer());
            orders.push(outlook.expected_orders(trial.horizon()));
            active.push(1.0 - outlook.p_no_order(trial.horizon()));
        }
        Ok(Orders {
            method: model.family.name(),
            orders,
            active: Some(active),
        })
    }

    /// What a rule of thumb predicts.
    pub fn by_rule(trial: &Trial, rule: Rule, checkpoint: &mut dyn Checkpoint) -> Result<Orders> {
        Ok(Orders {
            method: rule.name(),
            orders: rule.predict(trial, |outcome| outcome.orders, checkpoint)?,
            active: None,
        })
    }
}

impl Prediction for Orders {
    type Comparison = OrdersComparison;

    fn method(&self) -> &'static str {
        self.method
    }

    fn values(&self) -> &[f64] {
        &self.orders
    }

    fn compare_some(
        &self,
        trial: &Trial,
        customers: &[u32],
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<OrdersComparison> {
        let all = customers.iter().map(|&at| at as usize);
        let orders = |at: usize| trial.after()[at].orders;
        let active = self.active.as_ref();
        Ok(OrdersComparison {
            accuracy: Accuracy::of(customers, |at| self.orders[at], orders, checkpoint)?,
            predicted_active: active.map(|active| mean(all.clone().map(|at| active[at]))),
            actual_active: mean(all.map(|at| f64::from(u8::from(orders(at) > 0.0)))),
        })
    }
}
