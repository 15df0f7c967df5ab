//! `churn`: who is about to leave.

use crate::estimate::{finite, told};
use crate::observation::ObservationOptions;
use crate::order_log::{Log, times};
use crate::pg::call::Call;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::options::Options;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::value::Given;
use crate::pg::warning::warn;
use crate::purchases::{PurchaseModel, check_all, family, horizon, observation, warnings};
use clientele_core::Result;
use clientele_core::calendar::DAY;
use clientele_core::checkpoint::{Checkpoint, push};
use clientele_core::churn::{Bands, Risk};
use clientele_core::customers::days_between;
use clientele_core::key::{KeyKind, Keys};
use clientele_core::order_log::OrderLog;
use clientele_core::purchases::{Fitting, Model, Sought, fit_for_churn, of_log};
use pgrx::prelude::*;

const COLUMNS: &[(&str, Column)] = &[
    ("customer_id", Column::Key),
    ("days_since_last", Column::Float8),
    ("p_alive", Column::Float8),
    ("churn_probability", Column::Float8),
    ("risk", Column::Text),
];

/// How far ahead, where nothing else is asked for.
const HORIZON: i64 = 90 * DAY;

/// Customers scored between two looks at the checkpoint.
const STRIDE: usize = 64;

/// What is asked of `churn`, besides the log.
struct Question<'a> {
    horizon: i64,
    family: Sought,
    observation: ObservationOptions<'a>,
    bands: Bands,
    purchases: Option<Model>,
}

impl<'a> Question<'a> {
    fn read(options: &Options<'a>) -> Result<Question<'a>> {
        let usual = Bands::default();
        Ok(Question {
            horizon: horizon(options, HORIZON)?,
            family: family(options)?,
            observation: ObservationOptions::read(options)?,
            bands: Bands::new(
                options.or("medium_from", usual.medium_from)?,
                options.or("high_from", usual.high_from)?,
            )?,
            purchases: options.read_given("purchases", |model: Given<'_, PurchaseModel>, _| {
                Model::decode(model.bytes())
            })?,
        })
    }
}

/// `churn(log, horizon, model, as_of, period, time_zone, medium_from, high_from, purchases)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn churn<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| score_all(log, Question::read(&options)?, call))
}

fn score_all<'a>(log: Option<Given<'_, Log>>, question: Question<'_>, call: Call<'a>) -> Result<RowSet<'a>> {
    let Some(log) = log else {
        return Rows::none(call, COLUMNS);
    };
    let log = OrderLog::open(log.bytes())?;
    let kind = log.kinds().map(|kinds| kinds.0);
    let mut rows = Rows::begin(call, COLUMNS, kind)?;
    let mut backend = Backend::of_call("churn");
    let kept = question.purchases.as_ref();
    let observation = observation(&question.observation, times(&log), question.family, kept)?;
    let mut keys = Keys::new(kind.unwrap_or(KeyKind::Integer));
    let mut days_since_last = Vec::new();
    let histories = of_log(&log, &observation, &mut backend, &mut |customer, checkpoint| {
        keys.push(customer.key, checkpoint)?;
        // Whoever has purchases has a last order.
        let last = customer.totals.last_order.unwrap_or(observation.as_of);
        push(&mut days_since_last, days_between(last, observation.as_of), checkpoint)
    })?;
    check_all(kept, &histories)?;
    let kept = question.purchases.is_some();
    let model = match question.purchases {
        Some(model) => Some(model),
        None => told(fit_for_churn(
            &histories,
            question.family,
            Fitting::of(&observation),
            &mut backend,
        )?),
    };

    if let Some(model) = &model {
        let more = model.warning_of_churn();
        warn(warnings(model, kept, &observation, question.horizon, more), call);
    }

    let names = Risk::ALL.map(|risk| Cell::Shared(rows.share(risk.name())));
    let horizon = model
        .as_ref()
        .map_or(Ok(0.0), |model| model.horizon_of_churn(question.horizon))?;
    for (at, (history, &days)) in histories.iter().zip(&days_since_last).enumerate() {
        if at % STRIDE == 0 {
            backend.pass("scoring", at, histories.len())?;
        }
        let outlook = model.as_ref().map(|model| model.outlook(&history.customer()));
        let p_alive = outlook.and_then(|outlook| finite(outlook.p_alive()));
        let churn_probability = outlook.and_then(|outlook| finite(outlook.p_no_order(horizon)));
        rows.put(&[
            Cell::Key(keys.get(at)),
            Cell::Float(days),
            Cell::of(p_alive, Cell::Float),
            Cell::of(churn_probability, Cell::Float),
            Cell::of(churn_probability, |p| names[question.bands.risk(p) as usize]),
        ])?;
    }
    Ok(rows.finish())
}
