//! Keys in order, one behind the other.
//!
//! Keys that are bytes, such as texts, are written as how many bytes they begin with in common with the key before, how many follow, and
//! these. The keys of a block are a column:
//!
//! ```text
//! integer  signed varint of the first, a byte of bits per step, steps to the following ones, packed
//! uuid     16 bytes each, most significant first
//! text     varint length of what follows, then each key as above
//! ```
//! Where no key comes twice, steps are one less than they are.

use crate::checkpoint::{Checkpoint, attempt, grow};
use crate::codec::{Reader, pack, put_signed, put_varint, unpack, width};
use crate::error::Result;
use crate::key::{Key, KeyKind};
use std::cmp::Ordering;

/// Appends how the bytes of `key` begin with those of `last`, which becomes that key. Returns the bytes that are to follow.
pub(crate) fn put_key_start<'k>(out: &mut Vec<u8>, last: &mut Vec<u8>, key: &'k [u8]) -> &'k [u8] {
    let shared = last.iter().zip(key).take_while(|(a, b)| a == b).count();
    let own = &key[shared..];
    last.truncate(shared);
    last.extend_from_slice(own);
    put_varint(out, shared as u64);
    put_varint(out, own.len() as u64);
    own
}

/// Reads a key into `last`, the key before. Returns how it compares to that.
#[inline]
pub(crate) fn read_key(
    reader: &mut Reader<'_>,
    last: &mut Vec<u8>,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Ordering> {
    let shared = usize::try_from(reader.varint()?).ok();
    let Some(shared) = shared.filter(|&shared| shared <= last.len()) else {
        return Err(reader.error("A key shares more with the one before than that has."));
    };
    let own = reader.count(8)?;
    let own = reader.bytes(own)?;
    let order = own.cmp(&last[shared..]);
    last.truncate(shared);
    make_room(last, own.len(), checkpoint)?;
    last.extend_from_slice(own);
    Ok(order)
}

/// The keys of a block on their way out.
#[derive(Debug)]
pub(crate) struct KeyWriter {
    kind: KeyKind,
    integers: Vec<i64>,
    /// UUIDs and texts, ready to be written.
    bytes: Vec<u8>,
    /// Where the last key begins among these.
    last_start: usize,
    last: Vec<u8>,
}

impl KeyWriter {
    pub(crate) fn new(kind: KeyKind) -> KeyWriter {
        KeyWriter {
            kind,
            integers: Vec::new(),
            bytes: Vec::new(),
            last_start: 0,
            last: Vec::new(),
        }
    }

    /// Appends a key of the column's kind, which is not before the last one.
    pub(crate) fn push(&mut self, key: Key<'_>) -> Result<()> {
        self.last_start = self.bytes.len();
        match key {
            Key::Integer(key) => self.integers.push(key),
            Key::Uuid(key) => self.bytes.extend_from_slice(&key.to_be_bytes()),
            Key::Text(key) => {
                if self.bytes.capacity() - self.bytes.len() < key.len() + 20 {
                    attempt(|| self.bytes.try_reserve(key.len() + 20))?;
                    attempt(|| self.last.try_reserve(key.len()))?;
                }
                let own = put_key_start(&mut self.bytes, &mut self.last, key.as_bytes());
                self.bytes.extend_from_slice(own);
            }
        }
        Ok(())
    }

    /// Takes the last key back. Nothing may be appended before the column is written.
    pub(crate) fn pop(&mut self) {
        self.integers.pop();
        self.bytes.truncate(self.last_start);
    }

    /// The bytes of keys that are no integers.
    pub(crate) fn len_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Appends the column, and empties it. `distinct` if no key comes twice. `steps` is memory to work in.
    pub(crate) fn write(&mut self, distinct: bool, out: &mut Vec<u8>, steps: &mut Vec<u64>) -> Result<()> {
        match self.kind {
            KeyKind::Integer => {
                put_signed(out, self.integers.first().copied().unwrap_or(0));
                steps.clear();
                let step = |pair: &[i64]| (pair[1].wrapping_sub(pair[0]) as u64).wrapping_sub(distinct.into());
                steps.extend(self.integers.windows(2).map(step));
                let bits = width(steps);
                out.push(bits as u8);
                pack(out, steps, bits);
            }
            KeyKind::Uuid => out.extend_from_slice(&self.bytes),
            KeyKind::Text => {
                put_varint(out, self.bytes.len() as u64);
                attempt(|| out.try_reserve(self.bytes.len()))?;
                out.extend_from_slice(&self.bytes);
            }
        }
        self.integers.clear();
        self.bytes.clear();
        self.last.clear();
        Ok(())
    }
}

/// The keys of a block as they stand in the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyColumn<'a> {
    first: i64,
    bits: u32,
    /// Packed steps, UUIDs or texts.
    pub(crate) bytes: &'a [u8],
}

impl<'a> KeyColumn<'a> {
    /// Finds the column of `n` keys, of which there is at least one.
    pub(crate) fn open(reader: &mut Reader<'a>, kind: KeyKind, n: usize) -> Result<KeyColumn<'a>> {
        let mut column = KeyColumn::default();
        column.bytes = match kind {
            KeyKind::Integer => {
                column.first = reader.signed()?;
                column.bits = reader.bits()?;
                reader.packed(n - 1, column.bits)?
            }
            KeyKind::Uuid => reader.bytes(n.saturating_mul(16))?,
            KeyKind::Text => {
                let len = reader.count(8)?;
                reader.bytes(len)?
            }
        };
        Ok(column)
    }

    /// Appends the integers, of which there are `n`, to `keys`; false if one is out of range. `steps` is memory to work in.
    pub(crate) fn integers(&self, n: usize, distinct: bool, keys: &mut Vec<i64>, steps: &mut Vec<u64>) -> Result<bool> {
        unpack(&mut Reader::new("", self.bytes), n - 1, self.bits, steps)?;
        let mut key = self.first;
        let mut sound = true;
        keys.push(key);
        for &step in &*steps {
            // Steps are below 2^64, so a sum that wrapped around is less than what it was added to.
            let next = key.wrapping_add(step as i64).wrapping_add(distinct.into());
            sound &= if distinct { next > key } else { next >= key };
            key = next;
            keys.push(key);
        }
        Ok(sound)
    }
}

/// Room for `more` elements, growing by half at least.
pub(crate) fn make_room<T>(vec: &mut Vec<T>, more: usize, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    if vec.capacity() - vec.len() < more {
        let more = more.max(vec.len() / 2);
        grow(vec, more, checkpoint)?;
    }
    Ok(())
}
