//! Aggregates that collect rows into one stored value, and merge such values: what all of them have in common.

/// Declares a stored type, the state of the aggregates that make it, and their functions: all but the one that takes a row, for which it
/// leaves `Collection`, `collecting` and `write`.
///
/// The collector has `absorb` for stored values, `merge` for another collector, `write`, and `heap_bytes`. What is written is about so many
/// times smaller than that.
macro_rules! collection {
    (
        $(#[$about:meta])*
        $type:ident, named $name:expr, of $collector:ty, begun by $new:expr, $times:literal times smaller,
        with $merge_trans:ident, $combine:ident, $serial:ident, $deserial:ident, $final:ident
    ) => {
        $(#[$about])*
        pub enum $type {}

        impl $crate::pg::value::TypeName for $type {
            const NAME: &'static str = $name;
        }

        /// The state of the aggregates.
        pub struct Collection($collector);

        impl $crate::pg::collected::CollectedType for $type {
            type Collector = $collector;
        }

        impl $crate::pg::aggregate::AggregateState for Collection {
            fn new() -> Self {
                Collection($new)
            }

            #[inline]
            fn heap_bytes(&self) -> usize {
                clientele_core::collect::Collected::heap_bytes(&self.0)
            }
        }

        fn collecting() -> $crate::pg::interrupt::Backend {
            $crate::pg::interrupt::Backend::of_many_calls($name)
        }

        fn write<'a, T: $crate::pg::value::TypeName>(
            collector: &mut $collector,
            call: $crate::pg::call::Call<'a>,
        ) -> clientele_core::Result<$crate::pg::value::Made<'a, T>> {
            use clientele_core::collect::Collected;

            $crate::pg::value::Made::build(call, collector.heap_bytes() / $times, |builder| {
                collector.write(builder, &mut $crate::pg::interrupt::Backend::of_call($name))
            })
        }

        const _: () = {
            use $crate::pg::aggregate::{AggregateState, Other, Restored, State, Unused};
            use $crate::pg::call::Call;
            use $crate::pg::error::answer;
            use $crate::pg::value::{Bytea, Given, Made};
            use clientele_core::collect::Collected;
            use pgrx::prelude::*;

            /// One stored value; NULL is none.
            #[pg_extern(sql = false, immutable, parallel_safe)]
            fn $merge_trans<'a>(
                mut state: State<'a, Collection>,
                value: Option<Given<'a, $type>>,
            ) -> State<'a, Collection> {
                if let Some(value) = value {
                    answer(|| state.get().0.absorb(value.bytes(), &mut collecting()));
                }
                state
            }

            /// What two parallel workers collected.
            #[pg_extern(sql = false, immutable, parallel_safe)]
            fn $combine<'a>(mut state: State<'a, Collection>, other: Other<'a, Collection>) -> State<'a, Collection> {
                if let Some(other) = other.get() {
                    answer(|| state.get().0.merge(&other.0, &mut collecting()));
                }
                state
            }

            /// What a parallel worker collected, on its way to the leader: the bytes of a stored value.
            #[pg_extern(sql = false, immutable, strict, parallel_safe)]
            fn $serial<'a>(mut state: State<'_, Collection>, call: Call<'a>) -> Made<'a, Bytea> {
                answer(|| write(&mut state.get().0, call))
            }

            /// What a parallel worker collected, arrived.
            #[pg_extern(sql = false, immutable, strict, parallel_safe)]
            fn $deserial<'a>(bytes: Given<'_, Bytea>, _internal: Unused, call: Call<'a>) -> Restored<'a, Collection> {
                let mut state = Collection::new();
                answer(|| state.0.absorb(bytes.bytes(), &mut collecting()));
                Restored::new(call, state)
            }

            /// The value.
            #[pg_extern(sql = false, immutable, parallel_safe)]
            fn $final<'a>(mut state: State<'_, Collection>, call: Call<'a>) -> Made<'a, $type> {
                answer(|| write(&mut state.get().0, call))
            }
        };
    };
}

pub(crate) use collection;
