//! Whether groups differ in how long they are waited for.

use super::Waits;
use crate::checkpoint::{Checkpoint, vec_of, vec_with_capacity};
use crate::error::Result;
use crate::special::incomplete_gamma::chi_square_above;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Times between two looks at the checkpoint, by how many groups there are.
const STRIDE: usize = 1 << 16;
/// Below this share of a group's own variance, what others leave of it is rounding: the group differs in nothing from the rest.
const NOTHING: f64 = 1e-10;

/// A group beside the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// Its customers.
    pub customers: u64,
    /// For how many of them it came.
    pub events: u64,
    /// For how many it would have come, were it as soon in all groups.
    pub expected: f64,
}

/// The test of all groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogRank {
    /// How far the groups are from what is expected of them.
    pub chi2: f64,
    /// Degrees of freedom: groups with something to expect, less one.
    pub df: u64,
    /// The probability of as much and more, were it as soon in all groups.
    pub p_value: f64,
}

/// The log-rank test (N. Mantel, "Evaluation of survival data and two new rank order statistics", Cancer Chemotherapy Reports 50, 1966), for any
/// number of groups, in their order. There is no test with fewer than two groups in which something is to be expected. Memory: a number for each
/// pair of groups; as many steps for each time.
pub fn log_rank(groups: &[Waits], checkpoint: &mut dyn Checkpoint) -> Result<(Vec<Compared>, Option<LogRank>)> {
    let n = groups.len();
    let mut compared = vec_with_capacity(n, checkpoint)?;
    compared.extend(groups.iter().map(|waits| Compared {
        customers: waits.customers() as u64,
        events: waits.all.iter().filter(|wait| wait.1).count() as u64,
        expected: 0.0,
    }));
    let mut covariance = vec_of(0.0f64, n.saturating_mul(n), checkpoint)?;
    let mut at_risk: Vec<u64> = vec_with_capacity(n, checkpoint)?;
    at_risk.extend(compared.iter().map(|group| group.customers));
    let mut left: u64 = at_risk.iter().sum();

    // The next time of each group, the earliest first.
    let mut walks: Vec<_> = groups.iter().map(Waits::times).collect();
    let mut next = BinaryHeap::new();
    let mut ended: Vec<(usize, u64)> = vec_with_capacity(n, checkpoint)?;
    for (group, walk) in walks.iter_mut().enumerate() {
        next.extend(walk.next().map(|time| Reverse((time.time, group, time.events))));
    }
    let mut seen = usize::MAX;
    while let Some(&Reverse((time, ..))) = next.peek() {
        seen = seen.saturating_add(n);
        if seen >= STRIDE {
            seen = 0;
            checkpoint.pass("comparing", 0, 0)?;
        }
        let mut events = 0;
        ended.clear();
        while let Some(&Reverse((at, group, own))) = next.peek() {
            if at != time {
                break;
            }
            next.pop();
            events += own;
            let after = walks[group].next();
            ended.push((group, after.map_or(0, |after| after.at_risk)));
            next.extend(after.map(|after| Reverse((after.time, group, after.events))));
        }
        if events > 0 {
            add(
                events as f64,
                left as f64,
                &at_risk,
                &mut compared,
                &mut covariance,
                checkpoint,
            )?;
        }
        for &(group, after) in &ended {
            left -= at_risk[group] - after;
            at_risk[group] = after;
        }
    }

    let mut distances = vec_with_capacity(n, checkpoint)?;
    distances.extend(compared.iter().map(|group| group.events as f64 - group.expected));
    let compared_groups = compared.iter().filter(|group| group.expected > 0.0).count() as u64;
    let test = match compared_groups {
        ..2 => None,
        groups => {
            let chi2 = quadratic_form(&mut covariance, &mut distances, checkpoint)?;
            let df = groups - 1;
            Some(LogRank {
                chi2,
                df,
                p_value: chi_square_above(chi2, df as f64),
            })
        }
    };
    Ok((compared, test))
}

/// Adds what is expected at one time, and its covariances: those of a draw without putting back.
fn add(
    events: f64,
    left: f64,
    at_risk: &[u64],
    compared: &mut [Compared],
    covariance: &mut [f64],
    checkpoint: &mut dyn Checkpoint,
) -> Result<()> {
    let n = at_risk.len();
    let spread = if left > 1.0 {
        events * (left - events) / (left - 1.0)
    } else {
        0.0
    };
    for (i, &own) in at_risk.iter().enumerate().filter(|group| *group.1 > 0) {
        let share = own as f64 / left;
        compared[i].expected += events * share;
        let row = &mut covariance[i * n..(i + 1) * n];
        if i.is_multiple_of((STRIDE / n).max(1)) {
            checkpoint.pass("comparing", 0, 0)?;
        }
        for (j, (sum, &other)) in row.iter_mut().zip(at_risk).enumerate() {
            let share_of_other = other as f64 / left;
            *sum += spread * share * if i == j { 1.0 - share } else { -share_of_other };
        }
    }
    Ok(())
}

/// x' C⁻ x for a covariance C of numbers that add up to nothing, by elimination: what is left of one group beside those before is nothing where
/// these say all about it.
fn quadratic_form(covariance: &mut [f64], x: &mut [f64], checkpoint: &mut dyn Checkpoint) -> Result<f64> {
    let n = x.len();
    let mut own = vec_with_capacity(n, checkpoint)?;
    own.extend((0..n).map(|i| covariance[i * n + i]));
    let mut sum = 0.0;
    for i in 0..n {
        let pivot = covariance[i * n + i];
        if pivot <= NOTHING * own[i] {
            continue;
        }
        sum += x[i] * x[i] / pivot;
        let (above, below) = covariance.split_at_mut((i + 1) * n);
        let row = &above[i * n..];
        for (k, other) in below.chunks_exact_mut(n).enumerate() {
            if k.is_multiple_of((STRIDE / n).max(1)) {
                checkpoint.pass("comparing", 0, 0)?;
            }
            let factor = other[i] / pivot;
            x[i + 1 + k] -= factor * x[i];
            for (value, above) in other[i + 1..].iter_mut().zip(&row[i + 1..]) {
                *value -= factor * above;
            }
        }
    }
    Ok(sum)
}
