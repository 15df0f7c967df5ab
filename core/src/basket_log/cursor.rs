//! Reading a log, basket by basket.

use super::STEPS;
use crate::checkpoint::{Checkpoint, grow};
use crate::codec::Reader;
use crate::collect::read_key;
use crate::error::{Error, Result};
use crate::key::{AnyKey, AnyKind, Form, Key, KeyKind};
use std::cmp::Ordering;

/// The key that was read last. Memory: that key.
#[derive(Debug)]
pub(super) struct KeyReader {
    is_number: bool,
    number: i64,
    bytes: Vec<u8>,
}

impl KeyReader {
    pub(super) fn new(is_number: bool) -> KeyReader {
        KeyReader {
            is_number,
            number: 0,
            bytes: Vec::new(),
        }
    }

    /// Reads the next key. Returns how it compares to the one before, which is 0 or empty at first.
    #[inline]
    pub(super) fn read(&mut self, reader: &mut Reader<'_>, checkpoint: &mut dyn Checkpoint) -> Result<Ordering> {
        if self.is_number {
            let number = self.number.wrapping_add(reader.signed()?);
            let before = std::mem::replace(&mut self.number, number);
            return Ok(number.cmp(&before));
        }
        read_key(reader, &mut self.bytes, checkpoint)
    }

    /// What tells the key from others of its kind.
    pub(super) fn form(&self) -> Form<'_> {
        if self.is_number {
            Form::Number(self.number)
        } else {
            Form::Bytes(&self.bytes)
        }
    }

    /// The key as that of a basket.
    pub(super) fn basket(&self, kind: AnyKind) -> AnyKey<'_> {
        if self.is_number {
            AnyKey::number(kind, self.number)
        } else {
            AnyKey::bytes(kind, &self.bytes)
        }
    }

    /// The key as that of an item.
    pub(super) fn item(&self, kind: KeyKind) -> Result<Key<'_>> {
        Ok(match kind {
            KeyKind::Integer => Key::Integer(self.number),
            KeyKind::Uuid => Key::Uuid(u128::from_be_bytes(self.uuid()?)),
            KeyKind::Text => Key::Text(self.text()?),
        })
    }

    fn uuid(&self) -> Result<[u8; 16]> {
        let bytes = self.bytes.as_slice();
        bytes.try_into().map_err(|_| wrong_key("A UUID has not 16 bytes."))
    }

    fn text(&self) -> Result<&str> {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) if !text.contains('\0') => Ok(text),
            Ok(_) => Err(wrong_key("A text has a zero byte.")),
            Err(error) => Err(wrong_key(&format!("A text has an {error}."))),
        }
    }
}

#[cold]
fn wrong_key(detail: &str) -> Error {
    Error::corrupted(super::NAME, detail)
}

/// A walk over the baskets of a log. Memory: the basket it is at.
///
/// What is read is checked: keys ascend, and so do the items of a basket, of which there is at least one.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    reader: Reader<'a>,
    kind: AnyKind,
    total: usize,
    passed: usize,
    /// How many items there are in the log.
    items_in_all: u64,
    key: KeyReader,
    items: Vec<u32>,
    /// Entries read since the checkpoint was passed.
    steps: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(reader: Reader<'a>, kind: AnyKind, baskets: usize, items: usize) -> Cursor<'a> {
        Cursor {
            reader,
            kind,
            total: baskets,
            passed: 0,
            items_in_all: items as u64,
            key: KeyReader::new(kind.is_number()),
            items: Vec::new(),
            steps: 0,
        }
    }

    /// Goes to the next basket; false at the end.
    #[inline]
    pub(super) fn advance(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<bool> {
        if self.passed == self.total {
            return if self.reader.is_at_end() {
                Ok(false)
            } else {
                Err(self.reader.error("There are bytes behind its end."))
            };
        }
        self.steps += 1 + self.items.len();
        if self.steps >= STEPS {
            self.steps = 0;
            checkpoint.pass("reading baskets", self.passed, self.total)?;
        }
        let order = self.key.read(&mut self.reader, checkpoint)?;
        if self.passed > 0 && order.is_le() {
            return Err(self.reader.error("Keys of baskets do not ascend."));
        }
        match self.kind {
            AnyKind::Uuid => drop(self.key.uuid()?),
            AnyKind::Text => drop(self.key.text()?),
            _ => {}
        }
        self.passed += 1;
        self.read_items(checkpoint)?;
        Ok(true)
    }

    #[inline]
    fn read_items(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let n = self.reader.count(8)?;
        if n == 0 {
            return Err(self.reader.error("A basket is empty."));
        }
        self.items.clear();
        grow(&mut self.items, n, checkpoint)?;
        let mut least = 0;
        for _ in 0..n {
            let more = self.reader.varint()?;
            if more >= self.items_in_all - least {
                return Err(self.reader.error("A basket has an item that there is not."));
            }
            self.items.push((least + more) as u32);
            least += more + 1;
        }
        Ok(())
    }

    /// The key of the basket.
    pub(super) fn key(&self) -> AnyKey<'_> {
        self.key.basket(self.kind)
    }

    /// The items of the basket, ascending.
    #[inline]
    pub(super) fn items(&self) -> &[u32] {
        &self.items
    }
}
