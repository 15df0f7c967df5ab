//! The features of customers, collected into one value: rows of an id and some numbers, as many in each row.
//!
//! A row may have a weight, how many it stands for; without one it is 1, and where all are 1 none is written.
//!
//! Rows are sorted by id, and by their features and weights where ids are the same, and written in blocks of columns: short decimals,
//! such as counts, days and money, take as few bits as they need, other numbers are doubles. The same bytes are the stored value and what
//! parallel workers exchange. The same rows give the same bytes, in whatever order and from however many pieces they come.
//!
//! Behind the header that all collected values have (see [`collect`](crate::collect)):
//!
//! ```text
//! varint   twice the dimension, which is the features of each row, 0 if there are no rows; and one more if rows have weights
//! blocks   see `block.rs`
//! ```
//! Its kind is that of the ids. Its counts are rows, rows ignored because their id was NULL, those because their features were NULL, or one
//! of them, and those because their weight was.

mod block;
mod collect;
mod encode;
mod json;
mod order;

pub use collect::Collector;

use crate::checkpoint::{Checkpoint, vec_of};
use crate::codec::Reader;
use crate::collect::{Counted, Head, mismatch};
use crate::error::{Error, Result};
use crate::key::{KeyKind, Keys};
use block::Block;
use ndarray::Array2;

/// The name of the type, for messages.
pub const NAME: &str = "feature_set";
/// The most features of a row: more are no features but data.
pub const MAX_DIMENSION: usize = 16_000;

/// How many rows were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows collected.
    pub rows: u64,
    /// Rows ignored because their id was NULL.
    pub null_ids: u64,
    /// Rows ignored because their features were NULL, or one of them was.
    pub null_features: u64,
    /// Rows ignored because their weight was NULL.
    pub null_weights: u64,
}

impl Counted for Counts {
    fn fields(&mut self) -> impl Iterator<Item = (&'static str, &mut u64)> {
        let fields = [
            ("rows", &mut self.rows),
            ("null_ids", &mut self.null_ids),
            ("null_features", &mut self.null_features),
            ("null_weights", &mut self.null_weights),
        ];
        fields.into_iter()
    }
}

/// What all rows of a set have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The kind of ids.
    pub kind: KeyKind,
    /// How many features each row has: from 1 to [`MAX_DIMENSION`].
    pub dimension: usize,
    /// Whether rows have weights: there is one that is not 1.
    pub weighted: bool,
}

impl Shape {
    /// How many numbers each row has.
    fn width(self) -> usize {
        self.dimension + usize::from(self.weighted)
    }
}

/// A feature set, read from its bytes.
#[derive(Clone, Debug)]
pub struct FeatureSet<'a> {
    bytes: &'a [u8],
    counts: Counts,
    shape: Option<Shape>,
    blocks: Reader<'a>,
}

impl<'a> FeatureSet<'a> {
    /// Reads the header and checks the checksum. What the blocks hold is checked while they are read.
    pub fn open(bytes: &'a [u8]) -> Result<FeatureSet<'a>> {
        let head = Head::open(NAME, bytes)?;
        let kind = head.kind()?;
        let mut reader = head.rest;
        let counts = Counts::read(&mut reader)?;
        let word = reader.varint()?;
        let dimension = usize::try_from(word >> 1).unwrap_or(usize::MAX);
        let shape = kind.map(|kind| Shape {
            kind,
            dimension,
            weighted: word & 1 == 1,
        });
        let sound = match shape {
            None => counts.rows == 0 && word == 0 && reader.is_at_end(),
            // So that nothing is allocated that the bytes do not account for: a thousand times as much at most.
            Some(shape) => {
                let blocks = counts.rows.div_ceil(block::ROWS as u64);
                counts.rows > 0
                    && (1..=MAX_DIMENSION).contains(&dimension)
                    && blocks.saturating_mul((shape.width() * block::LEAST_COLUMN) as u64) <= reader.remaining() as u64
            }
        };
        if !sound {
            return Err(reader.error(format!("It cannot hold {} rows of {dimension} features.", counts.rows)));
        }
        Ok(FeatureSet {
            bytes,
            counts,
            shape,
            blocks: reader,
        })
    }

    /// How many features each row has; 0 if there are no rows.
    pub fn dimension(&self) -> usize {
        self.shape.map_or(0, |shape| shape.dimension)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        // The header was checked against the bytes that there are.
        self.counts.rows as usize
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.shape.is_none()
    }

    /// How many rows were collected and ignored.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The kind of ids; nothing if there are no rows.
    pub fn kind(&self) -> Option<KeyKind> {
        self.shape.map(|shape| shape.kind)
    }

    /// Whether rows have weights; else that of each is 1.
    pub fn is_weighted(&self) -> bool {
        self.shape.is_some_and(|shape| shape.weighted)
    }

    /// The bytes it was read from.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The id of each row, not descending: an id may come more than once. One pass.
    pub fn ids(&self, checkpoint: &mut dyn Checkpoint) -> Result<Keys> {
        let mut ids = Keys::new(self.kind().unwrap_or(KeyKind::Integer));
        self.each_block(checkpoint, &mut |block, _, checkpoint| block.ids(&mut ids, checkpoint))?;
        Ok(ids)
    }

    /// The features, each a row of the matrix, with a column for each row of the set in the order of [`ids`](Self::ids): the
    /// values of a feature lie one behind the other. All are finite. One pass.
    pub fn features(&self, checkpoint: &mut dyn Checkpoint) -> Result<Array2<f64>> {
        let (dimension, n) = (self.dimension(), self.len());
        let mut features = vec_of(0.0, dimension * n, checkpoint)?;
        let mut offsets = Vec::new();
        self.each_block(checkpoint, &mut |block, start, _| {
            for (column, values) in block.columns.iter().zip(features.chunks_exact_mut(n)) {
                column.read(&mut values[start..start + block.rows], &mut offsets)?;
            }
            Ok(())
        })?;
        Ok(Array2::from_shape_vec((dimension, n), features).expect("as many as were asked for"))
    }

    /// The weight of each row, in the order of [`ids`](Self::ids), if rows have weights. All are finite, and none is negative. One pass.
    pub fn weights(&self, checkpoint: &mut dyn Checkpoint) -> Result<Option<Vec<f64>>> {
        if !self.is_weighted() {
            return Ok(None);
        }
        let mut weights = vec_of(0.0, self.len(), checkpoint)?;
        let mut offsets = Vec::new();
        self.each_block(checkpoint, &mut |block, start, _| {
            block.read_weights(&mut weights[start..start + block.rows], &mut offsets)
        })?;
        Ok(Some(weights))
    }

    /// The weights of all rows, added up; infinite where they leave the range of numbers. One pass, if rows have weights.
    pub fn weight(&self, checkpoint: &mut dyn Checkpoint) -> Result<f64> {
        let weights = self.weights(checkpoint)?;
        Ok(weights.map_or(self.len() as f64, |weights| weights.iter().sum()))
    }

    /// Reads everything, to see whether it can be read and is what this library writes. Bytes from outside are not believed before.
    /// Memory: a block.
    pub fn check(&self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        collect::check(self, checkpoint)
    }

    /// Visits all blocks and the numbers of their first rows.
    fn each_block(
        &self,
        checkpoint: &mut dyn Checkpoint,
        visit: &mut dyn FnMut(&Block<'a>, usize, &mut dyn Checkpoint) -> Result<()>,
    ) -> Result<()> {
        let mut reader = self.blocks.clone();
        let mut block = Block::default();
        if let Some(shape) = self.shape {
            for start in (0..self.len()).step_by(block::ROWS) {
                checkpoint.pass("reading", start, self.len())?;
                block.open(&mut reader, shape, (self.len() - start).min(block::ROWS))?;
                visit(&block, start, checkpoint)?;
            }
        }
        if reader.is_at_end() {
            Ok(())
        } else {
            Err(reader.error("There are bytes behind its end."))
        }
    }
}

/// The error for sets that do not go together.
fn different(a: Shape, b: Shape) -> Error {
    if a.kind != b.kind {
        mismatch("feature sets", &format!("{} ids", a.kind), &format!("{} ids", b.kind))
    } else {
        let (less, more) = (a.dimension.min(b.dimension), a.dimension.max(b.dimension));
        Error::invalid("feature sets of different dimensions cannot be merged")
            .detail(format!(
                "One has rows of {}, the other has rows of {}.",
                features(less),
                features(more)
            ))
            .hint("Collect the same features, in the same order, into all sets.")
    }
}

fn features(n: usize) -> String {
    format!("{n} feature{}", if n == 1 { "" } else { "s" })
}
