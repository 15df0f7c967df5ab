//! What a model expects, and how sure it is.

use super::{Fit, Noise, Season};

impl Fit {
    /// What is expected of each of the next `horizon` periods, and the standard deviation of what comes.
    ///
    /// Standard deviations are those of the book, chapter 6, to be taken as of a normal distribution: for additive errors (class 1) of (6.1), for
    /// multiplicative ones with a season that is none or added (class 2) of (6.2), and for those with a multiplicative season (class 3) the
    /// exact second moments of level, slope and season, which (6.3) is made of, place by place. Time O(horizon), but for class 2 O(horizon²)
    /// and class 3 O(horizon × m).
    pub fn outlook(&self, horizon: usize) -> Vec<(f64, f64)> {
        let points = self.points(horizon);
        // Squares of what is as large as numbers are would be too large.
        let unit = points.iter().fold(0.0, |most: f64, point| most.max(point.abs()));
        let deviations = match (self.components.noise, self.components.season) {
            (Noise::Additive, _) => self.of_class_1(horizon),
            (Noise::Multiplicative, Season::Multiplicative) => self.of_class_3(horizon),
            (Noise::Multiplicative, _) => self.of_class_2(&points, unit),
        };
        points.into_iter().zip(deviations).collect()
    }

    fn points(&self, horizon: usize) -> Vec<f64> {
        let last = &self.last;
        let (mut share, mut sum) = (1.0, 0.0);
        let point = |step: usize| {
            share *= last.phi;
            sum += share;
            let base = last.level + sum * last.slope;
            match self.components.season {
                Season::None => base,
                Season::Additive => base + last.season[step % self.m],
                Season::Multiplicative => base * last.season[step % self.m],
            }
        };
        (0..horizon).map(point).collect()
    }

    /// What an error does to what is expected j periods later, as a share of it, for j from 1 on.
    fn echoes(&self) -> impl Iterator<Item = f64> + '_ {
        let last = &self.last;
        let (mut share, mut sum) = (1.0, 0.0);
        (1..).map(move |j: usize| {
            share *= last.phi;
            sum += share;
            let season = if j.is_multiple_of(self.m) { last.gamma } else { 0.0 };
            last.alpha + last.beta * sum + season
        })
    }

    fn of_class_1(&self, horizon: usize) -> Vec<f64> {
        let mut sum = 1.0;
        self.echoes()
            .take(horizon)
            .map(|echo| {
                let deviation = self.deviation * f64::sqrt(sum);
                sum += echo * echo;
                deviation
            })
            .collect()
    }

    fn of_class_2(&self, points: &[f64], unit: f64) -> Vec<f64> {
        let variance = self.deviation * self.deviation;
        let echoes: Vec<f64> = self.echoes().take(points.len()).map(|echo| echo * echo).collect();
        let mut squares: Vec<f64> = Vec::with_capacity(points.len());
        points
            .iter()
            .map(|point| {
                let square = (point / unit) * (point / unit);
                let before = squares.iter().rev().zip(&echoes).map(|(square, echo)| square * echo);
                let theta = square + variance * before.sum::<f64>();
                squares.push(theta);
                ((1.0 + variance) * theta - square).max(0.0).sqrt() * unit
            })
            .collect()
    }

    /// Level, slope and the season of one place all change by shares of themselves, so that the second moments of level and slope times that
    /// season follow from those of the period before.
    fn of_class_3(&self, horizon: usize) -> Vec<f64> {
        let last = &self.last;
        let (alpha, beta, gamma, phi) = (last.alpha, last.beta, last.gamma, last.phi);
        let variance = self.deviation * self.deviation;
        let unit = last.level.abs().max(last.slope.abs());
        let mut deviations = vec![0.0; horizon];
        for place in 0..self.m.min(horizon) {
            let season = last.season[place];
            // Of the level and the slope times the season: means, and means of squares and of the product.
            let (mut l, mut b) = (last.level / unit * season, last.slope / unit * season);
            let (mut ll, mut lb, mut bb) = (l * l, l * b, b * b);
            for (step, deviation) in deviations.iter_mut().enumerate() {
                let base = l + phi * b;
                // The mean square of the base, and its mean products with level and slope as they go on without an error.
                let square = ll + 2.0 * phi * lb + phi * phi * bb;
                let by_slope = phi * (lb + phi * bb);
                let own = step % self.m == place;
                // The season goes on by 1 + gamma e at its own place: means of the square of that, times 1, e and e².
                let (none, one, two) = match own {
                    true => {
                        *deviation = ((1.0 + variance) * square - base * base).max(0.0).sqrt() * unit;
                        (
                            1.0 + gamma * gamma * variance,
                            2.0 * gamma * variance,
                            variance + 3.0 * gamma * gamma * variance * variance,
                        )
                    }
                    false => (1.0, 0.0, variance),
                };
                let first = if own { gamma * variance } else { 0.0 };
                (l, b) = (base + alpha * first * base, phi * b + beta * first * base);
                let slopes = phi * phi * bb;
                ll = square * (none + 2.0 * alpha * one + alpha * alpha * two);
                lb = by_slope * none + one * (alpha * by_slope + beta * square) + alpha * beta * square * two;
                bb = slopes * none + 2.0 * beta * one * by_slope + beta * beta * square * two;
            }
        }
        deviations
    }
}
