//! Customers with the same history, put together.

use super::history::History;
use crate::checkpoint::{Checkpoint, push, vec_with_capacity};
use crate::error::Result;
use crate::summary::Row;
use hashbrown::HashMap;
use std::borrow::Cow;

/// Customers by history: each history once, with the number of customers who have it, in ascending order of frequency, recency and age.
///
/// The order makes sums over cells the same however the customers came. Times are numbered, since there are few different ones where
/// orders are counted by the day: what a likelihood needs of a time is computed once for each.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    /// The different times.
    pub(super) times: Vec<f64>,
    /// The cells, run by run.
    pub(super) cells: Vec<Cell>,
    /// The cells with one frequency each.
    pub(super) runs: Vec<Run>,
}

/// A history, but for its frequency.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    /// The numbers of the times.
    pub recency: u32,
    pub age: u32,
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

impl Cells {
    /// The cells of histories.
    pub(super) fn of(histories: &[History], checkpoint: &mut dyn Checkpoint) -> Result<Cells> {
        /// Where there are more different times than this, putting together gains little.
        const NUMBERED: usize = 1 << 16;
        let mut numbers: HashMap<u64, u32> = HashMap::new();
        let mut times: Vec<f64> = Vec::new();
        let mut packed: Vec<(u64, f64)> = vec_with_capacity(histories.len(), checkpoint)?;
        for (n, history) in histories.iter().enumerate() {
            if n % 4_096 == 0 {
                checkpoint.pass("sorting", n, histories.len())?;
            }
            let mut number = |time: f64| {
                u64::from(*numbers.entry(time.to_bits()).or_insert_with(|| {
                    times.push(time);
                    times.len() as u32 - 1
                }))
            };
            let (recency, age) = (number(history.recency), number(history.age));
            if times.len() > NUMBERED || history.frequency >> 32 != 0 {
                drop(packed);
                return Cells::of_many_times(histories, checkpoint);
            }
            packed.push((history.frequency << 32 | recency << 16 | age, history.weight));
        }
        Cells::of_few_times(&times, packed, checkpoint)
    }

    /// Numbers in the order of the times, sorted as one word each.
    fn of_few_times(times: &[f64], mut rows: Vec<(u64, f64)>, checkpoint: &mut dyn Checkpoint) -> Result<Cells> {
        let mut order: Vec<usize> = (0..times.len()).collect();
        order.sort_unstable_by(|&one, &other| times[one].total_cmp(&times[other]));
        let mut rank = vec![0u64; times.len()];
        for (place, &number) in order.iter().enumerate() {
            rank[number] = place as u64;
        }
        for (row, _) in &mut rows {
            let (recency, age) = (*row >> 16 & 0xffff, *row & 0xffff);
            *row = *row >> 32 << 32 | rank[recency as usize] << 16 | rank[age as usize];
        }
        let mut cells = Cells {
            times: order.iter().map(|&number| times[number]).collect(),
            ..Cells::default()
        };
        let mut last = None;
        let mut add = |row: u64, weight: f64, checkpoint: &mut dyn Checkpoint| {
            let same = last.replace(row) == Some(row);
            let (recency, age) = ((row >> 16 & 0xffff) as u32, (row & 0xffff) as u32);
            cells.add(row >> 32, recency, age, weight, same, checkpoint)
        };
        if rows.iter().all(|row| row.1 == 1.0) {
            // One customer a row: words alone are sorted in a fraction of the time.
            let mut words: Vec<u64> = vec_with_capacity(rows.len(), checkpoint)?;
            words.extend(rows.iter().map(|row| row.0));
            drop(rows);
            words.sort_unstable();
            for word in words {
                add(word, 1.0, checkpoint)?;
            }
        } else {
            rows.sort_unstable_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
            for (row, weight) in rows {
                add(row, weight, checkpoint)?;
            }
        }
        Ok(cells)
    }

    /// Each time by itself.
    fn of_many_times(histories: &[History], checkpoint: &mut dyn Checkpoint) -> Result<Cells> {
        let mut rows: Vec<History> = vec_with_capacity(histories.len(), checkpoint)?;
        rows.extend_from_slice(histories);
        rows.sort_unstable_by_key(Row::bits);
        let mut cells = Cells {
            times: vec_with_capacity(2 * rows.len(), checkpoint)?,
            ..Cells::default()
        };
        let mut last = None;
        for row in rows {
            let key = (row.frequency, row.recency.to_bits(), row.age.to_bits());
            let same = last == Some(key);
            if !same {
                cells.times.push(row.recency);
                cells.times.push(row.age);
            }
            let at = cells.times.len() as u32;
            cells.add(row.frequency, at - 2, at - 1, row.weight, same, checkpoint)?;
            last = Some(key);
        }
        Ok(cells)
    }

    fn add(
        &mut self,
        frequency: u64,
        recency: u32,
        age: u32,
        weight: f64,
        same: bool,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        let frequency = frequency as f64;
        if same {
            let cell = self.cells.last_mut().expect("the same as the last one");
            cell.weight += weight;
        } else {
            push(&mut self.cells, Cell { recency, age, weight }, checkpoint)?;
        }
        match self.runs.last_mut() {
            Some(run) if run.frequency == frequency => {
                run.end = self.cells.len();
                run.weight += weight;
            }
            _ => self.runs.push(Run {
                frequency,
                end: self.cells.len(),
                weight,
            }),
        }
        Ok(())
    }

    /// Divides all times by `unit`.
    pub(super) fn divide_times(&mut self, unit: f64) {
        self.times.iter_mut().for_each(|time| *time /= unit);
    }

    /// The sum over all customers of what `of` makes of frequency and age; the same in whatever order the customers came.
    pub(super) fn sum(&self, of: impl Fn(f64, f64) -> f64) -> f64 {
        let (mut sum, mut start) = (0.0, 0);
        for run in &self.runs {
            for cell in &self.cells[start..run.end] {
                sum += cell.weight * of(run.frequency, self.times[cell.age as usize]);
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
        let mut sample = Cells {
            times: self.times.clone(),
            ..Cells::default()
        };
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
