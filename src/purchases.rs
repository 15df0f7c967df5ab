//! `fit_purchases` and what its models say about customers: `p_alive`, `expected_orders`, `churn_probability`, `p_orders`.

use crate::estimate::{self, finite};
use crate::observation::{ObservationOptions, Times};
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
use crate::pg::text::Text;
use crate::pg::time::Interval;
use crate::pg::value::{Bytea, Given, Made};
use clientele_core::calendar::{DAY, Period, format_length};
use clientele_core::codec::{Sink, put_varint, seal, unseal};
use clientele_core::observation::Observation;
use clientele_core::order_log::OrderLog;
use clientele_core::purchases::{Customer, Family, Fitting, History, Model, NAME, Outlook, fit, of_log, parse_family};
use clientele_core::summary::{Collector, whole};
use clientele_core::{Error, Result};
use pgrx::prelude::*;

model_type! {
    /// The SQL type of models of purchases.
    PurchaseModel is Model, named NAME, with purchase_model_in, purchase_model_out, purchase_model_recv
}

/// The model where no other is asked for.
pub const DEFAULT: Family = Family::Mbg;

/// The model that the option `model` names; nothing for the best of all.
pub fn family(options: &Options<'_>) -> Result<Option<Family>> {
    options.word("model", Some(DEFAULT), parse_family)
}

/// How a log with these times is looked at to be scored with a model: as the customers were that it was fitted to, if there is one already.
pub fn observation(options: &ObservationOptions<'_>, times: Times, model: Option<&Model>) -> Result<Observation> {
    let period = model.and_then(|model| model.period);
    options.of(
        times,
        period.unwrap_or(Period::Day),
        model.map_or(DAY, |model| model.time_unit),
    )
}

/// `fit_purchases(log, model, as_of, period, time_zone, time_unit)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_purchases<'a>(
    log: Option<Given<'a, Log>>,
    options: Options<'a>,
    call: Call<'a>,
) -> Option<Made<'a, PurchaseModel>> {
    answer(|| {
        let family = family(&options)?;
        let observation = ObservationOptions::read(&options)?;
        let time_unit = options.read("time_unit", DAY, Interval::fixed)?;
        let Some(log) = log else {
            return Ok(None);
        };
        let log = OrderLog::open(log.bytes())?;
        let observation = observation.of(times(&log), Period::Day, time_unit)?;
        let mut backend = Backend::of_call("fit_purchases");
        let histories = of_log(&log, &observation, &mut backend, &mut |_, _| Ok(()))?;
        let model = estimate::told(fit(&histories, family, Fitting::of(&observation), &mut backend)?);
        model.map(|model| Made::of(call, &model.encode())).transpose()
    })
}

/// The state of the aggregates: histories, and what is to be fitted to them.
#[derive(Default)]
pub struct Histories {
    rows: Collector<History, 4>,
    /// Which model, and the unit of time; once a row has come.
    wanted: Option<(Option<Family>, i64)>,
}

impl AggregateState for Histories {
    fn new() -> Self {
        Histories::default()
    }

    fn heap_bytes(&self) -> usize {
        self.rows.heap_bytes()
    }
}

fn collecting() -> Backend {
    Backend::of_many_calls("fit_purchases")
}

impl Histories {
    fn add(&mut self, row: [Option<f64>; 3], frequency: Option<f64>, wanted: (Option<Family>, i64)) -> Result<()> {
        let (Some(frequency), [Some(recency), Some(age), Some(weight)]) = (frequency, row) else {
            return Ok(());
        };
        self.want(wanted)?;
        let history = History::new(whole("frequency", frequency)?, recency, age, weight)?;
        self.rows.push(history, &mut collecting())
    }

    fn want(&mut self, wanted: (Option<Family>, i64)) -> Result<()> {
        let first = *self.wanted.get_or_insert(wanted);
        if first == wanted {
            return Ok(());
        }
        let told = |(family, unit): (Option<Family>, i64)| {
            let name = family.map_or("auto", Family::name);
            format!("\"{name}\" and {}", format_length(unit))
        };
        Err(
            Error::invalid("model and time_unit must be the same in all rows").detail(format!(
                "They are {} in one row, {} in another.",
                told(first),
                told(wanted)
            )),
        )
    }
}

/// `fit_purchases(frequency, recency, age)`, one row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_purchases_trans<'a>(
    mut state: State<'a, Histories>,
    frequency: Option<f64>,
    recency: Option<f64>,
    age: Option<f64>,
) -> State<'a, Histories> {
    answer(|| {
        state
            .get()
            .add([recency, age, Some(1.0)], frequency, (Some(DEFAULT), DAY))
    });
    state
}

/// `fit_purchases(frequency, recency, age, weight)`, one row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_purchases_weighted_trans<'a>(
    mut state: State<'a, Histories>,
    frequency: Option<f64>,
    recency: Option<f64>,
    age: Option<f64>,
    weight: Option<f64>,
) -> State<'a, Histories> {
    answer(|| state.get().add([recency, age, weight], frequency, (Some(DEFAULT), DAY)));
    state
}

/// `fit_purchases(frequency, recency, age, weight, model, time_unit)`, one row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_purchases_named_trans<'a>(
    mut state: State<'a, Histories>,
    frequency: Option<f64>,
    recency: Option<f64>,
    age: Option<f64>,
    weight: Option<f64>,
    model: Option<Text<'a>>,
    time_unit: Option<Interval>,
) -> State<'a, Histories> {
    answer(|| {
        let family = model.map_or(Ok(Some(DEFAULT)), |name| parse_family(&name))?;
        let unit = time_unit.map_or(Ok(DAY), |unit| unit.fixed("time_unit"))?;
        state.get().add([recency, age, weight], frequency, (family, unit))
    });
    state
}

/// What two parallel workers collected.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_purchases_combine<'a>(mut state: State<'a, Histories>, other: Other<'a, Histories>) -> State<'a, Histories> {
    if let Some(other) = other.get() {
        answer(|| {
            let state = state.get();
            if let Some(wanted) = other.wanted {
                state.want(wanted)?;
            }
            state.rows.merge(&other.rows, &mut collecting())
        });
    }
    state
}

const STATE: &str = "state of fit_purchases";
const STATE_VERSION: u8 = 1;

/// What a parallel worker collected, on its way to the leader.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn fit_purchases_serial<'a>(mut state: State<'_, Histories>, call: Call<'a>) -> Made<'a, Bytea> {
    answer(|| {
        let state = state.get();
        let mut written = Ok(());
        let bytes = seal(STATE_VERSION, |out| {
            if let Some((family, unit)) = state.wanted {
                put_varint(out, unit as u64);
                // None is `auto`.
                out.push(family.map_or(0, |family| family as u8 + 1));
                written = state.rows.write(out, &mut collecting());
            }
        });
        written?;
        Made::build(call, bytes.len(), |builder| builder.append(&bytes))
    })
}

/// What a parallel worker collected, arrived.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn fit_purchases_deserial<'a>(bytes: Given<'_, Bytea>, _internal: Unused, call: Call<'a>) -> Restored<'a, Histories> {
    let mut state = Histories::new();
    answer(|| {
        unseal(STATE, STATE_VERSION, bytes.bytes(), |reader| {
            if reader.is_at_end() {
                return Ok(());
            }
            let unit = i64::try_from(reader.varint()?).unwrap_or(0);
            let family = usize::from(reader.byte()?)
                .checked_sub(1)
                .and_then(|at| Family::ALL.get(at).copied());
            state.wanted = Some((family, unit));
            state.rows.read(reader, &mut collecting())
        })
    });
    Restored::new(call, state)
}

/// The model; NULL where there was no row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_purchases_final<'a>(mut state: State<'_, Histories>, call: Call<'a>) -> Option<Made<'a, PurchaseModel>> {
    let state = state.get();
    let (family, time_unit) = state.wanted?;
    answer(|| {
        let mut backend = Backend::of_call("fit_purchases");
        let histories = state.rows.sorted(&mut backend)?;
        let fitting = Fitting {
            time_unit,
            period: None,
        };
        let model = estimate::told(fit(&histories, family, fitting, &mut backend)?);
        model.map(|model| Made::of(call, &model.encode())).transpose()
    })
}

/// `parameters(purchase_model)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn purchase_model_parameters<'a>(model: Given<'_, PurchaseModel>, call: Call<'a>) -> RowSet<'a> {
    answer(|| estimate::parameters(&Model::decode(model.bytes())?.parameters(), call))
}

/// `describe(purchase_model)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn purchase_model_describe<'a>(model: Given<'_, PurchaseModel>, call: Call<'a>) -> Record<'a> {
    answer(|| {
        let model = Model::decode(model.bytes())?;
        estimate::describe(model.family.name(), &model.estimate, call)
    })
}

/// What a model says about one customer; nothing where there can be none with these numbers.
fn outlook(model: &Model, frequency: f64, recency: f64, age: f64) -> Option<Outlook> {
    Customer::known(frequency, recency, age).map(|customer| model.outlook(&customer))
}

/// A horizon in the time units of a model.
pub fn units(model: &Model, horizon: Interval) -> Result<f64> {
    Ok(model.units(horizon.length("horizon")?))
}

/// `p_alive(model, frequency, recency, age)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn p_alive(model: Decoded<'_, PurchaseModel>, frequency: f64, recency: f64, age: f64) -> Option<f64> {
    finite(outlook(&model, frequency, recency, age)?.p_alive())
}

/// `expected_orders(model, frequency, recency, age, horizon)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn expected_orders(
    model: Decoded<'_, PurchaseModel>,
    frequency: f64,
    recency: f64,
    age: f64,
    horizon: Interval,
) -> Option<f64> {
    let horizon = answer(|| units(&model, horizon));
    finite(outlook(&model, frequency, recency, age)?.expected_orders(horizon))
}

/// `churn_probability(model, frequency, recency, age, horizon)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn churn_probability(
    model: Decoded<'_, PurchaseModel>,
    frequency: f64,
    recency: f64,
    age: f64,
    horizon: Interval,
) -> Option<f64> {
    let horizon = answer(|| units(&model, horizon));
    finite(outlook(&model, frequency, recency, age)?.p_no_order(horizon))
}

/// `p_orders(model, frequency, recency, age, n, horizon)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn p_orders(
    model: Decoded<'_, PurchaseModel>,
    frequency: f64,
    recency: f64,
    age: f64,
    n: f64,
    horizon: Interval,
) -> Option<f64> {
    let horizon = answer(|| units(&model, horizon));
    let outlook = outlook(&model, frequency, recency, age)?;
    if !n.is_finite() || n.fract() != 0.0 {
        return None;
    }
    // There are never fewer than none.
    let p = if n < 0.0 {
        0.0
    } else {
        outlook.p_orders(n as u64, horizon)
    };
    finite(p)
}

/// `expected_orders_new_customer(model, horizon)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn expected_orders_new_customer(model: Decoded<'_, PurchaseModel>, horizon: Interval) -> Option<f64> {
    let horizon = answer(|| units(&model, horizon));
    finite(model.outlook(&Customer::NEW).expected_orders(horizon))
}
