//! Points as the iterations read them: scaled, in tiles, identical ones as one with a weight, or with the weights of their own that rows have.

mod alike;
mod sampling;

pub use alike::different;

use super::Features;
use super::kernel::LANES;
use super::rows::Rows;
use super::scaling::Scaling;
use crate::checkpoint::{Checkpoint, each, vec_of};
use crate::error::Result;
use alike::{Different, collapse};

/// Shards have at least so many points.
const SHARD: usize = 1_024;
/// The most shards there are.
const SHARDS: usize = 64;
/// The numbers that are worked on between two looks at whether to go on.
const BREATH: usize = 1 << 23;
/// Whole weights that come to more than this make sums uneven.
const EVEN: f64 = (1u64 << 32) as f64;

/// Points, in shards that are worked on independently of each other.
#[derive(Clone, Debug)]
pub struct Points {
    /// How many numbers a point has.
    pub dimension: usize,
    /// The points, the first ones in the first shard. How many shards there are depends on nothing but the numbers of points and
    /// clusters: sums over shards are the same however many threads there are.
    pub shards: Vec<Shard>,
    /// Whether rows have weights of their own. Each is a point by itself then.
    pub weighted: bool,
    /// Whether what is added to a sum and taken from it again may leave behind more than other points add to it. It does not where weights are
    /// whole: then sums of them are exact.
    pub uneven: bool,
    len: usize,
    /// The rows that the points stand for, where a point is not the row of its own number.
    different: Option<Different>,
}

/// Some of the points.
#[derive(Clone, Debug)]
pub struct Shard {
    tiles: Vec<f64>,
    /// How many rows each point stands for, or the weight of its row; 0 for those that only fill the last tile.
    pub weights: Vec<f64>,
    /// The cluster of each point.
    pub clusters: Vec<u32>,
    /// The squared distance of each point to what is nearest to it.
    pub squares: Vec<f64>,
}

impl Points {
    /// The points of these rows, for `k` clusters; identical rows as one where that pays and none has a weight. A weight is greater than 0.
    pub fn of(rows: Rows<'_>, scaling: &Scaling, k: usize, checkpoint: &mut dyn Checkpoint) -> Result<Points> {
        let alike = match rows.weights {
            None => collapse(&columns(rows.features), rows.len(), checkpoint)?,
            Some(_) => None,
        };
        let Some((different, weights)) = alike else {
            return Points::of_each_row(rows, scaling, k, checkpoint);
        };
        let row = |at: usize| (different.first[at] as usize, weights[at]);
        let mut points = Points::made_of(rows.features, weights.len(), row, scaling, k, checkpoint)?;
        points.different = Some(different);
        Ok(points)
    }

    /// The points of these rows, one for each row in their order.
    pub fn of_each_row(rows: Rows<'_>, scaling: &Scaling, k: usize, checkpoint: &mut dyn Checkpoint) -> Result<Points> {
        let Some(weights) = rows.weights else {
            return Points::made_of(rows.features, rows.len(), |at| (at, 1.0), scaling, k, checkpoint);
        };
        let row = |at: usize| (at, weights[at]);
        let mut points = Points::made_of(rows.features, rows.len(), row, scaling, k, checkpoint)?;
        let whole = weights.iter().all(|weight| weight.fract() == 0.0) && weights.iter().sum::<f64>() <= EVEN;
        (points.weighted, points.uneven) = (true, !whole);
        Ok(points)
    }

    /// So many points; `of` says which row each of them is, and what it weighs.
    fn made_of(
        features: &Features,
        len: usize,
        of: impl Fn(usize) -> (usize, f64) + Sync,
        scaling: &Scaling,
        k: usize,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Points> {
        let columns = columns(features);
        let mut points = Points::empty(columns.len(), len, k, checkpoint)?;
        points.fill(checkpoint, |at, feature| {
            let (row, weight) = of(at);
            (scaling.scaled(feature, columns[feature][row]), weight)
        })?;
        Ok(points)
    }

    /// Room for points.
    fn empty(dimension: usize, len: usize, k: usize, checkpoint: &mut dyn Checkpoint) -> Result<Points> {
        // Each shard sums up each cluster by itself, which should not take more than the points.
        let shards = (len / k.max(SHARD)).clamp(1, SHARDS);
        let size = len.div_ceil(shards).next_multiple_of(LANES);
        let mut points = Points {
            dimension,
            shards: Vec::new(),
            weighted: false,
            uneven: false,
            len,
            different: None,
        };
        let mut left = len;
        while left > 0 {
            let room = left.min(size).next_multiple_of(LANES);
            points.shards.push(Shard {
                tiles: vec_of(0.0, room * dimension, checkpoint)?,
                weights: vec_of(0.0, room, checkpoint)?,
                clusters: vec_of(0, room, checkpoint)?,
                squares: vec_of(0.0, room, checkpoint)?,
            });
            left = left.saturating_sub(room);
        }
        Ok(points)
    }

    /// Sets all values; `of` says the value of a point's feature, and the point's weight.
    fn fill(&mut self, checkpoint: &mut dyn Checkpoint, of: impl Fn(usize, usize) -> (f64, f64) + Sync) -> Result<()> {
        let (dimension, len) = (self.dimension, self.len);
        let size = self.shard_len();
        each(&mut self.shards, "preparing", checkpoint, |number, shard, pulse| {
            let start = number * size;
            let filled = (len - start).min(shard.weights.len());
            for (at, tile) in shard.tiles.chunks_exact_mut(dimension * LANES).enumerate() {
                if at % 64 == 0 {
                    pulse()?;
                }
                for (feature, values) in tile.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                    let lanes = LANES.min(filled - at * LANES);
                    for (lane, value) in values[..lanes].iter_mut().enumerate() {
                        let point = at * LANES + lane;
                        (*value, shard.weights[point]) = of(start + point, feature);
                    }
                }
            }
            Ok(())
        })
    }

    /// How many different points there are room for in each shard but the last.
    fn shard_len(&self) -> usize {
        self.shards.first().map_or(1, |shard| shard.weights.len())
    }

    fn place(&self, point: usize) -> (&Shard, usize) {
        let size = self.shard_len();
        (&self.shards[point / size], point % size)
    }

    /// For each point: one of the rows that it stands for, its cluster and its weight; `pulse` is called each `breath` points. Not for a sample.
    #[inline]
    pub fn each_row(
        &self,
        breath: usize,
        pulse: &mut dyn FnMut() -> Result<()>,
        mut visit: impl FnMut(usize, u32, f64),
    ) -> Result<()> {
        let size = self.shard_len();
        for (number, shard) in self.shards.iter().enumerate() {
            let start = number * size;
            for (at, (&cluster, &weight)) in shard.clusters.iter().zip(&shard.weights).enumerate() {
                if at % breath == 0 {
                    pulse()?;
                }
                if weight > 0.0 {
                    visit(self.row(start + at), cluster, weight);
                }
            }
        }
        Ok(())
    }

    /// How many rows are in each of these clusters, that have these weights. Not for a sample.
    pub fn sizes(&self, weights: &[f64], checkpoint: &mut dyn Checkpoint) -> Result<Vec<u64>> {
        if !self.weighted {
            return Ok(weights.iter().map(|&weight| weight as u64).collect());
        }
        let mut sizes = vec![0; weights.len()];
        let pulse = &mut || checkpoint.pass("counting", 0, 0);
        self.each_row(BREATH, pulse, |_, cluster, _| sizes[cluster as usize] += 1)?;
        Ok(sizes)
    }

    /// Whether each of `k` clusters has a point.
    pub fn are_in_all(&self, k: usize) -> bool {
        let mut found = vec![false; k];
        for shard in &self.shards {
            for (&cluster, &weight) in shard.clusters.iter().zip(&shard.weights) {
                if weight > 0.0 {
                    found[cluster as usize] = true;
                }
            }
        }
        !found.contains(&false)
    }

    /// One of the rows that a point stands for. Not for a sample.
    #[inline]
    pub fn row(&self, point: usize) -> usize {
        let different = self.different.as_ref();
        different.map_or(point, |different| different.first[point] as usize)
    }

    /// The point that each row is, where that is not the point of its own number. Not for a sample.
    pub fn of_rows(&self) -> Option<&[u32]> {
        self.different.as_ref().map(|different| &*different.points)
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// How many rows they stand for, or the weights of these.
    pub fn weight_of_all(&self) -> f64 {
        self.shards.iter().flat_map(|shard| &shard.weights).sum()
    }

    /// The mean of the features' variances.
    pub fn mean_variance(&self) -> f64 {
        let (rows, dimension) = (self.weight_of_all(), self.dimension);
        let moment = |feature: usize, about: f64, power: i32| {
            let shard_sum = |shard: &Shard| {
                let each = |at: usize| shard.weights[at] * (shard.value(at, feature, dimension) - about).powi(power);
                (0..shard.weights.len()).map(each).sum::<f64>()
            };
            self.shards.iter().map(shard_sum).sum::<f64>() / rows
        };
        let variance = |feature: usize| moment(feature, moment(feature, 0.0, 1), 2);
        (0..dimension).map(variance).sum::<f64>() / dimension as f64
    }

    /// The coordinates of a point.
    pub fn point(&self, point: usize) -> Vec<f64> {
        let (shard, at) = self.place(point);
        (0..self.dimension)
            .map(|feature| shard.value(at, feature, self.dimension))
            .collect()
    }

    /// The first point whose weights, by `weight`, add up to more than a share of those of all points.
    pub fn at_share(&self, share: f64, weight: impl Fn(&Shard, usize) -> f64) -> usize {
        let totals: Vec<f64> = self
            .shards
            .iter()
            .map(|shard| (0..shard.weights.len()).map(|at| weight(shard, at)).sum())
            .collect();
        let mut wanted = share * totals.iter().sum::<f64>();
        let size = self.shard_len();
        let mut last = 0;
        for ((number, shard), total) in self.shards.iter().enumerate().zip(totals) {
            if wanted >= total && number + 1 < self.shards.len() {
                wanted -= total;
                continue;
            }
            for at in 0..shard.weights.len() {
                let weight = weight(shard, at);
                if weight > 0.0 {
                    last = number * size + at;
                    if wanted < weight {
                        return last;
                    }
                }
                wanted -= weight;
            }
        }
        // Rounding may leave a little of the share behind the last point.
        last
    }
}

impl Shard {
    #[inline]
    fn value(&self, at: usize, feature: usize, dimension: usize) -> f64 {
        self.tiles[(at / LANES * dimension + feature) * LANES + at % LANES]
    }

    /// Appends the points one behind the other, those that fill the last tile too.
    pub fn write_rows(&self, dimension: usize, rows: &mut Vec<f64>) {
        for at in 0..self.weights.len() {
            rows.extend((0..dimension).map(|feature| self.value(at, feature, dimension)));
        }
    }

    /// The points in blocks that take a few milliseconds with so many centers: the number of the first point of each, and its tiles.
    pub fn blocks(&self, dimension: usize, centers: usize) -> impl Iterator<Item = (usize, &[f64])> {
        let tiles = block_tiles(dimension, centers);
        self.tiles
            .chunks(tiles * dimension * LANES)
            .enumerate()
            .map(move |(block, chunk)| (block * tiles * LANES, chunk))
    }

    /// The same, with all that belongs to a point.
    pub fn blocks_mut(&mut self, dimension: usize, centers: usize) -> impl Iterator<Item = Block<'_>> {
        let tiles = block_tiles(dimension, centers);
        let points = tiles * LANES;
        self.tiles
            .chunks(points * dimension)
            .zip(self.weights.chunks(points))
            .zip(self.clusters.chunks_mut(points))
            .zip(self.squares.chunks_mut(points))
            .map(|(((tiles, weights), clusters), squares)| Block {
                tiles,
                weights,
                clusters,
                squares,
            })
    }
}

/// Some points of a shard.
pub struct Block<'a> {
    /// The coordinates.
    pub tiles: &'a [f64],
    /// What each point weighs.
    pub weights: &'a [f64],
    /// The cluster of each point.
    pub clusters: &'a mut [u32],
    /// The squared distance of each point to what is nearest to it.
    pub squares: &'a mut [f64],
}

fn block_tiles(dimension: usize, centers: usize) -> usize {
    (BREATH / dimension.saturating_mul(centers.max(1)).saturating_mul(LANES)).clamp(1, 256)
}

fn columns(features: &Features) -> Vec<&[f64]> {
    let rows = features.rows().into_iter();
    rows.map(|row| row.to_slice().expect("a feature is contiguous"))
        .collect()
}
