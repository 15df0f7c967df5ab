//! What is clustered: rows of features, which may have weights.

use super::Features;
use crate::checkpoint::{Checkpoint, vec_with_capacity};
use crate::error::{Error, Kind, Result, spelled};
use ndarray::Array2;

/// Where the greatest weight is beyond these limits, sums of weighted squares may leave the range of numbers.
const GREATEST: f64 = 1e90;
const LEAST: f64 = 1e-90;
/// Rows that are copied between two looks at whether to go on.
const STRIDE: usize = 1 << 16;

/// Rows to be clustered or placed.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    pub(super) features: &'a Features,
    /// What each row weighs, in their order; without weights, 1.
    pub(super) weights: Option<&'a [f64]>,
}

impl<'a> From<&'a Features> for Rows<'a> {
    fn from(features: &'a Features) -> Rows<'a> {
        Rows::weighted(features, None)
    }
}

impl<'a> Rows<'a> {
    /// Rows with weights, one for each, if there are any: finite and not negative. A weight says how many rows a row stands for; a row of
    /// weight 0 is placed, and nothing else. Weights that are all 1 are none.
    pub fn weighted(features: &'a Features, weights: Option<&'a [f64]>) -> Rows<'a> {
        let weights = weights.filter(|weights| weights.iter().any(|&weight| weight != 1.0));
        debug_assert!(weights.is_none_or(|weights| weights.len() == features.ncols()));
        Rows { features, weights }
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.features.ncols()
    }

    /// What a row weighs.
    #[inline]
    pub(super) fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// Whether a row weighs nothing.
    pub(super) fn has_weightless(&self) -> bool {
        self.weights.is_some_and(|weights| weights.contains(&0.0))
    }

    /// A copy of the rows that weigh something, where some weigh nothing.
    pub(super) fn without_weightless(&self, checkpoint: &mut dyn Checkpoint) -> Result<Option<(Features, Vec<f64>)>> {
        let Some(weights) = self.weights.filter(|_| self.has_weightless()) else {
            return Ok(None);
        };
        let some: Vec<f64> = {
            let count = weights.iter().filter(|&&weight| weight > 0.0).count();
            let mut some = vec_with_capacity(count, checkpoint)?;
            some.extend(weights.iter().copied().filter(|&weight| weight > 0.0));
            some
        };
        let mut features = vec_with_capacity(some.len() * self.features.nrows(), checkpoint)?;
        for feature in self.features.rows() {
            let values = feature.to_slice().expect("a feature is contiguous");
            for (start, (values, weights)) in values.chunks(STRIDE).zip(weights.chunks(STRIDE)).enumerate() {
                checkpoint.pass("preparing", start * STRIDE, self.len())?;
                let rows = values.iter().zip(weights).filter(|row| *row.1 > 0.0);
                features.extend(rows.map(|row| *row.0));
            }
        }
        let features = Array2::from_shape_vec((self.features.nrows(), some.len()), features);
        Ok(Some((features.expect("as many as were counted"), some)))
    }

    /// Whether sums over rows can be computed with these weights.
    ///
    /// # Errors
    /// Weights whose greatest is beyond the limits.
    pub(super) fn check(&self) -> Result<()> {
        let greatest = self.weights.into_iter().flatten().copied().fold(0.0, f64::max);
        let (size, hint) = match greatest {
            0.0 | LEAST..=GREATEST => return Ok(()),
            GREATEST.. => ("large", "Divide all of them by a constant."),
            _ => ("small", "Multiply all of them by a constant."),
        };
        Err(
            Error::new(Kind::OutOfRange, format!("weights are too {size} to cluster by"))
                .detail(format!("The greatest is {}.", spelled(greatest)))
                .hint(hint),
        )
    }
}
