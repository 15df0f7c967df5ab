//! `basket_log`: collecting baskets into one value, and looking into it.

use crate::pg::aggregate::{State, Transition};
use crate::pg::any::Args;
use crate::pg::call::Call;
use crate::pg::collected;
use crate::pg::collection::collection;
use crate::pg::decoded::Decode;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::record::{Field, Record};
use crate::pg::rows::{Cell, Column, RowSet, Rows, Shared};
use crate::pg::text::JsonType;
use crate::pg::value::{Given, Made, MadeText, Received};
use clientele_core::Result;
use clientele_core::basket_log::{BasketLog, Baskets, Collector, Items, NAME};
use clientele_core::checkpoint::{Checkpoint, vec_of, vec_with_capacity};
use clientele_core::collect::Collection;
use pgrx::prelude::*;
use std::ffi::CStr;

/// What is looked for sets in: the baskets of a log as numbers, and the items that the numbers stand for.
pub struct Content {
    /// The items.
    pub items: Items,
    /// The baskets.
    pub baskets: Baskets,
}

impl Content {
    /// Reads a log.
    pub fn read(bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<Content> {
        let log = BasketLog::open(bytes)?;
        Ok(Content {
            items: log.items(checkpoint)?,
            baskets: log.baskets(checkpoint)?,
        })
    }
}

impl Decode for Log {
    type Value = Content;

    fn decode(bytes: &[u8]) -> Result<Content> {
        Content::read(bytes, &mut Backend::of_call(NAME))
    }
}

collection! {
    /// The SQL type.
    Log {
        collector: Collector,
        merge: basket_log_merge_trans,
        combine: basket_log_combine,
        serial: basket_log_serial,
        deserial: basket_log_deserial,
        final: basket_log_final,
    }
}

fn collecting() -> Backend {
    Backend::of_many_calls(NAME)
}

/// `basket_log(basket, item)`, one row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn basket_log_trans<'a>(mut row: Transition<'a, Collection<Collector>>) -> State<'a, Collection<Collector>> {
    let (state, args) = row.parts();
    collect(or_raise(|| state.collector(&mut collecting())), args);
    row.into_state()
}

#[inline(always)]
fn collect(log: &mut Collector, args: Args<'_>) {
    let (Some(basket), Some(item)) = (args.get(0), args.get(1)) else {
        return;
    };
    if basket.is_null() {
        return log.ignore_null_basket();
    }
    if item.is_null() {
        return log.ignore_null_item();
    }
    or_raise(|| {
        basket.with_any_key("basket", |basket| {
            item.with_key("item", |item| log.push(basket, item, &mut collecting()))
        })
    });
}

/// `describe(log)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn basket_log_describe<'a>(log: Given<'a, Log>, call: Call<'a>) -> Record<'a> {
    or_raise(|| {
        let bytes = log.bytes();
        let log = BasketLog::open(bytes)?;
        let about = log.describe(&mut Backend::of_call("describe"))?;
        let counts = log.counts();
        let (baskets, items) = log
            .kinds()
            .map(|(baskets, items)| (baskets.to_string(), items.to_string()))
            .unzip();
        let mean_basket = log.kinds().map(|_| about.entries as f64 / about.baskets as f64);
        let count = |n: u64| Field::Int8(Some(n as i64));
        let fields = [
            ("basket_keys", Field::Text(baskets.as_deref())),
            ("item_keys", Field::Text(items.as_deref())),
            ("baskets", count(about.baskets)),
            ("items", count(about.items)),
            ("entries", count(about.entries)),
            ("largest_basket", count(about.largest_basket)),
            ("mean_basket", Field::Float8(mean_basket)),
            ("rows", count(counts.rows)),
            ("null_baskets", count(counts.null_baskets)),
            ("null_items", count(counts.null_items)),
            ("bytes", count(bytes.len() as u64)),
        ];
        Record::of(&fields, call)
    })
}

const ITEMS: &[(&str, Column)] = &[
    ("item", Column::Text),
    ("baskets", Column::Int8),
    ("support", Column::Float8),
];

/// `items(log)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn basket_log_items<'a>(log: Given<'a, Log>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let log = BasketLog::open(log.bytes())?;
        let items = log.items(&mut Backend::of_call("items"))?;
        let mut rows = Rows::begin(call, ITEMS, None)?;
        for (number, &count) in (0..).zip(items.counts()) {
            rows.put(&[
                Cell::Text(&items.key(number).to_string()),
                Cell::Integer(i64::from(count)),
                Cell::Float(f64::from(count) / log.len() as f64),
            ])?;
        }
        Ok(rows.finish())
    })
}

/// The numbers of items with these names, without those that the log does not know.
pub fn numbers_of(items: &Items, names: &[String], checkpoint: &mut dyn Checkpoint) -> Result<Vec<u32>> {
    let mut numbers = vec_with_capacity(names.len(), checkpoint)?;
    for (place, name) in names.iter().enumerate() {
        if place % 64 == 0 {
            checkpoint.pass("looking items up", place, names.len())?;
        }
        numbers.extend(items.find(name));
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// The places of all items in at least so many baskets, in order of their names.
pub fn places(content: &Content, min_count: u32, checkpoint: &mut dyn Checkpoint) -> Result<Vec<u32>> {
    let frequent = content.items.counts().partition_point(|&count| count >= min_count);
    content.items.places(frequent, checkpoint)
}

/// The names of items in columns of arrays, each made when it is first needed. Arrays are in order of the names, by code point.
pub struct ItemNames<'a> {
    items: &'a Items,
    places: &'a [u32],
    made: Vec<Option<Shared>>,
    set: Vec<u32>,
}

impl<'a> ItemNames<'a> {
    /// None made yet. Only items that have a place will be asked for.
    pub fn new(items: &'a Items, places: &'a [u32], checkpoint: &mut dyn Checkpoint) -> Result<ItemNames<'a>> {
        Ok(ItemNames {
            items,
            made: vec_of(None, places.len(), checkpoint)?,
            places,
            set: Vec::new(),
        })
    }

    /// Puts the names of these items, which `rows` keeps, into `names`.
    pub fn of(&mut self, items: &[u32], rows: &mut Rows<'_>, names: &mut Vec<Shared>) {
        self.set.clear();
        self.set.extend_from_slice(items);
        self.set.sort_unstable_by_key(|&item| self.places[item as usize]);
        names.clear();
        names.extend(self.set.iter().map(|&item| {
            let name = &mut self.made[item as usize];
            *name.get_or_insert_with(|| rows.share(&self.items.key(item).to_string()))
        }));
    }
}

/// Text input.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn basket_log_in<'a>(text: &CStr, call: Call<'a>) -> Option<Made<'a, Log>> {
    collected::from_text(text, call)
}

/// Text output.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn basket_log_out<'a>(log: Given<'_, Log>, call: Call<'a>) -> MadeText<'a> {
    collected::to_text(log, call)
}

/// Binary input.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn basket_log_recv<'a>(message: Received<'_>, call: Call<'a>) -> Made<'a, Log> {
    collected::from_binary(message, call)
}

/// The cast to `json`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn basket_log_json<'a>(log: Given<'_, Log>, call: Call<'a>) -> Made<'a, JsonType> {
    collected::to_json(log, call)
}
