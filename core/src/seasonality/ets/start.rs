//! Where the search for parameters begins.

use super::states::{Model, Parameters};
use super::{Season, Trend};

/// Rounds of the season that a first guess rests on.
const ROUNDS: usize = 3;

/// Without a season: values that a first guess rests on.
const VALUES: usize = 10;

/// Shares of a usual level below which no first guess of a level or a season is.
const LEAST: f64 = 0.01;

/// Smoothing parameters that are tried, as alpha, beta / alpha, gamma / (1 - alpha): the first guesses of a search.
const SMOOTHING: [(f64, f64, f64); 4] = [(0.2, 0.1, 0.1), (0.6, 0.1, 0.3), (0.05, 0.05, 0.02), (0.9, 0.02, 0.5)];

/// What is left of a slope, at first.
const PHI: f64 = 0.95;

impl Model<'_> {
    /// The first guesses, at most `most` of them: points of the search.
    pub fn starts(&self, most: usize) -> Vec<Vec<f64>> {
        let components = self.components;
        let (level, slope, season) = self.first_states();
        let guess = |&(alpha, beta, gamma): &(f64, f64, f64)| {
            self.point(&Parameters {
                alpha,
                beta: alpha * beta,
                gamma: (1.0 - alpha) * gamma,
                phi: if components.trend == Trend::Damped { PHI } else { 1.0 },
                level,
                slope: if components.has_trend() { slope } else { 0.0 },
                season: season.clone(),
            })
        };
        SMOOTHING.iter().take(most).map(guess).collect()
    }

    /// Level, slope and season before the first value, as the first rounds have it.
    fn first_states(&self) -> (f64, f64, Vec<f64>) {
        let m = if self.components.is_seasonal() { self.m } else { 1 };
        let rounds = if m > 1 {
            (self.values.len() / m).min(ROUNDS)
        } else {
            self.values.len().min(VALUES)
        };
        let values = &self.values[..(rounds * m).max(1).min(self.values.len())];
        let (level, slope) = line(values, m);
        let middle = values.iter().sum::<f64>() / values.len() as f64;
        let usual = middle.abs().max(f64::MIN_POSITIVE);
        let positive = values.iter().all(|&value| value > 0.0);
        let (level, slope) = match positive && level < LEAST * usual {
            // A line through the origin, or from below: a level that all models can begin with.
            true => (LEAST * usual, 2.0 * middle / values.len() as f64),
            false => (level, slope),
        };
        let season = match self.components.season {
            Season::None => Vec::new(),
            kind => {
                let at =
                    |t: usize| (level + slope * (t + 1) as f64).max(if positive { LEAST * usual } else { f64::MIN });
                let one = |place: usize| {
                    let places = (place..values.len()).step_by(m);
                    let sum: f64 = places
                        .clone()
                        .map(|t| match kind {
                            Season::Multiplicative => values[t] / at(t),
                            _ => values[t] - at(t),
                        })
                        .sum();
                    sum / places.count() as f64
                };
                let raw: Vec<f64> = (0..m).map(one).collect();
                let mean = raw.iter().sum::<f64>() / m as f64;
                match kind {
                    Season::Multiplicative => {
                        let shares: Vec<f64> = raw.iter().map(|share| (share / mean).max(LEAST)).collect();
                        let mean = shares.iter().sum::<f64>() / m as f64;
                        shares.iter().map(|share| share / mean).collect()
                    }
                    _ => raw.iter().map(|difference| difference - mean).collect(),
                }
            }
        };
        (level, slope, season)
    }
}

/// The line through the means of whole rounds of m values: what it is before the first value, and what it gains by a value.
fn line(values: &[f64], m: usize) -> (f64, f64) {
    let means: Vec<f64> = values
        .chunks(m)
        .map(|round| round.iter().sum::<f64>() / round.len() as f64)
        .collect();
    let n = means.len() as f64;
    let middle = means.iter().sum::<f64>() / n;
    if means.len() < 2 {
        return (middle, 0.0);
    }
    let half = 0.5 * (n - 1.0);
    let (mut across, mut square) = (0.0, 0.0);
    for (at, mean) in means.iter().enumerate() {
        let away = at as f64 - half;
        across += away * (mean - middle);
        square += away * away;
    }
    let slope = across / square / m as f64;
    let middle_at = half * m as f64 + 0.5 * (m as f64 + 1.0);
    (middle - slope * middle_at, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found() {
        let values: Vec<f64> = (1..=12).map(|t| 5.0 + 0.5 * f64::from(t)).collect();
        for m in [1, 4] {
            let (level, slope) = line(&values, m);
            assert!(
                (level - 5.0).abs() < 1e-12 && (slope - 0.5).abs() < 1e-12,
                "{level} {slope}"
            );
        }
    }
}
