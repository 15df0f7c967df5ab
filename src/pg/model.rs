//! Models as SQL types: what all of them have in common.

/// Declares a model as an SQL type, with the functions that read and write its text, which is JSON, and read its binary form, which is
/// what is stored.
///
/// The model has `decode` and `encode` for what is stored, and `parse` and `text` for JSON.
macro_rules! model_type {
    (
        $(#[$about:meta])*
        $type:ident is $model:ty, named $name:expr, with $in:ident, $out:ident, $recv:ident
    ) => {
        $(#[$about])*
        pub enum $type {}

        impl $crate::pg::value::TypeName for $type {
            const NAME: &'static str = $name;
        }

        impl $crate::pg::decoded::Decode for $type {
            type Value = $model;

            fn decode(bytes: &[u8]) -> clientele_core::Result<$model> {
                <$model>::decode(bytes)
            }
        }

        const _: () = {
            use $crate::pg::call::Call;
            use $crate::pg::encoding;
            use $crate::pg::error::{or_raise, or_save};
            use $crate::pg::value::{Given, Made, MadeText, Received, TypeName};
            use clientele_core::codec::Sink;
            use pgrx::prelude::*;
            use std::ffi::CStr;

            #[pg_extern(sql = false, immutable, strict, parallel_safe)]
            fn $in<'a>(text: &CStr, call: Call<'a>) -> Option<Made<'a, $type>> {
                or_save(call, || Made::of(call, &<$model>::parse(&encoding::from_server(text.to_bytes())?)?.encode()))
            }

            #[pg_extern(sql = false, immutable, strict, parallel_safe)]
            fn $out<'a>(model: Given<'_, $type>, call: Call<'a>) -> MadeText<'a> {
                or_raise(|| {
                    let text = <$model>::decode(model.bytes())?.text();
                    MadeText::build(call, $type::NAME, text.len(), |builder| {
                        builder.append(&encoding::to_server(&text)?)
                    })
                })
            }

            #[pg_extern(sql = false, immutable, strict, parallel_safe)]
            fn $recv<'a>(message: Received<'_>, call: Call<'a>) -> Made<'a, $type> {
                or_raise(|| message.check(call, |bytes| <$model>::decode(bytes).map(drop)))
            }
        };
    };
}

pub(crate) use model_type;
