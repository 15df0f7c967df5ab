//! How far two labelings of the same rows agree, whatever the labels are called.

use crate::checkpoint::{Checkpoint, attempt, push, vec_of, vec_with_capacity};
use crate::codec::{Reader, put_varint, seal, unseal};
use crate::error::Result;
use crate::key::Key;
use hashbrown::HashMap;

const STATE: &str = "state of segment_agreement";
const VERSION: u8 = 1;

/// Two labels, and how many rows have them.
type Count<'a> = ([&'a [u8]; 2], u64);

/// Rows counted by their two labels.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The labels of both sides, numbered.
    labels: [HashMap<Box<[u8]>, u32>; 2],
    counts: HashMap<[u32; 2], u64>,
    heap_bytes: usize,
}

/// How far they agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// The rows that have both labels.
    pub rows: u64,
    /// The adjusted Rand index (Hubert & Arabie 1985): 1 if the two are the same but for names, 0 on average by chance.
    pub adjusted_rand: f64,
    /// The mutual information over the mean of the two entropies, from 0 to 1.
    pub normalized_mutual_information: f64,
}

impl Table {
    /// Counts a row.
    pub fn push(&mut self, one: Key<'_>, other: Key<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let numbers = [
            self.with_bytes(0, one, checkpoint)?,
            self.with_bytes(1, other, checkpoint)?,
        ];
        self.count(numbers, 1, checkpoint)
    }

    fn with_bytes(&mut self, side: usize, label: Key<'_>, checkpoint: &mut dyn Checkpoint) -> Result<u32> {
        match label {
            Key::Integer(label) => self.number(side, &label.to_be_bytes(), checkpoint),
            Key::Uuid(label) => self.number(side, &label.to_be_bytes(), checkpoint),
            Key::Text(label) => self.number(side, label.as_bytes(), checkpoint),
        }
    }

    fn number(&mut self, side: usize, label: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<u32> {
        let labels = &mut self.labels[side];
        if let Some(&number) = labels.get(label) {
            return Ok(number);
        }
        let bytes = label.len() + 2 * size_of::<(Box<[u8]>, u32)>();
        checkpoint.reserve(bytes)?;
        self.heap_bytes += bytes;
        let number = labels.len() as u32;
        attempt(|| labels.try_reserve(1))?;
        let mut own = vec_with_capacity(label.len(), checkpoint)?;
        own.extend_from_slice(label);
        labels.insert(own.into_boxed_slice(), number);
        Ok(number)
    }

    fn count(&mut self, labels: [u32; 2], rows: u64, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if let Some(count) = self.counts.get_mut(&labels) {
            *count += rows;
            return Ok(());
        }
        let bytes = 2 * size_of::<([u32; 2], u64)>();
        checkpoint.reserve(bytes)?;
        self.heap_bytes += bytes;
        attempt(|| self.counts.try_reserve(1))?;
        self.counts.insert(labels, rows);
        Ok(())
    }

    /// Counts the rows that another has counted.
    pub fn merge(&mut self, other: &Table, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        for (labels, rows) in other.sorted(checkpoint)? {
            let numbers = [
                self.number(0, labels[0], checkpoint)?,
                self.number(1, labels[1], checkpoint)?,
            ];
            self.count(numbers, rows, checkpoint)?;
        }
        Ok(())
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.heap_bytes
    }

    /// The counts by their labels, in an order that does not depend on how rows came.
    fn sorted(&self, checkpoint: &mut dyn Checkpoint) -> Result<Vec<Count<'_>>> {
        let mut names: [Vec<&[u8]>; 2] = [Vec::new(), Vec::new()];
        for (names, labels) in names.iter_mut().zip(&self.labels) {
            *names = vec_of(&[][..], labels.len(), checkpoint)?;
            labels
                .iter()
                .for_each(|(label, &number)| names[number as usize] = label);
        }
        let mut counts = Vec::new();
        for (&[one, other], &rows) in &self.counts {
            let labels = [names[0][one as usize], names[1][other as usize]];
            push(&mut counts, (labels, rows), checkpoint)?;
        }
        checkpoint.pass("sorting", 0, 0)?;
        counts.sort_unstable();
        Ok(counts)
    }

    /// The counts as bytes.
    pub fn write(&self, checkpoint: &mut dyn Checkpoint) -> Result<Vec<u8>> {
        let counts = self.sorted(checkpoint)?;
        checkpoint.reserve(self.heap_bytes)?;
        Ok(seal(VERSION, |out| {
            put_varint(out, counts.len() as u64);
            for (labels, rows) in counts {
                for label in labels {
                    put_varint(out, label.len() as u64);
                    out.extend_from_slice(label);
                }
                put_varint(out, rows);
            }
        }))
    }

    /// Counts what [`Table::write`] wrote.
    pub fn read(&mut self, bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        unseal(STATE, VERSION, bytes, |reader| {
            for _ in 0..reader.count(3 * 8)? {
                let mut label = |side: usize, reader: &mut Reader<'_>| {
                    let len = reader.count(8)?;
                    self.number(side, reader.bytes(len)?, checkpoint)
                };
                let labels = [label(0, reader)?, label(1, reader)?];
                self.count(labels, reader.varint()?, checkpoint)?;
            }
            Ok(())
        })
    }

    /// How far the labels agree; nothing where there are no rows.
    pub fn agreement(&self, checkpoint: &mut dyn Checkpoint) -> Result<Option<Agreement>> {
        let counts = self.sorted(checkpoint)?;
        let rows: u64 = counts.iter().map(|(_, rows)| rows).sum();
        if rows == 0 {
            return Ok(None);
        }
        let totals = [0, 1].map(|side| {
            let mut totals: HashMap<&[u8], u64> = HashMap::new();
            counts
                .iter()
                .for_each(|(labels, rows)| *totals.entry(labels[side]).or_default() += rows);
            totals
        });
        // Pairs of rows are counted exactly: their number has no room for rounding.
        let pairs = |n: u64| u128::from(n) * u128::from(n.saturating_sub(1)) / 2;
        let together: u128 = counts.iter().map(|&(_, rows)| pairs(rows)).sum();
        let [one, other] =
            [0, 1].map(|side: usize| totals[side].values().map(|&rows| pairs(rows)).sum::<u128>() as f64);
        let by_chance = one * (other / pairs(rows) as f64);
        let most = (one + other) / 2.0;
        // All in one, or each by itself, on both sides: the same.
        let adjusted_rand = if most == by_chance || rows == 1 {
            1.0
        } else {
            (together as f64 - by_chance) / (most - by_chance)
        };
        let share = |count: u64| count as f64 / rows as f64;
        let entropy = |side: usize| {
            let mut totals: Vec<u64> = totals[side].values().copied().collect();
            totals.sort_unstable();
            -totals
                .into_iter()
                .map(|count| share(count) * share(count).ln())
                .sum::<f64>()
        };
        let mutual = |(labels, count): &Count<'_>| {
            let expected = share(totals[0][labels[0]]) * share(totals[1][labels[1]]);
            share(*count) * (share(*count) / expected).ln()
        };
        let mean_entropy = (entropy(0) + entropy(1)) / 2.0;
        let normalized_mutual_information = if mean_entropy > 0.0 {
            (counts.iter().map(mutual).sum::<f64>() / mean_entropy).clamp(0.0, 1.0)
        } else {
            1.0
        };
        Ok(Some(Agreement {
            rows,
            adjusted_rand,
            normalized_mutual_information,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;

    fn table(one: &[i64], other: &[i64]) -> Table {
        let mut table = Table::default();
        for (&one, &other) in one.iter().zip(other) {
            table
                .push(Key::Integer(one), Key::Integer(other), &mut Unhindered)
                .unwrap();
        }
        table
    }

    fn agreement(one: &[i64], other: &[i64]) -> (f64, f64) {
        let agreement = table(one, other).agreement(&mut Unhindered).unwrap().unwrap();
        (agreement.adjusted_rand, agreement.normalized_mutual_information)
    }

    #[test]
    fn known_agreements() {
        // As scikit-learn's adjusted_rand_score and normalized_mutual_info_score have them.
        assert_eq!(agreement(&[0, 0, 1, 1], &[1, 1, 0, 0]), (1.0, 1.0));
        assert_eq!(agreement(&[0, 0, 0, 0], &[0, 1, 2, 3]), (0.0, 0.0));
        assert_eq!(agreement(&[5], &[7]), (1.0, 1.0));
        assert_eq!(agreement(&[1, 1], &[2, 2]), (1.0, 1.0));
        let (rand, information) = agreement(&[0, 0, 1, 1], &[0, 0, 1, 2]);
        assert!((rand - 4.0 / 7.0).abs() < 1e-15, "{rand}");
        assert!((information - 0.8).abs() < 1e-15, "{information}");
        assert!((agreement(&[0, 0, 1, 2], &[0, 1, 1, 1]).0 + 1.0 / 3.0).abs() < 1e-15);
        assert!((agreement(&[0, 0, 1, 1], &[0, 1, 0, 1]).0 + 0.5).abs() < 1e-15);
        assert_eq!(Table::default().agreement(&mut Unhindered), Ok(None));
    }

    #[test]
    fn pieces_make_the_whole() {
        let (one, other): (Vec<i64>, Vec<i64>) = (0..1_000).map(|i| (i * i % 7, i % 5 + i % 3)).unzip();
        let whole = table(&one, &other);
        let mut merged = table(&one[600..], &other[600..]);
        merged
            .merge(&table(&one[..600], &other[..600]), &mut Unhindered)
            .unwrap();
        let mut read = Table::default();
        let bytes = whole.write(&mut Unhindered).unwrap();
        read.read(&bytes, &mut Unhindered).unwrap();
        for other in [&merged, &read] {
            assert_eq!(other.write(&mut Unhindered).unwrap(), bytes);
            assert_eq!(other.agreement(&mut Unhindered), whole.agreement(&mut Unhindered));
        }
        assert!((0..bytes.len()).all(|n| Table::default().read(&bytes[..n], &mut Unhindered).is_err()));
    }
}
