//! `churn`: who is about to leave.

use crate::customers::Look;
use crate::estimate::{finite, told};
use crate::order_log::Log;
use crate::pg::any::TypeOnly;
use crate::pg::call::Call;
use crate::pg::error::answer;
use crate::pg::interrupt::Backend;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::text::Text;
use crate::pg::time::{Interval, Timestamp};
use crate::pg::value::Given;
use crate::purchases::{PurchaseModel, family, observation};
use clientele_core::Result;
use clientele_core::calendar::DAY;
use clientele_core::checkpoint::{Checkpoint, push};
use clientele_core::churn::{Bands, Risk};
use clientele_core::customers::days_between;
use clientele_core::key::{KeyKind, Keys};
use clientele_core::order_log::OrderLog;
use clientele_core::purchases::{Fitting, Model, fit, of_log};
use pgrx::prelude::*;

const COLUMNS: &[Column] = &[
    Column::Key,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Text,
];

/// How far ahead, where nothing else is asked for.
const HORIZON: i64 = 90 * DAY;

/// Customers scored between two looks at the checkpoint.
const STRIDE: usize = 64;

/// What is asked of `churn`, besides the log.
struct Question<'a> {
    horizon: Option<Interval>,
    model: Option<Text<'a>>,
    look: Look<'a>,
    medium_from: Option<f64>,
    high_from: Option<f64>,
    purchases: Option<Given<'a, PurchaseModel>>,
}

/// `churn(log, horizon, model, as_of, period, time_zone, medium_from, high_from, purchases)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
#[allow(clippy::too_many_arguments, reason = "one for each argument of the SQL function")]
fn churn<'a>(
    log: Option<Given<'a, Log>>,
    horizon: Option<Interval>,
    model: Option<Text<'a>>,
    as_of: Option<Timestamp>,
    period: Option<Text<'a>>,
    time_zone: Option<Text<'a>>,
    medium_from: Option<f64>,
    high_from: Option<f64>,
    purchases: Option<Given<'a, PurchaseModel>>,
    call: Call<'a>,
) -> RowSet<'a> {
    let question = Question {
        horizon,
        model,
        look: Look {
            as_of,
            period,
            time_zone,
        },
        medium_from,
        high_from,
        purchases,
    };
    answer(|| score_all(log, question, call))
}

/// `churn(log, NULL::type, …)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
#[allow(clippy::too_many_arguments, reason = "one for each argument of the SQL function")]
fn churn_as<'a>(
    log: Option<Given<'a, Log>>,
    _key: TypeOnly,
    horizon: Option<Interval>,
    model: Option<Text<'a>>,
    as_of: Option<Timestamp>,
    period: Option<Text<'a>>,
    time_zone: Option<Text<'a>>,
    medium_from: Option<f64>,
    high_from: Option<f64>,
    purchases: Option<Given<'a, PurchaseModel>>,
    call: Call<'a>,
) -> RowSet<'a> {
    churn(
        log,
        horizon,
        model,
        as_of,
        period,
        time_zone,
        medium_from,
        high_from,
        purchases,
        call,
    )
}

fn score_all<'a>(log: Option<Given<'_, Log>>, question: Question<'_>, call: Call<'a>) -> Result<RowSet<'a>> {
    let Some(log) = log else {
        return Rows::none(call, COLUMNS);
    };
    let horizon = question
        .horizon
        .map_or(Ok(HORIZON), |horizon| horizon.horizon("horizon"))?;
    let usual = Bands::default();
    let bands = Bands::new(
        question.medium_from.unwrap_or(usual.medium_from),
        question.high_from.unwrap_or(usual.high_from),
    )?;
    let family = family(question.model)?;
    let model = question
        .purchases
        .map(|model| Model::decode(model.bytes()))
        .transpose()?;

    let log = OrderLog::open(log.bytes())?;
    let kind = log.kinds().map(|kinds| kinds.0);
    let mut rows = Rows::begin(call, COLUMNS, kind)?;
    let mut backend = Backend::of_call("churn");
    let observation = observation(&question.look, &log, model.as_ref())?;
    let mut keys = Keys::new(kind.unwrap_or(KeyKind::Integer));
    let mut silences = Vec::new();
    let histories = of_log(&log, &observation, &mut backend, &mut |customer, checkpoint| {
        keys.push(customer.key, checkpoint)?;
        // Whoever has purchases has a last order.
        let last = customer.totals.last_order.unwrap_or(observation.as_of);
        push(&mut silences, days_between(last, observation.as_of), checkpoint)
    })?;
    let model = match model {
        Some(model) => Some(model),
        None => told(fit(&histories, family, Fitting::of(&observation), &mut backend)?),
    };

    let names = Risk::ALL.map(|risk| Cell::Shared(rows.share(risk.name())));
    let horizon = model.as_ref().map_or(0.0, |model| model.units(horizon));
    for (at, (history, &silence)) in histories.iter().zip(&silences).enumerate() {
        if at % STRIDE == 0 {
            backend.pass("scoring", at, histories.len())?;
        }
        let outlook = model.as_ref().map(|model| model.outlook(&history.customer()));
        let p_alive = outlook.and_then(|outlook| finite(outlook.p_alive()));
        let churn_probability = outlook.and_then(|outlook| finite(outlook.p_no_order(horizon)));
        rows.put(&[
            Cell::Key(keys.get(at)),
            Cell::Float(silence),
            Cell::of(p_alive, Cell::Float),
            Cell::of(churn_probability, Cell::Float),
            Cell::of(churn_probability, |p| names[bands.risk(p) as usize]),
        ])?;
    }
    Ok(rows.finish())
}
