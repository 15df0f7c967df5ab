//! `rhythm`, `purchase_gaps`, `lifecycle`: how long customers wait between purchases, and in which stage of life each is.

use crate::observation::{End, ObservationOptions};
use crate::options::at_least_one;
use crate::order_log::{Log, times};
use crate::pg::call::Call;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::options::Options;
use crate::pg::record::{Field, Record};
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::value::Given;
use crate::pg::warning::warn;
use clientele_core::Result;
use clientele_core::calendar::{DAY, Period};
use clientele_core::observation::Observation;
use clientele_core::order_log::OrderLog;
use clientele_core::rhythm::{Limits, Stage};
use pgrx::prelude::*;

/// `rhythm(log, period, as_of, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn rhythm<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> Option<Record<'a>> {
    or_raise(|| {
        let observation = ObservationOptions::read(&options)?;
        let Some(log) = log else {
            return Ok(None);
        };
        let log = OrderLog::open(log.bytes())?;
        let observation = observation.of(times(&log), Period::Day, DAY)?;
        let rhythm = clientele_core::rhythm::rhythm(&log, &observation, &mut Backend::of_call("rhythm"))?;
        let about: Vec<String> = rhythm
            .warnings()
            .into_iter()
            .chain(rhythm.warning_of_regularity())
            .map(|warning| warning.facts)
            .collect();
        let about: Vec<&str> = about.iter().map(String::as_str).collect();
        // Of nobody nothing is known, not even that it is 0.
        let somebody = (rhythm.customers > 0).then_some(());
        let count = |n: u64| Field::Int8(somebody.map(|()| n as i64));
        let typical = rhythm.typical;
        let fields = [
            ("customers", count(rhythm.customers)),
            ("customers_with_gaps", count(rhythm.customers_with_gaps)),
            ("gaps", count(rhythm.gaps)),
            ("typical_gap", Field::Float8(typical.map(|typical| typical.days()))),
            (
                "typical_first_gap",
                Field::Float8(typical.map(|typical| typical.first_days())),
            ),
            (
                "within_variance",
                Field::Float8(typical.and_then(|typical| typical.within)),
            ),
            (
                "between_variance",
                Field::Float8(typical.and_then(|typical| typical.between)),
            ),
            ("kappa", Field::Float8(typical.and_then(|typical| typical.kappa))),
            ("regularity", Field::Float8(rhythm.regularity)),
            ("regularity_customers", count(rhythm.regularity_customers)),
            ("history_days", Field::Float8(rhythm.history_days)),
            ("warnings", Field::TextArray(somebody.map(|()| &about[..]))),
        ];
        Record::of(&fields, call).map(Some)
    })
}

const GAPS: &[(&str, Column)] = &[
    ("after_order", Column::Int4),
    ("customers", Column::Int8),
    ("next", Column::Int8),
    ("mean_days", Column::Float8),
    ("p10", Column::Float8),
    ("p25", Column::Float8),
    ("median", Column::Float8),
    ("p75", Column::Float8),
    ("p90", Column::Float8),
];

/// `purchase_gaps(log, period, as_of, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn purchase_gaps<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let observation = ObservationOptions::read(&options)?;
        let Some(log) = log else {
            return Rows::none(call, GAPS);
        };
        let log = OrderLog::open(log.bytes())?;
        let mut rows = Rows::begin(call, GAPS, None)?;
        let observation = observation.of(times(&log), Period::Day, DAY)?;
        let mut backend = Backend::of_call("purchase_gaps");
        clientele_core::rhythm::purchase_gaps(&log, &observation, &mut backend, |gaps| {
            let quantile = |at: usize| Cell::of(gaps.days, |days| Cell::Float(days.at[at]));
            rows.put(&[
                Cell::of(gaps.after_order, |n| Cell::Integer(n as i64)),
                Cell::Integer(gaps.customers as i64),
                Cell::Integer(gaps.next as i64),
                Cell::of(gaps.days, |days| Cell::Float(days.mean)),
                quantile(0),
                quantile(1),
                quantile(2),
                quantile(3),
                quantile(4),
            ])
        })?;
        Ok(rows.finish())
    })
}

const LIVES: &[(&str, Column)] = &[
    ("customer_id", Column::Key),
    ("stage", Column::Text),
    ("purchases", Column::Int8),
    ("last_purchase", Column::Timestamp),
    ("days_since_last", Column::Float8),
    ("typical_gap", Column::Float8),
    ("silence_ratio", Column::Float8),
    ("trend", Column::Float8),
    ("expected_next", Column::Timestamp),
    ("days_overdue", Column::Float8),
];

fn limits(options: &Options<'_>) -> Result<Limits> {
    let usual = Limits::default();
    let orders = |name: &str, usual: u64| options.read(name, usual, |n: i32, name| Ok(at_least_one(n, name)? as u64));
    Limits {
        at_risk_after: options.or("at_risk_after", usual.at_risk_after)?,
        lost_after: options.or("lost_after", usual.lost_after)?,
        mature_orders: orders("mature_orders", usual.mature_orders)?,
        growth: options.or("growth", usual.growth)?,
        decline: options.or("decline", usual.decline)?,
        won_back_orders: orders("won_back_orders", usual.won_back_orders)?,
    }
    .check()
}

/// `lifecycle(log, at_risk_after, lost_after, mature_orders, growth, decline, won_back_orders, as_of, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn lifecycle<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let limits = limits(&options)?;
        let end = End::read(&options)?;
        let Some(log) = log else {
            return Rows::none(call, LIVES);
        };
        let log = OrderLog::open(log.bytes())?;
        let mut rows = Rows::begin(call, LIVES, log.kinds().map(|kinds| kinds.0))?;
        let (as_of, zone) = end.of(times(&log))?;
        let observation = Observation {
            as_of,
            period: Period::Day,
            zone,
            time_unit: DAY,
        };
        let mut backend = Backend::of_call("lifecycle");
        let rhythm = clientele_core::rhythm::rhythm(&log, &observation, &mut backend)?;
        warn(rhythm.warnings(), call);
        let names = Stage::ALL.map(|stage| Cell::Shared(rows.share(stage.name())));
        let typical = rhythm.typical.as_ref();
        clientele_core::rhythm::lifecycle(&log, &observation, &limits, typical, &mut backend, |key, life| {
            let pace = life.and_then(|life| life.pace);
            rows.put(&[
                Cell::Key(key),
                Cell::of(life, |life| names[life.stage as usize]),
                Cell::of(life, |life| Cell::Integer(life.purchases as i64)),
                Cell::of(life, |life| Cell::Time(life.last_purchase)),
                Cell::of(life, |life| Cell::Float(life.silence)),
                Cell::of(pace, |pace| Cell::Float(pace.typical_gap)),
                Cell::of(life.and_then(|life| life.silence_ratio()), Cell::Float),
                Cell::of(pace.and_then(|pace| pace.trend), Cell::Float),
                Cell::of(pace.and_then(|pace| pace.expected_next), Cell::Time),
                Cell::of(pace, |pace| Cell::Float(pace.days_overdue)),
            ])
        })?;
        Ok(rows.finish())
    })
}
