//! Stored values that are read once and used for many rows: the models of scoring functions.

use super::error::answer;
use super::interrupt::Backend;
use super::value::{TypeName, datum_and_call_of};
use super::varlena::bytes_of;
use clientele_core::Result;
use clientele_core::checkpoint::vec_with_capacity;
use pgrx::callconv::{Arg, ArgAbi};
use pgrx::pg_sys;
use std::ops::Deref;

/// A stored type that is read as a whole.
pub trait Decode: TypeName {
    /// What is in it.
    type Value: 'static;

    /// Reads the stored bytes.
    fn decode(bytes: &[u8]) -> Result<Self::Value>;
}

/// A value that a function is given, decoded. Each place of a query that calls the function decodes it anew only when it
/// changes. A function may have one such argument, and none whose type is looked up.
pub struct Decoded<'fcx, T: Decode>(&'fcx T::Value);

impl<T: Decode> Deref for Decoded<'_, T> {
    type Target = T::Value;

    fn deref(&self) -> &T::Value {
        self.0
    }
}

/// What a place of a query remembers, in the memory context of that place.
struct Kept<V> {
    /// Runs when the context is reset.
    callback: pg_sys::MemoryContextCallback,
    /// The value as it was given, and what was in it.
    last: Option<(Box<[u8]>, V)>,
}

// SAFETY: the SQL declares an argument of the type `T`, which is stored as bytes of variable length; a test compares.
unsafe impl<'fcx, T: Decode> ArgAbi<'fcx> for Decoded<'fcx, T> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: an argument that is not NULL, of a call under way. What is kept lives until the query ends, or until the
        // next call from this place.
        unsafe {
            let (datum, fcinfo) = datum_and_call_of(arg);
            let given = as_given(datum);
            let kept = kept::<T::Value>((*fcinfo).flinfo);
            match &(*kept).last {
                Some((known, _)) if **known == *given => {}
                _ => (*kept).last = Some(answer(|| Ok((copy_of(given)?, T::decode(bytes_of(datum))?)))),
            }
            let last: &'fcx Option<(Box<[u8]>, T::Value)> = &(*kept).last;
            Decoded(&last.as_ref().expect("it has just been set").1)
        }
    }
}

/// A copy of bytes, which may be many.
fn copy_of(bytes: &[u8]) -> Result<Box<[u8]>> {
    let mut copy = vec_with_capacity(bytes.len(), &mut Backend::of_many_calls("reading a value"))?;
    copy.extend_from_slice(bytes);
    Ok(copy.into_boxed_slice())
}

/// The bytes that tell a value from others: with its header and packed as it is if it stands in the row, else fetched, because
/// what points to it may come to point to another.
///
/// # Safety
/// As for [`bytes_of`].
unsafe fn as_given<'a>(datum: pg_sys::Datum) -> &'a [u8] {
    let value: *mut pg_sys::varlena = datum.cast_mut_ptr();
    // SAFETY: the value is as long as it says.
    unsafe {
        if pgrx::varlena::varatt_is_1b_e(value) {
            bytes_of(datum)
        } else {
            std::slice::from_raw_parts(value.cast(), pgrx::varlena::varsize_any(value))
        }
    }
}

/// What the place of the call remembers; nothing yet in its first call.
///
/// # Safety
/// `flinfo` describes the function of a call under way, or is null; this is the only use that the function makes of `fn_extra`.
unsafe fn kept<V>(flinfo: *mut pg_sys::FmgrInfo) -> *mut Kept<V> {
    // SAFETY: the block is written before its callback can run.
    unsafe {
        if let Some(flinfo) = flinfo.as_ref()
            && !flinfo.fn_extra.is_null()
        {
            return flinfo.fn_extra.cast();
        }
        let context = flinfo
            .as_ref()
            .map_or(pg_sys::CurrentMemoryContext, |flinfo| flinfo.fn_mcxt);
        let kept: *mut Kept<V> = pg_sys::MemoryContextAlloc(context, size_of::<Kept<V>>()).cast();
        kept.write(Kept {
            callback: pg_sys::MemoryContextCallback {
                func: Some(drop_kept::<V>),
                arg: kept.cast(),
                next: std::ptr::null_mut(),
            },
            last: None,
        });
        pg_sys::MemoryContextRegisterResetCallback(context, &mut (*kept).callback);
        if let Some(flinfo) = flinfo.as_mut() {
            flinfo.fn_extra = kept.cast();
        }
        kept
    }
}

/// Drops what a place remembers when its context is reset.
unsafe extern "C-unwind" fn drop_kept<V>(kept: *mut std::ffi::c_void) {
    let kept: *mut Kept<V> = kept.cast();
    // SAFETY: PostgreSQL calls this once, before it frees the block.
    super::alloc::cleaning_up(|| unsafe { std::ptr::drop_in_place(&mut (*kept).last) });
}
