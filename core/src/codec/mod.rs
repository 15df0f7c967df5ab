//! The byte formats all stored values share: little-endian integers, variable-length integers, packed columns.
//!
//! Writing goes to a [`Sink`], so that a large value can be built where it is to stay. Reading goes through a
//! [`Reader`], which checks every length before it believes it: no bytes, however wrong, make it panic or allocate more
//! than the bytes themselves account for.

mod bits;
mod reader;
mod seal;

pub use bits::{pack, unpack, width};
pub use reader::Reader;
pub use seal::{Sealer, invalid_text, invalid_word, seal, unseal};

use crate::checkpoint::attempt;
use crate::error::Result;

/// Somewhere bytes can be appended to.
pub trait Sink {
    /// Appends bytes.
    fn append(&mut self, bytes: &[u8]) -> Result<()>;

    /// Replaces bytes that were appended before, from offset `at` on.
    fn overwrite(&mut self, at: usize, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        if self.capacity() - self.len() < bytes.len() {
            let more = bytes.len().max(self.len() / 2);
            attempt(|| self.try_reserve_exact(more))?;
        }
        self.extend_from_slice(bytes);
        Ok(())
    }

    fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        self[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

/// Appends an unsigned integer, seven bits a byte, the lowest first.
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed integer; small absolute values are short.
pub fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Appends a floating point number.
pub fn put_float(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a text, its length first.
pub fn put_text(out: &mut Vec<u8>, text: &str) {
    put_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}
