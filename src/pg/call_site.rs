//! What each place of a query that calls a function remembers from one call to the next.
//!
//! There is one memory for each place, in `fn_extra`, and this is all that is ever kept there: several arguments of one function may
//! remember something, each its own.

use super::alloc::cleaning_up;
use super::remembered::Remembered;
use pgrx::prelude::*;

/// The memory of a place, in the memory context of that place.
struct CallSite {
    /// Runs when the context is reset.
    callback: pg_sys::MemoryContextCallback,
    remembered: Remembered,
}

/// What the place of a call remembers of type `V` for an argument; made by `make` in the first call. The place keeps it until it goes
/// itself, which is not before the call ends.
///
/// # Safety
/// `flinfo` describes the function of a call under way, for `'fcx`, or is null: then nothing is remembered beyond the memory context
/// that is current.
#[inline]
pub(super) unsafe fn remembered<'fcx, V: 'static>(
    flinfo: *mut pg_sys::FmgrInfo,
    argument: usize,
    make: impl FnOnce() -> V,
) -> &'fcx V {
    // SAFETY: the memory of the place, which nobody else borrows: `make` may raise an error, but makes no calls from this place.
    unsafe {
        let site = site_of(flinfo);
        if let Some(value) = (*site).remembered.find(argument) {
            return value;
        }
        let value = make();
        (*site).remembered.add(argument, value);
        (*site).remembered.find(argument).expect("it was just added")
    }
}

/// The memory of the place of a call.
///
/// # Safety
/// As for [`remembered`].
#[inline]
unsafe fn site_of(flinfo: *mut pg_sys::FmgrInfo) -> *mut CallSite {
    // SAFETY: nothing else is ever put into `fn_extra` of functions of this library.
    unsafe {
        match flinfo.as_ref() {
            Some(flinfo) if !flinfo.fn_extra.is_null() => flinfo.fn_extra.cast(),
            _ => begin(flinfo),
        }
    }
}

#[cold]
unsafe fn begin(flinfo: *mut pg_sys::FmgrInfo) -> *mut CallSite {
    const { assert!(align_of::<CallSite>() <= pg_sys::MAXIMUM_ALIGNOF as usize) };
    // SAFETY: the block is written before its callback can run, and outlives it.
    unsafe {
        let context = flinfo
            .as_ref()
            .map_or(pg_sys::CurrentMemoryContext, |flinfo| flinfo.fn_mcxt);
        let site: *mut CallSite = pg_sys::MemoryContextAlloc(context, size_of::<CallSite>()).cast();
        site.write(CallSite {
            callback: pg_sys::MemoryContextCallback {
                func: Some(forget),
                arg: site.cast(),
                next: std::ptr::null_mut(),
            },
            remembered: Remembered::default(),
        });
        pg_sys::MemoryContextRegisterResetCallback(context, &raw mut (*site).callback);
        if let Some(flinfo) = flinfo.as_mut() {
            flinfo.fn_extra = site.cast();
        }
        site
    }
}

/// Drops what a place remembers when its context is reset.
unsafe extern "C-unwind" fn forget(site: *mut std::ffi::c_void) {
    let site: *mut CallSite = site.cast();
    // SAFETY: PostgreSQL calls this once, before it frees the block.
    cleaning_up(|| unsafe { std::ptr::drop_in_place(&raw mut (*site).remembered) });
}
