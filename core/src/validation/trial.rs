//! What was known of customers at a time, and what they did before and after it.

use crate::calendar::format_time;
use crate::checkpoint::{Checkpoint, push};
use crate::customers::{Observation, each_stage, each_totals};
use crate::error::{Error, Kind, Result};
use crate::estimate::Fitted;
use crate::order_log::OrderLog;
use crate::purchases::{Fitting, History};
use crate::spend::Spender;

/// Customers predicted between two looks at the checkpoint.
pub(super) const STRIDE: usize = 1_024;

/// What a customer did in a time, or is predicted to do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Repeat purchases.
    pub orders: f64,
    /// Net revenue: all amounts, returns taken off.
    pub revenue: f64,
}

/// A customer as long before the split as the end is after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Earlier {
    /// The time since the last purchase, in microseconds.
    pub(super) silence: f64,
    /// Whether no purchase came from then to the split.
    pub(super) churned: bool,
}

/// What was known of customers at a split, and what they did around it.
#[derive(Clone, Debug)]
pub struct Trial {
    histories: Vec<History>,
    spenders: Vec<Spender>,
    after: Vec<Outcome>,
    before: Vec<Outcome>,
    earlier: Vec<Earlier>,
    /// From the split to the end, in time units.
    horizon: f64,
    fitting: Fitting,
}

/// Checks that some time is between a split and the end of observation. Where both were chosen they are wrong if there is none; where one is
/// the newest order, there is nothing to compare with.
pub fn check_split(observation: &Observation, split: i64) -> Result<()> {
    let local = |time: i64| format_time(observation.zone.local(time));
    let both = || format!("They are {} and {}", local(split), local(observation.as_of));
    if split >= observation.as_of {
        return Err(Error::invalid("split must be before as_of")
            .detail(format!("{}.", both()))
            .hint("Without as_of, the end of observation is the newest order."));
    }
    if observation.period_start(split) >= observation.period_start(observation.as_of) {
        return Err(
            Error::invalid("split and as_of must not be in the same period").detail(format!(
                "{}, in one {}.",
                both(),
                observation.period.name()
            )),
        );
    }
    Ok(())
}

impl Trial {
    /// Looks at a log up to the split, or the start of the last third of the time from the first order if there is none, and up to
    /// the end of observation. A pass over the log, and one more where there is no split.
    ///
    /// What came is what a ledger shows of the customers who had ordered by the split: all rows later than it, up to the end. Purchases among
    /// it are those periods that had none of the customer's by the split.
    pub fn of(
        log: &OrderLog<'_>,
        observation: &Observation,
        split: Option<i64>,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Fitted<Trial>> {
        let start = |time: i64| observation.period_start(time);
        let window = |split: i64| start(observation.as_of).saturating_sub(start(split));
        let split = match split {
            Some(split) => {
                if let Err(about) = check_split(observation, split) {
                    let detail = about.detail_text().unwrap_or_default().to_owned();
                    return Ok(nothing(
                        detail,
                        "Pass an earlier split, or collect orders over a longer time.",
                    ));
                }
                split
            }
            None => {
                let (customers, Some(first)) = first_order(log, observation.as_of, checkpoint)? else {
                    return Ok(no_order());
                };
                let split = two_thirds(first, observation.as_of);
                if window(split) <= 0 {
                    let detail = format!(
                        "The last third of the time from the first order of {customers} customers is within one period."
                    );
                    let hint = "Collect orders over a longer time, or pass a split or a later as_of.";
                    return Ok(nothing(detail, hint));
                }
                split
            }
        };
        let window = window(split);
        let at = |as_of: i64| Observation {
            as_of,
            ..observation.clone()
        };
        let mut trial = Trial {
            histories: Vec::new(),
            spenders: Vec::new(),
            after: Vec::new(),
            before: Vec::new(),
            earlier: Vec::new(),
            horizon: observation.units(start(split), start(observation.as_of)),
            fitting: Fitting::of(observation),
        };
        let mut any = false;
        let ends = [split.saturating_sub(window), split, observation.as_of].map(at);
        each_stage(log, &ends, checkpoint, |[beginning, known, end], checkpoint| {
            let Some(last) = &end.purchases else {
                return Ok(());
            };
            any = true;
            let Some(purchases) = &known.purchases else {
                return Ok(());
            };
            // Purchases are never taken back by what comes later.
            let before = beginning.purchases.as_ref();
            let repeated = purchases.frequency - before.map_or(0, |before| before.frequency);
            if let Some(before) = before {
                let earlier = Earlier {
                    silence: silence(&History::of(before), observation.time_unit),
                    churned: repeated == 0,
                };
                push(&mut trial.earlier, earlier, checkpoint)?;
            }
            let before = Outcome {
                orders: repeated as f64,
                revenue: known.since.revenue()?,
            };
            let after = Outcome {
                orders: (last.frequency - purchases.frequency) as f64,
                revenue: end.since.revenue()?,
            };
            push(&mut trial.histories, History::of(purchases), checkpoint)?;
            push(&mut trial.spenders, Spender::of(purchases), checkpoint)?;
            push(&mut trial.before, before, checkpoint)?;
            push(&mut trial.after, after, checkpoint)
        })?;
        Ok(if any { Fitted::Model(trial) } else { no_order() })
    }

    /// What was known of the customers at the split.
    pub fn histories(&self) -> &[History] {
        &self.histories
    }

    /// What was known of their spend.
    pub fn spenders(&self) -> &[Spender] {
        &self.spenders
    }

    /// What a model is to be fitted with.
    pub fn fitting(&self) -> Fitting {
        self.fitting
    }

    /// What they did after the split.
    pub fn after(&self) -> &[Outcome] {
        &self.after
    }

    /// What they did in a time as long before it.
    pub fn before(&self) -> &[Outcome] {
        &self.before
    }

    /// Those who were there already when that time began.
    pub(super) fn earlier(&self) -> &[Earlier] {
        &self.earlier
    }

    /// The time since a customer's last purchase, in microseconds.
    pub(super) fn silence(&self, history: &History) -> f64 {
        silence(history, self.fitting.time_unit)
    }

    /// From the split to the end, in microseconds; where chances are counted, as long as so many are.
    pub(super) fn length(&self) -> i64 {
        (self.horizon * self.fitting.time_unit as f64).round() as i64
    }

    /// The same in time units.
    pub(super) fn horizon(&self) -> f64 {
        self.horizon
    }
}

/// The time since the last purchase, in whole microseconds: the same for all who are as silent.
fn silence(history: &History, time_unit: i64) -> f64 {
    ((history.age - history.recency) * time_unit as f64).round()
}

fn nothing(detail: String, hint: &str) -> Fitted<Trial> {
    let about = Error::new(Kind::NotEnough, "there is nothing to validate a model with");
    Fitted::Nothing(about.detail(detail).hint(hint))
}

fn no_order() -> Fitted<Trial> {
    let detail = "The log holds no order up to the end of observation.".to_owned();
    nothing(detail, "Collect orders, or pass a later as_of.")
}

/// How many customers have ordered, and the time of the first order.
fn first_order(log: &OrderLog<'_>, as_of: i64, checkpoint: &mut dyn Checkpoint) -> Result<(usize, Option<i64>)> {
    let mut customers = 0;
    let mut first: Option<i64> = None;
    each_totals(log, as_of, checkpoint, |_, totals, _| {
        customers += usize::from(totals.first_order.is_some());
        first = [first, totals.first_order].into_iter().flatten().min();
        Ok(())
    })?;
    Ok((customers, first))
}

/// The time two thirds of the way from one time to another.
fn two_thirds(from: i64, to: i64) -> i64 {
    to - ((i128::from(to) - i128::from(from)) / 3) as i64
}
