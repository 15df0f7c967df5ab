//! Arrays of keys: of texts, integers or UUIDs, as the texts that these are written as.

use super::array::each_element;
use super::encoding;
use super::error::{or_raise, type_name};
use super::value::datum_and_call_of;
use super::varlena::bytes_of;
use clientele_core::key::Key;
use clientele_core::{Error, Kind, Result};
use pgrx::callconv::{Arg, ArgAbi};
use pgrx::pg_sys::{self, Oid};

/// An argument `anycompatiblearray`: all arrays of a call have elements of one type, and literals are of that type, or text.
pub struct KeyArray(Found);

/// An argument `"any"` that is to be an array: of any type of keys, whatever others are, and with a default. Literals are text.
pub struct LooseKeyArray(Found);

enum Found {
    Keys(Vec<Option<String>>),
    Dimensions(i32),
    NoArray(Oid),
    Elements(Oid),
}

impl KeyArray {
    /// The keys, none of which may be NULL. `what` names them in errors.
    pub fn all(self, what: &str) -> Result<Vec<String>> {
        let all: Option<Vec<String>> = self.0.keys(what)?.into_iter().collect();
        all.ok_or_else(|| Error::invalid(format!("{what} must not hold NULL")))
    }

    /// The keys that are not NULL. `what` names them in errors.
    pub fn known(self, what: &str) -> Result<Vec<String>> {
        Ok(self.0.keys(what)?.into_iter().flatten().collect())
    }
}

impl LooseKeyArray {
    /// The keys that are not NULL. `what` names them in errors.
    pub fn known(self, what: &str) -> Result<Vec<String>> {
        KeyArray(self.0).known(what)
    }
}

impl Found {
    fn keys(self, what: &str) -> Result<Vec<Option<String>>> {
        let error = match self {
            Found::Keys(keys) => return Ok(keys),
            Found::Dimensions(dimensions) => Error::invalid(format!("{what} must be an array of one dimension"))
                .detail(format!("It has {dimensions} dimensions.")),
            Found::NoArray(oid) => Error::new(Kind::WrongType, format!("{what} must be an array"))
                .detail(format!("Its type is {}.", type_name(oid)))
                .hint(format!("Write ARRAY[...], such as {what} => ARRAY['one', 'another'].")),
            Found::Elements(oid) => Error::new(
                Kind::WrongType,
                format!("{what} has elements of a type that is not supported"),
            )
            .detail(format!("Their type is {}.", type_name(oid)))
            .hint("Cast it to text[], bigint[] or uuid[]."),
        };
        Err(error)
    }

    /// Reads an array.
    ///
    /// # Safety
    /// `value` is an array that is not NULL; what is made of it lives in the memory of the call.
    unsafe fn of(value: pg_sys::Datum) -> Found {
        // SAFETY: as promised; an array says what its elements are, and they are read as that.
        unsafe {
            let array: *mut pg_sys::ArrayType = pg_sys::pg_detoast_datum(value.cast_mut_ptr()).cast();
            if (*array).ndim > 1 {
                return Found::Dimensions((*array).ndim);
            }
            let element = (*array).elemtype;
            let base = pg_sys::getBaseType(element);
            if !KEYS.contains(&base) {
                return Found::Elements(element);
            }
            Found::Keys(each_element(array, |key| written(key, base)))
        }
    }
}

/// The types of keys.
const KEYS: [Oid; 7] = [
    pg_sys::TEXTOID,
    pg_sys::VARCHAROID,
    pg_sys::BPCHAROID,
    pg_sys::INT2OID,
    pg_sys::INT4OID,
    pg_sys::INT8OID,
    pg_sys::UUIDOID,
];

/// A key as it is written.
///
/// # Safety
/// `key` is of the type `of`, which is one of those of keys.
unsafe fn written(key: pg_sys::Datum, of: Oid) -> String {
    let number = key.value();
    match of {
        pg_sys::INT2OID => Key::Integer(i64::from(number as i16)).to_string(),
        pg_sys::INT4OID => Key::Integer(i64::from(number as i32)).to_string(),
        pg_sys::INT8OID => Key::Integer(number as i64).to_string(),
        // SAFETY: a UUID is a pointer to sixteen bytes.
        pg_sys::UUIDOID => Key::Uuid(u128::from_be_bytes(unsafe { *key.cast_mut_ptr() })).to_string(),
        _ => {
            // SAFETY: a text is bytes of variable length.
            let text = or_raise(|| encoding::from_server(unsafe { bytes_of(key) }));
            // Blanks at the end of a `char(n)` do not count.
            let padded = of == pg_sys::BPCHAROID;
            if padded {
                text.trim_end_matches(' ').to_owned()
            } else {
                text.into_owned()
            }
        }
    }
}

// SAFETY: the SQL declares an array; a test compares.
unsafe impl<'fcx> ArgAbi<'fcx> for KeyArray {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: an argument that is not NULL, of a call under way.
        unsafe { KeyArray(Found::of(datum_and_call_of(arg).0)) }
    }
}

// SAFETY: whatever is given is looked at by its type.
unsafe impl<'fcx> ArgAbi<'fcx> for LooseKeyArray {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        let index = arg.index();
        // SAFETY: an argument that is not NULL, of a call under way; a literal ends with a zero, and is read as an array of texts.
        unsafe {
            let (value, fcinfo) = datum_and_call_of(arg);
            let given = pg_sys::get_fn_expr_argtype((*fcinfo).flinfo, index as i32);
            if given == pg_sys::UNKNOWNOID {
                let (mut function, mut element) = (Oid::INVALID, Oid::INVALID);
                pg_sys::getTypeInputInfo(pg_sys::TEXTARRAYOID, &mut function, &mut element);
                let array = pg_sys::OidInputFunctionCall(function, value.cast_mut_ptr(), element, -1);
                return LooseKeyArray(Found::of(array));
            }
            let base = if given == Oid::INVALID {
                given
            } else {
                pg_sys::getBaseType(given)
            };
            LooseKeyArray(match pg_sys::get_element_type(base) {
                Oid::INVALID => Found::NoArray(given),
                _ => Found::of(value),
            })
        }
    }
}
