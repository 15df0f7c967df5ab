//! Where a model places rows.

use super::fit::{Fitted, Options, fit, fit_points};
use super::kernel::{LANES, Nearest, nearest};
use super::model::Model;
use super::points::Points;
use super::quality::{Silhouette, Squares, exact_silhouettes, silhouette};
use super::rows::Rows;
use crate::checkpoint::{Checkpoint, each, vec_of, vec_with_capacity};
use crate::error::Result;

/// The place of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place {
    /// The number of its cluster, from 1.
    pub cluster: u32,
    /// The distance to the cluster's center, in scaled units.
    pub distance: f64,
    /// How much nearer it is than the next cluster; nothing where there is only one.
    pub silhouette: Option<f64>,
}

/// The places of all rows, in their order. Weights matter to exact silhouettes only.
pub fn place<'a>(
    model: &Model,
    rows: impl Into<Rows<'a>>,
    kind: Silhouette,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<Place>> {
    let rows = rows.into();
    model.check_dimension(rows.features.nrows())?;
    let k = model.k();
    let mut points = Points::of_each_row(rows, &model.scaling, k, checkpoint)?;
    let mut places = places(model, &mut points, None, checkpoint)?;
    places.truncate(rows.len());
    if kind == Silhouette::Exact && k > 1 {
        rows.check()?;
        let mut totals = vec![0.0; k];
        for (row, place) in places.iter().enumerate() {
            totals[place.cluster as usize - 1] += rows.weight(row);
        }
        let silhouettes = exact_silhouettes(&points, &totals, checkpoint)?;
        for (place, silhouette) in places.iter_mut().zip(silhouettes) {
            place.silhouette = Some(silhouette);
        }
    }
    Ok(places)
}

/// Where a model that is fitted to these rows places them: what [`fit`] and [`place`] say, which takes no look at the rows after the last
/// of the fit.
pub fn segment<'a>(
    rows: impl Into<Rows<'a>>,
    options: &Options<'_>,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<Place>> {
    let rows = rows.into();
    if options.silhouette == Silhouette::Exact {
        // Exact silhouettes take far longer than placing; those of the fit would be for nothing.
        let options = Options {
            silhouette: Silhouette::Simplified,
            ..options.clone()
        };
        let model = fit(rows, &options, checkpoint)?;
        return place(&model, rows, Silhouette::Exact, checkpoint);
    }
    if rows.has_weightless() {
        // The fit knows nothing of them.
        let model = fit(rows, options, checkpoint)?;
        return place(&model, rows, options.silhouette, checkpoint);
    }
    let mut fitted = fit_points(rows, options, true, checkpoint)?;
    let known = Known::of(&mut fitted);
    let mut places = places(&fitted.model, &mut fitted.points, Some(&known), checkpoint)?;
    let Some(of_rows) = fitted.points.of_rows() else {
        places.truncate(rows.len());
        return Ok(places);
    };
    let mut of_each = vec_with_capacity(of_rows.len(), checkpoint)?;
    of_each.extend(of_rows.iter().map(|&point| places[point as usize]));
    Ok(of_each)
}

/// What a fit found out about the places of its points.
struct Known {
    squares: Squares,
    /// The number in the model of each cluster of the fit.
    numbers: Vec<u32>,
}

impl Known {
    fn of(fitted: &mut Fitted) -> Known {
        let mut numbers = vec![0; fitted.numbers.len()];
        for (number, &cluster) in (0..).zip(&fitted.numbers) {
            numbers[cluster] = number;
        }
        Known {
            squares: std::mem::take(&mut fitted.squares),
            numbers,
        }
    }

    /// The nearest centers of a tile's points, which are in these clusters of the fit; nothing where one is as near to two of them: the first
    /// of these is not the same by the numbers of the fit and of the model.
    fn nearest(&self, shard: usize, tile: usize, clusters: &[u32; LANES]) -> Option<Nearest> {
        let squares = &self.squares[shard].as_chunks::<LANES>().0[tile];
        squares.iter().all(|[least, next]| least < next).then(|| Nearest {
            center: clusters.map(|cluster| self.numbers[cluster as usize]),
            least: squares.map(|[least, _]| least),
            next: squares.map(|[_, next]| next),
        })
    }
}

/// The places of all points, and behind them of those that fill the last tile. The points are told their clusters.
fn places(
    model: &Model,
    points: &mut Points,
    known: Option<&Known>,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<Place>> {
    let (k, dimension) = (model.k(), points.dimension);
    let centers = model.scaled_centers().as_slice().expect("centers are contiguous");
    let room = points.shards.iter().map(|shard| shard.weights.len());
    let mut places = vec_of(Place::default(), room.clone().sum(), checkpoint)?;
    let mut left = &mut places[..];
    let of_shards: Vec<&mut [Place]> = room
        .map(|len| left.split_off_mut(..len).expect("there is a place for each point"))
        .collect();
    let mut work: Vec<_> = points.shards.iter_mut().zip(of_shards).collect();
    each(&mut work, "placing", checkpoint, |number, (shard, places), pulse| {
        let mut places = places.as_chunks_mut::<LANES>().0.iter_mut().enumerate();
        for block in shard.blocks_mut(dimension, k) {
            pulse()?;
            let clusters = block.clusters.as_chunks_mut::<LANES>().0;
            for (clusters, tile) in clusters.iter_mut().zip(block.tiles.chunks_exact(dimension * LANES)) {
                let (at, places) = places.next().expect("as many as there are tiles");
                let nearest = known
                    .and_then(|known| known.nearest(number, at, clusters))
                    .unwrap_or_else(|| nearest(tile, centers, dimension));
                *clusters = nearest.center;
                for (lane, place) in places.iter_mut().enumerate() {
                    let (own, other) = (nearest.least[lane].sqrt(), nearest.next[lane].sqrt());
                    *place = Place {
                        cluster: nearest.center[lane] + 1,
                        distance: own,
                        silhouette: (k > 1).then(|| silhouette(own, other)),
                    };
                }
            }
        }
        Ok(())
    })?;
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;
    use crate::kmeans::Features;

    /// Rows on a grid, many of them the same: `values` for each feature.
    fn grid(rows: usize, values: [u64; 2]) -> Features {
        Features::from_shape_fn((2, rows), |(feature, row)| {
            let mixed = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (20 * feature + 8);
            (mixed % values[feature]) as f64
        })
    }

    #[test]
    fn a_segment_is_what_is_fitted_and_then_placed() {
        // Nearly all rows the same as another, and nearly none.
        for features in [grid(1_201, [3, 5]), grid(1_201, [7, 1 << 40]), grid(5, [2, 2])] {
            let earlier = fit(&features, &Options::new(3), &mut Unhindered).unwrap();
            for k in [1, 2, 4, 6] {
                for (silhouette, order_by, previous) in [
                    (Silhouette::Simplified, "size", None),
                    (Silhouette::Simplified, "feature_2 desc", None),
                    (Silhouette::Simplified, "size", Some(&earlier)),
                    (Silhouette::Exact, "feature_1", None),
                ] {
                    let options = Options {
                        silhouette,
                        order_by,
                        previous,
                        ..Options::new(k)
                    };
                    let model = fit(&features, &options, &mut Unhindered).unwrap();
                    let placed = place(&model, &features, silhouette, &mut Unhindered).unwrap();
                    let segment = segment(&features, &options, &mut Unhindered).unwrap();
                    assert!(segment == placed, "{k} clusters by {order_by}, {silhouette:?}");
                }
            }
        }
    }

    #[test]
    fn rows_as_near_to_two_centers_are_placed_by_the_numbers_of_the_model() {
        let features = Features::from_shape_fn((2, 100), |(feature, row)| (row / [1, 10][feature] % 10) as f64);
        let mut ties = 0;
        for k in 2..40 {
            let options = Options {
                iterations: 0,
                starts: Some(1),
                order_by: "feature_1 desc",
                ..Options::new(k)
            };
            let fitted = fit_points((&features).into(), &options, true, &mut Unhindered).unwrap();
            ties += fitted.squares[0].iter().filter(|[least, next]| least == next).count();
            let placed = place(&fitted.model, &features, Silhouette::Simplified, &mut Unhindered).unwrap();
            let segment = segment(&features, &options, &mut Unhindered).unwrap();
            assert!(segment == placed, "{k} clusters");
        }
        assert!(ties > 0);
    }
}
