//! One row as a result: a value of a composite type, or of the `OUT` parameters of a function that returns no set.

use super::call::Call;
use super::declaration::OLDER;
use super::text::text_datum;
use super::value::TypeName;
use clientele_core::calendar::DAY;
use clientele_core::{Error, Kind, Result};
use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::pg_sys;
use std::marker::PhantomData;

/// A value of the composite type `T`, in the memory of the call.
pub struct Record<'fcx, T = OutParameters> {
    datum: pg_sys::Datum,
    of: PhantomData<(T, &'fcx ())>,
}

/// The type that a function with several `OUT` parameters returns.
pub enum OutParameters {}

impl TypeName for OutParameters {
    const NAME: &'static str = "record";
}

/// A field of a record: its type in SQL and its value, if it has one.
#[derive(Clone, Copy, Debug)]
pub enum Field<'a> {
    /// `integer`.
    Int4(Option<i32>),
    /// `bigint`.
    Int8(Option<i64>),
    /// `boolean`.
    Bool(Option<bool>),
    /// `double precision`.
    Float8(Option<f64>),
    /// `timestamp`.
    Timestamp(Option<i64>),
    /// `interval`: so many microseconds, in days of 24 hours and what is left.
    Interval(Option<i64>),
    /// `text`.
    Text(Option<&'a str>),
    /// `text[]`.
    TextArray(Option<&'a [&'a str]>),
}

impl Field<'_> {
    /// The type in SQL.
    fn oid(self) -> pg_sys::Oid {
        match self {
            Field::Int4(_) => pg_sys::INT4OID,
            Field::Int8(_) => pg_sys::INT8OID,
            Field::Bool(_) => pg_sys::BOOLOID,
            Field::Float8(_) => pg_sys::FLOAT8OID,
            Field::Timestamp(_) => pg_sys::TIMESTAMPOID,
            Field::Interval(_) => pg_sys::INTERVALOID,
            Field::Text(_) => pg_sys::TEXTOID,
            Field::TextArray(_) => pg_sys::TEXTARRAYOID,
        }
    }

    /// The value, in the memory context of the call.
    fn datum(self, call: Call<'_>) -> Result<Option<pg_sys::Datum>> {
        Ok(match self {
            Field::Int4(n) => n.map(pg_sys::Datum::from),
            Field::Int8(n) | Field::Timestamp(n) => n.map(pg_sys::Datum::from),
            Field::Bool(is_so) => is_so.map(pg_sys::Datum::from),
            Field::Float8(x) => x.map(|x| pg_sys::Datum::from(x.to_bits())),
            Field::Interval(length) => length.map(interval_of),
            Field::Text(text) => text.map(|text| text_datum(call, text)).transpose()?,
            Field::TextArray(texts) => texts.map(|texts| array_of(call, texts)).transpose()?,
        })
    }
}

fn interval_of(length: i64) -> pg_sys::Datum {
    // SAFETY: the block is written whole before it is read, and lives as long as the memory of the call.
    unsafe {
        let interval: *mut pg_sys::Interval = pg_sys::palloc(size_of::<pg_sys::Interval>()).cast();
        interval.write(pg_sys::Interval {
            time: length % DAY,
            // As many days as microseconds can count are few enough.
            day: (length / DAY) as i32,
            month: 0,
        });
        pg_sys::Datum::from(interval)
    }
}

fn array_of(call: Call<'_>, texts: &[&str]) -> Result<pg_sys::Datum> {
    let mut elements = texts
        .iter()
        .map(|text| text_datum(call, text))
        .collect::<Result<Vec<_>>>()?;
    // SAFETY: as many elements as there are, all of them texts, which are copied.
    let array = unsafe {
        pg_sys::construct_array(
            elements.as_mut_ptr(),
            elements.len() as i32,
            pg_sys::TEXTOID,
            -1,
            false,
            pg_sys::TYPALIGN_INT as std::ffi::c_char,
        )
    };
    Ok(pg_sys::Datum::from(array))
}

impl<'fcx, T: TypeName> Record<'fcx, T> {
    /// A value with these fields. The SQL must have declared fields of the same names and types.
    pub fn of(fields: &[(&str, Field<'_>)], call: Call<'fcx>) -> Result<Record<'fcx, T>> {
        let (mut values, mut nulls) = (Vec::new(), Vec::new());
        for (_, field) in fields {
            let value = field.datum(call)?;
            nulls.push(value.is_none());
            values.push(value.unwrap_or(pg_sys::Datum::null()));
        }
        // SAFETY: the call is under way; the fields are compared with those of the type before they are put together.
        unsafe {
            let mut declared = std::ptr::null_mut();
            let class = pg_sys::get_call_result_type(call.fcinfo(), std::ptr::null_mut(), &mut declared);
            let fits = class == pg_sys::TypeFuncClass::TYPEFUNC_COMPOSITE
                && pgrx::PgTupleDesc::from_pg_copy(declared)
                    .iter()
                    .map(|field| (field.name(), field.atttypid))
                    .eq(fields.iter().map(|(name, field)| (*name, field.oid())));
            if !fits {
                let error = format!("{} is declared with other fields than it returns", call.name());
                return Err(Error::new(Kind::WrongType, error).hint(OLDER));
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
