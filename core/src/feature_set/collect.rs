//! Collecting rows in any order.
//!
//! Rows are kept as they come, and sorted when the set is asked for.

use super::block::{self, Block};
use super::encode::Encoder;
use super::order::Rows;
use super::{Counts, FeatureSet, MAX_DIMENSION, NAME, Shape, different, features, json};
use crate::checkpoint::{Checkpoint, vec_of, vec_with_capacity};
use crate::codec::Sink;
use crate::collect::{Collected, Comparison, Counted, make_room};
use crate::error::{Error, Kind, Result, spelled};
use crate::key::{Key, KeyKind, Keys};
use crate::summary::checked_weight;

/// Columns that are written before the caller is asked again.
const COLUMNS: usize = 64;

/// A feature set in the making: the state of the aggregates. After an error it is of no further use.
#[derive(Debug, Default)]
pub struct Collector {
    counts: Counts,
    rows: Option<Held>,
}

/// Rows, at least one of which has come.
#[derive(Debug)]
struct Held {
    dimension: usize,
    /// Whether rows have weights: one has come that is not 1.
    weighted: bool,
    ids: Keys,
    /// Row by row: the features of each, and its weight behind them if rows have weights.
    numbers: Vec<f64>,
}

impl Held {
    fn new(shape: Shape) -> Held {
        Held {
            dimension: shape.dimension,
            weighted: shape.weighted,
            ids: Keys::new(shape.kind),
            numbers: Vec::new(),
        }
    }

    /// Whether rows of this kind and with so many features may be added.
    #[inline]
    fn takes(&self, kind: KeyKind, dimension: usize) -> bool {
        self.ids.kind() == kind && self.dimension == dimension
    }

    fn shape(&self) -> Shape {
        Shape {
            kind: self.ids.kind(),
            dimension: self.dimension,
            weighted: self.weighted,
        }
    }

    /// How many numbers each row has.
    #[inline]
    fn width(&self) -> usize {
        self.dimension + usize::from(self.weighted)
    }

    /// Room for the numbers of `more` rows.
    #[inline]
    fn make_room(&mut self, more: usize, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let more = more * self.width();
        if self.numbers.capacity() - self.numbers.len() < more {
            checkpoint.pass("collecting", self.ids.len(), 0)?;
            make_room(&mut self.numbers, more, checkpoint)?;
        }
        Ok(())
    }

    /// Gives rows weights: 1, of those that are there.
    #[cold]
    fn weigh(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let n = self.ids.len();
        let mut numbers = vec_with_capacity(n * (self.dimension + 1), checkpoint)?;
        for (row, features) in self.numbers.chunks_exact(self.dimension).enumerate() {
            if row.is_multiple_of(block::ROWS) {
                checkpoint.pass("weighing", row, n)?;
            }
            numbers.extend_from_slice(features);
            numbers.push(1.0);
        }
        (self.numbers, self.weighted) = (numbers, true);
        Ok(())
    }

    /// Whether a row has a weight that is not 1.
    fn has_weights(&self) -> bool {
        let mut weights = self.numbers.iter().skip(self.dimension).step_by(self.width());
        self.weighted && weights.any(|&weight| weight != 1.0)
    }

    fn rows(&self) -> Rows<'_> {
        Rows {
            ids: &self.ids,
            numbers: &self.numbers,
            width: self.width(),
        }
    }

    /// Appends the features and the weights of the rows of a block, which has weights only if there is a place for them.
    fn push_numbers(
        &mut self,
        block: &Block<'_>,
        scratch: &mut Scratch,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        self.make_room(block.rows, checkpoint)?;
        let (start, width) = (self.numbers.len(), self.width());
        // The weights of rows that have none.
        self.numbers.resize(start + block.rows * width, 1.0);
        let values = &mut scratch.values[..block.rows];
        for (at, column) in block.columns.iter().enumerate() {
            if at < self.dimension {
                column.read(values, &mut scratch.offsets)?;
            } else {
                block.read_weights(values, &mut scratch.offsets)?;
            }
            let places = self.numbers[start + at..].iter_mut().step_by(width);
            // Zero has one sign.
            places.zip(&*values).for_each(|(place, value)| *place = value + 0.0);
        }
        Ok(())
    }

    /// Forgets all rows but the last one, if there are any.
    fn keep_last(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let Some(last) = self.ids.len().checked_sub(1) else {
            return Ok(());
        };
        let mut ids = Keys::new(self.ids.kind());
        ids.push(self.ids.get(last), checkpoint)?;
        self.ids = ids;
        self.numbers.drain(..last * self.width());
        Ok(())
    }

    /// Writes all rows in their order, with so many of the numbers of each.
    fn write(&self, width: usize, encoder: &mut Encoder<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let n = self.ids.len();
        let order = self.rows().order(checkpoint)?;
        let row_at = |place: usize| order.as_ref().map_or(place, |places| places[place].1);
        let mut of_block = Vec::new();
        for start in (0..n).step_by(block::ROWS) {
            of_block.clear();
            of_block.extend((start..n.min(start + block::ROWS)).map(row_at));
            self.write_block(&of_block, width, encoder, (start, n), checkpoint)?;
        }
        Ok(())
    }

    /// Writes these rows as a block, where so many of all have been written.
    fn write_block(
        &self,
        of_block: &[usize],
        width: usize,
        encoder: &mut Encoder<'_>,
        (done, total): (usize, usize),
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        let rows = self.rows();
        encoder.ids(of_block.iter().map(|&row| self.ids.get(row)), checkpoint)?;
        for at in 0..width {
            if at % COLUMNS == 0 {
                checkpoint.pass("writing", done, total)?;
            }
            encoder.column(of_block.iter().map(|&row| rows.numbers(row)[at]))?;
        }
        Ok(())
    }
}

/// Memory to read columns in.
struct Scratch {
    values: Vec<f64>,
    offsets: Vec<u64>,
}

impl Scratch {
    fn new(checkpoint: &mut dyn Checkpoint) -> Result<Scratch> {
        Ok(Scratch {
            values: vec_of(0.0, block::ROWS, checkpoint)?,
            offsets: Vec::new(),
        })
    }
}

/// Whether the bytes of a set are what this library writes: they are written again, and compared.
pub(super) fn check(set: &FeatureSet<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let mut written = Comparison::with(NAME, set.bytes());
    let mut encoder = Encoder::new(&mut written, set.shape, set.counts())?;
    if let Some(shape) = set.shape {
        let mut held = Held::new(shape);
        let mut scratch = Scratch::new(checkpoint)?;
        let mut has_weights = false;
        set.each_block(checkpoint, &mut |block, start, checkpoint| {
            // The last row of the block before stays, so that the next one is compared with it.
            held.keep_last(checkpoint)?;
            let before = held.ids.len();
            block.ids(&mut held.ids, checkpoint)?;
            held.push_numbers(block, &mut scratch, checkpoint)?;
            has_weights = has_weights || held.has_weights();
            let rows = held.rows();
            if !(1..held.ids.len()).all(|row| rows.cmp(row - 1, row).is_le()) {
                return Err(Error::corrupted(NAME, "Its rows are not in order."));
            }
            let of_block: Vec<usize> = (before..held.ids.len()).collect();
            held.write_block(&of_block, held.width(), &mut encoder, (start, set.len()), checkpoint)
        })?;
        if shape.weighted && !has_weights {
            return Err(Error::corrupted(NAME, "All of its weights are 1."));
        }
    }
    encoder.finish()?;
    written.finish()
}

impl Collected for Collector {
    const NAME: &'static str = NAME;

    /// An empty collection, which has no way to make rows smaller.
    fn new(_limit: usize) -> Collector {
        Collector::default()
    }

    fn absorb(&mut self, bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let set = FeatureSet::open(bytes)?;
        self.counts.add(set.counts());
        let Some(shape) = set.shape else {
            return Ok(());
        };
        let rows = self.meet(shape, checkpoint)?;
        rows.make_room(set.len(), checkpoint)?;
        let mut ids = Keys::new(shape.kind);
        let mut scratch = Scratch::new(checkpoint)?;
        set.each_block(checkpoint, &mut |block, _, checkpoint| {
            block.ids(&mut ids, checkpoint)?;
            rows.push_numbers(block, &mut scratch, checkpoint)
        })?;
        append(&mut rows.ids, &ids, checkpoint)
    }

    fn merge(&mut self, other: &Collector, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        self.counts.add(&other.counts);
        let Some(more) = &other.rows else {
            return Ok(());
        };
        let rows = self.meet(more.shape(), checkpoint)?;
        rows.make_room(more.ids.len(), checkpoint)?;
        if rows.weighted == more.weighted {
            rows.numbers.extend_from_slice(&more.numbers);
        } else {
            for features in more.numbers.chunks_exact(more.dimension) {
                rows.numbers.extend_from_slice(features);
                rows.numbers.push(1.0);
            }
        }
        append(&mut rows.ids, &more.ids, checkpoint)
    }

    /// O(rows · dimension), and sorting.
    fn write(&mut self, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let shape = self.rows.as_ref().map(|rows| Shape {
            weighted: rows.has_weights(),
            ..rows.shape()
        });
        let mut encoder = Encoder::new(sink, shape, &self.counts)?;
        if let Some((rows, shape)) = self.rows.as_ref().zip(shape) {
            rows.write(shape.width(), &mut encoder, checkpoint)?;
        }
        encoder.finish()
    }

    #[inline]
    fn heap_bytes(&self) -> usize {
        self.rows.as_ref().map_or(0, |rows| {
            rows.ids.heap_bytes() + rows.numbers.capacity() * size_of::<f64>()
        })
    }

    fn check(bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        FeatureSet::open(bytes)?.check(checkpoint)
    }

    fn facts(bytes: &[u8]) -> Result<Vec<(&'static str, u64)>> {
        let set = FeatureSet::open(bytes)?;
        Ok(vec![("rows", set.counts().rows), ("features", set.dimension() as u64)])
    }

    fn write_json(bytes: &[u8], sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        json::write(&FeatureSet::open(bytes)?, sink, checkpoint)
    }

    fn parse_json(text: &str, _limit: usize, checkpoint: &mut dyn Checkpoint) -> Result<Collector> {
        json::parse(text, checkpoint)
    }
}

impl Collector {
    /// Counts a row without an id.
    pub fn ignore_null_id(&mut self) {
        self.counts.null_ids += 1;
    }

    /// Counts a row without features, or with one that is NULL.
    pub fn ignore_null_features(&mut self) {
        self.counts.null_features += 1;
    }

    /// Counts a row whose weight is NULL.
    pub fn ignore_null_weight(&mut self) {
        self.counts.null_weights += 1;
    }

    /// Says how many rows were ignored beside the rows of a set.
    pub(super) fn set_ignored(&mut self, counts: &Counts) {
        self.counts.null_ids = counts.null_ids;
        self.counts.null_features = counts.null_features;
        self.counts.null_weights = counts.null_weights;
    }

    /// Takes a row of weight 1. All rows have ids of one kind and equally many features, all of which are finite; a text has no zeros in it.
    #[inline]
    pub fn push(&mut self, id: Key<'_>, features: &[f64], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        self.take(id, features, 1.0, checkpoint)
    }

    /// Takes a row with its weight, which is finite and not negative.
    #[inline]
    pub fn push_weighted(
        &mut self,
        id: Key<'_>,
        features: &[f64],
        weight: f64,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        self.take(id, features, checked_weight(weight)?, checkpoint)
    }

    #[inline(always)]
    fn take(&mut self, id: Key<'_>, features: &[f64], weight: f64, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if !features.iter().all(|x| x.is_finite()) {
            return Err(not_finite(id, features));
        }
        let rows = match &mut self.rows {
            Some(rows) if rows.takes(id.kind(), features.len()) => rows,
            rows => begin(rows, id, features.len())?,
        };
        if weight != 1.0 && !rows.weighted {
            rows.weigh(checkpoint)?;
        }
        rows.make_room(1, checkpoint)?;
        rows.ids.push(id, checkpoint)?;
        // Zero has one sign.
        rows.numbers.extend(features.iter().map(|x| x + 0.0));
        if rows.weighted {
            rows.numbers.push(weight);
        }
        self.counts.rows += 1;
        Ok(())
    }

    /// The rows, once others of this shape may be added.
    fn meet(&mut self, shape: Shape, checkpoint: &mut dyn Checkpoint) -> Result<&mut Held> {
        match &mut self.rows {
            Some(rows) if !rows.takes(shape.kind, shape.dimension) => Err(different(rows.shape(), shape)),
            rows => {
                let rows = rows.get_or_insert_with(|| Held::new(shape));
                if shape.weighted && !rows.weighted {
                    rows.weigh(checkpoint)?;
                }
                Ok(rows)
            }
        }
    }
}

/// The rows that the first row, or one of another shape, is to be added to.
#[cold]
fn begin<'r>(rows: &'r mut Option<Held>, id: Key<'_>, dimension: usize) -> Result<&'r mut Held> {
    let shape = Shape {
        kind: id.kind(),
        dimension,
        weighted: false,
    };
    let here = format!("The row with id {} has {}", named(id), features(shape.dimension));
    match rows {
        _ if shape.dimension == 0 => Err(Error::invalid("features must not be empty").detail(format!("{here}."))),
        _ if shape.dimension > MAX_DIMENSION => Err(Error::new(Kind::TooLarge, "too many features")
            .detail(format!("{here}; there can be {MAX_DIMENSION} of them."))
            .hint("Choose those that tell customers apart.")),
        Some(rows) if rows.ids.kind() != shape.kind => Err(different(rows.shape(), shape)),
        Some(rows) => Err(Error::invalid("all rows must have the same number of features")
            .detail(format!("{here}, the rows before it have {}.", rows.dimension))),
        none => Ok(none.insert(Held::new(shape))),
    }
}

#[cold]
fn not_finite(id: Key<'_>, features: &[f64]) -> Error {
    let error = Error::new(Kind::OutOfRange, "features must be finite numbers");
    let wrong = features.iter().enumerate().find(|(_, x)| !x.is_finite());
    let (at, x) = wrong.unwrap_or((0, &f64::NAN));
    error
        .detail(format!(
            "Feature {} of the row with id {} is {}.",
            at + 1,
            named(id),
            spelled(*x)
        ))
        .hint("Leave such rows out, or put a number in its place.")
}

/// An id for messages, where a long text is cut off.
fn named(id: Key<'_>) -> String {
    const MOST: usize = 60;
    let name = id.to_string();
    match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}

fn append(ids: &mut Keys, more: &Keys, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    for start in (0..more.len()).step_by(block::ROWS) {
        checkpoint.pass("merging", start, more.len())?;
        for at in start..more.len().min(start + block::ROWS) {
            ids.push(more.get(at), checkpoint)?;
        }
    }
    Ok(())
}
