//! The search for the parameters under which histories are most likely.
//!
//! Likelihoods of these models can have several tops: far apart in the parameters, and less than one apart in the logarithm, with one of them
//! at a limit, such as nobody who ever leaves. Samples do not tell which is the highest. So what a search on samples ends at is believed only
//! where it is well inside; otherwise it begins anew from many starts, along the ridges: means are about known, and how much customers
//! differ is not.

use super::Family;
use super::cells::Cells;
use super::likelihood::likelihood;
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::maximum::{Optimum, climb, covariance};

/// Parameters are sought between these, with time in units of the customers' mean age.
pub(super) const LEAST: f64 = 1e-6;
pub(super) const MOST: f64 = 1e6;

/// The same as logarithms.
const LN: f64 = 6.0 * std::f64::consts::LN_10;
pub(super) const LIMITS: [(f64, f64); 4] = [(-LN, LN); 4];

/// From this logarithm of a parameter or its inverse on it is far out.
const FAR: f64 = 4.0 * std::f64::consts::LN_10;

/// A search begins with about so many cells, and goes on with so many times more.
const SAMPLE: usize = 256;
const GROWTH: usize = 16;

/// And begins anew with so many.
const AGAIN: usize = 2_048;

/// Tops of a sample that are as much lower than the highest are not looked at any more, nor are more than so many.
const LOWER: f64 = 10.0;
const TOPS: usize = 4;

/// How much customers may differ in their rates, and in how they leave: r, and a + b or s.
const SHAPES: [f64; 3] = [0.3, 3.0, 30.0];
const SPREADS: [f64; 4] = [0.1, 1.0, 10.0, 100.0];

/// How many customers leave: at an order, or in the time of the mean age.
const SHARES: [f64; 6] = [0.000_3, 0.003, 0.03, 0.15, 0.4, 0.8];

/// s and beta of some who leave at once, and hardly any later.
const AT_ONCE: [[f64; 2]; 2] = [[0.02, 1e-4], [0.1, 1e-3]];

/// Histories, as they are searched with.
pub(super) struct Search<'a> {
    pub family: Family,
    /// With times in units of the mean age, or in chances.
    pub cells: &'a Cells,
    /// Repeat purchases in a unit of time, or the stages of them: the rate if nobody ever left.
    pub rate: f64,
}

impl Search<'_> {
    /// The best point that there is.
    pub(super) fn best(&self, checkpoint: &mut dyn Checkpoint) -> Result<Optimum<4>> {
        // Rates that differ much, little and hardly, with different ways of leaving.
        let mut starts = vec![(0.5, 0.5, 2.0), (2.0, 1.0, 1.0), (0.1, 2.0, 10.0), (10.0, 0.1, 0.5)];
        if self.family == Family::Pareto {
            // Some who leave at once, and hardly any later.
            starts.push((1.0, 0.03, 0.001));
        }
        let starts: Vec<[f64; 4]> = starts
            .iter()
            .map(|&(r, a, b)| {
                let [r, alpha] = self.orders(r);
                inside([r, alpha, a, b])
            })
            .collect();
        let best = self.upwards(SAMPLE, &starts, checkpoint)?;
        if !is_doubtful(&best) {
            return Ok(best);
        }
        let other = self.upwards(AGAIN, &self.starts_along_ridges(&best), checkpoint)?;
        let best = best.or_better(other);
        self.settled(best, checkpoint)
    }

    /// The parameters of orders where customers who are there order somewhat more than all do, and differ by so much.
    fn orders(&self, shape: f64) -> [f64; 2] {
        let rate = 1.5 * self.rate;
        match self.family {
            Family::Bb => {
                let share = rate.min(0.9);
                [2.0 * shape * share, 2.0 * shape * (1.0 - share)]
            }
            _ => [shape, shape / rate],
        }
    }

    /// The top that the way up from a point near it leads to.
    pub(super) fn from(&self, start: [f64; 4], checkpoint: &mut dyn Checkpoint) -> Result<Optimum<4>> {
        let start = start.map(|x| x.clamp(-LN, LN));
        self.upwards(SAMPLE, &[start], checkpoint)
    }

    /// Climbs from starts on a sample, and from its tops on greater ones: from one sample's top it is a step or two to that of the next.
    fn upwards(&self, mut size: usize, starts: &[[f64; 4]], checkpoint: &mut dyn Checkpoint) -> Result<Optimum<4>> {
        let mut tops = self.tops(size, starts, checkpoint)?;
        // Of fewer than twice as many, a sample is all.
        while self.cells.len() / size >= 2 {
            size = size.saturating_mul(GROWTH);
            let starts: Vec<[f64; 4]> = tops.iter().map(|top| top.point).collect();
            tops = self.tops(size, &starts, checkpoint)?;
        }
        Ok(tops.into_iter().reduce(Optimum::or_better).expect("there are starts"))
    }

    /// The highest of the tops that climbs end at, the highest first.
    fn tops(&self, size: usize, starts: &[[f64; 4]], checkpoint: &mut dyn Checkpoint) -> Result<Vec<Optimum<4>>> {
        let cells = self.cells.sample(size);
        let mut tops: Vec<Optimum<4>> = Vec::new();
        for &start in starts {
            let found = climb(start, &LIMITS, |at| likelihood(self.family, &cells, at, checkpoint))?;
            match tops.iter_mut().find(|top| top.is_as_high_as(&found)) {
                Some(top) => *top = top.or_better(found),
                None => tops.push(found),
            }
        }
        tops.sort_by(|one, other| other.curve.value.total_cmp(&one.curve.value));
        let highest = tops.first().map_or(0.0, |top| top.curve.value);
        tops.retain(|top| top.curve.value >= highest - LOWER);
        tops.truncate(TOPS);
        Ok(tops)
    }

    /// Starts with means that are about those of a point, with customers who differ from hardly to much.
    fn starts_along_ridges(&self, best: &Optimum<4>) -> Vec<[f64; 4]> {
        let is_inside = |i: usize| best.point[i].abs() < FAR;
        let mut starts = Vec::new();
        let mut rates: Vec<[f64; 2]> = SHAPES.map(|r| self.orders(r)).to_vec();
        if is_inside(0) && is_inside(1) {
            rates = vec![[best.point[0].exp(), best.point[1].exp()]];
        }
        for [r, alpha] in rates {
            if self.family == Family::Pareto {
                starts.extend(AT_ONCE.map(|[s, beta]| inside([r, alpha, s, beta])));
            }
            for share in SHARES {
                for spread in SPREADS {
                    let [a, b] = match self.family {
                        Family::Pareto => [spread, spread / share],
                        Family::Bg | Family::Mbg | Family::Regular(_) | Family::Bb => {
                            [spread * share, spread * (1.0 - share)]
                        }
                    };
                    starts.push(inside([r, alpha, a, b]));
                }
            }
        }
        starts
    }

    /// A point at a limit, with what makes no difference there at the nearest limit too: one answer where many are the same.
    fn settled(&self, mut best: Optimum<4>, checkpoint: &mut dyn Checkpoint) -> Result<Optimum<4>> {
        let at_limit = |x: f64| x.abs() >= LN;
        for i in 0..4 {
            let is_flat = best.curve.hessian[i][i].abs() < FLAT && best.curve.gradient[i].abs() < FLAT;
            if at_limit(best.point[i]) || !is_flat || !best.point.iter().copied().any(at_limit) {
                continue;
            }
            let mut point = best.point;
            point[i] = LN.copysign(point[i]);
            let curve = likelihood(self.family, self.cells, &point, checkpoint)?;
            let there = Optimum { point, curve, ..best };
            if best.is_as_high_as(&there) {
                best = there;
            }
        }
        Ok(best)
    }
}

/// Slopes and curvatures below this say nothing.
const FLAT: f64 = 1e-2;

fn inside(parameters: [f64; 4]) -> [f64; 4] {
    parameters.map(|x| x.clamp(LEAST, MOST).ln())
}

/// Whether there may be a better point: at a limit, far out, or where the likelihood is flat.
fn is_doubtful(optimum: &Optimum<4>) -> bool {
    !optimum.is_top() || optimum.point.iter().any(|x| x.abs() > FAR) || covariance(&optimum.curve.hessian).is_none()
}
