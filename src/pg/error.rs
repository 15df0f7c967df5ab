//! Errors as PostgreSQL reports them.

use super::alloc;
use super::call::Call;
#[cfg(not(any(feature = "pg14", feature = "pg15")))]
use super::elog::{errcode, errsave_finish, errsave_start};
use super::elog::{errdetail, errfinish, errhint, errmsg, errstart};
use super::encoding;
use clientele_core::{Error, Kind, Result};
use pgrx::pg_sys::errcodes::PgSqlErrorCode;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::ffi::{CStr, CString, c_char};

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
pub fn or_raise<T>(work: impl FnOnce() -> Result<T>) -> T {
    alloc::with_reserve(|| work().unwrap_or_else(|error| raise(&error)))
}

/// Runs the body of an input function. Where the caller of that wants to go on after bad input, its error is saved for him, and
/// the result is nothing.
pub fn or_save<T>(call: Call<'_>, work: impl FnOnce() -> Result<T>) -> Option<T> {
    alloc::with_reserve(|| match work() {
        Ok(answer) => Some(answer),
        Err(error) => {
            let about_input = !matches!(error.kind(), Kind::MemoryLimit | Kind::OutOfMemory | Kind::Stopped);
            if !(about_input && save(call, &error)) {
                raise(&error);
            }
            None
        }
    })
}

/// Raises an ERROR. Destructors run on the way out.
#[cold]
pub fn raise(error: &Error) -> ! {
    alloc::release_reserve();
    let texts = [Some(error.message()), error.detail_text(), error.hint_text()];
    if !encoding::is_utf8() && texts.iter().flatten().any(|text| !text.is_ascii()) {
        Retold::prepare(error);
    }
    let mut report = ErrorReport::new(sqlstate(error.kind()), plain(error.message()), NAME);
    if let Some(detail) = error.detail_text() {
        report = report.set_detail(plain(detail));
    }
    if let Some(hint) = error.hint_text() {
        report = report.set_hint(plain(hint));
    }
    report.report(PgLogLevel::ERROR);
    unreachable!("an ERROR does not return")
}

/// Tells the client something about an answer that is no error: a NOTICE.
pub fn notice(about: &Error) {
    tell(about, PgLogLevel::NOTICE);
}

/// Tells the client, and the log of the server, that an answer is doubtful: a WARNING.
pub(super) fn warning(about: &Error) {
    tell(about, PgLogLevel::WARNING);
}

/// Reports something that is no error.
#[cold]
fn tell(about: &Error, level: PgLogLevel) {
    let texts = Texts::of(about);
    let pointers = texts.pointers();
    // SAFETY: the texts live until the report is done. Nothing in the closure has a destructor.
    unsafe {
        pg_sys::ffi::pg_guard_ffi_boundary(|| {
            if errstart(level as i32, std::ptr::null()) {
                put(pointers);
                errfinish(FILE.as_ptr(), line!() as i32, FUNCTION.as_ptr());
            }
        });
    }
}

/// Saves an error for the caller of an input function, if he wants that.
#[cfg(not(any(feature = "pg14", feature = "pg15")))]
#[cold]
fn save(call: Call<'_>, error: &Error) -> bool {
    // SAFETY: the call is under way; what it says about its context is checked before it is used.
    let context = unsafe { (*call.fcinfo()).context };
    if context.is_null() || unsafe { (*context).type_ } != pg_sys::NodeTag::T_ErrorSaveContext {
        return false;
    }
    let texts = Texts::of(error);
    let pointers = texts.pointers();
    let code = sqlstate(error.kind()) as i32;
    // SAFETY: as in `tell`; the context is one of the kind that is asked for.
    unsafe {
        pg_sys::ffi::pg_guard_ffi_boundary(|| {
            if errsave_start(context, std::ptr::null()) {
                errcode(code);
                put(pointers);
                errsave_finish(context, FILE.as_ptr(), line!() as i32, FUNCTION.as_ptr());
            }
        });
    }
    true
}

/// Servers before 16 save no errors.
#[cfg(any(feature = "pg14", feature = "pg15"))]
fn save(_call: Call<'_>, _error: &Error) -> bool {
    false
}

/// What errors are said to come from.
const NAME: &str = "clientele";
const FUNCTION: &CStr = c"clientele";
const FILE: &CStr = c"error.rs";

/// A text that C can read.
fn plain(text: &str) -> String {
    text.replace('\0', "\\u0000")
}

/// The texts of a message in the encoding of the database.
struct Texts {
    message: CString,
    detail: Option<CString>,
    hint: Option<CString>,
}

impl Texts {
    fn of(about: &Error) -> Texts {
        let text = |text: &str| CString::new(encoding::to_server_for_message(text)).unwrap_or_default();
        Texts {
            message: text(about.message()),
            detail: about.detail_text().map(text),
            hint: about.hint_text().map(text),
        }
    }

    /// Where they stand, as long as they live: message, detail and hint.
    fn pointers(&self) -> Pointers {
        let pointer = |text: &Option<CString>| text.as_deref().map_or(std::ptr::null(), CStr::as_ptr);
        [self.message.as_ptr(), pointer(&self.detail), pointer(&self.hint)]
    }
}

/// Texts that end with a zero: a message, a detail and a hint; null for those that there are none of.
type Pointers = [*const c_char; 3];

/// Makes these the texts of the message that is being put together.
///
/// # Safety
/// A message is being put together, behind a guard, and the texts are there.
unsafe fn put([message, detail, hint]: Pointers) {
    // SAFETY: as promised; the texts are copied.
    unsafe {
        errmsg(c"%s".as_ptr(), message);
        if !detail.is_null() {
            errdetail(c"%s".as_ptr(), detail);
        }
        if !hint.is_null() {
            errhint(c"%s".as_ptr(), hint);
        }
    }
}

/// The texts of an error that is on its way out, in an encoding that Rust's strings do not have.
///
/// A panic carries the error up to where PostgreSQL is told of it, and its texts are UTF-8. PostgreSQL then asks everybody on its stack
/// of contexts whether there is something to add: that is when the texts are told once more, as they should be.
struct Retold {
    context: pg_sys::ErrorContextCallback,
    texts: Pointers,
}

impl Retold {
    /// Puts the texts of an error on the stack of contexts. The next error takes them; PostgreSQL takes them off the stack when it
    /// catches that.
    fn prepare(error: &Error) {
        let texts = Texts::of(error);
        // SAFETY: the memory of the transaction outlives its error, and all that is used of this stands in it.
        unsafe {
            let context = pg_sys::TopTransactionContext;
            let retold: *mut Retold = pg_sys::MemoryContextAlloc(context, size_of::<Retold>()).cast();
            retold.write(Retold {
                context: pg_sys::ErrorContextCallback {
                    previous: pg_sys::error_context_stack,
                    callback: Some(Retold::tell),
                    arg: retold.cast(),
                },
                texts: texts.pointers().map(|text| match text.is_null() {
                    true => text,
                    false => pg_sys::MemoryContextStrdup(context, text),
                }),
            });
            pg_sys::error_context_stack = &raw mut (*retold).context;
        }
    }

    unsafe extern "C-unwind" fn tell(retold: *mut std::ffi::c_void) {
        // SAFETY: PostgreSQL calls this while it puts an error together, and the memory of the transaction is there. There is nothing
        // here that a jump over this frame could leave behind.
        unsafe { put((*retold.cast::<Retold>()).texts) }
    }
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
    unsafe { encoding::read_name(pg_sys::format_type_be(oid)) }
}
