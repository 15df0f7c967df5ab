//! Exponential smoothing in state space form: level, trend and season that follow what came.
//!
//! Hyndman, Koehler, Snyder & Grose (2002), "A state space framework for automatic forecasting using exponential smoothing methods",
//! International Journal of Forecasting 18 (3), 439-454; Hyndman, Koehler, Ord & Snyder (2008), *Forecasting with Exponential Smoothing*
//! ("the book" below). Smoothing parameters and initial states are those of the greatest likelihood, found by slopes that are exact, from
//! several starts; among models the corrected information criterion of Akaike decides (AICc).

mod admissible;
mod fit;
mod outlook;
mod search;
mod start;
mod states;

pub use fit::{Fit, fit, fit_components};
pub use states::{Model, Parameters, Trace};

use std::fmt;

/// How errors come in: added to what is expected, or as a share of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// A.
    Additive,
    /// M.
    Multiplicative,
}

/// Whether there is a trend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// N.
    None,
    /// A: a line.
    Additive,
    /// Ad: one that flattens.
    Damped,
}

/// Whether there is a season.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Season {
    /// N.
    None,
    /// A: added to the level.
    Additive,
    /// M: a share of the level.
    Multiplicative,
}

/// What a model is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Components {
    /// How errors come in.
    pub noise: Noise,
    /// Its trend.
    pub trend: Trend,
    /// Its season.
    pub season: Season,
}

impl Components {
    /// The models that are tried, the simpler ones first: all but those of additive errors with a multiplicative season, which are unstable.
    /// Where a value is not above 0 there are no multiplicative ones, and without a season none with one.
    pub fn candidates(positive: bool, seasonal: bool) -> Vec<Components> {
        let mut candidates = Vec::new();
        for season in [Season::None, Season::Additive, Season::Multiplicative] {
            for trend in [Trend::None, Trend::Additive, Trend::Damped] {
                for noise in [Noise::Additive, Noise::Multiplicative] {
                    let one = Components { noise, trend, season };
                    let unstable = noise == Noise::Additive && season == Season::Multiplicative;
                    let needs_positive = noise == Noise::Multiplicative || season == Season::Multiplicative;
                    if !unstable && (positive || !needs_positive) && (seasonal || season == Season::None) {
                        candidates.push(one);
                    }
                }
            }
        }
        candidates
    }

    /// How many parameters are estimated: smoothing parameters, initial states, and the variance of the errors.
    pub fn parameters(self, m: usize) -> usize {
        self.smoothing() + self.states(m) + 1
    }

    /// Smoothing parameters, and how much a trend is damped.
    pub(super) fn smoothing(self) -> usize {
        let trend = match self.trend {
            Trend::None => 0,
            Trend::Additive => 1,
            Trend::Damped => 2,
        };
        1 + trend + usize::from(self.is_seasonal())
    }

    /// Initial states: the seasonal ones add up to something known, so that one less is free.
    fn states(self, m: usize) -> usize {
        1 + usize::from(self.has_trend()) + if self.is_seasonal() { m - 1 } else { 0 }
    }

    pub(super) fn has_trend(self) -> bool {
        self.trend != Trend::None
    }

    pub(super) fn is_seasonal(self) -> bool {
        self.season != Season::None
    }
}

/// As the book writes it: error, trend, season.
impl fmt::Display for Components {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noise = match self.noise {
            Noise::Additive => "A",
            Noise::Multiplicative => "M",
        };
        let trend = match self.trend {
            Trend::None => "N",
            Trend::Additive => "A",
            Trend::Damped => "Ad",
        };
        let season = match self.season {
            Season::None => "N",
            Season::Additive => "A",
            Season::Multiplicative => "M",
        };
        write!(f, "{noise}{trend}{season}")
    }
}
