//! The items of a log, by number and by name.

use super::STEPS;
use crate::checkpoint::{Checkpoint, vec_of, vec_with_capacity};
use crate::error::Result;
use crate::key::{Key, KeyKind, Keys};
use crate::words::order_of_bytes;
use std::fmt::Write;

/// The items of a log in the order of their numbers: from the one in the most baskets down, those in equally many in order
/// of their keys.
#[derive(Clone, Debug)]
pub struct Items {
    keys: Keys,
    counts: Vec<u32>,
}

impl Items {
    pub(super) fn new(keys: Keys, counts: Vec<u32>) -> Items {
        Items { keys, counts }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The kind of their keys.
    pub fn kind(&self) -> KeyKind {
        self.keys.kind()
    }

    /// The key of the item `number`. Its text is what it displays as.
    pub fn key(&self, number: u32) -> Key<'_> {
        self.keys.get(number as usize)
    }

    /// In how many baskets each item is.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The number of the item with a key, which is of the kind of all keys. A binary search among the items of each count, of
    /// which there are at most the square root of twice the entries.
    pub fn number(&self, key: Key<'_>) -> Option<u32> {
        let mut start = 0;
        while let Some(&count) = self.counts.get(start) {
            let end = start + self.counts[start..].partition_point(|&other| other == count);
            let place = partition_point(start, end, |place| self.keys.get(place) < key);
            if place < end && self.keys.get(place) == key {
                return Some(place as u32);
            }
            start = end;
        }
        None
    }

    /// For each of the first `known` items, its place among these by what they display as, code point by code point. In this order the
    /// items of a set are written: numbers, which go by frequency, would put the same set in another order in another log.
    pub fn places(&self, known: usize, checkpoint: &mut dyn Checkpoint) -> Result<Vec<u32>> {
        let known = known.min(self.len());
        let mut texts = String::new();
        let mut ends = vec_with_capacity(known, checkpoint)?;
        for number in 0..known {
            if number % STEPS == 0 {
                checkpoint.pass("sorting items", number, known)?;
            }
            let capacity = texts.capacity();
            // Writing to a string cannot fail.
            let _ = write!(texts, "{}", self.keys.get(number));
            if texts.capacity() > capacity {
                checkpoint.reserve(texts.capacity() - capacity)?;
            }
            ends.push(texts.len());
        }
        let text = |number: u32| {
            let start = number.checked_sub(1).map_or(0, |before| ends[before as usize]);
            &texts.as_bytes()[start..ends[number as usize]]
        };
        let order = order_of_bytes(known as u32, text, checkpoint)?;
        let mut places = vec_of(0, known, checkpoint)?;
        for (place, &number) in order.iter().enumerate() {
            places[number as usize] = place as u32;
        }
        Ok(places)
    }

    /// The number of the item that a text names. None if there is no such item, or if the text spells no key of that kind.
    pub fn find(&self, text: &str) -> Option<u32> {
        self.number(Key::parse(self.kind(), text)?)
    }
}

/// The first place from `start` on that `is_before` does not hold for; `end` if it holds for all.
fn partition_point(mut start: usize, mut end: usize, is_before: impl Fn(usize) -> bool) -> usize {
    while start < end {
        let middle = start + (end - start) / 2;
        if is_before(middle) {
            start = middle + 1;
        } else {
            end = middle;
        }
    }
    start
}
