//! How long work stays stoppable, bounded and visible without knowing who is asking.

use crate::error::{Error, Kind, Result};

/// The caller's side of a long computation.
///
/// Loops call [`pass`](Checkpoint::pass) every few thousand steps, and [`reserve`](Checkpoint::reserve) before every
/// allocation that grows with the data.
pub trait Checkpoint {
    /// `done` of `total` steps of `stage` are behind us (`total` is 0 where it is not known). An error means: stop here.
    fn pass(&mut self, stage: &'static str, done: usize, total: usize) -> Result<()>;

    /// May `bytes` more be allocated? An error means: do not.
    fn reserve(&mut self, bytes: usize) -> Result<()>;
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
        vec.try_reserve_exact(more).map_err(|_| out_of_memory())?;
    }
    Ok(())
}

/// A vector of `n` copies of `zero`, asked for first. Where `zero` is all zero bits, untouched pages stay untouched.
pub fn vec_of<T: Clone>(zero: T, n: usize, checkpoint: &mut dyn Checkpoint) -> Result<Vec<T>> {
    checkpoint.reserve(n.saturating_mul(size_of::<T>()))?;
    Ok(vec![zero; n])
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
