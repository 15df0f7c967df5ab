//! How forecasts would have gone: from several times before the end, against what came.

use super::{Forecaster, Series, forecast};
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::special::normal_quantile;

/// What is tried, in this order.
const WAYS: [Forecaster; 4] = [
    Forecaster::Ets,
    Forecaster::Theta,
    Forecaster::SeasonalNaive,
    Forecaster::Naive,
];

/// A training part of fewer values says nothing.
const FEWEST: usize = 4;

/// The share of outcomes that should be within the limits, and that below which there is a warning.
const CONFIDENCE: f64 = 0.95;
const FEW_WITHIN: f64 = 0.8;

/// The most origins.
pub const MOST_ORIGINS: usize = 1_000;

/// How one way went.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Which one.
    pub way: Forecaster,
    /// From how many origins.
    pub origins: usize,
    /// The mean over origins of the mean absolute error, as a share of that of the seasonal naive forecast within the training part (Hyndman &
    /// Koehler 2006, "Another look at measures of forecast accuracy"); nothing where that is 0.
    pub mase: Option<f64>,
    /// The mean of 2 |forecast - actual| / (|forecast| + |actual|), 0 where both are 0.
    pub smape: f64,
    /// All that was forecast by all that came, less 1; nothing where nothing came, or less.
    pub bias: Option<f64>,
    /// The share of outcomes within limits of 95 %; of ets and theta.
    pub coverage: Option<f64>,
    /// What to think of it.
    pub warnings: Vec<String>,
}

/// What was added up of one way.
#[derive(Clone, Debug, Default)]
struct Sums {
    shares: Vec<f64>,
    symmetric: f64,
    forecast: f64,
    actual: f64,
    outcomes: usize,
    with_limits: usize,
    within: usize,
}

/// Forecasts `horizon` periods from each of the last `origins` origins, which are `step` apart, and compares with what came. Origins with fewer
/// than four values before them are left out, but for the last one. Time: that of as many forecasts.
///
/// # Errors
/// No more periods than the horizon.
pub fn validate(
    series: &Series,
    m: usize,
    horizon: usize,
    origins: usize,
    step: usize,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<Trial>> {
    let values = &series.values;
    let n = values.len();
    if n <= horizon {
        let grain = series.grain.name();
        return Err(
            Error::invalid("a forecast is validated by more periods than it looks ahead")
                .detail(format!(
                    "It looks {horizon} {grain}s ahead, and there are {n} whole ones."
                ))
                .hint("Take a shorter horizon, or more of the log."),
        );
    }
    let last = n - horizon;
    let mut cuts: Vec<usize> = (0..origins)
        .map_while(|back| last.checked_sub(back.checked_mul(step)?))
        .take_while(|&cut| cut >= FEWEST || cut == last)
        .collect();
    cuts.reverse();
    let z = normal_quantile(0.5 + 0.5 * CONFIDENCE);
    let mut sums = WAYS.map(|_| Sums::default());
    for (at, &cut) in cuts.iter().enumerate() {
        checkpoint.pass("validating", at, cuts.len())?;
        let (known, actual) = (&values[..cut], &values[cut..cut + horizon]);
        let scale = usual_error(known, m);
        for (way, sums) in WAYS.into_iter().zip(&mut sums) {
            let steps = forecast(known, m, way, horizon, z, checkpoint)?;
            let mut error = 0.0;
            for (step, &actual) in steps.iter().zip(actual) {
                error += (step.point - actual).abs() / horizon as f64;
                let both = step.point.abs() + actual.abs();
                if both > 0.0 {
                    sums.symmetric += 2.0 * ((step.point - actual).abs() / both);
                }
                sums.forecast += step.point;
                sums.actual += actual;
                sums.outcomes += 1;
                if let Some((low, high)) = step.limits {
                    sums.with_limits += 1;
                    sums.within += usize::from(low <= actual && actual <= high);
                }
            }
            sums.shares.extend(scale.map(|scale| error / scale));
        }
    }
    let naive = mean(&sums[2].shares);
    let few = cuts.iter().filter(|&&cut| cut < FEWEST).count();
    let trials = WAYS.into_iter().zip(sums);
    Ok(trials
        .map(|(way, sums)| sums.trial(way, cuts.len(), naive, few))
        .collect())
}

/// The mean absolute error of the seasonal naive forecast within a series, of the naive one where it is no longer than a season; nothing where
/// that is 0.
fn usual_error(values: &[f64], m: usize) -> Option<f64> {
    let m = if values.len() > m { m } else { 1 };
    let errors = values
        .get(m..)?
        .iter()
        .zip(values)
        .map(|(value, before)| (value - before).abs());
    Some(errors.sum::<f64>() / (values.len() - m) as f64).filter(|&error| error > 0.0)
}

fn mean(shares: &[f64]) -> Option<f64> {
    (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
}

impl Sums {
    fn trial(self, way: Forecaster, origins: usize, naive: Option<f64>, few: usize) -> Trial {
        let mase = mean(&self.shares);
        let has_limits = matches!(way, Forecaster::Ets | Forecaster::Theta) && self.with_limits > 0;
        let coverage = has_limits.then(|| self.within as f64 / self.with_limits as f64);
        let mut warnings = Vec::new();
        if few > 0 {
            warnings
                .push("there are fewer than four periods to forecast from: the last value is the forecast".to_owned());
        }
        if let (Some(own), Some(naive)) = (mase, naive)
            && own >= naive
            && way != Forecaster::SeasonalNaive
        {
            warnings.push(format!("it is not better than {}", Forecaster::SeasonalNaive.name()));
        }
        if let Some(coverage) = coverage
            && coverage < FEW_WITHIN
        {
            let percent = (100.0 * coverage).floor();
            warnings.push(format!("only {percent} % of the outcomes are within limits of 95 %"));
        }
        let bias = self.forecast / self.actual - 1.0;
        Trial {
            way,
            origins,
            mase,
            smape: self.symmetric / self.outcomes as f64,
            bias: (self.actual > 0.0 && bias.is_finite()).then_some(bias),
            coverage,
            warnings,
        }
    }
}
