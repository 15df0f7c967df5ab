//! Out of local optima: one center at a time goes to where rows are badly served.
//!
//! Iterations only move centers a little: with two centers in one crowd and one between two others they stay there. A swap takes a row,
//! drawn as k-means++ draws, for a new center, gives up the center that is missed least, and iterates; if that is better, it stays
//! (Lattanzi & Sohler 2019, "A better k-means++ algorithm via local search").

use super::kernel::{LANES, distances, nearest};
use super::lloyd::{Limits, Run, iterate};
use super::points::Points;
use crate::checkpoint::{Checkpoint, each, vec_of};
use crate::error::Result;
use crate::random::Random;
use ndarray::Array2;

const STAGE: &str = "swapping";
/// Swaps that come so near to the best go on to the end.
const PROMISING: f64 = 1.001;
/// Iterations before it is decided whether a swap was good.
const SETTLING: usize = 5;

/// So many ends are kept,
const KEPT: usize = 3;
/// if they are not so much worse than the best,
const NEAR: f64 = 1.01;
/// and different: by more than this.
const ALIKE: f64 = 1.000001;

/// Where runs ended: the best few of different ends, from the best down. What is the second best of a sample may be the best of all.
#[derive(Default)]
pub struct Ends(Vec<Run>);

impl Ends {
    /// One more end.
    pub fn add(&mut self, run: Run) {
        self.0.push(run);
        self.0.sort_by(|a, b| a.inertia.total_cmp(&b.inertia));
        self.0.dedup_by(|worse, better| worse.inertia <= ALIKE * better.inertia);
        let best = self.0[0].inertia;
        self.0.retain(|end| end.inertia <= NEAR * best);
        self.0.truncate(KEPT);
    }

    /// The best, if there is one.
    pub fn into_best(self) -> Option<Run> {
        self.0.into_iter().next()
    }
}

fn settling(limits: Limits) -> Limits {
    Limits {
        iterations: limits.iterations.min(SETTLING),
        ..limits
    }
}

/// Goes on with other points from where the ways ended, and to the end with the best.
pub fn settle(points: &mut Points, ends: Ends, limits: Limits, checkpoint: &mut dyn Checkpoint) -> Result<Ends> {
    let mut settled = Ends::default();
    for end in ends.0 {
        settled.add(iterate(points, end.centers, settling(limits), checkpoint)?);
    }
    Ok(settled)
}

/// Tries so many swaps, and goes to the end with the best.
pub fn improve(
    points: &mut Points,
    ends: &mut Ends,
    tries: usize,
    limits: Limits,
    random: &mut Random,
    checkpoint: &mut dyn Checkpoint,
) -> Result<()> {
    let Some(mut best) = ends.0.first().cloned() else {
        return Ok(());
    };
    for _ in 0..tries {
        if best.inertia == 0.0 {
            break;
        }
        let next = two_nearest(points, &best.centers, checkpoint)?;
        let row = points.at_share(random.unit(), |shard, at| shard.weights[at] * shard.squares[at]);
        let row = points.point(row);
        let center = missed_least(points, &next, &row, best.centers.nrows(), checkpoint)?;
        let mut centers = best.centers.clone();
        centers.row_mut(center).assign(&ndarray::ArrayView1::from(&row));
        let mut tried = iterate(points, centers, settling(limits), checkpoint)?;
        if tried.inertia < PROMISING * best.inertia {
            tried = go_on(points, tried, limits, checkpoint)?;
            tried.iterations += best.iterations;
            if tried.inertia < best.inertia {
                best = tried.clone();
            }
            ends.add(tried);
        }
    }
    let best = go_on(points, best, limits, checkpoint)?;
    ends.add(best);
    Ok(())
}

/// From where a run was stopped to its end.
fn go_on(points: &mut Points, run: Run, limits: Limits, checkpoint: &mut dyn Checkpoint) -> Result<Run> {
    if run.converged {
        return Ok(run);
    }
    let rest = iterate(points, run.centers, limits, checkpoint)?;
    Ok(Run {
        iterations: run.iterations + rest.iterations,
        ..rest
    })
}

/// Says in `points` which center is nearest to each point and how near; the result is the squared distance to the next one.
fn two_nearest(points: &mut Points, centers: &Array2<f64>, checkpoint: &mut dyn Checkpoint) -> Result<Vec<Vec<f64>>> {
    let (k, dimension) = centers.dim();
    let centers = centers.as_slice().expect("centers are contiguous");
    let mut next = Vec::new();
    for shard in &points.shards {
        next.push(vec_of(0.0, shard.weights.len(), checkpoint)?);
    }
    let mut work: Vec<_> = points.shards.iter_mut().zip(&mut next).collect();
    each(&mut work, STAGE, checkpoint, |_, (shard, next), pulse| {
        let mut next = next.as_chunks_mut::<LANES>().0.iter_mut();
        for block in shard.blocks_mut(dimension, k) {
            pulse()?;
            let clusters = block.clusters.as_chunks_mut::<LANES>().0;
            let squares = block.squares.as_chunks_mut::<LANES>().0;
            for (at, tile) in block.tiles.chunks_exact(dimension * LANES).enumerate() {
                let found = nearest(tile, centers, dimension);
                (clusters[at], squares[at]) = (found.center, found.least);
                *next.next().expect("as many as there are tiles") = found.next;
            }
        }
        Ok(())
    })?;
    Ok(next)
}

/// The center without which the inertia is least once there is one at `row`.
fn missed_least(
    points: &Points,
    next: &[Vec<f64>],
    row: &[f64],
    k: usize,
    checkpoint: &mut dyn Checkpoint,
) -> Result<usize> {
    let dimension = points.dimension;
    let mut losses = Vec::new();
    for _ in &points.shards {
        losses.push(vec_of(0.0, k, checkpoint)?);
    }
    each(&mut losses, STAGE, checkpoint, |number, losses, pulse| {
        let shard = &points.shards[number];
        for (start, tiles) in shard.blocks(dimension, 1) {
            pulse()?;
            distances(tiles, row, dimension, |tile, _, new| {
                for (lane, &new) in new.iter().enumerate() {
                    let at = start + tile * LANES + lane;
                    let without = f64::min(next[number][at], new) - f64::min(shard.squares[at], new);
                    losses[shard.clusters[at] as usize] += shard.weights[at] * without;
                }
            });
        }
        Ok(())
    })?;
    let loss = |center: usize| losses.iter().map(|losses| losses[center]).sum::<f64>();
    let mut least = (f64::INFINITY, 0);
    for center in 0..k {
        let loss = loss(center);
        if loss < least.0 {
            least = (loss, center);
        }
    }
    Ok(least.1)
}
