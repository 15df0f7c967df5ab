//! Aggregates whose states are merged: across parallel workers, and from disk.

use super::aggregate::{Other, Restored, State, Unused};
use super::call::Call;
use super::error::or_raise;
use super::interrupt::Backend;
use super::settings;
use super::value::{Bytea, Given, Made, TypeName};
use clientele_core::Result;
use clientele_core::mergeable::Mergeable;

/// Rows that take this much are made smaller while more are collected, and that takes a little more.
const ROW_BYTES: usize = 192 << 20;

/// The bytes that collected rows may take before they are made smaller.
pub fn row_bytes() -> usize {
    ROW_BYTES.min(settings::memory_limit().bytes / 4)
}

/// Declares the functions of an aggregate that merge its states, by the names that they have for PostgreSQL. A state is [`Mergeable`].
macro_rules! mergeable {
    ($state:ty { combine: $combine:ident, serial: $serial:ident, deserial: $deserial:ident $(,)? }) => {
        const _: () = {
            use pgrx::prelude::*;
            use $crate::pg::aggregate::{Other, Restored, State, Unused};
            use $crate::pg::call::Call;
            use $crate::pg::mergeable;
            use $crate::pg::value::{Bytea, Given, Made};

            #[pg_extern(sql = false, immutable, parallel_safe)]
            fn $combine<'a>(state: State<'a, $state>, other: Other<'a, $state>) -> State<'a, $state> {
                mergeable::combine(state, other)
            }

            #[pg_extern(sql = false, immutable, strict, parallel_safe)]
            fn $serial<'a>(state: State<'_, $state>, call: Call<'a>) -> Made<'a, Bytea> {
                mergeable::serial(state, call)
            }

            #[pg_extern(sql = false, immutable, strict, parallel_safe)]
            fn $deserial<'a>(bytes: Given<'_, Bytea>, internal: Unused, call: Call<'a>) -> Restored<'a, $state> {
                mergeable::deserial(bytes, internal, call)
            }
        };
    };
}

pub(crate) use mergeable;

/// The checkpoint of what is done for each row or state.
pub fn collecting<S: Mergeable>() -> Backend {
    Backend::of_many_calls(S::NAME)
}

/// Combine function: what two parallel workers collected.
pub fn combine<'a, S: Mergeable>(mut state: State<'a, S>, other: Other<'a, S>) -> State<'a, S> {
    if let Some(other) = other.get() {
        or_raise(|| state.get().merge(other, &mut collecting::<S>()));
    }
    state
}

/// Serialisation function: what a parallel worker collected, on its way to the leader.
pub fn serial<'a, S: Mergeable>(mut state: State<'_, S>, call: Call<'a>) -> Made<'a, Bytea> {
    or_raise(|| written(state.get(), call))
}

/// Deserialisation function: what a parallel worker collected, arrived.
pub fn deserial<'a, S: Mergeable>(bytes: Given<'_, Bytea>, _: Unused, call: Call<'a>) -> Restored<'a, S> {
    Restored::new(
        call,
        or_raise(|| S::read(bytes.bytes(), row_bytes(), &mut collecting::<S>())),
    )
}

/// A value of the bytes that a state is written as.
pub fn written<'a, S: Mergeable, T: TypeName>(state: &mut S, call: Call<'a>) -> Result<Made<'a, T>> {
    Made::build(call, state.written_bytes(), |builder| {
        state.write(builder, &mut Backend::of_call(S::NAME))
    })
}
