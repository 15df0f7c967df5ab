//! MBG/CNBD-k: orders that come in stages, and leaving after one of them.

use super::{Customer, Future, MOST, ln_orders};
use crate::purchases::family::Stages;
use crate::special::ln_beta_ratio;
use crate::special::quadrature::{rule_of_8, rule_of_16};
use crate::special::renewal::Renewal;

/// What one who is there will do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Regular {
    k: f64,
    /// The distribution of the rate of stages if none were done since the last order: shape, and rate parameter in units of time.
    shape: f64,
    rate: f64,
    /// How long ago the last order was.
    silence: f64,
    /// The distribution of the probability of leaving after each order.
    a: f64,
    b: f64,
    /// The stages.
    stages: Renewal,
    /// The logarithm of the sum over the stages that may be done.
    ln_sum: f64,
}

impl Regular {
    /// The logarithm of the odds of having left, and what comes if not.
    pub(super) fn of(stages: Stages, parameters: &[f64; 4], customer: &Customer) -> (f64, Regular) {
        let [r, alpha, a, b] = *parameters;
        let k = f64::from(stages.count());
        let x = customer.frequency;
        let there = Regular::with(
            k,
            r + k * x,
            alpha + customer.age,
            customer.age - customer.recency,
            a,
            b + x + 1.0,
        );
        let quiet = there.shape * (there.silence / (alpha + customer.recency)).ln_1p();
        // A small b counts.
        let ln_odds = a.ln() - (b + x).ln() + (quiet - there.ln_sum);
        (ln_odds, there)
    }

    fn with(k: f64, shape: f64, rate: f64, silence: f64, a: f64, b: f64) -> Regular {
        let (stages, ln_sum) = Renewal::after(k as usize, shape, silence / rate);
        Regular {
            k,
            shape,
            rate,
            silence,
            a,
            b,
            stages,
            ln_sum,
        }
    }

    /// The derivatives of the logarithm of expected orders by differences, where the sum for them is long.
    fn slopes_by_differences(&self, horizon: f64) -> [f64; 4] {
        /// Values are good to some 1e-12, and bend little within this share of a parameter.
        const STEP: f64 = 1e-4;
        let Regular { shape, rate, a, b, .. } = *self;
        let at = [shape, rate, a, b];
        std::array::from_fn(|i| {
            let ln = |by: f64| {
                let mut at = at;
                at[i] *= by.exp();
                let [shape, rate, a, b] = at;
                Regular::with(self.k, shape, rate, self.silence, a, b)
                    .expected(horizon)
                    .ln()
            };
            (ln(STEP) - ln(-STEP)) / (2.0 * STEP * at[i])
        })
    }
}

impl Future for Regular {
    fn expected(&self, horizon: f64) -> f64 {
        self.stages.placed(horizon / self.rate, self.a, self.b)
    }

    /// Orders come in waves of one gap each, until rates that differ and stages that take long or short have levelled them out.
    fn integral(&self, horizon: f64, discount: f64) -> f64 {
        /// Waves less high than e to this power are none.
        const LEVEL: f64 = -28.0;
        let cos = (std::f64::consts::TAU / self.k).cos();
        // The logarithm of |1 + z (1 − e^(2πi / k))|, by that of its square less 1: shapes may be so great that the least z counts.
        let is_wavy = |t: f64| {
            let z = t / self.rate;
            -0.5 * self.shape * (z * (1.0 - cos) * 2.0 * (1.0 + z)).ln_1p() > LEVEL
        };
        let gap = self.rate * (self.k / (self.shape + 1.0));
        let (_, steepness) = self.pace();
        let reach: f64 = if steepness > 1.0 { 1.0 } else { 2.0 };
        // What comes in so small a share of the horizon is nothing beside the rest.
        let least = 1e-15 * horizon;
        // Waves of many stages are steep.
        let rule = if self.k > 4.0 { rule_of_16() } else { rule_of_8() };
        let (mut sum, mut start) = (0.0, 0.0);
        while start < horizon {
            // Even steps of ln(1 + (t − start) / scale).
            let scale = (self.rate / steepness.max(1.0)).max(least) + start;
            let mut width = (scale * reach.exp_m1()).min(1.0 / discount);
            if is_wavy(start) {
                width = width.min(gap * (1.0 + start / self.rate));
            }
            let width = width.max(least).min(horizon - start);
            let end = (width / scale).ln_1p();
            for (x, weight) in rule {
                let later = scale * (x * end).exp_m1();
                let t = start + later;
                sum += weight * end * (scale + later) * (-discount * t).exp() * self.expected(t);
            }
            if start + width == start {
                break;
            }
            start += width;
        }
        sum
    }

    fn pace(&self) -> (f64, f64) {
        (self.rate, self.shape / self.k * self.a / (self.a + self.b))
    }

    /// As many terms of the sum up to the horizon, of those up to now.
    fn silent(&self, horizon: f64) -> f64 {
        let end = self.rate + horizon;
        let (_, ln_sum) = Renewal::after(self.k as usize, self.shape, (self.silence + horizon) / end);
        (ln_sum - self.ln_sum - self.shape * (horizon / self.rate).ln_1p())
            .min(0.0)
            .exp()
    }

    /// The chance to stay through n orders times that of n, and the chance to leave at order n times that of n or more.
    fn exactly(&self, n: f64, horizon: f64) -> f64 {
        let (exactly, or_more) = self.stages.exactly_and_more(n, horizon / self.rate);
        let (a, b) = (self.a, self.b);
        let stay = ln_beta_ratio(a, b, n).exp();
        let leave = a / (a + b) * ln_beta_ratio(a + 1.0, b, n - 1.0).exp();
        exactly * stay + leave * or_more
    }

    /// By recurrence from order to order, up until no more are left, and down again with the probabilities of so many or more.
    fn counts(&self, horizon: f64, _: f64, least: f64, into: &mut Vec<f64>) -> bool {
        let (a, b) = (self.a, self.b);
        let z = horizon / self.rate;
        let first = into.len();
        let mut orders = self.stages.orders(z);
        // To stay after n orders.
        let (mut stay, mut n) = (1.0, 0.0);
        loop {
            if first + MOST <= into.len() + 1 {
                return false;
            }
            let (exactly, rest) = orders.more();
            into.push(exactly);
            stay *= (b + n) / (a + b + n);
            n += 1.0;
            if stay * rest <= least {
                break;
            }
        }
        let (_, mut or_more) = self.stages.exactly_and_more(n + 1.0, z);
        for p in into[first..].iter_mut().rev() {
            n -= 1.0;
            let there = if n > 0.0 { stay * ((a + b + n) / (b + n)) } else { 1.0 };
            or_more += *p;
            *p = *p * stay + there * (a / (a + b + n)) * or_more;
            stay = there;
        }
        true
    }

    fn expected_with_slopes(&self, horizon: f64) -> (f64, [f64; 4]) {
        let z = horizon / self.rate;
        let Some(placed) = self.stages.placed_with_means(z, self.a, self.b) else {
            return (self.expected(horizon), self.slopes_by_differences(horizon));
        };
        let (done, by_shape) = self.stages.done();
        let slopes = [
            placed.by_shape - by_shape - z.ln_1p(),
            (self.shape + done) / self.rate - (self.shape + placed.stages) / (self.rate + horizon),
            placed.by_leaving[0] / placed.value,
            placed.by_leaving[1] / placed.value,
        ];
        (placed.value, slopes)
    }

    fn odds_slopes(&self, parameters: &[f64; 4], customer: &Customer) -> [f64; 4] {
        let start = parameters[1] + customer.recency;
        let (done, by_shape) = self.stages.done();
        [
            (self.silence / start).ln_1p() - by_shape,
            done / self.rate - self.shape * self.silence / (start * self.rate),
            1.0 / self.a,
            -1.0 / (self.b - 1.0),
        ]
    }

    /// But for what the gaps between orders add, which no parameter changes.
    fn ln_there(&self, parameters: &[f64; 4], customer: &Customer) -> f64 {
        let [r, alpha, a, b] = *parameters;
        let x = customer.frequency;
        let in_stages = Customer {
            frequency: self.k * x,
            ..*customer
        };
        ln_orders(r, alpha, &in_stages) + self.ln_sum + ln_beta_ratio(a, b, x + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::purchases::Family;
    use crate::purchases::outlook::beta_geometric::BetaGeometric;

    #[test]
    fn one_stage_is_mbg_nbd_by_other_formulas() {
        let one = Stages::new(1).unwrap();
        let near =
            |found: f64, want: f64| assert!((found - want).abs() <= 1e-12 * want.abs(), "{found} and not {want}");
        for parameters in [[1.4, 6.0, 0.8, 3.2], [0.01, 0.001, 0.02, 0.005]] {
            for (x, recency, age) in [(0.0, 0.0, 30.0), (3.0, 20.0, 40.0), (40.0, 39.0, 40.0)] {
                let customer = Customer::known(x, recency, age).unwrap();
                let (odds, found) = Regular::of(one, &parameters, &customer);
                let (want_odds, want) = BetaGeometric::of(Family::Mbg, &parameters, &customer);
                near(odds, want_odds);
                for horizon in [0.1, 20.0, 500.0] {
                    near(found.expected(horizon), want.expected(horizon));
                    near(found.silent(horizon), want.silent(horizon));
                    near(found.exactly(2.0, horizon), want.exactly(2.0, horizon));
                    let mut counts = Vec::new();
                    assert!(found.counts(horizon, 0.0, 1e-14, &mut counts));
                    for (n, p) in counts.iter().enumerate().step_by(1 + counts.len() / 20) {
                        let want = want.exactly((n + 1) as f64, horizon);
                        assert!((p - want).abs() <= 1e-11 * want.max(1e-13), "{p} and not {want}");
                    }
                }
                near(
                    found.ln_there(&parameters, &customer),
                    want.ln_there(&parameters, &customer),
                );
            }
        }
    }
}
