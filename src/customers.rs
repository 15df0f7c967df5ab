//! `customers`: what each customer's orders amount to.

use crate::order_log::{Log, View};
use crate::pg::any::TypeOnly;
use crate::pg::call::Call;
use crate::pg::error::answer;
use crate::pg::interrupt::Backend;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::text::Text;
use crate::pg::time::{Interval, Timestamp};
use crate::pg::value::Given;
use clientele_core::Result;
use clientele_core::calendar::{DAY, Period};
use clientele_core::customers::{Observation, days_between, each};
use clientele_core::order_log::OrderLog;
use pgrx::prelude::*;

/// How an analysis looks at the customers of a log: the arguments that all of them take.
pub struct Look<'a> {
    /// The end of observation.
    pub as_of: Option<Timestamp>,
    /// The grain at which orders are one purchase.
    pub period: Option<Text<'a>>,
    /// The zone in which periods begin.
    pub time_zone: Option<Text<'a>>,
}

impl Look<'_> {
    /// The observation of a log, in units of time of that many microseconds, with another period if the arguments do not say.
    pub fn observation(&self, log: &OrderLog<'_>, usual: Period, time_unit: i64) -> Result<Observation> {
        let View { as_of, zone } = View::of(log, self.as_of, self.time_zone)?;
        Ok(Observation {
            as_of,
            period: self.period.map_or(Ok(usual), |period| Period::parse(&period))?,
            zone,
            time_unit,
        })
    }
}

const COLUMNS: &[Column] = &[
    Column::Key,
    Column::Timestamp,
    Column::Timestamp,
    Column::Int8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Int8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
];

/// `customers(log, as_of, period, time_zone, time_unit)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn customers<'a>(
    log: Option<Given<'a, Log>>,
    as_of: Option<Timestamp>,
    period: Option<Text<'a>>,
    time_zone: Option<Text<'a>>,
    time_unit: Option<Interval>,
    call: Call<'a>,
) -> RowSet<'a> {
    answer(|| list(log, as_of, period, time_zone, time_unit, call))
}

/// `customers(log, NULL::type, as_of, period, time_zone, time_unit)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn customers_as<'a>(
    log: Option<Given<'a, Log>>,
    _key: TypeOnly,
    as_of: Option<Timestamp>,
    period: Option<Text<'a>>,
    time_zone: Option<Text<'a>>,
    time_unit: Option<Interval>,
    call: Call<'a>,
) -> RowSet<'a> {
    answer(|| list(log, as_of, period, time_zone, time_unit, call))
}

fn list<'a>(
    log: Option<Given<'_, Log>>,
    as_of: Option<Timestamp>,
    period: Option<Text<'_>>,
    time_zone: Option<Text<'_>>,
    time_unit: Option<Interval>,
    call: Call<'a>,
) -> Result<RowSet<'a>> {
    let Some(log) = log else {
        return Rows::none(call, COLUMNS);
    };
    let log = OrderLog::open(log.bytes())?;
    let mut rows = Rows::begin(call, COLUMNS, log.kinds().map(|kinds| kinds.0))?;
    let unit = time_unit.map_or(Ok(DAY), |unit| unit.fixed("time_unit"))?;
    let look = Look {
        as_of,
        period,
        time_zone,
    };
    let observation = look.observation(&log, Period::Day, unit)?;
    each(
        &log,
        &observation,
        &mut Backend::of_call("customers"),
        &mut |customer, _| {
            let totals = customer.totals;
            let time = |time| Cell::Time(observation.zone.local(time));
            let purchases = customer.purchases;
            rows.put(&[
                Cell::Key(customer.key),
                Cell::of(totals.first_order, time),
                Cell::of(totals.last_order, time),
                Cell::Integer(totals.orders as i64),
                Cell::Float(totals.revenue()),
                Cell::Float(totals.returns()),
                Cell::of(totals.last_order, |last| {
                    Cell::Float(days_between(last, observation.as_of))
                }),
                Cell::of(purchases, |purchases| Cell::Integer(purchases.frequency as i64)),
                Cell::of(purchases, |purchases| Cell::Float(purchases.recency)),
                Cell::of(purchases, |purchases| Cell::Float(purchases.age)),
                Cell::of(purchases, |purchases| Cell::Float(purchases.monetary_value)),
            ])
        },
    )?;
    Ok(rows.finish())
}
