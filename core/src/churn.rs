//! Who is about to leave: the probability of no order within a horizon, in bands.

use crate::error::{Error, Result};

/// How likely it is that a customer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Risk {
    /// Below the first limit.
    Low,
    /// Between the limits.
    Medium,
    /// From the second limit on.
    High,
}

impl Risk {
    /// All of them.
    pub const ALL: [Risk; 3] = [Risk::Low, Risk::Medium, Risk::High];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Risk::Low => "low",
            Risk::Medium => "medium",
            Risk::High => "high",
        }
    }
}

/// From which churn probability on a risk is medium, and high.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bands {
    /// The first limit.
    pub medium_from: f64,
    /// The second.
    pub high_from: f64,
}

impl Bands {
    /// Checks that the limits ascend within 0 and 1.
    pub fn new(medium_from: f64, high_from: f64) -> Result<Bands> {
        if 0.0 <= medium_from && medium_from <= high_from && high_from <= 1.0 {
            return Ok(Bands { medium_from, high_from });
        }
        Err(Error::invalid("limits of risk must ascend between 0 and 1")
            .detail(format!("medium_from is {medium_from}, and high_from {high_from}.")))
    }

    /// The risk at a churn probability.
    pub fn risk(&self, churn_probability: f64) -> Risk {
        if churn_probability < self.medium_from {
            Risk::Low
        } else if churn_probability < self.high_from {
            Risk::Medium
        } else {
            Risk::High
        }
    }
}

impl Default for Bands {
    /// About a third and two thirds.
    fn default() -> Bands {
        Bands {
            medium_from: 0.33,
            high_from: 0.67,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_belong_to_the_band_above() {
        let bands = Bands::new(0.25, 0.5).unwrap();
        let risks = [0.0, 0.25, 0.5, 1.0].map(|p| bands.risk(p));
        assert_eq!(risks, [Risk::Low, Risk::Medium, Risk::High, Risk::High]);
        for (medium, high) in [(0.5, 0.4), (-0.1, 0.5), (0.1, 1.1), (f64::NAN, 0.5), (0.1, f64::NAN)] {
            let error = Bands::new(medium, high).unwrap_err();
            assert_eq!(error.message(), "limits of risk must ascend between 0 and 1");
            let detail = format!("medium_from is {medium}, and high_from {high}.");
            assert_eq!(error.detail_text(), Some(detail.as_str()));
        }
    }
}
