//! How many orders there may be, number by number.

use crate::error::{Error, Result, spelled};

/// Checks the confidence of limits.
pub fn check_confidence(confidence: f64) -> Result<()> {
    if confidence > 0.0 && confidence < 1.0 {
        return Ok(());
    }
    Err(Error::invalid("confidence must be between 0 and 1").detail(format!("It is {}.", spelled(confidence))))
}

/// The probabilities of 0, 1, 2, … orders: room that is used again for one customer after the other.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub(super) probabilities: Vec<f64>,
}

impl Counts {
    /// The probabilities; what is left of 1 are those of more orders.
    pub fn probabilities(&self) -> &[f64] {
        &self.probabilities
    }

    /// Between what limits the number of orders is: with this probability at most it is less than the first, and with the same at most it is more
    /// than the second. Nothing where more is left than that.
    pub fn limits(&self, tail: f64) -> Option<(f64, f64)> {
        let mut below = 0.0;
        let mut low = None;
        for (n, p) in self.probabilities.iter().enumerate() {
            below += p;
            if low.is_none() && below >= tail {
                low = Some(n as f64);
            }
            if 1.0 - below <= tail {
                return low.map(|low| (low, n as f64));
            }
        }
        None
    }
}
