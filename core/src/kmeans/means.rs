//! The means of clusters in the units of the features, the same bits in whatever order rows come.

use super::Features;
use super::points::Points;
use super::weighted_means::weighted_means;
use crate::checkpoint::{Checkpoint, each, vec_of};
use crate::error::Result;
use ndarray::Array2;

/// Points between two looks at whether to go on.
pub(super) const BREATH: usize = 1 << 16;
/// The bits of a number's mantissa.
const MANTISSA: u32 = f64::MANTISSA_DIGITS;
/// The exponent of the last bit of the smallest numbers.
const LEAST_EXPONENT: i32 = -1074;

/// What is known of a cluster's values of one feature.
#[derive(Clone, Copy, Debug)]
struct Column {
    least: f64,
    greatest: f64,
    /// How many rows there are.
    weight: u64,
    /// Their values, added up, as a multiple of a power of two that goes with the greatest of them.
    sum: i128,
}

const NONE: Column = Column {
    least: f64::INFINITY,
    greatest: f64::NEG_INFINITY,
    weight: 0,
    sum: 0,
};

/// The mean of each cluster's rows, within their least and greatest values, in the units of the features. `points` says which rows are in
/// which cluster. Clusters without rows keep what `otherwise` holds, and are listed.
pub(super) fn means(
    features: &Features,
    points: &Points,
    otherwise: &Array2<f64>,
    checkpoint: &mut dyn Checkpoint,
) -> Result<(Array2<f64>, Vec<usize>)> {
    if points.weighted {
        return weighted_means(features, points, otherwise, checkpoint);
    }
    let (k, dimension) = otherwise.dim();
    // So many bits are left above those of a number when all rows are added up.
    let room = 126 - MANTISSA - (usize::BITS - features.ncols().leading_zeros());
    let mut columns = Vec::new();
    for _ in 0..dimension {
        columns.push(vec_of(NONE, k, checkpoint)?);
    }
    each(&mut columns, "centering", checkpoint, |feature, clusters, pulse| {
        let values = features.row(feature);
        let values = values.as_slice().expect("a feature is contiguous");
        points.each_row(BREATH, pulse, |row, cluster, _| {
            let (column, value) = (&mut clusters[cluster as usize], values[row]);
            column.least = column.least.min(value);
            column.greatest = column.greatest.max(value);
        })?;
        points.each_row(BREATH, pulse, |row, cluster, weight| {
            let weight = weight as u64;
            let column = &mut clusters[cluster as usize];
            column.weight += weight;
            column.sum += i128::from(weight) * fixed(values[row], column.unit(room), room);
        })
    })?;
    let mut means = otherwise.clone();
    for (clusters, mut means) in columns.iter().zip(means.columns_mut()) {
        for (column, mean) in clusters.iter().zip(&mut means) {
            if column.weight > 0 {
                *mean = column.mean(room);
            }
        }
    }
    let empty = |&cluster: &usize| columns[0][cluster].weight == 0;
    let empty = (0..k).filter(empty).collect();
    Ok((means, empty))
}

impl Column {
    /// The exponent of the power of two that values are counted in.
    #[inline]
    fn unit(&self, room: u32) -> i32 {
        let greatest = self.greatest.abs().max(self.least.abs());
        parts(greatest).1 - room as i32
    }

    fn mean(&self, room: u32) -> f64 {
        let n = u128::from(self.weight);
        let sum = self.sum.unsigned_abs();
        // As many bits as there is room for, and one that stands for all that are left over: rounded once, to the nearest number.
        let up = sum.leading_zeros().saturating_sub(2) % u128::BITS;
        let (whole, rest) = ((sum << up) / n, (sum << up) % n);
        let mean = times_power((whole | u128::from(rest > 0)) as f64, self.unit(room) - up as i32);
        let mean = if self.sum < 0 { -mean } else { mean };
        // What was cut off small values must not lead beyond the ends; and 0 has no sign.
        mean.clamp(self.least, self.greatest) + 0.0
    }
}

/// A number that is not negative, as an integer times a power of two: both.
#[inline]
fn parts(x: f64) -> (u64, i32) {
    let bits = x.to_bits();
    let (exponent, rest) = ((bits >> (MANTISSA - 1)) as i32, bits & ((1 << (MANTISSA - 1)) - 1));
    match exponent {
        0 => (rest, LEAST_EXPONENT),
        _ => (rest | 1 << (MANTISSA - 1), LEAST_EXPONENT + exponent - 1),
    }
}

/// A value as a multiple of two to the power of `unit`, which is `room` below the exponent of a value that is not less; what is smaller
/// is cut off, so that it is the same for each value whatever comes before it.
#[inline]
fn fixed(value: f64, unit: i32, room: u32) -> i128 {
    let (whole, exponent) = parts(value.abs());
    let shift = exponent - unit;
    debug_assert!(shift <= room as i32, "no value is greater than the greatest");
    let whole = match shift {
        0.. => i128::from(whole) << shift,
        _ => i128::from(whole.checked_shr(shift.unsigned_abs()).unwrap_or(0)),
    };
    if value < 0.0 { -whole } else { whole }
}

/// `x`, which is 0 or large, times two to this power.
fn times_power(mut x: f64, mut exponent: i32) -> f64 {
    const STEP: i32 = 1_000;
    while exponent < -STEP {
        x *= power(-STEP);
        exponent += STEP;
    }
    x * power(exponent)
}

/// Two to this power, which is that of a normal number.
#[inline]
pub(super) fn power(exponent: i32) -> f64 {
    f64::from_bits(((f64::MAX_EXP - 1 + exponent) as u64) << (MANTISSA - 1))
}

/// The power of two by which numbers up to `greatest` come to lie near 1, within what [`power`] can do and its inverse.
#[inline]
pub(super) fn scale_of(greatest: f64) -> i32 {
    let (whole, exponent) = parts(greatest);
    let bits = (u64::BITS - whole.leading_zeros()) as i32;
    -(exponent + bits).clamp(-1_000, 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(values: &[f64]) -> f64 {
        let room = 126 - MANTISSA - (usize::BITS - values.len().leading_zeros());
        let mut column = NONE;
        for &value in values {
            column.least = column.least.min(value);
            column.greatest = column.greatest.max(value);
        }
        for &value in values {
            column.weight += 1;
            column.sum += fixed(value, column.unit(room), room);
        }
        column.mean(room)
    }

    #[test]
    fn means_are_the_nearest_numbers() {
        for (values, wanted) in [
            (&[0.0, 0.0][..], 0.0),
            (&[-0.0, -0.0], 0.0),
            (&[1.0, 2.0, 4.0], 7.0 / 3.0),
            (&[0.1, 0.1, 0.1], 0.1),
            (&[-0.1; 7], -0.1),
            (&[f64::MAX, f64::MAX, f64::MAX], f64::MAX),
            (&[f64::MAX, f64::MIN], 0.0),
            (&[1e16, 1.0, -1e16], 1.0 / 3.0),
            (&[5e-324, 5e-324, 5e-324], 5e-324),
            (&[5e-324, 1.5e-323], 1e-323),
            (&[1e300, 1e-300], 5e299),
            (&[2.0, 4.0, 9.0, 1e-300], 3.75),
        ] {
            assert_eq!(mean(values).to_bits(), f64::to_bits(wanted), "{values:?}");
            let backwards: Vec<f64> = values.iter().rev().copied().collect();
            assert_eq!(mean(&backwards).to_bits(), f64::to_bits(wanted), "{values:?}");
        }
        let tenths: Vec<f64> = (0..1_000).map(|i| f64::from(i) / 10.0).collect();
        assert_eq!(mean(&tenths), 49.95);
    }
}
