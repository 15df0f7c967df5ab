//! Rules of thumb, which need no model: what does not beat them is not worth having.

use super::measures::total;
use super::trial::{Outcome, Trial};
use crate::checkpoint::{Checkpoint, vec_with_capacity};
use crate::error::Result;

/// What somebody without a model says of orders and of revenue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Repeat purchases go on at the rate since the first one, each worth what they were.
    SameRate,
    /// As many repeat purchases as in a time as long before, and as much revenue.
    SameAgain,
    /// The mean of these for everybody.
    MeanOfAll,
    /// Nobody comes.
    Nobody,
}

impl Rule {
    /// All of them.
    pub const ALL: [Rule; 4] = [Rule::SameRate, Rule::SameAgain, Rule::MeanOfAll, Rule::Nobody];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Rule::SameRate => "same rate",
            Rule::SameAgain => "same again",
            Rule::MeanOfAll => "mean of all",
            Rule::Nobody => "nobody",
        }
    }

    /// What it says of each customer: the number that `of` takes.
    pub(super) fn predict(
        self,
        trial: &Trial,
        of: fn(&Outcome) -> f64,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Vec<f64>> {
        let n = trial.histories().len();
        let mean = match self {
            Rule::MeanOfAll => total(trial.before().iter().map(of))? / n.max(1) as f64,
            _ => 0.0,
        };
        let mut all = vec_with_capacity(n, checkpoint)?;
        all.extend((0..n).map(|at| match self {
            Rule::SameRate => of(&same_rate(trial, at)),
            Rule::SameAgain => of(&trial.before()[at]),
            Rule::MeanOfAll | Rule::Nobody => mean,
        }));
        Ok(all)
    }
}

fn same_rate(trial: &Trial, at: usize) -> Outcome {
    let history = &trial.histories()[at];
    let orders = match history.age {
        0.0 => 0.0,
        age => history.frequency as f64 / age * trial.horizon(),
    };
    Outcome {
        orders,
        revenue: orders * trial.spenders()[at].value,
    }
}
