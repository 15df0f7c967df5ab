//! Fitting the models.

use super::cells::Cells;
use super::likelihood::likelihood;
use super::{Family, History, Model};
use crate::calendar::Period;
use crate::checkpoint::Checkpoint;
use crate::customers::Observation;
use crate::error::{Error, Kind, Result};
use crate::estimate::{Estimate, Fitted, Search, checked_unit};
use crate::maximum::{Optimum, climb};

/// Parameters are sought between these, with time in units of the customers' mean age.
const LEAST: f64 = 1e-6;
const MOST: f64 = 1e6;

/// A search begins with about so many cells, and goes on with so many times more.
const SAMPLE: usize = 256;
const GROWTH: usize = 16;

/// With fewer customers who have bought again, models warn.
const FEW: f64 = 100.0;

/// What is fitted to, besides the histories.
#[derive(Clone, Copy, Debug)]
pub struct Fitting {
    /// The unit of the times of the histories, in microseconds.
    pub time_unit: i64,
    /// The grain at which orders were one purchase, if they came from a log.
    pub period: Option<Period>,
}

impl Fitting {
    /// For histories that were observed so.
    pub fn of(observation: &Observation) -> Fitting {
        Fitting {
            time_unit: observation.time_unit,
            period: Some(observation.period),
        }
    }
}

/// Fits a model by maximum likelihood, or all of them and takes the best if none is named.
///
/// All have four parameters, so that the greatest likelihood, the least AIC and the least BIC are one. There is nothing to fit to where no
/// customer has been observed for any time. Each evaluation takes some 20 ns a cell (Pareto/NBD: some 400 ns), and there
/// are some ten.
pub fn fit(
    histories: &[History],
    family: Option<Family>,
    fitting: Fitting,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Fitted<Model>> {
    let Some(family) = family else {
        return fit_all(histories, fitting, checkpoint)?.and_then(|models| Ok(choose(models)));
    };
    Data::of(histories, checkpoint)?.and_then(|data| data.fit(family, fitting, checkpoint))
}

/// Fits every model.
pub fn fit_all(histories: &[History], fitting: Fitting, checkpoint: &mut dyn Checkpoint) -> Result<Fitted<Vec<Model>>> {
    Data::of(histories, checkpoint)?.and_then(|data| {
        let all = Family::ALL.into_iter();
        all.map(|family| data.fit(family, fitting, checkpoint)).collect()
    })
}

/// The most likely model, with the reason; of equally likely ones the first.
fn choose(models: Vec<Model>) -> Model {
    let likelihood = |model: &Model| model.estimate.log_likelihood.unwrap_or(f64::NEG_INFINITY);
    let told: Vec<String> = models
        .iter()
        .map(|model| format!("{} {:.3}", model.family.name(), likelihood(model)))
        .collect();
    let mut best = models
        .into_iter()
        .reduce(|best, other| {
            if likelihood(&other) > likelihood(&best) {
                other
            } else {
                best
            }
        })
        .expect("there are models");
    best.choice = Some(format!(
        "{} has the greatest log-likelihood of models with as many parameters: {}",
        best.family.name(),
        told.join(", ")
    ));
    best
}

/// Histories as they are fitted to.
struct Data {
    cells: Cells,
    customers: f64,
    repeat_customers: f64,
    /// Repeat purchases.
    orders: f64,
    /// The customers' mean age: the unit of time of the cells.
    unit: f64,
}

impl Data {
    fn of(histories: &[History], checkpoint: &mut dyn Checkpoint) -> Result<Fitted<Data>> {
        let mut cells = Cells::of(histories, checkpoint)?;
        let customers = cells.sum(|_, _| 1.0);
        let ages = cells.sum(|_, age| age);
        if customers == 0.0 || ages == 0.0 {
            return Ok(Fitted::Nothing(
                Error::new(Kind::NotEnough, "there is nothing to fit a purchase model to")
                    .detail(format!(
                        "There are {customers} customers, and none has been observed for any time after the first purchase."
                    ))
                    .hint("Collect orders over a longer time, or pass a later as_of or split."),
            ));
        }
        let unit = checked_unit(ages / customers, "ages of customers")?;
        cells.divide_times(unit);
        Ok(Fitted::Model(Data {
            customers,
            repeat_customers: cells.sum(|frequency, _| if frequency > 0.0 { 1.0 } else { 0.0 }),
            orders: cells.sum(|frequency, _| frequency),
            unit,
            cells,
        }))
    }

    fn fit(&self, family: Family, fitting: Fitting, checkpoint: &mut dyn Checkpoint) -> Result<Model> {
        let optimum = self.search(family, checkpoint)?;
        // Times are sought in units of the mean age.
        let time = if family == Family::Pareto { self.unit } else { 1.0 };
        let mut estimate = Estimate::of(
            &optimum,
            &Search {
                names: &family.parameter_names(),
                units: [1.0, self.unit, 1.0, time],
                limits: (LEAST, MOST),
                // The density of times is per unit of time: each repeat purchase counts the unit once.
                ln_units: -self.orders * self.unit.ln(),
                customers: self.customers,
            },
        );
        self.warn(family, &mut estimate.warnings);
        let model = Model {
            family,
            estimate: estimate.checked(&family.scales())?,
            time_unit: fitting.time_unit,
            period: fitting.period,
            repeat_customers: self.repeat_customers,
            choice: None,
        };
        debug_assert!(model.is_readable(), "{model:?}");
        Ok(model)
    }

    /// The best maximum of several starts.
    fn search(&self, family: Family, checkpoint: &mut dyn Checkpoint) -> Result<Optimum<4>> {
        let limits = [(LEAST.ln(), MOST.ln()); 4];
        let inside = |x: f64| x.clamp(LEAST, MOST).ln();
        let rate = self.orders / self.customers;
        // Rates that differ much, little and hardly, with different ways of leaving.
        let starts = [(0.5, 0.5, 2.0), (2.0, 1.0, 1.0), (0.1, 2.0, 10.0), (10.0, 0.1, 0.5)];
        let starts = starts.map(|(r, a, b)| [r, r / (1.5 * rate), a, b].map(inside));
        let mut size = SAMPLE;
        let first = self.cells.sample(size);
        let mut best: Option<Optimum<4>> = None;
        for start in starts {
            let found = climb(start, &limits, |at| likelihood(family, &first, at, checkpoint))?;
            if best.is_none_or(|best| found.curve.value > best.curve.value) {
                best = Some(found);
            }
        }
        let mut best = best.expect("there are starts");
        // From one sample's maximum it is a step or two to that of the next.
        while size < self.cells.len() {
            size = size.saturating_mul(GROWTH);
            let cells = self.cells.sample(size);
            best = climb(best.point, &limits, |at| likelihood(family, &cells, at, checkpoint))?;
        }
        Ok(best)
    }

    /// What users should know about the data before they trust a model.
    fn warn(&self, family: Family, warnings: &mut Vec<String>) {
        if self.repeat_customers == 0.0 {
            warnings.push(
                "no customer has bought again: nothing tells how often customers buy, or when they leave".to_owned(),
            );
        } else if self.repeat_customers < FEW {
            warnings.push(format!(
                "only {} customers have bought again: parameters are rough below {FEW}",
                self.repeat_customers
            ));
        }
        if family == Family::Bg {
            warnings.push(
                "bg/nbd holds customers with one purchase to be there for ever: for churn, use mbg/nbd or pareto/nbd"
                    .to_owned(),
            );
        }
    }
}
