//! `survival`, `reorders`, `compare_survival`: how long customers stay, how soon they come back, and whether groups differ in it.

use crate::observation::{ObservationOptions, Times, confidence};
use crate::options::required;
use crate::order_log::{Log, times};
use crate::pg::array::Givens;
use crate::pg::call::Call;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::options::Options;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::time::Interval;
use crate::pg::value::{ArrayName, Given};
use clientele_core::calendar::{DAY, Period};
use clientele_core::checkpoint::{Checkpoint, vec_with_capacity};
use clientele_core::estimate::Confidence;
use clientele_core::observation::Seen;
use clientele_core::order_log::{OrderLog, TimeKind};
use clientele_core::survival::{Event, Point, curve, log_rank, waits};
use clientele_core::{Error, Kind, Result};
use pgrx::prelude::*;

impl ArrayName for Log {
    const ARRAY_NAME: &'static str = "order_log[]";
}

/// The purchase from which on the next one is waited for, where nothing else is asked for.
const FIRST: i32 = 1;

/// Visits the curve of a log up to the end that is asked for.
fn each_point(
    log: &OrderLog<'_>,
    observation: &ObservationOptions<'_>,
    event: Event,
    confidence: Confidence,
    backend: &mut dyn Checkpoint,
    visit: impl FnMut(&Point) -> Result<()>,
) -> Result<()> {
    let observation = observation.of(times(log), Period::Day, DAY)?;
    let seen = log.seen(observation.as_of, &observation.zone, backend)?;
    let waits = waits(log, &observation, &seen, event, backend)?;
    curve(&waits, confidence, backend, visit)
}

const LOST: &[(&str, Column)] = &[
    ("days", Column::Float8),
    ("at_risk", Column::Int8),
    ("lost", Column::Int8),
    ("survival", Column::Float8),
    ("survival_low", Column::Float8),
    ("survival_high", Column::Float8),
];

/// `survival(log, lost_after, period, as_of, time_zone, confidence)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn survival<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let observation = ObservationOptions::read(&options)?;
        let period = observation.period_or(Period::Day);
        let silence: Interval = required(&options, "lost_after")?;
        let event = Event::lost_after(silence.positive_length("lost_after")?, period)?;
        let confidence = confidence(&options)?;
        let Some(log) = log else {
            return Rows::none(call, LOST);
        };
        let log = OrderLog::open(log.bytes())?;
        let mut rows = Rows::begin(call, LOST, None)?;
        let mut backend = Backend::of_call("survival");
        each_point(&log, &observation, event, confidence, &mut backend, |point| {
            rows.put(&[
                Cell::Float(point.days),
                Cell::Integer(point.at_risk as i64),
                Cell::Integer(point.events as i64),
                Cell::Float(point.survival),
                Cell::Float(point.low),
                Cell::Float(point.high),
            ])
        })?;
        Ok(rows.finish())
    })
}

const REORDERED: &[(&str, Column)] = &[
    ("days", Column::Float8),
    ("at_risk", Column::Int8),
    ("reordered", Column::Int8),
    ("share", Column::Float8),
    ("share_low", Column::Float8),
    ("share_high", Column::Float8),
];

/// `reorders(log, after_order, period, as_of, time_zone, confidence)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn reorders<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let observation = ObservationOptions::read(&options)?;
        let event = Event::after_order(options.or("after_order", FIRST)?)?;
        let confidence = confidence(&options)?;
        let Some(log) = log else {
            return Rows::none(call, REORDERED);
        };
        let log = OrderLog::open(log.bytes())?;
        let mut rows = Rows::begin(call, REORDERED, None)?;
        let mut backend = Backend::of_call("reorders");
        each_point(&log, &observation, event, confidence, &mut backend, |point| {
            rows.put(&[
                Cell::Float(point.days),
                Cell::Integer(point.at_risk as i64),
                Cell::Integer(point.events as i64),
                Cell::Float(1.0 - point.survival),
                Cell::Float(1.0 - point.high),
                Cell::Float(1.0 - point.low),
            ])
        })?;
        Ok(rows.finish())
    })
}

const COMPARED: &[(&str, Column)] = &[
    ("log", Column::Int4),
    ("customers", Column::Int8),
    ("events", Column::Int8),
    ("expected", Column::Float8),
    ("chi2", Column::Float8),
    ("df", Column::Int4),
    ("p_value", Column::Float8),
];

/// What is waited for: the one of the options `lost_after` and `after_order` that is given; without either the second purchase.
fn event(options: &Options<'_>, period: Period) -> Result<Event> {
    let silence = options.read_given("lost_after", Interval::positive_length)?;
    let after_order: Option<i32> = options.get("after_order")?;
    match (silence, after_order) {
        (Some(_), Some(_)) => Err(Error::invalid("lost_after and after_order cannot both be given")
            .hint("One compares how soon customers are lost, the other how soon they order again.")),
        (Some(silence), None) => Event::lost_after(silence, period),
        (None, after_order) => Event::after_order(after_order.unwrap_or(FIRST)),
    }
}

/// The times of all logs together: they end with the newest order of all.
fn times_of_all(logs: &[Option<OrderLog<'_>>]) -> Result<Times> {
    let mut all = Times {
        kind: None,
        newest: None,
    };
    for log in logs.iter().flatten() {
        let own = times(log);
        match (all.kind, own.kind) {
            (Some(kind), Some(own)) if kind != own => {
                let (local, zoned) = (TimeKind::Local, TimeKind::Zoned);
                return Err(Error::new(
                    Kind::WrongType,
                    "order logs with times of different kinds cannot be compared",
                )
                .detail(format!("There are times of type {local}, and of type {zoned}.")));
            }
            _ => all.kind = all.kind.or(own.kind),
        }
        all.newest = all.newest.max(own.newest);
    }
    Ok(all)
}

/// `compare_survival(logs, lost_after, after_order, period, as_of, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn compare_survival<'a>(logs: Option<Givens<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let observation = ObservationOptions::read(&options)?;
        let event = event(&options, observation.period_or(Period::Day))?;
        let Some(Givens(given)) = logs else {
            return Rows::none(call, COMPARED);
        };
        let mut backend = Backend::of_call("compare_survival");
        let mut logs = vec_with_capacity(given.len(), &mut backend)?;
        for log in &given {
            logs.push(log.as_ref().map(|log| OrderLog::open(log.bytes())).transpose()?);
        }
        let mut rows = Rows::begin(call, COMPARED, None)?;
        let observation = observation.of(times_of_all(&logs)?, Period::Day, DAY)?;
        let mut seen = Seen::new(observation.as_of, true, &observation.zone);
        for log in logs.iter().flatten() {
            let own = log.seen(observation.as_of, &observation.zone, &mut backend)?;
            seen.end = seen.end.min(own.end);
        }
        let mut groups = vec_with_capacity(logs.len(), &mut backend)?;
        for log in &logs {
            groups.push(match log {
                Some(log) => waits(log, &observation, &seen, event, &mut backend)?,
                None => Default::default(),
            });
        }
        let (compared, test) = log_rank(&groups, &mut backend)?;
        for (number, group) in (1..).zip(&compared) {
            rows.put(&[
                Cell::Integer(number),
                Cell::Integer(group.customers as i64),
                Cell::Integer(group.events as i64),
                Cell::Float(group.expected),
                Cell::of(test, |test| Cell::Float(test.chi2)),
                Cell::of(test, |test| Cell::Integer(test.df as i64)),
                Cell::of(test, |test| Cell::Float(test.p_value)),
            ])?;
        }
        Ok(rows.finish())
    })
}
