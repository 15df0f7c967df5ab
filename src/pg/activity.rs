//! Progress in `pg_stat_activity`, where who has no `ps` can see it.
//!
//! It stands behind the name of the application, as others see it. The setting `application_name` itself does not change: poolers, which
//! are told of changes, and the server's log keep the name. The text of the query, the waits and the progress of commands, which the view
//! and its like also show, have no place for it: the text is needed, waits are of few names that are for ever, and commands are
//! PostgreSQL's own.

use super::alloc::{cleaning_up, with_reserve};
use pgrx::pg_sys;
use std::cell::Cell;
use std::ffi::{CStr, CString, c_void};
use std::ptr::null_mut;

/// What fits into the view.
const LONGEST: usize = pg_sys::NAMEDATALEN as usize - 1;

thread_local! {
    static SHOWN: Cell<bool> = const { Cell::new(false) };
}

/// Shows how far a call is, until [`take_back`], or until the statement or the subtransaction ends in whatever way.
pub fn show(progress: &str) {
    let name = application_name();
    let room = LONGEST.saturating_sub(progress.len() + 1);
    let mut text = name.to_bytes()[..name.to_bytes().len().min(room)].to_vec();
    if !text.is_empty() {
        text.push(b' ');
    }
    text.extend_from_slice(progress.as_bytes());
    if !SHOWN.get() {
        // SAFETY: contexts of the server that are there while it works. The first is emptied before the next message of the client is
        // read, and the second goes with the transaction or the subtransaction: one of them is after every end of a statement, also in
        // workers, which have no messages, and in blocks that catch errors.
        with_reserve(|| unsafe {
            call_back_at_end_of(pg_sys::MessageContext);
            call_back_at_end_of(pg_sys::CurTransactionContext);
        });
        SHOWN.set(true);
    }
    report(&CString::new(text).unwrap_or_default());
}

/// Shows the name of the application alone, if more was shown.
pub fn take_back() {
    if SHOWN.replace(false) {
        report(&application_name());
    }
}

fn application_name() -> CString {
    // SAFETY: a string of the server, which is copied. It is of ASCII only.
    unsafe {
        match pg_sys::application_name {
            name if name.is_null() => CString::default(),
            name => CStr::from_ptr(name).to_owned(),
        }
    }
}

fn report(text: &CStr) {
    // SAFETY: the text is copied, and cut if it is too long. It fails in no way.
    unsafe { pg_sys::pgstat_report_appname(text.as_ptr()) };
}

/// # Safety
/// The context is one that is alive, or null.
unsafe fn call_back_at_end_of(context: pg_sys::MemoryContext) {
    if context.is_null() {
        return;
    }
    // SAFETY: the callback lies in the context that calls it, and is written before anybody reads it.
    unsafe {
        let callback = pg_sys::MemoryContextAlloc(context, size_of::<pg_sys::MemoryContextCallback>())
            .cast::<pg_sys::MemoryContextCallback>();
        callback.write(pg_sys::MemoryContextCallback {
            func: Some(at_end),
            arg: null_mut(),
            next: null_mut(),
        });
        pg_sys::MemoryContextRegisterResetCallback(context, callback);
    }
}

unsafe extern "C-unwind" fn at_end(_: *mut c_void) {
    cleaning_up(take_back);
}
