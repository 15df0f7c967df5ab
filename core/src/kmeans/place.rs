//! Where a model places rows.

use super::Features;
use super::kernel::{LANES, nearest};
use super::model::Model;
use super::points::Points;
use super::quality::{Silhouette, exact_silhouettes, silhouette};
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

/// The places of all rows, in their order.
pub fn place(
    model: &Model,
    features: &Features,
    kind: Silhouette,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<Place>> {
    model.check_dimension(features.nrows())?;
    let (k, dimension) = (model.k(), features.nrows());
    let mut points = Points::of_each_row(features, &model.scaling, k, checkpoint)?;
    let centers = model.scaled_centers().as_slice().expect("centers are contiguous");
    let mut found = Vec::new();
    for shard in &points.shards {
        found.push(vec_of(Place::default(), shard.weights.len(), checkpoint)?);
    }
    let mut work: Vec<_> = points.shards.iter_mut().zip(&mut found).collect();
    each(&mut work, "placing", checkpoint, |_, (shard, found), pulse| {
        let mut places = found.as_chunks_mut::<LANES>().0.iter_mut();
        for block in shard.blocks_mut(dimension, k) {
            pulse()?;
            let clusters = block.clusters.as_chunks_mut::<LANES>().0;
            for (clusters, tile) in clusters.iter_mut().zip(block.tiles.chunks_exact(dimension * LANES)) {
                let nearest = nearest(tile, centers, dimension);
                *clusters = nearest.center;
                let places = places.next().expect("as many as there are tiles");
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
    let mut places: Vec<Place> = vec_with_capacity(features.ncols(), checkpoint)?;
    places.extend(found.iter().flatten().take(features.ncols()));
    if kind == Silhouette::Exact && k > 1 {
        let mut sizes = vec![0.0; k];
        places.iter().for_each(|place| sizes[place.cluster as usize - 1] += 1.0);
        let silhouettes = exact_silhouettes(&points, &sizes, checkpoint)?;
        for (place, silhouette) in places.iter_mut().zip(silhouettes) {
            place.silhouette = Some(silhouette);
        }
    }
    Ok(places)
}
