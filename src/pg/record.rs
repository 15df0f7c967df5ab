//! One row as a result: a value of a composite type.

use super::call::Call;
use super::rows::Cell;
use super::value::TypeName;
use clientele_core::{Error, Kind, Result};
use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::pg_sys;
use std::marker::PhantomData;

/// A value of the composite type `T`, in the memory of the call.
pub struct Record<'fcx, T> {
    datum: pg_sys::Datum,
    of: PhantomData<(T, &'fcx ())>,
}

impl<'fcx, T: TypeName> Record<'fcx, T> {
    /// A value with these fields, which are of the types that cells of their kind have in SQL: `bigint` and `double precision`.
    pub fn of(cells: &[Cell<'_>], call: Call<'fcx>) -> Result<Record<'fcx, T>> {
        let mut nulls: Vec<bool> = Vec::new();
        let mut values = Vec::new();
        let mut types = Vec::new();
        for &cell in cells {
            let (value, oid) = match cell {
                Cell::Integer(n) => (pg_sys::Datum::from(n), pg_sys::INT8OID),
                Cell::Float(x) => (pg_sys::Datum::from(x.to_bits()), pg_sys::FLOAT8OID),
                cell => unreachable!("{cell:?} in a record"),
            };
            nulls.push(false);
            values.push(value);
            types.push(oid);
        }
        // SAFETY: the call is under way; the fields are compared with those of the type before they are put together.
        unsafe {
            let mut declared = std::ptr::null_mut();
            let class = pg_sys::get_call_result_type(call.fcinfo(), std::ptr::null_mut(), &mut declared);
            let fits = class == pg_sys::TypeFuncClass::TYPEFUNC_COMPOSITE
                && pgrx::PgTupleDesc::from_pg_copy(declared)
                    .iter()
                    .map(|field| field.atttypid)
                    .eq(types);
            if !fits {
                let error = format!("{} is declared with another type than it returns", call.name());
                return Err(Error::new(Kind::WrongType, error));
            }
            let declared = pg_sys::BlessTupleDesc(declared);
            let tuple = pg_sys::heap_form_tuple(declared, values.as_mut_ptr(), nulls.as_mut_ptr());
            Ok(Record {
                datum: pg_sys::HeapTupleHeaderGetDatum((*tuple).t_data),
                of: PhantomData,
            })
        }
    }
}

// SAFETY: the value was put together as its type says, in the memory context of the call.
unsafe impl<T: TypeName> BoxRet for Record<'_, T> {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        // SAFETY: a datum of the type that the SQL declares, which a test compares.
        unsafe { fcinfo.return_raw_datum(self.datum) }
    }
}
