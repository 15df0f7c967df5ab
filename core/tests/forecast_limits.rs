//! Limits of forecasts beside those of simulation.

use clientele_core::seasonality::ets::{Components, Fit, Noise, Parameters, Season, Trend};

/// Numbers that look like chance: SplitMix64, and those of a normal distribution by Box & Muller.
struct Chance(u64);

impl Chance {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// One course that a fit may take.
fn simulated(fit: &Fit, horizon: usize, chance: &mut Chance) -> Vec<f64> {
    let Parameters {
        alpha,
        beta,
        gamma,
        phi,
        mut level,
        mut slope,
        mut season,
    } = fit.last.clone();
    let Components {
        noise, season: kind, ..
    } = fit.components;
    let step = |step: usize| {
        let own = step % fit.m;
        let base = level + phi * slope;
        let expected = match kind {
            Season::None => base,
            Season::Additive => base + season[own],
            Season::Multiplicative => base * season[own],
        };
        let error = fit.deviation * chance.normal();
        let off = if noise == Noise::Additive {
            error
        } else {
            expected * error
        };
        let surprise = if kind == Season::Multiplicative {
            off / season[own]
        } else {
            off
        };
        (level, slope) = (base + alpha * surprise, phi * slope + beta * surprise);
        match kind {
            Season::None => {}
            Season::Additive => season[own] += gamma * off,
            Season::Multiplicative => season[own] += gamma * off / base,
        }
        expected + off
    };
    (0..horizon).map(step).collect()
}

#[test]
fn limits_are_those_of_simulation() {
    const COURSES: usize = 40_000;
    const HORIZON: usize = 9;
    let mut chance = Chance(7);
    for components in Components::candidates(true, true) {
        let m = if components.season == Season::None { 1 } else { 4 };
        let last = Parameters {
            alpha: 0.4,
            beta: if components.trend == Trend::None { 0.0 } else { 0.1 },
            gamma: if m == 1 { 0.0 } else { 0.3 },
            phi: match components.trend {
                Trend::None => 0.0,
                Trend::Additive => 1.0,
                Trend::Damped => 0.9,
            },
            level: 100.0,
            slope: if components.trend == Trend::None { 0.0 } else { 2.0 },
            season: match components.season {
                Season::None => Vec::new(),
                Season::Additive => vec![5.0, -9.0, 1.0, 3.0],
                Season::Multiplicative => vec![1.1, 0.7, 0.9, 1.3],
            },
        };
        let fit = Fit {
            components,
            m,
            parameters: last.clone(),
            last,
            log_likelihood: 0.0,
            aicc: 0.0,
            deviation: if components.noise == Noise::Additive {
                10.0
            } else {
                0.15
            },
        };
        let (mut sums, mut squares) = ([0.0; HORIZON], [0.0; HORIZON]);
        let outlook = fit.outlook(HORIZON);
        for _ in 0..COURSES {
            for (at, value) in simulated(&fit, HORIZON, &mut chance).into_iter().enumerate() {
                let away = value - outlook[at].0;
                sums[at] += away;
                squares[at] += away * away;
            }
        }
        for (at, &(point, deviation)) in outlook.iter().enumerate() {
            let mean = sums[at] / COURSES as f64;
            let found = (squares[at] / COURSES as f64 - mean * mean).sqrt();
            // A standard error is 0.4 % of a normal distribution's, and more where tails are long.
            assert!(
                (found / deviation - 1.0).abs() < 0.03,
                "{components}, {at}: {deviation} and not {found}"
            );
            assert!(
                mean.abs() < 0.05 * deviation,
                "{components}, {at}: {point} is {mean} off"
            );
        }
    }
}
