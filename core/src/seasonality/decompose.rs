//! A trend, a season that may change, and the rest: STL.

use super::{Series, all_equal, unit};
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Kind, Result};

/// The most visits of values that one decomposition takes, each of some 14 ns: half a second, in which nobody can stop it.
const MOST_VISITS: usize = 35_000_000;

/// How smooth the parts are.
#[derive(Clone, Copy, Debug)]
pub struct Smoothing {
    /// How many rounds the season of a place rests on: odd, at least 7.
    pub seasonal: usize,
    /// Whether values that stand out count for less.
    pub robust: bool,
}

impl Smoothing {
    /// What is asked for; 13 rounds if nothing is.
    ///
    /// # Errors
    /// A smoother that is even or below 7.
    pub fn new(seasonal: Option<i32>, robust: bool) -> Result<Smoothing> {
        let seasonal = seasonal.unwrap_or(13);
        match usize::try_from(seasonal) {
            Ok(seasonal) if seasonal >= 7 && seasonal % 2 == 1 => Ok(Smoothing { seasonal, robust }),
            _ => {
                Err(Error::invalid("seasonal_smoother must be odd and at least 7").detail(format!("It is {seasonal}.")))
            }
        }
    }

    /// Loops within, and those around them in which weights are found.
    fn loops(self) -> (usize, usize) {
        if self.robust { (2, 15) } else { (5, 0) }
    }

    /// How many values the trend rests on.
    fn trend(self, m: usize) -> usize {
        let least = 1.5 * m as f64 / (1.0 - 1.5 / self.seasonal as f64);
        odd_from(least.ceil() as usize)
    }
}

/// The least odd number that is not below one.
fn odd_from(least: usize) -> usize {
    least + usize::from(least.is_multiple_of(2))
}

/// Parts whose sum is the series.
#[derive(Clone, Debug)]
pub struct Decomposition {
    /// What goes on.
    pub trend: Vec<f64>,
    /// What comes again.
    pub seasonal: Vec<f64>,
    /// What is left.
    pub remainder: Vec<f64>,
}

/// The parts of a series with seasons of m periods, m at least 2 and there twice (Cleveland, Cleveland, McRae & Terpenning 1990, "STL: a
/// seasonal-trend decomposition procedure based on loess"). Local lines for all parts, at every value.
///
/// # Errors
/// More work than can be done without being stopped.
pub fn decompose(
    series: &Series,
    m: usize,
    smoothing: Smoothing,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Decomposition> {
    let n = series.values.len();
    checkpoint.reserve(12 * n.saturating_mul(size_of::<f64>()))?;
    if all_equal(&series.values) {
        return Ok(Decomposition {
            trend: series.values.clone(),
            seasonal: vec![0.0; n],
            remainder: vec![0.0; n],
        });
    }
    let trend = smoothing.trend(m);
    let low_pass = odd_from(m + 1);
    let (inner, outer) = smoothing.loops();
    let window = smoothing.seasonal.min(n / m + 1) + trend.min(n) + low_pass.min(n);
    let visits = n.saturating_mul(window).saturating_mul(inner * (outer + 1));
    if visits > MOST_VISITS {
        return Err(too_long(n, m, smoothing));
    }
    let unit = unit(&series.values);
    let values: Vec<f64> = series.values.iter().map(|value| value / unit).collect();
    checkpoint.pass("decomposing", 0, 0)?;
    let parts = stlrs::params()
        .seasonal_length(smoothing.seasonal)
        .trend_length(trend)
        .low_pass_length(low_pass)
        .seasonal_degree(1)
        .trend_degree(1)
        .low_pass_degree(1)
        .seasonal_jump(1)
        .trend_jump(1)
        .low_pass_jump(1)
        .inner_loops(inner)
        .outer_loops(outer)
        .robust(smoothing.robust)
        .fit(&values, m)
        .map_err(|error| Error::invalid("the series cannot be decomposed").detail(format!("{error}.")))?;
    checkpoint.pass("decomposing", 1, 1)?;
    let (seasonal, trend, remainder, _) = parts.into_parts();
    let back = |part: Vec<f64>| part.into_iter().map(|value| value * unit).collect();
    Ok(Decomposition {
        trend: back(trend),
        seasonal: back(seasonal),
        remainder: back(remainder),
    })
}

#[cold]
fn too_long(n: usize, m: usize, smoothing: Smoothing) -> Error {
    let way_out = match smoothing.robust {
        true => "Leave robust out, take longer periods or a shorter season, or say by since where the series begins.",
        false => "Take longer periods or a shorter season, or say by since where the series begins.",
    };
    Error::new(
        Kind::TooLarge,
        "the series is too long to be decomposed by such a season",
    )
    .detail(format!("It has {n} periods, and the season {m}."))
    .hint(way_out)
}
