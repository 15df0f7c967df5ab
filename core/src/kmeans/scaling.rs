//! Bringing features of different units to one scale.

use super::rows::Rows;
use crate::checkpoint::{Checkpoint, vec_of, vec_with_capacity};
use crate::choice::choose;
use crate::error::{Error, Kind, Result, spelled};
use crate::words::sort_by_word;
use serde::{Deserialize, Serialize};

/// How features are scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Not at all.
    None,
    /// To mean 0 and standard deviation 1 (that of all rows: divided by their number).
    #[default]
    Standard,
    /// To median 0 and interquartile range 1.
    Robust,
    /// To values from 0 to 1.
    MinMax,
}

impl Method {
    /// All of them, in the order of their stored numbers.
    pub(super) const ALL: [Method; 4] = [Method::None, Method::Standard, Method::Robust, Method::MinMax];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Method::None => "none",
            Method::Standard => "standard",
            Method::Robust => "robust",
            Method::MinMax => "minmax",
        }
    }

    /// The method that a word says.
    pub fn parse(word: &str) -> Result<Method> {
        choose("scaling", word, &Method::ALL.map(|method| (method.name(), method)))
    }
}

/// What is taken off each feature, and what it is then divided by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// How the numbers came about.
    pub method: Method,
    /// What is taken off.
    pub center: Vec<f64>,
    /// The divisors; none is 0.
    pub scale: Vec<f64>,
}

/// Scaled values beyond this are refused: their squares, summed, would leave the range of numbers.
pub(super) const GREATEST: f64 = 1e100;
/// And so are rows that are all nearer to each other than this: the squares of their distances would vanish.
const LEAST: f64 = 1e-100;

impl Scaling {
    /// The scaling of the features of these rows, all of which weigh something, and what is to be said about it. `names` name them.
    pub fn fit(
        method: Method,
        rows: Rows<'_>,
        names: &[String],
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<(Scaling, Vec<String>)> {
        let mut scaling = Scaling {
            method,
            center: Vec::new(),
            scale: Vec::new(),
        };
        let mut warnings = Vec::new();
        // The feature whose scaled values reach farthest, if they are not all the same.
        let mut widest = None;
        for (row, name) in rows.features.rows().into_iter().zip(names) {
            checkpoint.pass("scaling", scaling.center.len(), names.len())?;
            let column = row.as_slice().expect("a feature is contiguous");
            let (least, greatest) = column
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, greatest), &x| {
                    (least.min(x), greatest.max(x))
                });
            let constant = greatest <= least;
            if constant && !column.is_empty() {
                warnings.push(format!("{name} is the same in all rows: it tells nothing apart"));
            }
            let (center, scale) = match method {
                Method::None => (0.0, 1.0),
                _ if constant => (least, 1.0),
                Method::Standard => mean_and_deviation(column, rows.weights, least, greatest),
                Method::MinMax => (least, greatest - least),
                Method::Robust => match median_and_range(column, rows.weights, checkpoint)? {
                    (median, 0.0) => {
                        warnings.push(format!(
                            "half of {name} is the same value: its standard deviation stands in for the interquartile range"
                        ));
                        (median, mean_and_deviation(column, rows.weights, least, greatest).1)
                    }
                    both => both,
                },
            };
            let reach = (least - center).abs().max((greatest - center).abs()) / scale;
            if !column.is_empty() {
                let range = Range {
                    name,
                    least,
                    greatest,
                    method,
                };
                if !(scale.is_normal() || scale.is_infinite()) {
                    return Err(range.too_small());
                }
                if !(scale.is_finite() && reach <= GREATEST) {
                    return Err(range.too_large());
                }
                let width = (greatest - center) / scale - (least - center) / scale;
                if !constant && widest.as_ref().is_none_or(|(widest, _)| width > *widest) {
                    widest = Some((width, range));
                }
            }
            scaling.center.push(center);
            scaling.scale.push(scale);
        }
        match widest {
            Some((width, range)) if width < LEAST => Err(range.too_small()),
            _ => Ok((scaling, warnings)),
        }
    }

    /// A value of the feature number `feature`, scaled.
    #[inline]
    pub fn scaled(&self, feature: usize, value: f64) -> f64 {
        (value - self.center[feature]) / self.scale[feature]
    }

    /// The inverse: a scaled value in the units of its feature.
    pub fn original(&self, feature: usize, value: f64) -> f64 {
        value * self.scale[feature] + self.center[feature]
    }
}

/// Where the values of a feature lie.
struct Range<'a> {
    name: &'a str,
    least: f64,
    greatest: f64,
    method: Method,
}

impl Range<'_> {
    /// What is said where squares of distances overflow.
    #[cold]
    fn too_large(&self) -> Error {
        let spread = self.greatest - self.least;
        // What else would do: both divide by the spread, or by a good part of it.
        let others = matches!(self.method, Method::None | Method::Robust) && spread.is_finite();
        self.refused("large", "beyond").hint(if others {
            "Use scaling \"standard\" or \"minmax\", or divide the feature by a constant."
        } else {
            "Divide the feature by a constant."
        })
    }

    /// What is said where squares of distances, or what values are divided by, underflow.
    #[cold]
    fn too_small(&self) -> Error {
        // What is divided by its spread is small no longer, if the spread itself can be computed with.
        let others = self.method == Method::None && self.greatest - self.least > 1e-300;
        self.refused("small", "below").hint(if others {
            "Use scaling \"standard\" or \"minmax\", or multiply the feature by a constant."
        } else {
            "Multiply the feature by a constant."
        })
    }

    fn refused(&self, size: &str, side: &str) -> Error {
        let Range {
            name,
            least,
            greatest,
            method,
        } = self;
        Error::new(Kind::OutOfRange, format!("{name} is too {size} to be clustered")).detail(format!(
            "It goes from {} to {}; scaling \"{}\" leaves values whose squares are {side} the range of double precision.",
            spelled(*least),
            spelled(*greatest),
            method.name()
        ))
    }
}

/// The mean and the standard deviation of a column that is not constant.
fn mean_and_deviation(column: &[f64], weights: Option<&[f64]>, least: f64, greatest: f64) -> (f64, f64) {
    // Half the values apart: sums of what is left can neither overflow nor cancel.
    let middle = least / 2.0 + greatest / 2.0;
    let unit = greatest / 2.0 - least / 2.0;
    let n = weights.map_or(column.len() as f64, |weights| sum(weights, None, |weight| weight));
    let standardised = |x: f64| (x / 2.0 - middle / 2.0) / (unit / 2.0);
    let mean = sum(column, weights, standardised) / n;
    let variance = sum(column, weights, |x| (standardised(x) - mean).powi(2)) / n;
    (middle + mean * unit, variance.sqrt() * unit)
}

/// The sum of what `of` makes of the values, by their weights, block by block, so that errors of rounding stay small.
fn sum(column: &[f64], weights: Option<&[f64]>, of: impl Fn(f64) -> f64) -> f64 {
    const BLOCK: usize = 1_024;
    let blocks = column.chunks(BLOCK);
    let Some(weights) = weights else {
        return blocks.map(|block| block.iter().map(|&x| of(x)).sum::<f64>()).sum();
    };
    let of_block = |block: &[f64], weights: &[f64]| {
        let each = block.iter().zip(weights);
        each.map(|(&x, weight)| weight * of(x)).sum::<f64>()
    };
    blocks
        .zip(weights.chunks(BLOCK))
        .map(|(block, weights)| of_block(block, weights))
        .sum()
}

/// The median and the interquartile range, interpolated between neighbours (definition 7 of Hyndman & Fan 1996).
fn median_and_range(column: &[f64], weights: Option<&[f64]>, checkpoint: &mut dyn Checkpoint) -> Result<(f64, f64)> {
    if let Some(weights) = weights {
        return weighted_median_and_range(column, weights, checkpoint);
    }
    let mut values = vec_with_capacity(column.len(), checkpoint)?;
    values.extend_from_slice(column);
    let mut quantile = |share: f64| {
        let rank = share * (values.len() - 1) as f64;
        let (_, &mut below, above) = values.select_nth_unstable_by(rank as usize, f64::total_cmp);
        let above = above.iter().copied().min_by(f64::total_cmp).unwrap_or(below);
        let part = rank - rank.floor();
        // Rounding must not lead beyond the neighbours.
        (below * (1.0 - part) + above * part).clamp(below, above)
    };
    let (lower, median, upper) = (quantile(0.25), quantile(0.5), quantile(0.75));
    // Both may lie between the same neighbours, where rounding may swap them.
    Ok((median, (upper - lower).max(0.0)))
}

/// The same where rows have weights.
///
/// Values in their order, each as wide as its weight, make a line as long as all weights. Interpolating between neighbours is the same as the mean
/// over a piece of that line which is as wide as a row of weight 1: where weights are whole, the result is that of rows that come as often.
/// Where rows weigh less than 1 on average the piece is as wide as that, so that equal weights are as none.
fn weighted_median_and_range(column: &[f64], weights: &[f64], checkpoint: &mut dyn Checkpoint) -> Result<(f64, f64)> {
    const SIGN: u64 = 1 << 63;
    let word = |x: f64| x.to_bits() ^ ((x.to_bits() as i64 >> 63) as u64 | SIGN);
    let value = |word: u64| f64::from_bits(word ^ if word & SIGN == 0 { u64::MAX } else { SIGN });
    let mut places = vec_with_capacity(column.len(), checkpoint)?;
    places.extend(column.iter().zip(weights).map(|(&x, &weight)| (word(x), weight)));
    let mut spare = vec_of((0, 0.0), column.len(), checkpoint)?;
    sort_by_word(&mut places, &mut spare, checkpoint)?;
    let total: f64 = places.iter().map(|place| place.1).sum();
    let width = (total / column.len() as f64).min(1.0);
    let mut quantile = |share: f64| {
        checkpoint.pass("scaling", 0, 0)?;
        let start = share * (total - width);
        let end = start + width;
        let (mut before, mut covered, mut sum) = (0.0, 0.0, 0.0);
        // The least and the greatest value of the piece; the last of all, should rounding leave nothing of it.
        let (mut least, mut greatest) = (None, f64::NEG_INFINITY);
        for (at, &(word, weight)) in places.iter().enumerate() {
            let next: f64 = before + weight;
            if next > start || at + 1 == places.len() {
                let part = (next.min(end) - f64::max(before, start)).max(0.0) / width;
                (least, greatest) = (least.or(Some(value(word))), value(word));
                covered += part;
                sum += part * value(word);
            }
            if next >= end {
                break;
            }
            before = next;
        }
        let least = least.unwrap_or(greatest);
        let mean = if covered > 0.0 { sum / covered } else { least };
        Ok(mean.clamp(least, greatest.max(least)))
    };
    let (lower, median, upper) = (quantile(0.25)?, quantile(0.5)?, quantile(0.75)?);
    Ok((median, f64::max(upper - lower, 0.0)))
}
