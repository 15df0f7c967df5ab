//! How long work stays stoppable, bounded and visible without knowing who is asking.

use crate::error::{Error, Kind, Result};
use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

/// The caller's side of a long computation.
///
/// Loops call [`pass`](Checkpoint::pass) every few thousand steps, and [`reserve`](Checkpoint::reserve) before every
/// allocation that grows with the data.
pub trait Checkpoint {
    /// `done` of `total` steps of `stage` are behind us (`total` is 0 where it is not known). An error means: stop here.
    fn pass(&mut self, stage: &'static str, done: usize, total: usize) -> Result<()>;

    /// May `bytes` more be allocated? An error means: do not.
    fn reserve(&mut self, bytes: usize) -> Result<()>;

    /// Runs all of these tasks, which do not depend on each other; the caller may run several at a time.
    fn run(&mut self, stage: &'static str, tasks: usize, task: Task<'_>) -> Result<()> {
        for number in 0..tasks {
            task(number, &mut || self.pass(stage, number, tasks))?;
        }
        Ok(())
    }
}

/// One of several tasks: it is given its number, and a function to call every few milliseconds, whose error means: stop here.
pub type Task<'a> = &'a (dyn Fn(usize, &mut dyn FnMut() -> Result<()>) -> Result<()> + Sync);

/// Runs a task for each of these things, perhaps for several at a time.
pub fn each<T: Send>(
    things: &mut [T],
    stage: &'static str,
    checkpoint: &mut dyn Checkpoint,
    task: impl Fn(usize, &mut T, &mut dyn FnMut() -> Result<()>) -> Result<()> + Sync,
) -> Result<()> {
    let things: Vec<Mutex<&mut T>> = things.iter_mut().map(Mutex::new).collect();
    checkpoint.run(stage, things.len(), &|number, pulse| {
        // Nobody else has this number: the lock is free.
        let mut thing = things[number].lock().unwrap_or_else(PoisonError::into_inner);
        task(number, &mut thing, pulse)
    })
}

/// A checkpoint that lets everything pass; for tests, benches and work that is known to be small.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unhindered;

impl Checkpoint for Unhindered {
    fn pass(&mut self, _: &'static str, _: usize, _: usize) -> Result<()> {
        Ok(())
    }

    fn reserve(&mut self, _: usize) -> Result<()> {
        Ok(())
    }
}

thread_local! {
    static MAY_FAIL: Cell<bool> = const { Cell::new(false) };
}

/// Whether the allocation that this thread asks for just now is allowed to fail. An allocator that has something put aside for those which
/// are not keeps it for them.
pub fn may_fail() -> bool {
    MAY_FAIL.get()
}

/// Asks for memory by something that may fail, such as `try_reserve`, and by nothing else.
pub fn attempt<T, E>(request: impl FnOnce() -> std::result::Result<T, E>) -> Result<T> {
    MAY_FAIL.set(true);
    let answer = request();
    MAY_FAIL.set(false);
    answer.map_err(|_| out_of_memory())
}

/// An empty vector with room for `n` elements, asked for first.
pub fn vec_with_capacity<T>(n: usize, checkpoint: &mut dyn Checkpoint) -> Result<Vec<T>> {
    let mut vec = Vec::new();
    grow(&mut vec, n, checkpoint)?;
    Ok(vec)
}

/// Makes room for `more` elements beyond `vec.len()`, asked for first. Grows by exactly that much.
pub fn grow<T>(vec: &mut Vec<T>, more: usize, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let room = vec.capacity() - vec.len();
    if more > room {
        checkpoint.reserve((more - room).saturating_mul(size_of::<T>()))?;
        attempt(|| vec.try_reserve_exact(more))?;
    }
    Ok(())
}

/// A vector of `n` copies of `one`, asked for first.
pub fn vec_of<T: Clone>(one: T, n: usize, checkpoint: &mut dyn Checkpoint) -> Result<Vec<T>> {
    let mut vec = vec_with_capacity(n, checkpoint)?;
    vec.resize(n, one);
    Ok(vec)
}

/// All that `things` are, no more than `n`, in a vector that is asked for first.
pub fn vec_from<T>(n: usize, things: impl IntoIterator<Item = T>, checkpoint: &mut dyn Checkpoint) -> Result<Vec<T>> {
    let mut vec = vec_with_capacity(n, checkpoint)?;
    vec.extend(things.into_iter().take(n));
    Ok(vec)
}

/// `vec.push`, with memory asked for first and growth by doubling.
#[inline]
pub fn push<T>(vec: &mut Vec<T>, value: T, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    if vec.len() == vec.capacity() {
        grow(vec, vec.len().max(8), checkpoint)?;
    }
    vec.push(value);
    Ok(())
}

/// The operating system refused memory.
#[cold]
pub fn out_of_memory() -> Error {
    Error::new(Kind::OutOfMemory, "out of memory")
}
