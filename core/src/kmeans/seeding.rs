//! Where the iterations start: greedy k-means++.
//!
//! Arthur & Vassilvitskii 2007, "k-means++: the advantages of careful seeding": each center is a point drawn with a probability
//! that grows with the square of its distance to those before. Greedy: of several that are drawn, the one that brings most stays.

use super::kernel::{LANES, distances};
use super::points::{Points, Shard};
use crate::checkpoint::{Checkpoint, each};
use crate::error::Result;
use crate::random::Random;
use ndarray::Array2;

const STAGE: &str = "seeding";

/// Up to `k` different points as centers: fewer if there are fewer. `2 + ln k` candidates for each.
pub fn seed(
    points: &mut Points,
    k: usize,
    random: &mut Random,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Array2<f64>> {
    let dimension = points.dimension;
    let mut centers = Vec::new();
    if points.len() > 0 {
        let first = points.at_share(random.unit(), |shard, at| shard.weights[at]);
        centers.extend(points.point(first));
        for shard in &mut points.shards {
            shard.squares.fill(f64::INFINITY);
        }
        approach(points, &centers, checkpoint)?;
    }
    let tries = 2 + (k as f64).ln() as usize;
    while centers.len() < k * dimension && !centers.is_empty() {
        let cost = |shard: &Shard, at: usize| shard.weights[at] * shard.squares[at];
        let mut candidates = Vec::new();
        for _ in 0..tries {
            let candidate = points.at_share(random.unit(), cost);
            candidates.extend(points.point(candidate));
        }
        let costs = costs(points, &candidates, checkpoint)?;
        let best = (0..tries).fold(0, |best, at| if costs[at] < costs[best] { at } else { best });
        let candidate = &candidates[best * dimension..(best + 1) * dimension];
        // All points stand where a center is: there are no more.
        if centers.chunks_exact(dimension).any(|center| center == candidate) {
            break;
        }
        centers.extend_from_slice(candidate);
        approach(points, candidate, checkpoint)?;
    }
    Ok(Array2::from_shape_vec((centers.len() / dimension, dimension), centers).expect("whole centers"))
}

/// Brings the squared distances of the points to their nearest center up to date with a new center.
fn approach(points: &mut Points, center: &[f64], checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let dimension = points.dimension;
    each(&mut points.shards, STAGE, checkpoint, |_, shard, pulse| {
        for block in shard.blocks_mut(dimension, 1) {
            pulse()?;
            let squares = block.squares.as_chunks_mut::<LANES>().0;
            distances(block.tiles, center, dimension, |tile, _, new| {
                for (square, &new) in squares[tile].iter_mut().zip(new) {
                    *square = f64::min(*square, new);
                }
            });
        }
        Ok(())
    })
}

/// What would be left of the inertia with each candidate.
fn costs(points: &Points, candidates: &[f64], checkpoint: &mut dyn Checkpoint) -> Result<Vec<f64>> {
    let dimension = points.dimension;
    let tries = candidates.len() / dimension;
    let mut costs = vec![vec![0.0; tries]; points.shards.len()];
    each(&mut costs, STAGE, checkpoint, |number, costs, pulse| {
        let shard = &points.shards[number];
        for (start, tiles) in shard.blocks(dimension, tries) {
            pulse()?;
            let (weights, squares) = (&shard.weights[start..], &shard.squares[start..]);
            let (weights, squares) = (weights.as_chunks::<LANES>().0, squares.as_chunks::<LANES>().0);
            distances(tiles, candidates, dimension, |tile, candidate, new| {
                let (weights, old) = (&weights[tile], &squares[tile]);
                for lane in 0..LANES {
                    costs[candidate] += weights[lane] * f64::min(old[lane], new[lane]);
                }
            });
        }
        Ok(())
    })?;
    Ok((0..tries).map(|at| costs.iter().map(|costs| costs[at]).sum()).collect())
}
