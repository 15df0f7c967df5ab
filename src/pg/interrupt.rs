//! Long work that can be cancelled, watched and bounded.

use super::settings::{self, MemoryLimit, Progress};
use super::{activity, alloc, threads};
use clientele_core::checkpoint::{Checkpoint, Task, out_of_memory};
use clientele_core::{Error, Kind, Result};
use pgrx::prelude::*;
use std::cell::RefCell;
use std::ffi::CString;
use std::time::{Duration, Instant};

/// Work is shown when it has taken this long, and again after each further while.
const SHOW_AFTER: Duration = Duration::from_secs(1);

thread_local! {
    static SHOWN: RefCell<Shown> = const { RefCell::new(Shown { since: None, title: None }) };
}

/// What has been shown of the call at hand.
struct Shown {
    /// When the call began, or when it was last shown.
    since: Option<Instant>,
    /// The title of the process before it was first changed.
    title: Option<CString>,
}

/// The server's side of long work: answers cancel requests, shows progress, keeps the memory limit.
///
/// What is collected row by row makes one of these for every row: making one costs nothing.
pub struct Backend {
    /// The function at work, as users know it.
    what: &'static str,
}

/// A [`Backend`] for a call that does all its work itself. What was shown of it is taken back at its end.
pub struct WholeCall(Backend);

impl Backend {
    /// For a call that is one of many for the same work.
    #[inline]
    pub fn of_many_calls(what: &'static str) -> Backend {
        Backend { what }
    }

    /// For a call that does all its work itself.
    pub fn of_call(what: &'static str) -> WholeCall {
        WholeCall(Backend { what })
    }

    #[cold]
    fn beyond(&self, limit: &MemoryLimit, held: usize, bytes: usize) -> Error {
        let (name, hint) = match limit.is_bound {
            false => (
                "memory_limit",
                "Raise clientele.memory_limit, or work on fewer rows at a time.",
            ),
            true => (
                "max_memory_limit",
                "Work on fewer rows at a time, or have clientele.max_memory_limit raised by a superuser.",
            ),
        };
        let message = format!("{} needs more memory than clientele.{name} allows", self.what);
        let detail = format!(
            "It holds {} kB and asks for {} kB more; the limit is {} kB.",
            held >> 10,
            bytes.div_ceil(1_024),
            limit.bytes >> 10
        );
        Error::new(Kind::MemoryLimit, message).detail(detail).hint(hint)
    }

    #[cold]
    fn show(&self, stage: &str, done: usize, total: usize) {
        let progress = match total {
            0 => format!("{} {stage} {done}", self.what),
            _ => format!("{} {stage} {} %", self.what, done * 100 / total),
        };
        match settings::progress() {
            Progress::Off => {}
            Progress::Notice => notice!("{progress}"),
            Progress::Activity => activity::show(&progress),
        }
        let title = title();
        SHOWN.with_borrow_mut(|shown| {
            shown.title.get_or_insert(title);
        });
        set_title(&CString::new(progress).unwrap_or_default());
    }
}

impl Checkpoint for Backend {
    fn pass(&mut self, stage: &'static str, done: usize, total: usize) -> Result<()> {
        check_for_interrupts!();
        alloc::keep_reserve()?;
        let now = Instant::now();
        let show = SHOWN.with_borrow_mut(|shown| {
            let since = *shown.since.get_or_insert(now);
            let show = now.duration_since(since) >= SHOW_AFTER;
            if show {
                shown.since = Some(now);
            }
            show
        });
        if show {
            self.show(stage, done, total);
        }
        Ok(())
    }

    fn reserve(&mut self, bytes: usize) -> Result<()> {
        let (held, limit) = (alloc::live_bytes(), settings::memory_limit());
        if held.saturating_add(bytes) > limit.bytes {
            return Err(self.beyond(&limit, held, bytes));
        }
        alloc::keep_reserve()?;
        if !alloc::is_available(bytes) {
            return Err(out_of_memory().detail(format!("Failed on request of size {bytes} in {}.", self.what)));
        }
        Ok(())
    }

    fn run(&mut self, stage: &'static str, tasks: usize, task: Task<'_>) -> Result<()> {
        threads::run(settings::threads(), tasks, task, &mut |done| {
            self.pass(stage, done, tasks)
        })
    }
}

impl Checkpoint for WholeCall {
    fn pass(&mut self, stage: &'static str, done: usize, total: usize) -> Result<()> {
        self.0.pass(stage, done, total)
    }

    fn reserve(&mut self, bytes: usize) -> Result<()> {
        self.0.reserve(bytes)
    }

    fn run(&mut self, stage: &'static str, tasks: usize, task: Task<'_>) -> Result<()> {
        self.0.run(stage, tasks, task)
    }
}

impl Drop for WholeCall {
    fn drop(&mut self) {
        let title = SHOWN.with_borrow_mut(|shown| {
            shown.since = None;
            shown.title.take()
        });
        if let Some(title) = title {
            set_title(&title);
        }
        activity::take_back();
    }
}

fn title() -> CString {
    let mut len = 0;
    // SAFETY: the title stays where it is while it is copied, and is as long as it says.
    unsafe {
        let start = pg_sys::get_ps_display(&mut len);
        let bytes = std::slice::from_raw_parts(start.cast::<u8>(), usize::try_from(len).unwrap_or(0));
        CString::new(bytes).unwrap_or_default()
    }
}

fn set_title(title: &CString) {
    // SAFETY: the title is copied.
    unsafe {
        #[cfg(any(feature = "pg14", feature = "pg15"))]
        pg_sys::set_ps_display(title.as_ptr());
        #[cfg(not(any(feature = "pg14", feature = "pg15")))]
        pg_sys::set_ps_display_with_len(title.as_ptr(), title.as_bytes().len());
    }
}
