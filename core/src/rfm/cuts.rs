//! Where the bins of values end, of customers who may stand for several.

use super::AT_ONCE;
use crate::checkpoint::{Checkpoint, vec_from};
use crate::error::{Error, Kind, Result, spelled};
use crate::rank::{at_ranks, unsortable};

/// How many customers each of some values stands for.
///
/// Weights are whole numbers of one unit, which is so small that the largest has 63 bits: sums are exact, in any order, and a weight that is
/// a whole number, or has no more than eleven bits less than the largest, loses nothing. What is below 2⁻⁶³ of the largest has no weight.
#[derive(Debug)]
pub(super) struct Weights {
    /// Nothing where all are the same: then only ranks matter.
    each: Option<Vec<u64>>,
    /// How many customers there are.
    pub customers: f64,
}

/// A number that is neither negative nor infinite as a whole number of 53 bits times a power of two.
fn parts(x: f64) -> (u64, i32) {
    let bits = x.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52) as i32 {
        0 => (fraction, -1_074),
        exponent => (fraction | 1 << 52, exponent - 1_075),
    }
}

impl Weights {
    /// So many customers, one for each value.
    pub fn alike(customers: usize) -> Weights {
        Weights {
            each: None,
            customers: customers as f64,
        }
    }

    /// These weights, which are finite and above 0.
    ///
    /// # Errors
    /// Of kind [`Kind::OutOfRange`] where they add up to more than a number can be.
    pub fn of(weights: impl ExactSizeIterator<Item = f64> + Clone, checkpoint: &mut dyn Checkpoint) -> Result<Weights> {
        let most = weights.clone().fold(0.0, f64::max);
        let (mantissa, exponent) = parts(most);
        // The exponent of the unit.
        let unit = exponent + 1 - mantissa.leading_zeros() as i32;
        let units = |weight: f64| {
            let (mantissa, exponent) = parts(weight);
            match exponent - unit {
                up @ 0.. => mantissa << up.min(63),
                down => mantissa.checked_shr(down.unsigned_abs()).unwrap_or(0),
            }
        };
        let total: u128 = weights.clone().map(|weight| u128::from(units(weight))).sum();
        // In two steps, because the unit may be smaller than the least number.
        let customers = total as f64 * 2f64.powi(unit / 2) * 2f64.powi(unit - unit / 2);
        if !customers.is_finite() {
            return Err(Error::new(
                Kind::OutOfRange,
                "the weights add up to more than a number can be",
            ));
        }
        let each = match weights.clone().all(|weight| weight == most) {
            true => None,
            false => Some(vec_from(weights.len(), weights.map(units), checkpoint)?),
        };
        Ok(Weights { each, customers })
    }

    /// The last value of each bin but the best one, of values that ascend from worst to best. A value is above a bin if at least that
    /// bin's share of all customers, and those of the bins before, have a lower one.
    pub fn last_values(
        &self,
        values: impl Iterator<Item = u64> + Clone,
        bins: usize,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Vec<u64>> {
        let Some(weights) = &self.each else {
            return last_values(values, bins, checkpoint);
        };
        let weighted = values.zip(weights.iter().copied());
        let mut weighted = vec_from(weights.len(), weighted, checkpoint)?;
        checkpoint.pass("finding cut points", 0, 0)?;
        weighted.sort_unstable();
        let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
        let mut ascending = weighted.iter();
        let (mut value, mut until) = (0, 0);
        let mut last = Vec::with_capacity(bins - 1);
        for bin in 1..bins as u128 {
            while until * (bins as u128) < bin * total
                && let Some(&(next, weight)) = ascending.next()
            {
                value = next;
                until += u128::from(weight);
            }
            last.push(value);
        }
        Ok(last)
    }
}

/// The same where each value is one customer.
pub(super) fn last_values(
    values: impl Iterator<Item = u64> + Clone,
    bins: usize,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<u64>> {
    let n = values.clone().count();
    if n == 0 {
        return Ok(vec![0; bins - 1]);
    }
    // A value is above bin b if at least b / bins of all values are below it: if it is above the one at this rank.
    let ranks: Vec<usize> = (1..bins).map(|bin| (bin * n).div_ceil(bins) - 1).collect();
    at_ranks(values, &ranks, checkpoint)
}

/// The bin of a value, from 1.
#[inline]
pub(super) fn bin(last_values: &[u64], value: u64) -> u8 {
    last_values.iter().map(|&last| u8::from(value > last)).sum::<u8>() + 1
}

/// The cut points of these values: the last value of each bin but the best one, and the least that is above it. Nothing where no value is.
pub(super) fn cut_points(
    values: impl Iterator<Item = u64> + Clone,
    weights: &Weights,
    bins: usize,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<(u64, Option<u64>)>> {
    let last = weights.last_values(values.clone(), bins, checkpoint)?;
    let mut next: Vec<Option<u64>> = vec![None; last.len()];
    for (at, value) in values.enumerate() {
        if at % AT_ONCE == 0 {
            checkpoint.pass("finding cut points", 0, 0)?;
        }
        // The last bin that the value is above; it is also above those before, which have nearer ones or the same.
        if let Some(at) = last.partition_point(|&last| last < value).checked_sub(1) {
            next[at] = Some(next[at].map_or(value, |known| known.min(value)));
        }
    }
    for at in (1..last.len()).rev() {
        if last[at - 1] == last[at] {
            next[at - 1] = next[at];
        }
    }
    Ok(last.into_iter().zip(next).collect())
}

/// Cut points of numbers: where no value is above a bin, the next number there is.
pub(super) fn float_cuts(cuts: Vec<(u64, Option<u64>)>, what: &str) -> Result<Vec<f64>> {
    let cut = |(last, next): (u64, Option<u64>)| {
        let cut = next.map_or_else(|| unsortable(last).next_up(), unsortable);
        cut.is_finite().then_some(cut).ok_or_else(|| {
            Error::new(Kind::OutOfRange, format!("{what} is too large for a cut point"))
                .detail(format!("It goes up to {}.", spelled(unsortable(last))))
        })
    };
    cuts.into_iter().map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;

    fn weights(weights: &[f64]) -> Weights {
        Weights::of(weights.iter().copied(), &mut Unhindered).unwrap()
    }

    #[test]
    fn cut_points_are_the_least_values_above_a_bin() {
        let cuts = |values: &[u64], bins| {
            let weights = Weights::alike(values.len());
            cut_points(values.iter().copied(), &weights, bins, &mut Unhindered).unwrap()
        };
        assert_eq!(cuts(&[9, 1, 3, 1], 2), [(1, Some(3))]);
        assert_eq!(cuts(&[1, 1, 1, 5], 4), [(1, Some(5)), (1, Some(5)), (1, Some(5))]);
        assert_eq!(cuts(&[5, 5], 3), [(5, None), (5, None)]);
        assert_eq!(cuts(&[1, 2, 3, 4], 4), [(1, Some(2)), (2, Some(3)), (3, Some(4))]);
    }

    #[test]
    fn a_weight_is_so_many_customers() {
        let last = |values: &[u64], given: &[f64], bins| {
            let weights = weights(given);
            let values = values.iter().copied();
            weights.last_values(values, bins, &mut Unhindered).unwrap()
        };
        // 1 1 1 5 9 9: halves end at 1, thirds at 1 and 5.
        assert_eq!(last(&[9, 1, 5], &[2.0, 3.0, 1.0], 2), [1]);
        assert_eq!(last(&[9, 1, 5], &[2.0, 3.0, 1.0], 3), [1, 5]);
        // Half of all, exactly: 0.75 of 1.5.
        assert_eq!(last(&[1, 2, 3], &[0.75, 0.5, 0.25], 2), [1]);
        assert_eq!(last(&[1, 2, 3], &[0.75f64.next_down(), 0.5, 0.25], 2), [2]);
        // Ten times a tenth is no whole, but all are alike.
        assert_eq!(last(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], &[0.1; 10], 5), [2, 4, 6, 8]);
    }

    #[test]
    fn weights_of_any_size_add_up() {
        assert_eq!(weights(&[0.1; 10]).customers, 1.0);
        assert_eq!(weights(&[3.0, 0.5]).customers, 3.5);
        assert_eq!(weights(&[5e-324, 1e-323]).customers, 1.5e-323);
        assert_eq!(weights(&[1e300, 5e-324]).customers, 1e300);
        assert_eq!(weights(&[f64::MAX / 4.0, f64::MAX / 2.0]).customers, f64::MAX * 0.75);
        assert_eq!(
            weights(&[9_007_199_254_740_991.0, 1.0]).customers,
            9_007_199_254_740_992.0
        );
        assert!(weights(&[2.0; 3]).each.is_none());
        let error = Weights::of([f64::MAX, f64::MAX].into_iter(), &mut Unhindered).unwrap_err();
        assert_eq!(error.kind(), Kind::OutOfRange);
    }
}
