//! `validate_purchases` and `compare_purchase_models`: whether models of purchases would have been right.

use crate::estimate::told;
use crate::observation::ObservationOptions;
use crate::order_log::{Log, times};
use crate::pg::call::Call;
use crate::pg::error::or_raise;
use crate::pg::interrupt::{Backend, WholeCall};
use crate::pg::options::Options;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::time::Timestamp;
use crate::pg::value::Given;
use crate::purchases::family;
use clientele_core::Result;
use clientele_core::calendar::{DAY, Period};
use clientele_core::order_log::OrderLog;
use clientele_core::purchases::{fit, fit_all};
use clientele_core::validation::{Comparison, Trial, check_split};
use pgrx::prelude::*;

const VALIDATION: &[(&str, Column)] = &[
    ("method", Column::Text),
    ("decile", Column::Int4),
    ("customers", Column::Int8),
    ("predicted", Column::Float8),
    ("actual", Column::Int8),
    ("bias", Column::Float8),
    ("mae", Column::Float8),
    ("rmse", Column::Float8),
    ("rank_correlation", Column::Float8),
    ("predicted_active", Column::Float8),
    ("actual_active", Column::Float8),
];

/// What is asked of both functions, besides the log.
struct Question<'a> {
    observation: ObservationOptions<'a>,
    /// As clocks in the time zone show it.
    split: Option<i64>,
}

impl<'a> Question<'a> {
    fn read(options: &Options<'a>) -> Result<Question<'a>> {
        Ok(Question {
            observation: ObservationOptions::read(options)?,
            split: options.read_given("split", Timestamp::finite)?,
        })
    }

    /// The trial; nothing, and a NOTICE, where there is too little for one.
    fn trial(&self, log: &Given<'_, Log>, backend: &mut WholeCall) -> Result<Option<Trial>> {
        let log = OrderLog::open(log.bytes())?;
        let times = times(&log);
        let observation = self.observation.of(times, Period::Day, DAY)?;
        let end = &self.observation.end;
        let split = self.split.map(|split| end.instant(split, times)).transpose()?;
        if let (Some(split), true) = (split, end.is_given()) {
            check_split(&observation, split)?;
        }
        Trial::of(&log, &observation, split, backend).map(told)
    }
}

/// `validate_purchases(log, split, model, as_of, period, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn validate_purchases<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let (question, family) = (Question::read(&options)?, family(&options)?);
        let Some(log) = log else {
            return Rows::none(call, VALIDATION);
        };
        let mut rows = Rows::begin(call, VALIDATION, None)?;
        let mut backend = Backend::of_call("validate_purchases");
        let Some(trial) = question.trial(&log, &mut backend)? else {
            return Ok(rows.finish());
        };
        let Some(model) = told(fit(trial.histories(), family, trial.fitting(), &mut backend)?) else {
            return Ok(rows.finish());
        };
        let mut predictions = vec![trial.by_model(&model, &mut backend)?];
        predictions.extend(trial.by_rules(&mut backend)?);
        let mut put = |method: &str, tenth: Option<usize>, comparison: &Comparison| {
            let measures = measures(comparison);
            let first = [Cell::Text(method), Cell::of(tenth, |tenth| Cell::Integer(tenth as i64))];
            rows.put(&[first.as_slice(), &measures].concat())
        };
        for prediction in &predictions {
            put(prediction.method, None, &trial.compare(prediction, &mut backend)?)?;
        }
        for prediction in &predictions {
            for (tenth, comparison) in trial.compare_tenths(prediction, &mut backend)? {
                put(prediction.method, Some(tenth), &comparison)?;
            }
        }
        Ok(rows.finish())
    })
}

const COMPARISON: &[(&str, Column)] = &[
    ("method", Column::Text),
    ("status", Column::Text),
    ("log_likelihood", Column::Float8),
    ("aic", Column::Float8),
    ("bic", Column::Float8),
    ("customers", Column::Int8),
    ("predicted", Column::Float8),
    ("actual", Column::Int8),
    ("bias", Column::Float8),
    ("mae", Column::Float8),
    ("rmse", Column::Float8),
    ("rank_correlation", Column::Float8),
    ("predicted_active", Column::Float8),
    ("actual_active", Column::Float8),
];

/// `compare_purchase_models(log, split, as_of, period, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn compare_purchase_models<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let question = Question::read(&options)?;
        let Some(log) = log else {
            return Rows::none(call, COMPARISON);
        };
        let mut rows = Rows::begin(call, COMPARISON, None)?;
        let mut backend = Backend::of_call("compare_purchase_models");
        let Some(trial) = question.trial(&log, &mut backend)? else {
            return Ok(rows.finish());
        };
        let Some(models) = told(fit_all(trial.histories(), trial.fitting(), &mut backend)?) else {
            return Ok(rows.finish());
        };
        for model in models {
            let comparison = trial.compare(&trial.by_model(&model, &mut backend)?, &mut backend)?;
            let estimate = &model.estimate;
            let first = [
                Cell::Text(model.family.name()),
                Cell::Text(estimate.status.name()),
                Cell::of(estimate.log_likelihood, Cell::Float),
                Cell::of(estimate.aic(), Cell::Float),
                Cell::of(estimate.bic(), Cell::Float),
            ];
            rows.put(&[first.as_slice(), &measures(&comparison)].concat())?;
        }
        for prediction in trial.by_rules(&mut backend)? {
            let comparison = trial.compare(&prediction, &mut backend)?;
            let first = [
                Cell::Text(prediction.method),
                Cell::Null,
                Cell::Null,
                Cell::Null,
                Cell::Null,
            ];
            rows.put(&[first.as_slice(), &measures(&comparison)].concat())?;
        }
        Ok(rows.finish())
    })
}

/// The columns that both functions have.
fn measures(comparison: &Comparison) -> [Cell<'static>; 9] {
    [
        Cell::Integer(comparison.customers as i64),
        Cell::Float(comparison.predicted),
        Cell::Integer(comparison.actual as i64),
        Cell::of(comparison.bias(), Cell::Float),
        Cell::Float(comparison.mae),
        Cell::Float(comparison.rmse),
        Cell::of(comparison.rank_correlation, Cell::Float),
        Cell::of(comparison.predicted_active, Cell::Float),
        Cell::Float(comparison.actual_active),
    ]
}
