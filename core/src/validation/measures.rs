//! How far what is predicted is from what came.

use crate::amount::{Amount, Sum};
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::rank::{correlation, middle_ranks};

/// Numbers predicted for customers beside those that came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accuracy {
    /// How many customers there are.
    pub customers: usize,
    /// What is predicted for all of them.
    pub predicted: f64,
    /// What came.
    pub actual: f64,
    /// Their mean absolute difference.
    pub mae: f64,
    /// The root of their mean squared difference.
    pub rmse: f64,
    /// Spearman's correlation of the two; nothing where either is the same for all.
    pub rank_correlation: Option<f64>,
}

impl Accuracy {
    /// By how much too much was predicted, as a share of what came; nothing where nothing came, or less.
    pub fn bias(&self) -> Option<f64> {
        (self.actual > 0.0).then(|| self.predicted / self.actual - 1.0)
    }

    /// Compares for these customers, one at least, what is predicted with what came.
    pub(super) fn of(
        customers: &[u32],
        predicted: impl Fn(usize) -> f64,
        actual: impl Fn(usize) -> f64,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Accuracy> {
        let all = customers.iter().map(|&at| at as usize);
        let ranks = [
            middle_ranks(all.clone().map(&predicted), |_| 1.0, checkpoint)?,
            middle_ranks(all.clone().map(&actual), |_| 1.0, checkpoint)?,
        ];
        let wrong = all.clone().map(|at| (predicted(at) - actual(at)).abs());
        // In units of the largest, squares of any numbers are within numbers.
        let most = wrong.clone().fold(0.0, f64::max);
        let unit = if most > 0.0 { most } else { 1.0 };
        Ok(Accuracy {
            customers: customers.len(),
            predicted: total(all.clone().map(&predicted))?,
            actual: total(all.clone().map(&actual))?,
            mae: unit * mean(wrong.clone().map(|wrong| wrong / unit)),
            rmse: unit * mean(wrong.map(|wrong| (wrong / unit).powi(2))).sqrt(),
            rank_correlation: correlation((0..customers.len()).map(|at| (ranks[0][at], ranks[1][at], 1.0))),
        })
    }
}

/// The sum of numbers, exact for short decimals such as amounts of money, and compensated for others; NaN where one is none.
pub(super) fn total(numbers: impl Iterator<Item = f64>) -> Result<f64> {
    let mut sum = Sum::default();
    for number in numbers {
        match Amount::from_f64(number) {
            Some(amount) => sum.add(amount),
            None => return Ok(f64::NAN),
        }
    }
    sum.value()
}

/// The mean of some numbers, one at least.
pub(super) fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = numbers.len() as f64;
    numbers.fold(0.0, |sum, number| sum + number) / n
}
