//! Stored values that are read once and used for many rows: the models of scoring functions.

use super::call_site::remembered;
use super::error::or_raise;
use super::interrupt::Backend;
use super::value::{TypeName, datum_and_call_of};
use super::varlena::bytes_of;
use clientele_core::Result;
use clientele_core::checkpoint::vec_with_capacity;
use pgrx::callconv::{Arg, ArgAbi};
use pgrx::pg_sys;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::Deref;
use std::rc::Rc;

/// A stored type that is read as a whole.
pub trait Decode: TypeName {
    /// What is in it.
    type Value: 'static;

    /// Reads the stored bytes.
    fn decode(bytes: &[u8]) -> Result<Self::Value>;
}

/// A value that a function is given, decoded. Each place of a query that calls the function decodes it anew only when it changes.
pub struct Decoded<'fcx, T: Decode> {
    value: Rc<T::Value>,
    call: PhantomData<&'fcx ()>,
}

impl<T: Decode> Decoded<'_, T> {
    /// The value itself.
    pub fn into_value(self) -> Rc<T::Value> {
        self.value
    }
}

impl<T: Decode> Deref for Decoded<'_, T> {
    type Target = T::Value;

    fn deref(&self) -> &T::Value {
        &self.value
    }
}

/// The last value of an argument: as it was given, and what was in it.
type Last<V> = RefCell<Option<(Box<[u8]>, Rc<V>)>>;

// SAFETY: the SQL declares an argument of the type `T`, which is stored as bytes of variable length; a test compares.
unsafe impl<'fcx, T: Decode> ArgAbi<'fcx> for Decoded<'fcx, T> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        let index = arg.index();
        // SAFETY: an argument that is not NULL, of a call under way.
        let (datum, last, given) = unsafe {
            let (datum, fcinfo) = datum_and_call_of(arg);
            let last: &Last<T::Value> = remembered((*fcinfo).flinfo, index, RefCell::default);
            (datum, last, as_given(datum))
        };
        let known = match &*last.borrow() {
            Some((known, value)) if **known == *given => Some(Rc::clone(value)),
            _ => None,
        };
        let value = known.unwrap_or_else(|| {
            // SAFETY: as above.
            let value = Rc::new(or_raise(|| T::decode(unsafe { bytes_of(datum) })));
            *last.borrow_mut() = Some((or_raise(|| copy_of(given)), Rc::clone(&value)));
            value
        });
        Decoded {
            value,
            call: PhantomData,
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
