//! The server's own functions for reports, for texts that are no Rust strings and where nothing may be allocated; pgrx keeps them to
//! itself.
//!
//! What they raise jumps: they are called behind a guard, from frames that have nothing to clean up, or where nothing is raised.

#[cfg(not(any(feature = "pg14", feature = "pg15")))]
use pgrx::pg_sys;
use std::ffi::{c_char, c_int};

unsafe extern "C" {
    pub fn errstart(level: c_int, domain: *const c_char) -> bool;
    pub fn errcode(code: c_int) -> c_int;
    pub fn errmsg(format: *const c_char, ...) -> c_int;
    pub fn errdetail(format: *const c_char, ...) -> c_int;
    pub fn errhint(format: *const c_char, ...) -> c_int;
    pub fn errfinish(file: *const c_char, line: c_int, function: *const c_char);
    pub fn geterrcode() -> c_int;
}

#[cfg(not(any(feature = "pg14", feature = "pg15")))]
unsafe extern "C" {
    pub fn errsave_start(context: *mut pg_sys::Node, domain: *const c_char) -> bool;
    pub fn errsave_finish(context: *mut pg_sys::Node, file: *const c_char, line: c_int, function: *const c_char);
}
