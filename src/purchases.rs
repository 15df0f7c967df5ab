//! `fit_purchases` and what its models say about customers: `p_alive`, `expected_orders`, `churn_probability`, `p_orders`, `orders_low`, `orders_high`.

use crate::estimate::{self, finite};
use crate::observation::{ObservationOptions, Times};
use crate::order_log::{Log, times};
use crate::pg::aggregate::{State, Transition};
use crate::pg::any::Args;
use crate::pg::call::Call;
use crate::pg::decoded::Decoded;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::mergeable::{collecting, mergeable};
use crate::pg::model::model_type;
use crate::pg::options::Options;
use crate::pg::record::{Field, Record};
use crate::pg::rows::RowSet;
use crate::pg::text::Text;
use crate::pg::time::Interval;
use crate::pg::value::{Given, Made};
use crate::pg::warning::warn;
use clientele_core::Result;
use clientele_core::calendar::{DAY, Period};
use clientele_core::estimate::check_confidence;
use clientele_core::observation::Observation;
use clientele_core::order_log::OrderLog;
use clientele_core::purchases::{
    Customer, Family, Fitting, Histories, History, Model, NAME, Outlook, Sought, Wanted, by_chances, check, fit,
    no_period, of_log, parse_family,
};
use clientele_core::summary::whole;
use clientele_core::warning::Warning;
use pgrx::prelude::*;

model_type! {
    /// The SQL type of models of purchases.
    PurchaseModel is Model, named NAME, with purchase_model_in, purchase_model_out, purchase_model_recv
}

/// The model where no other is asked for.
pub const DEFAULT: Sought = Sought::One(Family::Mbg);

/// What the option `model` asks for.
pub fn family(options: &Options<'_>) -> Result<Sought> {
    options.word("model", DEFAULT, parse_family)
}

/// The model of chances that come once a period.
pub const CHANCES: Sought = Sought::One(Family::Bb);

/// The option `horizon`; where chances are counted, by the option `model` or the model in `purchases`, a month is a twelfth of a year.
pub fn horizon(options: &Options<'_>, usual: i64) -> Result<i64> {
    let kept = options.get::<Decoded<'_, PurchaseModel>>("purchases")?;
    let chances = match kept {
        Some(model) => model.family == Family::Bb,
        None => family(options)? == CHANCES,
    };
    let read = if chances {
        Interval::even_horizon
    } else {
        Interval::horizon
    };
    options.read("horizon", usual, read)
}

/// How a log with these times is looked at to be scored with a model: as the customers were that it was fitted to, if there is one already.
pub fn observation(
    options: &ObservationOptions<'_>,
    times: Times,
    sought: Sought,
    model: Option<&Model>,
) -> Result<Observation> {
    let unit = model.map(|model| model.time_unit);
    let chances = model.map_or(sought == CHANCES, |model| model.family == Family::Bb);
    let period = match (model.and_then(|model| model.period), unit) {
        (None, Some(unit)) if chances => Period::of_length(unit),
        (period, _) => period,
    };
    let observation = options.of(times, period.unwrap_or(Period::Day), unit.unwrap_or(DAY))?;
    if !chances {
        return Ok(observation);
    }
    of_chances(observation, unit, options)
}

/// How a log is looked at where chances are counted, with periods of `unit` if there is a model already.
fn of_chances(observation: Observation, unit: Option<i64>, options: &ObservationOptions<'_>) -> Result<Observation> {
    if unit.is_none() && !options.has_period() {
        return Err(no_period("No period is passed."));
    }
    by_chances(observation, unit)
}

/// That the last period is not over, where chances are counted.
pub fn unfinished(chances: bool, observation: &Observation) -> Option<Warning> {
    Some(observation).filter(|_| chances).and_then(Observation::unfinished)
}

/// What makes answers about customers doubtful, as far ahead as `horizon`, and `more` of the question. A model that is kept has told what it
/// has to tell when it was fitted.
pub fn warnings(
    model: &Model,
    kept: bool,
    observation: &Observation,
    horizon: i64,
    more: Option<Warning>,
) -> Vec<Warning> {
    let mut warnings = Vec::from_iter(unfinished(model.family == Family::Bb, observation));
    warnings.extend(model.warning_of_horizon(horizon));
    warnings.extend(more);
    if !kept {
        warnings.extend(model.warnings());
    }
    warnings
}

/// Checks that a model that is kept can be applied to these customers.
pub fn check_all(model: Option<&Model>, histories: &[History]) -> Result<()> {
    let Some(model) = model.filter(|model| model.family == Family::Bb) else {
        return Ok(());
    };
    let mut customers = histories.iter().map(History::customer);
    customers.try_for_each(|customer| check(model.family, &customer))
}

/// `fit_purchases(log, model, as_of, period, time_zone, time_unit)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_purchases<'a>(
    log: Option<Given<'a, Log>>,
    options: Options<'a>,
    call: Call<'a>,
) -> Option<Made<'a, PurchaseModel>> {
    or_raise(|| {
        let family = family(&options)?;
        let looked_at = ObservationOptions::read(&options)?;
        let time_unit = looked_at.time_unit(&options)?;
        let Some(log) = log else {
            return Ok(None);
        };
        let log = OrderLog::open(log.bytes())?;
        let mut observation = looked_at.of(times(&log), Period::Day, time_unit)?;
        if family == CHANCES {
            // A day is what is read where nothing is asked for.
            observation = of_chances(observation, Some(time_unit).filter(|&unit| unit != DAY), &looked_at)?;
        }
        let mut backend = Backend::of_call("fit_purchases");
        let histories = of_log(&log, &observation, &mut backend, &mut |_, _| Ok(()))?;
        let model = estimate::told(fit(&histories, family, Fitting::of(&observation), &mut backend)?);
        let unfinished = unfinished(family == CHANCES, &observation);
        let told = model.as_ref().map_or_else(Vec::new, Model::warnings);
        warn(told.into_iter().chain(unfinished.clone()).collect(), call);
        let model = model.map(|mut model| {
            model.estimate.warnings.extend(unfinished.map(|warning| warning.facts));
            Made::of(call, &model.encode())
        });
        model.transpose()
    })
}

mergeable! {
    Histories {
        combine: fit_purchases_combine,
        serial: fit_purchases_serial,
        deserial: fit_purchases_deserial,
    }
}

/// Takes a row: frequency, recency, age and weight. Where one is NULL it is none.
fn add(histories: &mut Histories, row: [Option<f64>; 4], wanted: Wanted) -> Result<()> {
    let [Some(frequency), Some(recency), Some(age), Some(weight)] = row else {
        return Ok(());
    };
    let history = History::new(whole("frequency", frequency)?, recency, age, weight)?;
    histories.push(history, wanted, &mut collecting::<Histories>())
}

/// `fit_purchases(frequency, recency, age)`, one row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_purchases_trans<'a>(mut row: Transition<'a, Histories>) -> State<'a, Histories> {
    let (histories, args) = row.parts();
    let [frequency, recency, age] = NUMBERS.map(|(at, name)| number(args, at, name));
    or_raise(|| add(histories, [frequency, recency, age, Some(1.0)], (DEFAULT, DAY)));
    row.into_state()
}

/// `fit_purchases(frequency, recency, age, weight)`, one row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_purchases_weighted_trans<'a>(mut row: Transition<'a, Histories>) -> State<'a, Histories> {
    let (histories, args) = row.parts();
    let [frequency, recency, age] = NUMBERS.map(|(at, name)| number(args, at, name));
    let weight = number(args, NUMBERS.len(), "weight");
    or_raise(|| add(histories, [frequency, recency, age, weight], (DEFAULT, DAY)));
    row.into_state()
}

/// The arguments that say what a customer has done, where they stand.
const NUMBERS: [(usize, &str); 3] = [(0, "frequency"), (1, "recency"), (2, "age")];

/// An argument that is a number, or NULL.
#[inline(always)]
fn number(args: Args<'_>, at: usize, name: &str) -> Option<f64> {
    let argument = args.get(at)?;
    (!argument.is_null()).then(|| argument.number(name))
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
    or_raise(|| {
        let histories = state.get();
        // Nearly always what the row before asked for.
        let before = histories.wanted().map(|wanted| wanted.0);
        let family = match (model, before) {
            (None, _) => DEFAULT,
            (Some(name), Some(before)) if before.name() == name.as_str() => before,
            (Some(name), _) => parse_family(&name)?,
        };
        let unit = time_unit.map_or(Ok(DAY), |unit| {
            let period = Some(unit).filter(|_| family == CHANCES).and_then(Interval::period);
            let length = period.and_then(Period::length);
            length.map_or_else(|| unit.fixed("time_unit"), Ok)
        })?;
        let row = [frequency, recency, age, weight];
        add(histories, row, (family, unit))
    });
    state
}

/// The model; NULL where there was no row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_purchases_final<'a>(mut state: State<'_, Histories>, call: Call<'a>) -> Option<Made<'a, PurchaseModel>> {
    let state = state.get();
    let (family, time_unit) = state.wanted()?;
    or_raise(|| {
        let mut backend = Backend::of_call("fit_purchases");
        let fitting = Fitting {
            time_unit,
            period: None,
        };
        let model = estimate::told(fit(state.rows(), family, fitting, &mut backend)?);
        warn(model.as_ref().map_or_else(Vec::new, Model::warnings), call);
        model.map(|model| Made::of(call, &model.encode())).transpose()
    })
}

/// `parameters(purchase_model)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn purchase_model_parameters<'a>(model: Given<'_, PurchaseModel>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| estimate::parameters(&Model::decode(model.bytes())?.parameters(), call))
}

/// `describe(purchase_model)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn purchase_model_describe<'a>(model: Given<'_, PurchaseModel>, call: Call<'a>) -> Record<'a> {
    or_raise(|| {
        let model = Model::decode(model.bytes())?;
        let data = [
            ("repeat_customers", Field::Float8(Some(model.repeat_customers))),
            ("early_customers", Field::Float8(Some(model.early_customers))),
            ("observed", Field::Interval(model.observed_length())),
        ];
        estimate::describe(model.family.name(), &model.estimate, &data, call)
    })
}

/// What a model says about one customer; nothing where there can be none with these numbers.
fn outlook(model: &Model, frequency: f64, recency: f64, age: f64) -> Option<Outlook> {
    let customer = Customer::known(frequency, recency, age)?;
    check(model.family, &customer).ok()?;
    Some(model.outlook(&customer))
}

/// A horizon in the time units of a model.
pub fn units(model: &Model, horizon: Interval) -> Result<f64> {
    let length = match model.family {
        Family::Bb => horizon.even_length("horizon")?,
        _ => horizon.length("horizon")?,
    };
    model.horizon(length)
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
    let horizon = or_raise(|| units(&model, horizon));
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
    let horizon = or_raise(|| units(&model, horizon));
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
    let horizon = or_raise(|| units(&model, horizon));
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

/// The confidence of limits where no other is asked for.
const CONFIDENCE: f64 = 0.95;

/// A customer's numbers, and what is asked of them: all but the confidence have to be there.
type Asked<'a> = (
    Option<Decoded<'a, PurchaseModel>>,
    [Option<f64>; 3],
    Option<Interval>,
    Option<f64>,
);

/// Between what limits the number of orders will be; nothing where there can be no such customer, or where they are too many to tell.
fn orders_between((model, numbers, horizon, confidence): Asked<'_>) -> Option<(f64, f64)> {
    let (model, horizon) = (model?, horizon?);
    let [Some(frequency), Some(recency), Some(age)] = numbers else {
        return None;
    };
    let confidence = confidence.unwrap_or(CONFIDENCE);
    let horizon = or_raise(|| {
        check_confidence(confidence)?;
        units(&model, horizon)
    });
    outlook(&model, frequency, recency, age)?.orders_between(horizon, 0.5 * (1.0 - confidence))
}

/// `orders_low(model, frequency, recency, age, horizon, confidence)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn orders_low(
    model: Option<Decoded<'_, PurchaseModel>>,
    frequency: Option<f64>,
    recency: Option<f64>,
    age: Option<f64>,
    horizon: Option<Interval>,
    confidence: Option<f64>,
) -> Option<f64> {
    Some(orders_between((model, [frequency, recency, age], horizon, confidence))?.0)
}

/// `orders_high(model, frequency, recency, age, horizon, confidence)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn orders_high(
    model: Option<Decoded<'_, PurchaseModel>>,
    frequency: Option<f64>,
    recency: Option<f64>,
    age: Option<f64>,
    horizon: Option<Interval>,
    confidence: Option<f64>,
) -> Option<f64> {
    Some(orders_between((model, [frequency, recency, age], horizon, confidence))?.1)
}

/// `expected_orders_new_customer(model, horizon)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn expected_orders_new_customer(model: Decoded<'_, PurchaseModel>, horizon: Interval) -> Option<f64> {
    let horizon = or_raise(|| units(&model, horizon));
    finite(model.outlook(&Customer::NEW).expected_orders(horizon))
}
