//! `segment_agreement`: how far two labelings of the same customers agree.

use crate::pg::aggregate::{State, Transition};
use crate::pg::call::Call;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::mergeable::{collecting, mergeable};
use crate::pg::record::{Field, Record};
use crate::pg::value::TypeName;
use clientele_core::mergeable::Mergeable;
use clientele_core::segment_agreement::Contingency;
use pgrx::prelude::*;

/// The SQL type of what comes out.
pub enum Agreement {}

impl TypeName for Agreement {
    const NAME: &'static str = Contingency::NAME;
}

mergeable! {
    Contingency {
        combine: segment_agreement_combine,
        serial: segment_agreement_serial,
        deserial: segment_agreement_deserial,
    }
}

/// `segment_agreement(a, b)`, one row. A row without one of the labels is not counted.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn segment_agreement_trans<'a>(mut row: Transition<'a, Contingency>) -> State<'a, Contingency> {
    let (state, args) = row.parts();
    if let (Some(a), Some(b)) = (args.get(0), args.get(1))
        && !a.is_null()
        && !b.is_null()
    {
        or_raise(|| {
            a.with_key("a", |a| {
                b.with_key("b", |b| state.push(a, b, &mut collecting::<Contingency>()))
            })
        });
    }
    row.into_state()
}

/// The agreement; NULL where there was no row with both labels.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn segment_agreement_final<'a>(mut state: State<'a, Contingency>, call: Call<'a>) -> Option<Record<'a, Agreement>> {
    or_raise(|| {
        let agreement = state.get().agreement(&mut Backend::of_call(Contingency::NAME))?;
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
