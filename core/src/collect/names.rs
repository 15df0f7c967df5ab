//! Numbers for keys: while rows are collected, a UUID or a text, or an item of any kind, is its place in this table.

use crate::checkpoint::{Checkpoint, attempt, grow, push, vec_of, vec_with_capacity};
use crate::error::{Error, Kind, Result};
use crate::key::{Key, KeyKind};
use crate::words::{PASS, order_of_bytes};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// Distinct keys in the order in which they were first seen.
#[derive(Debug, Default)]
pub(crate) struct Names {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Half of the hash of each key, so that growing need not look at the keys again, and its place.
    places: HashTable<(u32, u32)>,
    hasher: DefaultHashBuilder,
}

impl Names {
    /// The number of a key; a new one if it was not seen before.
    #[inline]
    pub(crate) fn number(&mut self, key: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<u32> {
        let half = self.hasher.hash_one(key) as u32;
        let (bytes, ends) = (&self.bytes, &self.ends);
        let found = self.places.find(whole(half), |&(other, place)| {
            other == half && name(bytes, ends, place) == key
        });
        match found {
            Some(&(_, place)) => Ok(place),
            None => self.add(key, half, checkpoint),
        }
    }

    #[cold]
    fn add(&mut self, key: &[u8], half: u32, checkpoint: &mut dyn Checkpoint) -> Result<u32> {
        let place = u32::try_from(self.ends.len()).map_err(|_| {
            Error::new(Kind::TooLarge, "too many distinct keys")
                .detail(format!("One log can hold {} of them.", u32::MAX))
        })?;
        if self.places.len() == self.places.capacity() {
            checkpoint.reserve(self.places.allocation_size() + 64)?;
            attempt(|| self.places.try_reserve(1, |&(half, _)| whole(half)))?;
        }
        if self.bytes.capacity() - self.bytes.len() < key.len() {
            let more = key.len().max(self.bytes.len());
            grow(&mut self.bytes, more, checkpoint)?;
        }
        self.bytes.extend_from_slice(key);
        push(&mut self.ends, self.bytes.len(), checkpoint)?;
        self.places
            .insert_unique(whole(half), (half, place), |&(half, _)| whole(half));
        Ok(place)
    }

    /// How many distinct keys there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes this table takes.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<usize>() + self.places.allocation_size()
    }

    /// The key with the number `place`.
    pub(crate) fn key(&self, place: u32, kind: KeyKind) -> Key<'_> {
        let name = self.bytes(place);
        match kind {
            KeyKind::Integer => Key::Integer(integer_of(name.try_into().expect("eight bytes"))),
            KeyKind::Uuid => Key::Uuid(u128::from_be_bytes(name.try_into().expect("sixteen bytes"))),
            KeyKind::Text => Key::Text(std::str::from_utf8(name).expect("keys are checked when they come in")),
        }
    }

    /// The bytes of the key with the number `place`.
    pub(crate) fn bytes(&self, place: u32) -> &[u8] {
        name(&self.bytes, &self.ends, place)
    }

    /// The numbers in ascending order of the bytes of their keys.
    pub(crate) fn in_order(&self, checkpoint: &mut dyn Checkpoint) -> Result<Vec<u32>> {
        order_of_bytes(self.len() as u32, |place| self.bytes(place), checkpoint)
    }

    /// Renumbers the keys in ascending order of their bytes. Returns the new number of each old one, or nothing if the
    /// numbers stand as they are.
    pub(crate) fn sort(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<Option<Vec<u32>>> {
        let n = self.len();
        let mut sorted = true;
        for start in (1..n).step_by(PASS) {
            checkpoint.pass("sorting keys", 0, n)?;
            let mut part = start as u32..n.min(start + PASS) as u32;
            sorted = sorted && part.all(|place| self.bytes(place - 1) < self.bytes(place));
        }
        if sorted {
            return Ok(None);
        }
        let order = self.in_order(checkpoint)?;
        let mut bytes = vec_with_capacity(self.bytes.len(), checkpoint)?;
        let mut ends = vec_with_capacity(n, checkpoint)?;
        let mut numbers = vec_of(0, n, checkpoint)?;
        for (number, &place) in order.iter().enumerate() {
            if number % PASS == 0 {
                checkpoint.pass("sorting keys", number, n)?;
            }
            bytes.extend_from_slice(self.bytes(place));
            ends.push(bytes.len());
            numbers[place as usize] = number as u32;
        }
        for (_, place) in &mut self.places {
            *place = numbers[*place as usize];
        }
        (self.bytes, self.ends) = (bytes, ends);
        Ok(Some(numbers))
    }
}

/// A hash of 64 bits, of which a table takes the place from the lower ones and a mark from the upper ones.
#[inline]
fn whole(half: u32) -> u64 {
    u64::from(half) << 32 | u64::from(half)
}

/// The bytes of a key, which are in the order of the keys.
#[inline]
pub(crate) fn with_bytes<T>(key: Key<'_>, then: impl FnOnce(&[u8]) -> T) -> T {
    match key {
        Key::Integer(key) => then(&(key as u64 ^ SIGN).to_be_bytes()),
        Key::Uuid(key) => then(&key.to_be_bytes()),
        Key::Text(key) => then(key.as_bytes()),
    }
}

const SIGN: u64 = 1 << 63;

fn integer_of(bytes: [u8; 8]) -> i64 {
    (u64::from_be_bytes(bytes) ^ SIGN) as i64
}

#[inline]
fn name<'a>(bytes: &'a [u8], ends: &[usize], place: u32) -> &'a [u8] {
    let place = place as usize;
    let start = if place == 0 { 0 } else { ends[place - 1] };
    &bytes[start..ends[place]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;

    #[test]
    fn the_same_key_has_the_same_number() {
        let mut names = Names::default();
        let mut numbers = Vec::new();
        for key in [
            "b",
            "",
            "a",
            "b",
            "a long key with a long prefix 2",
            "a long key with a long prefix 1",
            "a\0",
            "a",
        ] {
            numbers.push(names.number(key.as_bytes(), &mut Unhindered).unwrap());
        }
        assert_eq!(numbers, [0, 1, 2, 0, 3, 4, 5, 2]);
        let renumbered = names.sort(&mut Unhindered).unwrap().unwrap();
        assert_eq!(renumbered, [5, 0, 1, 4, 3, 2]);
        assert_eq!(
            names.key(4, KeyKind::Text),
            Key::Text("a long key with a long prefix 2")
        );
        assert_eq!(names.number(b"b", &mut Unhindered), Ok(5));
        assert_eq!(names.number(b"new", &mut Unhindered), Ok(6));
        assert_eq!(names.sort(&mut Unhindered), Ok(None));
    }

    #[test]
    fn many_keys_are_found_again() {
        let mut names = Names::default();
        for round in 0..2 {
            for i in 0..10_000u32 {
                let key = format!("customer {i}");
                let number = names.number(key.as_bytes(), &mut Unhindered).unwrap();
                assert_eq!(number, i, "round {round}");
            }
        }
    }
}
