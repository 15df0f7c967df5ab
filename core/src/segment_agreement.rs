//! How far two labelings of the same rows agree, whatever the labels are called.

use crate::checkpoint::{Checkpoint, attempt, vec_of};
use crate::codec::{Reader, Sealer, Sink, unseal};
use crate::collect::Names;
use crate::error::Result;
use crate::key::Key;
use crate::mergeable::Mergeable;
use hashbrown::HashMap;

const STATE: &str = "state of segment_agreement";
const VERSION: u8 = 2;
/// What is looked at between two looks at whether to go on.
const STRIDE: usize = 1 << 14;

/// Rows counted by their two labels: a contingency table.
#[derive(Debug, Default)]
pub struct Contingency {
    /// The labels of both sides, numbered.
    labels: [Names; 2],
    counts: HashMap<[u32; 2], u64>,
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

impl Contingency {
    /// Counts a row.
    pub fn push(&mut self, one: Key<'_>, other: Key<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let numbers = [
            self.with_bytes(0, one, checkpoint)?,
            self.with_bytes(1, other, checkpoint)?,
        ];
        self.count(numbers, 1, checkpoint)
    }

    fn with_bytes(&mut self, side: usize, label: Key<'_>, checkpoint: &mut dyn Checkpoint) -> Result<u32> {
        let labels = &mut self.labels[side];
        match label {
            Key::Integer(label) => labels.number(&label.to_be_bytes(), checkpoint),
            Key::Uuid(label) => labels.number(&label.to_be_bytes(), checkpoint),
            Key::Text(label) => labels.number(label.as_bytes(), checkpoint),
        }
    }

    fn count(&mut self, labels: [u32; 2], rows: u64, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if let Some(count) = self.counts.get_mut(&labels) {
            *count += rows;
            return Ok(());
        }
        if self.counts.len() == self.counts.capacity() {
            // Twice as much, beside what there is until that has moved.
            checkpoint.reserve(2 * self.counts.allocation_size() + 256)?;
            attempt(|| self.counts.try_reserve(1))?;
        }
        self.counts.insert(labels, rows);
        Ok(())
    }

    /// How far the labels agree; nothing where there are no rows.
    pub fn agreement(&self, checkpoint: &mut dyn Checkpoint) -> Result<Option<Agreement>> {
        let mut totals = [Vec::new(), Vec::new()];
        for (totals, labels) in totals.iter_mut().zip(&self.labels) {
            *totals = vec_of(0u64, labels.len(), checkpoint)?;
        }
        // Pairs of rows are counted exactly: their number has no room for rounding.
        let pairs = |n: u64| u128::from(n) * u128::from(n.saturating_sub(1)) / 2;
        let (mut rows, mut together) = (0, 0);
        for (at, (labels, &count)) in self.counts.iter().enumerate() {
            look(at, self.counts.len(), "counting", checkpoint)?;
            rows += count;
            together += pairs(count);
            for (totals, &label) in totals.iter_mut().zip(labels) {
                totals[label as usize] += count;
            }
        }
        if rows == 0 {
            return Ok(None);
        }
        let share = |count: u64| count as f64 / rows as f64;
        let mut pairs_of = [0.0; 2];
        let mut entropies = [0.0; 2];
        for (side, totals) in totals.iter().enumerate() {
            let (mut sum, mut entropy) = (0u128, Sum::default());
            for (at, &count) in totals.iter().enumerate() {
                look(at, totals.len(), "counting", checkpoint)?;
                sum += pairs(count);
                if count > 0 {
                    entropy.add(-share(count) * share(count).ln());
                }
            }
            (pairs_of[side], entropies[side]) = (sum as f64, entropy.value());
        }
        let [one, other] = pairs_of;
        let by_chance = one * (other / pairs(rows) as f64);
        let most = (one + other) / 2.0;
        // All in one, or each by itself, on both sides: the same.
        let adjusted_rand = if most == by_chance || rows == 1 {
            1.0
        } else {
            (together as f64 - by_chance) / (most - by_chance)
        };
        let mut mutual = Sum::default();
        for (at, (&[one, other], &count)) in self.counts.iter().enumerate() {
            look(at, self.counts.len(), "comparing", checkpoint)?;
            let expected = share(totals[0][one as usize]) * share(totals[1][other as usize]);
            mutual.add(share(count) * (share(count) / expected).ln());
        }
        let mean_entropy = (entropies[0] + entropies[1]) / 2.0;
        let normalized_mutual_information = if mean_entropy > 0.0 {
            (mutual.value() / mean_entropy).clamp(0.0, 1.0)
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

impl Mergeable for Contingency {
    const NAME: &'static str = "segment_agreement";

    fn new(_: usize) -> Contingency {
        Contingency::default()
    }

    fn heap_bytes(&self) -> usize {
        self.labels.iter().map(Names::heap_bytes).sum::<usize>() + self.counts.allocation_size()
    }

    fn merge(&mut self, other: &Contingency, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let mut numbers = [Vec::new(), Vec::new()];
        for (side, numbers) in numbers.iter_mut().enumerate() {
            let labels = &other.labels[side];
            *numbers = vec_of(0, labels.len(), checkpoint)?;
            for (at, number) in numbers.iter_mut().enumerate() {
                look(at, labels.len(), "merging", checkpoint)?;
                *number = self.labels[side].number(labels.bytes(at as u32), checkpoint)?;
            }
        }
        for (at, (&[one, other_one], &rows)) in other.counts.iter().enumerate() {
            look(at, other.counts.len(), "merging", checkpoint)?;
            let labels = [numbers[0][one as usize], numbers[1][other_one as usize]];
            self.count(labels, rows, checkpoint)?;
        }
        Ok(())
    }

    fn write(&mut self, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let mut sealer = Sealer::new(VERSION, sink);
        for labels in &self.labels {
            sealer.varint(labels.len() as u64)?;
            for at in 0..labels.len() {
                look(at, labels.len(), "writing", checkpoint)?;
                let label = labels.bytes(at as u32);
                sealer.varint(label.len() as u64)?;
                sealer.append(label)?;
            }
        }
        sealer.varint(self.counts.len() as u64)?;
        for (at, (labels, &rows)) in self.counts.iter().enumerate() {
            look(at, self.counts.len(), "writing", checkpoint)?;
            for &label in labels {
                sealer.varint(u64::from(label))?;
            }
            sealer.varint(rows)?;
        }
        sealer.finish()
    }

    fn read(bytes: &[u8], _: usize, checkpoint: &mut dyn Checkpoint) -> Result<Contingency> {
        let mut counted = Contingency::default();
        unseal(STATE, VERSION, bytes, |reader| {
            let mut numbers = [Vec::new(), Vec::new()];
            for (labels, numbers) in counted.labels.iter_mut().zip(&mut numbers) {
                let n = reader.count(8)?;
                *numbers = vec_of(0, n, checkpoint)?;
                for (at, number) in numbers.iter_mut().enumerate() {
                    look(at, n, "reading", checkpoint)?;
                    let len = reader.count(8)?;
                    *number = labels.number(reader.bytes(len)?, checkpoint)?;
                }
            }
            let n = reader.count(3 * 8)?;
            for at in 0..n {
                look(at, n, "reading", checkpoint)?;
                let label = |side: usize, reader: &mut Reader<'_>| {
                    let number = usize::try_from(reader.varint()?).ok();
                    let number = number.and_then(|number| numbers[side].get(number));
                    number.copied().ok_or_else(|| reader.error("A label is missing."))
                };
                let labels = [label(0, reader)?, label(1, reader)?];
                let rows = reader.varint()?;
                if rows == 0 || rows > u64::MAX >> 24 {
                    return Err(reader.error("A count of rows is impossible."));
                }
                counted.count(labels, rows, checkpoint)?;
            }
            Ok(())
        })?;
        Ok(counted)
    }
}

/// Looks each so many steps at whether to go on.
#[inline]
fn look(at: usize, total: usize, stage: &'static str, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    if at.is_multiple_of(STRIDE) {
        checkpoint.pass(stage, at, total)?;
    }
    Ok(())
}

/// A sum of numbers that are not large, the same in whatever order they come: as a multiple of a small power of two.
#[derive(Clone, Copy, Debug, Default)]
struct Sum(i128);

impl Sum {
    const UNIT: f64 = (1u128 << 80) as f64;

    fn add(&mut self, x: f64) {
        self.0 += (x * Sum::UNIT) as i128;
    }

    fn value(self) -> f64 {
        self.0 as f64 / Sum::UNIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;
    use std::cell::RefCell;

    fn contingency(one: &[i64], other: &[i64]) -> Contingency {
        let mut contingency = Contingency::default();
        for (&one, &other) in one.iter().zip(other) {
            contingency
                .push(Key::Integer(one), Key::Integer(other), &mut Unhindered)
                .unwrap();
        }
        contingency
    }

    fn written(contingency: &mut Contingency) -> Vec<u8> {
        let mut bytes = Vec::new();
        contingency.write(&mut bytes, &mut Unhindered).unwrap();
        bytes
    }

    fn agreement(one: &[i64], other: &[i64]) -> (f64, f64) {
        let agreement = contingency(one, other).agreement(&mut Unhindered).unwrap().unwrap();
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
        assert_eq!(Contingency::default().agreement(&mut Unhindered), Ok(None));
    }

    /// All that a contingency has counted.
    fn listed(contingency: &Contingency) -> Vec<([&[u8]; 2], u64)> {
        let label = |side: usize, number: u32| contingency.labels[side].bytes(number);
        let each = contingency.counts.iter();
        let mut all: Vec<_> = each
            .map(|(&[one, other], &rows)| ([label(0, one), label(1, other)], rows))
            .collect();
        all.sort();
        all
    }

    /// Looks at what is asked for, and stops at the given look.
    #[derive(Default)]
    struct Watched {
        looks: usize,
        stop: Option<usize>,
        asked: usize,
    }

    impl Checkpoint for Watched {
        fn pass(&mut self, _: &'static str, _: usize, _: usize) -> Result<()> {
            self.looks += 1;
            match self.stop {
                Some(stop) if stop < self.looks => Err(crate::Error::new(crate::Kind::Stopped, "stopped")),
                _ => Ok(()),
            }
        }

        fn reserve(&mut self, bytes: usize) -> Result<()> {
            self.asked += bytes;
            Ok(())
        }
    }

    type Work<'a> = &'a dyn Fn(&mut Watched) -> Result<()>;

    #[test]
    fn work_on_many_labels_can_be_stopped_and_asks_for_its_memory() {
        let mut collecting = Watched::default();
        let mut contingency = Contingency::default();
        let n = 200_000;
        for i in 0..n {
            contingency
                .push(Key::Integer(i * 7_919 % n), Key::Integer(i), &mut collecting)
                .unwrap();
        }
        let heap_bytes = contingency.heap_bytes();
        assert!(heap_bytes <= collecting.asked);
        let bytes = written(&mut contingency);
        let contingency = RefCell::new(contingency);
        let work: [(&str, usize, Work<'_>); 4] = [
            ("agreement", 16 * n as usize, &|watched| {
                contingency.borrow().agreement(watched).map(drop)
            }),
            ("write", 0, &|watched| {
                contingency.borrow_mut().write(&mut Vec::new(), watched)
            }),
            ("read", heap_bytes, &|watched| {
                Contingency::read(&bytes, 0, watched).map(drop)
            }),
            ("merge", heap_bytes, &|watched| {
                Contingency::default().merge(&contingency.borrow(), watched)
            }),
        ];
        for (what, takes, run) in work {
            let mut free = Watched::default();
            run(&mut free).unwrap();
            assert!(free.asked >= takes, "{what} asked for {}", free.asked);
            // Each way through all labels or counts is looked at once in so many steps.
            assert!(
                free.looks >= 3 * (n as usize / STRIDE),
                "{what} looked {} times",
                free.looks
            );
            for stop in 0..free.looks {
                let mut watched = Watched {
                    stop: Some(stop),
                    ..Watched::default()
                };
                assert_eq!(run(&mut watched).unwrap_err().kind(), crate::Kind::Stopped, "{what}");
            }
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let (one, other): (Vec<i64>, Vec<i64>) = (0..50_000).map(|i| (i * i % 1_009, i % 977 * (i % 3))).unzip();
        let backwards = |labels: &[i64]| labels.iter().rev().copied().collect::<Vec<_>>();
        let agreement = |one: &[i64], other: &[i64]| contingency(one, other).agreement(&mut Unhindered);
        assert_eq!(agreement(&one, &other), agreement(&backwards(&one), &backwards(&other)));
    }

    #[test]
    fn pieces_make_the_whole() {
        let (one, other): (Vec<i64>, Vec<i64>) = (0..1_000).map(|i| (i * i % 7, i % 5 + i % 3)).unzip();
        let mut whole = contingency(&one, &other);
        let mut merged = contingency(&one[600..], &other[600..]);
        merged
            .merge(&contingency(&one[..600], &other[..600]), &mut Unhindered)
            .unwrap();
        let bytes = written(&mut whole);
        let read = Contingency::read(&bytes, 0, &mut Unhindered).unwrap();
        for other in [&merged, &read] {
            assert_eq!(listed(other), listed(&whole));
            assert_eq!(other.agreement(&mut Unhindered), whole.agreement(&mut Unhindered));
        }
        for n in 0..bytes.len() {
            let error = Contingency::read(&bytes[..n], 0, &mut Unhindered).unwrap_err();
            assert_eq!(error.kind(), crate::Kind::Corrupted, "{n} bytes");
        }
    }
}
