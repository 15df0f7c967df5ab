//! What makes the predictions of a model doubtful, by the numbers that it holds.

use super::Model;
use crate::error::spelled;
use crate::estimate::Status;
use crate::warning::Warning;

/// With fewer customers, models warn: what an order is worth is then known to a tenth at best.
const FEW: f64 = 100.0;

/// From this rank correlation of frequency and spend on, models warn: below, their dependence is slight by any rule of thumb.
const DEPENDENT: f64 = 0.3;

/// And only if it would be as strong by chance less often than this.
const CHANCE: f64 = 0.01;

impl Model {
    /// What makes all its predictions doubtful; nothing of a model that was given and not fitted, because the data are not known.
    pub fn warnings(&self) -> Vec<Warning> {
        if self.estimate.status == Status::Given {
            return Vec::new();
        }
        let few = self.warning_of_few();
        few.into_iter().chain(self.warning_of_dependence()).collect()
    }

    fn warning_of_few(&self) -> Option<Warning> {
        let customers = self.estimate.customers;
        (customers < FEW).then(|| Warning {
            headline: "few customers tell what they spend",
            facts: format!(
                "only {customers} of {} customers spent something again: parameters are rough below {FEW}",
                spelled(customers + self.left_out)
            ),
            advice: "Collect orders over a longer time, or take a model of more customers.".to_owned(),
        })
    }

    fn warning_of_dependence(&self) -> Option<Warning> {
        let (rho, p_value) = self.rank_correlation.zip(self.independence_p_value)?;
        (rho.abs() >= DEPENDENT && p_value < CHANCE).then(|| Warning {
            headline: "spend depends on frequency",
            facts: format!(
                "frequency and spend depend on each other (rank correlation {rho:.2}), which the model takes to be independent"
            ),
            advice: "Fit groups of customers who are more alike, each by itself.".to_owned(),
        })
    }
}
