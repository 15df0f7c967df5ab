//! `feature_set`: collecting the features of customers into one value.

use crate::pg::aggregate::{State, Transition};
use crate::pg::any::Args;
use crate::pg::call::Call;
use crate::pg::collected;
use crate::pg::collection::collection;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::record::{Field, Record};
use crate::pg::text::JsonType;
use crate::pg::value::{Given, Made, MadeText, Received};
use clientele_core::collect::Collection;
use clientele_core::feature_set::{Collector, FeatureSet, NAME};
use pgrx::prelude::*;
use std::ffi::CStr;

collection! {
    /// The SQL type.
    Set {
        collector: Collector,
        merge: feature_set_merge_trans,
        combine: feature_set_combine,
        serial: feature_set_serial,
        deserial: feature_set_deserial,
        final: feature_set_final,
    }
}

fn collecting() -> Backend {
    Backend::of_many_calls(NAME)
}

/// `feature_set(id, features)` and `feature_set(id, features, weight)`, one row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn feature_set_trans<'a>(mut row: Transition<'a, Collection<Collector>>) -> State<'a, Collection<Collector>> {
    let (state, args) = row.parts();
    collect(or_raise(|| state.collector(&mut collecting())), args);
    row.into_state()
}

fn collect(set: &mut Collector, args: Args<'_>) {
    let (Some(id), Some(features)) = (args.get(0), args.get(1)) else {
        return;
    };
    if id.is_null() {
        return set.ignore_null_id();
    }
    if features.is_null() {
        return set.ignore_null_features();
    }
    let Some(features) = features.numbers("features") else {
        return set.ignore_null_features();
    };
    let Some(weight) = args.get(2) else {
        return or_raise(|| id.with_key("id", |id| set.push(id, &features, &mut collecting())));
    };
    if weight.is_null() {
        return set.ignore_null_weight();
    }
    let weight = weight.number("weight");
    or_raise(|| id.with_key("id", |id| set.push_weighted(id, &features, weight, &mut collecting())));
}

/// `describe(set)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn feature_set_describe<'a>(set: Given<'a, Set>, call: Call<'a>) -> Record<'a> {
    or_raise(|| {
        let set = FeatureSet::open(set.bytes())?;
        let counts = set.counts();
        let weight = set.weight(&mut Backend::of_call("describe"))?;
        let ids = set.kind().map(|kind| kind.to_string());
        let count = |n: u64| Field::Int8(Some(n as i64));
        let fields = [
            ("ids", Field::Text(ids.as_deref())),
            ("rows", count(counts.rows)),
            ("dimension", Field::Int4(Some(set.dimension() as i32))),
            ("weight", Field::Float8(Some(weight))),
            ("null_ids", count(counts.null_ids)),
            ("null_features", count(counts.null_features)),
            ("null_weights", count(counts.null_weights)),
            ("bytes", count(set.bytes().len() as u64)),
        ];
        Record::of(&fields, call)
    })
}

/// Text input.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn feature_set_in<'a>(text: &CStr, call: Call<'a>) -> Option<Made<'a, Set>> {
    collected::from_text(text, call)
}

/// Text output.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn feature_set_out<'a>(set: Given<'_, Set>, call: Call<'a>) -> MadeText<'a> {
    collected::to_text(set, call)
}

/// Binary input.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn feature_set_recv<'a>(message: Received<'_>, call: Call<'a>) -> Made<'a, Set> {
    collected::from_binary(message, call)
}

/// The cast to `json`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn feature_set_json<'a>(set: Given<'_, Set>, call: Call<'a>) -> Made<'a, JsonType> {
    collected::to_json(set, call)
}
