//! Aggregates that collect rows into one stored value, and merge such values: what all of them have in common.

use super::aggregate::State;
use super::call::Call;
use super::collected::CollectedType;
use super::error::or_raise;
use super::mergeable::{collecting, written};
use super::value::{Given, Made};
use clientele_core::collect::{Collected, Collection};

/// Declares a stored type and the functions of the aggregates that make it, by the names that they have for PostgreSQL: all but the one
/// that takes a row. The state is a `Collection` of the type's collector.
macro_rules! collection {
    (
        $(#[$about:meta])*
        $type:ident {
            collector: $collector:ty,
            merge: $merge:ident,
            combine: $combine:ident,
            serial: $serial:ident,
            deserial: $deserial:ident,
            final: $final:ident $(,)?
        }
    ) => {
        $(#[$about])*
        pub enum $type {}

        impl $crate::pg::value::TypeName for $type {
            const NAME: &'static str = <$collector as clientele_core::collect::Collected>::NAME;
        }

        impl $crate::pg::collected::CollectedType for $type {
            type Collector = $collector;
        }

        $crate::pg::mergeable::mergeable! {
            clientele_core::collect::Collection<$collector> {
                combine: $combine,
                serial: $serial,
                deserial: $deserial,
            }
        }

        const _: () = {
            use $crate::pg::aggregate::State;
            use $crate::pg::call::Call;
            use $crate::pg::collection;
            use $crate::pg::value::{Given, Made};
            use clientele_core::collect::Collection;
            use pgrx::prelude::*;

            #[pg_extern(sql = false, immutable, parallel_safe)]
            fn $merge<'a>(
                state: State<'a, Collection<$collector>>,
                value: Option<Given<'a, $type>>,
            ) -> State<'a, Collection<$collector>> {
                collection::merge(state, value)
            }

            #[pg_extern(sql = false, immutable, parallel_safe)]
            fn $final<'a>(state: State<'_, Collection<$collector>>, call: Call<'a>) -> Made<'a, $type> {
                collection::value(state, call)
            }
        };
    };
}

pub(crate) use collection;

/// Transition function of `merge(value)`: one stored value; NULL is none.
pub fn merge<'a, T: CollectedType>(
    mut state: State<'a, Collection<T::Collector>>,
    value: Option<Given<'a, T>>,
) -> State<'a, Collection<T::Collector>> {
    if let Some(value) = value {
        let mut checkpoint = collecting::<Collection<T::Collector>>();
        or_raise(|| {
            let collector = state.get().collector(&mut checkpoint)?;
            collector.absorb(value.bytes(), &mut checkpoint)
        });
    }
    state
}

/// Final function: the value.
pub fn value<'a, T: CollectedType>(mut state: State<'_, Collection<T::Collector>>, call: Call<'a>) -> Made<'a, T> {
    or_raise(|| written(state.get(), call))
}
