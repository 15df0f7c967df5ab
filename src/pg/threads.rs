//! Several tasks at a time.
//!
//! Threads of a server process must not touch the server: they get no signals, and tasks get nothing of it. The thread that the server knows
//! works with them, and looks meanwhile whether to go on.

use clientele_core::checkpoint::Task;
use clientele_core::{Error, Kind, Result};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, scope};
use std::time::Duration;

/// How long the server's thread waits for the others before it looks again whether to go on.
const WAIT: Duration = Duration::from_millis(1);

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
    scope(|scope| {
        let _stop_at_end = StopAtEnd(&work.stop);
        let others: Vec<_> = without_signals(|| {
            let one = |_| {
                Builder::new()
                    .name("clientele".to_owned())
                    .spawn_scoped(scope, || work.help())
            };
            // A system that has no threads left to give has this one.
            (1..threads.min(tasks)).map_while(|number| one(number).ok()).collect()
        });
        let begun = || work.next.load(Ordering::Relaxed).min(tasks);
        pass(begun())?;
        work.until_none_is_left(&mut || pass(begun()))?;
        while others.iter().any(|other| !other.is_finished()) {
            std::thread::sleep(WAIT);
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
    fn until_none_is_left(&self, pulse: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.tasks || self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            (self.task)(number, pulse)?;
        }
    }

    /// What a thread that the server does not know does.
    fn help(&self) {
        let mut pulse = || match self.stop.load(Ordering::Relaxed) {
            true => Err(Error::new(Kind::Stopped, "stopped")),
            false => Ok(()),
        };
        if let Err(error) = self.until_none_is_left(&mut pulse)
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
