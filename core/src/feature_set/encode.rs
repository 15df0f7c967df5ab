//! Writing a set: its header, then blocks, column by column.

use super::block::put_column;
use super::{Counts, Shape};
use crate::checkpoint::Checkpoint;
use crate::codec::{Sink, put_varint};
use crate::collect::{KeyWriter, Writer, byte_of};
use crate::error::Result;
use crate::key::{Key, KeyKind};

/// Bytes that are put together before they go to the sink.
const PIECE: usize = 64 << 10;

/// Writes one set to an empty sink. For each block come its ids, in order, and then its columns.
pub(super) struct Encoder<'s> {
    writer: Writer<'s>,
    ids: KeyWriter,
    piece: Vec<u8>,
    /// Memory to work in.
    values: Vec<f64>,
    offsets: Vec<u64>,
}

impl<'s> Encoder<'s> {
    pub(super) fn new(sink: &'s mut dyn Sink, shape: Option<Shape>, counts: &Counts) -> Result<Encoder<'s>> {
        let kind = shape.map(|shape| shape.kind);
        let mut piece = Vec::new();
        let word = |shape: Shape| (shape.dimension as u64) << 1 | u64::from(shape.weighted);
        put_varint(&mut piece, shape.map_or(0, word));
        Ok(Encoder {
            writer: Writer::begin(sink, byte_of(kind), counts, 0)?,
            ids: KeyWriter::new(kind.unwrap_or(KeyKind::Integer)),
            piece,
            values: Vec::new(),
            offsets: Vec::new(),
        })
    }

    /// The ids of a block.
    pub(super) fn ids<'k>(
        &mut self,
        ids: impl Iterator<Item = Key<'k>>,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        for id in ids {
            if let Key::Text(id) = id {
                checkpoint.reserve(id.len())?;
            }
            self.ids.push(id)?;
        }
        self.ids.write(false, &mut self.piece, &mut self.offsets)?;
        self.flush_if_full()
    }

    /// A column of the block.
    pub(super) fn column(&mut self, values: impl Iterator<Item = f64>) -> Result<()> {
        self.values.clear();
        self.values.extend(values);
        put_column(&mut self.piece, &self.values, &mut self.offsets);
        self.flush_if_full()
    }

    /// Writes what is left, and the checksum.
    pub(super) fn finish(mut self) -> Result<()> {
        self.writer.append_piece(&mut self.piece)?;
        self.writer.finish(&[]);
        Ok(())
    }

    fn flush_if_full(&mut self) -> Result<()> {
        if self.piece.len() < PIECE {
            return Ok(());
        }
        self.writer.append_piece(&mut self.piece)
    }
}
