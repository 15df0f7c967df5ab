//! Rust's heap inside a server process.
//!
//! Three things differ from the allocator that Rust comes with: live bytes are counted, so that `clientele.memory_limit` can be
//! kept; a request that may fail fails; and one that must not is met from a reserve that was put aside for it, so that the
//! next checkpoint, where there is a way back, ends the statement. Nothing ever unwinds out of an allocation: the compiler takes it
//! that nothing does, and leaves out what would clean up. Rust itself would abort, and that restarts the whole server.

use super::elog::{errcode, errdetail, errfinish, errmsg, errstart, geterrcode};
use super::error::raise;
use clientele_core::checkpoint::{may_fail, out_of_memory};
use clientele_core::{Error, Result};
use pgrx::pg_sys;
use pgrx::pg_sys::errcodes::PgSqlErrorCode;
use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::time::Duration;

#[global_allocator]
static HEAP: Heap = Heap;

static LIVE: AtomicUsize = AtomicUsize::new(0);

/// What is put aside, in pieces: when the first one is given up, there is still one for what raises the error. A piece is more
/// than what the C library asks the system for when it has run out.
static RESERVE: [AtomicPtr<c_void>; PIECES] = [const { AtomicPtr::new(null_mut()) }; PIECES];
/// How many pieces are held.
static HELD: AtomicUsize = AtomicUsize::new(0);
const PIECES: usize = 2;
const PIECE: usize = 2 << 20;

/// Whether a thread found nothing left where it could not go on without. It waits for ever: see [`is_lost`].
static LOST: AtomicBool = AtomicBool::new(false);
/// The thread that the server knows.
static SERVER: AtomicUsize = AtomicUsize::new(0);

/// Smaller requests are not tried out.
const WORTH_TRYING: usize = 1 << 20;

/// Puts the reserve aside when the library is loaded.
pub(super) fn init() -> Result<()> {
    SERVER.store(this_thread(), Ordering::Relaxed);
    keep_reserve()
}

/// The bytes that Rust code of this process holds.
pub fn live_bytes() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// Whether the system would give `bytes` now. What allocates by code that cannot fail asks this first.
pub fn is_available(bytes: usize) -> bool {
    if bytes < WORTH_TRYING {
        return true;
    }
    let mapped = map(bytes.saturating_add(PIECE));
    unmap(mapped, bytes.saturating_add(PIECE));
    !mapped.is_null()
}

/// Sees to it that the reserve is whole. An error means that memory has run out.
#[inline]
pub fn keep_reserve() -> Result<()> {
    if HELD.load(Ordering::Relaxed) == PIECES {
        return Ok(());
    }
    refill()
}

#[cold]
fn refill() -> Result<()> {
    if is_lost() {
        give_up();
    }
    for place in &RESERVE {
        if place.load(Ordering::Acquire).is_null() {
            let piece = map(PIECE);
            if piece.is_null() {
                return Err(short());
            }
            match place.compare_exchange(null_mut(), piece, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => HELD.fetch_add(1, Ordering::Relaxed),
                Err(_) => {
                    unmap(piece, PIECE);
                    continue;
                }
            };
        }
    }
    Ok(())
}

fn short() -> Error {
    out_of_memory().detail("The reserve for errors could not be put aside.")
}

/// Gives up one piece of the reserve; says whether there was one.
fn release_piece() -> bool {
    RESERVE.iter().any(|place| {
        let piece = place.swap(null_mut(), Ordering::AcqRel);
        if !piece.is_null() {
            HELD.fetch_sub(1, Ordering::Relaxed);
            unmap(piece, PIECE);
        }
        !piece.is_null()
    })
}

/// Gives up the reserve, for an error that is on its way: raising it takes memory, of Rust's and of PostgreSQL's.
#[cold]
pub fn release_reserve() {
    while release_piece() {}
}

/// Whether a thread waits for ever. It cannot be waited for.
pub fn is_lost() -> bool {
    LOST.load(Ordering::Acquire)
}

/// Address space that counts as taken from the start, touched or not; null if there is none.
fn map(bytes: usize) -> *mut c_void {
    let (access, kind) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
    );
    // SAFETY: a new mapping wherever there is room for it.
    match unsafe { libc::mmap(null_mut(), bytes, access, kind, -1, 0) } {
        libc::MAP_FAILED => null_mut(),
        mapped => mapped,
    }
}

fn unmap(mapped: *mut c_void, bytes: usize) {
    if !mapped.is_null() {
        // SAFETY: it was mapped with this size, and nobody has seen it.
        unsafe { libc::munmap(mapped, bytes) };
    }
}

fn this_thread() -> usize {
    // SAFETY: it always succeeds.
    unsafe { libc::pthread_self() as usize }
}

/// Room in the C library's heap for what it allocates of its own accord when a thread begins: given back after the thread has been asked for.
pub struct Room([*mut c_void; 16]);

impl Room {
    /// Takes it, as far as there is.
    pub fn new() -> Room {
        // SAFETY: blocks that nobody looks into; small enough to be of the heap itself.
        Room([(); 16].map(|()| unsafe { libc::malloc(4 << 10) }))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // SAFETY: each is given back once; null is none.
        self.0.iter().for_each(|&block| unsafe { libc::free(block) });
    }
}

struct Heap;

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        counted(layout.size(), || unsafe { System.alloc(layout) })
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        counted(layout.size(), || unsafe { System.alloc_zeroed(layout) })
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promises are passed on; a block that could not be moved is as it was.
        let moved = counted(size, || unsafe { System.realloc(block, layout, size) });
        if !moved.is_null() {
            LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        }
        moved
    }
}

#[inline(always)]
fn counted(size: usize, request: impl Fn() -> *mut u8) -> *mut u8 {
    let mut block = request();
    if block.is_null() {
        block = exhausted(size, &request);
        if block.is_null() {
            return block;
        }
    }
    LIVE.fetch_add(size, Ordering::Relaxed);
    block
}

/// The system says no. Who can do without is told so; who cannot gets it from the reserve.
#[cold]
#[inline(never)]
fn exhausted(size: usize, request: &dyn Fn() -> *mut u8) -> *mut u8 {
    if may_fail() {
        return null_mut();
    }
    while release_piece() {
        let block = request();
        if !block.is_null() {
            return block;
        }
    }
    end_session(size)
}

/// There is nothing left, and no way back: ends the session, which is still better than what Rust does.
#[cold]
pub fn give_up() -> ! {
    end_session(0)
}

fn end_session(size: usize) -> ! {
    if this_thread() != SERVER.load(Ordering::Relaxed) {
        // Only the server's own thread can end the session.
        LOST.store(true, Ordering::Release);
        loop {
            std::thread::sleep(Duration::from_secs(3600));
        }
    }
    // SAFETY: the server's own thread. Nothing is allocated here: PostgreSQL keeps room for such messages. FATAL neither returns nor
    // jumps; what Rust holds goes with the process.
    unsafe {
        ENDING.store(true, Ordering::Relaxed);
        errstart(pg_sys::FATAL as c_int, std::ptr::null());
        errcode(PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY as c_int);
        errmsg(c"out of memory".as_ptr());
        errdetail(
            c"Failed on request of size %zu, and there is no reserve left.".as_ptr(),
            size,
        );
        errfinish(c"alloc.rs".as_ptr(), line!() as c_int, c"give_up".as_ptr());
    }
    std::process::abort()
}

/// Whether the session is ending in the midst of work: states may be half changed.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Runs a callback of a memory context, out of which nothing may unwind: PostgreSQL is cleaning up. What it would drop is left to
/// the end of the process where the session is ending in the midst of work.
pub fn cleaning_up(work: impl FnOnce()) {
    if !ENDING.load(Ordering::Relaxed) {
        // There is nobody to tell.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    }
}

/// Runs something that may fail by an error of PostgreSQL or of Rust, and sees to it that there is memory for the error: what turns
/// the one into the other must not fail itself.
#[inline(always)]
pub fn with_reserve<T>(work: impl FnOnce() -> T) -> T {
    if HELD.load(Ordering::Relaxed) != PIECES {
        // Better now than in the midst of work.
        refill().unwrap_or_else(|error| raise(&error));
    }
    // SAFETY: PostgreSQL's own way to be told of errors. What is put onto its stack is taken off before it goes, also when unwinding.
    unsafe {
        let mut watch = pg_sys::ErrorContextCallback {
            previous: pg_sys::error_context_stack,
            callback: Some(on_report),
            arg: null_mut(),
        };
        let _watching = Watching(&raw mut watch);
        pg_sys::error_context_stack = &raw mut watch;
        work()
    }
}

/// Takes what [`with_reserve`] put onto the stack off again, and leaves what an error on its way out put on top of it.
struct Watching(*mut pg_sys::ErrorContextCallback);

impl Drop for Watching {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the server's own thread; what is on the stack is alive, down to what it was put onto.
        unsafe {
            let mut link = &raw mut pg_sys::error_context_stack;
            while !(*link).is_null() && *link != self.0 {
                link = &raw mut (**link).previous;
            }
            if !(*link).is_null() {
                *link = (*self.0).previous;
            }
        }
        if std::thread::panicking() {
            release_reserve();
        }
    }
}

/// PostgreSQL reports something. If it is an error, it will be copied, and thrown as one of Rust's.
unsafe extern "C-unwind" fn on_report(_: *mut c_void) {
    // SAFETY: a report is being made. It only reads.
    let class = unsafe { geterrcode() } & 0xfff;
    // Success and warnings are no errors.
    if class != 0 && class != 1 << 6 {
        release_reserve();
    }
}
