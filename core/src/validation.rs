//! Whether models of purchases would have been right: fit to what came before a day, predict what came after it, and compare.

use crate::calendar::{format_time, length};
use crate::checkpoint::{Checkpoint, push, vec_with_capacity};
use crate::customers::{self, Observation};
use crate::error::{Error, Kind, Result};
use crate::estimate::Fitted;
use crate::key::{KeyKind, Keys};
use crate::order_log::OrderLog;
use crate::purchases::{Fitting, History, Model, of_log};
use crate::rank::{ascending, correlation, middle_ranks};

/// How many groups customers are put into.
const TENTHS: usize = 10;

/// Customers predicted between two looks at the checkpoint.
const STRIDE: usize = 1_024;

/// What was known of customers at a time, and what they did after it.
#[derive(Clone, Debug)]
pub struct Trial {
    histories: Vec<History>,
    /// Purchases after the split.
    after: Vec<u64>,
    /// Repeat purchases in a time as long before it.
    before: Vec<u64>,
    /// From the split to the end, in time units.
    horizon: f64,
    fitting: Fitting,
}

/// What somebody predicts for each customer.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// Who predicts: a model, or a rule of thumb.
    pub method: &'static str,
    /// Purchases.
    purchases: Vec<f64>,
    /// The probability of any; nothing where the method does not say.
    active: Option<Vec<f64>>,
}

/// A prediction beside what came.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// How many customers there are.
    pub customers: usize,
    /// Purchases predicted for all of them.
    pub predicted: f64,
    /// Purchases they made.
    pub actual: u64,
    /// Their mean absolute difference.
    pub mae: f64,
    /// The root of their mean squared difference.
    pub rmse: f64,
    /// Spearman's correlation of the two; nothing where either is the same for all.
    pub rank_correlation: Option<f64>,
    /// The share of customers predicted to make any purchase.
    pub predicted_active: Option<f64>,
    /// The share of those who did.
    pub actual_active: f64,
}

impl Comparison {
    /// By how much too many were predicted, as a share of those that came.
    pub fn bias(&self) -> Option<f64> {
        (self.actual > 0).then(|| self.predicted / self.actual as f64 - 1.0)
    }
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
    /// the end of observation. Three passes over the log.
    pub fn of(
        log: &OrderLog<'_>,
        observation: &Observation,
        split: Option<i64>,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Fitted<Trial>> {
        let mut first = observation.as_of;
        let at_end = Frequencies::of(log, observation, checkpoint, &mut first)?;
        let nothing = |detail: String, hint: &str| {
            let about = Error::new(Kind::NotEnough, "there is nothing to validate a purchase model with");
            Ok(Fitted::Nothing(about.detail(detail).hint(hint)))
        };
        let customers = at_end.frequencies.len();
        if customers == 0 {
            return nothing(
                "The log holds no order up to the end of observation.".to_owned(),
                "Collect orders, or pass a later as_of.",
            );
        }
        let chosen = split.is_some();
        let split = split.unwrap_or_else(|| two_thirds(first, observation.as_of));
        if let Some(Err(about)) = chosen.then(|| check_split(observation, split)) {
            let detail = about.detail_text().unwrap_or_default().to_owned();
            return nothing(detail, "Pass an earlier split, or collect orders over a longer time.");
        }
        let start = |time: i64| observation.period_start(time);
        let window = start(observation.as_of).saturating_sub(start(split));
        if window <= 0 {
            return nothing(
                format!(
                    "The last third of the time from the first order of {customers} customers is within one period."
                ),
                "Collect orders over a longer time, or pass a split or a later as_of.",
            );
        }
        let at = |as_of: i64| Observation {
            as_of,
            ..observation.clone()
        };
        let mut trial = Trial {
            histories: Vec::new(),
            after: Vec::new(),
            before: Vec::new(),
            horizon: length(start(split), start(observation.as_of)) / observation.time_unit as f64,
            fitting: Fitting::of(observation),
        };
        let at_start = Frequencies::of(log, &at(split.saturating_sub(window)), checkpoint, &mut first)?;
        let (mut end, mut beginning) = (at_end.cursor(), at_start.cursor());
        let Trial { after, before, .. } = &mut trial;
        let histories = of_log(log, &at(split), checkpoint, &mut |customer, checkpoint| {
            let Some(purchases) = customer.purchases else {
                return Ok(());
            };
            // Purchases are never taken back by what comes later.
            push(after, end.at(customer.key) - purchases.frequency, checkpoint)?;
            push(before, purchases.frequency - beginning.at(customer.key), checkpoint)
        })?;
        trial.histories = histories;
        Ok(Fitted::Model(trial))
    }

    /// What was known of the customers at the split.
    pub fn histories(&self) -> &[History] {
        &self.histories
    }

    /// What a model is to be fitted with.
    pub fn fitting(&self) -> Fitting {
        self.fitting
    }

    /// What a model predicts.
    pub fn by_model(&self, model: &Model, checkpoint: &mut dyn Checkpoint) -> Result<Prediction> {
        let mut purchases = vec_with_capacity(self.histories.len(), checkpoint)?;
        let mut active = vec_with_capacity(self.histories.len(), checkpoint)?;
        for (at, history) in self.histories.iter().enumerate() {
            if at % STRIDE == 0 {
                checkpoint.pass("predicting", at, self.histories.len())?;
            }
            let outlook = model.outlook(&history.customer());
            purchases.push(outlook.expected_orders(self.horizon));
            active.push(1.0 - outlook.p_no_order(self.horizon));
        }
        Ok(Prediction {
            method: model.family.name(),
            purchases,
            active: Some(active),
        })
    }

    /// What rules of thumb predict: purchases go on at the rate since the first, or come as often as in the same time before, or never.
    pub fn by_rules(&self, checkpoint: &mut dyn Checkpoint) -> Result<[Prediction; 3]> {
        let rate = |history: &History| match history.age {
            0.0 => 0.0,
            age => history.frequency as f64 / age * self.horizon,
        };
        let mut rule = |method, purchases: &mut dyn Iterator<Item = f64>| -> Result<Prediction> {
            let mut all = vec_with_capacity(self.histories.len(), checkpoint)?;
            all.extend(purchases);
            Ok(Prediction {
                method,
                purchases: all,
                active: None,
            })
        };
        Ok([
            rule("same rate", &mut self.histories.iter().map(rate))?,
            rule("same again", &mut self.before.iter().map(|&n| n as f64))?,
            rule("nobody", &mut self.histories.iter().map(|_| 0.0))?,
        ])
    }

    /// A prediction beside what came, for all customers.
    pub fn compare(&self, prediction: &Prediction, checkpoint: &mut dyn Checkpoint) -> Result<Comparison> {
        let mut all: Vec<u32> = vec_with_capacity(self.histories.len(), checkpoint)?;
        all.extend(0..self.histories.len() as u32);
        self.compare_some(prediction, &all, checkpoint)
    }

    /// The same for tenths of the customers, numbered from 1 with the least predicted to 10 with the most; equal ones in the order of their
    /// keys. Fewer than ten customers do not fill all, and where all are predicted the same there are none.
    pub fn compare_tenths(
        &self,
        prediction: &Prediction,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Vec<(usize, Comparison)>> {
        let n = self.histories.len();
        let order = ascending(prediction.purchases.iter().copied(), checkpoint)?;
        if order.first().map(|row| row.0) == order.last().map(|row| row.0) {
            return Ok(Vec::new());
        }
        let mut customers: Vec<u32> = vec_with_capacity(n, checkpoint)?;
        customers.extend(order.iter().map(|row| row.1));
        drop(order);
        let tenth = |number: usize| &customers[(number - 1) * n / TENTHS..number * n / TENTHS];
        (1..=TENTHS)
            .filter(|&number| !tenth(number).is_empty())
            .map(|number| Ok((number, self.compare_some(prediction, tenth(number), checkpoint)?)))
            .collect()
    }

    fn compare_some(
        &self,
        prediction: &Prediction,
        customers: &[u32],
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Comparison> {
        let n = customers.len() as f64;
        let predicted = |at: usize| prediction.purchases[customers[at] as usize];
        let actual = |at: usize| self.after[customers[at] as usize];
        let all = 0..customers.len();
        let sum = |of: &dyn Fn(usize) -> f64| all.clone().fold(0.0, |sum, at| sum + of(at));
        let wrong = |at: usize| predicted(at) - actual(at) as f64;
        let ranks = [
            middle_ranks(all.clone().map(predicted), |_| 1.0, checkpoint)?,
            middle_ranks(all.clone().map(|at| actual(at) as f64), |_| 1.0, checkpoint)?,
        ];
        let active = prediction.active.as_ref();
        Ok(Comparison {
            customers: customers.len(),
            predicted: sum(&predicted),
            actual: all.clone().map(actual).sum(),
            mae: sum(&|at| wrong(at).abs()) / n,
            rmse: (sum(&|at| wrong(at).powi(2)) / n).sqrt(),
            rank_correlation: correlation(all.clone().map(|at| (ranks[0][at], ranks[1][at], 1.0))),
            predicted_active: active.map(|active| sum(&|at| active[customers[at] as usize]) / n),
            actual_active: sum(&|at| f64::from(u8::from(actual(at) > 0))) / n,
        })
    }
}

/// Repeat purchases of all customers at a time, in the order of their keys.
struct Frequencies {
    keys: Keys,
    frequencies: Vec<u64>,
}

/// A place in [`Frequencies`].
struct FrequencyCursor<'a> {
    of: &'a Frequencies,
    at: usize,
}

impl Frequencies {
    /// `first` becomes the time of the first order, if there is an earlier one.
    fn of(
        log: &OrderLog<'_>,
        observation: &Observation,
        checkpoint: &mut dyn Checkpoint,
        first: &mut i64,
    ) -> Result<Frequencies> {
        let mut keys = Keys::new(log.kinds().map_or(KeyKind::Integer, |kinds| kinds.0));
        let mut frequencies = Vec::new();
        customers::each(log, observation, checkpoint, &mut |customer, checkpoint| {
            let Some(purchases) = customer.purchases else {
                return Ok(());
            };
            *first = customer.totals.first_order.map_or(*first, |order| order.min(*first));
            keys.push(customer.key, checkpoint)?;
            push(&mut frequencies, purchases.frequency, checkpoint)
        })?;
        Ok(Frequencies { keys, frequencies })
    }

    fn cursor(&self) -> FrequencyCursor<'_> {
        FrequencyCursor { of: self, at: 0 }
    }
}

impl FrequencyCursor<'_> {
    /// The repeat purchases of a customer, none if there is no such one; keys must ascend.
    fn at(&mut self, key: crate::key::Key<'_>) -> u64 {
        while self.at < self.of.keys.len() && self.of.keys.get(self.at) < key {
            self.at += 1;
        }
        if self.at < self.of.keys.len() && self.of.keys.get(self.at) == key {
            self.of.frequencies[self.at]
        } else {
            0
        }
    }
}

/// The time two thirds of the way from one time to another.
fn two_thirds(from: i64, to: i64) -> i64 {
    to - ((i128::from(to) - i128::from(from)) / 3) as i64
}
