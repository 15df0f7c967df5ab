//! `segment_agreement`: how far two labelings of the same customers agree.

use crate::pg::aggregate::{AggregateState, Other, Restored, State, Transition, Unused};
use crate::pg::call::Call;
use crate::pg::error::answer;
use crate::pg::interrupt::Backend;
use crate::pg::record::{Field, Record};
use crate::pg::value::{Bytea, Given, Made, TypeName};
use clientele_core::agreement::Table;
use pgrx::prelude::*;

/// The SQL type of what comes out.
pub enum Agreement {}

impl TypeName for Agreement {
    const NAME: &'static str = "agreement";
}

/// The state of the aggregate.
pub struct Counts(Table);

impl AggregateState for Counts {
    fn new() -> Self {
        Counts(Table::default())
    }

    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

const WHAT: &str = "segment_agreement";

fn counting() -> Backend {
    Backend::of_many_calls(WHAT)
}

/// `segment_agreement(a, b)`, one row. A row without one of the labels is not counted.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn segment_agreement_trans<'a>(mut row: Transition<'a, Counts>) -> State<'a, Counts> {
    let (state, args) = row.parts();
    if let (Some(a), Some(b)) = (args.get(0), args.get(1))
        && !a.is_null()
        && !b.is_null()
    {
        answer(|| a.with_key("a", |a| b.with_key("b", |b| state.0.push(a, b, &mut counting()))));
    }
    row.into_state()
}

/// What two parallel workers counted.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn segment_agreement_combine<'a>(mut state: State<'a, Counts>, other: Other<'a, Counts>) -> State<'a, Counts> {
    if let Some(other) = other.get() {
        answer(|| state.get().0.merge(&other.0, &mut counting()));
    }
    state
}

/// What a parallel worker counted, on its way to the leader.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn segment_agreement_serial(mut state: State<'_, Counts>) -> Made<Bytea> {
    answer(|| Made::of(&state.get().0.write(&mut counting())?))
}

/// What a parallel worker counted, arrived.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn segment_agreement_deserial(bytes: Given<'_, Bytea>, _internal: Unused) -> Restored<Counts> {
    let mut state = Counts::new();
    answer(|| state.0.read(bytes.bytes(), &mut counting()));
    Restored::new(state)
}

/// The agreement; NULL where there was no row with both labels.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn segment_agreement_final<'a>(mut state: State<'a, Counts>, call: Call<'a>) -> Option<Record<Agreement>> {
    answer(|| {
        let agreement = state.get().0.agreement(&mut Backend::of_call(WHAT))?;
        let record = agreement.map(|agreement| {
            let information = agreement.normalized_mutual_information;
            let fields = [
                ("rows", Field::Int8(Some(agreement.rows as i64))),
                ("adjusted_rand", Field::Float8(Some(agreement.adjusted_rand))),
                ("normalized_mutual_information", Field::Float8(Some(information))),
            ];
            Record::of(&fields, call)
        });
        record.transpose()
    })
}
