//! How long customers wait between purchases, and in which stage of life each of them is.
//!
//! The gaps of one customer are few and far apart: the last gap foretells the next one badly, and so does their median. So the typical gap of
//! a customer is a credibility mean of the logarithms of all own gaps with those of everybody (H. Bühlmann and E. Straub, "Glaubwürdigkeit für
//! Schadensätze", 1970), and stages are told in multiples of it: no number of days suits all customers, or all shops.

mod gaps;
mod lifecycle;
mod spread;
mod typical;
mod warnings;

pub use gaps::{OrderGaps, Quantiles, purchase_gaps};
pub use lifecycle::{Life, Limits, Stage, lifecycle};
pub use typical::{Rhythm, Typical, rhythm};

use crate::calendar::{DAY, length};
use std::sync::LazyLock;

/// The logarithms of whole numbers of days, for as many as most gaps have: nearly three years.
static LOGARITHMS: LazyLock<[f64; 1 << 10]> = LazyLock::new(|| std::array::from_fn(|days| (days as f64).ln()));

/// The logarithm of a gap in days.
#[inline]
fn ln_days(days: f64) -> f64 {
    let whole = days as usize;
    if whole < LOGARITHMS.len() && whole as f64 == days {
        LOGARITHMS[whole]
    } else {
        days.ln()
    }
}

/// Days of 24 hours from one time to another.
#[inline]
fn days(from: i64, to: i64) -> f64 {
    length(from, to) / DAY as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_those_of_the_gap() {
        for days in [1.0, 2.0, 1_023.0, 1_024.0, 1e6, 0.5, 1.5, 1e-11, 1e8] {
            assert_eq!(ln_days(days), days.ln());
        }
    }
}
