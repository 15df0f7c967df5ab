//! The order of rows.
//!
//! A row is a sequence of words: those of its id, then its features, then its weight if it has one. Rows are sorted by their first words, then those whose first
//! words are the same by their second words, and so on. So nothing is special about ids with a long common beginning, or ids
//! that come many times, and the work can be stopped at any time.

use crate::checkpoint::{Checkpoint, push, vec_of, vec_with_capacity};
use crate::error::Result;
use crate::key::Keys;
use crate::words::{PASS, sort_by_word};
use std::cmp::Ordering;

/// Fewer rows are compared with each other.
const FEW: usize = 32;

/// Rows that can be put in order.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) ids: &'a Keys,
    /// Row by row: the features of each, and its weight behind them if rows have weights.
    pub(super) numbers: &'a [f64],
    /// How many numbers a row has.
    pub(super) width: usize,
}

/// A word of a row, and the number of the row.
type Place = (u64, usize);

impl<'a> Rows<'a> {
    /// The numbers of the rows, in order; nothing if they stand in order already. O(rows), if ids differ early.
    pub(super) fn order(&self, checkpoint: &mut dyn Checkpoint) -> Result<Option<Vec<Place>>> {
        let n = self.ids.len();
        let mut sorted = true;
        for start in (1..n).step_by(PASS) {
            checkpoint.pass("sorting", 0, n)?;
            sorted = sorted && (start..n.min(start + PASS)).all(|row| self.cmp(row - 1, row).is_le());
        }
        if sorted {
            return Ok(None);
        }
        let mut places: Vec<Place> = vec_with_capacity(n, checkpoint)?;
        places.extend((0..n).map(|row| (0, row)));
        let mut spare = vec_of((0, 0), n, checkpoint)?;
        // Rows that have the words before the given one in common.
        let mut open = vec![(0..n, 0)];
        while let Some((range, word)) = open.pop() {
            let places = &mut places[range.clone()];
            if !self.read_words(places, word, checkpoint)? {
                continue;
            }
            sort_by_word(places, &mut spare[..range.len()], checkpoint)?;
            let mut start = 0;
            for same in places.chunk_by_mut(|a, b| a.0 == b.0) {
                let end = start + same.len();
                if same.len() > FEW {
                    push(
                        &mut open,
                        (range.start + start..range.start + end, word + 1),
                        checkpoint,
                    )?;
                } else if same.len() > 1 {
                    same.sort_unstable_by(|a, b| self.cmp(a.1, b.1));
                }
                start = end;
            }
        }
        Ok(Some(places))
    }

    /// The features of a row, and its weight.
    pub(super) fn numbers(&self, row: usize) -> &'a [f64] {
        &self.numbers[row * self.width..][..self.width]
    }

    pub(super) fn cmp(&self, a: usize, b: usize) -> Ordering {
        let numbers = || self.numbers(a).iter().zip(self.numbers(b));
        self.ids.get(a).cmp(&self.ids.get(b)).then_with(|| {
            numbers()
                .map(|(a, b)| a.total_cmp(b))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        })
    }

    /// Takes note of a word of each row. False if there is none: then the rows are the same.
    fn read_words(&self, places: &mut [Place], word: usize, checkpoint: &mut dyn Checkpoint) -> Result<bool> {
        let total = places.len();
        for (done, part) in places.chunks_mut(PASS).enumerate() {
            checkpoint.pass("sorting", done * PASS, total)?;
            for place in part {
                match self.word(place.1, word) {
                    Some(word) => place.0 = word,
                    None => return Ok(false),
                }
            }
        }
        Ok(true)
    }

    /// A word of a row, such that rows are in the order of the first word in which they differ. As texts hold no zeros, a text that
    /// is the beginning of another one differs from it in the word where it ends.
    #[inline]
    fn word(&self, row: usize, word: usize) -> Option<u64> {
        let (own, words) = match self.ids {
            Keys::Integer(ids) => (ids[row] as u64 ^ 1 << 63, 1),
            Keys::Uuid(ids) => ((ids[row] >> (64 * (1 - word.min(1)))) as u64, 2),
            Keys::Text { bytes, ends } => {
                let id = if row == 0 { 0 } else { ends[row - 1] }..ends[row];
                let rest = &bytes.as_bytes()[id.end.min(id.start + 8 * word)..id.end];
                let mut start = [0; 8];
                let n = rest.len().min(8);
                start[..n].copy_from_slice(&rest[..n]);
                (u64::from_be_bytes(start), id.len() / 8 + 1)
            }
        };
        if word < words {
            return Some(own);
        }
        let number = self.numbers(row).get(word - words)?.to_bits();
        // The order of doubles: those below zero backwards.
        Some(number ^ ((number as i64 >> 63) as u64 | 1 << 63))
    }
}
