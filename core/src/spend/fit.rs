//! Fitting the Gamma-Gamma model.

use super::{Model, PARAMETERS, SCALES};
use crate::checkpoint::{Checkpoint, push, vec_with_capacity};
use crate::customers::{self, Observation, Purchases};
use crate::error::{Error, Kind, Result, sentence, spelled};
use crate::estimate::{Estimate, Fitted, Search, checked_unit};
use crate::maximum::{Curve, Optimum, climb};
use crate::order_log::OrderLog;
use crate::rank::{correlation, middle_ranks};
use crate::special::{digamma, ln_gamma, ln_gamma_ratio, normal_probability, trigamma};
use crate::summary::{Row, checked_weight};

/// Parameters are sought between these, with money in units of the geometric mean of all values.
const LEAST: f64 = 1e-6;
const MOST: f64 = 1e6;

/// Logarithms of parameters this near to a limit are at it.
const NEAR: f64 = 2.0;

/// A search begins with about so many rows, and goes on with so many times more.
const SAMPLE: usize = 1_024;
const GROWTH: usize = 32;

/// How many rows are added up between two looks at the checkpoint.
const STRIDE: usize = 4_096;

/// A customer, or several with the same numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spender {
    /// Repeat purchases.
    pub frequency: u64,
    /// Their mean value, 0 where there is none to fit to.
    pub value: f64,
    /// How many customers there are.
    pub weight: f64,
}

impl Spender {
    /// A customer with a weight, checked. A value that is not positive says nothing about spend.
    pub fn new(frequency: i64, monetary_value: f64, weight: f64) -> Result<Spender> {
        if frequency < 0 {
            return Err(Error::invalid("frequency must not be negative").detail(format!("It is {frequency}.")));
        }
        if !monetary_value.is_finite() {
            return Err(Error::new(Kind::OutOfRange, "monetary_value must be a finite number")
                .detail(format!("It is {}.", spelled(monetary_value))));
        }
        Ok(Spender {
            frequency: frequency as u64,
            value: monetary_value.max(0.0) + 0.0,
            weight: checked_weight(weight)?,
        })
    }

    /// A customer with these purchases.
    pub fn of(purchases: &Purchases) -> Spender {
        Spender {
            frequency: purchases.frequency,
            value: purchases.monetary_value.max(0.0),
            weight: 1.0,
        }
    }

    /// Whether there is something to fit to.
    fn tells(&self) -> bool {
        self.frequency > 0 && self.value > 0.0 && self.weight > 0.0
    }
}

impl Row<3> for Spender {
    const NAME: &'static str = "fit_spend";

    fn bits(&self) -> [u64; 3] {
        [self.frequency, self.value.to_bits(), self.weight.to_bits()]
    }

    fn of_bits([frequency, value, weight]: [u64; 3]) -> Result<Spender> {
        let frequency = i64::try_from(frequency).unwrap_or(-1);
        Spender::new(frequency, f64::from_bits(value), f64::from_bits(weight))
    }
}

/// The customers in a log who have placed an order.
pub fn of_log(log: &OrderLog<'_>, observation: &Observation, checkpoint: &mut dyn Checkpoint) -> Result<Vec<Spender>> {
    let mut spenders = Vec::new();
    customers::each(log, observation, checkpoint, &mut |customer, checkpoint| {
        let Some(purchases) = customer.purchases else {
            return Ok(());
        };
        push(&mut spenders, Spender::of(&purchases), checkpoint)
    })?;
    Ok(spenders)
}

/// Customers with one frequency.
#[derive(Clone, Debug)]
struct Run {
    frequency: f64,
    /// Where they end.
    end: usize,
    /// How many there are.
    weight: f64,
    /// The sum of the logarithms of their values.
    ln_values: f64,
}

/// What is fitted to, in ascending order of frequency and value.
#[derive(Debug)]
struct Data {
    /// Value, in units of the geometric mean, and weight.
    rows: Vec<(f64, f64)>,
    runs: Vec<Run>,
}

/// Fits the model by maximum likelihood to those customers who have bought again and whose purchases were worth something.
///
/// There is nothing to fit to where there is none. Each evaluation takes some 10 ns a customer, and there are some ten; sorting comes on top.
pub fn fit(spenders: &[Spender], checkpoint: &mut dyn Checkpoint) -> Result<Fitted<Model>> {
    let mut telling: Vec<Spender> = vec_with_capacity(spenders.len(), checkpoint)?;
    telling.extend(spenders.iter().filter(|spender| spender.tells()));
    let left_out = left_out(spenders, telling.len(), checkpoint)?;
    if telling.is_empty() {
        return Ok(Fitted::Nothing(
            Error::new(Kind::NotEnough, "there is nothing to fit a spend model to")
                .detail(format!(
                    "Of {left_out} customers none has bought again and spent more than nothing on it."
                ))
                .hint("Collect orders with their amounts, over a longer time."),
        ));
    }
    telling.sort_unstable_by_key(Row::bits);
    let customers: f64 = telling.iter().map(|spender| spender.weight).sum();
    let mean =
        |of: fn(&Spender) -> f64| telling.iter().map(|spender| of(spender) * spender.weight).sum::<f64>() / customers;
    let ln_unit = mean(|spender| spender.value.ln());
    let unit = checked_unit(ln_unit.exp(), "amounts")?;
    let mean_value = mean(|spender| spender.value);
    let data = Data::of(&telling, ln_unit, checkpoint)?;
    let optimum = data.search(checkpoint)?;

    let mut estimate = Estimate::of(
        &optimum,
        &Search {
            names: &PARAMETERS,
            units: [1.0, 1.0, unit],
            limits: (LEAST, MOST),
            near: NEAR,
            // The density of values is per unit of money.
            ln_units: -customers * ln_unit,
            customers,
        },
    );
    let [correlation, rank_correlation] = correlations(&telling, checkpoint)?;
    // Without dependence, the rank correlation is about normal, with a variance of 1 / (n - 1).
    let p_value = rank_correlation
        .filter(|_| customers > 2.0)
        .map(|rho| 2.0 * normal_probability(-rho.abs() * (customers - 1.0).sqrt()));
    if estimate.values[1] <= 1.0 {
        let about =
            "q is not above 1: spend is spread so widely that its mean does not exist; the mean of the data stands in";
        estimate.warnings.push(about.to_owned());
    }
    let mut model = Model {
        estimate: estimate.checked(&SCALES)?,
        left_out,
        mean_value: Some(mean_value),
        correlation,
        rank_correlation,
        independence_p_value: p_value,
    };
    let first = model.warnings().into_iter().map(|warning| warning.facts);
    model.estimate.warnings.splice(0..0, first);
    let model = model.checked(|message| {
        Error::new(Kind::OutOfRange, "numbers are too small or too large to fit a model to").detail(sentence(message))
    })?;
    debug_assert!(model.is_readable(), "{model:?}");
    Ok(Fitted::Model(model))
}

/// How many customers tell nothing, where `telling` rows do; the same in whatever order they come.
fn left_out(spenders: &[Spender], telling: usize, checkpoint: &mut dyn Checkpoint) -> Result<f64> {
    let mut weights: Vec<f64> = vec_with_capacity(spenders.len() - telling, checkpoint)?;
    let rest = spenders.iter().filter(|spender| !spender.tells());
    weights.extend(rest.map(|spender| spender.weight));
    weights.sort_unstable_by(f64::total_cmp);
    Ok(weights.iter().fold(0.0, |sum, weight| sum + weight))
}

impl Data {
    fn of(spenders: &[Spender], ln_unit: f64, checkpoint: &mut dyn Checkpoint) -> Result<Data> {
        let mut data = Data {
            rows: vec_with_capacity(spenders.len(), checkpoint)?,
            runs: Vec::new(),
        };
        for spender in spenders {
            let ln_value = spender.value.ln() - ln_unit;
            data.push(spender.frequency as f64, (ln_value.exp(), spender.weight), ln_value);
        }
        Ok(data)
    }

    fn push(&mut self, frequency: f64, row: (f64, f64), ln_value: f64) {
        self.rows.push(row);
        let (end, weight) = (self.rows.len(), row.1);
        match self.runs.last_mut() {
            Some(run) if run.frequency == frequency => {
                run.end = end;
                run.weight += weight;
                run.ln_values += weight * ln_value;
            }
            _ => self.runs.push(Run {
                frequency,
                end,
                weight,
                ln_values: weight * ln_value,
            }),
        }
    }

    /// One row of each `every`.
    fn sample(&self, every: usize) -> Data {
        let mut sample = Data {
            rows: Vec::new(),
            runs: Vec::new(),
        };
        let mut runs = self.runs.iter();
        let mut run = runs.next();
        for (n, &row) in self.rows.iter().enumerate().step_by(every) {
            while run.is_some_and(|run| n >= run.end) {
                run = runs.next();
            }
            sample.push(run.map_or(0.0, |run| run.frequency), row, row.0.ln());
        }
        sample
    }

    /// The best point that there is. What ends at a limit is sought anew, with customers and orders that differ much, little and hardly.
    fn search(&self, checkpoint: &mut dyn Checkpoint) -> Result<Optimum<3>> {
        let best = self.upwards(&[(2.0, 3.0), (10.0, 5.0), (0.5, 1.5), (100.0, 20.0)], checkpoint)?;
        if best.is_top() {
            return Ok(best);
        }
        let shapes = [0.1, 1.0, 10.0, 100.0];
        let starts: Vec<_> = shapes
            .iter()
            .flat_map(|&p| [0.5, 1.5, 4.0, 30.0].map(|q| (p, q)))
            .collect();
        Ok(best.or_better(self.upwards(&starts, checkpoint)?))
    }

    /// Climbs from each p and q on a sample, and from the highest top on greater ones.
    fn upwards(&self, starts: &[(f64, f64)], checkpoint: &mut dyn Checkpoint) -> Result<Optimum<3>> {
        let limits = [(LEAST.ln(), MOST.ln()); 3];
        let mut size = SAMPLE;
        // Values about 1: the mean p v / (q - 1) begins there, or is of that size.
        let mut starts: Vec<[f64; 3]> = starts
            .iter()
            .map(|&(p, q)| [p.ln(), q.ln(), ((q - 1.0).abs() / p).ln()])
            .collect();
        loop {
            let every = self.rows.len() / size;
            let sample = (every > 1).then(|| self.sample(every));
            let data = sample.as_ref().unwrap_or(self);
            let mut best: Option<Optimum<3>> = None;
            for &start in &starts {
                let found = climb(start, &limits, |at| data.likelihood(at, checkpoint))?;
                best = Some(best.map_or(found, |best| best.or_better(found)));
            }
            let best = best.expect("there are starts");
            if every <= 1 {
                return Ok(best);
            }
            starts = vec![best.point];
            size = size.saturating_mul(GROWTH);
        }
    }

    /// The log-likelihood at the logarithms of the parameters, as a function of these: equation (1a) of Fader & Hardie.
    fn likelihood(&self, ln_parameters: &[f64; 3], checkpoint: &mut dyn Checkpoint) -> Result<Curve<3>> {
        let parameters = ln_parameters.map(f64::exp);
        let [p, q, v] = parameters;
        let mut curve = Curve::ZERO;
        let mut start = 0;
        for run in &self.runs {
            let (x, n) = (run.frequency, run.weight);
            let px = p * x;
            // Sums of ln(v + x z), 1 / (v + x z) and its square.
            let (mut ln, mut inverse, mut square) = (0.0, 0.0, 0.0);
            for part in self.rows[start..run.end].chunks(STRIDE) {
                checkpoint.pass("fitting", start, self.rows.len())?;
                for &(value, weight) in part {
                    let total = v + x * value;
                    let share = 1.0 / total;
                    ln += weight * total.ln();
                    inverse += weight * share;
                    square += weight * share * share;
                }
            }
            start = run.end;
            curve.value += n * (ln_gamma_ratio(px, q) - ln_gamma(q) + q * v.ln() + px * x.ln())
                + (px - 1.0) * run.ln_values
                - (px + q) * ln;
            let both = digamma(px + q);
            curve.gradient[0] += x * (n * (both - digamma(px) + x.ln()) + run.ln_values - ln);
            curve.gradient[1] += n * (both - digamma(q) + v.ln()) - ln;
            curve.gradient[2] += n * q / v - (px + q) * inverse;
            let both = trigamma(px + q);
            curve.hessian[0][0] += n * x * x * (both - trigamma(px));
            curve.hessian[1][1] += n * (both - trigamma(q));
            curve.hessian[2][2] += (px + q) * square - n * q / (v * v);
            for (i, j, value) in [(0, 1, n * x * both), (0, 2, -x * inverse), (1, 2, n / v - inverse)] {
                curve.hessian[i][j] += value;
                curve.hessian[j][i] += value;
            }
        }
        Ok(curve.by_logarithms(&parameters))
    }
}

/// Pearson's correlation of frequency and value, and Spearman's.
fn correlations(spenders: &[Spender], checkpoint: &mut dyn Checkpoint) -> Result<[Option<f64>; 2]> {
    let plain = spenders
        .iter()
        .map(|spender| (spender.frequency as f64, spender.value, spender.weight));
    let weight = |at: usize| spenders[at].weight;
    let by_frequency = middle_ranks(
        spenders.iter().map(|spender| spender.frequency as f64),
        weight,
        checkpoint,
    )?;
    let by_value = middle_ranks(spenders.iter().map(|spender| spender.value), weight, checkpoint)?;
    let ranked = (0..spenders.len()).map(|at| (by_frequency[at], by_value[at], weight(at)));
    Ok([correlation(plain), correlation(ranked)])
}
