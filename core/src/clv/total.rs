//! What a number of orders that is not known brings, where the value of an order is not known either: quantiles of the total.
//!
//! In units of v + x z, the total of n orders is beta prime distributed (p n, p x + q): the logarithm of what so many gamma distributed
//! orders bring is that of the odds of a beta distributed variable. What such a mixture over n takes most of the time with, the
//! probabilities of each n, depends on the customer by x alone, and is kept in a table on a lattice of logarithms: a customer then takes
//! weighted sums of some ten rows. Between two rows of the lattice, the probability is the polynomial of degree seven that has the
//! densities and their slopes of both; from some dozens of orders on, it is also interpolated in n. Both are good to 1e-8.
//!
//! All that is in a table follows from the model and x alone, so that no answer depends on who was asked about before.

use crate::checkpoint::{Checkpoint, push};
use crate::error::Result;
use crate::special::incomplete_beta::{IncompleteBeta, Sides};
use crate::special::{digamma, normal_quantile, trigamma};
use std::collections::BTreeMap;
use std::f64::consts::PI;

/// Up to so many orders each number is looked at by itself.
const ONE_BY_ONE: usize = 64;

/// So many points interpolate what lies in a block of numbers of orders.
const POINTS: usize = 8;

/// How many steps of the lattice, and how many blocks, there are to a standard deviation of the logarithm of the total.
const STEPS: f64 = 3.0;
const BLOCKS: f64 = 2.0;

/// Beyond these logarithms a total is nothing, or no number.
const FARTHEST: f64 = 745.0;

/// A table that is larger is begun anew.
const LARGE: usize = 1 << 25;

/// Rows are filled up to a multiple of so many points.
const CHUNK: usize = 16;

/// A number of orders for which there are probabilities.
#[derive(Clone, Copy, Debug)]
struct Point {
    /// The number: whole, or one by which to interpolate.
    n: f64,
    total: IncompleteBeta,
    /// The logarithm of the odds at its mode.
    mode: f64,
    /// Mean and variance of the logarithm of the total.
    mean: f64,
    variance: f64,
}

/// Some numbers of orders, one after the other.
#[derive(Clone, Copy, Debug)]
struct Block {
    first: usize,
    numbers: usize,
}

impl Block {
    /// How many points stand for them.
    fn points(self) -> usize {
        if self.is_exact() { self.numbers } else { POINTS }
    }

    /// Whether each number is a point.
    fn is_exact(self) -> bool {
        self.first == 1 || self.numbers <= POINTS
    }
}

/// Probabilities and densities of the total at one place of the lattice, for the first points.
#[derive(Debug, Default)]
struct Row {
    below: Vec<f64>,
    above: Vec<f64>,
    density: Vec<f64>,
}

/// Which end of the distribution is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Low,
    High,
}

/// The totals of customers with one x.
#[derive(Debug)]
pub(super) struct Totals {
    /// The shape of an order's value, and that of its rate after x orders: p, and p x + q.
    shape: f64,
    known: f64,
    step: f64,
    blocks: Vec<Block>,
    points: Vec<Point>,
    rows: BTreeMap<i64, Row>,
    bytes: usize,
    /// The weights of points for the customer at hand.
    weights: Vec<f64>,
}

impl Totals {
    /// Totals of orders whose value has this shape, and a rate that is gamma distributed with the shape `known`.
    pub(super) fn new(shape: f64, known: f64) -> Totals {
        // No row is narrower than that of the greatest number that is told one by one.
        let least = (1.0 / known + 1.0 / (shape * 65_536.0)).sqrt();
        Totals {
            shape,
            known,
            step: least.min(1.0) / STEPS,
            blocks: vec![Block {
                first: 1,
                numbers: ONE_BY_ONE,
            }],
            points: Vec::new(),
            rows: BTreeMap::new(),
            bytes: 0,
            weights: Vec::new(),
        }
    }

    /// Weighs the points for a customer who places n orders with the probability `counts[n]`.
    pub(super) fn weigh(&mut self, counts: &[f64], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        self.weights.clear();
        let mut at = 0;
        while at == 0 || self.blocks[at - 1].first + self.blocks[at - 1].numbers < counts.len() {
            if at == self.blocks.len() {
                let next = self.next_block();
                push(&mut self.blocks, next, checkpoint)?;
            }
            let block = self.blocks[at];
            let end = (block.first + block.numbers).min(counts.len());
            let counts = &counts[block.first.min(end)..end];
            if block.is_exact() {
                self.weights.extend_from_slice(counts);
            } else {
                self.weights.extend(projected(block, counts));
            }
            at += 1;
        }
        while self.points.len() < self.weights.len() {
            let block = self.blocks.iter().scan(0, |end, block| {
                *end += block.points();
                Some((*end, *block))
            });
            let Some((_, block)) = block.into_iter().find(|&(end, _)| end > self.points.len()) else {
                break;
            };
            for place in 0..block.points() {
                let n = if block.is_exact() {
                    (block.first + place) as f64
                } else {
                    block.first as f64 + 0.5 * (block.numbers - 1) as f64 * (1.0 + node(place))
                };
                push(&mut self.points, Point::new(self.shape * n, self.known, n), checkpoint)?;
            }
        }
        Ok(())
    }

    /// The block behind the last one: so short that the logarithm of the total hardly moves in it.
    fn next_block(&self) -> Block {
        let last = self.blocks.last().map_or(1, |block| block.first + block.numbers);
        let n = last as f64;
        let spread = (1.0 / self.known + 1.0 / (self.shape * n)).sqrt().min(1.0);
        Block {
            first: last,
            numbers: ((n * spread / BLOCKS) as usize).clamp(1, 1 << 16),
        }
    }

    /// Where the total of the customer who was weighed last is below, or above, with this probability, in units of v + x z. No orders have
    /// the probability `none`. Nothing where it is beyond all numbers.
    pub(super) fn quantile(
        &mut self,
        none: f64,
        tail: f64,
        end: End,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Option<f64>> {
        let (tail, side) = match end {
            End::Low if none >= tail => return Ok(Some(0.0)),
            End::Low => (tail - none, 1.0),
            End::High if 1.0 - none <= tail => return Ok(Some(0.0)),
            End::High => (tail, -1.0),
        };
        let (mut low, mut high) = ((-FARTHEST / self.step) as i64, (FARTHEST / self.step) as i64);
        let (least, most) = (low, high);
        let mut at = (self.guess(tail, side) / self.step).floor();
        for turn in 0..200 {
            if high - low <= 1 {
                break;
            }
            let place = if turn < 40 && at.is_finite() {
                (at as i64).clamp(low + 1, high - 1)
            } else {
                low + (high - low) / 2
            };
            let (probability, density) = self.sums(place, end, checkpoint)?;
            let is_low = side * (probability - tail) < 0.0;
            // Newton's step for the logarithm of the probability.
            let to = place as f64 - side * probability / density * (probability / tail).ln() / self.step;
            if is_low {
                low = place;
                at = to.ceil();
            } else {
                high = place;
                at = to.floor();
            }
        }
        if low == least {
            return Ok(Some(0.0));
        }
        if high == most {
            return Ok(None);
        }
        let curve = Curve::between(
            self.slopes(low, end, checkpoint)?,
            self.slopes(high, end, checkpoint)?,
            side,
            self.step,
        );
        Ok(Some(((low as f64 + curve.root(side * tail)) * self.step).exp()).filter(|total| total.is_finite()))
    }

    /// About where it is, as if the logarithm of the total were normal.
    fn guess(&self, tail: f64, side: f64) -> f64 {
        let (mut all, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for (weight, point) in self.weights.iter().zip(&self.points) {
            all += weight;
            sum += weight * point.mean;
            squares += weight * (point.variance + point.mean * point.mean);
        }
        let mean = sum / all;
        let spread = (squares / all - mean * mean).max(0.0).sqrt();
        mean + side * spread * normal_quantile((tail / all).clamp(1e-300, 1.0 - 1e-16))
    }

    /// The row at this place, with as many points as have weights.
    fn row(&mut self, place: i64, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let points = self.weights.len();
        if self.rows.get(&place).is_some_and(|row| row.below.len() >= points) {
            return Ok(());
        }
        if self.bytes > LARGE {
            self.rows.clear();
            self.bytes = 0;
        }
        let row = self.rows.entry(place).or_default();
        let wanted = points.next_multiple_of(CHUNK).min(self.points.len());
        let t = place as f64 * self.step;
        let before = row.below.len();
        for (at, point) in self.points[before..wanted].iter().enumerate() {
            if at % 1_024 == 1_023 {
                checkpoint.pass("valuing", 0, 0)?;
            }
            let Sides { below, above, density } = point.total.sides(t - point.mode);
            push(&mut row.below, below, checkpoint)?;
            push(&mut row.above, above, checkpoint)?;
            push(&mut row.density, density, checkpoint)?;
        }
        self.bytes += (wanted - before) * 3 * size_of::<f64>();
        Ok(())
    }

    /// The probability of less, or of more, at a place, and the density.
    fn sums(&mut self, place: i64, end: End, checkpoint: &mut dyn Checkpoint) -> Result<(f64, f64)> {
        self.row(place, checkpoint)?;
        let row = &self.rows[&place];
        let side = match end {
            End::Low => &row.below,
            End::High => &row.above,
        };
        Ok((product(&self.weights, side), product(&self.weights, &row.density)))
    }

    /// The same, with the first and second derivatives of the density.
    fn slopes(&mut self, place: i64, end: End, checkpoint: &mut dyn Checkpoint) -> Result<[f64; 4]> {
        let (probability, density) = self.sums(place, end, checkpoint)?;
        let row = &self.rows[&place];
        let t = place as f64 * self.step;
        let (p, q) = (1.0 / (1.0 + (-t).exp()), 1.0 / (1.0 + t.exp()));
        let (mut slope, mut bend) = (0.0, 0.0);
        for ((weight, density), point) in self.weights.iter().zip(&row.density).zip(&self.points) {
            let a = self.shape * point.n;
            let by = a * q - self.known * p;
            let here = weight * density;
            slope += here * by;
            bend += here * (by * by - (a + self.known) * p * q);
        }
        Ok([probability, density, slope, bend])
    }
}

impl Point {
    fn new(a: f64, b: f64, n: f64) -> Point {
        Point {
            n,
            total: IncompleteBeta::new(a, b),
            mode: (a / b).ln(),
            mean: digamma(a) - digamma(b),
            variance: trigamma(a) + trigamma(b),
        }
    }
}

/// Chebyshev's points in (−1, 1).
fn node(place: usize) -> f64 {
    ((2 * place + 1) as f64 * PI / (2 * POINTS) as f64).cos()
}

/// The weights of a block's points that give a polynomial through them the same sum as these weights of its numbers.
fn projected(block: Block, counts: &[f64]) -> [f64; POINTS] {
    let half = 0.5 * (block.numbers - 1) as f64;
    // The sums of Chebyshev's polynomials.
    let mut sums = [0.0; POINTS];
    for (at, &weight) in counts.iter().enumerate() {
        let t = (at as f64 - half) / half;
        let (mut before, mut here) = (t, 1.0);
        for sum in &mut sums {
            *sum += weight * here;
            (before, here) = (here, 2.0 * t * here - before);
        }
    }
    std::array::from_fn(|place| {
        let t = node(place);
        let (mut before, mut here, mut value) = (t, 1.0, -0.5 * sums[0]);
        for sum in sums {
            value += sum * here;
            (before, here) = (here, 2.0 * t * here - before);
        }
        value * 2.0 / POINTS as f64
    })
}

/// The sum of products, in an order that processors can take several of at once.
fn product(one: &[f64], other: &[f64]) -> f64 {
    let n = one.len().min(other.len());
    let (one, other) = (one[..n].chunks_exact(4), other[..n].chunks_exact(4));
    let rest: f64 = one.remainder().iter().zip(other.remainder()).map(|(x, y)| x * y).sum();
    let mut sums = [0.0; 4];
    for (x, y) in one.zip(other) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// A polynomial of degree seven on (0, 1): Hermite's, by values and three derivatives at both ends.
struct Curve([f64; 8]);

impl Curve {
    /// Of the probability of less, which is made of that of more where `side` is −1.
    fn between(low: [f64; 4], high: [f64; 4], side: f64, step: f64) -> Curve {
        let scaled =
            |[value, d1, d2, d3]: [f64; 4]| [side * value, d1 * step, d2 * step * step, d3 * step * step * step];
        let ([c0, c1, d2, d3], [e0, e1, e2, e3]) = (scaled(low), scaled(high));
        let (c2, c3) = (d2 / 2.0, d3 / 6.0);
        let r0 = (e0 - c0) - c1 - c2 - c3;
        let r1 = (e1 - c1) - 2.0 * c2 - 3.0 * c3;
        let r2 = (e2 - d2) - d3;
        let r3 = e3 - d3;
        Curve([
            c0,
            c1,
            c2,
            c3,
            35.0 * r0 - 15.0 * r1 + 2.5 * r2 - r3 / 6.0,
            -84.0 * r0 + 39.0 * r1 - 7.0 * r2 + 0.5 * r3,
            70.0 * r0 - 34.0 * r1 + 6.5 * r2 - 0.5 * r3,
            -20.0 * r0 + 10.0 * r1 - 2.0 * r2 + r3 / 6.0,
        ])
    }

    /// Where it has this value, which lies between those at its ends.
    fn root(&self, value: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        let mut s = 0.5;
        for _ in 0..60 {
            let (mut here, mut slope) = (0.0, 0.0);
            for c in self.0.iter().rev() {
                slope = slope * s + here;
                here = here * s + c;
            }
            if here < value {
                low = s;
            } else {
                high = s;
            }
            let to = s - (here - value) / slope;
            let next = if to >= low && to <= high {
                to
            } else {
                0.5 * (low + high)
            };
            if (next - s).abs() < 1e-12 {
                return next;
            }
            s = next;
        }
        s
    }
}
