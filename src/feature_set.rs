//! `feature_set`: collecting the features of customers into one value.

use crate::pg::aggregate::{AggregateState, Other, Restored, State, Transition, Unused};
use crate::pg::any::Args;
use crate::pg::call::Call;
use crate::pg::encoding;
use crate::pg::error::answer;
use crate::pg::interrupt::Backend;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::value::{Bytea, Given, Made, MadeText, Received, TypeName};
use clientele_core::Result;
use clientele_core::feature_set::{Collector, FeatureSet, NAME, parse, write_text};
use clientele_core::key::Key;
use pgrx::prelude::*;
use std::ffi::CStr;

/// The SQL type.
pub enum Set {}

impl TypeName for Set {
    const NAME: &'static str = NAME;
}

/// The state of the aggregates.
pub struct Collection(Collector);

impl AggregateState for Collection {
    fn new() -> Self {
        Collection(Collector::default())
    }

    #[inline]
    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

fn collecting() -> Backend {
    Backend::of_many_calls(NAME)
}

/// `feature_set(id, features)`, one row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn feature_set_trans<'a>(mut row: Transition<'a, Collection>) -> State<'a, Collection> {
    let (state, args) = row.parts();
    collect(&mut state.0, args);
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
    answer(|| match id.integer_key() {
        Some(id) => set.push(Key::Integer(id), &features, &mut collecting()),
        None => id.with_long_key("id", |id| set.push(id, &features, &mut collecting())),
    });
}

/// `merge(feature_set)`, one set; NULL is no set.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn feature_set_merge_trans<'a>(mut state: State<'a, Collection>, set: Option<Given<'a, Set>>) -> State<'a, Collection> {
    if let Some(set) = set {
        answer(|| state.get().0.absorb(set.bytes(), &mut collecting()));
    }
    state
}

/// What two parallel workers collected.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn feature_set_combine<'a>(mut state: State<'a, Collection>, other: Other<'a, Collection>) -> State<'a, Collection> {
    if let Some(other) = other.get() {
        answer(|| state.get().0.merge(&other.0, &mut collecting()));
    }
    state
}

/// What a parallel worker collected, on its way to the leader: the bytes of a set.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn feature_set_serial(mut state: State<'_, Collection>) -> Made<Bytea> {
    answer(|| write(&state.get().0))
}

/// What a parallel worker collected, arrived.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn feature_set_deserial(bytes: Given<'_, Bytea>, _internal: Unused) -> Restored<Collection> {
    let mut set = Collector::default();
    answer(|| set.absorb(bytes.bytes(), &mut collecting()));
    Restored::new(Collection(set))
}

/// The set.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn feature_set_final(mut state: State<'_, Collection>) -> Made<Set> {
    answer(|| write(&state.get().0))
}

fn write<T: TypeName>(set: &Collector) -> Result<Made<T>> {
    // Integers shrink to half and less on the way.
    Made::build(set.heap_bytes() / 2, |builder| {
        set.write(builder, &mut Backend::of_call(NAME))
    })
}

/// `describe(set)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn feature_set_describe<'a>(set: Given<'a, Set>, call: Call<'a>) -> RowSet {
    const COLUMNS: &[Column] = &[
        Column::Text,
        Column::Int8,
        Column::Int4,
        Column::Int8,
        Column::Int8,
        Column::Int8,
    ];
    answer(|| {
        let set = FeatureSet::open(set.bytes())?;
        let counts = set.counts();
        let ids = set.kind().map(|kind| kind.to_string());
        let mut rows = Rows::begin(call, COLUMNS, None)?;
        rows.put(&[
            Cell::of(ids.as_deref(), Cell::Text),
            Cell::Integer(counts.rows as i64),
            Cell::Integer(set.dimension() as i64),
            Cell::Integer(counts.null_ids as i64),
            Cell::Integer(counts.null_features as i64),
            Cell::Integer(set.bytes().len() as i64),
        ])?;
        Ok(rows.finish())
    })
}

/// Text input.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn feature_set_in(text: &CStr) -> Made<Set> {
    answer(|| {
        let text = encoding::from_server(text.to_bytes())?;
        write(&parse(&text, &mut Backend::of_call("feature_set_in"))?)
    })
}

/// Text output.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn feature_set_out(set: Given<'_, Set>) -> MadeText {
    answer(|| {
        let set = FeatureSet::open(set.bytes())?;
        MadeText::build(NAME, 4 * set.bytes().len(), |builder| {
            write_text(
                &set,
                &mut encoding::ToServer(builder),
                &mut Backend::of_call("feature_set_out"),
            )
        })
    })
}

/// Binary input: the stored bytes, once they are known to be what this library writes.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn feature_set_recv(message: Received<'_>) -> Made<Set> {
    answer(|| message.check(|bytes| FeatureSet::open(bytes)?.check(&mut Backend::of_call("feature_set_recv"))))
}
