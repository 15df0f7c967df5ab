//! Fitting, and choosing among models.

use super::search::descend;
use super::states::{Model, PHI, Parameters, Trace};
use super::{Components, Noise, Season, Trend};
use crate::checkpoint::Checkpoint;
use crate::error::Result;

/// Series of at most so many values are searched from all starts, longer ones, which say more, from half of them.
const SHORT: usize = 2_000;

/// The most steps of a search from each start, and of those that go on from where the best of these came to: there may be several valleys.
const FIRST_STEPS: usize = 40;
const MORE_STEPS: usize = 300;
const GO_ON: usize = 2;

/// Criteria that differ by less are the same: the simpler model, which comes first, is taken.
const SAME: f64 = 1e-8;

/// A model with its parameters of the greatest likelihood.
#[derive(Clone, Debug)]
pub struct Fit {
    /// What it is made of.
    pub components: Components,
    /// Periods of a season; 1 without one.
    pub m: usize,
    /// Smoothing parameters and initial states.
    pub parameters: Parameters,
    /// States behind the last value; the season begins with the place of the next one.
    pub last: Parameters,
    /// The logarithm of the likelihood, but for a constant that is the same for all models of a series: -½ n ln Σe² - Σ ln |expected|, as
    /// `forecast` of R and its descendants have it.
    pub log_likelihood: f64,
    /// Akaike's criterion, corrected for few values; infinite where there are too few for that.
    pub aicc: f64,
    /// The standard deviation of an error, whose square is Σe² by the number of values less that of parameters: in the unit of the values, or as
    /// a share of what is expected where errors are multiplicative.
    pub deviation: f64,
}

/// The best of all models that can be fitted to a series without closed places, of seasons of `m` periods. There are at least four values, not
/// all equal, and at least two rounds of a season if `m` is above 1.
///
/// Deterministic: no random numbers, sums in the order of time. Time: O(n) for each of some hundreds to thousands of steps of each of at most
/// 15 models, memory O(n + m²).
pub fn fit(values: &[f64], m: usize, checkpoint: &mut dyn Checkpoint) -> Result<Fit> {
    let positive = values.iter().all(|&value| value > 0.0);
    let candidates = Components::candidates(positive, m > 1);
    // What each value leaves on the way there, and the curvature in all parameters.
    let parameters = m + 6;
    checkpoint.reserve(values.len() * 6 * size_of::<f64>() + parameters * parameters * size_of::<f64>())?;
    let mut best: Option<Fit> = None;
    // Points where models with less of a trend ended: those with more begin there, too, so that more is never worse.
    let mut ended: Vec<(Components, Parameters)> = Vec::new();
    for (at, &components) in candidates.iter().enumerate() {
        let needs = components.parameters(m) + 1;
        // The simplest one is fitted to whatever there is.
        if values.len() <= needs && at > 0 {
            continue;
        }
        let Some(fit) = fit_from(values, m, components, &ended, checkpoint)? else {
            continue;
        };
        ended.push((components, fit.parameters.clone()));
        let better = best.as_ref().is_none_or(|best| fit.aicc < best.aicc - SAME);
        if better {
            best = Some(fit);
        }
    }
    // The simplest model, of additive errors without trend and season, has a likelihood at each point.
    Ok(best.expect("the simplest model can be fitted to all that is finite"))
}

/// The model of these components; nothing if it makes no sense of the values.
pub fn fit_components(
    values: &[f64],
    m: usize,
    components: Components,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Option<Fit>> {
    let mut ended = Vec::new();
    for trend in [Trend::None, Trend::Additive, Trend::Damped] {
        let simpler = Components { trend, ..components };
        let fit = fit_from(values, m, simpler, &ended, checkpoint)?;
        if trend == components.trend {
            return Ok(fit);
        }
        ended.extend(fit.map(|fit| (simpler, fit.parameters)));
    }
    Ok(None)
}

/// The power of two that brings values to the size of 1.
fn scale(values: &[f64]) -> f64 {
    let most = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let (_, exponent) = libm::frexp(most);
    libm::scalbn(1.0, exponent - 1)
}

fn fit_from(
    values: &[f64],
    m: usize,
    components: Components,
    ended: &[(Components, Parameters)],
    checkpoint: &mut dyn Checkpoint,
) -> Result<Option<Fit>> {
    let scale = scale(values);
    let scaled: Vec<f64> = values.iter().map(|value| value / scale).collect();
    let m = if components.is_seasonal() { m } else { 1 };
    let model = Model {
        values: &scaled,
        components,
        m,
    };
    let most = if values.len() <= SHORT { usize::MAX } else { 2 };
    let mut starts = model.starts(most);
    let simpler = |other: &Components| {
        let trends = matches!(
            (other.trend, components.trend),
            (Trend::None, Trend::Additive | Trend::Damped) | (Trend::Additive, Trend::Damped)
        );
        trends && other.noise == components.noise && other.season == components.season
    };
    for (_, parameters) in ended.iter().filter(|(other, _)| simpler(other)) {
        let mut parameters = times(parameters, components, 1.0 / scale);
        if components.trend == Trend::Damped {
            parameters.phi = PHI.1;
        }
        starts.push(model.point(&parameters));
    }
    let limits = model.limits();
    let mut trace = Trace::default();
    let mut steps = 0;
    let mut search = |point: &mut Vec<f64>, most| {
        descend(point, &limits, most, |point, gradient| {
            steps += 1;
            checkpoint.pass("fitting", steps, 0)?;
            Ok(model.criterion(point, gradient, &mut trace))
        })
    };
    let mut found = Vec::with_capacity(starts.len());
    for mut point in starts {
        let value = search(&mut point, FIRST_STEPS)?;
        if value.is_finite() {
            found.push((value, point));
        }
    }
    found.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut best: Option<(f64, Vec<f64>)> = None;
    for (_, mut point) in found.into_iter().take(GO_ON) {
        let value = search(&mut point, MORE_STEPS)?;
        if best.as_ref().is_none_or(|best| value < best.0) {
            best = Some((value, point));
        }
    }
    let Some((value, point)) = best else {
        return Ok(None);
    };
    let parameters = model.parameters(&point);
    let mut last = parameters.clone();
    let Some((squares, _)) = model.follow(&mut last, |_, _, _, _| {}) else {
        return Ok(None);
    };
    let n = values.len() as f64;
    let k = components.parameters(m) as f64;
    let criterion = value + 2.0 * n * scale.ln();
    let free = (n - k).max(1.0);
    // Additive errors are in the unit of the values, multiplicative ones are shares.
    let unit = match components.noise {
        Noise::Additive => scale,
        Noise::Multiplicative => 1.0,
    };
    Ok(Some(Fit {
        components,
        m,
        parameters: times(&parameters, components, scale),
        last: times(&last, components, scale),
        log_likelihood: -0.5 * criterion,
        aicc: match n - k - 1.0 {
            rest if rest > 0.0 => criterion + 2.0 * k + 2.0 * k * (k + 1.0) / rest,
            _ => f64::INFINITY,
        },
        deviation: (squares / free).sqrt() * unit,
    }))
}

/// The same parameters of values that are so many times as large.
fn times(parameters: &Parameters, components: Components, factor: f64) -> Parameters {
    let mut parameters = parameters.clone();
    parameters.level *= factor;
    parameters.slope *= factor;
    if components.season == Season::Additive {
        parameters.season.iter_mut().for_each(|state| *state *= factor);
    }
    parameters
}
