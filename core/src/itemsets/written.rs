//! The set at hand, and writing it out.

use super::{Options, Visit};
use crate::checkpoint::{Checkpoint, push, vec_of};
use crate::error::Result;

/// A set that was searched for, with the items that are in all of its baskets, on its way out.
pub(super) struct Written<'a> {
    visit: &'a mut Visit<'a>,
    pub(super) checkpoint: &'a mut dyn Checkpoint,
    min_length: usize,
    pub(super) max_length: usize,
    /// The items that were searched for, filled from behind: each is more frequent than those that came before.
    path: Vec<u32>,
    /// Where they start.
    top: usize,
    /// The items that go with them: in all of their baskets.
    pub(super) free: Vec<u32>,
    /// Both, ascending, and whether an item may be left out.
    slots: Vec<(u32, bool)>,
    /// The slots that may be left empty.
    choices: Vec<Choice>,
    set: Vec<u32>,
    /// Steps since the last look at the checkpoint.
    steps: usize,
    /// How much of the search is done: items, of how many.
    pub(super) done: (usize, usize),
}

struct Choice {
    slot: usize,
    taken: bool,
    /// The length of the set before it.
    before: usize,
}

/// The steps between two looks at the checkpoint, of about a nanosecond each.
const STEPS: usize = 1 << 18;

impl<'a> Written<'a> {
    pub(super) fn new(
        longest: usize,
        options: &Options,
        visit: &'a mut Visit<'a>,
        checkpoint: &'a mut dyn Checkpoint,
    ) -> Result<Written<'a>> {
        Ok(Written {
            path: vec_of(0, longest, checkpoint)?,
            top: longest,
            visit,
            checkpoint,
            min_length: options.min_length,
            max_length: options.max_length,
            free: Vec::new(),
            slots: Vec::new(),
            choices: Vec::new(),
            set: Vec::new(),
            steps: 0,
            done: (0, 0),
        })
    }

    /// Counts steps, and looks at the checkpoint from time to time.
    #[inline]
    pub(super) fn step(&mut self, steps: usize) -> Result<()> {
        self.steps += steps;
        if self.steps >= STEPS {
            self.steps = 0;
            self.checkpoint
                .pass("searching for itemsets", self.done.0, self.done.1)?;
        }
        Ok(())
    }

    /// How many items were searched for.
    pub(super) fn depth(&self) -> usize {
        self.path.len() - self.top
    }

    /// Adds an item, more frequent than those before.
    pub(super) fn enter(&mut self, item: u32) {
        self.top -= 1;
        self.path[self.top] = item;
    }

    /// Takes the last item away again, and what went with it: all but the first `free`.
    pub(super) fn leave(&mut self, free: usize) {
        self.top += 1;
        self.free.truncate(free);
    }

    /// Remembers an item that is in all baskets of the set.
    pub(super) fn add_free(&mut self, item: u32) -> Result<()> {
        push(&mut self.free, item, self.checkpoint)
    }

    fn put(&mut self, count: u32) -> Result<()> {
        self.step(32)?;
        (self.visit)(&self.set, count, self.checkpoint)
    }

    /// Writes the set with all that goes with it, as one.
    pub(super) fn whole(&mut self, count: u32) -> Result<()> {
        let length = self.depth() + self.free.len();
        if (self.min_length..=self.max_length).contains(&length) {
            self.set.clear();
            self.set.extend_from_slice(&self.path[self.top..]);
            self.set.extend_from_slice(&self.free);
            self.set.sort_unstable();
            self.put(count)?;
        }
        Ok(())
    }

    /// Writes the set with each choice of what goes with it.
    pub(super) fn each(&mut self, count: u32) -> Result<()> {
        let room = self.max_length.saturating_sub(self.depth());
        if self.free.is_empty() || room == 0 {
            if self.depth() >= self.min_length {
                self.step(32)?;
                (self.visit)(&self.path[self.top..], count, self.checkpoint)?;
            }
            return Ok(());
        }
        self.slots.clear();
        self.slots
            .extend(self.path[self.top..].iter().map(|&item| (item, false)));
        self.slots.extend(self.free.iter().map(|&item| (item, true)));
        self.slots.sort_unstable();
        self.choices.clear();
        let free = self.slots.iter().enumerate().filter(|(_, slot)| slot.1);
        self.choices.extend(free.map(|(slot, _)| Choice {
            slot,
            taken: false,
            before: 0,
        }));
        self.set.clear();
        let mut taken = 0;
        let (mut slot, mut choice) = (0, 0);
        loop {
            // From the choice that has changed on.
            for &(item, optional) in &self.slots[slot..] {
                if optional {
                    self.choices[choice].before = self.set.len();
                    if self.choices[choice].taken {
                        self.set.push(item);
                    }
                    choice += 1;
                } else {
                    self.set.push(item);
                }
            }
            if self.set.len() >= self.min_length {
                self.put(count)?;
            } else {
                self.step(32)?;
            }
            // Count in binary, skipping what would be too long.
            loop {
                if choice == 0 {
                    return Ok(());
                }
                choice -= 1;
                let last = &mut self.choices[choice];
                if last.taken {
                    last.taken = false;
                    taken -= 1;
                } else if taken < room {
                    last.taken = true;
                    taken += 1;
                    slot = last.slot;
                    self.set.truncate(last.before);
                    break;
                }
            }
        }
    }
}
