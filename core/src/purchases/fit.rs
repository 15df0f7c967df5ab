//! Fitting the models.

use super::cells::Cells;
use super::likelihood::likelihood;
use super::search::{self, LEAST, LIMITS, MOST};
use super::warnings::EARLY;
use super::{Family, History, Model, Sought, Stages, chances};
use crate::calendar::Period;
use crate::checkpoint::Checkpoint;
use crate::customers::Observation;
use crate::error::{Error, Kind, Result};
use crate::estimate::{Estimate, Fitted, Search, checked_unit};
use crate::maximum::{Optimum, climb};
use crate::special::ln_gamma;
use crate::warning::Warning;

/// Logarithms of parameters this near to a limit are at it.
const NEAR: f64 = 2.0;

/// A BIC that is lower by as much is very strong evidence (Kass & Raftery, "Bayes factors", JASA 90, 1995).
const STRONG: f64 = 10.0;

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

/// Fits a model by maximum likelihood, or several and takes the best: MBG/NBD unless another is better beyond doubt.
///
/// There is nothing to fit to where no customer has been observed for any time. Each evaluation takes some 20 ns a cell, of which
/// several go at a time (Pareto/NBD: some 400 ns; MBG/CNBD-k: some 50), and there are some ten.
///
/// # Errors
/// The most likely k is asked for, and the gaps between purchases are not known; BG/BB is, and times are no numbers of chances.
pub fn fit(
    histories: &[History],
    sought: Sought,
    fitting: Fitting,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Fitted<Model>> {
    fit_among(histories, sought, &Family::POISSON, fitting, checkpoint)
}

/// The same for questions about who has left: the best of all models is then never BG/NBD, which holds customers with one purchase to be there
/// for ever. By its name it can be had.
///
/// # Errors
/// As for [`fit`].
pub fn fit_for_churn(
    histories: &[History],
    sought: Sought,
    fitting: Fitting,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Fitted<Model>> {
    let lasting = [Family::Mbg, Family::Pareto];
    fit_among(histories, sought, &lasting, fitting, checkpoint)
}

fn fit_among(
    histories: &[History],
    sought: Sought,
    families: &[Family],
    fitting: Fitting,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Fitted<Model>> {
    if sought == Sought::One(Family::Bb) {
        for history in histories {
            chances::check(Family::Bb, &history.customer())?;
        }
    }
    Data::of(histories, sought, checkpoint)?.and_then(|data| match sought {
        Sought::One(family) => data.fit(family, fitting, checkpoint),
        Sought::Regular => data.fit_regular(fitting, checkpoint),
        Sought::Best => Ok(choose(data.fit_all(families, fitting, checkpoint)?)),
    })
}

/// Fits every model but BG/BB, which is for other data; of MBG/CNBD-k that with the most likely k, if the gaps between purchases are known.
pub fn fit_all(histories: &[History], fitting: Fitting, checkpoint: &mut dyn Checkpoint) -> Result<Fitted<Vec<Model>>> {
    Data::of(histories, Sought::Best, checkpoint)?.and_then(|data| data.fit_all(&Family::POISSON, fitting, checkpoint))
}

/// The best of where climbs over all histories from each of these starts end: parameters, and the log-likelihood, which a fit can be compared
/// with. Starts are logarithms of parameters, with time in units of the customers' mean age. Nothing where there is nothing to fit to.
pub fn climb_from(
    histories: &[History],
    family: Family,
    starts: &[[f64; 4]],
    checkpoint: &mut dyn Checkpoint,
) -> Result<Option<([f64; 4], f64)>> {
    let Fitted::Model(data) = Data::of(histories, Sought::One(family), checkpoint)? else {
        return Ok(None);
    };
    let mut best: Option<Optimum<4>> = None;
    for &start in starts {
        let found = climb(start, &LIMITS, |at| likelihood(family, &data.cells, at, checkpoint))?;
        if best.is_none_or(|best| found.curve.value > best.curve.value) {
            best = Some(found);
        }
    }
    Ok(best.map(|best| {
        let units = data.units(family);
        let values = std::array::from_fn(|i| best.point[i].exp() * units[i]);
        (values, best.curve.value + data.ln_units(family))
    }))
}

/// The model with the least BIC if that is strong evidence against MBG/NBD, which is taken otherwise; with the reason.
fn choose(models: Vec<Model>) -> Model {
    let bic = |model: &Model| model.estimate.bic().unwrap_or(f64::INFINITY);
    let told: Vec<String> = models
        .iter()
        .map(|model| format!("{} {:.3}", model.family.name(), bic(model)))
        .collect();
    let usual = models.iter().position(|model| model.family == Family::Mbg);
    let usual = usual.expect("MBG/NBD is always among them");
    let better = |best: usize, at: usize| {
        if bic(&models[at]) < bic(&models[best]) {
            at
        } else {
            best
        }
    };
    let best = (0..models.len()).fold(usual, better);
    let gain = bic(&models[usual]) - bic(&models[best]);
    let (at, reason) = if gain >= STRONG {
        let name = models[best].family.name();
        (
            best,
            format!("the BIC of {name} is lower than that of mbg/nbd by {gain:.1}, which is very strong evidence"),
        )
    } else {
        (
            usual,
            format!("mbg/nbd, since no other has a BIC that is lower by {STRONG}"),
        )
    };
    let mut chosen = models.into_iter().nth(at).expect("it is one of them");
    chosen.choice = Some(format!("{reason}: {}", told.join(", ")));
    chosen
}

/// Histories as they are fitted to.
struct Data {
    cells: Cells,
    customers: f64,
    repeat_customers: f64,
    /// The age of the oldest.
    observed: f64,
    early_customers: f64,
    /// Repeat purchases.
    orders: f64,
    /// The sum of the ages of all customers, in the unit of the cells.
    ages: f64,
    /// The unit of time of the cells: the customers' mean age, or a chance.
    unit: f64,
    /// The sum of the logarithms of the gaps between purchases, if all are known.
    ln_gaps: Option<f64>,
}

impl Data {
    fn of(histories: &[History], sought: Sought, checkpoint: &mut dyn Checkpoint) -> Result<Fitted<Data>> {
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
        let unit = match sought {
            // Chances are counted.
            Sought::One(Family::Bb) => 1.0,
            _ => checked_unit(ages / customers, "ages of customers")?,
        };
        let counted = histories.iter().filter(|history| history.weight > 0.0);
        let observed = counted.fold(0.0f64, |oldest, history| oldest.max(history.age));
        let early_customers = cells.sum(|_, age| if age > EARLY * observed { 1.0 } else { 0.0 });
        cells.divide_times(unit);
        Ok(Fitted::Model(Data {
            customers,
            repeat_customers: cells.sum(|frequency, _| if frequency > 0.0 { 1.0 } else { 0.0 }),
            observed,
            early_customers,
            orders: cells.sum(|frequency, _| frequency),
            ages: cells.sum(|_, age| age),
            unit,
            cells,
            ln_gaps: History::ln_gaps(histories),
        }))
    }

    fn fit(&self, family: Family, fitting: Fitting, checkpoint: &mut dyn Checkpoint) -> Result<Model> {
        self.model(family, &self.search(family).best(checkpoint)?, fitting)
    }

    fn fit_all(&self, families: &[Family], fitting: Fitting, checkpoint: &mut dyn Checkpoint) -> Result<Vec<Model>> {
        let mut models = Vec::new();
        for &family in families {
            models.push(self.fit(family, fitting, checkpoint)?);
        }
        if self.ln_gaps.is_some() {
            models.push(self.fit_regular(fitting, checkpoint)?);
        }
        Ok(models)
    }

    /// MBG/CNBD-k with the most likely k. The search goes from one k to the next, and each begins where the one before ended, with as many
    /// orders in a time; it ends where two k in a row are less likely than the one before.
    fn fit_regular(&self, fitting: Fitting, checkpoint: &mut dyn Checkpoint) -> Result<Model> {
        if self.ln_gaps.is_none() {
            return Err(Error::invalid("gaps between purchases are not known, which decide on k")
                .detail("The model is \"mbg/cnbd-k\", and frequency, recency and age do not tell how regular purchases are.")
                .hint("Fit to an order log, or name k, as in \"mbg/cnbd-2\"."));
        }
        let mut told = Vec::new();
        let mut tried: Vec<(Family, Optimum<4>, f64)> = Vec::new();
        let mut falls = 0;
        for family in Stages::all().map(Family::Regular) {
            let optimum = match tried.last() {
                None => self.search(family).best(checkpoint)?,
                Some(&(before, optimum, _)) => {
                    let mut start = optimum.point;
                    start[1] += (before.stages() / family.stages()).ln();
                    self.search(family).from(start, checkpoint)?
                }
            };
            let value = optimum.curve.value + self.ln_units(family);
            told.push(format!("{} {value:.3}", family.stages()));
            falls = match tried.last() {
                Some(before) if value < before.2 => falls + 1,
                _ => 0,
            };
            tried.push((family, optimum, value));
            if falls == 2 {
                break;
            }
        }
        let best = tried
            .into_iter()
            .reduce(|best, other| if other.2 > best.2 { other } else { best });
        let (family, neighbour, _) = best.expect("there is a first");
        // Where the way from one k to the next leads astray, the usual starts do not.
        let usual = self.search(family).best(checkpoint)?;
        let optimum = neighbour.or_better(usual);
        let mut model = self.model(family, &optimum, fitting)?;
        model.choice = Some(format!(
            "k = {} has the greatest log-likelihood: {}",
            family.stages(),
            told.join(", ")
        ));
        Ok(model)
    }

    /// The logarithm of the likelihood of the data as they are, less that of the data as they are searched with: what the unit of time
    /// and, in MBG/CNBD-k, the gaps between purchases add.
    fn ln_units(&self, family: Family) -> f64 {
        let stages = family.stages();
        // The density of times is per unit of time: each repeat purchase counts the unit once, and so does each stage of a gap.
        let units = -stages * self.orders * self.unit.ln();
        match self.ln_gaps {
            Some(ln_gaps) if stages > 1.0 => units + (stages - 1.0) * ln_gaps - self.orders * ln_gamma(stages),
            _ => units,
        }
    }

    fn model(&self, family: Family, optimum: &Optimum<4>, fitting: Fitting) -> Result<Model> {
        let mut estimate = Estimate::of(
            optimum,
            &Search {
                names: &family.parameter_names(),
                units: self.units(family),
                limits: (LEAST, MOST),
                near: NEAR,
                ln_units: self.ln_units(family),
                customers: self.customers,
            },
        );
        if family.stages() > 1.0 && self.ln_gaps.is_none() {
            estimate.warnings.push(
                "the gaps between purchases are not known: compare the log-likelihood with that of the same k only"
                    .to_owned(),
            );
        }
        estimate.count = family.parameters_count();
        let mut model = Model {
            family,
            estimate: estimate.checked(&family.scales())?,
            time_unit: fitting.time_unit,
            period: fitting.period,
            repeat_customers: self.repeat_customers,
            observed: Some(self.observed),
            early_customers: self.early_customers,
            choice: None,
        };
        let (first, last) = (model.warnings(), model.warning_of_churn());
        let text = |warning: Warning| warning.facts;
        model.estimate.warnings.splice(0..0, first.into_iter().map(text));
        model.estimate.warnings.extend(last.map(text));
        debug_assert!(model.is_readable(), "{model:?}");
        Ok(model)
    }

    fn search(&self, family: Family) -> search::Search<'_> {
        search::Search {
            family,
            cells: &self.cells,
            rate: self.orders * family.stages() / self.ages,
        }
    }

    /// The units of parameters: times are sought in units of the mean age.
    fn units(&self, family: Family) -> [f64; 4] {
        let time = if family == Family::Pareto { self.unit } else { 1.0 };
        [1.0, self.unit, 1.0, time]
    }
}
