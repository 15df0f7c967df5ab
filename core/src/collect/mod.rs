//! What collected values have in common: how they are begun, merged, written, checked and spelled.
//!
//! A collected value is bytes of one family of formats:
//!
//! ```text
//! byte     version, 1
//! byte     kinds of what tells things apart: the first in the lower four bits, the second in the upper four; 0 if nothing was collected
//! 4 bytes  CRC-32 (IEEE) of all other bytes, in their order
//! varints  counts: the rows collected first, then those that something was wrong with
//! ...      what the type says
//! ```
//! Integers are little-endian. The same rows give the same bytes, in whatever order and from however many pieces they come, and there is
//! one way to write them: bytes from outside are believed if they are written that way.

mod amount_column;
mod check;
mod collection;
mod header;
pub(crate) mod json;
mod key_column;
mod kinds;
mod names;
pub(crate) mod pile;
pub(crate) mod row;
mod text;

pub use collection::Collection;
pub use header::MOST_BYTES;
pub use kinds::Listed;

pub(crate) use amount_column::{AmountColumn, AmountWriter, ODD_BYTES};
pub(crate) use check::Comparison;
pub(crate) use header::{Counted, Head, Writer};
pub(crate) use key_column::{KeyColumn, KeyWriter, make_room, put_key_start, read_key};
pub(crate) use kinds::{byte_of, byte_of_two, meet, mismatch, of_byte};
pub(crate) use names::{Names, with_bytes};

use crate::checkpoint::Checkpoint;
use crate::codec::Sink;
use crate::error::Result;
use std::sync::Arc;

/// A value in the making, and what there is to do with the bytes of a finished one.
///
/// After an error a collection is of no further use.
pub trait Collected: Sized + 'static {
    /// The name of the type, in SQL and in messages.
    const NAME: &'static str;

    /// An empty collection. Rows that take `limit` bytes are made smaller, where the type has a way to do that.
    fn new(limit: usize) -> Self;

    /// Takes all that a value holds.
    fn absorb(&mut self, bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<()>;

    /// Takes all that a value holds whose bytes may be kept.
    fn absorb_shared(&mut self, bytes: &Arc<Vec<u8>>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        self.absorb(bytes, checkpoint)
    }

    /// Takes everything from another collection, which stays as it is.
    fn merge(&mut self, other: &Self, checkpoint: &mut dyn Checkpoint) -> Result<()>;

    /// Writes the value to an empty sink. The collection still holds the same afterwards.
    fn write(&mut self, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()>;

    /// The bytes it takes on the heap. O(1).
    fn heap_bytes(&self) -> usize;

    /// About how many bytes the value takes: most rows shrink to half and less when they are written.
    fn written_bytes(&self) -> usize {
        self.heap_bytes() / 2
    }

    /// Whether bytes are what this library writes: bytes from outside are not believed before.
    fn check(bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<()>;

    /// What the head of the compact text form says about a value: names and numbers that its header holds.
    fn facts(bytes: &[u8]) -> Result<Vec<(&'static str, u64)>>;

    /// Writes a value as JSON that people can read and programs can write, and that loses nothing.
    fn write_json(bytes: &[u8], sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()>;

    /// Reads JSON into a collection.
    fn parse_json(text: &str, limit: usize, checkpoint: &mut dyn Checkpoint) -> Result<Self>;

    /// Writes the compact text form of a value: `order_log:1:rows=3:` and the bytes in base64.
    fn write_text(bytes: &[u8], sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        text::write::<Self>(bytes, sink, checkpoint)
    }

    /// Writes the value that a text spells, which is the compact form or JSON, to an empty sink.
    fn parse(text: &str, limit: usize, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        match text::read::<Self>(text, checkpoint)? {
            Some(bytes) => sink.append(&bytes),
            None => Self::parse_json(text, limit, checkpoint)?.write(sink, checkpoint),
        }
    }
}
