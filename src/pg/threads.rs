//! Several tasks at a time.
//!
//! Threads of a server process must not touch the server: they get no signals, and tasks get nothing of it. The thread that the server knows
//! works with them, and looks meanwhile whether to go on.

use clientele_core::checkpoint::Task;
use clientele_core::{Error, Kind, Result};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, scope, sleep};
use std::time::{Duration, Instant};

/// How long the server's thread waits for the others before it looks again whether to go on.
const WAIT: Duration = Duration::from_micros(20);
/// All tasks together that take less than this are not worth beginning threads for.
const WORTH: Duration = Duration::from_millis(1);

/// Tasks that are being worked on.
struct Work<'a> {
    tasks: usize,
    task: Task<'a>,
    next: AtomicUsize,
    stop: AtomicBool,
    failed: Mutex<Option<Error>>,
}

/// Tells the other threads to stop when it is dropped, in whatever way that comes about.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
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
        let _stop_at_end = StopAtEnd(&work.stop);
        let others: Vec<_> = without_signals(|| {
            let one = |_| {
                Builder::new()
                    .name("clientele".to_owned())
                    .spawn_scoped(scope, || work.help())
            };
            // A system that has no threads left to give has this one.
            (1..threads).map_while(|number| one(number).ok()).collect()
        });
        let begun = || work.next.load(Ordering::Relaxed).min(tasks);
        work.until(tasks, &mut || pass(begun()))?;
        while others.iter().any(|other| !other.is_finished()) {
            sleep(WAIT);
            pass(begun())?;
        }
        Ok(())
    })?;
    match work.failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
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

    /// What a thread that the server does not know does.
    fn help(&self) {
        let mut pulse = || match self.stop.load(Ordering::Relaxed) {
            true => Err(Error::new(Kind::Stopped, "stopped")),
            false => Ok(()),
        };
        if let Err(error) = self.until(self.tasks, &mut pulse)
            && !self.stop.swap(true, Ordering::Relaxed)
        {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    }
}

/// Does something while no signal is let through: threads that are begun meanwhile will never get one, and the server's handlers run where the
/// server expects them.
fn without_signals<T>(then: impl FnOnce() -> T) -> T {
    // SAFETY: the sets are written before they are read, and what was let through before is again afterwards.
    unsafe {
        let (mut all, mut before) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        let result = then();
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut());
        result
    }
}
