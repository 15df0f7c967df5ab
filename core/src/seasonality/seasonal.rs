//! How much of a period's value is due to its place in a season.

use super::index::{detrended, moving_average, no_shares, normalised};
use super::{By, Method, Series, all_equal, two_rounds, unit};
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::rank::kruskal_wallis;
use crate::special::incomplete_gamma::chi_square_above;

/// A place of a season.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The number that people know it by.
    pub number: i32,
    /// Its name.
    pub name: String,
    /// How much of a value is due to the place: a share of it, or what is added. 0 for closed places, at which every value is 0; nothing where no
    /// period of the place has a moving average.
    pub index: Option<f64>,
    /// Its share of the sum of all values; nothing where that is 0.
    pub share: Option<f64>,
    /// How many periods the index is the mean of.
    pub periods: usize,
}

/// A season.
#[derive(Clone, Debug)]
pub struct Seasonality {
    /// Its places that are in the series, one after the other.
    pub places: Vec<Place>,
    /// The probability that values without trend differ as much between places by chance alone (Kruskal & Wallis 1952).
    pub p_value: Option<f64>,
    /// The share of their variance that the season explains (Wang, Smith & Hyndman 2006, "Characteristic-based clustering for time series data").
    pub strength: Option<f64>,
}

/// The indices of a season of the calendar: by the classical decomposition, closed places left out. Without a method, shares where all values of
/// open places are above 0, and differences otherwise. O(n × periods of the season).
///
/// # Errors
/// Fewer than two whole rounds; shares of moving averages that are not above 0.
pub fn seasonality(
    series: &Series,
    by: By,
    method: Option<Method>,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Seasonality> {
    let season = series.grain.season();
    two_rounds(series, season)?;
    checkpoint.pass("indices", 0, 0)?;
    let unit = unit(&series.values);
    let values: Vec<f64> = series.values.iter().map(|value| value / unit).collect();
    let place_of: Vec<usize> = (0..values.len()).map(|at| by.place(series.first + at as i64)).collect();
    let mut open = vec![false; by.places()];
    for (&place, &value) in place_of.iter().zip(&values) {
        open[place] |= value != 0.0;
    }
    // A 53rd week is no period of the usual season.
    let m = open[..season].iter().filter(|&&open| open).count();
    let kept: Vec<(usize, f64)> = place_of
        .iter()
        .copied()
        .zip(values.iter().copied())
        .filter(|&(place, _)| open[place])
        .collect();
    let open_values: Vec<f64> = kept.iter().map(|kept| kept.1).collect();
    let method = method.unwrap_or(match open_values.iter().all(|&value| value > 0.0) {
        true => Method::Ratio,
        false => Method::Difference,
    });
    if method == Method::Ratio {
        let is_low = |t: &usize| moving_average(&open_values, m, *t).is_some_and(|average| average <= 0.0);
        if let Some(t) = (0..open_values.len()).find(is_low) {
            return Err(no_shares(t));
        }
    }

    let rest: Vec<(usize, f64)> = match m {
        0 => Vec::new(),
        _ => detrended(&open_values, m, method)
            .map(|(t, value)| (kept[t].0, value))
            .collect(),
    };
    checkpoint.pass("indices", 0, 0)?;
    let (mut sums, mut counts) = (vec![0.0; by.places()], vec![0; by.places()]);
    for &(place, value) in &rest {
        sums[place] += value;
        counts[place] += 1;
    }
    let means = sums.iter().zip(&counts).map(|(sum, &count)| sum / f64::from(count));
    let index = normalised(means.collect(), method);
    let (p_value, strength) = match all_equal(&values) {
        true => (None, None),
        false => (p_value(&rest, checkpoint)?, strength(&rest, &index, method)),
    };

    let mut totals = vec![0.0; by.places()];
    place_of
        .iter()
        .zip(&values)
        .for_each(|(&place, value)| totals[place] += value);
    let total: f64 = totals.iter().sum();
    let back = if method == Method::Difference { unit } else { 1.0 };
    // Not every year has a 53rd week.
    let there = (0..by.places()).filter(|place| place_of.contains(place));
    let places = there.map(|place| Place {
        number: by.label(place),
        name: by.name(place),
        index: match open[place] {
            true => Some(index[place] * back).filter(|index| index.is_finite()),
            false => Some(0.0),
        },
        share: (total != 0.0).then_some(totals[place] / total),
        periods: counts[place] as usize,
    });
    Ok(Seasonality {
        places: places.collect(),
        p_value,
        strength,
    })
}

fn p_value(rest: &[(usize, f64)], checkpoint: &mut dyn Checkpoint) -> Result<Option<f64>> {
    let values: Vec<f64> = rest.iter().map(|rest| rest.1).collect();
    let groups: Vec<usize> = rest.iter().map(|rest| rest.0).collect();
    let found = kruskal_wallis(&values, &groups, checkpoint)?;
    Ok(found.map(|(statistic, degrees)| chi_square_above(statistic, degrees)))
}

/// max(0, 1 - var(R) / var(S + R)), of shares with the product in place of the sum.
fn strength(rest: &[(usize, f64)], index: &[f64], method: Method) -> Option<f64> {
    let whole = variance(rest.iter().map(|rest| rest.1));
    let remainder = variance(rest.iter().map(|&(place, value)| match method {
        // Nothing times anything is nothing.
        Method::Ratio if index[place] == 0.0 => 1.0,
        Method::Ratio => value / index[place],
        Method::Difference => value - index[place],
    }));
    (whole > 0.0).then(|| (1.0 - remainder / whole).max(0.0))
}

fn variance(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    values.map(|value| (value - mean) * (value - mean)).sum::<f64>() / n
}
