//! Lloyd's iterations: points go to their nearest center, centers to the mean of their points.
//!
//! Lloyd 1982, "Least squares quantization in PCM". Distances that cannot change anything are not computed: a bound for each point, as in
//! Hamerly 2010, "Making k-means even faster", but against one number that grows, so that points at rest are only read.

use super::kernel::{LANES, Nearest, nearest};
use super::points::{Block, Points, Shard};
use crate::checkpoint::{Checkpoint, each, vec_of};
use crate::error::Result;
use ndarray::{Array2, ArrayView1};

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

/// The sums over some of the points.
struct Tally {
    /// The points of each cluster, added up.
    sums: Vec<f64>,
    weights: Vec<f64>,
    /// How many points changed their cluster last.
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
        shard.squares.fill(f64::NEG_INFINITY);
    }
    let mut tallies = Vec::new();
    for _ in &points.shards {
        tallies.push(Tally {
            sums: vec_of(0.0, centers.len(), checkpoint)?,
            weights: vec_of(0.0, centers.nrows(), checkpoint)?,
            moved: 0,
        });
    }
    let mut arrived = false;
    let mut iterations = 0;
    // How much nearer another center may have come to a point, since the first iteration.
    let mut drift = 0.0;
    loop {
        assign(points, &centers, drift, &mut tallies, checkpoint)?;
        if points.uneven {
            add_up(points, &mut tallies, checkpoint)?;
        }
        let converged = arrived || tallies.iter().all(|tally| tally.moved == 0);
        if converged || iterations == limits.iterations {
            if !arrived && converged {
                // The same clusters give the same bits, whatever the way to them.
                add_up(points, &mut tallies, checkpoint)?;
                centers = means(points, &centers, &mut tallies, checkpoint)?;
            }
            return Ok(Run {
                inertia: inertia(points, &centers, checkpoint)?,
                centers,
                iterations,
                converged,
            });
        }
        let next = means(points, &centers, &mut tallies, checkpoint)?;
        let steps = next.rows().into_iter().zip(centers.rows());
        let steps = steps.map(|(to, from)| (&to - &from).mapv(|step| step * step).sum());
        let (shift, greatest) = steps.fold((0.0, 0.0), |(sum, greatest), step| {
            (sum + step, f64::max(greatest, step))
        });
        arrived = shift <= limits.shift;
        drift += 2.0 * greatest.sqrt();
        centers = next;
        iterations += 1;
    }
}

/// Sends all points to their nearest center, and keeps the sums up to date.
///
/// A point whose next center was further away than its own by more than what the centers have moved since, all together and twice, is
/// where it was: its distances need not be computed. `squares` holds how far `drift` may go until then.
fn assign(
    points: &mut Points,
    centers: &Array2<f64>,
    drift: f64,
    tallies: &mut [Tally],
    checkpoint: &mut dyn Checkpoint,
) -> Result<()> {
    let dimension = points.dimension;
    let k = centers.nrows();
    let centers = centers.as_slice().expect("centers are contiguous");
    let mut work: Vec<_> = points.shards.iter_mut().zip(tallies).collect();
    each(&mut work, STAGE, checkpoint, |_, (shard, tally), pulse| {
        tally.moved = 0;
        let mut loose = Loose::new(dimension);
        for mut block in shard.blocks_mut(dimension, k) {
            pulse()?;
            for at in 0..block.weights.len() / LANES {
                let start = at * LANES;
                let limits: &[f64] = &block.squares[start..start + LANES];
                let open = limits.iter().map(|&limit| usize::from(limit <= drift)).sum::<usize>();
                if open > LANES / 4 {
                    let tile = &block.tiles[start * dimension..][..LANES * dimension];
                    let found = nearest(tile, centers, dimension);
                    let all: [usize; LANES] = std::array::from_fn(|lane| start + lane);
                    tally.take(&mut block, tile, &all, &found, drift);
                } else if open > 0 {
                    for lane in 0..LANES {
                        if block.squares[start + lane] <= drift && loose.add(&block, start + lane) {
                            loose.place(&mut block, tally, centers, drift);
                        }
                    }
                }
            }
            loose.place(&mut block, tally, centers, drift);
        }
        Ok(())
    })
}

/// Makes the sums anew, without what rounding left in them on the way.
fn add_up(points: &mut Points, tallies: &mut [Tally], checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let dimension = points.dimension;
    let mut work: Vec<_> = points.shards.iter_mut().zip(tallies).collect();
    each(&mut work, STAGE, checkpoint, |_, (shard, tally), pulse| {
        tally.sums.fill(0.0);
        tally.weights.fill(0.0);
        for block in shard.blocks_mut(dimension, 1) {
            pulse()?;
            for (at, tile) in block.tiles.chunks_exact(dimension * LANES).enumerate() {
                for lane in 0..LANES {
                    tally.add(
                        block.clusters[at * LANES + lane],
                        block.weights[at * LANES + lane],
                        tile,
                        lane,
                    );
                }
            }
        }
        Ok(())
    })
}

impl Tally {
    /// Adds a point to its cluster with this weight.
    #[inline]
    fn add(&mut self, cluster: u32, weight: f64, tile: &[f64], lane: usize) {
        if cluster == NOWHERE {
            return;
        }
        let (cluster, dimension) = (cluster as usize, tile.len() / LANES);
        self.weights[cluster] += weight;
        let sums = &mut self.sums[cluster * dimension..][..dimension];
        for (sum, values) in sums.iter_mut().zip(tile.as_chunks::<LANES>().0) {
            *sum += weight * values[lane];
        }
    }

    /// Takes the points of a tile to the centers that were found for them.
    #[inline]
    fn take(&mut self, block: &mut Block<'_>, tile: &[f64], points: &[usize], found: &Nearest, drift: f64) {
        for (lane, &at) in points.iter().enumerate() {
            // A little less than it is, for what rounding does to distances.
            let ahead = (found.next[lane].sqrt() - found.least[lane].sqrt()) * (1.0 - 1e-9);
            block.squares[at] = ahead + drift;
            let (old, new) = (block.clusters[at], found.center[lane]);
            if old == new {
                continue;
            }
            block.clusters[at] = new;
            let weight = block.weights[at];
            self.moved += usize::from(weight > 0.0);
            self.add(old, -weight, tile, lane);
            self.add(new, weight, tile, lane);
        }
    }
}

/// Points of several tiles, to be worked on together.
struct Loose {
    tile: Vec<f64>,
    points: [usize; LANES],
    len: usize,
}

impl Loose {
    fn new(dimension: usize) -> Loose {
        Loose {
            tile: vec![0.0; dimension * LANES],
            points: [0; LANES],
            len: 0,
        }
    }

    /// Adds a point of a block, and says whether that was the last there is room for.
    fn add(&mut self, block: &Block<'_>, at: usize) -> bool {
        let from = block.tiles[at / LANES * self.tile.len()..]
            .iter()
            .skip(at % LANES)
            .step_by(LANES);
        let to = self.tile.iter_mut().skip(self.len).step_by(LANES);
        to.zip(from).for_each(|(to, &from)| *to = from);
        self.points[self.len] = at;
        self.len += 1;
        self.len == LANES
    }

    /// Sends the points to their nearest center.
    fn place(&mut self, block: &mut Block<'_>, tally: &mut Tally, centers: &[f64], drift: f64) {
        let dimension = self.tile.len() / LANES;
        if self.len > 0 {
            let found = nearest(&self.tile, centers, dimension);
            tally.take(block, &self.tile, &self.points[..self.len], &found, drift);
            self.len = 0;
        }
    }
}

/// The squared distances of all points to their nearest center, added up.
fn inertia(points: &mut Points, centers: &Array2<f64>, checkpoint: &mut dyn Checkpoint) -> Result<f64> {
    squares(points, centers, checkpoint)?;
    let of_shard = |shard: &Shard| {
        let each = shard.weights.iter().zip(&shard.squares);
        each.map(|(weight, square)| weight * square).sum::<f64>()
    };
    Ok(points.shards.iter().map(of_shard).sum())
}

/// Sets the squared distance of each point to its nearest center.
fn squares(points: &mut Points, centers: &Array2<f64>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let (k, dimension) = centers.dim();
    let centers = centers.as_slice().expect("centers are contiguous");
    each(&mut points.shards, STAGE, checkpoint, |_, shard, pulse| {
        for block in shard.blocks_mut(dimension, k) {
            pulse()?;
            let squares = block.squares.as_chunks_mut::<LANES>().0;
            for (squares, tile) in squares.iter_mut().zip(block.tiles.chunks_exact(dimension * LANES)) {
                *squares = nearest(tile, centers, dimension).least;
            }
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
    let (k, dimension) = centers.dim();
    let weight = |tallies: &[Tally], cluster: usize| tallies.iter().map(|tally| tally.weights[cluster]).sum::<f64>();
    let empty: Vec<usize> = (0..k).filter(|&cluster| weight(tallies, cluster) == 0.0).collect();
    if !empty.is_empty() {
        // What came and went may have taken the last digits of those that stayed, and led them all to one of two centers.
        add_up(points, tallies, checkpoint)?;
    }
    let mut means = Array2::from_shape_fn((k, dimension), |(cluster, at)| {
        let sum: f64 = tallies.iter().map(|tally| tally.sums[cluster * dimension + at]).sum();
        sum / weight(tallies, cluster)
    });
    let far = farthest(points, centers, empty.len(), checkpoint)?;
    for (cluster, point) in empty.into_iter().zip(far) {
        let point = points.point(point);
        means.row_mut(cluster).assign(&ArrayView1::from(&point));
    }
    Ok(means)
}

/// The `n` points that are farthest from their centers, the farthest first. If there are any, all points are to be looked at anew afterwards.
pub(super) fn farthest(
    points: &mut Points,
    centers: &Array2<f64>,
    n: usize,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<usize>> {
    if n == 0 {
        return Ok(Vec::new());
    }
    squares(points, centers, checkpoint)?;
    let mut far: Vec<(f64, usize)> = Vec::new();
    let mut at = 0;
    for shard in &mut points.shards {
        for (square, &weight) in shard.squares.iter_mut().zip(&shard.weights) {
            let square = std::mem::replace(square, f64::NEG_INFINITY);
            if weight > 0.0 && !(far.len() == n && square <= far[n - 1].0) {
                let place = far.partition_point(|other| other.0 >= square);
                far.insert(place, (square, at));
                far.truncate(n);
            }
            at += 1;
        }
    }
    Ok(far.into_iter().map(|(_, at)| at).collect())
}
