//! Whether models would have been right: fit to what came before a day, predict what came after it, and compare.
//!
//! Orders, revenue and churn are predicted by a model and by rules of thumb, and compared on one road: for all customers, and for tenths of
//! them by what is predicted.

mod churn;
mod measures;
mod money;
mod purchases;
mod rules;
mod trial;

pub use churn::{Churn, ChurnComparison};
pub use measures::Accuracy;
pub use money::{Revenue, RevenueComparison};
pub use purchases::{Orders, OrdersComparison};
pub use rules::Rule;
pub use trial::{Outcome, Trial, check_split};

use crate::checkpoint::{Checkpoint, vec_with_capacity};
use crate::error::Result;
use crate::rank::ascending;

/// How many groups customers are put into.
const TENTHS: usize = 10;

/// Something predicted for each customer of a trial.
pub trait Prediction {
    /// How it compares to what came.
    type Comparison;

    /// Who predicts: a model, or a rule of thumb.
    fn method(&self) -> &'static str;

    /// What is predicted, by which customers are ranked.
    fn values(&self) -> &[f64];

    /// The prediction beside what came, for some customers, one at least.
    fn compare_some(
        &self,
        trial: &Trial,
        customers: &[u32],
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Self::Comparison>;

    /// The prediction beside what came, for all customers.
    fn compare(&self, trial: &Trial, checkpoint: &mut dyn Checkpoint) -> Result<Self::Comparison> {
        let n = self.values().len();
        let mut all: Vec<u32> = vec_with_capacity(n, checkpoint)?;
        all.extend(0..n as u32);
        self.compare_some(trial, &all, checkpoint)
    }

    /// The same for tenths of the customers, numbered from 1 with the least predicted to 10 with the most; equal ones in the order of their
    /// keys. Fewer than ten customers do not fill all, and where all are predicted the same there are none.
    fn compare_tenths(&self, trial: &Trial, checkpoint: &mut dyn Checkpoint) -> Result<Vec<(usize, Self::Comparison)>> {
        let customers = ranked(self.values(), checkpoint)?;
        (1..=TENTHS)
            .map(|number| (number, tenth(&customers, number)))
            .filter(|(_, customers)| !customers.is_empty())
            .map(|(number, customers)| Ok((number, self.compare_some(trial, customers, checkpoint)?)))
            .collect()
    }
}

/// The places of values that ascend; none where all are the same.
fn ranked(values: &[f64], checkpoint: &mut dyn Checkpoint) -> Result<Vec<u32>> {
    let order = ascending(values.iter().copied(), checkpoint)?;
    if order.first().map(|row| row.0) == order.last().map(|row| row.0) {
        return Ok(Vec::new());
    }
    let mut places = vec_with_capacity(order.len(), checkpoint)?;
    places.extend(order.iter().map(|row| row.1));
    Ok(places)
}

/// The tenth of a list with this number, from 1 on.
fn tenth<T>(list: &[T], number: usize) -> &[T] {
    let end = |number: usize| number * list.len() / TENTHS;
    &list[end(number - 1)..end(number)]
}
