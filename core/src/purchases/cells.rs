//! Customers with the same history, put together.

use super::history::History;
use crate::checkpoint::{Checkpoint, grow, push, vec_of, vec_with_capacity};
use crate::error::Result;
use crate::summary::Row;
use hashbrown::HashMap;
use std::borrow::Cow;

/// Customers by history: each history once, with the number of customers who have it, in ascending order of frequency, recency and age.
///
/// The order makes sums over cells the same however the customers came.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    /// The cells, run by run.
    pub(super) cells: Vec<Cell>,
    /// The cells with one frequency each.
    pub(super) runs: Vec<Run>,
}

/// A history, but for its frequency.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub recency: f64,
    pub age: f64,
    /// How many customers there are.
    pub weight: f64,
}

/// The cells with one frequency.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub frequency: f64,
    /// Where they end.
    pub end: usize,
    /// How many customers there are.
    pub weight: f64,
}

/// How many histories are read between two looks at the checkpoint.
const STRIDE: usize = 4_096;

/// Histories with numbers in place of their times, and the times in ascending order.
struct Numbered {
    times: Vec<f64>,
    /// Frequency, number of the recency and number of the age, in 32, 16 and 16 bits.
    words: Vec<u64>,
}

impl Cells {
    /// The cells of histories. There are few different times where orders are counted by the day; they are sorted by their numbers then.
    pub(super) fn of(histories: &[History], checkpoint: &mut dyn Checkpoint) -> Result<Cells> {
        let are_ones = histories.iter().all(|history| history.weight == 1.0);
        if let Some(numbered) = Numbered::of(histories, checkpoint)? {
            return match are_ones {
                true => numbered.cells(checkpoint),
                false => numbered.cells_of_weights(histories, checkpoint),
            };
        }
        if are_ones {
            return Cells::of_many_times(histories, checkpoint);
        }
        let mut rows: Vec<History> = vec_with_capacity(histories.len(), checkpoint)?;
        rows.extend_from_slice(histories);
        let mut cells = Cells::default();
        cells.add_rows(rows, checkpoint)?;
        Ok(cells)
    }

    /// Of one customer a history. Histories are told apart by their frequencies first, where these are small, and then sorted by their times.
    fn of_many_times(histories: &[History], checkpoint: &mut dyn Checkpoint) -> Result<Cells> {
        /// Greater frequencies are rare.
        const SMALL: usize = 256;
        let small = |history: &History| usize::try_from(history.frequency).ok().filter(|&x| x < SMALL);
        let mut counts = [0; SMALL];
        let mut heavy: Vec<History> = Vec::new();
        for (n, history) in histories.iter().enumerate() {
            if n.is_multiple_of(STRIDE) {
                checkpoint.pass("sorting", n, histories.len())?;
            }
            match small(history) {
                Some(frequency) => counts[frequency] += 1,
                None => push(&mut heavy, *history, checkpoint)?,
            }
        }
        let mut next = [0; SMALL];
        for frequency in 1..SMALL {
            next[frequency] = next[frequency - 1] + counts[frequency - 1];
        }
        // Times that are not negative sort as their bits do.
        let mut times: Vec<u128> = vec_of(0, histories.len() - heavy.len(), checkpoint)?;
        for history in histories {
            if let Some(frequency) = small(history) {
                times[next[frequency]] =
                    u128::from(history.recency.to_bits()) << 64 | u128::from(history.age.to_bits());
                next[frequency] += 1;
            }
        }
        let mut cells = Cells::default();
        grow(&mut cells.cells, histories.len(), checkpoint)?;
        let mut start = 0;
        for (frequency, &end) in next.iter().enumerate() {
            checkpoint.pass("sorting", start, histories.len())?;
            times[start..end].sort_unstable();
            for &both in &times[start..end] {
                let (recency, age) = (f64::from_bits((both >> 64) as u64), f64::from_bits(both as u64));
                cells.add(frequency as u64, recency, age, 1.0, checkpoint)?;
            }
            start = end;
        }
        cells.add_rows(heavy, checkpoint)?;
        Ok(cells)
    }

    /// Adds rows of any weight, with frequencies not below those that are there already.
    fn add_rows(&mut self, mut rows: Vec<History>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        rows.sort_unstable_by_key(Row::bits);
        for row in rows {
            self.add(row.frequency, row.recency, row.age, row.weight, checkpoint)?;
        }
        Ok(())
    }

    /// Adds a history that is not before the last one.
    #[inline]
    fn add(
        &mut self,
        frequency: u64,
        recency: f64,
        age: f64,
        weight: f64,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        let frequency = frequency as f64;
        let is_new = self.runs.last().is_none_or(|run| run.frequency != frequency);
        match self.cells.last_mut() {
            Some(cell) if !is_new && cell.recency == recency && cell.age == age => cell.weight += weight,
            _ => push(&mut self.cells, Cell { recency, age, weight }, checkpoint)?,
        }
        let end = self.cells.len();
        match self.runs.last_mut() {
            Some(run) if !is_new => {
                run.end = end;
                run.weight += weight;
            }
            _ => self.runs.push(Run { frequency, end, weight }),
        }
        Ok(())
    }

    /// Divides all times by `unit`.
    pub(super) fn divide_times(&mut self, unit: f64) {
        for cell in &mut self.cells {
            cell.recency /= unit;
            cell.age /= unit;
        }
    }

    /// The sum over all customers of what `of` makes of frequency and age; the same in whatever order the customers came.
    pub(super) fn sum(&self, of: impl Fn(f64, f64) -> f64) -> f64 {
        let (mut sum, mut start) = (0.0, 0);
        for run in &self.runs {
            for cell in &self.cells[start..run.end] {
                sum += cell.weight * of(run.frequency, cell.age);
            }
            start = run.end;
        }
        sum
    }

    /// How many different histories there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// About `size` of the cells, evenly spread; all of them if there are no more than twice as many.
    pub(super) fn sample(&self, size: usize) -> Cow<'_, Cells> {
        let every = self.cells.len() / size;
        if every < 2 {
            return Cow::Borrowed(self);
        }
        let mut sample = Cells::default();
        let mut start: usize = 0;
        for run in &self.runs {
            let picked = self.cells[..run.end]
                .iter()
                .skip(start.next_multiple_of(every))
                .step_by(every);
            let before = sample.cells.len();
            sample.cells.extend(picked);
            let weight: f64 = sample.cells[before..].iter().map(|cell| cell.weight).sum();
            if sample.cells.len() > before {
                sample.runs.push(Run {
                    frequency: run.frequency,
                    end: sample.cells.len(),
                    weight,
                });
            }
            start = run.end;
        }
        Cow::Owned(sample)
    }
}

impl Numbered {
    /// Nothing where there are too many times for it to gain anything.
    fn of(histories: &[History], checkpoint: &mut dyn Checkpoint) -> Result<Option<Numbered>> {
        /// Of so many histories there may be one time for each.
        const FEW: usize = 4_096;
        let mut numbers: HashMap<u64, u32> = HashMap::new();
        let mut times: Vec<f64> = Vec::new();
        let mut words: Vec<u64> = vec_with_capacity(histories.len(), checkpoint)?;
        for (n, history) in histories.iter().enumerate() {
            if n.is_multiple_of(STRIDE) {
                checkpoint.pass("sorting", n, histories.len())?;
            }
            let mut number = |time: f64| {
                u64::from(*numbers.entry(time.to_bits()).or_insert_with(|| {
                    times.push(time);
                    times.len() as u32 - 1
                }))
            };
            let (recency, age) = (number(history.recency), number(history.age));
            if times.len() > 1 << 16 || times.len() > FEW + n / 8 || history.frequency >> 32 != 0 {
                return Ok(None);
            }
            words.push(history.frequency << 32 | recency << 16 | age);
        }
        // Numbers in the order of the times.
        let mut order: Vec<usize> = (0..times.len()).collect();
        order.sort_unstable_by(|&one, &other| times[one].total_cmp(&times[other]));
        let mut rank = vec![0u64; times.len()];
        for (place, &number) in order.iter().enumerate() {
            rank[number] = place as u64;
        }
        for word in &mut words {
            let (recency, age) = (*word >> 16 & 0xffff, *word & 0xffff);
            *word = *word >> 32 << 32 | rank[recency as usize] << 16 | rank[age as usize];
        }
        let times = order.iter().map(|&number| times[number]).collect();
        Ok(Some(Numbered { times, words }))
    }

    /// The cells of one customer a history: words alone are sorted in a fraction of the time.
    fn cells(mut self, checkpoint: &mut dyn Checkpoint) -> Result<Cells> {
        self.words.sort_unstable();
        let mut cells = Cells::default();
        for same in self.words.chunk_by(|one, other| one == other) {
            self.add(&mut cells, same[0], same.len() as f64, checkpoint)?;
        }
        Ok(cells)
    }

    fn cells_of_weights(&self, histories: &[History], checkpoint: &mut dyn Checkpoint) -> Result<Cells> {
        let mut rows: Vec<(u64, f64)> = vec_with_capacity(histories.len(), checkpoint)?;
        rows.extend(
            self.words
                .iter()
                .zip(histories)
                .map(|(&word, history)| (word, history.weight)),
        );
        rows.sort_unstable_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
        let mut cells = Cells::default();
        for (word, weight) in rows {
            self.add(&mut cells, word, weight, checkpoint)?;
        }
        Ok(cells)
    }

    fn add(&self, cells: &mut Cells, word: u64, weight: f64, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let time = |number: u64| self.times[(number & 0xffff) as usize];
        cells.add(word >> 32, time(word >> 16), time(word), weight, checkpoint)
    }
}
