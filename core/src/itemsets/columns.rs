//! Sets of baskets as bits.

/// How many baskets a word holds.
pub(super) const BITS: usize = u64::BITS as usize;

/// Writes what two columns have in common, and counts it.
#[inline]
pub(super) fn and(a: &[u64], b: &[u64], out: &mut [u64]) -> u32 {
    let mut count = 0;
    for ((a, b), out) in a.iter().zip(b).zip(out) {
        *out = a & b;
        count += u64::from(out.count_ones());
    }
    count as u32
}

/// The same for the words at `places` only.
#[inline]
pub(super) fn and_at(places: &[u32], a: &[u64], b: &[u64], out: &mut [u64]) -> u32 {
    let mut count = 0;
    for (&place, out) in places.iter().zip(out) {
        *out = a[place as usize] & b[place as usize];
        count += u64::from(out.count_ones());
    }
    count as u32
}

/// Counts what two columns have in common.
#[inline]
pub(super) fn count_and(a: &[u64], b: &[u64]) -> u32 {
    let mut count = 0;
    for (a, b) in a.iter().zip(b) {
        count += u64::from((a & b).count_ones());
    }
    count as u32
}

/// Whether all of `a` is in `b`.
#[inline]
pub(super) fn is_within(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a & !b == 0)
}
