//! Seasons and forecasts: what the orders of a log amount to period by period, what of it is due to the time of the year, the week or the day,
//! and what comes next.
//!
//! A [`Series`] is read from a log; everything else goes by its values. [`seasonality`] has an index for each place of a season, [`decompose`] a
//! trend, a season that may change, and the rest; [`forecast`] goes on with it, by [exponential smoothing](ets), the [theta](Theta) model
//! or the last round, and [`validate`](validate::validate) tells how that would have gone.

mod decompose;
pub mod ets;
mod forecast;
mod index;
mod place;
mod seasonal;
mod series;
mod theta;
pub mod validate;

pub use decompose::{Decomposition, Smoothing, decompose};
pub use forecast::{Forecaster, MOST_HORIZON, MOST_SEASON, Step, forecast};
pub use index::Method;
pub use place::By;
pub use seasonal::{Place, Seasonality, seasonality};
pub use series::{Grain, MOST_PERIODS, Measure, Series, Span};
pub use theta::Theta;
pub use validate::MOST_ORIGINS;

use crate::error::{Error, Result};

/// The power of two that brings values to the size of 1, so that squares of the largest numbers are numbers; 1 where all are 0. Nothing is
/// rounded by it.
fn unit(values: &[f64]) -> f64 {
    let most = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    match libm::frexp(most) {
        (0.0, _) => 1.0,
        (_, exponent) => libm::scalbn(1.0, exponent - 1),
    }
}

/// Whether all values are the same.
fn all_equal(values: &[f64]) -> bool {
    values.windows(2).all(|two| two[0] == two[1])
}

/// The open places of a season of m periods that begins with the first value: those with a value that is not 0. All are open where there are
/// fewer than two rounds to tell by.
fn open_places(values: &[f64], m: usize) -> Vec<bool> {
    let known = values.len() >= 2 * m;
    (0..m)
        .map(|place| !known || values.iter().skip(place).step_by(m).any(|&value| value != 0.0))
        .collect()
}

/// That a season of m periods goes by twice in a series.
fn two_rounds(series: &Series, m: usize) -> Result<()> {
    let n = series.values.len();
    if n >= 2 * m {
        return Ok(());
    }
    let grain = series.grain.name();
    let (are, whole) = match n {
        1 => ("is", grain.to_owned()),
        _ => ("are", format!("{grain}s")),
    };
    Err(Error::invalid("a season needs two whole rounds")
        .detail(format!(
            "A season of {m} {grain}s needs {}, and there {are} {n} whole {whole}.",
            2 * m
        ))
        .hint("Take a shorter season, or more of the log."))
}
