//! The settings `clientele.*`.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use pgrx::pg_sys;

/// In kilobytes.
static MEMORY_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(1 << 20);
static THREADS: GucSetting<i32> = GucSetting::<i32>::new(1);
static ROW_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(100_000_000);
static PROGRESS: GucSetting<bool> = GucSetting::<bool>::new(false);

pub(super) fn init() {
    GucRegistry::define_int_guc(
        c"clientele.memory_limit",
        c"Sets how much memory clientele may take in one session outside of PostgreSQL's own memory contexts.",
        c"More than this is an error. Memory that a function takes for its result is not counted.",
        &MEMORY_LIMIT,
        1 << 10,
        i32::MAX,
        GucContext::Userset,
        GucFlags::UNIT_KB,
    );
    GucRegistry::define_int_guc(
        c"clientele.threads",
        c"Sets how many threads a call of clientele may work with.",
        c"Results are the same with any number. Only some functions use more than one.",
        &THREADS,
        1,
        64,
        GucContext::Userset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"clientele.row_limit",
        c"Sets how many rows a call may return whose answer can be too large for any disk.",
        c"More than this is an error, and never a part of the answer.",
        &ROW_LIMIT,
        1,
        i32::MAX,
        GucContext::Userset,
        GucFlags::default(),
    );
    GucRegistry::define_bool_guc(
        c"clientele.progress",
        c"Reports the progress of long calls as NOTICE messages.",
        c"Whatever this is set to, the title of the server process says how far a long call is.",
        &PROGRESS,
        GucContext::Userset,
        GucFlags::default(),
    );
    // SAFETY: the name is a static string.
    unsafe {
        #[cfg(feature = "pg14")]
        pg_sys::EmitWarningsOnPlaceholders(c"clientele".as_ptr());
        #[cfg(not(feature = "pg14"))]
        pg_sys::MarkGUCPrefixReserved(c"clientele".as_ptr());
    }
}

/// The bytes that Rust code of this session may hold.
pub fn memory_limit() -> usize {
    MEMORY_LIMIT.get() as usize * 1_024
}

/// How many threads a call may work with.
pub fn threads() -> usize {
    THREADS.get() as usize
}

/// How many rows a call may return.
pub fn row_limit() -> usize {
    ROW_LIMIT.get() as usize
}

/// Whether progress is reported as NOTICE.
pub fn reports_progress() -> bool {
    PROGRESS.get()
}
