//! Collecting rows in any order.
//!
//! Rows are kept as they come, and sorted when the set is asked for.

use super::block::{self, make_room, put_column, put_ids};
use super::order::Rows;
use super::{CHECKSUM, Counts, FeatureSet, MAX_DIMENSION, Shape, checksum_of, features, header, mismatch};
use crate::checkpoint::{Checkpoint, vec_of};
use crate::codec::Sink;
use crate::error::{Error, Kind, Result, spelled};
use crate::key::{Key, Keys};

/// Bytes that are put together before they go to the sink.
const PIECE: usize = 64 << 10;
/// Columns that are written before the caller is asked again.
const COLUMNS: usize = 64;

/// A feature set in the making: the state of the aggregates. After an error it is of no further use.
#[derive(Debug, Default)]
pub struct Collector {
    counts: Counts,
    rows: Option<Collected>,
}

/// Rows, at least one of which has come.
#[derive(Debug)]
struct Collected {
    dimension: usize,
    ids: Keys,
    /// Row by row.
    features: Vec<f64>,
}

impl Collected {
    fn new(shape: Shape) -> Collected {
        Collected {
            dimension: shape.dimension,
            ids: Keys::new(shape.kind),
            features: Vec::new(),
        }
    }

    fn shape(&self) -> Shape {
        Shape {
            kind: self.ids.kind(),
            dimension: self.dimension,
        }
    }

    /// Room for the features of `more` rows.
    #[inline]
    fn make_room(&mut self, more: usize, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let more = more * self.dimension;
        if self.features.capacity() - self.features.len() < more {
            checkpoint.pass("collecting", self.ids.len(), 0)?;
            make_room(&mut self.features, more, checkpoint)?;
        }
        Ok(())
    }

    /// Hands the blocks to `put`, piece by piece.
    fn write(&self, put: &mut dyn FnMut(&[u8]) -> Result<()>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let n = self.ids.len();
        let rows = Rows {
            ids: &self.ids,
            features: &self.features,
            dimension: self.dimension,
        };
        let order = rows.order(checkpoint)?;
        let row_at = |place: usize| order.as_ref().map_or(place, |places| places[place].1);
        let (mut out, mut of_block, mut values, mut offsets) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for start in (0..n).step_by(block::ROWS) {
            of_block.clear();
            of_block.extend((start..n.min(start + block::ROWS)).map(row_at));
            let ids = of_block.iter().map(|&row| self.ids.get(row));
            put_ids(&mut out, self.ids.kind(), ids, checkpoint)?;
            for feature in 0..self.dimension {
                if feature % COLUMNS == 0 {
                    checkpoint.pass("writing", start, n)?;
                }
                values.clear();
                values.extend(of_block.iter().map(|&row| rows.features(row)[feature]));
                put_column(&mut out, &values, &mut offsets);
                if out.len() >= PIECE {
                    put(&out)?;
                    out.clear();
                }
            }
        }
        put(&out)
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

    /// Says how many rows the rows of a text form were chosen from.
    pub(super) fn set_ignored(&mut self, null_ids: u64, null_features: u64) {
        self.counts.null_ids = null_ids;
        self.counts.null_features = null_features;
    }

    /// Takes a row. All rows have ids of one kind and equally many features, all of which are finite; a text has no zeros in it.
    #[inline]
    pub fn push(&mut self, id: Key<'_>, features: &[f64], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if !features.iter().all(|x| x.is_finite()) {
            return Err(not_finite(id, features));
        }
        let shape = Shape {
            kind: id.kind(),
            dimension: features.len(),
        };
        let rows = match &mut self.rows {
            Some(rows) if rows.shape() == shape => rows,
            rows => begin(rows, id, shape)?,
        };
        rows.make_room(1, checkpoint)?;
        rows.ids.push(id, checkpoint)?;
        // Zero has one sign.
        rows.features.extend(features.iter().map(|x| x + 0.0));
        self.counts.rows += 1;
        Ok(())
    }

    /// Takes all rows of a set.
    pub fn absorb(&mut self, bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let set = FeatureSet::open(bytes)?;
        self.counts.add(set.counts());
        let Some(shape) = set.shape else {
            return Ok(());
        };
        let rows = self.meet(shape)?;
        rows.make_room(set.len(), checkpoint)?;
        let mut ids = Keys::new(shape.kind);
        let mut values = vec_of(0.0, block::ROWS, checkpoint)?;
        let mut offsets = Vec::new();
        set.each_block(checkpoint, &mut |block, _, checkpoint| {
            block.ids(&mut ids, checkpoint)?;
            let start = rows.features.len();
            rows.features.resize(start + block.rows * shape.dimension, 0.0);
            let values = &mut values[..block.rows];
            for (feature, column) in block.columns.iter().enumerate() {
                column.read(values, &mut offsets)?;
                let places = rows.features[start + feature..].iter_mut().step_by(shape.dimension);
                places.zip(&*values).for_each(|(place, value)| *place = value + 0.0);
            }
            Ok(())
        })?;
        append(&mut rows.ids, &ids, checkpoint)
    }

    /// Takes everything from another collection, which stays as it is.
    pub fn merge(&mut self, other: &Collector, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        self.counts.add(&other.counts);
        let Some(more) = &other.rows else {
            return Ok(());
        };
        let rows = self.meet(more.shape())?;
        rows.make_room(more.ids.len(), checkpoint)?;
        rows.features.extend_from_slice(&more.features);
        append(&mut rows.ids, &more.ids, checkpoint)
    }

    /// Writes the set to an empty sink. O(rows · dimension), and sorting.
    pub fn write(&self, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let head = header(&self.counts, self.rows.as_ref().map(Collected::shape));
        let mut crc = checksum_of(&head[..CHECKSUM.start]);
        crc.update(&head[CHECKSUM.end..]);
        sink.append(&head)?;
        if let Some(rows) = &self.rows {
            let mut put = |piece: &[u8]| {
                crc.update(piece);
                sink.append(piece)
            };
            rows.write(&mut put, checkpoint)?;
        }
        sink.overwrite(CHECKSUM.start, &crc.finalize().to_le_bytes());
        Ok(())
    }

    /// The bytes it takes, beyond those of `Self`. O(1).
    #[inline]
    pub fn heap_bytes(&self) -> usize {
        self.rows.as_ref().map_or(0, |rows| {
            rows.ids.heap_bytes() + rows.features.capacity() * size_of::<f64>()
        })
    }

    /// The rows, once they are known to be of this shape.
    fn meet(&mut self, shape: Shape) -> Result<&mut Collected> {
        match &mut self.rows {
            Some(rows) if rows.shape() != shape => Err(mismatch(rows.shape(), shape)),
            rows => Ok(rows.get_or_insert_with(|| Collected::new(shape))),
        }
    }
}

/// The rows that the first row, or one of another shape, is to be added to.
#[cold]
fn begin<'r>(rows: &'r mut Option<Collected>, id: Key<'_>, shape: Shape) -> Result<&'r mut Collected> {
    let here = format!("The row with id {} has {}", named(id), features(shape.dimension));
    match rows {
        _ if shape.dimension == 0 => Err(Error::invalid("features must not be empty").detail(format!("{here}."))),
        _ if shape.dimension > MAX_DIMENSION => Err(Error::new(Kind::TooLarge, "too many features")
            .detail(format!("{here}; there can be {MAX_DIMENSION} of them."))
            .hint("Choose those that tell customers apart.")),
        Some(rows) if rows.ids.kind() != shape.kind => Err(mismatch(rows.shape(), shape)),
        Some(rows) => Err(Error::invalid("all rows must have the same number of features")
            .detail(format!("{here}, the rows before it have {}.", rows.dimension))),
        none => Ok(none.insert(Collected::new(shape))),
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
