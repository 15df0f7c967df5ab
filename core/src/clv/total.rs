//! What a number of orders that is not known brings, where the value of an order is not known either: quantiles of the total.
//!
//! In units of v + x z, the total of n orders is beta prime distributed (p n, p x + q): the logarithm of what so many gamma distributed
//! orders bring is that of the odds of a beta distributed variable. What such a mixture over n takes most of the time with, the
//! probabilities of each n, depends on the customer by x alone, and is kept in a table on a lattice of logarithms: a customer then takes
//! weighted sums of a few rows. A row knows the probability, the density and its derivatives, so that one row tells what is around it
//! by Taylor's series; and it knows them only for those n that may bring that much, since fewer bring less and more bring more for
//! certain. From some dozens of orders on, rows are also interpolated in n. All is good to 1e-8.
//!
//! All that is in a table follows from the model and x alone, and which rows are looked at from the customer, so that no answer depends on
//! who was asked about before.

use super::lattice::{Around, COLUMNS, Place, Point, root, sums};
use crate::checkpoint::{Checkpoint, push};
use crate::error::Result;
use hashbrown::HashMap;
use std::f64::consts::PI;
use std::sync::LazyLock;

/// Up to so many orders each number is looked at by itself.
const ONE_BY_ONE: usize = 64;

/// So many points interpolate what lies in a block of numbers of orders.
const POINTS: usize = 8;

/// How many steps of the lattice, and how many blocks, there are at least to a standard deviation of the logarithm of the total.
const STEPS: f64 = 1.75;
const BLOCKS: f64 = 2.0;

/// The widest step: however wide the distribution, far out it may fall as steeply as a gamma distribution does.
const WIDEST: f64 = 0.125;

/// Beyond these logarithms a total is nothing, or no number.
const FARTHEST: f64 = 745.0;

/// Where one order's logarithm has no greater standard deviation, it is what is expected.
const CERTAIN: f64 = 3e-8;

/// Probabilities that are nothing beside 1.
const NOTHING: f64 = 1e-16;

/// A table that is larger is begun anew.
const LARGE: usize = 1 << 25;

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

    /// The number that a point stands for: whole, or one by which to interpolate.
    fn number(self, place: usize) -> f64 {
        if self.is_exact() {
            (self.first + place) as f64
        } else {
            self.first as f64 + 0.5 * (self.numbers - 1) as f64 * (1.0 + NODES.0[place])
        }
    }
}

/// Probabilities of the total at one place of a lattice, for the points from `from` on. What is before that brings less for certain.
#[derive(Debug, Default)]
struct Row {
    from: usize,
    values: Vec<[f64; COLUMNS]>,
    /// Whether what is behind the last point brings more for certain.
    is_whole: bool,
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
    blocks: Vec<Block>,
    /// The numbers that points are, rising; the points that were needed yet; mean and variance of the logarithm of their totals, about.
    numbers: Vec<f64>,
    points: Vec<Option<Point>>,
    moments: Vec<(f64, f64)>,
    rows: HashMap<Place, Row>,
    bytes: usize,
    /// For the customer at hand, the weights of points; those of all before each point, and from it on.
    weights: Vec<f64>,
    before: Vec<f64>,
    onward: Vec<f64>,
    /// Mean and standard deviation of the logarithm of the total, about, where an order's value says most of it.
    normal: Option<(f64, f64)>,
}

impl Totals {
    /// Totals of orders whose value has this shape, and a rate that is gamma distributed with the shape `known`.
    pub(super) fn new(shape: f64, known: f64) -> Totals {
        Totals {
            shape,
            known,
            blocks: vec![Block {
                first: 1,
                numbers: ONE_BY_ONE,
            }],
            numbers: Vec::new(),
            points: Vec::new(),
            moments: Vec::new(),
            rows: HashMap::new(),
            bytes: 0,
            weights: Vec::new(),
            before: Vec::new(),
            onward: Vec::new(),
            normal: None,
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
        while self.numbers.len() < self.weights.len() {
            let mut end = 0;
            let block = self.blocks.iter().find(|block| {
                end += block.points();
                end > self.numbers.len()
            });
            let Some(&block) = block else {
                break;
            };
            let known = moments(self.known);
            for place in 0..block.points() {
                let n = block.number(place);
                let one = moments(self.shape * n);
                push(&mut self.numbers, n, checkpoint)?;
                push(&mut self.points, None, checkpoint)?;
                push(&mut self.moments, (one.0 - known.0, one.1 + known.1), checkpoint)?;
            }
        }
        self.before.clear();
        self.onward.clear();
        let mut sum = 0.0;
        self.before.push(0.0);
        self.before.extend(self.weights.iter().map(|weight| {
            sum += weight;
            sum
        }));
        let mut sum = 0.0;
        self.onward.push(0.0);
        self.onward.extend(self.weights.iter().rev().map(|weight| {
            sum += weight;
            sum
        }));
        self.onward.reverse();
        self.normal = self.normal();
        Ok(())
    }

    /// Mean and standard deviation of the logarithm of the total, about; nothing where it is the number of orders that says most of it.
    fn normal(&self) -> Option<(f64, f64)> {
        /// A standard deviation of the total of the greatest number.
        const NARROW: f64 = 0.2;
        let numbers = &self.numbers[..self.weights.len()];
        if numbers.last().is_none_or(|&last| self.spread(last) <= NARROW) {
            return None;
        }
        let (mut all, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for (weight, (mean, variance)) in self.weights.iter().zip(&self.moments) {
            all += weight;
            sum += weight * mean;
            squares += weight * (variance + mean * mean);
        }
        let mean = sum / all;
        Some((mean, (squares / all - mean * mean).max(0.0).sqrt()))
    }

    /// The standard deviation of the logarithm of the total of n orders, about.
    fn spread(&self, n: f64) -> f64 {
        (1.0 / self.known + 1.0 / (self.shape * n)).sqrt()
    }

    /// The block behind the last one: so short that the logarithm of the total hardly moves in it.
    fn next_block(&self) -> Block {
        let last = self.blocks.last().map_or(1, |block| block.first + block.numbers);
        let n = last as f64;
        Block {
            first: last,
            numbers: ((n * self.spread(n).min(1.0) / BLOCKS) as usize).clamp(1, 1 << 16),
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
        let Some(&most) = self.numbers[..self.weights.len()].last() else {
            return Ok(None);
        };
        let start = self.start(tail, end);
        if self.spread(1.0) < CERTAIN {
            return Ok(Some(start.exp()).filter(|total| total.is_finite()));
        }
        let power = (self.spread(most) / STEPS).min(WIDEST).log2().floor() as i32;
        let step = f64::from(power).exp2();
        let (mut low, mut high) = ((-FARTHEST / step) as i64, (FARTHEST / step) as i64);
        let (least, farthest) = (low, high);
        let mut at = (start / step).round() as i64;
        for turn in 0..200 {
            if high - low <= 1 {
                break;
            }
            let place = if turn < 12 {
                at.clamp(low + 1, high - 1)
            } else {
                low + (high - low) / 2
            };
            let [below, above, powers @ ..] = self.sums((power, place), checkpoint)?;
            let probability = if end == End::Low { below } else { above };
            let missing = side * (tail - probability);
            if let Some(further) = root(&powers, missing) {
                return Ok(Some(((place as f64 + further) * step).exp()).filter(|total| total.is_finite()));
            }
            if missing > 0.0 {
                low = place;
            } else {
                high = place;
            }
            // Newton's step for the logarithm of the probability.
            let to = side * probability / powers[0] * (tail / probability).ln();
            let to = if to.is_finite() {
                to.round()
            } else {
                missing.signum() * 4.0
            };
            at = place.saturating_add(to as i64);
        }
        if low == least {
            return Ok(Some(0.0));
        }
        if high == farthest {
            return Ok(None);
        }
        Ok(Some(((low as f64 + 0.5) * step).exp()))
    }

    /// About where it is. Where numbers of orders say more of it than what an order brings, by these; else as if its logarithm were normal.
    fn start(&self, tail: f64, end: End) -> f64 {
        /// A standard deviation of the total of a number, beside the gap between two numbers, that leaves them apart.
        const APART: f64 = 0.35;
        let numbers = &self.numbers[..self.weights.len()];
        let normal = |share: f64| rough_quantile(share.clamp(1e-300, 1.0 - 1e-16));
        if let Some((mean, spread)) = self.normal {
            let side = if end == End::Low { 1.0 } else { -1.0 };
            return mean + side * spread * normal(tail / self.onward[0]);
        }
        // The number at which it comes to so much, and how much of that number there is below.
        let (at, share) = match end {
            End::Low => {
                let at = self.before[1..].partition_point(|&before| before < tail);
                let at = at.min(numbers.len() - 1);
                (at, (tail - self.before[at]) / self.weights[at])
            }
            End::High => {
                let at = self.onward.partition_point(|&onward| onward > tail).max(1) - 1;
                let at = at.min(numbers.len() - 1);
                (at, 1.0 - (tail - self.onward[at + 1]) / self.weights[at])
            }
        };
        let n = numbers[at];
        let gap = match at {
            0 => 1.0,
            at => n - numbers[at - 1],
        };
        let spread = n * self.spread(n);
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 };
        let off = if spread < APART * gap {
            spread * normal(share).clamp(-4.0, 4.0)
        } else {
            (share - 0.5) * gap
        };
        (self.shape / self.known * (n + off).max(0.5 * n)).ln()
    }

    /// The row at this place, with what is needed of as many points as have weights.
    fn row(&mut self, place: Place, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let end = self.weights.len();
        let old = self.rows.get(&place);
        if old.is_some_and(|row| row.is_whole || row.from + row.values.len() >= end) {
            return Ok(());
        }
        if self.bytes > LARGE {
            self.rows.clear();
            self.bytes = 0;
        }
        let around = Around::new(place);
        let mut row = match self.rows.remove(&place) {
            Some(row) => row,
            None => {
                // From the number that is expected to bring as much on down.
                let n = (around.t + (self.known / self.shape).ln()).exp();
                let mut from = self.numbers[..end].partition_point(|&number| number < n);
                let mut values = Vec::new();
                while from > 0 {
                    let here = around.values(self.point(from - 1));
                    if here[1] < NOTHING {
                        break;
                    }
                    from -= 1;
                    push(&mut values, here, checkpoint)?;
                    if values.len() % 1_024 == 0 {
                        checkpoint.pass("valuing", 0, 0)?;
                    }
                }
                values.reverse();
                self.bytes += size_of::<(Place, Row)>();
                Row {
                    from,
                    values,
                    is_whole: false,
                }
            }
        };
        for at in row.from + row.values.len()..end {
            let here = around.values(self.point(at));
            if at % 1_024 == 0 {
                checkpoint.pass("valuing", 0, 0)?;
            }
            // A row that was begun for fewer numbers than are certain here begins where any other does.
            if row.values.is_empty() && here[1] < NOTHING {
                row.from = at + 1;
                continue;
            }
            push(&mut row.values, here, checkpoint)?;
            if here[0] < NOTHING {
                row.is_whole = true;
                break;
            }
        }
        self.bytes += row.values.len() * size_of::<[f64; COLUMNS]>();
        self.rows.insert(place, row);
        Ok(())
    }

    /// The point with this number.
    fn point(&mut self, at: usize) -> &Point {
        let (a, b) = (self.shape * self.numbers[at], self.known);
        self.points[at].get_or_insert_with(|| Point::new(a, b))
    }

    /// What the customer's numbers of orders have of each column at a place.
    fn sums(&mut self, place: Place, checkpoint: &mut dyn Checkpoint) -> Result<[f64; COLUMNS]> {
        self.row(place, checkpoint)?;
        let row = &self.rows[&place];
        let from = row.from.min(self.weights.len());
        let end = (row.from + row.values.len()).clamp(from, self.weights.len());
        let mut sums = sums(&self.weights[from..end], &row.values);
        sums[0] += self.before[from];
        sums[1] += self.onward[end];
        Ok(sums)
    }
}

/// Mean and variance of the logarithm of a gamma distributed variable, to a hundredth or so.
fn moments(shape: f64) -> (f64, f64) {
    let next = shape + 1.0;
    (
        next.ln() - 0.5 / next - 1.0 / shape,
        (1.0 + 0.5 / next) / next + 1.0 / (shape * shape),
    )
}

/// The standard normal quantile to three digits behind the point: Abramowitz & Stegun 26.2.23.
fn rough_quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -rough_quantile(1.0 - p);
    }
    let t = (-2.0 * p.ln()).sqrt();
    (2.515_517 + t * (0.802_853 + t * 0.010_328)) / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308))) - t
}

/// Chebyshev's points in (−1, 1), rising, and his polynomials at each of them.
static NODES: LazyLock<([f64; POINTS], [[f64; POINTS]; POINTS])> = LazyLock::new(|| {
    let node = |place: usize| -((2 * place + 1) as f64 * PI / (2 * POINTS) as f64).cos();
    let nodes = std::array::from_fn(node);
    let polynomials = nodes.map(|t| {
        let (mut before, mut here) = (t, 1.0);
        std::array::from_fn(|_| {
            let value = here;
            (before, here) = (here, 2.0 * t * here - before);
            value
        })
    });
    (nodes, polynomials)
});

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
    NODES.1.map(|polynomials| {
        let value: f64 = sums.iter().zip(polynomials).map(|(sum, value)| sum * value).sum();
        (value - 0.5 * sums[0]) * 2.0 / POINTS as f64
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;

    /// Customers with few and with many orders ahead, one after the other and each with a table of its own: the same to the last bit.
    #[test]
    fn what_a_table_holds_does_not_matter() {
        let mut random = crate::random::Random::stream(1, 0);
        let mut draw = || random.unit();
        for (shape, known) in [(1e6, 1e6), (1e3, 2e3), (40.0, 100.0), (6.0, 9.0), (0.3, 2.0)] {
            let mut shared = Totals::new(shape, known);
            for _ in 0..400 {
                let most = 2 + (draw() * draw() * draw() * 150.0) as usize;
                let center = draw() * most as f64;
                let counts: Vec<f64> = (0..most)
                    .map(|n| (-(n as f64 - center).powi(2) / (1.0 + 4.0 * draw())).exp())
                    .collect();
                let all: f64 = counts.iter().sum();
                let counts: Vec<f64> = counts.iter().map(|count| count / all).collect();
                let mut own = Totals::new(shape, known);
                for (end, tail) in [(End::Low, 0.2), (End::Low, 1e-3), (End::High, 0.2), (End::High, 1e-5)] {
                    let [one, other] = [&mut shared, &mut own].map(|totals| {
                        totals.weigh(&counts, &mut Unhindered).unwrap();
                        totals.quantile(counts[0], tail, end, &mut Unhindered).unwrap()
                    });
                    assert_eq!(one, other, "{shape}, {known}, {end:?} {tail}: {counts:?}");
                }
            }
        }
    }
}
