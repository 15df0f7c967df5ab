//! Rows that are the same, as one point.

use super::{Features, columns};
use crate::checkpoint::{Checkpoint, attempt, push};
use crate::error::Result;
use hashbrown::HashTable;

/// Rows are not collapsed where more than this share of the first ones differ.
const DIFFERENT: f64 = 0.5;

/// Rows of which many are the same, as points.
#[derive(Clone, Debug)]
pub(super) struct Different {
    /// The first row of each point.
    pub(super) first: Vec<u32>,
    /// The point of each row.
    pub(super) points: Vec<u32>,
}

/// How many rows differ; no more than `most` are counted.
pub fn different(features: &Features, most: usize, checkpoint: &mut dyn Checkpoint) -> Result<usize> {
    let (columns, rows) = (columns(features), features.ncols());
    checkpoint.reserve(most.min(rows) * 24)?;
    let mut known: HashTable<usize> = HashTable::new();
    for row in 0..rows {
        if row % 4_096 == 0 {
            checkpoint.pass("preparing", row, rows)?;
        }
        let hash = hash(&columns, row);
        let same = |&other: &usize| columns.iter().all(|column| column[other] == column[row]);
        if known.find(hash, same).is_none() {
            if known.len() + 1 == most {
                return Ok(most);
            }
            known.insert_unique(hash, row, |&row| self::hash(&columns, row));
        }
    }
    Ok(known.len())
}

fn hash(columns: &[&[f64]], row: usize) -> u64 {
    columns.iter().fold(0u64, |hash, column| {
        // -0 and 0 are the same.
        let mixed = (hash ^ (column[row] + 0.0).to_bits()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
    })
}

/// The rows that differ, and how many are like each; nothing where most differ and it does not pay.
pub(super) fn collapse(
    columns: &[&[f64]],
    rows: usize,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Option<(Different, Vec<f64>)>> {
    let Ok(_) = u32::try_from(rows) else {
        return Ok(None);
    };
    let trial = (rows / 8).max(1_024);
    let mut first: Vec<u32> = Vec::new();
    let mut points: Vec<u32> = Vec::new();
    let mut weights: Vec<f64> = Vec::new();
    let mut known: HashTable<u32> = HashTable::new();
    let hash = |row: usize| hash(columns, row);
    for row in 0..rows {
        if row % 4_096 == 0 {
            checkpoint.pass("preparing", row, rows)?;
        }
        if row == trial && first.len() as f64 > DIFFERENT * trial as f64 {
            return Ok(None);
        }
        let same = |&at: &u32| {
            columns
                .iter()
                .all(|column| column[first[at as usize] as usize] == column[row])
        };
        let point = match known.find(hash(row), same) {
            Some(&at) => {
                weights[at as usize] += 1.0;
                at
            }
            None => {
                let at = first.len() as u32;
                push(&mut first, row as u32, checkpoint)?;
                push(&mut weights, 1.0, checkpoint)?;
                let hasher = |&at: &u32| hash(first[at as usize] as usize);
                if known.len() == known.capacity() {
                    checkpoint.reserve(known.allocation_size() + 64)?;
                    attempt(|| known.try_reserve(1, hasher))?;
                }
                known.insert_unique(hash(row), at, hasher);
                at
            }
        };
        push(&mut points, point, checkpoint)?;
    }
    Ok(Some((Different { first, points }, weights)))
}
