//! How states follow what comes, how likely it is, and the slopes of that.

use super::admissible::is_admissible;
use super::{Components, Noise, Season, Trend};

/// Below this share of the square of a value of the usual size, errors are rounding.
const LEAST_ERROR: f64 = 1e-26;

/// What follows more slowly than that does not follow: it would never forget where it began.
const SLOWEST: f64 = 1e-4;

/// The limits of phi: beyond them a damped trend is none, or a line.
pub const PHI: (f64, f64) = (0.8, 0.98);

/// A model of one series, whose values are of the size of 1.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    /// The values, in order of time.
    pub values: &'a [f64],
    /// What it is made of.
    pub components: Components,
    /// The periods of a season, 1 without one.
    pub m: usize,
}

/// Parameters and initial states, one after the other as the search sees them: alpha; beta as a share of alpha; gamma as a share of
/// 1 - alpha; phi; level; slope; the seasonal states but for the last. Those that a model lacks are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// How fast the level follows.
    pub alpha: f64,
    /// How fast the slope follows.
    pub beta: f64,
    /// How fast the season follows.
    pub gamma: f64,
    /// What is left of the slope after a period.
    pub phi: f64,
    /// The level before the first value.
    pub level: f64,
    /// The slope before the first value.
    pub slope: f64,
    /// The season before the first value, from its place on.
    pub season: Vec<f64>,
}

/// States, and what was expected of each period, kept for the way back.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    steps: Vec<Step>,
    season: Vec<f64>,
    slopes: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    /// Level and slope together: what is expected without the season.
    base: f64,
    slope: f64,
    season: f64,
    expected: f64,
}

impl Model<'_> {
    /// The limits of each parameter of the search: the usual ones of Hyndman et al.
    pub fn limits(&self) -> Vec<(f64, f64)> {
        let components = self.components;
        let mut limits = vec![(SLOWEST, 1.0 - SLOWEST)];
        if components.has_trend() {
            limits.push((SLOWEST, 1.0));
        }
        if components.is_seasonal() {
            limits.push((SLOWEST, 1.0));
        }
        if components.trend == Trend::Damped {
            limits.push(PHI);
        }
        limits.resize(components.parameters(self.m) - 1, (f64::NEG_INFINITY, f64::INFINITY));
        limits
    }

    /// What a point of the search says.
    pub fn parameters(&self, point: &[f64]) -> Parameters {
        let components = self.components;
        let mut rest = point.iter().copied();
        let mut next = |there: bool, without: f64| match there {
            true => rest.next().unwrap_or(without),
            false => without,
        };
        let alpha = next(true, 0.0);
        let beta = alpha * next(components.has_trend(), 0.0);
        let gamma = (1.0 - alpha) * next(components.is_seasonal(), 0.0);
        let phi = next(
            components.trend == Trend::Damped,
            f64::from(u8::from(components.has_trend())),
        );
        let level = next(true, 0.0);
        let slope = next(components.has_trend(), 0.0);
        let mut season: Vec<f64> = rest.collect();
        if components.is_seasonal() {
            let sum: f64 = season.iter().sum();
            season.push(self.season_sum() - sum);
        }
        Parameters {
            alpha,
            beta,
            gamma,
            phi,
            level,
            slope,
            season,
        }
    }

    /// The point of the search that says this.
    pub fn point(&self, parameters: &Parameters) -> Vec<f64> {
        let components = self.components;
        let alpha = parameters.alpha;
        let mut point = vec![alpha];
        if components.has_trend() {
            point.push(parameters.beta / alpha);
        }
        if components.is_seasonal() {
            point.push(parameters.gamma / (1.0 - alpha));
        }
        if components.trend == Trend::Damped {
            point.push(parameters.phi);
        }
        point.push(parameters.level);
        if components.has_trend() {
            point.push(parameters.slope);
        }
        if components.is_seasonal() {
            point.extend_from_slice(&parameters.season[..self.m - 1]);
        }
        point
    }

    /// What the seasonal states add up to at the beginning.
    fn season_sum(&self) -> f64 {
        match self.components.season {
            Season::Multiplicative => self.m as f64,
            _ => 0.0,
        }
    }

    /// Follows the series; nothing where the model makes no sense of it. Afterwards `parameters` are the states behind the last value, their
    /// season beginning with the place of the next one. Gives the sum of squares of the errors and the sum of the logarithms of what was
    /// expected, which is 0 for additive errors.
    pub fn follow(&self, parameters: &mut Parameters, mut visit: impl FnMut(f64, f64, f64, f64)) -> Option<(f64, f64)> {
        let Parameters {
            alpha,
            beta,
            gamma,
            phi,
            ..
        } = *parameters;
        let Components {
            noise, season: kind, ..
        } = self.components;
        let (mut level, mut slope) = (parameters.level, parameters.slope);
        let season = &mut parameters.season;
        let (mut squares, mut logs) = (0.0, 0.0);
        let mut product = 1.0;
        let mut place = 0;
        for &value in self.values {
            let base = level + phi * slope;
            let own = season.get(place).copied().unwrap_or(0.0);
            let expected = match kind {
                Season::None => base,
                Season::Additive => base + own,
                Season::Multiplicative => base * own,
            };
            visit(base, slope, own, expected);
            let off = value - expected;
            if noise == Noise::Multiplicative {
                if expected <= 0.0 {
                    return None;
                }
                let share = off / expected;
                squares += share * share;
                product *= expected;
                if !(1e-200..=1e200).contains(&product) {
                    logs += product.ln();
                    product = 1.0;
                }
            } else {
                squares += off * off;
            }
            let surprise = match kind {
                Season::Multiplicative => {
                    if own <= 0.0 || base <= 0.0 {
                        return None;
                    }
                    off / own
                }
                _ => off,
            };
            level = base + alpha * surprise;
            slope = phi * slope + beta * surprise;
            match kind {
                Season::None => {}
                Season::Additive => season[place] = own + gamma * off,
                Season::Multiplicative => season[place] = own + gamma * off / base,
            }
            place += 1;
            if place >= self.m {
                place = 0;
            }
        }
        if !season.is_empty() {
            season.rotate_left(place);
        }
        (parameters.level, parameters.slope) = (level, slope);
        let sums = (squares, logs + product.ln());
        (sums.0.is_finite() && sums.1.is_finite()).then_some(sums)
    }

    /// Twice the negative log-likelihood at a point of the search, but for what is the same for all, and its slopes; infinite where a point is
    /// not admissible. O(n) whatever the number of parameters: slopes come from one way back over the series.
    pub fn criterion(&self, point: &[f64], gradient: &mut [f64], trace: &mut Trace) -> f64 {
        let mut parameters = self.parameters(point);
        let Parameters {
            alpha,
            beta,
            gamma,
            phi,
            ..
        } = parameters;
        let components = self.components;
        if components.is_seasonal() {
            let unnatural = components.season == Season::Multiplicative && parameters.season.iter().any(|&s| s <= 0.0);
            if unnatural || !is_admissible(&parameters, components, self.m) {
                return f64::INFINITY;
            }
        }
        trace.steps.clear();
        let steps = &mut trace.steps;
        let followed = self.follow(&mut parameters, |base, slope, season, expected| {
            steps.push(Step {
                base,
                slope,
                season,
                expected,
            });
        });
        let Some((squares, logs)) = followed else {
            return f64::INFINITY;
        };
        let n = self.values.len() as f64;
        let floor = n * LEAST_ERROR;
        let value = n * squares.max(floor).ln() + 2.0 * logs;
        if !value.is_finite() {
            return f64::INFINITY;
        }
        // What an error more costs; nothing where errors are rounding.
        let weight = if squares > floor { 2.0 * n / squares } else { 0.0 };

        // The way back: how much more the end costs for a little more of each state.
        let m = self.m;
        trace.season.clear();
        trace.season.resize(m, 0.0);
        let (mut by_level, mut by_slope) = (0.0, 0.0);
        let (mut by_alpha, mut by_beta, mut by_gamma, mut by_phi) = (0.0, 0.0, 0.0, 0.0);
        for (at, (&value, step)) in self.values.iter().zip(&trace.steps).enumerate().rev() {
            let Step {
                base,
                slope,
                season,
                expected,
            } = *step;
            let off = value - expected;
            let by_expected = match components.noise {
                Noise::Additive => -weight * off,
                Noise::Multiplicative => -weight * (off / expected) * (value / (expected * expected)) + 2.0 / expected,
            };
            let by_season = &mut trace.season[at % m];
            let after = *by_season;
            let by_surprise = alpha * by_level + beta * by_slope;
            let by_base;
            match components.season {
                Season::Multiplicative => {
                    let surprise = off / season;
                    let by_off = by_surprise / season + gamma * after / base;
                    let total = by_expected - by_off;
                    by_alpha += surprise * by_level;
                    by_beta += surprise * by_slope;
                    by_gamma += off / base * after;
                    *by_season = after - surprise / season * by_surprise + total * base;
                    by_base = by_level - gamma * off / (base * base) * after + total * season;
                }
                kind => {
                    let seasonal = kind == Season::Additive;
                    let after = if seasonal { after } else { 0.0 };
                    let total = by_expected - (by_surprise + gamma * after);
                    by_alpha += off * by_level;
                    by_beta += off * by_slope;
                    by_gamma += off * after;
                    if seasonal {
                        *by_season = after + total;
                    }
                    by_base = by_level + total;
                }
            }
            by_phi += slope * (by_slope + by_base);
            by_slope = phi * (by_slope + by_base);
            by_level = by_base;
        }
        let trends = components.has_trend();
        let shares = (beta / alpha, gamma / (1.0 - alpha));
        let slopes = &mut trace.slopes;
        slopes.clear();
        slopes.push(by_alpha + shares.0 * by_beta - shares.1 * by_gamma);
        if trends {
            slopes.push(alpha * by_beta);
        }
        if components.is_seasonal() {
            slopes.push((1.0 - alpha) * by_gamma);
        }
        if components.trend == Trend::Damped {
            slopes.push(by_phi);
        }
        slopes.push(by_level);
        if trends {
            slopes.push(by_slope);
        }
        if components.is_seasonal() {
            // The last one gives what the others take.
            let last = trace.season[m - 1];
            slopes.extend(trace.season[..m - 1].iter().map(|by_season| by_season - last));
        }
        gradient.copy_from_slice(slopes);
        match gradient.iter().all(|slope| slope.is_finite()) {
            true => value,
            false => f64::INFINITY,
        }
    }
}
