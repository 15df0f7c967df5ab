//! What the SQL declares of a function: where it is, what it costs, and which arguments it takes.

use super::encoding;
use pgrx::pg_sys::{self, Oid};

/// What to do where the SQL and the library do not fit each other.
pub(super) const OLDER: &str = "Run ALTER EXTENSION clientele UPDATE: the library may be newer than the extension.";

/// A function as the catalog describes it.
pub(super) struct Declaration {
    /// The schema it is in.
    pub(super) schema: Oid,
    /// Its `COST`.
    pub(super) cost: f64,
    /// The arguments it takes, in their order.
    pub(super) arguments: Vec<Argument>,
}

/// An argument that a function takes.
pub(super) struct Argument {
    /// Its name; empty where it has none.
    pub(super) name: String,
    /// Its type, as it is declared.
    pub(super) of: Oid,
}

impl Declaration {
    /// That of a function, if there is one of this number.
    pub(super) fn of(function: Oid) -> Option<Declaration> {
        // SAFETY: the row is pinned until it is released, and begins as its struct says. What is found of arguments is copied, as many
        // of each kind as there are, or none at all.
        unsafe {
            let key = pg_sys::Datum::from(function);
            let row = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::PROCOID as i32, key);
            if row.is_null() {
                return None;
            }
            let procedure: pg_sys::Form_pg_proc = pg_sys::heap_tuple_get_struct(row);
            let (mut types, mut names, mut modes) = (std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut());
            let n = pg_sys::get_func_arg_info(row, &mut types, &mut names, &mut modes);
            let is_taken = |at: &usize| modes.is_null() || matches!(*modes.add(*at) as u8, b'i' | b'b' | b'v');
            let argument = |at: usize| Argument {
                name: match names.is_null() || (*names.add(at)).is_null() {
                    true => String::new(),
                    false => encoding::read_name(*names.add(at)),
                },
                of: *types.add(at),
            };
            let declaration = Declaration {
                schema: (*procedure).pronamespace,
                cost: f64::from((*procedure).procost),
                arguments: (0..n as usize).filter(is_taken).map(argument).collect(),
            };
            pg_sys::ReleaseSysCache(row);
            Some(declaration)
        }
    }

    /// The place of the argument of this name, and its type.
    pub(super) fn find(&self, name: &str) -> Option<(usize, Oid)> {
        let place = self.arguments.iter().position(|argument| argument.name == name)?;
        Some((place, self.arguments[place].of))
    }
}
