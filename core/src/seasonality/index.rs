//! Indices of a season: how much of a value is due to its place.

use crate::choice::choose;
use crate::error::{Error, Result};

/// How the season goes into a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// As a share: an index is 1 where nothing is due to the place.
    Ratio,
    /// Added: an index is 0 where nothing is due to the place.
    Difference,
}

impl Method {
    /// The method a word stands for; nothing for `auto`, which takes shares where all values of open places are above 0.
    pub fn parse(word: &str) -> Result<Option<Method>> {
        let words = [
            ("auto", None),
            ("ratio", Some(Method::Ratio)),
            ("difference", Some(Method::Difference)),
        ];
        choose("method", word, &words)
    }

    fn take_off(self, value: f64, of: f64) -> f64 {
        match self {
            Method::Ratio => value / of,
            Method::Difference => value - of,
        }
    }
}

/// The mean of the m values around the one at `t`, m of them before and behind it half each where m is even (2 × m); nothing near the ends.
pub fn moving_average(values: &[f64], m: usize, t: usize) -> Option<f64> {
    let half = m / 2;
    let window = values.get(t.checked_sub(half)?..=t + half)?;
    let sum: f64 = match m % 2 {
        0 => 0.5 * (window[0] + window[m]) + window[1..m].iter().sum::<f64>(),
        _ => window.iter().sum(),
    };
    Some(sum / m as f64)
}

/// Values without their trend: each with its number, where the trend is known.
pub fn detrended(values: &[f64], m: usize, method: Method) -> impl Iterator<Item = (usize, f64)> + '_ {
    values
        .iter()
        .enumerate()
        .filter_map(move |(t, &value)| Some((t, method.take_off(value, moving_average(values, m, t)?))))
}

/// The index of each place of a season of m periods that begins with the first value: the mean of what is left without the trend, such that
/// the mean of all is 1 (0 for differences). There are at least two rounds. The classical decomposition (Kendall & Stuart 1983, chapter 47).
/// O(n m).
pub fn indices(values: &[f64], m: usize, method: Method) -> Vec<f64> {
    let (mut sums, mut counts) = (vec![0.0; m], vec![0_usize; m]);
    for (t, value) in detrended(values, m, method) {
        sums[t % m] += value;
        counts[t % m] += 1;
    }
    let means = sums
        .iter()
        .zip(&counts)
        .map(|(sum, &count)| sum / count as f64)
        .collect();
    normalised(means, method)
}

/// Such that the mean is 1, or 0 for differences. Places of which nothing is known are left out, and stay so.
pub fn normalised(means: Vec<f64>, method: Method) -> Vec<f64> {
    let known = means.iter().filter(|mean| mean.is_finite());
    let mean = known.clone().sum::<f64>() / known.count() as f64;
    means.into_iter().map(|own| method.take_off(own, mean)).collect()
}

/// The error for shares of a trend that is not above 0 somewhere.
pub fn no_shares(t: usize) -> Error {
    Error::invalid("method \"ratio\" needs moving averages above 0")
        .detail(format!("That around period {} of the series is not.", t + 1))
        .hint("Use \"difference\".")
}
