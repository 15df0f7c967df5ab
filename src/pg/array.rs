//! Arrays of one dimension: numbers, texts and stored values, in and out (see `array.h`).

use super::call::{Call, argument_name};
use super::encoding;
use super::error::{or_raise, raise, type_name};
use super::value::{Given, datum_and_call_of};
use super::varlena::{Builder, bytes_of};
use clientele_core::codec::Sink;
use clientele_core::{Error, Kind, Result};
use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::prelude::*;
use std::borrow::Cow;
use std::marker::PhantomData;

/// The size of a number of an array's head.
const WORD: usize = size_of::<i32>();
/// The bytes of an array before its elements, without the header that all values of variable length have.
pub(super) const HEAD: usize = 5 * WORD;

/// The head of an array of one dimension without NULLs: dimensions, where a bitmap of NULLs would end, the type of elements, their number,
/// the index of the first. An empty array has no dimension, but may have room for one.
pub(super) fn head(elements: usize, of: pg_sys::Oid) -> [u8; HEAD] {
    let words = [i32::from(elements > 0), 0, u32::from(of) as i32, elements as i32, 1];
    let mut head = [0; HEAD];
    for (bytes, word) in head.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_ne_bytes();
    }
    head
}

/// Reads an array of `double precision` where it stands, but not if one of its elements is NULL. It is borrowed, unless it is packed
/// into a row such that its numbers are not aligned. `name` tells what it is called in errors.
#[inline]
pub(super) fn read_numbers<'a>(bytes: &'a [u8], name: impl FnOnce() -> String) -> Option<Cow<'a, [f64]>> {
    let word = |at: usize| {
        let word = bytes.get(WORD * at..)?.first_chunk()?;
        Some(i32::from_ne_bytes(*word))
    };
    let (dimensions, offset) = (word(0).unwrap_or(0), word(1).unwrap_or(0));
    if dimensions == 0 {
        return Some(Cow::Borrowed(&[]));
    }
    if dimensions != 1 {
        not_one_dimension(dimensions, &name());
    }
    let n = word(3).unwrap_or(0) as usize;
    // Both are counted with the header, which is not among the bytes.
    let start = match offset {
        0 => (pg_sys::VARHDRSZ + HEAD).next_multiple_of(pg_sys::MAXIMUM_ALIGNOF as usize),
        offset => offset as usize,
    } - pg_sys::VARHDRSZ;
    // Elements that are NULL take no room.
    let bytes = bytes.get(start..)?.get(..n.saturating_mul(size_of::<f64>()))?;
    // SAFETY: any bytes are a double.
    let (before, numbers, after) = unsafe { bytes.align_to() };
    Some(if before.is_empty() && after.is_empty() {
        Cow::Borrowed(numbers)
    } else {
        let (doubles, _) = bytes.as_chunks();
        Cow::Owned(doubles.iter().map(|&double| f64::from_ne_bytes(double)).collect())
    })
}

/// How many elements an array of no more than one dimension has.
fn number_of_elements(bytes: &[u8]) -> usize {
    let word = |at: usize| {
        bytes
            .get(WORD * at..)?
            .first_chunk()
            .map(|word| i32::from_ne_bytes(*word))
    };
    match word(0) {
        Some(1..) => word(3).map_or(0, |n| n as usize),
        _ => 0,
    }
}

#[cold]
fn not_one_dimension(dimensions: i32, what: &str) -> ! {
    let error = Error::new(
        Kind::InvalidParameter,
        format!("{what} must be an array of one dimension"),
    );
    raise(&error.detail(format!("It has {dimensions} dimensions.")))
}

/// An argument `double precision[]`.
pub struct Numbers<'fcx> {
    /// The elements; nothing if one of them is NULL.
    pub all: Option<Cow<'fcx, [f64]>>,
    /// How many elements there are, those that are NULL among them.
    pub len: usize,
}

// SAFETY: the SQL declares an array of doubles; a test compares.
unsafe impl<'fcx> ArgAbi<'fcx> for Numbers<'fcx> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        let index = arg.index();
        // SAFETY: an argument that is not NULL, of a call under way; arrays are bytes of variable length.
        unsafe {
            let (datum, fcinfo) = datum_and_call_of(arg);
            let bytes = bytes_of(datum);
            Numbers {
                all: read_numbers(bytes, || argument_name(fcinfo, index)),
                len: number_of_elements(bytes),
            }
        }
    }
}

/// An argument `text[]`.
pub struct Texts(Vec<Option<String>>);

impl Texts {
    /// The texts, none of which may be NULL. `what` names them in errors.
    pub fn all(self, what: &str) -> Result<Vec<String>> {
        let all: Option<Vec<String>> = self.0.into_iter().collect();
        all.ok_or_else(|| Error::invalid(format!("{what} must not hold NULL")))
    }

    /// Reads an argument whose elements are of one of these types.
    ///
    /// # Safety
    /// The argument is an array that is not NULL, of a call under way.
    unsafe fn read(arg: Arg<'_, '_>, types: &[pg_sys::Oid]) -> Texts {
        let index = arg.index();
        // SAFETY: as promised. What the array is taken apart into lives in the memory of the call; elements are read as what the
        // array says they are.
        unsafe {
            let (datum, fcinfo) = datum_and_call_of(arg);
            let array: *mut pg_sys::ArrayType = pg_sys::pg_detoast_datum(datum.cast_mut_ptr()).cast();
            if (*array).ndim > 1 {
                not_one_dimension((*array).ndim, &argument_name(fcinfo, index));
            }
            let of = (*array).elemtype;
            if !types.contains(&of) {
                let what = argument_name(fcinfo, index);
                let error = Error::new(
                    Kind::WrongType,
                    format!("{what} has elements of a type that is not supported"),
                );
                raise(
                    &error
                        .detail(format!("Their type is {}.", type_name(of)))
                        .hint("Cast it to text[]."),
                );
            }
            let text = |element| or_raise(|| encoding::from_server(bytes_of(element))).into_owned();
            Texts(each_element(array, text))
        }
    }
}

/// Elements that are read between two looks at whether the query was cancelled.
const CHECKED: usize = 1_024;

/// What `read` makes of each element of an array that is not NULL.
///
/// # Safety
/// An array as it lies in memory, of no more than one dimension. What it is taken apart into lives in the memory of the call; `read` reads
/// elements as what the array says they are.
pub(super) unsafe fn each_element<V>(
    array: *mut pg_sys::ArrayType,
    mut read: impl FnMut(pg_sys::Datum) -> V,
) -> Vec<Option<V>> {
    // SAFETY: as promised; there are as many elements and marks as it says.
    unsafe {
        let of = (*array).elemtype;
        let (mut len, mut by_value, mut alignment) = (0, false, 0);
        pg_sys::get_typlenbyvalalign(of, &mut len, &mut by_value, &mut alignment);
        let (mut elements, mut nulls, mut n) = (std::ptr::null_mut(), std::ptr::null_mut(), 0);
        pg_sys::deconstruct_array(
            array,
            of,
            i32::from(len),
            by_value,
            alignment,
            &mut elements,
            &mut nulls,
            &mut n,
        );
        let element = |at: usize| {
            if at.is_multiple_of(CHECKED) {
                check_for_interrupts!();
            }
            (!*nulls.add(at)).then(|| read(*elements.add(at)))
        };
        (0..n as usize).map(element).collect()
    }
}

// SAFETY: the SQL declares an array of texts; a test compares.
unsafe impl<'fcx> ArgAbi<'fcx> for Texts {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: an argument that is not NULL, of a call under way.
        unsafe { Texts::read(arg, &[pg_sys::TEXTOID]) }
    }
}

/// An argument that is an array of stored values of the type `T`: each of them, if it is not NULL.
pub struct Givens<'fcx, T>(pub Vec<Option<Given<'fcx, T>>>);

// SAFETY: the SQL declares an array of values of the type `T`, which are stored as bytes of variable length; a test compares.
unsafe impl<'fcx, T> ArgAbi<'fcx> for Givens<'fcx, T> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        let index = arg.index();
        // SAFETY: an argument that is not NULL, of a call under way; elements are of the type `T`.
        unsafe {
            let (datum, fcinfo) = datum_and_call_of(arg);
            let array: *mut pg_sys::ArrayType = pg_sys::pg_detoast_datum(datum.cast_mut_ptr()).cast();
            if (*array).ndim > 1 {
                not_one_dimension((*array).ndim, &argument_name(fcinfo, index));
            }
            Givens(each_element(array, |element| Given::element(bytes_of(element))))
        }
    }
}

/// A result `double precision[]`, in the memory of the call.
pub struct MadeNumbers<'fcx> {
    datum: pg_sys::Datum,
    call: PhantomData<&'fcx ()>,
}

impl<'fcx> MadeNumbers<'fcx> {
    /// An array of these numbers.
    pub fn of(call: Call<'fcx>, numbers: &[f64]) -> Result<MadeNumbers<'fcx>> {
        let mut builder = Builder::varlena(call, "double precision[]", HEAD + size_of_val(numbers));
        builder.append(&head(numbers.len(), pg_sys::FLOAT8OID))?;
        for number in numbers {
            builder.append(&number.to_ne_bytes())?;
        }
        Ok(MadeNumbers {
            datum: builder.finish()?,
            call: PhantomData,
        })
    }
}

// SAFETY: the array was built as PostgreSQL wants it, in the memory context of the call.
unsafe impl BoxRet for MadeNumbers<'_> {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        // SAFETY: a datum of the type that the SQL declares, which a test compares.
        unsafe { fcinfo.return_raw_datum(self.datum) }
    }
}
