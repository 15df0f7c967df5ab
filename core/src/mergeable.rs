//! What is collected in pieces, wherever these are, and merged: the states of aggregates.

use crate::checkpoint::Checkpoint;
use crate::codec::Sink;
use crate::error::Result;

/// Something collected that merges with others of its kind: whatever the pieces and their order, the result is the same.
///
/// After an error it is of no further use.
pub trait Mergeable: Sized + 'static {
    /// What it is collected for: the name of a function or type in SQL, for messages.
    const NAME: &'static str;

    /// One that has seen nothing. Rows that take `limit` bytes are made smaller, where there is a way to do that.
    fn new(limit: usize) -> Self;

    /// The bytes it takes on the heap. O(1): it is asked for after each row.
    fn heap_bytes(&self) -> usize;

    /// About how many bytes it takes when it is written.
    fn written_bytes(&self) -> usize {
        self.heap_bytes()
    }

    /// Takes everything from another, which stays as it is.
    fn merge(&mut self, other: &Self, checkpoint: &mut dyn Checkpoint) -> Result<()>;

    /// Writes it to an empty sink. It still holds the same afterwards.
    fn write(&mut self, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()>;

    /// What [`write`](Mergeable::write) wrote, once more.
    fn read(bytes: &[u8], limit: usize, checkpoint: &mut dyn Checkpoint) -> Result<Self>;
}
