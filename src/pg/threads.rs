//! Several tasks at a time.
//!
//! Threads of a server process must not touch the server: they get no signals, and tasks get nothing of it. The thread that the server knows
//! works with them, and looks meanwhile whether to go on.

use super::alloc;
use clientele_core::checkpoint::{Task, may_fail};
use clientele_core::{Error, Kind, Result};
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, Scope, scope, sleep};
use std::time::{Duration, Instant};

/// How long the server's thread waits for the others before it looks again whether to go on.
const WAIT: Duration = Duration::from_micros(20);
/// All tasks together that take less than this are not worth beginning threads for.
const WORTH: Duration = Duration::from_millis(1);
/// The stack of a thread, and what else it takes.
const STACK: usize = 2 << 20;
const THREAD: usize = STACK + (1 << 20);

/// Tasks that are being worked on.
struct Work<'a> {
    tasks: usize,
    task: Task<'a>,
    next: AtomicUsize,
    stop: AtomicBool,
    /// Threads that have begun, and those that have ended.
    begun: AtomicUsize,
    ended: AtomicUsize,
    failed: Mutex<Option<Failure>>,
}

/// Why a thread ended before its time.
enum Failure {
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

/// Tells the other threads to stop when it is dropped, in whatever way that comes about, and sees them end.
struct StopAtEnd<'a> {
    work: &'a Work<'a>,
    /// Threads there are.
    others: Cell<usize>,
}

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.work.stop.store(true, Ordering::Relaxed);
        while self.work.ended.load(Ordering::Acquire) < self.others.get() {
            if alloc::is_lost() {
                alloc::give_up();
            }
            sleep(WAIT);
        }
    }
}

/// Runs all tasks with so many threads. `pass` is called every now and then with the number of tasks that have been begun; its error, or the
/// first of a task, ends all.
pub fn run(threads: usize, tasks: usize, task: Task<'_>, pass: &mut dyn FnMut(usize) -> Result<()>) -> Result<()> {
    let work = Work {
        tasks,
        task,
        next: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        begun: AtomicUsize::new(0),
        ended: AtomicUsize::new(0),
        failed: Mutex::new(None),
    };
    // The first task says whether more threads are worth while.
    let start = Instant::now();
    work.until(1, &mut || pass(0))?;
    let threads = match start.elapsed().saturating_mul(tasks as u32) {
        time if time < WORTH => 1,
        _ => threads.min(tasks),
    };
    scope(|scope| {
        let others = StopAtEnd {
            work: &work,
            others: Cell::new(0),
        };
        while others.others.get() + 1 < threads && work.begin(scope)? {
            others.others.set(others.others.get() + 1);
        }
        let begun = || work.next.load(Ordering::Relaxed).min(tasks);
        work.until(tasks, &mut || pass(begun()))?;
        while work.ended.load(Ordering::Acquire) < others.others.get() {
            sleep(WAIT);
            pass(begun())?;
        }
        Ok::<_, Error>(())
    })?;
    match work.failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(Failure::Error(error)) => Err(error),
        Some(Failure::Panic(panic)) => resume_unwind(panic),
        None => Ok(()),
    }
}

impl Work<'_> {
    /// Runs one task after the other until `end` of them have been begun.
    fn until(&self, end: usize, pulse: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        while self.next.load(Ordering::Relaxed) < end && !self.stop.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number < self.tasks {
                (self.task)(number, pulse)?;
            }
        }
        Ok(())
    }

    /// Begins a thread; says whether the system had one to give. A system that has none left has this one.
    ///
    /// What the C library allocates for a thread of its own accord must not fail, because it ends the process: there is the reserve while
    /// threads begin, and each has all that it needs before there is anything else to do.
    fn begin<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) -> Result<bool> {
        alloc::keep_reserve()?;
        if !alloc::is_available(THREAD) {
            return Ok(false);
        }
        let known = self.begun.load(Ordering::Acquire);
        let room = alloc::Room::new();
        let blocked = SignalsBlocked::new();
        let thread = Builder::new()
            .name("clientele".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, || self.help());
        drop(blocked);
        drop(room);
        if thread.is_err() {
            return Ok(false);
        }
        while self.begun.load(Ordering::Acquire) == known {
            if alloc::is_lost() {
                alloc::give_up();
            }
            sleep(WAIT);
        }
        Ok(true)
    }

    /// What a thread that the server does not know does.
    fn help(&self) {
        /// Counts the thread as ended, in whatever way it ends.
        struct Ended<'a>(&'a AtomicUsize);
        impl Drop for Ended<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Release);
            }
        }
        let _ended = Ended(&self.ended);
        may_fail();
        self.begun.fetch_add(1, Ordering::Release);
        let mut pulse = || match self.stop.load(Ordering::Relaxed) {
            true => Err(Error::new(Kind::Stopped, "stopped")),
            false => Ok(()),
        };
        let failure = match catch_unwind(AssertUnwindSafe(|| self.until(self.tasks, &mut pulse))) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => Failure::Error(error),
            Err(panic) => Failure::Panic(panic),
        };
        if !self.stop.swap(true, Ordering::Relaxed) {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        }
    }
}

/// While it is there, no signal is let through: threads that are begun meanwhile will never get one, and the server's handlers run where the
/// server expects them.
struct SignalsBlocked {
    before: libc::sigset_t,
}

impl SignalsBlocked {
    fn new() -> SignalsBlocked {
        // SAFETY: the sets are written before they are read.
        unsafe {
            let (mut all, mut before) = (std::mem::zeroed(), std::mem::zeroed());
            libc::sigfillset(&mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
            SignalsBlocked { before }
        }
    }
}

impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        // SAFETY: what was let through before is again.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, std::ptr::null_mut()) };
    }
}
