//! What comes next.

use super::{Theta, all_equal, ets, open_places, unit};
use crate::checkpoint::{Checkpoint, vec_with_capacity};
use crate::choice::choose;
use crate::error::{Error, Kind, Result};

/// The most periods ahead.
pub const MOST_HORIZON: usize = 10_000;

/// The most periods of a season that a forecast is made with: a model has a state for each of them.
pub const MOST_SEASON: usize = 366;

/// Fewer values than this say nothing of how sure a forecast is.
const FEWEST: usize = 4;

/// A way to forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forecaster {
    /// Exponential smoothing, the model chosen by AICc.
    Ets,
    /// The optimised theta model.
    Theta,
    /// What was a season ago.
    SeasonalNaive,
    /// What was last.
    Naive,
}

impl Forecaster {
    /// The way a word stands for; the last value alone is there to compare with.
    pub fn parse(word: &str) -> Result<Forecaster> {
        let words = [Forecaster::Ets, Forecaster::Theta, Forecaster::SeasonalNaive];
        choose("method", word, &words.map(|way| (way.name(), way)))
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Forecaster::Ets => "ets",
            Forecaster::Theta => "theta",
            Forecaster::SeasonalNaive => "seasonal naive",
            Forecaster::Naive => "naive",
        }
    }
}

/// What is expected of a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The forecast.
    pub point: f64,
    /// Where the actual value will lie; nothing where there are too few values to tell.
    pub limits: Option<(f64, f64)>,
}

impl Step {
    fn certain(point: f64) -> Step {
        Step {
            point,
            limits: Some((point, point)),
        }
    }

    fn around((point, deviation): (f64, f64), z: f64) -> Step {
        Step {
            point,
            limits: Some((point - z * deviation, point + z * deviation)),
        }
    }
}

/// What is expected of the next `horizon` periods of a series with seasons of m periods, with limits z standard deviations away.
///
/// Places of the season at which every value is 0 are closed: they are left out before, whatever the way, and forecast as 0 with limits 0; the
/// season is so much shorter then. A series that never was below 0 is not forecast to be. Without two rounds there is no season, and with fewer
/// than four values the forecast is the last one.
///
/// # Errors
/// Forecasts out of range.
pub fn forecast(
    values: &[f64],
    m: usize,
    way: Forecaster,
    horizon: usize,
    z: f64,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<Step>> {
    let n = values.len();
    let open = open_places(values, m);
    let is_open = |t: usize| open[t % m];
    let kept: Vec<f64> = (0..n).filter(|&t| is_open(t)).map(|t| values[t]).collect();
    let ahead = (n..n + horizon).filter(|&t| is_open(t)).count();
    let places = match n >= 2 * m {
        true => open.iter().filter(|&&open| open).count(),
        false => 1,
    };
    let mut steps = of_open_places(&kept, places, way, ahead, z, checkpoint)?.into_iter();
    let never_below = values.iter().all(|&value| value >= 0.0);
    let mut all = vec_with_capacity(horizon, checkpoint)?;
    for t in n..n + horizon {
        let step = match is_open(t) {
            false => Some(Step::certain(0.0)),
            true => steps.next(),
        };
        let Some(mut step) = step else {
            break;
        };
        if never_below {
            step.point = step.point.max(0.0);
            step.limits = step.limits.map(|(low, high)| (low.max(0.0), high.max(0.0)));
        }
        let (low, high) = step.limits.unwrap_or((step.point, step.point));
        if ![step.point, low, high].iter().all(|x| x.is_finite()) {
            return Err(Error::new(Kind::OutOfRange, "value out of range: overflow")
                .detail(format!("It is a forecast {} periods ahead.", t - n + 1)));
        }
        all.push(step);
    }
    Ok(all)
}

fn of_open_places(
    values: &[f64],
    m: usize,
    way: Forecaster,
    horizon: usize,
    z: f64,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<Step>> {
    let Some(&last) = values.last() else {
        return Ok(Vec::new());
    };
    if values.len() < FEWEST {
        let step = Step {
            point: last,
            limits: None,
        };
        return Ok(vec![step; horizon]);
    }
    if all_equal(values) {
        return Ok(vec![Step::certain(last); horizon]);
    }
    // Squares of the largest numbers are numbers.
    let unit = unit(values);
    let scaled: Vec<f64> = values.iter().map(|value| value / unit).collect();
    let outlook = match way {
        Forecaster::Ets => ets::fit(&scaled, m, checkpoint)?.outlook(horizon),
        Forecaster::Theta => Theta::fit(&scaled, m, checkpoint)?.outlook(horizon),
        Forecaster::SeasonalNaive => as_before(&scaled, m, horizon),
        Forecaster::Naive => as_before(&scaled, 1, horizon),
    };
    let step = |(point, deviation): (f64, f64)| Step::around((point * unit, deviation * unit), z);
    Ok(outlook.into_iter().map(step).collect())
}

/// What was m periods before, and the standard deviation of what comes: that of a walk which takes a step each round (Hyndman &
/// Athanasopoulos, *Forecasting: Principles and Practice*, 5.5).
fn as_before(values: &[f64], m: usize, horizon: usize) -> Vec<(f64, f64)> {
    let n = values.len();
    let changes = values.iter().zip(&values[m..]).map(|(before, value)| value - before);
    let squares: f64 = changes.map(|change| change * change).sum();
    let deviation = (squares / (n - m) as f64).sqrt();
    let step = |step: usize| {
        let rounds = step / m + 1;
        (values[n - m + step % m], deviation * (rounds as f64).sqrt())
    };
    (0..horizon).map(step).collect()
}
