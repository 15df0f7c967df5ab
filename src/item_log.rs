//! `item_log`: collecting what customers bought and when into one value, and looking into it.

use crate::observation::{End, Times};
use crate::pg::aggregate::{State, Transition};
use crate::pg::any::{AnyTime, Args};
use crate::pg::call::Call;
use crate::pg::collected;
use crate::pg::collection::collection;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::mergeable::row_bytes;
use crate::pg::options::Options;
use crate::pg::record::{Field, Record};
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::text::JsonType;
use crate::pg::value::{Given, Made, MadeText, Received};
use crate::{basket_log, order_log};
use clientele_core::checkpoint::vec_from;
use clientele_core::collect::{Collected, Collection};
use clientele_core::item_log::{Basket, Collector, ItemLog, NAME, TimeKind};
use pgrx::prelude::*;
use std::cmp::Reverse;
use std::ffi::CStr;

collection! {
    /// The SQL type.
    Log {
        collector: Collector,
        merge: item_log_merge_trans,
        combine: item_log_combine,
        serial: item_log_serial,
        deserial: item_log_deserial,
        final: item_log_final,
    }
}

fn collecting() -> Backend {
    Backend::of_many_calls(NAME)
}

/// `item_log(customer, ordered_at, item [, amount])`, one row. Without amounts, every purchase is one of amount 0.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn item_log_trans<'a>(mut row: Transition<'a, Collection<Collector>>) -> State<'a, Collection<Collector>> {
    let (state, args) = row.parts();
    collect(or_raise(|| state.collector(&mut collecting())), args);
    row.into_state()
}

#[inline(always)]
fn collect(log: &mut Collector, args: Args<'_>) {
    let (Some(customer), Some(ordered_at), Some(item)) = (args.get(0), args.get(1), args.get(2)) else {
        return;
    };
    if item.is_null() {
        return log.ignore_null_item();
    }
    if customer.is_null() {
        return log.ignore_null_customer();
    }
    if ordered_at.is_null() {
        return log.ignore_null_time();
    }
    let AnyTime { zoned, time } = ordered_at.time("ordered_at");
    let times = if zoned { TimeKind::Zoned } else { TimeKind::Local };
    let amount = args
        .get(3)
        .map(|amount| (!amount.is_null()).then(|| amount.amount("amount")));
    or_raise(|| {
        customer.with_key("customer", |customer| {
            item.with_key("item", |item| match amount {
                None => log.push_without_amount(customer, (times, time), item, &mut collecting()),
                Some(amount) => log.push(customer, (times, time), item, amount, &mut collecting()),
            })
        })
    });
}

/// `describe(log)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn item_log_describe<'a>(log: Given<'a, Log>, call: Call<'a>) -> Record<'a> {
    or_raise(|| {
        let bytes = log.bytes();
        let log = ItemLog::open(bytes)?;
        let about = log.describe(&mut Backend::of_call("describe"))?;
        let counts = log.counts();
        let kinds = log.kinds().map(|kinds| {
            [
                kinds.customers.to_string(),
                kinds.times.to_string(),
                kinds.items.to_string(),
            ]
        });
        let kind = |number: usize| Field::Text(kinds.as_ref().map(|kinds| kinds[number].as_str()));
        let count = |n: u64| Field::Int8(Some(n as i64));
        let fields = [
            ("keys", kind(0)),
            ("times", kind(1)),
            ("item_keys", kind(2)),
            ("customers", count(about.customers)),
            ("events", count(about.events)),
            ("items", count(log.items() as u64)),
            ("entries", count(about.entries)),
            ("orders", count(about.events)),
            ("revenue", Field::Float8(Some(about.revenue))),
            ("first_order", Field::Timestamp(about.first_order)),
            ("last_order", Field::Timestamp(about.last_order)),
            ("rows", count(counts.rows)),
            ("null_customers", count(counts.null_customers)),
            ("null_times", count(counts.null_times)),
            ("null_items", count(counts.null_items)),
            ("null_amounts", count(counts.null_amounts)),
            ("has_amounts", Field::Bool(Some(counts.have_amounts()))),
            ("bytes", count(bytes.len() as u64)),
        ];
        Record::of(&fields, call)
    })
}

const ITEMS: &[(&str, Column)] = &[
    ("item", Column::Text),
    ("customers", Column::Int8),
    ("events", Column::Int8),
    ("revenue", Column::Float8),
    ("first_bought", Column::Timestamp),
    ("last_bought", Column::Timestamp),
];

/// `items(log, as_of, time_zone)`: from the item that was bought most often down, those bought equally often in order of their keys.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn item_log_items<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let end = End::read(&options)?;
        let Some(log) = log else {
            return Rows::none(call, ITEMS);
        };
        let log = ItemLog::open(log.bytes())?;
        let mut rows = Rows::begin(call, ITEMS, None)?;
        let (as_of, zone) = end.of(times(&log))?;
        let mut backend = Backend::of_call("items");
        let names = log.names(&mut backend)?;
        let totals = log.item_totals(as_of, &mut backend)?;
        let seen = (0..totals.len()).filter(|&item| totals[item].is_seen);
        let mut order = vec_from(totals.len(), seen, &mut backend)?;
        order.sort_by_key(|&item| Reverse(totals[item].events));
        for item in order {
            let total = &totals[item];
            let time = |time| Cell::Time(zone.local(time));
            rows.put(&[
                Cell::Text(&names.get(item).to_string()),
                Cell::Integer(total.customers as i64),
                Cell::Integer(total.events as i64),
                Cell::Float(total.revenue()?),
                Cell::of(total.first_bought, time),
                Cell::of(total.last_bought, time),
            ])?;
        }
        Ok(rows.finish())
    })
}

/// `order_log(log)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn item_log_orders<'a>(log: Given<'_, Log>, call: Call<'a>) -> Made<'a, order_log::Log> {
    or_raise(|| {
        let log = ItemLog::open(log.bytes())?;
        Made::build(call, log.bytes().len() / 4, |builder| {
            log.write_orders(builder, &mut Backend::of_call("order_log"))
        })
    })
}

/// `baskets(log, period, as_of, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn item_log_baskets<'a>(
    log: Option<Given<'a, Log>>,
    options: Options<'a>,
    call: Call<'a>,
) -> Option<Made<'a, basket_log::Log>> {
    or_raise(|| {
        let basket = options.word("period", Basket::Order, Basket::parse)?;
        let end = End::read(&options)?;
        let Some(log) = log else {
            return Ok(None);
        };
        let log = ItemLog::open(log.bytes())?;
        let (as_of, zone) = end.of(times(&log))?;
        let mut backend = Backend::of_call("baskets");
        let mut baskets = log.baskets(basket, as_of, &zone, row_bytes(), &mut backend)?;
        Made::build(call, baskets.written_bytes(), |builder| {
            baskets.write(builder, &mut backend)
        })
        .map(Some)
    })
}

/// The times of a log. Observation ends with the newest purchase, and not with a return: without any purchase, all returns are seen.
pub fn times(log: &ItemLog<'_>) -> Times {
    Times {
        kind: log.kinds().map(|kinds| kinds.times),
        newest: log.newest_purchase(),
    }
}

/// Text input.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn item_log_in<'a>(text: &CStr, call: Call<'a>) -> Option<Made<'a, Log>> {
    collected::from_text(text, call)
}

/// Text output.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn item_log_out<'a>(log: Given<'_, Log>, call: Call<'a>) -> MadeText<'a> {
    collected::to_text(log, call)
}

/// Binary input.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn item_log_recv<'a>(message: Received<'_>, call: Call<'a>) -> Made<'a, Log> {
    collected::from_binary(message, call)
}

/// The cast to `json`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn item_log_json<'a>(log: Given<'_, Log>, call: Call<'a>) -> Made<'a, JsonType> {
    collected::to_json(log, call)
}
