//! Order statistics: the values at given ranks, without sorting all of them; ranks, and correlations.

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

/// The values, as integers that sort as they do, each with its place: ascending, equal ones in the order of their places. NaN is above all
/// numbers.
pub fn ascending(
    values: impl ExactSizeIterator<Item = f64>,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<(u64, u32)>> {
    let mut order = vec_with_capacity(values.len(), checkpoint)?;
    order.extend(values.enumerate().map(|(at, value)| (sortable(value), at as u32)));
    checkpoint.pass("ranking", 0, 0)?;
    order.sort_unstable();
    Ok(order)
}

/// The rank of each value among all, from 0 to the sum of the weights; equal values share the middle of theirs. NaN is above all numbers.
pub fn middle_ranks(
    values: impl ExactSizeIterator<Item = f64>,
    weight: impl Fn(usize) -> f64,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<f64>> {
    let n = values.len();
    let order = ascending(values, checkpoint)?;
    let mut ranks = vec_of(0.0, n, checkpoint)?;
    let mut before = 0.0;
    for same in order.chunk_by(|one, other| one.0 == other.0) {
        let all: f64 = same.iter().map(|row| weight(row.1 as usize)).sum();
        same.iter().for_each(|row| ranks[row.1 as usize] = before + 0.5 * all);
        before += all;
    }
    Ok(ranks)
}

/// Pearson's correlation of pairs with weights; of ranks, it is Spearman's. Nothing where either is the same for all.
pub fn correlation(pairs: impl Iterator<Item = (f64, f64, f64)> + Clone) -> Option<f64> {
    let sums = pairs
        .clone()
        .fold((0.0, 0.0, 0.0), |(n, x, y), (a, b, w)| (n + w, x + w * a, y + w * b));
    let (x, y) = (sums.1 / sums.0, sums.2 / sums.0);
    let (xx, yy, xy) = pairs.fold((0.0, 0.0, 0.0), |(xx, yy, xy), (a, b, w)| {
        let (a, b) = (a - x, b - y);
        (xx + w * a * a, yy + w * b * b, xy + w * a * b)
    });
    let correlation = xy / (xx.sqrt() * yy.sqrt());
    correlation.is_finite().then_some(correlation.clamp(-1.0, 1.0))
}

/// Whether groups of values differ in their middle: the statistic of Kruskal & Wallis (1952), "Use of ranks in one-criterion variance analysis",
/// JASA 47, corrected for equal values, and the degrees of freedom of the chi-square distribution that it has where they do not. Nothing where
/// there are fewer than two groups, or all values are equal. O(n log n).
pub fn kruskal_wallis(values: &[f64], groups: &[usize], checkpoint: &mut dyn Checkpoint) -> Result<Option<(f64, f64)>> {
    let n = values.len() as f64;
    let ranks = middle_ranks(values.iter().copied(), |_| 1.0, checkpoint)?;
    let most = groups.iter().max().map_or(0, |most| most + 1);
    let mut sums = vec_of((0.0, 0.0), most, checkpoint)?;
    for (&group, rank) in groups.iter().zip(&ranks) {
        sums[group].0 += 1.0;
        // Away from the mean rank, so that nothing large cancels.
        sums[group].1 += rank - 0.5 * n;
    }
    let there = sums.iter().filter(|sum| sum.0 > 0.0);
    let degrees = there.clone().count() as f64 - 1.0;
    let between: f64 = there.map(|(size, sum)| sum / size * sum).sum();
    let order = ascending(values.iter().copied(), checkpoint)?;
    let tied: f64 = order
        .chunk_by(|one, other| one.0 == other.0)
        .map(|same| same.len() as f64)
        .map(|same| same * (same * same - 1.0))
        .sum();
    let untied = 1.0 - tied / (n * (n * n - 1.0));
    let statistic = 12.0 / (n * (n + 1.0)) * between / untied;
    Ok((degrees > 0.0 && untied > 0.0).then_some((statistic, degrees)))
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
    fn equal_values_share_a_rank() {
        let values = [3.0, 1.0, 3.0, 2.0, 3.0];
        let ranks = middle_ranks(values.into_iter(), |_| 1.0, &mut Unhindered).unwrap();
        assert_eq!(ranks, [3.5, 0.5, 3.5, 1.5, 3.5]);
        // A weight is so many equal values.
        let ranks = middle_ranks([3.0, 1.0, 2.0].into_iter(), |at| [3.0, 1.0, 1.0][at], &mut Unhindered).unwrap();
        assert_eq!(ranks, [3.5, 0.5, 1.5]);
    }

    #[test]
    fn groups_that_differ_are_found() {
        // Ranks 1, 2, 3.5, 3.5, 5, 6.
        let (values, groups) = ([1.0, 2.0, 4.0, 4.0, 5.0, 6.0], [0, 0, 0, 1, 1, 1]);
        let found = kruskal_wallis(&values, &groups, &mut Unhindered).unwrap().unwrap();
        let want = (12.0 / 42.0 * (6.5 * 6.5 / 3.0 + 14.5 * 14.5 / 3.0) - 21.0) / (1.0 - 6.0 / 210.0);
        assert!(
            (found.0 - want).abs() < 1e-13 && found.1 == 1.0,
            "{found:?} and not {want}"
        );
        assert_eq!(kruskal_wallis(&[3.0; 6], &groups, &mut Unhindered).unwrap(), None);
        assert_eq!(kruskal_wallis(&values, &[2; 6], &mut Unhindered).unwrap(), None);
        assert_eq!(kruskal_wallis(&[], &[], &mut Unhindered).unwrap(), None);
    }

    #[test]
    fn correlations() {
        let pairs = |rows: &'static [(f64, f64)]| rows.iter().map(|&(x, y)| (x, y, 1.0));
        assert!((correlation(pairs(&[(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)])).unwrap() - 1.0).abs() < 1e-15);
        assert_eq!(correlation(pairs(&[(1.0, 1.0), (2.0, 0.0), (3.0, 1.0)])), Some(0.0));
        assert_eq!(correlation(pairs(&[(1.0, 1.0), (1.0, 2.0)])), None);
        assert_eq!(correlation(pairs(&[])), None);
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
