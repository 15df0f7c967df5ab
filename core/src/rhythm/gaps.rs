//! How long customers wait between purchases, by the number of the purchase.

use crate::calendar::{DAY, Period};
use crate::checkpoint::{Checkpoint, grow, vec_of};
use crate::customers::each_purchase_times;
use crate::error::Result;
use crate::observation::Observation;
use crate::order_log::OrderLog;
use crate::rank::at_ranks;

/// Fewer gaps are sorted, more are counted in bins.
const FEW: usize = 1 << 14;
/// Purchase numbers between two looks at the checkpoint.
const STRIDE: usize = 1 << 10;
/// What is asked of gaps.
const WANTED: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];

/// The gaps after the purchases of one number, or after all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrderGaps {
    /// The number of the purchase, 1 for the first; nothing for all purchases.
    pub after_order: Option<u64>,
    /// Customers who have made it.
    pub customers: u64,
    /// Those of them who have bought again since; for all purchases, all gaps.
    pub next: u64,
    /// How long they waited; nothing where nobody has bought again.
    pub days: Option<Quantiles>,
}

/// Gaps in days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantiles {
    /// Their mean.
    pub mean: f64,
    /// What a tenth, a quarter, half, three quarters and nine tenths of them do not exceed, as `percentile_cont` has it.
    pub at: [f64; 5],
}

/// Visits the gaps after the first purchase, the second, and so on, and after all; nothing where there are no purchases. Two passes over the log;
/// memory: 8 bytes for each gap.
pub fn purchase_gaps(
    log: &OrderLog<'_>,
    observation: &Observation,
    checkpoint: &mut dyn Checkpoint,
    mut visit: impl FnMut(&OrderGaps) -> Result<()>,
) -> Result<()> {
    // Customers by the number of their purchases, and then by those that they have reached: from n on.
    let mut reached: Vec<usize> = Vec::new();
    let count = |purchases: &mut usize, _| *purchases += 1;
    each_purchase_times(log, observation, checkpoint, count, |_, &mut purchases, checkpoint| {
        if reached.len() <= purchases {
            let more = (purchases + 1 - reached.len()).max(reached.len());
            grow(&mut reached, more, checkpoint)?;
            reached.resize(purchases + 1, 0);
        }
        reached[purchases] += 1;
        Ok(())
    })?;
    for n in (1..reached.len()).rev() {
        reached[n - 1] += reached[n];
    }
    // The first place counts those with returns only, too.
    let reached = reached.get(1..).unwrap_or_default();
    let Some(&customers) = reached.first() else {
        return Ok(());
    };

    // Where the gaps after the purchases of each number begin, and in the end, where those of the number before end.
    let mut places = vec_of(0usize, reached.len(), checkpoint)?;
    let mut gaps_before = 0;
    for (place, &next) in places.iter_mut().zip(&reached[1..]) {
        *place = gaps_before;
        gaps_before += next;
    }
    let mut gaps = vec_of(0u64, gaps_before, checkpoint)?;
    // Periods begin at midnight.
    let unit = if observation.period == Period::None {
        1
    } else {
        DAY as u64
    };
    let add = |(last, n): &mut (i64, usize), start: i64| {
        if let Some(after) = n.checked_sub(1) {
            gaps[places[after]] = start.abs_diff(*last) / unit;
            places[after] += 1;
        }
        *last = start;
        *n += 1;
    };
    each_purchase_times(log, observation, checkpoint, add, |_, _, _| Ok(()))?;

    let days = unit as f64 / DAY as f64;
    let mut start = 0;
    for (at, &customers) in reached.iter().enumerate() {
        if at.is_multiple_of(STRIDE) {
            checkpoint.pass("ranking", at, reached.len())?;
        }
        let next = reached.get(at + 1).copied().unwrap_or(0);
        let own = &mut gaps[start..start + next];
        start += next;
        visit(&OrderGaps {
            after_order: Some(at as u64 + 1),
            customers: customers as u64,
            next: next as u64,
            days: quantiles(own, days, checkpoint)?,
        })?;
    }
    checkpoint.pass("ranking", reached.len(), reached.len())?;
    visit(&OrderGaps {
        after_order: None,
        customers: customers as u64,
        next: gaps.len() as u64,
        days: quantiles(&mut gaps, days, checkpoint)?,
    })
}

/// Quantiles of gaps in units of that many days, whose order is not kept.
fn quantiles(gaps: &mut [u64], days: f64, checkpoint: &mut dyn Checkpoint) -> Result<Option<Quantiles>> {
    let Some(last) = gaps.len().checked_sub(1) else {
        return Ok(None);
    };
    let places = WANTED.map(|share| share * last as f64);
    let ranks: Vec<usize> = places
        .iter()
        .flat_map(|place| [place.floor() as usize, place.ceil() as usize])
        .collect();
    let found = if gaps.len() <= FEW {
        gaps.sort_unstable();
        ranks.iter().map(|&rank| gaps[rank]).collect()
    } else {
        at_ranks(gaps.iter().copied(), &ranks, checkpoint)?
    };
    let mut at = [0.0; WANTED.len()];
    for ((at, place), between) in at.iter_mut().zip(places).zip(found.chunks(2)) {
        let [low, high] = [between[0], between[1]].map(|gap| gap as f64);
        *at = (low + place.fract() * (high - low)) * days;
    }
    let sum: u128 = gaps.iter().map(|&gap| u128::from(gap)).sum();
    Ok(Some(Quantiles {
        mean: sum as f64 / gaps.len() as f64 * days,
        at,
    }))
}
