//! Stored value types: how they come in and go out.
//!
//! A type is a name and bytes; what the bytes mean is the business of its feature. In SQL it is declared by hand, with four
//! functions for text and binary input and output.

use super::call::Call;
use super::varlena::{Builder, bytes_of};
use clientele_core::codec::Sink;
use clientele_core::{Error, Kind, Result};
use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::pg_sys;
use std::marker::PhantomData;

/// The name of a type in SQL.
pub trait TypeName {
    /// The name.
    const NAME: &'static str;
}

/// A type whose arrays are arguments.
pub trait ArrayName: TypeName {
    /// What its arrays are called in SQL.
    const ARRAY_NAME: &'static str;
}

/// `bytea`: plain bytes.
pub enum Bytea {}

impl TypeName for Bytea {
    const NAME: &'static str = "bytea";
}

/// A value that a function is given.
pub struct Given<'fcx, T> {
    bytes: &'fcx [u8],
    of: PhantomData<T>,
}

impl<'fcx, T> Given<'fcx, T> {
    /// An element of an array: bytes of a value of this type.
    pub(super) fn element(bytes: &'fcx [u8]) -> Given<'fcx, T> {
        Given { bytes, of: PhantomData }
    }

    /// The bytes as they are stored.
    pub fn bytes(&self) -> &'fcx [u8] {
        self.bytes
    }
}

/// A value that a function makes, in the memory of its call.
pub struct Made<'fcx, T> {
    datum: pg_sys::Datum,
    of: PhantomData<(T, &'fcx ())>,
}

impl<'fcx, T: TypeName> Made<'fcx, T> {
    /// Builds a value of some `expected` bytes.
    pub fn build(
        call: Call<'fcx>,
        expected: usize,
        write: impl FnOnce(&mut Builder<'fcx>) -> Result<()>,
    ) -> Result<Made<'fcx, T>> {
        let mut builder = Builder::varlena(call, T::NAME, expected);
        write(&mut builder)?;
        Ok(Made {
            datum: builder.finish()?,
            of: PhantomData,
        })
    }

    /// A value of these bytes.
    pub fn of(call: Call<'fcx>, bytes: &[u8]) -> Result<Made<'fcx, T>> {
        Made::build(call, bytes.len(), |builder| builder.append(bytes))
    }

    /// The value, in the memory context of the call.
    pub(super) fn datum(&self) -> pg_sys::Datum {
        self.datum
    }
}

/// Text that an output function makes, in the memory of its call.
pub struct MadeText<'fcx> {
    datum: pg_sys::Datum,
    call: PhantomData<&'fcx ()>,
}

impl<'fcx> MadeText<'fcx> {
    /// Builds text of some `expected` bytes.
    pub fn build(
        call: Call<'fcx>,
        what: &'static str,
        expected: usize,
        write: impl FnOnce(&mut Builder<'fcx>) -> Result<()>,
    ) -> Result<MadeText<'fcx>> {
        let mut builder = Builder::text(call, what, expected);
        write(&mut builder)?;
        Ok(MadeText {
            datum: builder.finish()?,
            call: PhantomData,
        })
    }
}

/// The bytes a binary input function is given; all of them belong to the value.
pub struct Received<'fcx>(&'fcx [u8]);

impl<'fcx> Received<'fcx> {
    /// Takes the bytes if `check` believes them.
    pub fn check<'a, T: TypeName>(
        self,
        call: Call<'a>,
        check: impl FnOnce(&'fcx [u8]) -> Result<()>,
    ) -> Result<Made<'a, T>> {
        check(self.0).map_err(|error| {
            // Memory may have been too small, whatever the bytes are.
            if error.kind() != Kind::Corrupted {
                return error;
            }
            let detail = error.detail_text().unwrap_or(error.message()).to_owned();
            Error::new(
                Kind::InvalidBinary,
                format!("invalid binary representation of type {}", T::NAME),
            )
            .detail(detail)
        })?;
        Made::of(call, self.0)
    }
}

// SAFETY: the SQL declares an argument of the type `T`, which is stored as bytes of variable length; a test compares.
unsafe impl<'fcx, T: TypeName> ArgAbi<'fcx> for Given<'fcx, T> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: an argument that is not NULL, as PostgreSQL and `Option` see to.
        let bytes = unsafe { bytes_of(datum_of(arg)) };
        Given { bytes, of: PhantomData }
    }
}

// SAFETY: the value was built as PostgreSQL wants it, in the memory context of the call.
unsafe impl<T: TypeName> BoxRet for Made<'_, T> {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        // SAFETY: a datum of the type that the SQL declares, which a test compares.
        unsafe { fcinfo.return_raw_datum(self.datum) }
    }
}

// SAFETY: a C string in the memory context of the call.
unsafe impl BoxRet for MadeText<'_> {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        // SAFETY: a datum of the type that the SQL declares, which a test compares.
        unsafe { fcinfo.return_raw_datum(self.datum) }
    }
}

// SAFETY: a binary input function is given a `StringInfo` as `internal`.
unsafe impl<'fcx> ArgAbi<'fcx> for Received<'fcx> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: the buffer outlives the call; `cursor` is between 0 and `len`.
        unsafe {
            let message: &mut pg_sys::StringInfoData = &mut *datum_of(arg).cast_mut_ptr();
            let (start, end) = (message.cursor as usize, message.len as usize);
            message.cursor = message.len;
            Received(std::slice::from_raw_parts(message.data.add(start).cast(), end - start))
        }
    }
}

/// The bare datum of an argument.
///
/// # Safety
/// The argument is not NULL.
pub(super) unsafe fn datum_of(arg: Arg<'_, '_>) -> pg_sys::Datum {
    // SAFETY: as promised.
    unsafe { datum_and_call_of(arg).0 }
}

/// The bare datum of an argument, and the call it is an argument of.
///
/// # Safety
/// The argument is not NULL.
pub(super) unsafe fn datum_and_call_of(arg: Arg<'_, '_>) -> (pg_sys::Datum, pg_sys::FunctionCallInfo) {
    let index = arg.index();
    // SAFETY: the call is under way.
    unsafe {
        let fcinfo = arg.unbox_unchecked::<pg_sys::FunctionCallInfo>();
        ((*fcinfo).args.as_slice((*fcinfo).nargs as usize)[index].value, fcinfo)
    }
}
