//! Rust's heap inside a server process.
//!
//! Two things differ from the allocator that Rust comes with: live bytes are counted, so that `clientele.memory_limit` can be
//! kept, and when the system has no memory left, the statement fails and not the server.

use pgrx::pg_sys::errcodes::PgSqlErrorCode;
use pgrx::pg_sys::panic::ErrorReport;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

#[global_allocator]
static HEAP: Heap = Heap;

static LIVE: AtomicUsize = AtomicUsize::new(0);

/// Smaller requests are not tried out.
const WORTH_TRYING: usize = 1 << 20;

/// The bytes that Rust code of this process holds.
pub fn live_bytes() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// Whether the system would give `bytes` now. What grows with the data asks this first, because an allocator has no clean
/// way to say no.
pub fn is_available(bytes: usize) -> bool {
    let Ok(layout) = Layout::from_size_align(bytes, 16) else {
        return false;
    };
    if bytes < WORTH_TRYING {
        return true;
    }
    // SAFETY: the layout is not empty; the block is given back as it was taken, untouched.
    unsafe {
        let block = System.alloc(layout);
        if !block.is_null() {
            System.dealloc(block, layout);
        }
        !block.is_null()
    }
}

struct Heap;

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        counted(layout.size(), unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        counted(layout.size(), unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        let moved = counted(size, unsafe { System.realloc(block, layout, size) });
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        moved
    }
}

#[inline]
fn counted(size: usize, block: *mut u8) -> *mut u8 {
    if block.is_null() {
        exhausted(size);
    }
    LIVE.fetch_add(size, Ordering::Relaxed);
    block
}

/// Unwinds as an ERROR of the statement. Returning null instead would end in `abort`, and that restarts the whole server.
#[cold]
fn exhausted(size: usize) -> ! {
    let code = PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY;
    std::panic::panic_any(
        ErrorReport::new(code, "out of memory", "clientele").set_detail(format!("Failed on request of size {size}.")),
    )
}
