//! `customers`: what each customer's orders amount to.

use crate::observation::ObservationOptions;
use crate::order_log::{Log, times};
use crate::pg::call::Call;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::options::Options;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::value::Given;
use clientele_core::calendar::Period;
use clientele_core::customers::{days_between, each};
use clientele_core::order_log::OrderLog;
use pgrx::prelude::*;

const COLUMNS: &[(&str, Column)] = &[
    ("customer_id", Column::Key),
    ("first_order", Column::Timestamp),
    ("last_order", Column::Timestamp),
    ("orders", Column::Int8),
    ("revenue", Column::Float8),
    ("returns", Column::Float8),
    ("days_since_last", Column::Float8),
    ("frequency", Column::Int8),
    ("recency", Column::Float8),
    ("age", Column::Float8),
    ("monetary_value", Column::Float8),
];

/// `customers(log, as_of, period, time_zone, time_unit)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn customers<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let observation = ObservationOptions::read(&options)?;
        let time_unit = observation.time_unit(&options)?;
        let Some(log) = log else {
            return Rows::none(call, COLUMNS);
        };
        let log = OrderLog::open(log.bytes())?;
        let mut rows = Rows::begin(call, COLUMNS, log.kinds().map(|kinds| kinds.0))?;
        let observation = observation.of(times(&log), Period::Day, time_unit)?;
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
                    Cell::Float(totals.revenue()?),
                    Cell::Float(totals.returns()?),
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
    })
}
