//! `fit_spend` and `expected_spend`: what an order of a customer is worth.

use crate::estimate;
use crate::observation::ObservationOptions;
use crate::order_log::{Log, times};
use crate::pg::aggregate::State;
use crate::pg::call::Call;
use crate::pg::decoded::Decoded;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::mergeable::{collecting, mergeable};
use crate::pg::model::model_type;
use crate::pg::options::Options;
use crate::pg::record::Record;
use crate::pg::rows::RowSet;
use crate::pg::value::{Given, Made};
use crate::pg::warning::warn;
use clientele_core::Result;
use clientele_core::calendar::{DAY, Period};
use clientele_core::order_log::OrderLog;
use clientele_core::spend::{Model, NAME, Spender, fit, of_log};
use clientele_core::summary::{Summaries, whole};
use pgrx::prelude::*;

model_type! {
    /// The SQL type of models of spend.
    SpendModel is Model, named NAME, with spend_model_in, spend_model_out, spend_model_recv
}

/// `fit_spend(log, as_of, period, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_spend<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> Option<Made<'a, SpendModel>> {
    or_raise(|| {
        let observation = ObservationOptions::read(&options)?;
        let Some(log) = log else {
            return Ok(None);
        };
        let log = OrderLog::open(log.bytes())?;
        let observation = observation.of(times(&log), Period::Day, DAY)?;
        let mut backend = Backend::of_call("fit_spend");
        let spenders = of_log(&log, &observation, &mut backend)?;
        let model = estimate::told(fit(&spenders, &mut backend)?);
        warn(model.as_ref().map_or_else(Vec::new, Model::warnings), call);
        model.map(|model| Made::of(call, &model.encode())).transpose()
    })
}

/// The state of the aggregates.
type Spenders = Summaries<Spender, 3>;

mergeable! {
    Spenders {
        combine: fit_spend_combine,
        serial: fit_spend_serial,
        deserial: fit_spend_deserial,
    }
}

fn add(state: &mut Spenders, frequency: Option<f64>, value: Option<f64>, weight: Option<f64>) -> Result<()> {
    match (frequency, value, weight) {
        (Some(frequency), Some(value), Some(weight)) => {
            let spender = Spender::new(whole("frequency", frequency)?, value, weight)?;
            state.push(spender, &mut collecting::<Spenders>())
        }
        _ => Ok(()),
    }
}

/// `fit_spend(frequency, monetary_value)`, one row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_spend_trans<'a>(
    mut state: State<'a, Spenders>,
    frequency: Option<f64>,
    monetary_value: Option<f64>,
) -> State<'a, Spenders> {
    or_raise(|| add(state.get(), frequency, monetary_value, Some(1.0)));
    state
}

/// `fit_spend(frequency, monetary_value, weight)`, one row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_spend_weighted_trans<'a>(
    mut state: State<'a, Spenders>,
    frequency: Option<f64>,
    monetary_value: Option<f64>,
    weight: Option<f64>,
) -> State<'a, Spenders> {
    or_raise(|| add(state.get(), frequency, monetary_value, weight));
    state
}

/// The model; NULL where there was no row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_spend_final<'a>(mut state: State<'_, Spenders>, call: Call<'a>) -> Option<Made<'a, SpendModel>> {
    or_raise(|| {
        let mut backend = Backend::of_call("fit_spend");
        let spenders = state.get().rows();
        if spenders.is_empty() {
            return Ok(None);
        }
        let model = estimate::told(fit(spenders, &mut backend)?);
        warn(model.as_ref().map_or_else(Vec::new, Model::warnings), call);
        model.map(|model| Made::of(call, &model.encode())).transpose()
    })
}

/// `expected_spend(model, frequency, monetary_value)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn expected_spend(model: Decoded<'_, SpendModel>, frequency: f64, monetary_value: f64) -> Option<f64> {
    model.expected_spend(frequency, monetary_value)
}

/// `parameters(spend_model)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn spend_model_parameters<'a>(model: Given<'_, SpendModel>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| estimate::parameters(&Model::decode(model.bytes())?.parameters(), call))
}

/// `describe(spend_model)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn spend_model_describe<'a>(model: Given<'_, SpendModel>, call: Call<'a>) -> Record<'a> {
    or_raise(|| estimate::describe("gamma-gamma", &Model::decode(model.bytes())?.estimate, &[], call))
}
