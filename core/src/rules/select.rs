//! Which rules are kept, and in what order.

use super::found::Found;
use crate::checkpoint::{Checkpoint, vec_with_capacity};
use crate::error::Result;
use crate::itemsets::Sets;
use std::cmp::Ordering;

/// The best first; no two rules are equal.
fn compare(sets: &Sets, a: &Found, b: &Found) -> Ordering {
    b.rank
        .total_cmp(&a.rank)
        .then_with(|| sets.count(b.set).cmp(&sets.count(a.set)))
        .then_with(|| a.antecedent(sets).cmp(b.antecedent(sets)))
        .then_with(|| a.consequent(sets).cmp(b.consequent(sets)))
}

/// Leaves out all but the `top` best.
pub(super) fn cut(found: &mut Vec<Found>, sets: &Sets, top: Option<usize>) {
    if let Some(top) = top.filter(|&top| top < found.len()) {
        if top > 0 {
            found.select_nth_unstable_by(top - 1, |a, b| compare(sets, a, b));
        }
        found.truncate(top);
    }
}

/// Puts rules in order, and leaves out all but the `top` best.
pub(super) fn order(found: &mut Vec<Found>, sets: &Sets, top: Option<usize>) {
    cut(found, sets, top);
    found.sort_unstable_by(|a, b| compare(sets, a, b));
}

/// Leaves out what may be chance: so that at most the share `level` of what is kept can be expected to be (Benjamini & Hochberg 1995).
pub(super) fn significant(
    found: &mut Vec<Found>,
    sets: &Sets,
    n: u64,
    level: f64,
    checkpoint: &mut dyn Checkpoint,
) -> Result<()> {
    let total = found.len();
    let mut logs = vec_with_capacity(total, checkpoint)?;
    for (index, rule) in found.iter().enumerate() {
        if index % 256 == 0 {
            checkpoint.pass("testing rules", index, total)?;
        }
        logs.push(rule.counts(sets, n).ln_p_value());
    }
    let mut sorted = vec_with_capacity(total, checkpoint)?;
    sorted.extend_from_slice(&logs);
    sorted.sort_unstable_by(f64::total_cmp);
    // What is at the threshold but for rounding passes.
    let passes = |&(index, log): &(usize, &f64)| *log <= ((index + 1) as f64 / total as f64 * level).ln() + 1e-12;
    let greatest = sorted.iter().enumerate().rfind(passes).map(|(_, &log)| log);
    let mut logs = logs.iter();
    found.retain(|_| {
        logs.next()
            .zip(greatest)
            .is_some_and(|(&log, greatest)| log <= greatest)
    });
    Ok(())
}
