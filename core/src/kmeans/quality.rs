//! How good a clustering is.

use super::kernel::{LANES, distances, nearest};
use super::points::Points;
use crate::checkpoint::{Checkpoint, each, vec_of, vec_with_capacity};
use crate::error::Result;
use ndarray::{Array1, Array2};

/// How silhouettes are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Silhouette {
    /// From the distances to the centers (Hruschka, de Castro & Campello 2004): one pass.
    #[default]
    Simplified,
    /// From the distances to all other rows (Rousseeuw 1987): a pass for each row.
    Exact,
}

/// The silhouette of a row whose distances to its own and to the next cluster are `own` and `other`: from 1, well inside, through 0,
/// between the two, to -1, in the wrong one.
pub fn silhouette(own: f64, other: f64) -> f64 {
    let greater = own.max(other);
    match greater {
        // Distances beyond the range of numbers.
        f64::INFINITY if own < other => 1.0,
        f64::INFINITY => 0.0,
        0.0 => 0.0,
        _ => (other - own) / greater,
    }
}

/// The measures of a clustering. Indices that have no value, because there is one cluster or because each row is one, are missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quality {
    /// The rows of each cluster, or the weights of these, added up.
    pub weights: Vec<f64>,
    /// The squared distances of each cluster's rows to its center, by their weights, added up.
    pub inertias: Vec<f64>,
    /// All of them.
    pub inertia: f64,
    /// The mean silhouette of all rows.
    pub silhouette: Option<f64>,
    /// Caliński & Harabasz 1974: between the clusters over within, for each degree of freedom. More is better.
    pub calinski_harabasz: Option<f64>,
    /// Davies & Bouldin 1979: how much the two clusters of each one's worst pair overlap, on average. Less is better.
    pub davies_bouldin: Option<f64>,
}

/// The squared distances of each point to its own center and to the next one, shard by shard.
pub type Squares = Vec<Vec<[f64; 2]>>;

/// What a shard adds up.
struct Tally {
    weights: Vec<f64>,
    inertias: Vec<f64>,
    /// The distances, not squared.
    distances: Vec<f64>,
    silhouette: f64,
    /// The coordinates of all rows.
    sums: Vec<f64>,
    /// Of each point, if they are wanted.
    squares: Vec<[f64; 2]>,
}

/// Says in `points` which of the clusters around these centers each point is in. True if one was in another before.
pub fn settle(points: &mut Points, centers: &Array2<f64>, checkpoint: &mut dyn Checkpoint) -> Result<bool> {
    let (k, dimension) = centers.dim();
    let flat = centers.as_slice().expect("centers are contiguous");
    let mut moved = vec![false; points.shards.len()];
    let mut work: Vec<_> = points.shards.iter_mut().zip(&mut moved).collect();
    each(&mut work, "placing", checkpoint, |_, (shard, moved), pulse| {
        for block in shard.blocks_mut(dimension, k) {
            pulse()?;
            let clusters = block.clusters.as_chunks_mut::<LANES>().0;
            for (clusters, tile) in clusters.iter_mut().zip(block.tiles.chunks_exact(dimension * LANES)) {
                let found = nearest(tile, flat, dimension).center;
                **moved |= found != *clusters;
                *clusters = found;
            }
        }
        Ok(())
    })?;
    Ok(moved.contains(&true))
}

/// Measures the clusters around these centers, and says in `points` which one each point is in; and the distances, if they are to be
/// kept.
pub fn measure(
    points: &mut Points,
    centers: &Array2<f64>,
    kind: Silhouette,
    keep: bool,
    checkpoint: &mut dyn Checkpoint,
) -> Result<(Quality, Squares)> {
    let (k, dimension) = centers.dim();
    let flat = centers.as_slice().expect("centers are contiguous");
    let mut tallies = Vec::new();
    for shard in &points.shards {
        let kept = if keep { shard.weights.len() } else { 0 };
        tallies.push(Tally {
            weights: vec_of(0.0, k, checkpoint)?,
            inertias: vec_of(0.0, k, checkpoint)?,
            distances: vec_of(0.0, k, checkpoint)?,
            silhouette: 0.0,
            sums: vec_of(0.0, dimension, checkpoint)?,
            squares: vec_of([0.0; 2], kept, checkpoint)?,
        });
    }
    let mut work: Vec<_> = points.shards.iter_mut().zip(&mut tallies).collect();
    each(&mut work, "measuring", checkpoint, |_, (shard, tally), pulse| {
        let mut kept = tally.squares.as_chunks_mut::<LANES>().0.iter_mut();
        for block in shard.blocks_mut(dimension, k) {
            pulse()?;
            let weights = block.weights.as_chunks::<LANES>().0;
            let clusters = block.clusters.as_chunks_mut::<LANES>().0;
            for (at, tile) in block.tiles.chunks_exact(dimension * LANES).enumerate() {
                let found = nearest(tile, flat, dimension);
                clusters[at] = found.center;
                if let Some(kept) = kept.next() {
                    *kept = std::array::from_fn(|lane| [found.least[lane], found.next[lane]]);
                }
                for lane in 0..LANES {
                    let (cluster, weight) = (found.center[lane] as usize, weights[at][lane]);
                    let own = found.least[lane].sqrt();
                    tally.weights[cluster] += weight;
                    tally.inertias[cluster] += weight * found.least[lane];
                    tally.distances[cluster] += weight * own;
                    tally.silhouette += weight * silhouette(own, found.next[lane].sqrt());
                }
                for (sum, values) in tally.sums.iter_mut().zip(tile.as_chunks::<LANES>().0) {
                    for lane in 0..LANES {
                        *sum += weights[at][lane] * values[lane];
                    }
                }
            }
        }
        Ok(())
    })?;
    let total = |of: &dyn Fn(&Tally) -> &Vec<f64>, at: usize| tallies.iter().map(|tally| of(tally)[at]).sum::<f64>();
    let all = |of: &dyn Fn(&Tally) -> &Vec<f64>, n: usize| (0..n).map(|at| total(of, at)).collect::<Vec<_>>();
    let weights = all(&|tally| &tally.weights, k);
    let inertias = all(&|tally| &tally.inertias, k);
    let mut spreads = all(&|tally| &tally.distances, k);
    spreads
        .iter_mut()
        .zip(&weights)
        .filter(|(_, weight)| **weight > 0.0)
        .for_each(|(sum, weight)| *sum /= weight);
    let rows: f64 = weights.iter().sum();
    let mean: Array1<f64> = all(&|tally| &tally.sums, dimension)
        .into_iter()
        .map(|sum| sum / rows)
        .collect();
    let inertia: f64 = inertias.iter().sum();
    let silhouette: f64 = match kind {
        Silhouette::Simplified => tallies.iter().map(|tally| tally.silhouette).sum(),
        Silhouette::Exact => {
            let each = exact_silhouettes(points, &weights, checkpoint)?;
            let weights = points.shards.iter().flat_map(|shard| &shard.weights);
            each.iter()
                .zip(weights)
                .map(|(silhouette, weight)| silhouette * weight)
                .sum()
        }
    };
    // Where weights are small, there are more rows than they come to.
    let many = k > 1 && (k as f64) < rows.max(points.len() as f64);
    // What leaves the range of numbers is no measure.
    let finite = |measure: &f64| measure.is_finite();
    let quality = Quality {
        silhouette: many.then_some(silhouette / rows).filter(finite),
        calinski_harabasz: (many && (k as f64) < rows && inertia > 0.0)
            .then(|| {
                let between: f64 = centers
                    .rows()
                    .into_iter()
                    .zip(&weights)
                    .map(|(center, weight)| weight * (&center - &mean).mapv(|x| x * x).sum())
                    .sum();
                between / (k as f64 - 1.0) / (inertia / (rows - k as f64))
            })
            .filter(finite),
        davies_bouldin: many.then(|| davies_bouldin(centers, &spreads)).filter(finite),
        weights,
        inertias,
        inertia,
    };
    Ok((quality, tallies.into_iter().map(|tally| tally.squares).collect()))
}

fn davies_bouldin(centers: &Array2<f64>, spreads: &[f64]) -> f64 {
    let k = centers.nrows();
    let overlap = |i: usize, j: usize| {
        let apart = (&centers.row(i) - &centers.row(j)).mapv(|x| x * x).sum().sqrt();
        (spreads[i] + spreads[j]) / apart
    };
    let worst = |i: usize| (0..k).filter(|&j| j != i).map(|j| overlap(i, j)).fold(0.0, f64::max);
    (0..k).map(worst).sum::<f64>() / k as f64
}

/// Rows that are compared with others between two looks at whether to go on.
const BLOCK: usize = 4_096;

/// The exact silhouette of each point, in the order of the points; those that fill tiles have one too, which means nothing. `totals` are
/// the weights of the clusters. A row is not compared with itself: of what stands for several, with the others only, and what has a weight
/// below 1 is left out whole. The time grows with the square of their number.
pub fn exact_silhouettes(points: &Points, totals: &[f64], checkpoint: &mut dyn Checkpoint) -> Result<Vec<f64>> {
    let dimension = points.dimension;
    let mut rows = vec_with_capacity(
        points.shards.iter().map(|shard| shard.weights.len()).sum::<usize>() * dimension,
        checkpoint,
    )?;
    for shard in &points.shards {
        shard.write_rows(dimension, &mut rows);
    }
    let clusters: Vec<u32> = points
        .shards
        .iter()
        .flat_map(|shard| shard.clusters.iter().copied())
        .collect();
    let weights: Vec<f64> = points
        .shards
        .iter()
        .flat_map(|shard| shard.weights.iter().copied())
        .collect();
    let mut found = Vec::new();
    for shard in &points.shards {
        found.push(vec_of(0.0, shard.weights.len(), checkpoint)?);
    }
    each(&mut found, "comparing", checkpoint, |number, found, pulse| {
        let mut sums = vec![[0.0; LANES]; totals.len()];
        let tiles = points.shards[number].blocks(dimension, usize::MAX / dimension);
        for (start, tile) in tiles {
            sums.fill([0.0; LANES]);
            for (block, centers) in rows.chunks(BLOCK * dimension).enumerate() {
                pulse()?;
                distances(tile, centers, dimension, |_, center, squares| {
                    let center = block * BLOCK + center;
                    let weight = weights[center];
                    // Its distance may be infinite.
                    if weight == 0.0 {
                        return;
                    }
                    let sums = &mut sums[clusters[center] as usize];
                    for lane in 0..LANES {
                        sums[lane] += weight * squares[lane].sqrt();
                    }
                });
            }
            for (lane, found) in found[start..start + LANES].iter_mut().enumerate() {
                let own = points.shards[number].clusters[start + lane] as usize;
                let others = (0..totals.len()).filter(|&at| at != own && totals[at] > 0.0);
                let other = others
                    .map(|at| sums[at][lane] / totals[at])
                    .fold(f64::INFINITY, f64::min);
                // A row alone in its cluster is neither well nor badly placed.
                *found = match totals[own] - points.shards[number].weights[start + lane].min(1.0) {
                    rest if rest > 0.0 => silhouette(sums[own][lane] / rest, other),
                    _ => 0.0,
                };
            }
        }
        Ok(())
    })?;
    Ok(found.concat())
}
