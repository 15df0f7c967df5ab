//! Which types' values can be told apart by bytes: what their binary output functions send is the same exactly where the values are equal,
//! or becomes so.
//!
//! The types for which that is known are listed; arrays, rows, ranges and domains of these follow, if they are compared as PostgreSQL
//! compares them. All others are refused: of `jsonb` and `citext`, of text under some collations and of types that are not known, values
//! can be equal that are sent as different bytes.

use super::error::type_name;
use clientele_core::{Error, Kind};
use pgrx::PgTupleDesc;
use pgrx::pg_sys::{self, Oid};
use std::ffi::CStr;

/// What is to be made of the bytes that are sent.
#[derive(Debug)]
pub(super) enum Form {
    /// Nothing: they are the same exactly where the values are.
    Plain,
    /// Numbers with two zeros and many NaNs.
    Float,
    /// Numbers with the digits that show.
    Numeric,
    /// Months, days and microseconds, of which one may be written as others.
    Interval,
    /// Text that ends in blanks which do not matter.
    Padded,
    /// One form for each column.
    Row(Vec<Form>),
    /// Elements of one form.
    Array(Box<Form>),
    /// Bounds of one form.
    Range(Box<Form>),
    /// Ranges whose bounds have one form.
    Multirange(Box<Form>),
}

/// Why values of a type cannot be told apart by bytes.
#[derive(Debug)]
pub(super) enum Unequal {
    /// Nobody knows how these values are sent.
    Type(Oid),
    /// Texts that differ are equal under this collation.
    Collation(Oid),
}

impl Unequal {
    /// The error; `what` names the argument.
    pub(super) fn error(&self, what: &str) -> Error {
        match *self {
            Unequal::Type(oid) => Error::new(Kind::WrongType, format!("{what} has a type that is not supported"))
                .detail(format!(
                    "Its type is {}, or holds it; equal values of this type are not known to have equal bytes.",
                    type_name(oid)
                ))
                .hint("Cast it to text."),
            Unequal::Collation(oid) => {
                // SAFETY: the name is nothing or ends with a zero, and is copied.
                let name = unsafe {
                    let name = pg_sys::get_collation_name(oid);
                    if name.is_null() {
                        None
                    } else {
                        Some(CStr::from_ptr(name).to_string_lossy().into_owned())
                    }
                };
                Error::new(
                    Kind::WrongType,
                    format!("{what} has a collation under which texts that differ are equal"),
                )
                .detail(format!("Its collation is \"{}\".", name.unwrap_or_default()))
                .hint(format!(
                    "Write {what} COLLATE \"C\", and lower({what}) or the like where several texts are one."
                ))
            }
        }
    }
}

/// The operators that compare types made of others: the same for all of them, unless somebody made one of his own.
const ENUM: u32 = 3516;
const ROW: u32 = 2988;
const ARRAY: u32 = 1070;
const RANGE: u32 = 3882;
const MULTIRANGE: u32 = 2860;

impl Form {
    /// The form of a type's values under a collation.
    pub(super) fn of(oid: Oid, collation: Oid) -> Result<Form, Unequal> {
        // SAFETY: domains may be over rows of domains, and so on; too many in each other are an error. Types are looked up.
        let (base, kind) = unsafe {
            pg_sys::check_stack_depth();
            let base = pg_sys::getBaseType(oid);
            (base, pg_sys::get_typtype(base) as u8)
        };
        let (form, operator) = match base {
            pg_sys::TEXTOID | pg_sys::VARCHAROID | pg_sys::NAMEOID => return check_collation(collation, Form::Plain),
            pg_sys::BPCHAROID => return check_collation(collation, Form::Padded),
            pg_sys::FLOAT4OID | pg_sys::FLOAT8OID => return Ok(Form::Float),
            pg_sys::NUMERICOID => return Ok(Form::Numeric),
            pg_sys::INTERVALOID => return Ok(Form::Interval),
            // A literal whose type nobody asked for is text.
            pg_sys::UNKNOWNOID => return Ok(Form::Plain),
            _ if PLAIN.contains(&base) => return Ok(Form::Plain),
            _ => match kind {
                pg_sys::TYPTYPE_ENUM => (Form::Plain, ENUM),
                pg_sys::TYPTYPE_COMPOSITE => (Form::Row(forms_of_columns(base)?), ROW),
                pg_sys::TYPTYPE_RANGE => (Form::Range(Box::new(form_of_bounds(base)?)), RANGE),
                pg_sys::TYPTYPE_MULTIRANGE => {
                    // SAFETY: looks a type up.
                    let range = unsafe { pg_sys::get_multirange_range(base) };
                    (Form::Multirange(Box::new(form_of_bounds(range)?)), MULTIRANGE)
                }
                _ => {
                    // SAFETY: looks a type up; none is no element type.
                    let element = unsafe { pg_sys::get_element_type(base) };
                    if element == Oid::INVALID {
                        return Err(Unequal::Type(base));
                    }
                    (Form::Array(Box::new(Form::of(element, collation)?)), ARRAY)
                }
            },
        };
        // SAFETY: the entry of the cache lives as long as the session.
        let own = unsafe { (*pg_sys::lookup_type_cache(base, pg_sys::TYPECACHE_EQ_OPR as i32)).eq_opr };
        if u32::from(own) == operator {
            Ok(form)
        } else {
            Err(Unequal::Type(base))
        }
    }
}

/// Types whose values are equal exactly if the same bytes are sent.
const PLAIN: [Oid; 35] = [
    pg_sys::BOOLOID,
    pg_sys::CHAROID,
    pg_sys::BYTEAOID,
    pg_sys::INT2OID,
    pg_sys::INT4OID,
    pg_sys::INT8OID,
    pg_sys::MONEYOID,
    pg_sys::UUIDOID,
    pg_sys::DATEOID,
    pg_sys::TIMEOID,
    pg_sys::TIMETZOID,
    pg_sys::TIMESTAMPOID,
    pg_sys::TIMESTAMPTZOID,
    pg_sys::BITOID,
    pg_sys::VARBITOID,
    pg_sys::INETOID,
    pg_sys::CIDROID,
    pg_sys::MACADDROID,
    pg_sys::MACADDR8OID,
    pg_sys::OIDOID,
    pg_sys::TIDOID,
    pg_sys::XIDOID,
    pg_sys::CIDOID,
    pg_sys::XID8OID,
    pg_sys::PG_LSNOID,
    pg_sys::REGCLASSOID,
    pg_sys::REGCOLLATIONOID,
    pg_sys::REGCONFIGOID,
    pg_sys::REGDICTIONARYOID,
    pg_sys::REGNAMESPACEOID,
    pg_sys::REGOPEROID,
    pg_sys::REGOPERATOROID,
    pg_sys::REGPROCOID,
    pg_sys::REGROLEOID,
    pg_sys::REGTYPEOID,
];

/// Whether texts that differ can be equal under a collation.
pub(super) fn is_deterministic(collation: Oid) -> bool {
    // SAFETY: looks a collation up.
    collation == Oid::INVALID || unsafe { pg_sys::get_collation_isdeterministic(collation) }
}

fn check_collation(collation: Oid, form: Form) -> Result<Form, Unequal> {
    if is_deterministic(collation) {
        Ok(form)
    } else {
        Err(Unequal::Collation(collation))
    }
}

fn forms_of_columns(of: Oid) -> Result<Vec<Form>, Unequal> {
    // SAFETY: a type of rows; what is found is given back.
    let columns = unsafe { PgTupleDesc::from_pg(pg_sys::lookup_rowtype_tupdesc(of, -1)) };
    let columns = columns.iter().filter(|column| !column.attisdropped);
    columns
        .map(|column| Form::of(column.atttypid, column.attcollation))
        .collect()
}

/// The form of the bounds of a range, if they are compared as values of their type usually are.
fn form_of_bounds(range: Oid) -> Result<Form, Unequal> {
    // SAFETY: entries of the cache live as long as the session; those of a range and its elements are filled as asked for.
    let (element, collation, is_usual) = unsafe {
        let range = pg_sys::lookup_type_cache(range, pg_sys::TYPECACHE_RANGE_INFO as i32);
        let element = (*(*range).rngelemtype).type_id;
        let usual = (*pg_sys::lookup_type_cache(element, pg_sys::TYPECACHE_CMP_PROC as i32)).cmp_proc;
        (
            element,
            (*range).rng_collation,
            (*range).rng_cmp_proc_finfo.fn_oid == usual,
        )
    };
    if !is_usual {
        return Err(Unequal::Type(range));
    }
    Form::of(element, collation)
}
