//! The means of clusters whose rows have weights, in the units of the features.
//!
//! Sums are kept as two numbers each, with twice the digits of one (Dekker 1971, "A floating-point technique for extending the available
//! precision"): a mean is rounded once, to the nearest number but for sums that are as good as half way between two.

use super::Features;
use super::means::{BREATH, power, scale_of};
use super::points::Points;
use crate::checkpoint::{Checkpoint, each, vec_of};
use crate::error::Result;
use ndarray::Array2;

/// What is known of a cluster's values of one feature.
#[derive(Clone, Copy, Debug)]
struct Column {
    least: f64,
    greatest: f64,
    heaviest: f64,
    weight: Double,
    sum: Double,
}

const NONE: Column = Column {
    least: f64::INFINITY,
    greatest: f64::NEG_INFINITY,
    heaviest: 0.0,
    weight: Double(0.0, 0.0),
    sum: Double(0.0, 0.0),
};

/// What [`means`](super::means::means) is for rows that have weights.
pub(super) fn weighted_means(
    features: &Features,
    points: &Points,
    otherwise: &Array2<f64>,
    checkpoint: &mut dyn Checkpoint,
) -> Result<(Array2<f64>, Vec<usize>)> {
    let (k, dimension) = otherwise.dim();
    let mut columns = Vec::new();
    for _ in 0..dimension {
        columns.push(vec_of(NONE, k, checkpoint)?);
    }
    each(&mut columns, "centering", checkpoint, |feature, clusters, pulse| {
        let values = features.row(feature);
        let values = values.as_slice().expect("a feature is contiguous");
        points.each_row(BREATH, pulse, |row, cluster, weight| {
            clusters[cluster as usize].reach(values[row], weight);
        })?;
        points.each_row(BREATH, pulse, |row, cluster, weight| {
            clusters[cluster as usize].add(values[row], weight);
        })
    })?;
    let mut means = otherwise.clone();
    for (clusters, mut means) in columns.iter().zip(means.columns_mut()) {
        for (column, mean) in clusters.iter().zip(&mut means) {
            if column.heaviest > 0.0 {
                *mean = column.mean();
            }
        }
    }
    let empty = (0..k).filter(|&cluster| columns[0][cluster].heaviest == 0.0).collect();
    Ok((means, empty))
}

impl Column {
    /// Takes note of how large values and weights are.
    #[inline]
    fn reach(&mut self, value: f64, weight: f64) {
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
        self.heaviest = self.heaviest.max(weight);
    }

    /// What values are multiplied by, a power of two, so that products neither overflow nor vanish.
    #[inline]
    fn scale(&self) -> i32 {
        scale_of(self.greatest.abs().max(self.least.abs()))
    }

    /// Adds a value, once all have been taken note of.
    #[inline]
    fn add(&mut self, value: f64, weight: f64) {
        let weight = weight * power(scale_of(self.heaviest));
        self.weight = self.weight.plus(Double(weight, 0.0));
        self.sum = self.sum.plus(Double::product(value * power(self.scale()), weight));
    }

    fn mean(&self) -> f64 {
        let mean = self.sum.over(self.weight) * power(-self.scale());
        // Rounding must not lead beyond the ends; and 0 has no sign.
        mean.clamp(self.least, self.greatest) + 0.0
    }
}

/// A number as a sum of two, the second of which is within the rounding of the first.
#[derive(Clone, Copy, Debug)]
struct Double(f64, f64);

impl Double {
    /// The sum of two numbers and what rounding takes from it (Knuth, TAOCP 2, 4.2.2).
    #[inline]
    fn sum(a: f64, b: f64) -> Double {
        let sum = a + b;
        let part = sum - a;
        Double(sum, (a - (sum - part)) + (b - part))
    }

    /// The product of two numbers and what rounding takes from it, from halves of their digits.
    #[inline]
    fn product(a: f64, b: f64) -> Double {
        let halves = |x: f64| {
            let shifted = x * 134_217_729.0;
            let high = shifted - (shifted - x);
            (high, x - high)
        };
        let product = a * b;
        let ((a, a_low), (b, b_low)) = (halves(a), halves(b));
        Double(product, ((a * b - product) + a * b_low + a_low * b) + a_low * b_low)
    }

    #[inline]
    fn plus(self, other: Double) -> Double {
        let Double(high, low) = Double::sum(self.0, other.0);
        let Double(rest, least) = Double::sum(self.1, other.1);
        let Double(high, low) = Double::sum(high, low + rest);
        Double::sum(high, low + least)
    }

    /// The quotient, rounded.
    fn over(self, other: Double) -> f64 {
        let quotient = self.0 / other.0;
        let product = Double::product(quotient, other.0).plus(Double::product(quotient, other.1));
        let rest = self.plus(Double(-product.0, -product.1));
        quotient + rest.0 / other.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(rows: &[(f64, f64)]) -> f64 {
        let mut column = NONE;
        rows.iter().for_each(|&(value, weight)| column.reach(value, weight));
        rows.iter().for_each(|&(value, weight)| column.add(value, weight));
        column.mean()
    }

    #[test]
    fn means_are_the_nearest_numbers() {
        for (rows, wanted) in [
            (&[(0.0, 0.3), (-0.0, 7.0)][..], 0.0),
            (&[(1.0, 0.1), (2.0, 0.2), (4.0, 0.4)], 3.0),
            (&[(0.1, 0.3), (0.1, 0.7), (0.1, 1e-9)], 0.1),
            (&[(-0.1, 1e-300), (-0.1, 3e-310)], -0.1),
            (&[(f64::MAX, 1e90), (f64::MAX, 3e89)], f64::MAX),
            (&[(f64::MAX, 5e-324), (f64::MIN, 5e-324)], 0.0),
            (&[(1e16, 1.0), (1.0, 1.0), (-1e16, 1.0)], 1.0 / 3.0),
            (&[(1e16, 0.5), (1.0, 1.5), (-1e16, 0.5)], 0.6),
            (&[(5e-324, 0.25), (1.5e-323, 0.25)], 1e-323),
            (&[(1e300, 2.5), (1e-300, 2.5)], 5e299),
            (
                &[(0.0, 1.2676506002282294e30), (1.0, 7.888609052210118e-31)],
                6.223015277861142e-61,
            ),
            (&[(5.0, 1e-300), (7.0, 1e300)], 7.0),
        ] {
            assert_eq!(mean(rows).to_bits(), f64::to_bits(wanted), "{rows:?}: {}", mean(rows));
            let backwards: Vec<(f64, f64)> = rows.iter().rev().copied().collect();
            assert_eq!(mean(&backwards).to_bits(), f64::to_bits(wanted), "{rows:?}");
        }
    }

    #[test]
    fn a_whole_weight_is_as_many_rows() {
        let values: Vec<f64> = (0..200).map(|i| f64::from(i * i % 97) / 7.0 - 3.0).collect();
        let whole: Vec<(f64, f64)> = values
            .iter()
            .zip(0..)
            .map(|(&x, i)| (x, f64::from(i % 5 + 1)))
            .collect();
        let repeated: Vec<(f64, f64)> = whole
            .iter()
            .flat_map(|&(x, weight)| vec![(x, 1.0); weight as usize])
            .collect();
        assert_eq!(mean(&whole).to_bits(), mean(&repeated).to_bits());
    }
}
