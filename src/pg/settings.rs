//! The settings `clientele.*`.
//!
//! What a user sets above a bound counts as the bound. Nothing checks one setting against the other when it is set: they come in any
//! order, from files, roles, databases and leaders of parallel workers, some before the library is there and some as bounds change.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};
use pgrx::pg_sys;

/// In kilobytes.
static MEMORY_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(1 << 20);
static MAX_MEMORY_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(4 << 20);
static THREADS: GucSetting<i32> = GucSetting::<i32>::new(1);
static MAX_THREADS: GucSetting<i32> = GucSetting::<i32>::new(8);
static ROW_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(100_000_000);
static PROGRESS: GucSetting<Progress> = GucSetting::<Progress>::new(Progress::Off);

/// Where else than in the title of the process progress is shown.
#[derive(Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub enum Progress {
    #[name = c"off"]
    Off,
    /// As NOTICE messages.
    #[name = c"notice"]
    Notice,
    /// In `pg_stat_activity`.
    #[name = c"activity"]
    Activity,
}

/// How much memory a session may take, and which setting says so.
pub struct MemoryLimit {
    /// Bytes that Rust code of this session may hold.
    pub bytes: usize,
    /// Whether it is the bound that holds, and not what the user set.
    pub is_bound: bool,
}

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
        c"clientele.max_memory_limit",
        c"Sets the most that clientele.memory_limit counts for.",
        c"Only superusers, and roles with the right to set it, can change this.",
        &MAX_MEMORY_LIMIT,
        1 << 10,
        i32::MAX,
        GucContext::Suset,
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
        c"clientele.max_threads",
        c"Sets the most that clientele.threads counts for.",
        c"Only superusers, and roles with the right to set it, can change this.",
        &MAX_THREADS,
        1,
        64,
        GucContext::Suset,
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
    GucRegistry::define_enum_guc(
        c"clientele.progress",
        c"Shows the progress of long calls as NOTICE messages, or behind application_name in pg_stat_activity.",
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

/// The memory that this session may take.
pub fn memory_limit() -> MemoryLimit {
    let (set, bound) = (MEMORY_LIMIT.get(), MAX_MEMORY_LIMIT.get());
    MemoryLimit {
        bytes: set.min(bound) as usize * 1_024,
        is_bound: bound <= set,
    }
}

/// How many threads a call may work with.
pub fn threads() -> usize {
    THREADS.get().min(MAX_THREADS.get()) as usize
}

/// How many rows a call may return.
pub fn row_limit() -> usize {
    ROW_LIMIT.get() as usize
}

/// Where progress is shown.
pub fn progress() -> Progress {
    PROGRESS.get()
}
