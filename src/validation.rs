//! `validate_purchases`, `validate_clv`, `validate_churn` and `compare_purchase_models`: whether models would have been right.

use crate::estimate::{finite, told};
use crate::observation::ObservationOptions;
use crate::order_log::{Log, times};
use crate::pg::call::Call;
use crate::pg::error::or_raise;
use crate::pg::interrupt::{Backend, WholeCall};
use crate::pg::options::Options;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::time::Timestamp;
use crate::pg::value::Given;
use crate::pg::warning::warn;
use crate::purchases::{CHANCES, family, observation, unfinished};
use clientele_core::Result;
use clientele_core::clv::Terms;
use clientele_core::order_log::OrderLog;
use clientele_core::purchases::{Model, Sought, fit, fit_all, fit_for_churn};
use clientele_core::spend;
use clientele_core::validation::{
    Accuracy, Churn, ChurnComparison, Orders, OrdersComparison, Prediction, Revenue, RevenueComparison, Rule, Trial,
    check_split,
};
use pgrx::prelude::*;

/// What is asked of all functions, besides the log.
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
    fn trial(
        &self,
        log: &Given<'_, Log>,
        sought: Sought,
        call: Call<'_>,
        backend: &mut WholeCall,
    ) -> Result<Option<Trial>> {
        let log = OrderLog::open(log.bytes())?;
        let times = times(&log);
        let observation = observation(&self.observation, times, sought, None)?;
        warn(Vec::from_iter(unfinished(sought == CHANCES, &observation)), call);
        let end = &self.observation.end;
        let split = self.split.map(|split| end.instant(split, times)).transpose()?;
        if let (Some(split), true) = (split, end.is_given()) {
            check_split(&observation, split)?;
        }
        Trial::of(&log, &observation, split, backend).map(told)
    }

    /// The rows that `put` writes of the trial; none for a log that is NULL, or where there is too little for a trial.
    fn rows<'c>(
        &self,
        (name, columns): (&'static str, &'static [(&'static str, Column)]),
        log: Option<Given<'_, Log>>,
        sought: Sought,
        call: Call<'c>,
        put: impl FnOnce(&mut Rows<'c>, &Trial, &mut WholeCall) -> Result<()>,
    ) -> Result<RowSet<'c>> {
        let Some(log) = log else {
            return Rows::none(call, columns);
        };
        let mut rows = Rows::begin(call, columns, None)?;
        let mut backend = Backend::of_call(name);
        if let Some(trial) = self.trial(&log, sought, call, &mut backend)? {
            put(&mut rows, &trial, &mut backend)?;
        }
        Ok(rows.finish())
    }
}

/// Writes a row of each prediction for all customers, and then for each tenth of them: method, tenth, and the cells of a comparison; of
/// that of all customers, the prediction may be looked at once more.
fn put_all<P: Prediction>(
    rows: &mut Rows<'_>,
    trial: &Trial,
    predictions: &[P],
    backend: &mut WholeCall,
    cells: impl Fn(&P::Comparison, Option<&P>, &mut WholeCall) -> Result<Vec<Cell<'static>>>,
) -> Result<()> {
    let mut put = |method: &str, tenth: Option<usize>, cells: Vec<Cell<'static>>| {
        let first = [Cell::Text(method), Cell::of(tenth, |tenth| Cell::Integer(tenth as i64))];
        rows.put(&[first.as_slice(), &cells].concat())
    };
    for prediction in predictions {
        let comparison = prediction.compare(trial, backend)?;
        let cells = cells(&comparison, Some(prediction), backend)?;
        put(prediction.method(), None, cells)?;
    }
    for prediction in predictions {
        for (tenth, comparison) in prediction.compare_tenths(trial, backend)? {
            put(prediction.method(), Some(tenth), cells(&comparison, None, backend)?)?;
        }
    }
    Ok(())
}

const PURCHASES: &[(&str, Column)] = &[
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

/// `validate_purchases(log, split, model, as_of, period, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn validate_purchases<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let (question, family) = (Question::read(&options)?, family(&options)?);
        question.rows(
            ("validate_purchases", PURCHASES),
            log,
            family,
            call,
            |rows, trial, backend| {
                let Some(model) = told(fit(trial.histories(), family, trial.fitting(), backend)?) else {
                    return Ok(());
                };
                warn(model.warnings(), call);
                let mut predictions = vec![Orders::by_model(trial, &model, backend)?];
                for rule in Rule::ALL {
                    predictions.push(Orders::by_rule(trial, rule, backend)?);
                }
                put_all(rows, trial, &predictions, backend, |comparison, _, _| {
                    Ok(of_orders(comparison).to_vec())
                })?;
                Ok(())
            },
        )
    })
}

const CLV: &[(&str, Column)] = &[
    ("method", Column::Text),
    ("decile", Column::Int4),
    ("customers", Column::Int8),
    ("predicted", Column::Float8),
    ("actual", Column::Float8),
    ("bias", Column::Float8),
    ("mae", Column::Float8),
    ("rmse", Column::Float8),
    ("rank_correlation", Column::Float8),
    ("top_tenth_share", Column::Float8),
    ("coverage", Column::Float8),
];

/// `validate_clv(log, split, model, as_of, period, time_zone, confidence)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn validate_clv<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let (question, family) = (Question::read(&options)?, family(&options)?);
        let confidence = options.or("confidence", Terms::default().confidence)?;
        Terms {
            confidence,
            ..Terms::default()
        }
        .check()?;
        question.rows(("validate_clv", CLV), log, family, call, |rows, trial, backend| {
            let Some(purchases) = told(fit(trial.histories(), family, trial.fitting(), backend)?) else {
                return Ok(());
            };
            let Some(spend) = told(spend::fit(trial.spenders(), backend)?) else {
                return Ok(());
            };
            warn([purchases.warnings(), spend.warnings()].concat(), call);
            let models = (&purchases, &spend);
            let mut predictions = vec![Revenue::by_models(trial, models, confidence, backend)?];
            for rule in Rule::ALL {
                predictions.push(Revenue::by_rule(trial, rule, backend)?);
            }
            put_all(rows, trial, &predictions, backend, |comparison, whole, backend| {
                let accuracy = of_accuracy(&comparison.accuracy, Cell::Float(comparison.accuracy.actual));
                let revenue = of_revenue(trial, comparison, whole, backend)?;
                Ok([accuracy.as_slice(), &revenue].concat())
            })?;
            Ok(())
        })
    })
}

const CHURN: &[(&str, Column)] = &[
    ("method", Column::Text),
    ("decile", Column::Int4),
    ("customers", Column::Int8),
    ("predicted_churn", Column::Float8),
    ("actual_churn", Column::Float8),
    ("brier_score", Column::Float8),
    ("log_loss", Column::Float8),
    ("auc", Column::Float8),
];

/// `validate_churn(log, split, model, as_of, period, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn validate_churn<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let (question, family) = (Question::read(&options)?, family(&options)?);
        question.rows(("validate_churn", CHURN), log, family, call, |rows, trial, backend| {
            let Some(model) = told(fit_for_churn(trial.histories(), family, trial.fitting(), backend)?) else {
                return Ok(());
            };
            let warnings = model.warnings().into_iter().chain(model.warning_of_churn());
            warn(warnings.collect(), call);
            let mut predictions = vec![Churn::by_model(trial, &model, backend)?];
            predictions.extend(Churn::by_rules(trial, backend)?);
            put_all(rows, trial, &predictions, backend, |comparison, _, _| {
                Ok(of_churn(comparison).to_vec())
            })?;
            Ok(())
        })
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
    ("predicted_revenue", Column::Float8),
    ("actual_revenue", Column::Float8),
    ("revenue_bias", Column::Float8),
    ("revenue_mae", Column::Float8),
    ("revenue_rmse", Column::Float8),
    ("revenue_rank_correlation", Column::Float8),
    ("top_tenth_share", Column::Float8),
    ("coverage", Column::Float8),
];

/// `compare_purchase_models(log, split, as_of, period, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn compare_purchase_models<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let question = Question::read(&options)?;
        question.rows(
            ("compare_purchase_models", COMPARISON),
            log,
            Sought::Best,
            call,
            |rows, trial, backend| {
                let Some(models) = told(fit_all(trial.histories(), trial.fitting(), backend)?) else {
                    return Ok(());
                };
                warn(models.iter().flat_map(Model::warnings).collect(), call);
                let spend = told(spend::fit(trial.spenders(), backend)?);
                let confidence = Terms::default().confidence;
                for model in &models {
                    let estimate = &model.estimate;
                    let fitted = [
                        Cell::Text(estimate.status.name()),
                        Cell::of(estimate.log_likelihood, Cell::Float),
                        Cell::of(estimate.aic(), Cell::Float),
                        Cell::of(estimate.bic(), Cell::Float),
                    ];
                    let orders = Orders::by_model(trial, model, backend)?;
                    let of_model = |spend| Revenue::by_models(trial, (model, spend), confidence, backend);
                    let revenue = spend.as_ref().map(of_model).transpose()?;
                    put_comparison(rows, trial, fitted, &orders, revenue.as_ref(), backend)?;
                }
                for rule in Rule::ALL {
                    let orders = Orders::by_rule(trial, rule, backend)?;
                    let revenue = Revenue::by_rule(trial, rule, backend)?;
                    put_comparison(rows, trial, [Cell::Null; 4], &orders, Some(&revenue), backend)?;
                }
                Ok(())
            },
        )
    })
}

/// One row of `compare_purchase_models`; revenue is NULL where there is no model of spend.
fn put_comparison(
    rows: &mut Rows<'_>,
    trial: &Trial,
    fitted: [Cell<'_>; 4],
    orders: &Orders,
    revenue: Option<&Revenue>,
    backend: &mut WholeCall,
) -> Result<()> {
    let mut of_money = [Cell::Null; 8];
    if let Some(revenue) = revenue {
        let comparison = revenue.compare(trial, backend)?;
        let accuracy = of_accuracy(&comparison.accuracy, Cell::Float(comparison.accuracy.actual));
        // The customers are those of the orders.
        of_money[..6].copy_from_slice(&accuracy[1..]);
        of_money[6..].copy_from_slice(&of_revenue(trial, &comparison, Some(revenue), backend)?);
    }
    let of_orders = of_orders(&orders.compare(trial, backend)?);
    rows.put(&[&[Cell::Text(orders.method())], fitted.as_slice(), &of_orders, &of_money].concat())
}

/// The columns from `customers` to `rank_correlation`, where `actual` is what came.
fn of_accuracy(accuracy: &Accuracy, actual: Cell<'static>) -> [Cell<'static>; 7] {
    [
        Cell::Integer(accuracy.customers as i64),
        Cell::of(finite(accuracy.predicted), Cell::Float),
        actual,
        Cell::of(accuracy.bias().and_then(finite), Cell::Float),
        Cell::of(finite(accuracy.mae), Cell::Float),
        Cell::of(finite(accuracy.rmse), Cell::Float),
        Cell::of(accuracy.rank_correlation, Cell::Float),
    ]
}

/// The columns of orders, from `customers` on.
fn of_orders(comparison: &OrdersComparison) -> [Cell<'static>; 9] {
    let accuracy = &comparison.accuracy;
    // A count of purchases, and so a whole number.
    let [a, b, c, d, e, f, g] = of_accuracy(accuracy, Cell::Integer(accuracy.actual as i64));
    let predicted = Cell::of(comparison.predicted_active, Cell::Float);
    [a, b, c, d, e, f, g, predicted, Cell::Float(comparison.actual_active)]
}

/// `top_tenth_share`, where the comparison is of the whole of a prediction, and `coverage`.
fn of_revenue(
    trial: &Trial,
    comparison: &RevenueComparison,
    whole: Option<&Revenue>,
    backend: &mut WholeCall,
) -> Result<[Cell<'static>; 2]> {
    let share = match whole {
        Some(revenue) => revenue.top_tenth_share(trial, backend)?,
        None => None,
    };
    Ok([Cell::of(share, Cell::Float), Cell::of(comparison.coverage, Cell::Float)])
}

/// The columns of churn, from `customers` on.
fn of_churn(comparison: &ChurnComparison) -> [Cell<'static>; 6] {
    [
        Cell::Integer(comparison.customers as i64),
        Cell::of(finite(comparison.predicted), Cell::Float),
        Cell::Float(comparison.actual),
        Cell::of(finite(comparison.brier_score), Cell::Float),
        Cell::of(finite(comparison.log_loss), Cell::Float),
        Cell::of(comparison.auc, Cell::Float),
    ]
}
