//! `retention`: contractual churn, from survivor curves to expected lifetimes.

use crate::estimate;
use crate::pg::aggregate::State;
use crate::pg::call::Call;
use crate::pg::decoded::Decoded;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::mergeable::{collecting, mergeable};
use crate::pg::model::model_type;
use crate::pg::record::Record;
use crate::pg::rows::RowSet;
use crate::pg::value::{Given, Made};
use clientele_core::checkpoint::Checkpoint;
use clientele_core::estimate::Fitted;
use clientele_core::mergeable::Mergeable;
use clientele_core::retention::{LifeTable, Model, NAME, Tenures};
use clientele_core::summary::whole;
use clientele_core::{Error, Kind, Result};
use pgrx::prelude::*;

model_type! {
    /// The SQL type of models.
    RetentionModel is Model, named NAME, with retention_model_in, retention_model_out, retention_model_recv
}

mergeable! {
    Tenures {
        combine: fit_retention_combine,
        serial: fit_retention_serial,
        deserial: fit_retention_deserial,
    }
}

fn add(tenures: &mut Tenures, period: f64, customers: f64, has_left: bool) -> Result<()> {
    let number = whole("period", period)?;
    let Ok(period) = i32::try_from(number) else {
        let error = Error::new(Kind::OutOfRange, "period is out of range");
        return Err(error.detail(format!("It is {number}.")));
    };
    let customers = whole("number of customers", customers)?;
    tenures.add(period, customers, has_left, &mut collecting::<Tenures>())
}

/// `fit_retention(period, customers)`, one row; what is NULL is no row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_retention_curve_trans<'a>(
    mut state: State<'a, Tenures>,
    period: Option<f64>,
    customers: Option<f64>,
) -> State<'a, Tenures> {
    if let (Some(period), Some(customers)) = (period, customers) {
        or_raise(|| add(state.get(), period, customers, false));
    }
    state
}

/// `fit_retention(period, customers, has_left)`, one row; what is NULL is no row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_retention_trans<'a>(
    mut state: State<'a, Tenures>,
    period: Option<f64>,
    customers: Option<f64>,
    has_left: Option<bool>,
) -> State<'a, Tenures> {
    if let (Some(period), Some(customers), Some(has_left)) = (period, customers, has_left) {
        or_raise(|| add(state.get(), period, customers, has_left));
    }
    state
}

/// The model of a survivor curve; NULL for no rows.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_retention_curve_final<'a>(state: State<'_, Tenures>, call: Call<'a>) -> Option<Made<'a, RetentionModel>> {
    fit(state, Tenures::curve, call)
}

/// The model of customers; NULL for no rows.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_retention_final<'a>(state: State<'_, Tenures>, call: Call<'a>) -> Option<Made<'a, RetentionModel>> {
    fit(state, Tenures::life_table, call)
}

fn fit<'a>(
    mut state: State<'_, Tenures>,
    life_table: impl FnOnce(&Tenures, &mut dyn Checkpoint) -> Result<Fitted<LifeTable>>,
    call: Call<'a>,
) -> Option<Made<'a, RetentionModel>> {
    let tenures = state.get();
    if tenures.is_empty() {
        return None;
    }
    or_raise(|| {
        let mut backend = Backend::of_call(Tenures::NAME);
        let model = estimate::told(life_table(tenures, &mut backend)?).map(|table| table.fit(&mut backend));
        model
            .transpose()?
            .map(|model| Made::of(call, &model.encode()))
            .transpose()
    })
}

/// `survival(model, periods)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn retention_survival(model: Decoded<'_, RetentionModel>, periods: f64) -> Option<f64> {
    model.survival(periods)
}

/// `retention_rate(model, period)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn retention_rate(model: Decoded<'_, RetentionModel>, period: f64) -> Option<f64> {
    model.retention_rate(period)
}

/// `expected_lifetime(model, renewals, discount_rate, horizon)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn retention_expected_lifetime(
    model: Option<Decoded<'_, RetentionModel>>,
    renewals: Option<f64>,
    discount_rate: Option<f64>,
    horizon: Option<f64>,
) -> Option<f64> {
    let model = model?;
    or_raise(|| model.expected_lifetime(renewals.unwrap_or(0.0), discount_rate.unwrap_or(0.0), horizon))
}

/// `parameters(retention_model)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn retention_model_parameters<'a>(model: Given<'_, RetentionModel>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| estimate::parameters(&Model::decode(model.bytes())?.parameters(), call))
}

/// `describe(retention_model)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn retention_model_describe<'a>(model: Given<'_, RetentionModel>, call: Call<'a>) -> Record<'a> {
    or_raise(|| {
        estimate::describe(
            "shifted-beta-geometric",
            &Model::decode(model.bytes())?.estimate,
            &[],
            call,
        )
    })
}
