//! The search, item by item and depth first.

use super::columns::{BITS, and, and_at, count_and, is_within};
use super::rows::{Holders, Rows};
use super::written::Written;
use super::{Options, Target, Visit};
use crate::checkpoint::{Checkpoint, grow, vec_of};
use crate::error::Result;

/// An item that a set can grow by, and how many of the set's baskets hold it.
#[derive(Clone, Copy)]
struct Candidate {
    item: u32,
    count: u32,
}

/// A set on the way down: what it can grow by.
#[derive(Default)]
struct Level {
    /// Ascending: from the most frequent item on.
    candidates: Vec<Candidate>,
    /// Rarer items than the set's own, which only tell whether it is closed. On the first level only.
    rarer: usize,
    /// For each candidate, then each rarer item, in which of the set's baskets it is.
    bits: Vec<u64>,
    /// The words of a column.
    width: usize,
    /// The next candidate to grow by.
    next: usize,
    /// How many items went with the set's parent.
    free: usize,
}

impl Level {
    fn column(&self, index: usize) -> &[u64] {
        &self.bits[index * self.width..][..self.width]
    }

    /// Makes room for columns.
    fn make_room(&mut self, columns: usize, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let words = columns * self.width;
        if words > self.bits.len() {
            let more = words - self.bits.len();
            grow(&mut self.bits, more, checkpoint)?;
            self.bits.resize(words, 0);
        }
        if columns > self.candidates.capacity() {
            let more = columns - self.candidates.len();
            grow(&mut self.candidates, more, checkpoint)?;
        }
        Ok(())
    }
}

/// What is known about an item among the baskets of another.
#[derive(Clone, Copy, Default)]
struct Seen {
    count: u32,
    /// Its column, counted from 1; 0 if it has none.
    column: u32,
}

/// A search for frequent sets.
pub(crate) struct Search<'a> {
    counts: &'a [u32],
    holders: Holders<'a>,
    min_count: u32,
    target: Target,
    written: Written<'a>,
    levels: Vec<Level>,
    /// By item; all zero between two searches.
    seen: Vec<Seen>,
    /// The items that were seen often enough.
    often: Vec<u32>,
    /// The words of a column that are not all zero.
    places: Vec<u32>,
}

impl<'a> Search<'a> {
    /// A search for sets that have at most one item which is not below `below`.
    pub(crate) fn new(
        rows: &'a Rows<'a>,
        counts: &'a [u32],
        options: &Options,
        below: u32,
        visit: &'a mut Visit<'a>,
        checkpoint: &'a mut dyn Checkpoint,
    ) -> Result<Search<'a>> {
        Ok(Search {
            holders: Holders::of(
                rows,
                counts,
                options.min_count,
                below,
                options.target != Target::All,
                checkpoint,
            )?,
            seen: vec_of(Seen::default(), counts.len(), checkpoint)?,
            often: vec_of(0, counts.len() + 1, checkpoint)?,
            written: Written::new(rows.longest().max(1), options, visit, checkpoint)?,
            counts,
            min_count: options.min_count,
            target: options.target,
            levels: vec![Level::default()],
            places: Vec::new(),
        })
    }

    /// Finds all sets.
    pub(crate) fn run(mut self) -> Result<()> {
        let items = self.counts.len() as u32;
        let mut done = 0;
        while done < items {
            let ready = self.holders.next(self.written.checkpoint)?;
            done = ready.end;
            for item in ready {
                self.written.done = (item as usize, items as usize);
                if self.counts[item as usize] >= self.min_count {
                    self.search(item)?;
                }
            }
        }
        Ok(())
    }

    /// Finds the sets whose rarest item is `item`.
    fn search(&mut self, item: u32) -> Result<()> {
        let count = self.counts[item as usize];
        self.written.enter(item);
        if self.start(item)? {
            self.write(0, count)?;
            if self.may_grow() {
                self.descend()?;
            }
        }
        self.written.leave(0);
        Ok(())
    }

    /// Makes the first level: what is frequent in the baskets of `item`. False if a rarer item is in all of them.
    fn start(&mut self, item: u32) -> Result<bool> {
        let holders = self.holders.get(item);
        let (total, min_count) = (self.counts[item as usize], self.min_count);
        let (mut often, mut length) = (0, 0);
        for piece in holders {
            for &other in piece {
                let seen = &mut self.seen[other as usize];
                seen.count += 1;
                // Written in any case, and kept if this is where it becomes frequent.
                self.often[often] = other;
                often += usize::from(seen.count == min_count);
            }
            length += piece.len();
            self.written.step(piece.len() + 8)?;
        }
        let often = &mut self.often[..often];
        often.sort_unstable();

        let level = &mut self.levels[0];
        level.width = (total as usize).div_ceil(BITS);
        level.candidates.clear();
        level.rarer = 0;
        level.next = 0;
        level.free = 0;
        level.make_room(often.len(), self.written.checkpoint)?;
        let mut closed = true;
        let mut columns = 0;
        for &other in &*often {
            let seen = &mut self.seen[other as usize];
            let count = seen.count;
            if other < item && count == total {
                self.written.add_free(other)?;
            } else if other < item {
                level.candidates.push(Candidate { item: other, count });
                columns += 1;
                seen.column = columns;
            } else if other > item {
                closed &= count < total;
                level.rarer += 1;
                columns += 1;
                seen.column = columns;
            }
        }
        // One candidate alone has nothing to be combined with.
        let needed = match self.target {
            Target::All => columns > 1 && self.written.max_length > 2,
            _ => closed,
        };
        if needed {
            level.bits[..columns as usize * level.width].fill(0);
            for (place, piece) in holders.enumerate() {
                let (word, bit) = (place / BITS, 1 << (place % BITS));
                for &other in piece {
                    let seen = &mut self.seen[other as usize];
                    seen.count = 0;
                    if seen.column != 0 {
                        level.bits[(seen.column as usize - 1) * level.width + word] |= bit;
                    }
                }
            }
            self.written.step(length)?;
        } else if self.target == Target::All && length >= item as usize {
            self.seen[..item as usize].fill(Seen::default());
        } else {
            holders.flatten().for_each(|&other| self.seen[other as usize].count = 0);
        }
        for &other in &*often {
            self.seen[other as usize].column = 0;
        }
        Ok(closed)
    }

    /// Whether the set may have more items. Closed sets may always: what is too long is left out at the end.
    fn may_grow(&self) -> bool {
        self.target != Target::All || self.written.depth() < self.written.max_length
    }

    /// Grows the set of the first level by its candidates, and so on.
    fn descend(&mut self) -> Result<()> {
        let mut depth = 0;
        loop {
            let level = &mut self.levels[depth];
            let index = level.next;
            if let Some(&candidate) = level.candidates.get(index) {
                level.next += 1;
                self.written.enter(candidate.item);
                let free = self.written.free.len();
                if self.grow(depth, index)? {
                    self.write(depth + 1, candidate.count)?;
                    if !self.levels[depth + 1].candidates.is_empty() {
                        depth += 1;
                        self.levels[depth].free = free;
                        continue;
                    }
                }
                self.written.leave(free);
            } else if depth == 0 {
                return Ok(());
            } else {
                self.written.leave(self.levels[depth].free);
                depth -= 1;
            }
        }
    }

    /// Makes the level below `depth`, of the set with the candidate at `index`. False if a rarer item is in all of its baskets, so that it has
    /// been found with that item.
    fn grow(&mut self, depth: usize, index: usize) -> Result<bool> {
        let grows = self.may_grow();
        if self.levels.len() == depth + 1 {
            self.levels.push(Level::default());
        }
        let (above, below) = self.levels.split_at_mut(depth + 1);
        let (parent, child) = (&above[depth], &mut below[0]);
        child.candidates.clear();
        child.next = 0;
        let own = parent.column(index);
        let count = parent.candidates[index].count;
        if self.target == Target::All {
            // The most frequent candidate has none before it, and perhaps no column.
            if index == 0 || !grows {
                return Ok(true);
            }
        } else {
            self.written.step(8 * above.len())?;
            if rarer_columns(above).any(|column| is_within(own, column)) {
                return Ok(false);
            }
        }
        // Words without any of the set's baskets are left behind once they are the most.
        self.places.clear();
        let few = self.target == Target::All && parent.width > 4 && count as usize * 2 < parent.width;
        if few {
            let places = own.iter().enumerate().filter(|(_, word)| **word != 0);
            self.places.extend(places.map(|(place, _)| place as u32));
        }
        child.width = if few { self.places.len() } else { parent.width };
        child.make_room(index, self.written.checkpoint)?;
        let mut columns = child.bits.chunks_exact_mut(child.width);
        let mut column = columns.next();
        for (other, candidate) in parent.candidates[..index].iter().enumerate() {
            let Some(out) = column.as_deref_mut() else { break };
            let both = if few {
                and_at(&self.places, own, parent.column(other), out)
            } else {
                and(own, parent.column(other), out)
            };
            if both == count {
                self.written.add_free(candidate.item)?;
            } else if both >= self.min_count {
                child.candidates.push(Candidate {
                    item: candidate.item,
                    count: both,
                });
                column = columns.next();
            }
        }
        self.written.step(index * (child.width + 4))?;
        Ok(true)
    }

    /// Writes the set whose candidates are at `depth`.
    fn write(&mut self, depth: usize, count: u32) -> Result<()> {
        match self.target {
            Target::All => self.written.each(count),
            Target::Closed => self.written.whole(count),
            Target::Maximal => {
                if !self.levels[depth].candidates.is_empty() || self.grows_by_rarer(depth) {
                    return Ok(());
                }
                self.written.whole(count)
            }
        }
    }

    /// Whether the set whose candidates are at `depth` stays frequent with a rarer item.
    fn grows_by_rarer(&self, depth: usize) -> bool {
        if depth == 0 {
            // Any rarer item that has a column is frequent with the first item.
            return self.levels[0].rarer > 0;
        }
        let parent = &self.levels[depth - 1];
        let own = parent.column(parent.next - 1);
        rarer_columns(&self.levels[..depth]).any(|column| count_and(own, column) >= self.min_count)
    }
}

/// The columns of items that are not in the set and come before one of its items in the search, the last level first.
fn rarer_columns(levels: &[Level]) -> impl Iterator<Item = &[u64]> {
    levels.iter().rev().flat_map(|level| {
        let columns = level.candidates.len() + level.rarer;
        (level.next..columns).map(|index| level.column(index))
    })
}
