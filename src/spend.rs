//! `fit_spend` and `expected_spend`: what an order of a customer is worth.

use crate::estimate;
use crate::observation::ObservationOptions;
use crate::order_log::{Log, times};
use crate::pg::aggregate::{AggregateState, Other, Restored, State, Unused};
use crate::pg::call::Call;
use crate::pg::decoded::Decoded;
use crate::pg::error::answer;
use crate::pg::interrupt::Backend;
use crate::pg::model::model_type;
use crate::pg::options::Options;
use crate::pg::record::Record;
use crate::pg::rows::RowSet;
use crate::pg::value::{Bytea, Given, Made};
use clientele_core::Result;
use clientele_core::calendar::{DAY, Period};
use clientele_core::codec::{Sink, seal, unseal};
use clientele_core::order_log::OrderLog;
use clientele_core::spend::{Model, NAME, Spender, fit, of_log};
use clientele_core::summary::{Collector, whole};
use pgrx::prelude::*;

model_type! {
    /// The SQL type of models of spend.
    SpendModel is Model, named NAME, with spend_model_in, spend_model_out, spend_model_recv
}

/// `fit_spend(log, as_of, period, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_spend<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> Option<Made<'a, SpendModel>> {
    answer(|| {
        let observation = ObservationOptions::read(&options)?;
        let Some(log) = log else {
            return Ok(None);
        };
        let log = OrderLog::open(log.bytes())?;
        let observation = observation.of(times(&log), Period::Day, DAY)?;
        let mut backend = Backend::of_call("fit_spend");
        let spenders = of_log(&log, &observation, &mut backend)?;
        let model = estimate::told(fit(&spenders, &mut backend)?);
        model.map(|model| Made::of(call, &model.encode())).transpose()
    })
}

/// The state of the aggregates.
#[derive(Default)]
pub struct Spenders(Collector<Spender, 3>);

impl AggregateState for Spenders {
    fn new() -> Self {
        Spenders::default()
    }

    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

fn collecting() -> Backend {
    Backend::of_many_calls("fit_spend")
}

fn add(state: &mut Spenders, frequency: Option<f64>, value: Option<f64>, weight: Option<f64>) -> Result<()> {
    match (frequency, value, weight) {
        (Some(frequency), Some(value), Some(weight)) => {
            let spender = Spender::new(whole("frequency", frequency)?, value, weight)?;
            state.0.push(spender, &mut collecting())
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
    answer(|| add(state.get(), frequency, monetary_value, Some(1.0)));
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
    answer(|| add(state.get(), frequency, monetary_value, weight));
    state
}

/// What two parallel workers collected.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_spend_combine<'a>(mut state: State<'a, Spenders>, other: Other<'a, Spenders>) -> State<'a, Spenders> {
    if let Some(other) = other.get() {
        answer(|| state.get().0.merge(&other.0, &mut collecting()));
    }
    state
}

const STATE: &str = "state of fit_spend";
const STATE_VERSION: u8 = 1;

/// What a parallel worker collected, on its way to the leader.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn fit_spend_serial<'a>(mut state: State<'_, Spenders>, call: Call<'a>) -> Made<'a, Bytea> {
    answer(|| {
        let mut written = Ok(());
        let bytes = seal(STATE_VERSION, |out| {
            written = state.get().0.write(out, &mut collecting())
        });
        written?;
        Made::build(call, bytes.len(), |builder| builder.append(&bytes))
    })
}

/// What a parallel worker collected, arrived.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn fit_spend_deserial<'a>(bytes: Given<'_, Bytea>, _internal: Unused, call: Call<'a>) -> Restored<'a, Spenders> {
    let mut state = Spenders::new();
    answer(|| {
        unseal(STATE, STATE_VERSION, bytes.bytes(), |reader| {
            state.0.read(reader, &mut collecting())
        })
    });
    Restored::new(call, state)
}

/// The model; NULL where there was no row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_spend_final<'a>(mut state: State<'_, Spenders>, call: Call<'a>) -> Option<Made<'a, SpendModel>> {
    answer(|| {
        let mut backend = Backend::of_call("fit_spend");
        let spenders = state.get().0.sorted(&mut backend)?;
        if spenders.is_empty() {
            return Ok(None);
        }
        let model = estimate::told(fit(&spenders, &mut backend)?);
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
    answer(|| estimate::parameters(&Model::decode(model.bytes())?.parameters(), call))
}

/// `describe(spend_model)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn spend_model_describe<'a>(model: Given<'_, SpendModel>, call: Call<'a>) -> Record<'a> {
    answer(|| estimate::describe("gamma-gamma", &Model::decode(model.bytes())?.estimate, call))
}
