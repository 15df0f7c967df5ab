//! The options of a call, by their names.
//!
//! A function that takes options has one argument for all of them. Where an option stands is looked up in the declaration, once for each
//! place of a query, and its type is compared with the one it is read as: the SQL is the contract. What stands before the options, and
//! what only gives a type, may differ between functions of one name, which are then one in Rust.

use super::array::Texts;
use super::call::Call;
use super::call_site::remembered;
use super::declaration::{Declaration, OLDER};
use super::decoded::{Decode, Decoded};
use super::error::type_name;
use super::keys::LooseKeyArray;
use super::text::{Json, Text};
use super::time::{Interval, Timestamp};
use super::value::{Given, TypeName};
use clientele_core::{Error, Kind, Result};
use pgrx::callconv::{Arg, ArgAbi, FcInfo};
use pgrx::pg_sys::{self, Oid};
use std::ffi::CString;

/// The options of the call under way. An argument of Rust functions that SQL does not see.
#[derive(Clone, Copy)]
pub struct Options<'fcx> {
    call: Call<'fcx>,
    /// What the function is declared as; nothing where the caller does not say which function it is.
    declaration: Option<&'fcx Declaration>,
}

/// A type that options may have.
///
/// # Safety
/// Arguments of the SQL type that it names can be read as this.
pub unsafe trait OptionType<'fcx>: ArgAbi<'fcx> {
    /// What it is called in SQL.
    const TYPE: SqlType;
}

/// A type of SQL.
#[derive(Clone, Copy)]
pub enum SqlType {
    /// One that every database has.
    BuiltIn(Oid),
    /// One of this name in the schema of the function.
    Own(&'static str),
}

impl<'fcx> Options<'fcx> {
    /// The option called `name`; nothing where it is NULL.
    pub fn get<T: OptionType<'fcx>>(&self, name: &str) -> Result<Option<T>> {
        let declaration = self.declaration.ok_or_else(|| unknown_function(name))?;
        let (place, declared) = declaration.find(name).ok_or_else(|| self.undeclared(name))?;
        if declared != T::TYPE.oid(declaration.schema) {
            return Err(self.of_another_type(name, declared));
        }
        // SAFETY: the call is under way, and what stands there is of the type that it is read as.
        unsafe {
            let call = FcInfo::from_ptr(self.call.fcinfo());
            let argument = call.args().nth(place).ok_or_else(|| self.undeclared(name))?;
            Ok(T::unbox_nullable_arg(argument).into_option())
        }
    }

    /// The option called `name`; `usual` where it is NULL.
    pub fn or<T: OptionType<'fcx>>(&self, name: &str, usual: T) -> Result<T> {
        Ok(self.get(name)?.unwrap_or(usual))
    }

    /// What `check` makes of the option called `name`, whose name it is given for errors; `usual` where it is NULL.
    pub fn read<T: OptionType<'fcx>, V>(
        &self,
        name: &str,
        usual: V,
        check: impl FnOnce(T, &str) -> Result<V>,
    ) -> Result<V> {
        self.get(name)?.map_or(Ok(usual), |option| check(option, name))
    }

    /// The same without a usual value: nothing where it is NULL.
    pub fn read_given<T: OptionType<'fcx>, V>(
        &self,
        name: &str,
        check: impl FnOnce(T, &str) -> Result<V>,
    ) -> Result<Option<V>> {
        self.get(name)?.map(|option| check(option, name)).transpose()
    }

    /// What `parse` makes of the word that the option called `name` is; `usual` where it is NULL.
    pub fn word<V>(&self, name: &str, usual: V, parse: impl FnOnce(&str) -> Result<V>) -> Result<V> {
        self.read(name, usual, |word: Text<'_>, _| parse(&word))
    }

    #[cold]
    fn undeclared(&self, name: &str) -> Error {
        let message = format!("{} is declared without the option \"{name}\"", self.call.name());
        Error::new(Kind::WrongType, message).hint(OLDER)
    }

    #[cold]
    fn of_another_type(&self, name: &str, declared: Oid) -> Error {
        let message = format!(
            "{} is declared with the option \"{name}\" of another type",
            self.call.name()
        );
        Error::new(Kind::WrongType, message)
            .detail(format!("Its type is {}.", type_name(declared)))
            .hint(OLDER)
    }
}

/// A function that is called by its address only has no names of arguments.
#[cold]
fn unknown_function(name: &str) -> Error {
    let message = format!("the option \"{name}\" cannot be found in a call that does not say which function it is of");
    Error::new(Kind::WrongType, message).hint("Call the function by SQL.")
}

impl SqlType {
    /// Its number, for a function in this schema; none if there is no such type.
    fn oid(self, schema: Oid) -> Oid {
        let name = match self {
            SqlType::BuiltIn(oid) => return oid,
            SqlType::Own(name) => CString::new(name).unwrap_or_default(),
        };
        // SAFETY: a look into the catalog by a name that ends with a zero, which is compared as the catalog keeps it.
        unsafe {
            let none = pg_sys::Datum::null();
            pg_sys::GetSysCacheOid(
                pg_sys::SysCacheIdentifier::TYPENAMENSP as i32,
                pg_sys::Anum_pg_type_oid as pg_sys::AttrNumber,
                pg_sys::Datum::from(name.as_ptr()),
                pg_sys::Datum::from(schema),
                none,
                none,
            )
        }
    }
}

// SAFETY: it is the call itself, and what its place remembers, which outlives the call.
unsafe impl<'fcx> ArgAbi<'fcx> for Options<'fcx> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        /// Options are no argument of SQL: this is not the number of any.
        const PLACE: usize = usize::MAX;
        // SAFETY: the call is under way.
        unsafe {
            let call: Call<'fcx> = arg.unbox_unchecked();
            let flinfo = (*call.fcinfo()).flinfo;
            let declaration: Option<&'fcx Option<Declaration>> = flinfo
                .as_ref()
                .map(|function| remembered(flinfo, PLACE, || Declaration::of(function.fn_oid)));
            Options {
                call,
                declaration: declaration.and_then(Option::as_ref),
            }
        }
    }

    fn is_virtual_arg() -> bool {
        true
    }
}

/// Says what types are called that every database has.
macro_rules! built_in {
    ($($type:ty, $oid:ident;)+) => {
        $(
            // SAFETY: the type is read as what SQL calls by this name.
            unsafe impl<'fcx> OptionType<'fcx> for $type {
                const TYPE: SqlType = SqlType::BuiltIn(pg_sys::$oid);
            }
        )+
    };
}

built_in! {
    bool, BOOLOID;
    i32, INT4OID;
    i64, INT8OID;
    f64, FLOAT8OID;
    Interval, INTERVALOID;
    Json<'fcx>, JSONBOID;
    LooseKeyArray, ANYOID;
    Text<'fcx>, TEXTOID;
    Texts, TEXTARRAYOID;
    Timestamp, TIMESTAMPOID;
}

// SAFETY: the name is that of the type whose bytes are read.
unsafe impl<'fcx, T: TypeName> OptionType<'fcx> for Given<'fcx, T> {
    const TYPE: SqlType = SqlType::Own(T::NAME);
}

// SAFETY: as above.
unsafe impl<'fcx, T: Decode> OptionType<'fcx> for Decoded<'fcx, T> {
    const TYPE: SqlType = SqlType::Own(T::NAME);
}
