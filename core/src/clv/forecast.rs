//! Between what limits orders and their total will be, for all customers together.
//!
//! In units of v + x z, that depends on a customer's history alone: customers are taken in the order of their histories, those of the same
//! number of repeat purchases one after the other, so that one table at a time is enough.

use super::total::{End, Totals};
use super::{Prospect, Valuation, is_known};
use crate::checkpoint::{Checkpoint, grow, push, vec_of};
use crate::error::Result;
use crate::purchases::{Counts, History};
use crate::spend::Spender;

/// Histories between two looks at the checkpoint: with models as no data make them, each may take some ten milliseconds.
const STRIDE: usize = 8;

/// Frequencies that customers are put together by before they are sorted.
const BINS: usize = 1 << 12;

/// What comes from customers with one history. What is not known is no number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forecast {
    pub(super) prospect: Prospect,
    /// The limits of the number of orders.
    pub(super) orders: (f64, f64),
    /// The limits of their total, in units of v + x z.
    pub(super) total: (f64, f64),
}

/// The forecasts of all customers.
#[derive(Debug)]
pub(super) struct Forecasts {
    /// The history of each customer.
    of: Vec<u32>,
    forecasts: Vec<Forecast>,
}

/// What the forecast of a customer depends on, as bits that sort as the numbers do: the repeat purchases that say something about spend, and the history.
type Key = [u64; 4];

impl Forecasts {
    /// The forecasts of these customers, in this order; nothing where none are wanted or there is no model of purchases.
    pub(super) fn of(
        valuation: &Valuation<'_>,
        histories: &[History],
        spenders: &[Spender],
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Option<Forecasts>> {
        let (Some(tail), Some(purchases)) = (valuation.tail, valuation.purchases) else {
            return Ok(None);
        };
        let n = histories.len().min(spenders.len());
        let key = |at: u32| -> Key {
            let (history, spender) = (&histories[at as usize], &spenders[at as usize]);
            let known = if is_known(history.frequency as f64, spender.value) {
                history.frequency
            } else {
                0
            };
            [
                known,
                history.frequency,
                history.recency.to_bits(),
                history.age.to_bits(),
            ]
        };
        let order = sorted(n, &key, checkpoint)?;
        let mut forecasts = Forecasts {
            of: vec_of(0, n, checkpoint)?,
            forecasts: Vec::new(),
        };
        let mut counts = Counts::default();
        let mut totals: Option<Totals> = None;
        let mut before: Option<Key> = None;
        for &at in &order {
            let here = key(at);
            if before != Some(here) {
                if forecasts.forecasts.len().is_multiple_of(STRIDE) {
                    checkpoint.pass("forecasting", forecasts.forecasts.len(), n)?;
                }
                if before.is_none_or(|before| before[0] != here[0]) {
                    totals = valuation.spend.map(|spend| {
                        let [p, q, _] = spend.estimate.values;
                        Totals::new(p, p * here[0] as f64 + q)
                    });
                }
                before = Some(here);
                let customer = histories[at as usize].customer();
                let outlook = purchases.outlook(&customer);
                let known = outlook.counts(valuation.horizon, tail, &mut counts);
                let forecast = Forecast {
                    prospect: valuation.prospect(purchases, &customer, &outlook),
                    orders: counts.limits(tail).filter(|_| known).unwrap_or((f64::NAN, f64::NAN)),
                    total: match &mut totals {
                        Some(totals) if known => limits(totals, counts.probabilities(), tail, checkpoint)?,
                        _ => (f64::NAN, f64::NAN),
                    },
                };
                push(&mut forecasts.forecasts, forecast, checkpoint)?;
            }
            forecasts.of[at as usize] = (forecasts.forecasts.len() - 1) as u32;
        }
        Ok(Some(forecasts))
    }

    /// The forecast of customer number `at`.
    pub(super) fn at(&self, at: usize) -> &Forecast {
        &self.forecasts[self.of[at] as usize]
    }
}

/// Between what limits the total lies if there are n orders with the probability `counts[n]`.
fn limits(totals: &mut Totals, counts: &[f64], tail: f64, checkpoint: &mut dyn Checkpoint) -> Result<(f64, f64)> {
    let none = counts[0];
    if 1.0 - none <= tail {
        return Ok((0.0, 0.0));
    }
    totals.weigh(counts, checkpoint)?;
    let mut at = |end| Ok(totals.quantile(none, tail, end, checkpoint)?.unwrap_or(f64::NAN));
    Ok((at(End::Low)?, at(End::High)?))
}

/// The numbers below `n` in the order of their keys. Those of one frequency are put together first, so that no single sort is long.
fn sorted(n: usize, key: &impl Fn(u32) -> Key, checkpoint: &mut dyn Checkpoint) -> Result<Vec<u32>> {
    let bin = |at: u32| (key(at)[0] as usize).min(BINS - 1);
    let mut ends = vec_of(0usize, BINS, checkpoint)?;
    (0..n as u32).for_each(|at| ends[bin(at)] += 1);
    let mut start = 0;
    for end in &mut ends {
        start += std::mem::replace(end, start);
    }
    let mut order = vec_of(0u32, n, checkpoint)?;
    for at in 0..n as u32 {
        let end = &mut ends[bin(at)];
        order[*end] = at;
        *end += 1;
    }
    let mut start = 0;
    let mut keys: Vec<(Key, u32)> = Vec::new();
    for &end in &ends {
        if end > start {
            checkpoint.pass("sorting", start, n)?;
            keys.clear();
            grow(&mut keys, end - start, checkpoint)?;
            keys.extend(order[start..end].iter().map(|&at| (key(at), at)));
            keys.sort_unstable();
            let sorted = order[start..end].iter_mut().zip(&keys);
            sorted.for_each(|(at, key)| *at = key.1);
        }
        start = end;
    }
    Ok(order)
}
