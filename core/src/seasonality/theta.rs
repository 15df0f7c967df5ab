//! The optimised theta model.
//!
//! Fiorucci, Pellegrini, Louzada, Petropoulos & Koehler (2016), "Models for optimising the theta method and their relationship to state
//! space models", International Journal of Forecasting 32 (4), 1151-1161, section 3.2:
//! μ_t = l_{t-1} + (1 − 1/θ) [(1 − α)^{t-1} A + (1 − (1 − α)^t) / α · B] and l_t = α y_t + (1 − α) l_{t-1}, where A and B are the line through
//! all values. For a given α the first level and w = 1 − 1/θ enter linearly, so that only α is searched.

use super::index::{Method, indices};
use crate::checkpoint::Checkpoint;
use crate::error::Result;

/// The limits of alpha.
const ALPHA: (f64, f64) = (0.1, 0.99);

/// Values of alpha that are tried before the best of them is refined.
const GRID: usize = 90;

/// The golden section's share.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Steps of the golden section: from two steps of the grid to the last digit.
const SECTIONS: usize = 70;

/// The normal quantile of 95 %: a test with 10 % on both sides.
const SIGNIFICANT: f64 = 1.644_853_626_951_472_6;

/// A theta model of a series.
#[derive(Clone, Debug)]
pub struct Theta {
    /// How fast the level follows.
    pub alpha: f64,
    /// 1 − 1/θ: how much of the line's slope counts, from 0 to 1.
    pub w: f64,
    /// The level before the first value.
    pub level: f64,
    /// The line through all values, what the season is has been taken off: its height before the first one, and its slope.
    pub line: (f64, f64),
    /// The sum of the squares of errors.
    pub squares: f64,
    /// The index of each place of the season, from the first value on, and how it goes in; nothing without a season.
    pub season: Option<(Vec<f64>, Method)>,
    /// How many values there are.
    n: usize,
    /// The level behind the last value, and (1 − α)^n.
    last: (f64, f64),
}

impl Theta {
    /// θ: infinite where w is 1.
    pub fn theta(&self) -> f64 {
        1.0 / (1.0 - self.w)
    }

    /// Fits the model to at least four values, not all equal, of seasons of m periods. The season counts if the values of a round
    /// before say something (a test of autocorrelation at 10 %) and there are more than two rounds; it is a share where all values are above
    /// 0. Deterministic; time O(n) for each of some 160 values of alpha.
    pub fn fit(values: &[f64], m: usize, checkpoint: &mut dyn Checkpoint) -> Result<Theta> {
        let season = match is_seasonal(values, m) {
            true => {
                let method = match values.iter().all(|&value| value > 0.0) {
                    true => Method::Ratio,
                    false => Method::Difference,
                };
                Some((indices(values, m, method), method))
            }
            false => None,
        };
        let without = |(t, &value): (usize, &f64)| match &season {
            Some((index, Method::Ratio)) => value / index[t % m],
            Some((index, Method::Difference)) => value - index[t % m],
            None => value,
        };
        let rest: Vec<f64> = values.iter().enumerate().map(without).collect();
        let line = line(&rest);
        let mut tried = 0;
        let mut squares = |alpha: f64| {
            tried += 1;
            checkpoint.pass("fitting", tried, 0)?;
            Ok(solve(&rest, alpha, line).0)
        };
        let step = (ALPHA.1 - ALPHA.0) / (GRID - 1) as f64;
        let on_grid = |i: usize| ALPHA.0 + step * i as f64;
        let mut best = (0, f64::INFINITY);
        for i in 0..GRID {
            let there = squares(on_grid(i))?;
            if there < best.1 {
                best = (i, there);
            }
        }
        let mut low = on_grid(best.0.saturating_sub(1));
        let mut high = on_grid((best.0 + 1).min(GRID - 1));
        let mut inner = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        let mut there = (squares(inner.0)?, squares(inner.1)?);
        for _ in 0..SECTIONS {
            if there.0 <= there.1 {
                high = inner.1;
                inner = (high - GOLDEN * (high - low), inner.0);
                there = (squares(inner.0)?, there.0);
            } else {
                low = inner.0;
                inner = (inner.1, low + GOLDEN * (high - low));
                there = (there.1, squares(inner.1)?);
            }
        }
        let mut alpha = 0.5 * (low + high);
        let mut least = squares(alpha)?;
        for end in [ALPHA.0, ALPHA.1] {
            let at_end = squares(end)?;
            if at_end <= least {
                (alpha, least) = (end, at_end);
            }
        }
        let (squares, level, w) = solve(&rest, alpha, line);
        let mut last = (level, 1.0);
        for value in &rest {
            last = (alpha * value + (1.0 - alpha) * last.0, last.1 * (1.0 - alpha));
        }
        Ok(Theta {
            alpha,
            w,
            level,
            line,
            squares,
            season,
            n: values.len(),
            last,
        })
    }

    /// What is expected of each of the next periods, and the standard deviation of what comes: σ √(1 + (h − 1) α²), where σ² is the sum of
    /// squares by n − 3.
    pub fn outlook(&self, horizon: usize) -> Vec<(f64, f64)> {
        let (mut level, mut left) = self.last;
        let deviation = (self.squares / (self.n as f64 - 3.0)).sqrt();
        let point = |step: usize| {
            let base = level + self.w * drift(self.alpha, left, self.line);
            level = self.alpha * base + (1.0 - self.alpha) * level;
            left *= 1.0 - self.alpha;
            let deviation = deviation * (1.0 + step as f64 * self.alpha * self.alpha).sqrt();
            match &self.season {
                None => (base, deviation),
                Some((index, method)) => {
                    let own = index[(self.n + step) % index.len()];
                    match method {
                        Method::Ratio => (base * own, deviation * own),
                        Method::Difference => (base + own, deviation),
                    }
                }
            }
        };
        (0..horizon).map(point).collect()
    }
}

/// What the line adds, with `left` = (1 − α)^(t − 1).
fn drift(alpha: f64, left: f64, (height, slope): (f64, f64)) -> f64 {
    left * height + (1.0 - left * (1.0 - alpha)) / alpha * slope
}

/// The line through all values: its height at 0 and its slope.
fn line(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let half = 0.5 * (n + 1.0);
    let across: f64 = values
        .iter()
        .enumerate()
        .map(|(at, value)| ((at + 1) as f64 - half) * (value - mean))
        .sum();
    let slope = across * 12.0 / (n * (n * n - 1.0));
    (mean - half * slope, slope)
}

/// For an alpha the least sum of squares, with the first level and w that have it: a linear least squares in both, and in the level alone where
/// w would not be from 0 to 1.
fn solve(values: &[f64], alpha: f64, line: (f64, f64)) -> (f64, f64, f64) {
    // The error is r - level q - w x.
    let (mut qq, mut qx, mut xx, mut qr, mut xr) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let each = |visit: &mut dyn FnMut(f64, f64, f64)| {
        let (mut level, mut q) = (0.0, 1.0);
        for &value in values {
            visit(q, drift(alpha, q, line), value - level);
            level = alpha * value + (1.0 - alpha) * level;
            q *= 1.0 - alpha;
        }
    };
    each(&mut |q, x, r| {
        qq += q * q;
        qx += q * x;
        qr += q * r;
    });
    // What of x is no multiple of q, and what of r: the normal equations of that lose no digits.
    let (along, level_alone) = (qx / qq, qr / qq);
    each(&mut |q, x, r| {
        let (x, r) = (x - along * q, r - level_alone * q);
        xx += x * x;
        xr += x * r;
    });
    let w = match xr / xx {
        w if w.is_finite() => w.clamp(0.0, 1.0),
        _ => 0.0,
    };
    let level = level_alone - w * along;
    let mut squares = 0.0;
    each(&mut |q, x, r| {
        let error = r - level * q - w * x;
        squares += error * error;
    });
    (squares, level, w)
}

/// Whether the values of a round before say something: |r_m| > 1.645 √((1 + 2 Σ_{i<m} r_i²) / n), r the autocorrelations.
fn is_seasonal(values: &[f64], m: usize) -> bool {
    let n = values.len();
    if m < 2 || n < 2 * m + 1 {
        return false;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let away: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let covariance = |lag: usize| -> f64 { away[lag..].iter().zip(&away).map(|(a, b)| a * b).sum() };
    let all = covariance(0);
    let before: f64 = (1..m)
        .map(|lag| (covariance(lag) / all) * (covariance(lag) / all))
        .sum();
    (covariance(m) / all).abs() > SIGNIFICANT * ((1.0 + 2.0 * before) / n as f64).sqrt()
}
