//! Items of one log in another.

use crate::checkpoint::{Checkpoint, vec_of};
use crate::error::Result;

/// No number.
const NONE: u32 = u32::MAX;

/// The numbers that items of another log have in a collection, as far as they have been asked for: when rows become a run, items are
/// numbered anew.
pub(super) struct Numbers {
    numbers: Vec<u32>,
    runs: usize,
}

impl Numbers {
    /// None yet, of so many items.
    pub(super) fn of(items: usize, checkpoint: &mut dyn Checkpoint) -> Result<Numbers> {
        Ok(Numbers {
            numbers: vec_of(NONE, items, checkpoint)?,
            runs: 0,
        })
    }

    /// The number of the item at a place, in a collection that has so many runs by now.
    pub(super) fn known(&mut self, place: u32, runs: usize) -> Option<u32> {
        if self.runs != runs {
            self.runs = runs;
            self.numbers.fill(NONE);
        }
        Some(self.numbers[place as usize]).filter(|&number| number != NONE)
    }

    /// Takes note of a number.
    pub(super) fn set(&mut self, place: u32, number: u32) -> u32 {
        self.numbers[place as usize] = number;
        number
    }
}
