//! Collected values as SQL types: their text, which is compact, their JSON, and their binary form, which is what is stored.

use super::call::Call;
use super::encoding::{self, ToServer};
use super::error::{or_raise, or_save};
use super::interrupt::Backend;
use super::mergeable::row_bytes;
use super::text::JsonType;
use super::value::{Given, Made, MadeText, Received, TypeName};
use clientele_core::collect::Collected;
use clientele_core::{Error, Kind};
use std::borrow::Cow;
use std::ffi::CStr;

/// A type whose values are collected.
pub trait CollectedType: TypeName {
    /// What collects one, and knows what the bytes mean.
    type Collector: Collected;
}

/// Text input: the compact form, or JSON.
pub fn from_text<'a, T: CollectedType>(text: &CStr, call: Call<'a>) -> Option<Made<'a, T>> {
    or_save(call, || {
        let bytes = text.to_bytes();
        let text = match std::str::from_utf8(bytes) {
            // The same in every encoding, and possibly large.
            Ok(text) if text.is_ascii() => Cow::Borrowed(text),
            _ => encoding::from_server(bytes)?,
        };
        Made::build(call, text.len() / 4 * 3, |builder| {
            T::Collector::parse(&text, row_bytes(), builder, &mut Backend::of_call(T::NAME))
        })
    })
}

/// Text output: the compact form.
pub fn to_text<'a, T: CollectedType>(value: Given<'_, T>, call: Call<'a>) -> MadeText<'a> {
    or_raise(|| {
        let bytes = value.bytes();
        MadeText::build(call, T::NAME, bytes.len() / 3 * 4 + 100, |builder| {
            T::Collector::write_text(bytes, builder, &mut Backend::of_call(T::NAME))
        })
    })
}

/// Binary input: the stored bytes, if they are what this library writes.
pub fn from_binary<'a, T: CollectedType>(message: Received<'_>, call: Call<'a>) -> Made<'a, T> {
    or_raise(|| message.check(call, |bytes| T::Collector::check(bytes, &mut Backend::of_call(T::NAME))))
}

/// The cast to `json`.
pub fn to_json<'a, T: CollectedType>(value: Given<'_, T>, call: Call<'a>) -> Made<'a, JsonType> {
    or_raise(|| {
        let bytes = value.bytes();
        Made::build(call, 4 * bytes.len(), |builder| {
            let mut checkpoint = Backend::of_call(T::NAME);
            T::Collector::write_json(bytes, &mut ToServer(builder), &mut checkpoint)
        })
        .map_err(|error| match error.kind() {
            Kind::TooLarge => too_large_for_json::<T>(&error),
            _ => error,
        })
    })
}

#[cold]
fn too_large_for_json<T: TypeName>(error: &Error) -> Error {
    let what = T::NAME;
    Error::new(Kind::TooLarge, format!("{what} is too large for JSON"))
        .detail(error.detail_text().unwrap_or_default())
        .hint(format!(
            "Its text form is several times shorter: cast it to text, which {what} takes back."
        ))
}
