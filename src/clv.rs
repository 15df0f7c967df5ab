//! `clv`: what each customer will be worth.

use crate::customers::Look;
use crate::estimate::told;
use crate::order_log::Log;
use crate::pg::any::TypeOnly;
use crate::pg::call::Call;
use crate::pg::decoded::Decoded;
use crate::pg::error::answer;
use crate::pg::interrupt::Backend;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::text::Text;
use crate::pg::time::{Interval, Timestamp};
use crate::pg::value::Given;
use crate::purchases::{PurchaseModel, family, observation};
use crate::spend::SpendModel;
use clientele_core::Result;
use clientele_core::checkpoint::{Checkpoint, push};
use clientele_core::clv::{Terms, Valuation};
use clientele_core::estimate::Fitted;
use clientele_core::key::{KeyKind, Keys};
use clientele_core::order_log::OrderLog;
use clientele_core::purchases::{self, Fitting, of_log};
use clientele_core::spend::{self, Spender};
use pgrx::prelude::*;
use std::rc::Rc;

const COLUMNS: &[Column] = &[
    Column::Key,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
];

/// Customers valued between two looks at the checkpoint: with models as no data make them, each may take some ten milliseconds.
const STRIDE: usize = 8;

/// What is asked of `clv`, besides the log.
struct Question<'a> {
    horizon: Option<Interval>,
    discount_rate: Option<f64>,
    margin: Option<f64>,
    model: Option<Text<'a>>,
    discount_period: Option<Interval>,
    confidence: Option<f64>,
    look: Look<'a>,
    purchases: Option<Decoded<'a, PurchaseModel>>,
    spend: Option<Decoded<'a, SpendModel>>,
}

/// `clv(log, horizon, discount_rate, margin, model, as_of, period, time_zone, discount_period, confidence, purchases, spend)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
#[allow(clippy::too_many_arguments, reason = "one for each argument of the SQL function")]
fn clv<'a>(
    log: Option<Given<'a, Log>>,
    horizon: Option<Interval>,
    discount_rate: Option<f64>,
    margin: Option<f64>,
    model: Option<Text<'a>>,
    as_of: Option<Timestamp>,
    period: Option<Text<'a>>,
    time_zone: Option<Text<'a>>,
    discount_period: Option<Interval>,
    confidence: Option<f64>,
    purchases: Option<Decoded<'a, PurchaseModel>>,
    spend: Option<Decoded<'a, SpendModel>>,
    call: Call<'a>,
) -> RowSet<'a> {
    let question = Question {
        horizon,
        discount_rate,
        margin,
        model,
        discount_period,
        confidence,
        look: Look {
            as_of,
            period,
            time_zone,
        },
        purchases,
        spend,
    };
    answer(|| value_all(log, question, call))
}

/// `clv(log, NULL::type, …)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
#[allow(clippy::too_many_arguments, reason = "one for each argument of the SQL function")]
fn clv_as<'a>(
    log: Option<Given<'a, Log>>,
    _key: TypeOnly,
    horizon: Option<Interval>,
    discount_rate: Option<f64>,
    margin: Option<f64>,
    model: Option<Text<'a>>,
    as_of: Option<Timestamp>,
    period: Option<Text<'a>>,
    time_zone: Option<Text<'a>>,
    discount_period: Option<Interval>,
    confidence: Option<f64>,
    purchases: Option<Decoded<'a, PurchaseModel>>,
    spend: Option<Decoded<'a, SpendModel>>,
    call: Call<'a>,
) -> RowSet<'a> {
    clv(
        log,
        horizon,
        discount_rate,
        margin,
        model,
        as_of,
        period,
        time_zone,
        discount_period,
        confidence,
        purchases,
        spend,
        call,
    )
}

fn value_all<'a>(log: Option<Given<'_, Log>>, question: Question<'_>, call: Call<'a>) -> Result<RowSet<'a>> {
    let Some(log) = log else {
        return Rows::none(call, COLUMNS);
    };
    let terms = question.terms()?;
    let family = family(question.model)?;
    let purchases = question.purchases.map(Decoded::into_value);
    let spend = question.spend.map(Decoded::into_value);

    let log = OrderLog::open(log.bytes())?;
    let kind = log.kinds().map(|kinds| kinds.0);
    let mut rows = Rows::begin(call, COLUMNS, kind)?;
    let mut backend = Backend::of_call("clv");
    let observation = observation(&question.look, &log, purchases.as_deref())?;
    let mut keys = Keys::new(kind.unwrap_or(KeyKind::Integer));
    let mut spenders = Vec::new();
    let histories = of_log(&log, &observation, &mut backend, &mut |customer, checkpoint| {
        let spender = customer.purchases.as_ref().map(Spender::of);
        keys.push(customer.key, checkpoint)?;
        spender.map_or(Ok(()), |spender| push(&mut spenders, spender, checkpoint))
    })?;
    let purchases = match purchases {
        Some(model) => Fitted::Model(model),
        None => purchases::fit(&histories, family, Fitting::of(&observation), &mut backend)?
            .and_then(|model| Ok(Rc::new(model)))?,
    };
    let spend = match spend {
        Some(model) => Fitted::Model(model),
        None => spend::fit(&spenders, &mut backend)?.and_then(|model| Ok(Rc::new(model)))?,
    };
    // One NOTICE, of what is missing first.
    let purchases = told(purchases);
    let spend = if purchases.is_some() {
        told(spend)
    } else {
        spend.model()
    };

    let valuation = Valuation::new(purchases.as_deref(), spend.as_deref(), &terms)?;
    for (at, (history, spender)) in histories.iter().zip(&spenders).enumerate() {
        if at % STRIDE == 0 {
            backend.pass("valuing", at, histories.len())?;
        }
        let value = valuation.value(&history.customer(), spender.value);
        rows.put(&[
            Cell::Key(keys.get(at)),
            Cell::of(value.p_alive, Cell::Float),
            Cell::of(value.expected_orders, Cell::Float),
            Cell::of(value.expected_spend, Cell::Float),
            Cell::of(value.clv, Cell::Float),
            Cell::of(value.interval, |interval| Cell::Float(interval.0)),
            Cell::of(value.interval, |interval| Cell::Float(interval.1)),
        ])?;
    }
    Ok(rows.finish())
}

impl Question<'_> {
    fn terms(&self) -> Result<Terms> {
        let usual = Terms::default();
        Ok(Terms {
            horizon: self
                .horizon
                .map_or(Ok(usual.horizon), |horizon| horizon.horizon("horizon"))?,
            discount_rate: self.discount_rate.unwrap_or(usual.discount_rate),
            discount_period: self.discount_period.map_or(Ok(usual.discount_period), |period| {
                period.positive_length("discount_period")
            })?,
            margin: self.margin.unwrap_or(usual.margin),
            confidence: self.confidence.unwrap_or(usual.confidence),
        })
    }
}
