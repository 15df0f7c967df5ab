//! Writing a log: the header, then items and baskets in order.

use super::{Counts, Kinds};
use crate::codec::{Sink, put_signed, put_varint};
use crate::collect::{Writer, byte_of_two, put_key_start};
use crate::error::Result;
use crate::key::Form;

/// What is put together before it goes to the sink.
const PIECE: usize = 64 << 10;

/// Writes one log to an empty sink. Items and then baskets must come in their order, as many as were announced.
pub(super) struct Encoder<'s> {
    writer: Writer<'s>,
    piece: Vec<u8>,
    /// The key before, of an item or of a basket.
    key: KeyWriter,
    /// In how many baskets the item before is.
    count: u32,
}

/// The key that was written last.
#[derive(Default)]
struct KeyWriter {
    number: i64,
    bytes: Vec<u8>,
}

impl<'s> Encoder<'s> {
    /// Begins a log of so many items and baskets.
    pub(super) fn new(
        sink: &'s mut dyn Sink,
        kinds: Option<Kinds>,
        counts: &Counts,
        items: usize,
        baskets: u32,
    ) -> Result<Encoder<'s>> {
        let mut piece = Vec::new();
        put_varint(&mut piece, items as u64);
        put_varint(&mut piece, u64::from(baskets));
        Ok(Encoder {
            writer: Writer::begin(sink, byte_of_two(kinds), counts, 0)?,
            piece,
            key: KeyWriter::default(),
            count: baskets,
        })
    }

    /// The next item, which is in `count` baskets.
    pub(super) fn item(&mut self, key: Form<'_>, count: u32) -> Result<()> {
        self.key(key)?;
        put_varint(&mut self.piece, u64::from(self.count - count));
        self.count = count;
        self.flush_if_full()
    }

    /// What follows are baskets.
    pub(super) fn end_items(&mut self) {
        self.key = KeyWriter::default();
    }

    /// The next basket, with its items in ascending order.
    pub(super) fn basket(&mut self, key: Form<'_>, items: &[u32]) -> Result<()> {
        self.key(key)?;
        put_varint(&mut self.piece, items.len() as u64);
        let mut least = 0;
        for &item in items {
            put_varint(&mut self.piece, u64::from(item) - least);
            least = u64::from(item) + 1;
        }
        self.flush_if_full()
    }

    /// Writes what is left, and the checksum.
    pub(super) fn finish(mut self) -> Result<()> {
        self.flush()?;
        self.writer.finish(&[]);
        Ok(())
    }

    fn key(&mut self, key: Form<'_>) -> Result<()> {
        match key {
            Form::Number(number) => {
                put_signed(&mut self.piece, number.wrapping_sub(self.key.number));
                self.key.number = number;
                Ok(())
            }
            Form::Bytes(bytes) => {
                let rest = put_key_start(&mut self.piece, &mut self.key.bytes, bytes);
                if rest.len() < PIECE {
                    self.piece.extend_from_slice(rest);
                    return Ok(());
                }
                self.flush()?;
                self.writer.append(rest)
            }
        }
    }

    fn flush_if_full(&mut self) -> Result<()> {
        if self.piece.len() < PIECE { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<()> {
        self.writer.append_piece(&mut self.piece)
    }
}
