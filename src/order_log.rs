//! `order_log`: collecting orders into one value, and looking into it.

use crate::pg::aggregate::{State, Transition};
use crate::pg::any::{AnyTime, Args, TypeOnly};
use crate::pg::call::Call;
use crate::pg::collected::{self, row_bytes};
use crate::pg::collection::collection;
use crate::pg::error::answer;
use crate::pg::interrupt::Backend;
use crate::pg::record::{Field, Record};
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::text::{JsonType, Text};
use crate::pg::time::{self, Timestamp};
use crate::pg::value::{Given, Made, MadeText, Received};
use clientele_core::Result;
use clientele_core::amount::Amount;
use clientele_core::calendar::END_TIME;
use clientele_core::collect::Collected;
use clientele_core::key::KeyKind;
use clientele_core::order_log::{Collector, NAME, OrderLog, TimeKind};
use clientele_core::zone::Zone;
use pgrx::prelude::*;
use std::ffi::CStr;

// Rows shrink to half and less when they are written.
collection! {
    /// The SQL type.
    Log, named NAME, of Collector, begun by Collector::new(row_bytes()), 2 times smaller,
    with order_log_merge_trans, order_log_combine, order_log_serial, order_log_deserial, order_log_final
}

/// `order_log(customer, ordered_at [, amount])`, one row. Without amounts, every order is one of amount 0.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn order_log_trans<'a>(mut row: Transition<'a, Collection>) -> State<'a, Collection> {
    let (state, args) = row.parts();
    collect(&mut state.0, args);
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
    answer(|| {
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
    answer(|| {
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

const ORDERS: &[Column] = &[Column::Key, Column::Timestamp, Column::Float8];

/// `orders(log, as_of, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn order_log_orders<'a>(
    log: Option<Given<'a, Log>>,
    as_of: Option<Timestamp>,
    time_zone: Option<Text<'a>>,
    call: Call<'a>,
) -> RowSet<'a> {
    answer(|| orders(log, as_of, time_zone, call))
}

/// `orders(log, NULL::type, as_of, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn order_log_orders_as<'a>(
    log: Option<Given<'a, Log>>,
    _key: TypeOnly,
    as_of: Option<Timestamp>,
    time_zone: Option<Text<'a>>,
    call: Call<'a>,
) -> RowSet<'a> {
    answer(|| orders(log, as_of, time_zone, call))
}

fn orders<'a>(
    log: Option<Given<'_, Log>>,
    as_of: Option<Timestamp>,
    time_zone: Option<Text<'_>>,
    call: Call<'a>,
) -> Result<RowSet<'a>> {
    let Some(log) = log else {
        return Rows::none(call, ORDERS);
    };
    let log = OrderLog::open(log.bytes())?;
    let mut rows = Rows::begin(call, ORDERS, log.kinds().map(|kinds| kinds.0))?;
    let View { as_of, zone } = View::until(&log, as_of, END_TIME - 1, time_zone)?;
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
}

/// From when, and in which time zone, a log is looked at.
pub struct View {
    /// The end of observation, inclusive.
    pub as_of: i64,
    /// The time zone; UTC for times that have none and stand as they are.
    pub zone: Zone,
}

impl View {
    /// The view that the arguments of a function ask for; up to the newest order if they do not say. Without any order
    /// there is no end: all returns are seen.
    pub fn of(log: &OrderLog<'_>, as_of: Option<Timestamp>, time_zone: Option<Text<'_>>) -> Result<View> {
        View::until(log, as_of, log.newest_order().unwrap_or(END_TIME - 1), time_zone)
    }

    /// The instant of a time that clocks in a zone show; as it stands for a log whose times have none. `what` names the argument.
    pub fn instant(log: &OrderLog<'_>, time: Timestamp, what: &str, time_zone: Option<Text<'_>>) -> Result<i64> {
        let local = time.finite(what)?;
        match log.kinds() {
            Some((_, TimeKind::Zoned)) => time::instant(local, time_zone.map_or("UTC", Text::as_str)),
            _ => Ok(local),
        }
    }

    /// The same, with another end if the arguments do not say.
    fn until(log: &OrderLog<'_>, as_of: Option<Timestamp>, end: i64, time_zone: Option<Text<'_>>) -> Result<View> {
        let name = time_zone.map_or("UTC", Text::as_str);
        let zoned = log.kinds().is_some_and(|kinds| kinds.1 == TimeKind::Zoned);
        let as_of = as_of.map_or(Ok(end), |as_of| View::instant(log, as_of, "as_of", time_zone))?;
        // An unknown name is an error also where no zone is needed.
        let zone = time::zone(name, log.newest_order().unwrap_or(as_of).max(as_of))?;
        Ok(View {
            as_of,
            zone: if zoned { zone } else { Zone::utc() },
        })
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
