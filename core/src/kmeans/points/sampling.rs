//! Some of many points, to try things out on.

use super::Points;
use crate::checkpoint::{Checkpoint, vec_with_capacity};
use crate::error::Result;
use crate::random::Random;

/// The most passes over all weights on the way to the threshold.
const PASSES: usize = 64;

/// A point, and what it weighs in the sample.
type Chosen = (usize, f64);

impl Points {
    /// Some of these points: each as likely as any other, or by their weights if rows have some.
    pub fn sample(
        &self,
        wanted: usize,
        k: usize,
        random: &mut Random,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Points> {
        let chosen = if self.weighted {
            self.chosen_by_weight(wanted, random, checkpoint)?
        } else {
            self.chosen(wanted, random, checkpoint)?
        };
        let mut points = Points::empty(self.dimension, chosen.len(), k, checkpoint)?;
        points.fill(checkpoint, |at, feature| {
            let (point, weight) = chosen[at];
            let (shard, at) = self.place(point);
            (shard.value(at, feature, self.dimension), weight)
        })?;
        (points.weighted, points.uneven) = (self.weighted, self.weighted);
        Ok(points)
    }

    /// Selection sampling: algorithm S of Knuth (TAOCP 2, 3.4.2).
    fn chosen(&self, wanted: usize, random: &mut Random, checkpoint: &mut dyn Checkpoint) -> Result<Vec<Chosen>> {
        let mut chosen = vec_with_capacity(wanted, checkpoint)?;
        for at in 0..self.len {
            if random.unit() * (self.len - at) as f64 <= (wanted - chosen.len()) as f64 && chosen.len() < wanted {
                chosen.push((at, self.weight(at)));
            }
        }
        Ok(chosen)
    }

    /// Poisson sampling with probabilities that are in proportion to weights: the heaviest points are chosen with the weight that they have, and
    /// of the others as many, on average, as are missing, with equal weights. So no few of them decide by chance what the sample is like.
    fn chosen_by_weight(
        &self,
        wanted: usize,
        random: &mut Random,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Vec<Chosen>> {
        let weights = || self.shards.iter().flat_map(|shard| shard.weights.iter().copied());
        let mut threshold = weights().sum::<f64>() / wanted as f64;
        // From above: the more points are chosen anyway, the less must the others weigh to be as many as are missing.
        for pass in 0..PASSES {
            checkpoint.pass("sampling", pass, PASSES)?;
            let (mut heavy, mut light) = (0, 0.0);
            for weight in weights() {
                if weight >= threshold {
                    heavy += 1;
                } else {
                    light += weight;
                }
            }
            if heavy >= wanted {
                break;
            }
            let next = light / (wanted - heavy) as f64;
            if next >= threshold {
                break;
            }
            threshold = next;
        }
        let mut chosen = vec_with_capacity(wanted, checkpoint)?;
        for at in 0..self.len {
            let weight = self.weight(at);
            if weight >= threshold || random.unit() * threshold < weight {
                crate::checkpoint::push(&mut chosen, (at, weight.max(threshold)), checkpoint)?;
            }
        }
        Ok(chosen)
    }

    fn weight(&self, point: usize) -> f64 {
        let (shard, at) = self.place(point);
        shard.weights[at]
    }
}
