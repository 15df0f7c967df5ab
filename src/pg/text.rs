//! Text and JSON that SQL gives and gets: the only way between the database's encoding and Rust's.

use super::call::Call;
use super::encoding;
use super::error::or_raise;
use super::value::{self, Made, TypeName};
use super::varlena::bytes_of;
use clientele_core::Result;
use pgrx::callconv::{Arg, ArgAbi};
use pgrx::pg_sys;
use std::borrow::Cow;
use std::ffi::CStr;
use std::ops::Deref;

/// An argument `text`.
#[derive(Clone, Copy, Debug)]
pub struct Text<'fcx>(&'fcx str);

impl<'fcx> Text<'fcx> {
    /// The text.
    pub fn as_str(self) -> &'fcx str {
        self.0
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.0
    }
}

/// An argument `jsonb`, as the text that the server writes for it.
#[derive(Clone, Copy, Debug)]
pub struct Json<'fcx>(&'fcx str);

impl Deref for Json<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.0
    }
}

/// `text`: the type of results.
pub enum TextType {}

impl TypeName for TextType {
    const NAME: &'static str = "text";
}

/// `json`: the type of results.
pub enum JsonType {}

impl TypeName for JsonType {
    const NAME: &'static str = "json";
}

impl<'fcx> Made<'fcx, TextType> {
    /// A text for SQL.
    pub fn text(call: Call<'fcx>, text: &str) -> Result<Made<'fcx, TextType>> {
        Made::of(call, &encoding::to_server(text)?)
    }
}

/// A `text` in the memory context of the call.
pub(super) fn text_datum(call: Call<'_>, text: &str) -> Result<pg_sys::Datum> {
    Ok(Made::text(call, text)?.datum())
}

/// Bytes of the server as text that lives as long as the call.
fn read(bytes: &[u8]) -> &str {
    match or_raise(|| encoding::from_server(bytes)) {
        Cow::Borrowed(text) => text,
        Cow::Owned(text) => {
            // SAFETY: the copy is as long as the text, and is freed with the memory context of the call.
            unsafe {
                let copy: *mut u8 = pg_sys::palloc(text.len().max(1)).cast();
                std::ptr::copy_nonoverlapping(text.as_ptr(), copy, text.len());
                std::str::from_utf8_unchecked(std::slice::from_raw_parts(copy, text.len()))
            }
        }
    }
}

// SAFETY: the SQL declares a text; a test compares.
unsafe impl<'fcx> ArgAbi<'fcx> for Text<'fcx> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: an argument that is not NULL; a text is bytes of variable length.
        Text(read(unsafe { bytes_of(value::datum_of(arg)) }))
    }
}

// SAFETY: the SQL declares a jsonb; a test compares.
unsafe impl<'fcx> ArgAbi<'fcx> for Json<'fcx> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: an argument that is not NULL; its text ends with a zero and lives in the memory context of the call.
        unsafe {
            let value: *mut pg_sys::varlena = pg_sys::pg_detoast_datum(value::datum_of(arg).cast_mut_ptr());
            let root = &raw mut (*value.cast::<pg_sys::Jsonb>()).root;
            let size = pgrx::varlena::varsize_any(value);
            let text = pg_sys::JsonbToCString(std::ptr::null_mut(), root, size as i32);
            Json(read(CStr::from_ptr(text).to_bytes()))
        }
    }
}
