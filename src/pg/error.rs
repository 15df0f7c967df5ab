//! Errors as PostgreSQL reports them.

use super::alloc;
use clientele_core::{Error, Kind, Result};
use pgrx::pg_sys::errcodes::PgSqlErrorCode;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::ffi::CStr;

/// Keeps Rust backtraces out of DETAIL when the server was started with `RUST_BACKTRACE` set: every cancelled query would
/// carry one. Who wants them sets `RUST_LIB_BACKTRACE`.
pub(super) fn init() {
    if std::env::var_os("RUST_LIB_BACKTRACE").is_none() {
        // SAFETY: a server process has one thread while it loads a library.
        unsafe { std::env::set_var("RUST_LIB_BACKTRACE", "0") };
    }
}

/// Runs the body of a SQL function and raises its error.
#[inline(always)]
pub fn answer<T>(work: impl FnOnce() -> Result<T>) -> T {
    alloc::with_reserve(|| work().unwrap_or_else(|error| raise(&error)))
}

/// Raises an ERROR. Destructors run on the way out.
#[cold]
pub fn raise(error: &Error) -> ! {
    alloc::release_reserve();
    report(PgLogLevel::ERROR, sqlstate(error.kind()), error);
    unreachable!("an ERROR does not return")
}

/// Tells the client something about an answer that is no error: a NOTICE.
#[cold]
pub fn notice(about: &Error) {
    report(PgLogLevel::NOTICE, PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, about);
}

fn report(level: PgLogLevel, code: PgSqlErrorCode, about: &Error) {
    let mut report = ErrorReport::new(code, about.message().to_owned(), "clientele");
    if let Some(detail) = about.detail_text() {
        report = report.set_detail(detail);
    }
    if let Some(hint) = about.hint_text() {
        report = report.set_hint(hint);
    }
    report.report(level);
}

fn sqlstate(kind: Kind) -> PgSqlErrorCode {
    match kind {
        Kind::InvalidParameter => PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
        Kind::InvalidText => PgSqlErrorCode::ERRCODE_INVALID_TEXT_REPRESENTATION,
        Kind::InvalidBinary => PgSqlErrorCode::ERRCODE_INVALID_BINARY_REPRESENTATION,
        Kind::OutOfRange => PgSqlErrorCode::ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
        Kind::TimeOutOfRange => PgSqlErrorCode::ERRCODE_DATETIME_FIELD_OVERFLOW,
        Kind::WrongType => PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH,
        Kind::TooLarge => PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED,
        Kind::MemoryLimit => PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
        Kind::OutOfMemory => PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY,
        Kind::Stopped => PgSqlErrorCode::ERRCODE_QUERY_CANCELED,
        Kind::Corrupted => PgSqlErrorCode::ERRCODE_DATA_CORRUPTED,
        Kind::NotEnough => PgSqlErrorCode::ERRCODE_DATA_EXCEPTION,
    }
}

/// The name of a type, for messages.
pub(super) fn type_name(oid: pg_sys::Oid) -> String {
    // SAFETY: the name ends with a zero and is copied.
    unsafe {
        CStr::from_ptr(pg_sys::format_type_be(oid))
            .to_string_lossy()
            .into_owned()
    }
}
