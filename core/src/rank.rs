//! Order statistics: the values at given ranks, without sorting all of them.

use crate::checkpoint::{Checkpoint, vec_of, vec_with_capacity};
use crate::error::Result;

/// The most bins values are counted in.
const BINS: usize = 4_096;

/// An integer that sorts as the number does; all numbers but NaN are in their usual order.
#[inline]
pub fn sortable(x: f64) -> u64 {
    // Minus zero is zero.
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// The number that [`sortable`] made an integer of.
#[inline]
pub fn unsortable(bits: u64) -> f64 {
    f64::from_bits(if bits >> 63 == 1 { bits ^ 1 << 63 } else { !bits })
}

/// The values that would stand at the places `ranks` if `values` were sorted; each rank is less than their number.
///
/// One pass counts values in bins over their range, another picks those bins in which a rank falls. O(n) for values that
/// spread at all; where they do not, they are few different ones or a selection of O(n) finishes.
pub fn at_ranks(
    values: impl Iterator<Item = u64> + Clone,
    ranks: &[usize],
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<u64>> {
    let (least, most) = values.clone().fold((u64::MAX, 0), |(least, most), value| {
        (least.min(value), most.max(value))
    });
    let range = most.saturating_sub(least);
    let shift = (u64::BITS - range.leading_zeros()).saturating_sub(BINS.ilog2());
    let bin = |value: u64| ((value - least) >> shift) as usize;
    let mut counts = vec_of(0usize, BINS, checkpoint)?;
    values.clone().for_each(|value| counts[bin(value)] += 1);
    // For each rank its bin, and its place among the values of that.
    let places: Vec<(usize, usize)> = ranks
        .iter()
        .map(|&rank| {
            let mut before = 0;
            let bin = counts.iter().position(|&count| {
                before += count;
                rank < before
            });
            let bin = bin.unwrap_or(BINS - 1);
            (bin, rank - (before - counts[bin]))
        })
        .collect();
    if shift == 0 {
        return Ok(places.iter().map(|&(bin, _)| least + bin as u64).collect());
    }
    let mut picked = Vec::new();
    picked.resize_with(BINS, Vec::new);
    let mut wanted = vec![false; BINS];
    for &(bin, _) in &places {
        if !wanted[bin] {
            wanted[bin] = true;
            picked[bin] = vec_with_capacity(counts[bin], checkpoint)?;
        }
    }
    values
        .filter(|&value| wanted[bin(value)])
        .for_each(|value| picked[bin(value)].push(value));
    let found = places
        .iter()
        .map(|&(bin, place)| *picked[bin].select_nth_unstable(place).1);
    Ok(found.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;

    fn check(values: &[u64]) {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let n = values.len();
        let ranks = [0, n / 5, n / 2, n / 2, n - 1];
        let want: Vec<u64> = ranks.iter().map(|&rank| sorted[rank]).collect();
        assert_eq!(at_ranks(values.iter().copied(), &ranks, &mut Unhindered).unwrap(), want);
    }

    #[test]
    fn ranks_are_those_of_the_sorted_values() {
        let mut seed = 3u64;
        let mut next = || {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(99);
            seed >> 11
        };
        for n in [1, 2, 10, 1_000, 20_000] {
            check(&(0..n).map(|_| next()).collect::<Vec<_>>());
            check(&(0..n).map(|_| next() % 7).collect::<Vec<_>>());
            check(&vec![42; n]);
            check(
                &(0..n)
                    .map(|i| if i == 0 { u64::MAX } else { next() % 100 })
                    .collect::<Vec<_>>(),
            );
        }
    }

    #[test]
    fn numbers_sort_as_integers() {
        let numbers = [
            f64::NEG_INFINITY,
            -1e300,
            -1.0,
            -5e-324,
            0.0,
            5e-324,
            1.0,
            1e300,
            f64::INFINITY,
        ];
        assert!(numbers.map(sortable).is_sorted_by(|a, b| a < b));
        assert_eq!(sortable(-0.0), sortable(0.0));
        for x in numbers {
            assert_eq!(unsortable(sortable(x)), x);
        }
    }
}
