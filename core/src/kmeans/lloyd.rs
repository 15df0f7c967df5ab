//! Lloyd's iterations: points go to their nearest center, centers to the mean of their points.
//!
//! Lloyd 1982, "Least squares quantization in PCM". Every distance is computed: with the few features and clusters that customers
//! are described by, the bounds of Elkan and of Hamerly cost more than the distances they save.

use super::kernel::{LANES, nearest};
use super::points::Points;
use crate::checkpoint::{Checkpoint, each, vec_of};
use crate::error::Result;
use ndarray::Array2;

const STAGE: &str = "iterating";
/// The cluster of points that have not been in one.
const NOWHERE: u32 = u32::MAX;

/// When the iterations end.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// After so many.
    pub iterations: usize,
    /// When the squares of the steps of all centers add up to no more than this.
    pub shift: f64,
}

/// Where the iterations ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// The centers.
    pub centers: Array2<f64>,
    /// The squared distances of all points to their nearest center, added up.
    pub inertia: f64,
    /// How many iterations it took.
    pub iterations: usize,
    /// Whether they ended by themselves.
    pub converged: bool,
}

/// What an iteration adds up over some of the points.
struct Tally {
    /// The points of each cluster, added up.
    sums: Vec<f64>,
    weights: Vec<f64>,
    inertia: f64,
    moved: usize,
}

/// Iterates from these centers on.
pub fn iterate(
    points: &mut Points,
    mut centers: Array2<f64>,
    limits: Limits,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Run> {
    for shard in &mut points.shards {
        shard.clusters.fill(NOWHERE);
    }
    let mut tallies = Vec::new();
    for _ in &points.shards {
        tallies.push(Tally {
            sums: vec_of(0.0, centers.len(), checkpoint)?,
            weights: vec_of(0.0, centers.nrows(), checkpoint)?,
            inertia: 0.0,
            moved: 0,
        });
    }
    let mut arrived = false;
    let mut iterations = 0;
    loop {
        assign(points, &centers, &mut tallies, checkpoint)?;
        let inertia = tallies.iter().map(|tally| tally.inertia).sum();
        let converged = arrived || tallies.iter().all(|tally| tally.moved == 0);
        if converged || iterations == limits.iterations {
            return Ok(Run {
                centers,
                inertia,
                iterations,
                converged,
            });
        }
        let next = means(points, &centers, &mut tallies, checkpoint)?;
        let shift: f64 = next.iter().zip(&centers).map(|(to, from)| (to - from).powi(2)).sum();
        arrived = shift <= limits.shift;
        centers = next;
        iterations += 1;
    }
}

/// Sends all points to their nearest center, and adds up what is there then.
fn assign(
    points: &mut Points,
    centers: &Array2<f64>,
    tallies: &mut [Tally],
    checkpoint: &mut dyn Checkpoint,
) -> Result<()> {
    let dimension = points.dimension;
    let k = centers.nrows();
    let centers = centers.as_slice().expect("centers are contiguous");
    let mut work: Vec<_> = points.shards.iter_mut().zip(tallies).collect();
    each(&mut work, STAGE, checkpoint, |_, (shard, tally), pulse| {
        tally.sums.fill(0.0);
        tally.weights.fill(0.0);
        (tally.inertia, tally.moved) = (0.0, 0);
        for block in shard.blocks_mut(dimension, k) {
            pulse()?;
            let mut lanes = block
                .weights
                .as_chunks::<LANES>()
                .0
                .iter()
                .zip(block.clusters.as_chunks_mut::<LANES>().0);
            nearest(block.tiles, centers, dimension, |tile, squares, clusters| {
                let (weights, old) = lanes.next().expect("as many as there are tiles");
                let values = tile.as_chunks::<LANES>().0;
                for lane in 0..LANES {
                    let (cluster, weight) = (clusters[lane] as usize, weights[lane]);
                    tally.moved += usize::from(clusters[lane] != old[lane]);
                    tally.inertia += weight * squares[lane];
                    tally.weights[cluster] += weight;
                    let sums = &mut tally.sums[cluster * dimension..][..dimension];
                    for (sum, values) in sums.iter_mut().zip(values) {
                        *sum += weight * values[lane];
                    }
                }
                *old = *clusters;
            });
        }
        Ok(())
    })
}

/// The means of the clusters. An empty cluster goes to the point that is farthest from its center.
fn means(
    points: &mut Points,
    centers: &Array2<f64>,
    tallies: &mut [Tally],
    checkpoint: &mut dyn Checkpoint,
) -> Result<Array2<f64>> {
    let (total, rest) = tallies.split_first_mut().expect("there are points");
    for tally in rest {
        let sums = total.sums.iter_mut().zip(&tally.sums);
        sums.chain(total.weights.iter_mut().zip(&tally.weights))
            .for_each(|(sum, more)| *sum += more);
    }
    let mut means = centers.clone();
    let empty = total.weights.iter().filter(|&&weight| weight == 0.0).count();
    let mut far = if empty > 0 {
        farthest(points, centers, empty, checkpoint)?.into_iter()
    } else {
        Vec::new().into_iter()
    };
    let sums = total.sums.chunks_exact(points.dimension);
    for ((mut mean, sums), &weight) in means.rows_mut().into_iter().zip(sums).zip(&total.weights) {
        if weight > 0.0 {
            mean.iter_mut().zip(sums).for_each(|(mean, sum)| *mean = sum / weight);
        } else if let Some(point) = far.next() {
            mean.assign(&ndarray::ArrayView1::from(&points.point(point)));
        }
    }
    Ok(means)
}

/// The `n` points that are farthest from their centers, the farthest first.
fn farthest(
    points: &mut Points,
    centers: &Array2<f64>,
    n: usize,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<usize>> {
    let dimension = points.dimension;
    let k = centers.nrows();
    let centers = centers.as_slice().expect("centers are contiguous");
    each(&mut points.shards, STAGE, checkpoint, |_, shard, pulse| {
        for block in shard.blocks_mut(dimension, k) {
            pulse()?;
            let mut lanes = block.squares.as_chunks_mut::<LANES>().0.iter_mut();
            nearest(block.tiles, centers, dimension, |_, squares, _| {
                *lanes.next().expect("as many as there are tiles") = *squares;
            });
        }
        Ok(())
    })?;
    let all = points
        .shards
        .iter()
        .flat_map(|shard| shard.squares.iter().zip(&shard.weights));
    let mut far: Vec<(f64, usize)> = Vec::new();
    for (at, (&square, &weight)) in all.enumerate() {
        if weight == 0.0 || (far.len() == n && square <= far[n - 1].0) {
            continue;
        }
        let place = far.partition_point(|other| other.0 >= square);
        far.insert(place, (square, at));
        far.truncate(n);
    }
    Ok(far.into_iter().map(|(_, at)| at).collect())
}
