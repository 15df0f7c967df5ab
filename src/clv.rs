//! `clv`: what each customer will be worth.

use crate::estimate::told;
use crate::observation::ObservationOptions;
use crate::order_log::{Log, times};
use crate::pg::call::Call;
use crate::pg::decoded::Decoded;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::options::Options;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::time::Interval;
use crate::pg::value::Given;
use crate::pg::warning::warn;
use crate::purchases::{PurchaseModel, check_all, family, horizon, observation, warnings};
use crate::spend::SpendModel;
use clientele_core::Result;
use clientele_core::checkpoint::push;
use clientele_core::clv::{Terms, Valuation};
use clientele_core::estimate::Fitted;
use clientele_core::key::{KeyKind, Keys};
use clientele_core::order_log::OrderLog;
use clientele_core::purchases::{self, Fitting, Sought, of_log};
use clientele_core::spend::{self, Spender};
use pgrx::prelude::*;
use std::rc::Rc;

const COLUMNS: &[(&str, Column)] = &[
    ("customer_id", Column::Key),
    ("p_alive", Column::Float8),
    ("expected_orders", Column::Float8),
    ("orders_low", Column::Float8),
    ("orders_high", Column::Float8),
    ("expected_spend", Column::Float8),
    ("clv", Column::Float8),
    ("clv_low", Column::Float8),
    ("clv_high", Column::Float8),
    ("mean_low", Column::Float8),
    ("mean_high", Column::Float8),
];

/// What is asked of `clv`, besides the log.
struct Question<'a> {
    terms: Terms,
    family: Sought,
    observation: ObservationOptions<'a>,
    purchases: Option<Rc<purchases::Model>>,
    spend: Option<Rc<spend::Model>>,
}

impl<'a> Question<'a> {
    fn read(options: &Options<'a>) -> Result<Question<'a>> {
        let usual = Terms::default();
        let terms = Terms {
            horizon: horizon(options, usual.horizon)?,
            discount_rate: options.or("discount_rate", usual.discount_rate)?,
            discount_period: options.read("discount_period", usual.discount_period, Interval::positive_length)?,
            margin: options.or("margin", usual.margin)?,
            intervals: options.or("intervals", usual.intervals)?,
            confidence: options.or("confidence", usual.confidence)?,
        };
        terms.check()?;
        Ok(Question {
            terms,
            family: family(options)?,
            observation: ObservationOptions::read(options)?,
            purchases: options
                .get::<Decoded<'_, PurchaseModel>>("purchases")?
                .map(Decoded::into_value),
            spend: options
                .get::<Decoded<'_, SpendModel>>("spend")?
                .map(Decoded::into_value),
        })
    }
}

/// `clv(log, horizon, discount_rate, margin, model, as_of, period, time_zone, discount_period, confidence, purchases, spend, intervals)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn clv<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| value_all(log, Question::read(&options)?, call))
}

fn value_all<'a>(log: Option<Given<'_, Log>>, question: Question<'_>, call: Call<'a>) -> Result<RowSet<'a>> {
    let Some(log) = log else {
        return Rows::none(call, COLUMNS);
    };
    let log = OrderLog::open(log.bytes())?;
    let kind = log.kinds().map(|kinds| kinds.0);
    let mut rows = Rows::begin(call, COLUMNS, kind)?;
    let mut backend = Backend::of_call("clv");
    let kept = question.purchases.as_deref();
    let observation = observation(&question.observation, times(&log), question.family, kept)?;
    let mut keys = Keys::new(kind.unwrap_or(KeyKind::Integer));
    let mut spenders = Vec::new();
    let histories = of_log(&log, &observation, &mut backend, &mut |customer, checkpoint| {
        let spender = customer.purchases.as_ref().map(Spender::of);
        keys.push(customer.key, checkpoint)?;
        spender.map_or(Ok(()), |spender| push(&mut spenders, spender, checkpoint))
    })?;
    check_all(kept, &histories)?;
    let kept = (question.purchases.is_some(), question.spend.is_some());
    let purchases = match question.purchases {
        Some(model) => Fitted::Model(model),
        None => purchases::fit(&histories, question.family, Fitting::of(&observation), &mut backend)?
            .and_then(|model| Ok(Rc::new(model)))?,
    };
    let spend = match question.spend {
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

    let mut doubts = Vec::new();
    if let Some(model) = &purchases {
        doubts.extend(warnings(model, kept.0, &observation, question.terms.horizon, None));
    }
    if let (Some(model), false) = (&spend, kept.1) {
        doubts.extend(model.warnings());
    }
    warn(doubts, call);

    let valuation = Valuation::new(purchases.as_deref(), spend.as_deref(), &question.terms)?;
    let mut at = 0;
    valuation.each(&histories, &spenders, &mut backend, &mut |value| {
        let low = |limits: Option<(f64, f64)>| Cell::of(limits, |limits| Cell::Float(limits.0));
        let high = |limits: Option<(f64, f64)>| Cell::of(limits, |limits| Cell::Float(limits.1));
        rows.put(&[
            Cell::Key(keys.get(at)),
            Cell::of(value.p_alive, Cell::Float),
            Cell::of(value.expected_orders, Cell::Float),
            low(value.orders),
            high(value.orders),
            Cell::of(value.expected_spend, Cell::Float),
            Cell::of(value.clv, Cell::Float),
            low(value.interval),
            high(value.interval),
            low(value.mean),
            high(value.mean),
        ])?;
        at += 1;
        Ok(())
    })?;
    Ok(rows.finish())
}
