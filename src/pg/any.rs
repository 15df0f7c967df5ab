//! Arguments whose type is only known when the query is: keys, times, amounts and arrays of several types each.

use super::array::read_numbers;
use super::binary::Sender;
use super::call_site::remembered;
use super::encoding;
use super::equality::{Unequal, is_deterministic};
use super::error::{raise, type_name};
use super::varlena::bytes_of;
use clientele_core::amount::Amount;
use clientele_core::calendar::{DAY, END_TIME, MIN_TIME};
use clientele_core::key::{AnyKey, Key};
use clientele_core::{Error, Kind};
use pgrx::pg_sys;
use std::borrow::Cow;
use std::cell::Cell;
use std::ffi::CStr;

/// Arguments of a call, whatever their types.
#[derive(Clone, Copy)]
pub struct Args<'fcx> {
    fcinfo: pg_sys::FunctionCallInfo,
    /// How many arguments stand before them.
    first: usize,
    kinds: &'fcx Kinds,
}

/// An argument of one of the types below.
#[derive(Clone, Copy)]
pub struct Any<'fcx> {
    value: pg_sys::Datum,
    is_null: bool,
    class: Class,
    /// Which argument of which call it is.
    place: (pg_sys::FunctionCallInfo, usize),
    kinds: &'fcx Kinds,
}

/// The types that are understood.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Class {
    /// Not looked up yet.
    Unknown,
    Int2,
    Int4,
    Int8,
    Uuid,
    Text,
    /// Text under a collation under which texts that differ are equal.
    LooseText,
    /// A literal whose type nobody asked for: text that ends with a zero.
    Literal,
    Timestamptz,
    Timestamp,
    Date,
    Float8,
    Numeric,
    Float8Array,
    Other,
}

/// A time.
#[derive(Clone, Copy, Debug)]
pub struct AnyTime {
    /// Whether it is an instant; else it has no zone and stands as it is.
    pub zoned: bool,
    /// Microseconds since 2000-01-01.
    pub time: i64,
}

// These run for every row: what they find goes on in registers, and what is wrong is raised at once.
impl Any<'_> {
    /// Whether it is NULL.
    #[inline(always)]
    pub fn is_null(&self) -> bool {
        self.is_null
    }

    /// The argument as an integer key, if it is one; it is not NULL.
    #[inline(always)]
    pub fn integer_key(&self) -> Option<i64> {
        let value = self.value.value();
        match self.class {
            Class::Int8 => Some(value as i64),
            Class::Int4 => Some(i64::from(value as i32)),
            Class::Int2 => Some(i64::from(value as i16)),
            _ => None,
        }
    }

    /// Hands the argument on as a key that is no integer; it is not NULL. `what` names it in errors.
    #[inline(never)]
    pub fn with_long_key<T>(&self, what: &str, then: impl FnOnce(Key<'_>) -> T) -> T {
        match self.class {
            Class::Uuid => {
                // SAFETY: a UUID is a pointer to sixteen bytes.
                let bytes = unsafe { *self.value.cast_mut_ptr::<[u8; 16]>() };
                then(Key::Uuid(u128::from_be_bytes(bytes)))
            }
            Class::Text => {
                // SAFETY: a text is bytes of variable length.
                let bytes = unsafe { bytes_of(self.value) };
                then(Key::Text(
                    &encoding::from_server(bytes).unwrap_or_else(|error| raise(&error)),
                ))
            }
            Class::Literal => {
                // SAFETY: a literal ends with a zero.
                let bytes = unsafe { CStr::from_ptr(self.value.cast_mut_ptr()).to_bytes() };
                then(Key::Text(
                    &encoding::from_server(bytes).unwrap_or_else(|error| raise(&error)),
                ))
            }
            // SAFETY: the call is under way.
            Class::LooseText => unsafe {
                raise(&Unequal::Collation(collation_of(self.place.0, self.place.1)).error(what))
            },
            _ => self.unsupported(what, "Cast it to bigint, uuid or text."),
        }
    }

    /// Hands the argument on as a key; it is not NULL. `what` names it in errors.
    #[inline(always)]
    pub fn with_key<T>(&self, what: &str, then: impl FnOnce(Key<'_>) -> T) -> T {
        match self.integer_key() {
            Some(key) => then(Key::Integer(key)),
            None => self.with_long_key(what, then),
        }
    }

    /// Hands the argument on as a key of which only equality matters; it is not NULL. `what` names it in errors.
    #[inline(always)]
    pub fn with_any_key<T>(&self, what: &str, then: impl FnOnce(AnyKey<'_>) -> T) -> T {
        match self.integer_key() {
            Some(key) => then(AnyKey::integer(key)),
            None => self.with_other_key(what, then),
        }
    }

    #[inline(never)]
    fn with_other_key<T>(&self, what: &str, then: impl FnOnce(AnyKey<'_>) -> T) -> T {
        match self.class {
            Class::Date => then(AnyKey::date(self.value.value() as i32)),
            Class::Timestamp => then(AnyKey::timestamp(self.value.value() as i64)),
            Class::Timestamptz => then(AnyKey::timestamptz(self.value.value() as i64)),
            Class::Uuid | Class::Text | Class::LooseText | Class::Literal => {
                self.with_long_key(what, |key| match key {
                    Key::Uuid(key) => then(AnyKey::uuid(&key.to_be_bytes())),
                    Key::Text(key) => then(AnyKey::text(key)),
                    Key::Integer(key) => then(AnyKey::integer(key)),
                })
            }
            _ => {
                let (call, index) = self.place;
                // SAFETY: the call is under way, the value is of the type that is looked up, and not NULL.
                unsafe {
                    (*self.kinds.sender_of(call, index, what))
                        .with_bytes(self.value, what, |bytes| then(AnyKey::other(bytes)))
                }
            }
        }
    }

    /// The argument as a time; it is not NULL.
    #[inline(always)]
    pub fn time(&self, what: &str) -> AnyTime {
        let (zoned, time) = match self.class {
            Class::Timestamptz => (true, self.value.value() as i64),
            Class::Timestamp => (false, self.value.value() as i64),
            Class::Date => (false, midnight(self.value.value() as i32)),
            _ => self.unsupported(what, "Cast it to timestamptz, timestamp or date."),
        };
        if !(MIN_TIME..END_TIME).contains(&time) {
            not_a_time(time, what);
        }
        AnyTime { zoned, time }
    }

    /// The argument as an amount; it is not NULL.
    #[inline(always)]
    pub fn amount(&self, what: &str) -> Amount {
        match self.class {
            // SAFETY: a numeric is bytes of variable length.
            Class::Numeric => read_numeric(unsafe { bytes_of(self.value) }, what),
            Class::Float8 => {
                let x = f64::from_bits(self.value.value() as u64);
                Amount::from_f64(x).unwrap_or_else(|| {
                    let names = [(f64::INFINITY, "Infinity"), (f64::NEG_INFINITY, "-Infinity")];
                    not_finite(what, names.iter().find(|name| name.0 == x).map_or("NaN", |name| name.1))
                })
            }
            _ => self.unsupported(what, "Cast it to numeric or double precision."),
        }
    }

    /// The argument as a number; it is not NULL.
    #[inline(always)]
    pub fn number(&self, what: &str) -> f64 {
        match self.class {
            Class::Float8 => f64::from_bits(self.value.value() as u64),
            _ => self.unsupported(what, "Cast it to double precision."),
        }
    }

    /// The argument as an array of numbers; it is not NULL, but nothing if one of its elements is. It is borrowed from where it
    /// stands, unless it is packed into a row such that its numbers are not aligned.
    #[inline]
    pub fn numbers(&self, what: &str) -> Option<Cow<'_, [f64]>> {
        match self.class {
            // SAFETY: an array is bytes of variable length.
            Class::Float8Array => read_numbers(unsafe { bytes_of(self.value) }, || what.to_owned()),
            _ => self.unsupported(what, "Cast it to double precision[]."),
        }
    }

    #[cold]
    fn unsupported(&self, what: &str, hint: &str) -> ! {
        let (call, index) = self.place;
        // SAFETY: the call is under way.
        let oid = unsafe { pg_sys::get_fn_expr_argtype((*call).flinfo, index as i32) };
        let error = Error::new(Kind::WrongType, format!("{what} has a type that is not supported"));
        raise(&error.detail(format!("Its type is {}.", type_name(oid))).hint(hint))
    }
}

/// The time a day begins; PostgreSQL's infinite days become its infinite times.
#[inline]
fn midnight(days: i32) -> i64 {
    match days {
        i32::MIN => i64::MIN,
        i32::MAX => i64::MAX,
        days => i64::from(days).checked_mul(DAY).unwrap_or(END_TIME),
    }
}

#[cold]
fn not_a_time(time: i64, what: &str) -> ! {
    let error = Error::new(
        Kind::TimeOutOfRange,
        format!("{what} must be a time between 4714-11-24 BC and 294276-12-31"),
    );
    raise(
        &error
            .detail(match time {
                i64::MIN => "It is -infinity.",
                i64::MAX => "It is infinity.",
                _ => "It is a date beyond the range of timestamps.",
            })
            .hint("Leave such rows out, or give them a time."),
    )
}

#[cold]
fn not_finite(what: &str, value: &str) -> ! {
    raise(
        &Error::new(Kind::OutOfRange, format!("{what} must be a finite number"))
            .detail(format!("It is {value}."))
            .hint("Leave such rows out, or give them a number."),
    )
}

/// Reads the digits of a `numeric` where they stand (see `numeric.c`, "Local data structures").
#[inline(always)]
fn read_numeric(bytes: &[u8], what: &str) -> Amount {
    const SHORT: u16 = 0x8000;
    const SPECIAL: u16 = 0xc000;
    let word = |at: usize| bytes.get(at..at + 2).map(|two| u16::from_ne_bytes([two[0], two[1]]));
    let header = word(0).unwrap_or(SPECIAL);
    let (negative, weight, digits) = if header & SPECIAL == SPECIAL {
        not_finite(
            what,
            match header {
                0xd000 => "Infinity",
                0xf000 => "-Infinity",
                _ => "NaN",
            },
        )
    } else if header & SHORT != 0 {
        let weight = i32::from(header & 0x3f) - if header & 0x40 != 0 { 0x40 } else { 0 };
        (header & 0x2000 != 0, weight, bytes.get(2..).unwrap_or(&[]))
    } else {
        let weight = word(2).unwrap_or(0) as i16;
        (header & 0x4000 != 0, i32::from(weight), bytes.get(4..).unwrap_or(&[]))
    };
    Amount::from_base10000(negative, weight, digits.as_chunks().0).unwrap_or_else(|error| raise(&error))
}

impl<'fcx> Args<'fcx> {
    /// The arguments of a call behind the first ones.
    ///
    /// # Safety
    /// The call is under way, and is for `'fcx`.
    #[inline(always)]
    pub(super) unsafe fn behind(fcinfo: pg_sys::FunctionCallInfo, first: usize) -> Args<'fcx> {
        // SAFETY: as promised; the place keeps what it remembers longer than the call takes.
        let kinds = unsafe { remembered((*fcinfo).flinfo, first, Kinds::unknown) };
        Args { fcinfo, first, kinds }
    }

    /// The argument number `index`, if the function has been declared with so many.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Any<'fcx>> {
        let index = self.first + index;
        // SAFETY: the call is under way.
        unsafe {
            let n = (*self.fcinfo).nargs as usize;
            let argument = (*self.fcinfo).args.as_slice(n).get(index)?;
            Some(Any {
                value: argument.value,
                is_null: argument.isnull,
                class: if argument.isnull {
                    Class::Other
                } else {
                    self.kinds.class_of(self.fcinfo, index)
                },
                place: (self.fcinfo, index),
                kinds: self.kinds,
            })
        }
    }
}

/// How many arguments are remembered.
const REMEMBERED: usize = 8;

/// What a place of a query remembers of arguments whose types are looked up.
pub struct Kinds {
    classes: [Cell<Class>; REMEMBERED],
    /// How values of other types are told apart; null where this was never asked.
    senders: [Cell<*mut Sender>; REMEMBERED],
}

impl Kinds {
    fn unknown() -> Kinds {
        Kinds {
            classes: [const { Cell::new(Class::Unknown) }; REMEMBERED],
            senders: [const { Cell::new(std::ptr::null_mut()) }; REMEMBERED],
        }
    }

    /// The class of an argument, looked up once for each place of a query that calls the function.
    ///
    /// # Safety
    /// The call is under way, and this is remembered of its place.
    #[inline]
    unsafe fn class_of(&self, fcinfo: pg_sys::FunctionCallInfo, index: usize) -> Class {
        match self.classes[index].get() {
            // SAFETY: as promised.
            Class::Unknown => unsafe { self.look_up(fcinfo, index) },
            class => class,
        }
    }

    #[cold]
    unsafe fn look_up(&self, fcinfo: pg_sys::FunctionCallInfo, index: usize) -> Class {
        // SAFETY: as in `class_of`.
        let (base, is_loose) = unsafe {
            let base = base_type_of((*fcinfo).flinfo, index);
            (base, !is_deterministic(collation_of(fcinfo, index)))
        };
        let class = match base {
            pg_sys::INT2OID => Class::Int2,
            pg_sys::INT4OID => Class::Int4,
            pg_sys::INT8OID => Class::Int8,
            pg_sys::UUIDOID => Class::Uuid,
            pg_sys::TEXTOID | pg_sys::VARCHAROID if is_loose => Class::LooseText,
            pg_sys::TEXTOID | pg_sys::VARCHAROID => Class::Text,
            pg_sys::UNKNOWNOID => Class::Literal,
            pg_sys::TIMESTAMPTZOID => Class::Timestamptz,
            pg_sys::TIMESTAMPOID => Class::Timestamp,
            pg_sys::DATEOID => Class::Date,
            pg_sys::FLOAT8OID => Class::Float8,
            pg_sys::NUMERICOID => Class::Numeric,
            pg_sys::FLOAT8ARRAYOID => Class::Float8Array,
            _ => Class::Other,
        };
        self.classes[index].set(class);
        class
    }

    /// How the values of an argument are told apart, looked up once for each place of a query that calls the function.
    ///
    /// # Safety
    /// As in `class_of`.
    unsafe fn sender_of(&self, fcinfo: pg_sys::FunctionCallInfo, index: usize, what: &str) -> *mut Sender {
        let sender = &self.senders[index];
        if sender.get().is_null() {
            // SAFETY: what is made here lives as long as what remembers it.
            sender.set(unsafe {
                let (flinfo, collation) = ((*fcinfo).flinfo, collation_of(fcinfo, index));
                Sender::allocate(base_type_of(flinfo, index), collation, (*flinfo).fn_mcxt, what)
            });
        }
        sender.get()
    }
}

/// The type of an argument; that which a domain is over.
///
/// # Safety
/// As in `Kinds::class_of`.
unsafe fn base_type_of(flinfo: *mut pg_sys::FmgrInfo, index: usize) -> pg_sys::Oid {
    // SAFETY: as promised.
    unsafe {
        let declared = pg_sys::get_fn_expr_argtype(flinfo, index as i32);
        if declared == pg_sys::InvalidOid {
            declared
        } else {
            pg_sys::getBaseType(declared)
        }
    }
}

/// The collation of an argument. Arguments of an aggregate have their own, which the call does not know where they differ.
///
/// # Safety
/// As in `Kinds::class_of`.
#[cold]
unsafe fn collation_of(fcinfo: pg_sys::FunctionCallInfo, index: usize) -> pg_sys::Oid {
    // SAFETY: the state comes before the arguments of an aggregate, of which there is a list.
    unsafe {
        let aggregate = pg_sys::AggGetAggref(fcinfo);
        let entry = index.checked_sub(1).filter(|_| !aggregate.is_null()).and_then(|place| {
            let arguments = (*aggregate).args;
            (!arguments.is_null() && place < (*arguments).length as usize).then(|| {
                (*(*arguments).elements.add(place))
                    .ptr_value
                    .cast::<pg_sys::TargetEntry>()
            })
        });
        match entry {
            Some(entry) => pg_sys::exprCollation((*entry).expr.cast()),
            None => (*fcinfo).fncollation,
        }
    }
}
