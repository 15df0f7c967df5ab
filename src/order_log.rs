//! `order_log`: collecting orders into one value, and looking into it.

use crate::observation::{End, Times};
use crate::pg::aggregate::{State, Transition};
use crate::pg::any::{AnyTime, Args};
use crate::pg::call::Call;
use crate::pg::collected;
use crate::pg::collection::collection;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::options::Options;
use crate::pg::record::{Field, Record};
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::text::JsonType;
use crate::pg::value::{Given, Made, MadeText, Received};
use clientele_core::amount::Amount;
use clientele_core::collect::Collection;
use clientele_core::key::KeyKind;
use clientele_core::order_log::{Collector, NAME, OrderLog, TimeKind};
use pgrx::prelude::*;
use std::ffi::CStr;

collection! {
    /// The SQL type.
    Log {
        collector: Collector,
        merge: order_log_merge_trans,
        combine: order_log_combine,
        serial: order_log_serial,
        deserial: order_log_deserial,
        final: order_log_final,
    }
}

fn collecting() -> Backend {
    Backend::of_many_calls(NAME)
}

/// `order_log(customer, ordered_at [, amount])`, one row. Without amounts, every order is one of amount 0.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn order_log_trans<'a>(mut row: Transition<'a, Collection<Collector>>) -> State<'a, Collection<Collector>> {
    let (state, args) = row.parts();
    collect(or_raise(|| state.collector(&mut collecting())), args);
    row.into_state()
}

#[inline(always)]
fn collect(log: &mut Collector, args: Args<'_>) {
    let (Some(customer), Some(ordered_at)) = (args.get(0), args.get(1)) else {
        return;
    };
    if customer.is_null() {
        return log.ignore_null_customer();
    }
    if ordered_at.is_null() {
        return log.ignore_null_time();
    }
    let AnyTime { zoned, time } = ordered_at.time("ordered_at");
    let times = if zoned { TimeKind::Zoned } else { TimeKind::Local };
    let amount = match args.get(2) {
        Some(amount) if amount.is_null() => {
            log.count_null_amount();
            Amount::ZERO
        }
        Some(amount) => amount.amount("amount"),
        None => Amount::ZERO,
    };
    or_raise(|| {
        let (keys, number) = match customer.integer_key() {
            Some(key) => (KeyKind::Integer, key),
            None => customer.with_long_key("customer", |key| {
                log.number(key, &mut collecting()).map(|number| (key.kind(), number))
            })?,
        };
        log.push_numbered(keys, number, times, time, amount, &mut collecting())
    });
}

/// `describe(log)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn order_log_describe<'a>(log: Given<'a, Log>, call: Call<'a>) -> Record<'a> {
    or_raise(|| {
        let bytes = log.bytes();
        let log = OrderLog::open(bytes)?;
        let about = log.describe(&mut Backend::of_call("describe"))?;
        let counts = log.counts();
        let (keys, times) = log
            .kinds()
            .map(|(keys, times)| (keys.to_string(), times.to_string()))
            .unzip();
        let count = |n: u64| Field::Int8(Some(n as i64));
        let fields = [
            ("keys", Field::Text(keys.as_deref())),
            ("times", Field::Text(times.as_deref())),
            ("customers", count(about.customers)),
            ("repeat_customers", count(about.repeat_customers)),
            ("orders", count(about.orders)),
            ("first_order", Field::Timestamp(about.first_order)),
            ("last_order", Field::Timestamp(about.last_order)),
            ("revenue", Field::Float8(Some(about.revenue))),
            ("rows", count(counts.rows)),
            ("null_customers", count(counts.null_customers)),
            ("null_times", count(counts.null_times)),
            ("null_amounts", count(counts.null_amounts)),
            ("bytes", count(bytes.len() as u64)),
        ];
        Record::of(&fields, call)
    })
}

const ORDERS: &[(&str, Column)] = &[
    ("customer_id", Column::Key),
    ("ordered_at", Column::Timestamp),
    ("amount", Column::Float8),
];

/// `orders(log, as_of, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn order_log_orders<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let end = End::read(&options)?;
        let Some(log) = log else {
            return Rows::none(call, ORDERS);
        };
        let log = OrderLog::open(log.bytes())?;
        let mut rows = Rows::begin(call, ORDERS, log.kinds().map(|kinds| kinds.0))?;
        // All orders, unless an end is asked for.
        let (as_of, zone) = end.of(Times {
            newest: None,
            ..times(&log)
        })?;
        let mut backend = Backend::of_call("orders");
        let mut cursor = log.cursor();
        while cursor.advance(&mut backend)? {
            let part = cursor.part().until(as_of);
            for order in part.orders() {
                rows.put(&[
                    Cell::Key(part.key),
                    Cell::Time(zone.local(order.time)),
                    Cell::Float(order.amount()?),
                ])?;
            }
        }
        Ok(rows.finish())
    })
}

/// The times of a log. Observation ends with the newest order, and not with a return: without any order, all returns are seen.
pub fn times(log: &OrderLog<'_>) -> Times {
    Times {
        kind: log.kinds().map(|kinds| kinds.1),
        newest: log.newest_order(),
    }
}

/// Text input.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn order_log_in<'a>(text: &CStr, call: Call<'a>) -> Option<Made<'a, Log>> {
    collected::from_text(text, call)
}

/// Text output.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn order_log_out<'a>(log: Given<'_, Log>, call: Call<'a>) -> MadeText<'a> {
    collected::to_text(log, call)
}

/// Binary input.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn order_log_recv<'a>(message: Received<'_>, call: Call<'a>) -> Made<'a, Log> {
    collected::from_binary(message, call)
}

/// The cast to `json`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn order_log_json<'a>(log: Given<'_, Log>, call: Call<'a>) -> Made<'a, JsonType> {
    collected::to_json(log, call)
}
