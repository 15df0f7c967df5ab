//! The histories of all customers, from an order log or row by row.

use super::Customer;
use crate::checkpoint::{Checkpoint, push};
use crate::customers::{self, Observation};
use crate::error::Result;
use crate::order_log::OrderLog;
use crate::summary::{Row, checked_weight};

/// What models know of a customer, or of several customers with the same history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct History {
    /// Repeat purchases.
    pub frequency: u64,
    /// Age at the last purchase.
    pub recency: f64,
    /// Age at the end of observation.
    pub age: f64,
    /// How many customers have it.
    pub weight: f64,
}

impl History {
    /// A history with a weight, checked.
    pub fn new(frequency: i64, recency: f64, age: f64, weight: f64) -> Result<History> {
        Customer::new(frequency, recency, age)?;
        // Minus zero is zero.
        Ok(History {
            frequency: frequency as u64,
            recency: recency + 0.0,
            age: age + 0.0,
            weight: checked_weight(weight)?,
        })
    }

    /// The customer.
    pub fn customer(&self) -> Customer {
        Customer {
            frequency: self.frequency as f64,
            recency: self.recency,
            age: self.age,
        }
    }
}

impl Row<4> for History {
    fn bits(&self) -> [u64; 4] {
        [
            self.frequency,
            self.recency.to_bits(),
            self.age.to_bits(),
            self.weight.to_bits(),
        ]
    }

    fn of_bits([frequency, recency, age, weight]: [u64; 4]) -> Result<History> {
        let frequency = i64::try_from(frequency).unwrap_or(-1);
        History::new(
            frequency,
            f64::from_bits(recency),
            f64::from_bits(age),
            f64::from_bits(weight),
        )
    }
}

/// The histories of the customers in a log who have placed an order, in the order of their keys. Each of these customers is also shown to
/// `visit`.
pub fn of_log(
    log: &OrderLog<'_>,
    observation: &Observation,
    checkpoint: &mut dyn Checkpoint,
    visit: &mut dyn FnMut(&customers::Customer<'_>, &mut dyn Checkpoint) -> Result<()>,
) -> Result<Vec<History>> {
    let mut histories = Vec::new();
    customers::each(log, observation, checkpoint, &mut |customer, checkpoint| {
        let Some(purchases) = customer.purchases else {
            return Ok(());
        };
        let recency = purchases.recency.max(0.0);
        let history = History {
            frequency: purchases.frequency,
            recency,
            // Where a zone's clocks go back over midnight, a day may begin before the one before it.
            age: purchases.age.max(recency),
            weight: 1.0,
        };
        push(&mut histories, history, checkpoint)?;
        visit(&customer, checkpoint)
    })?;
    Ok(histories)
}
