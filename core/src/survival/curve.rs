//! The share for whom it has not come yet.

use super::Waits;
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::estimate::Confidence;

/// Times between two looks at the checkpoint.
const STRIDE: usize = 1 << 12;

/// A time at which it came for somebody.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Days since the waiting began.
    pub days: f64,
    /// Customers who were still waited for then.
    pub at_risk: u64,
    /// Those of them for whom it came.
    pub events: u64,
    /// The share for whom it has not come by the end of that day.
    pub survival: f64,
    /// Between what limits that share lies.
    pub low: f64,
    /// The upper one.
    pub high: f64,
}

/// Visits the steps of the curve (E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", JASA 53, 1958), from the
/// first one on. Limits are Greenwood's on the scale of log(−log), which keeps them between 0 and 1 (J. D. Kalbfleisch and R. L. Prentice, "The
/// Statistical Analysis of Failure Time Data", 1980); at 0 they are 0.
pub fn curve(
    waits: &Waits,
    confidence: Confidence,
    checkpoint: &mut dyn Checkpoint,
    mut visit: impl FnMut(&Point) -> Result<()>,
) -> Result<()> {
    let (mut survival, mut variance) = (1.0f64, 0.0);
    for (step, time) in waits.times().enumerate() {
        if step.is_multiple_of(STRIDE) {
            checkpoint.pass("estimating", 0, 0)?;
        }
        if time.events == 0 {
            continue;
        }
        let (at_risk, events) = (time.at_risk as f64, time.events as f64);
        survival *= (at_risk - events) / at_risk;
        variance += events / (at_risk * (at_risk - events));
        let (low, high) = if survival > 0.0 {
            let wide = confidence.z() * variance.sqrt() / survival.ln();
            (survival.powf((-wide).exp()), survival.powf(wide.exp()))
        } else {
            (0.0, 0.0)
        };
        visit(&Point {
            days: time.time as f64 * waits.days,
            at_risk: time.at_risk,
            events: time.events,
            survival,
            low: low.min(survival),
            high: high.max(survival),
        })?;
    }
    Ok(())
}
