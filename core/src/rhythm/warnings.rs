//! What makes typical gaps doubtful.

use super::typical::Rhythm;
use crate::warning::Warning;

/// A history of fewer typical gaps holds short gaps only. That of Online Retail holds nine, and its typical gap still grew in the last months.
const SHORT: f64 = 6.0;

/// With fewer customers who have gaps, the typical gap is known to a sixth at best, since gaps differ by a factor of e and more.
const FEW: u64 = 30;

/// Models of purchases take them to come at random, which is a regularity of 1; from 1.5 on chances are seen to be off.
const REGULAR: f64 = 1.5;

impl Rhythm {
    /// What makes the typical gaps of customers doubtful; nothing where there are no customers.
    pub fn warnings(&self) -> Vec<Warning> {
        if self.customers == 0 {
            return Vec::new();
        }
        if self.gaps == 0 {
            return vec![Warning {
                headline: "no customer has bought again",
                facts: "no customer has bought again: nothing tells how long a gap is, and all customers are new"
                    .to_owned(),
                advice: "Collect orders over a longer time.".to_owned(),
            }];
        }
        [self.warning_of_history(), self.warning_of_few()]
            .into_iter()
            .flatten()
            .collect()
    }

    /// What makes models of purchases doubtful that take them to come at random.
    pub fn warning_of_regularity(&self) -> Option<Warning> {
        let regularity = self.regularity.filter(|&regularity| regularity > REGULAR)?;
        Some(Warning {
            headline: "purchases are more regular than the models of purchases assume",
            facts: format!(
                "purchases are more regular than the models of purchases assume: regularity is {regularity:.2}, and 1 where they come at random"
            ),
            advice: "Fit mbg/cnbd-k, which is made for regular buyers.".to_owned(),
        })
    }

    fn warning_of_history(&self) -> Option<Warning> {
        let (typical, history) = (self.typical?.days(), self.history_days?);
        (history < SHORT * typical).then(|| Warning {
            headline: "longer gaps could not be seen yet",
            facts: format!(
                "longer gaps could not be seen yet: typical gaps will grow, since {history:.0} days are fewer than {SHORT} gaps of {typical:.1} days"
            ),
            advice: "Collect orders over a longer time, or take stages for those of a young shop: customers are lost in them who are only slow."
                .to_owned(),
        })
    }

    fn warning_of_few(&self) -> Option<Warning> {
        let few = self.customers_with_gaps;
        (few < FEW).then(|| Warning {
            headline: "few customers have bought again",
            facts: format!(
                "only {few} of {} customers bought again: typical gaps are rough below {FEW}",
                self.customers
            ),
            advice: "Collect orders over a longer time.".to_owned(),
        })
    }
}
