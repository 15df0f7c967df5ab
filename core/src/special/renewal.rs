//! Orders that come in stages: each stage takes an exponentially distributed time, and every k-th is an order.
//!
//! The rate of stages is gamma distributed. Of a customer who has been silent for a while, j of the stages towards the next order are done,
//! with weights for j < k that fall out of the history. M counts stages from the last order on, those j and the later ones, and ⌊M / k⌋ of them
//! are orders: all expectations here are sums over M, of positive terms, or integrals where such a sum would be long.

use super::hypergeometric::{SMALL, is_rest_negligible, is_short, or_more_to_exactly};
use super::logit::LogitBeta;

/// The greatest k.
pub const MOST_STAGES: usize = 12;

/// More terms than a series that is short takes.
const MOST: usize = 6_000;

/// e to this power is nothing beside 1.
const NOTHING: f64 = -40.0;

/// From this chance to stay on, the sum over orders is one over roots of unity; below, few of its terms count.
const LIKELY: f64 = 0.25;

/// And so many count: 0.25^22 is less than 1e-13.
const FEW: usize = 22;

/// Stages of one who is there.
#[derive(Clone, Copy, Debug)]
pub struct Renewal {
    /// How many stages an order takes.
    k: usize,
    /// The shape of the distribution of the rate if no stage were done since the last order. Each that is done counts one more.
    shape: f64,
    /// The probabilities that j stages are done.
    weights: [f64; MOST_STAGES],
}

/// An expected number of orders, and means over what makes it up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Placed {
    /// The number.
    pub value: f64,
    /// The mean of the number of stages M over the orders.
    pub stages: f64,
    /// And that of 1/shape + 1/(shape + 1) + ..., M terms.
    pub by_shape: f64,
    /// The derivatives of the number with respect to a and b.
    pub by_leaving: [f64; 2],
}

impl Renewal {
    /// After a silence that is the share `u` of it and the rate parameter: j stages have weights (shape)_j / j! u^j. Also the logarithm of the
    /// sum of these.
    pub fn after(k: usize, shape: f64, u: f64) -> (Renewal, f64) {
        let mut weights = [0.0; MOST_STAGES];
        let (mut term, mut sum, mut ln) = (1.0, 1.0, 0.0);
        weights[0] = 1.0;
        for j in 1..k {
            term *= (shape + (j - 1) as f64) / j as f64 * u;
            weights[j] = term;
            sum += term;
            if term > 1e6 {
                // Later ones may be beyond all floating point numbers.
                ln += f64::ln(term);
                sum /= term;
                weights[..=j].iter_mut().for_each(|weight| *weight /= term);
                term = 1.0;
            }
        }
        weights.iter_mut().for_each(|weight| *weight /= sum);
        (Renewal { k, shape, weights }, ln + sum.ln())
    }

    /// The mean of j, and of 1/shape + 1/(shape + 1) + ..., j terms.
    pub fn done(&self) -> (f64, f64) {
        let (mut mean, mut by_shape, mut terms) = (0.0, 0.0, 0.0);
        for (j, weight) in self.weights[..self.k].iter().enumerate() {
            mean += weight * j as f64;
            by_shape += weight * terms;
            terms += 1.0 / (self.shape + j as f64);
        }
        (mean, by_shape)
    }

    /// The probability of `n` orders, at least one, in a time `z` in units of the rate parameter, and that of `n` or more.
    pub fn exactly_and_more(&self, n: f64, z: f64) -> (f64, f64) {
        let w = z / (1.0 + z);
        let (mut exactly, mut or_more) = (0.0, 0.0);
        for (j, &weight) in self.weights[..self.k]
            .iter()
            .enumerate()
            .filter(|(_, weight)| **weight > 0.0)
        {
            let (need, shape) = (n * self.k as f64 - j as f64, self.shape + j as f64);
            let beta = LogitBeta::new(need, shape);
            let end = (z * (shape / need)).ln();
            let mut term = beta.density(end) / need;
            or_more += weight * or_more_than(&beta, need, shape, z, term, end);
            for i in 0..self.k {
                exactly += weight * term;
                term *= (shape + need + i as f64) / (need + i as f64 + 1.0) * w;
            }
        }
        (exactly, or_more)
    }

    /// The probabilities of 1, 2, ... orders in a time `z`, one after the other.
    pub fn orders(&self, z: f64) -> Orders {
        /// e to this power is a number, and what is less than that share of the highest probability is nothing.
        const LEAST: f64 = -600.0;
        const NOTHING: f64 = 1e-30;
        let k = self.k;
        let w = z / (1.0 + z);
        let last = width(k) - 1;
        let mut orders = Orders {
            k,
            shape: self.shape,
            w,
            before: 0,
            start: k,
            probabilities: [0.0; MOST_STAGES],
        };
        if -(self.shape + (k - 1) as f64) * z.ln_1p() > LEAST {
            for (j, start) in self.silent(z)[..k].iter().enumerate() {
                let later = (j..k).map(|m| (self.shape + m as f64) * w / (m + 1 - j) as f64);
                orders.probabilities[last - j] = later.fold(*start, |p, ratio| p * ratio);
            }
            return orders;
        }
        let exactly = |m: f64, shape: f64| LogitBeta::new(m, shape).density((z * (shape / m)).ln()) / m;
        // Those who had done no stage have the fewest: down from their most likely number by standard deviations of its logarithm.
        let mut m = ((self.shape - 1.0) * z).floor().max(1.0);
        let highest = exactly(m, self.shape);
        while m > k as f64 && exactly(m, self.shape) > NOTHING * highest {
            m /= 1.0 + (1.0 / m + 1.0 / self.shape).sqrt();
        }
        orders.start = (m as usize / k).max(1) * k;
        for (j, weight) in self.weights[..k].iter().enumerate() {
            let m = (orders.start - j) as f64;
            orders.probabilities[last - j] = weight * exactly(m, self.shape + j as f64);
        }
        orders
    }

    /// How many orders come in a time `z` from one who leaves after each with probability p, which is beta distributed (a, b).
    pub fn placed(&self, z: f64, a: f64, b: f64) -> f64 {
        if z == 0.0 {
            0.0
        } else if self.is_short(z) {
            self.series::<false>(z, a, b).value
        } else {
            self.integral(z, a, b)
        }
    }

    /// The same with means and derivatives; nothing where the sum is long.
    pub fn placed_with_means(&self, z: f64, a: f64, b: f64) -> Option<Placed> {
        (z > 0.0 && self.is_short(z)).then(|| self.series::<true>(z, a, b))
    }

    fn is_short(&self, z: f64) -> bool {
        is_short(self.shape + (self.k - 1) as f64, z)
    }

    /// The probability of each j and no stage more.
    fn silent(&self, z: f64) -> [f64; MOST_STAGES] {
        let one = z.ln_1p();
        let none = (-self.shape * one).exp();
        let share = 1.0 / (1.0 + z);
        let mut factor = none;
        let mut probabilities = [0.0; MOST_STAGES];
        for (probability, weight) in probabilities.iter_mut().zip(self.weights) {
            *probability = weight * factor;
            factor *= share;
        }
        probabilities
    }

    fn series<const MEANS: bool>(&self, z: f64, a: f64, b: f64) -> Placed {
        let w = z / (1.0 + z);
        let k = self.k;
        // The probability of M stages of which j were done before, for each j.
        let start = self.silent(z);
        let mut probabilities = [0.0; MOST_STAGES];
        // The probability to be there for the next order, that and its derivatives added up for those before.
        let mut there = 1.0;
        let (mut there_by_a, mut there_by_b) = (0.0, 0.0);
        let mut orders = [0.0; 3];
        let mut sum = Placed::default();
        let mut terms = 0.0;
        let (mut until, mut number) = (k, 0.0);
        for m in 0..MOST {
            if m == until {
                orders[0] += there;
                let stay = b + number;
                let left = 1.0 / (a + stay);
                if MEANS {
                    orders[1] += there * there_by_a;
                    orders[2] += there * there_by_b;
                    there_by_a -= left;
                    there_by_b += 1.0 / stay - left;
                }
                there *= stay * left;
                number += 1.0;
                until += k;
            }
            if m < k {
                probabilities[m] = start[m];
            }
            let total: f64 = probabilities[..k].iter().sum();
            let term = total * orders[0];
            sum.value += term;
            if MEANS {
                sum.stages += term * m as f64;
                sum.by_shape += term * terms;
                sum.by_leaving[0] += total * orders[1];
                sum.by_leaving[1] += total * orders[2];
                terms += 1.0 / (self.shape + m as f64);
            }
            let most = (self.shape + m as f64) * w;
            if m >= k && term <= SMALL * sum.value {
                // No later ratio is above this one: that of the last j, and of orders.
                let ratio = (w * (1.0 + (self.shape + k as f64) / (m + 2 - k) as f64)) * (1.0 + 1.0 / number);
                if is_rest_negligible(term, sum.value, ratio) {
                    if MEANS && sum.value > 0.0 {
                        sum.stages /= sum.value;
                        sum.by_shape /= sum.value;
                    }
                    return sum;
                }
            }
            for (j, probability) in probabilities[..k.min(m + 1)].iter_mut().enumerate() {
                *probability *= most / (m + 1 - j) as f64;
            }
        }
        sum.value = f64::NAN;
        sum
    }

    /// The expectation over p of (1 − (1 − p)^⌊M / k⌋) / p.
    fn integral(&self, z: f64, a: f64, b: f64) -> f64 {
        let or_more = self.or_more(z);
        let roots = std::array::from_fn(|l| {
            let (sin, cos) = (std::f64::consts::TAU * l as f64 / self.k as f64).sin_cos();
            Complex(cos, sin)
        });
        let of = |p: f64| {
            let q = 1.0 - p;
            if q < LIKELY {
                or_more.iter().rev().fold(0.0, |sum, probability| sum * q + probability)
            } else {
                self.by_roots(z, p.max(1e-290), &roots)
            }
        };
        let reach = z.ln() + self.shape.ln().max(0.0);
        let ([value], _) = LogitBeta::new(a, b).means(of(0.0), reach, |p| [of(p)]);
        value
    }

    /// The probabilities that 1, 2, ... orders or more come.
    fn or_more(&self, z: f64) -> [f64; FEW] {
        let w = z / (1.0 + z);
        let k = self.k;
        let mut or_more = [0.0; FEW];
        for (j, (&weight, start)) in self.weights[..k].iter().zip(self.silent(z)).enumerate() {
            if weight == 0.0 {
                continue;
            }
            let shape = self.shape + j as f64;
            let need = (FEW * k - j) as f64;
            let beta = LogitBeta::new(need, shape);
            let mut exactly = [0.0; FEW * MOST_STAGES];
            let mut term = start;
            for (m, exactly) in exactly[..FEW * k - j].iter_mut().enumerate() {
                *exactly = term;
                term *= (shape + m as f64) / (m as f64 + 1.0) * w;
            }
            let mut sum = weight * beta.below((z * (shape / need)).ln());
            or_more[FEW - 1] += sum;
            for n in (1..FEW).rev() {
                sum += exactly[n * k - j..(n + 1) * k - j].iter().sum::<f64>();
                or_more[n - 1] += sum;
            }
        }
        or_more
    }

    /// E (1 − q^⌊M / k⌋) / p for q = 1 − p: q^⌊M / k⌋ is Σ c yᴹ over the k-th roots y of q, with c = p / q · y / (k (1 − y)), and
    /// the expectation of yᴹ is known. The c add up to 1, so that only what is left of 1 has to be added up.
    fn by_roots(&self, z: f64, p: f64, roots: &[Complex; MOST_STAGES]) -> f64 {
        let k = self.k as f64;
        let ln_y = (-p).ln_1p() / k;
        let (y, gap) = (ln_y.exp(), -ln_y.exp_m1());
        let scale = 1.0 / ((1.0 - p) * k);
        let fall = -self.shape * (z * gap).ln_1p();
        let (mut rest, none) = (-fall.exp_m1(), fall.exp());
        if none > 0.0 {
            // Powers of y / (1 + z (1 − y)), and what is left of 1.
            let slower = 1.0 + z * gap;
            let (step, less) = (y / slower, gap * (1.0 + z) / slower);
            let mut left = 0.0;
            for weight in &self.weights[1..self.k] {
                left = left * step + less;
                rest += weight * none * left;
            }
        }
        let mut sum = scale * y / gap * rest;
        for l in 1..=self.k / 2 {
            let unit = roots[l];
            let root = Complex(y * unit.0, y * unit.1);
            let part = root.over(root.rest()).times(self.rest_at(z, root));
            // A root and its conjugate; the one in the middle is real.
            let times = if 2 * l == self.k { 1.0 } else { 2.0 };
            sum += times * scale * part.0;
        }
        sum
    }

    /// 1 less the expectation of yᴹ.
    fn rest_at(&self, z: f64, y: Complex) -> Complex {
        let one = y.rest();
        let slower = Complex(1.0 + z * one.0, z * one.1);
        let fall = -self.shape * slower.0.hypot(slower.1).ln();
        if fall < NOTHING {
            return Complex(1.0, 0.0);
        }
        let turn = -self.shape * slower.1.atan2(slower.0);
        let none = Complex(fall.exp() * turn.cos(), fall.exp() * turn.sin());
        let half = (0.5 * turn).sin();
        // e^x cos t − 1 without loss where both are small.
        let mut rest = Complex(-(fall.exp_m1() * turn.cos() - 2.0 * half * half), -none.1);
        let step = y.over(slower);
        let mut power = Complex(1.0, 0.0);
        for weight in &self.weights[1..self.k] {
            power = power.times(step);
            let more = none.times(power.rest());
            rest = Complex(rest.0 + weight * more.0, rest.1 + weight * more.1);
        }
        rest
    }
}

/// The probabilities of 1, 2, ... orders, by recurrence.
#[derive(Clone, Debug)]
pub struct Orders {
    k: usize,
    shape: f64,
    w: f64,
    /// The stages before those of the next order.
    before: usize,
    /// Fewer stages than that, which is so many orders and none more, are next to impossible.
    start: usize,
    /// The probabilities of as many stages of which j were done before, backwards from the last of [`width`] places.
    probabilities: [f64; MOST_STAGES],
}

/// Places for so many stages, in loops of few lengths.
fn width(k: usize) -> usize {
    k.next_multiple_of(4)
}

impl Orders {
    /// The probability of one order more than before, and what that of still more is at most.
    pub fn more(&mut self) -> (f64, f64) {
        self.before += self.k;
        if self.before < self.start {
            return (0.0, 1.0);
        }
        // Loops of a length that is known take half the time.
        match width(self.k) {
            4 => self.stages::<4>(),
            8 => self.stages::<8>(),
            _ => self.stages::<MOST_STAGES>(),
        }
    }

    /// Goes on by the stages of an order, in `K` places.
    fn stages<const K: usize>(&mut self) -> (f64, f64) {
        let mut probabilities = [0.0; K];
        probabilities.copy_from_slice(&self.probabilities[..K]);
        // What all have in common: one of that many stages and later ones.
        let first = (self.before + 2) as f64 - K as f64;
        let mut shares = [0.0; 2 * MOST_STAGES];
        for (at, share) in shares[..K + self.k].iter_mut().enumerate() {
            *share = 1.0 / (first + at as f64).max(1.0);
        }
        let mut sums = [0.0; K];
        for (stage, shares) in shares.windows(K).take(self.k).enumerate() {
            let factor = (self.shape + (self.before + stage) as f64) * self.w;
            for at in 0..K {
                sums[at] += probabilities[at];
                probabilities[at] *= factor * shares[at];
            }
        }
        self.probabilities[..K].copy_from_slice(&probabilities);
        // No later ratio is above the greater of the next one and w.
        let next = self.before + self.k;
        let ratio = (self.shape + next as f64) * self.w / (next + 2 - self.k) as f64;
        let most = ratio.max(self.w);
        let rest = if most < 1.0 {
            probabilities.iter().sum::<f64>() / (1.0 - most)
        } else {
            1.0
        };
        (sums.iter().sum(), rest.min(1.0))
    }
}

/// The probability of `need` stages or more, of which exactly as many have the probability `exactly`.
fn or_more_than(beta: &LogitBeta, need: f64, shape: f64, z: f64, exactly: f64, end: f64) -> f64 {
    // Where next to nothing is left of exactly so many, a share of it says nothing.
    Some(exactly)
        .filter(|&exactly| exactly > 1e-280)
        .and_then(|exactly| Some(exactly * or_more_to_exactly(need, shape, z)?))
        .unwrap_or_else(|| beta.below(end))
}

/// A complex number.
#[derive(Clone, Copy, Debug)]
struct Complex(f64, f64);

impl Complex {
    fn times(self, other: Complex) -> Complex {
        Complex(self.0 * other.0 - self.1 * other.1, self.0 * other.1 + self.1 * other.0)
    }

    fn over(self, other: Complex) -> Complex {
        // Scaled, since a square may be beyond all numbers.
        let size = other.0.abs().max(other.1.abs());
        let (re, im) = (other.0 / size, other.1 / size);
        let norm = size * (re * re + im * im);
        self.times(Complex(re / norm, -im / norm))
    }

    /// 1 less the number.
    fn rest(self) -> Complex {
        Complex(1.0 - self.0, -self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, want: f64, tolerance: f64, what: &str) {
        let ok = (found - want).abs() <= tolerance * want.abs();
        assert!(ok, "{what}: {found} and not {want}");
    }

    #[test]
    fn series_and_integral_agree() {
        for k in [1, 2, 3, 6, 11, 12] {
            for (shape, u, z, a, b) in [
                (0.3, 0.0, 12.0, 0.8, 2.4),
                (5.2, 0.4, 3.0, 1.0, 7.0),
                (26.0, 0.01, 1.7, 0.02, 1.03),
                (140.0, 0.3, 0.7, 2.0, 14.0),
                (0.01, 0.0, 20.0, 30.0, 300.0),
                (1e-9, 0.0, 15.0, 1e-4, 2.0),
            ] {
                let (renewal, _) = Renewal::after(k, shape, u);
                let what = format!("{k}, {shape}, {u}, {z}, {a}, {b}");
                let series = renewal.series::<true>(z, a, b).value;
                close(renewal.integral(z, a, b), series, 1e-11, &what);
            }
        }
    }

    #[test]
    fn weights_of_stages_are_probabilities() {
        for (shape, u) in [
            (0.3, 0.2),
            (1e30, 1e-30),
            (1e30, 0.5),
            (1e300, 0.999),
            (1e-30, 0.5),
            (7.0, 0.0),
        ] {
            let (renewal, ln_sum) = Renewal::after(12, shape, u);
            close(renewal.weights.iter().sum(), 1.0, 1e-14, "all");
            assert!(ln_sum.is_finite() && ln_sum >= 0.0, "{ln_sum}");
        }
        // n u of (1 + n u) for two stages.
        let (renewal, ln_sum) = Renewal::after(2, 1e8, 0.25);
        close(ln_sum, 2.5e7f64.ln_1p(), 1e-15, "sum");
        close(renewal.weights[0], 1.0 / (1.0 + 2.5e7), 1e-15, "none");
    }
}
