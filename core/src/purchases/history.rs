//! The histories of all customers, from an order log or row by row.

use super::{Customer, Sought};
use crate::calendar::format_length;
use crate::checkpoint::{Checkpoint, push};
use crate::codec::{Sealer, Sink, unseal};
use crate::customers::{self, Observation, Purchases};
use crate::error::{Error, Result};
use crate::mergeable::Mergeable;
use crate::order_log::OrderLog;
use crate::summary::{Row, Summaries, checked_weight};

const VERSION: u8 = 1;

/// What models know of a customer, or of several customers with the same history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct History {
    /// Repeat purchases.
    pub frequency: u64,
    /// Age at the last purchase.
    pub recency: f64,
    /// Age at the end of observation.
    pub age: f64,
    /// How many customers have it.
    pub weight: f64,
    /// The sum of the logarithms of the gaps between purchases, if they are known.
    pub ln_gaps: Option<f64>,
}

impl History {
    /// A history with a weight, checked.
    pub fn new(frequency: i64, recency: f64, age: f64, weight: f64) -> Result<History> {
        Customer::new(frequency, recency, age)?;
        // Minus zero is zero.
        Ok(History {
            frequency: frequency as u64,
            recency: recency + 0.0,
            age: age + 0.0,
            weight: checked_weight(weight)?,
            ln_gaps: None,
        })
    }

    /// The sum of the logarithms of all gaps between purchases, if all are known.
    pub(super) fn ln_gaps(histories: &[History]) -> Option<f64> {
        let there = |history: &&History| history.frequency > 0 && history.weight > 0.0;
        let gaps = histories.iter().filter(there);
        gaps.map(|history| Some(history.weight * history.ln_gaps?)).sum()
    }

    /// The history of a customer with these purchases.
    pub fn of(purchases: &Purchases) -> History {
        let recency = purchases.recency.max(0.0);
        History {
            frequency: purchases.frequency,
            recency,
            // Where a zone's clocks go back over midnight, a day may begin before the one before it.
            age: purchases.age.max(recency),
            weight: 1.0,
            ln_gaps: Some(purchases.ln_gaps),
        }
    }

    /// The customer.
    pub fn customer(&self) -> Customer {
        Customer {
            frequency: self.frequency as f64,
            recency: self.recency,
            age: self.age,
        }
    }
}

impl Row<4> for History {
    const NAME: &'static str = "fit_purchases";

    fn bits(&self) -> [u64; 4] {
        [
            self.frequency,
            self.recency.to_bits(),
            self.age.to_bits(),
            self.weight.to_bits(),
        ]
    }

    fn of_bits([frequency, recency, age, weight]: [u64; 4]) -> Result<History> {
        let frequency = i64::try_from(frequency).unwrap_or(-1);
        History::new(
            frequency,
            f64::from_bits(recency),
            f64::from_bits(age),
            f64::from_bits(weight),
        )
    }
}

/// What is to be fitted: which model, and the unit of time, in microseconds.
pub type Wanted = (Sought, i64);

/// Histories, collected in any order, and what is to be fitted to them.
#[derive(Clone, Debug, Default)]
pub struct Histories {
    rows: Summaries<History, 4>,
    wanted: Option<Wanted>,
}

impl Histories {
    /// Takes a history. What is to be fitted has to be the same for all.
    pub fn push(&mut self, history: History, wanted: Wanted, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        self.want(wanted)?;
        self.rows.push(history, checkpoint)
    }

    fn want(&mut self, wanted: Wanted) -> Result<()> {
        let first = *self.wanted.get_or_insert(wanted);
        if first == wanted {
            return Ok(());
        }
        let told = |(sought, unit): Wanted| format!("\"{}\" and {}", sought.name(), format_length(unit));
        Err(
            Error::invalid("model and time_unit must be the same in all rows").detail(format!(
                "They are {} in one row, {} in another.",
                told(first),
                told(wanted)
            )),
        )
    }

    /// What is to be fitted; nothing where there is no history.
    pub fn wanted(&self) -> Option<Wanted> {
        self.wanted
    }

    /// The histories, as they came. What is fitted to them does not depend on that.
    pub fn rows(&self) -> &[History] {
        self.rows.rows()
    }
}

impl Mergeable for Histories {
    const NAME: &'static str = History::NAME;

    fn new(_: usize) -> Histories {
        Histories::default()
    }

    fn heap_bytes(&self) -> usize {
        self.rows.heap_bytes()
    }

    fn written_bytes(&self) -> usize {
        self.rows.written_bytes()
    }

    fn merge(&mut self, other: &Histories, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if let Some(wanted) = other.wanted {
            self.want(wanted)?;
        }
        self.rows.merge(&other.rows, checkpoint)
    }

    fn write(&mut self, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let mut sealer = Sealer::new(VERSION, sink);
        if let Some((sought, unit)) = self.wanted {
            sealer.varint(unit as u64)?;
            sealer.append(&[sought.number()])?;
            self.rows.put(&mut sealer, checkpoint)?;
        }
        sealer.finish()
    }

    fn read(bytes: &[u8], _: usize, checkpoint: &mut dyn Checkpoint) -> Result<Histories> {
        let mut histories = Histories::default();
        unseal("state of fit_purchases", VERSION, bytes, |reader| {
            if reader.is_at_end() {
                return Ok(());
            }
            let unit = i64::try_from(reader.varint()?).unwrap_or(0);
            let sought = Sought::of_number(reader.byte()?).ok_or_else(|| reader.error("Its model is unknown."))?;
            histories.wanted = Some((sought, unit));
            histories.rows.take(reader, checkpoint)
        })?;
        Ok(histories)
    }
}

/// The histories of the customers in a log who have placed an order, in the order of their keys. Each of these customers is also shown to
/// `visit`.
pub fn of_log(
    log: &OrderLog<'_>,
    observation: &Observation,
    checkpoint: &mut dyn Checkpoint,
    visit: &mut dyn FnMut(&customers::Customer<'_>, &mut dyn Checkpoint) -> Result<()>,
) -> Result<Vec<History>> {
    let mut histories = Vec::new();
    customers::each(log, observation, checkpoint, &mut |customer, checkpoint| {
        let Some(purchases) = customer.purchases else {
            return Ok(());
        };
        push(&mut histories, History::of(&purchases), checkpoint)?;
        visit(&customer, checkpoint)
    })?;
    Ok(histories)
}
