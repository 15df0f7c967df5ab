//! BG/BB: chances that come once a period, at its end.
//!
//! Before each chance a customer leaves with a probability of their own, and whoever is there takes the chance with another one of their
//! own. Of a customer who is there and has taken x of n chances, the first is beta distributed (gamma, delta + n) and the second
//! (alpha + x, beta + n − x). Being there means to be there at the next chance, as the paper has it. Sums run over chances
//! and have no negative terms; none is longer than [`MOST_CHANCES`].

use super::{Customer, Future};
use crate::purchases::MOST_CHANCES;
use crate::special::ln_beta_ratio;

/// The whole chances within a time.
fn chances(time: f64) -> u64 {
    time.min(MOST_CHANCES) as u64
}

/// The customer with numbers of chances near these: for those that are some already, the same. What runs over chances has an end for any.
fn counted(customer: &Customer) -> Customer {
    let age = customer.age.min(MOST_CHANCES).floor();
    let recency = customer.recency.min(age).floor();
    Customer {
        frequency: customer.frequency.min(recency),
        recency,
        age,
    }
}

/// Beta distributed with these parameters.
#[derive(Clone, Copy, Debug)]
struct Beta(f64, f64);

impl Beta {
    /// The mean.
    #[inline]
    fn mean(self) -> f64 {
        self.0 / (self.0 + self.1)
    }

    /// What the mean is short of 1.
    #[inline]
    fn rest(self) -> f64 {
        self.1 / (self.0 + self.1)
    }

    /// The distribution after so many times more of not doing it.
    #[inline]
    fn after(self, times: u64) -> Beta {
        Beta(self.0, self.1 + times as f64)
    }
}

/// What one who is there will do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Discrete {
    /// The probability of taking the next chance.
    taking: Beta,
    /// The probability of leaving before the one after it.
    leaving: Beta,
}

/// The distributions before the chance that is the `n`-th after the first purchase, counted from 0, of one who has taken x.
fn before(parameters: &[f64; 4], x: f64, n: f64) -> (Beta, Beta) {
    let [alpha, beta, gamma, delta] = *parameters;
    // In this order, a small beta counts.
    (Beta(alpha + x, beta + (n - x)), Beta(gamma, delta + n))
}

impl Discrete {
    /// The logarithm of the odds of having left, and what comes if not.
    ///
    /// The odds are the sum over j from t_x to n of the probability to stay and pass j − t_x chances and leave then, over that to
    /// stay and pass all n − t_x and to stay before the next one: the sum of the likelihood over its first term.
    pub(super) fn of(parameters: &[f64; 4], customer: &Customer) -> (f64, Discrete) {
        let [alpha, beta, gamma, delta] = *parameters;
        let Customer {
            frequency: x,
            recency,
            age,
        } = counted(customer);
        let silence = age - recency;
        let (taking, leaving) = before(parameters, x, age);
        let mut left = leaving.mean();
        for later in (0..chances(silence)).rev() {
            let (taking, leaving) = before(parameters, x, recency + later as f64);
            left = leaving.mean() + leaving.rest() * taking.rest() * left;
        }
        let stay = ln_beta_ratio(gamma, delta + recency, silence + 1.0);
        let pass = ln_beta_ratio(alpha + x, beta + (recency - x), silence);
        let there = Discrete {
            taking,
            leaving: leaving.after(1),
        };
        (left.ln() - stay - pass, there)
    }

    /// The expected number of chances taken within `horizon`, each counting e^(−`discount` · t) if it comes after t.
    pub(super) fn discounted(&self, horizon: f64, discount: f64) -> f64 {
        let worth = (-discount).exp();
        let (mut sum, mut there) = (0.0, worth);
        for after in 0..chances(horizon) {
            sum += there;
            there *= self.leaving.after(after).rest() * worth;
        }
        self.taking.mean() * sum
    }
}

impl Future for Discrete {
    fn expected(&self, horizon: f64) -> f64 {
        self.discounted(horizon, 0.0)
    }

    fn pace(&self) -> (f64, f64) {
        (self.leaving.0 + self.leaving.1, self.leaving.0)
    }

    fn silent(&self, horizon: f64) -> f64 {
        let horizon = chances(horizon);
        if horizon == 0 {
            return 1.0;
        }
        let mut none = 1.0;
        for after in (1..horizon).rev() {
            let leaving = self.leaving.after(after - 1);
            none = leaving.mean() + leaving.rest() * self.taking.after(after).rest() * none;
        }
        self.taking.rest() * none
    }

    /// The sum over i of the probability that n of i chances are taken by one who leaves then, and of that by
    /// one who stays. That the first n are all taken is the unit of what is added up.
    fn exactly(&self, n: f64, horizon: f64) -> f64 {
        /// Where what is added up is brought down, so that it stays a number.
        const HIGH: f64 = 1e200;
        let end = chances(horizon);
        if n > end as f64 {
            return 0.0;
        }
        let (Beta(a, b), Beta(c, d)) = (self.taking, self.leaving);
        let mut ln_unit = ln_beta_ratio(b, a, n) + ln_beta_ratio(c, d, n - 1.0);
        let (mut sum, mut there) = (0.0, 1.0);
        for i in n as u64..end {
            let leaving = self.leaving.after(i - 1);
            sum += there * leaving.mean();
            let (i, passed) = (i as f64, i as f64 - n);
            there *= leaving.rest() * ((b + passed) / (a + b + i)) * ((i + 1.0) / (passed + 1.0));
            if there > HIGH {
                (there, sum) = (there / HIGH, sum / HIGH);
                ln_unit += HIGH.ln();
            }
        }
        (ln_unit + (sum + there).ln()).exp()
    }

    /// Chance by chance: how many of so many chances are taken is known by how many of one less are, and weighs as much as it is likely to leave
    /// then. Of h chances, that takes h²/2 steps at most.
    fn counts(&self, horizon: f64, _: f64, least: f64, into: &mut Vec<f64>) -> bool {
        /// So little is nothing, however often it is left out.
        const NOTHING: f64 = 1e-50;
        let end = chances(horizon) as usize;
        if end == 0 {
            return true;
        }
        let Beta(a, b) = self.taking;
        // The parameters after so many chances less one. Of what is below, `from` and `to` are the ends of what is more than nothing.
        let after = |parameter: f64| (0..=end + 1).map(|n| parameter + (n as f64 - 1.0)).collect::<Vec<_>>();
        let (passed, mut taken) = (after(b), after(a));
        taken.reverse();
        // The probabilities that `end`, `end` − 1, ..., 0 of the chances up to one are taken, the same weighted and added up.
        let (mut row, mut sums) = (vec![0.0; end + 2], vec![0.0; end + 2]);
        (row[end - 1], row[end]) = (self.taking.mean(), self.taking.rest());
        let (mut from, mut to) = (end - 1, end + 1);
        let mut there = 1.0;
        for i in 1..=end {
            let leaving = self.leaving.after(i as u64 - 1);
            let is_last = i == end || there < NOTHING;
            let weight = if is_last { there } else { there * leaving.mean() };
            for (sum, p) in sums[from..to].iter_mut().zip(&row[from..to]) {
                *sum += weight * p;
            }
            if is_last {
                break;
            }
            there *= leaving.rest();
            from -= 1;
            let both = 1.0 / (a + b + i as f64);
            let count = to - from;
            let near = &mut row[from..=to];
            let passed = &passed[from + i + 1 - end..][..count];
            let taken = &taken[from + 1..][..count];
            for at in 0..count {
                near[at] = (near[at] * passed[at] + near[at + 1] * taken[at]) * both;
            }
            while row[from] < NOTHING && from + 1 < to {
                row[from] = 0.0;
                from += 1;
            }
            while row[to - 1] < NOTHING && from + 1 < to {
                to -= 1;
                row[to] = 0.0;
            }
        }
        let mut more = 0.0;
        let most = sums[..end].iter().position(|p| {
            more += p;
            more > least
        });
        into.extend(sums[most.unwrap_or(end)..end].iter().rev());
        true
    }

    fn expected_with_slopes(&self, horizon: f64) -> (f64, [f64; 4]) {
        let (Beta(a, b), Beta(c, d)) = (self.taking, self.leaving);
        let end = chances(horizon);
        if end == 0 {
            return (0.0, [0.0; 4]);
        }
        let (mut sum, mut there) = (0.0, 1.0);
        // Of the logarithm of `there`, and the same weighted and added up.
        let (mut by, mut slopes) = ([0.0; 2], [0.0; 2]);
        for after in 0..end {
            sum += there;
            slopes[0] += there * by[0];
            slopes[1] += there * by[1];
            let stayed = d + after as f64;
            let both = 1.0 / (c + stayed);
            there *= stayed * both;
            by[0] -= both;
            by[1] += c * both / stayed;
        }
        let both = 1.0 / (a + b);
        let slopes = [b * both / a, -both, slopes[0] / sum, slopes[1] / sum];
        (self.taking.mean() * sum, slopes)
    }

    fn odds_slopes(&self, parameters: &[f64; 4], customer: &Customer) -> [f64; 4] {
        let Customer {
            frequency: x,
            recency,
            age,
        } = counted(customer);
        let [_, _, gamma, delta] = *parameters;
        // The derivatives of the logarithms of leaving and of staying before a chance after n others.
        let leave = |n: f64| {
            let both = 1.0 / (gamma + delta + n);
            [0.0, 0.0, (delta + n) * both / gamma, -both]
        };
        let stay = |n: f64| {
            let both = 1.0 / (gamma + delta + n);
            [0.0, 0.0, -both, gamma * both / (delta + n)]
        };
        let (_, leaving) = before(parameters, x, age);
        let (mut left, mut of_left, mut of_there) = (leaving.mean(), leave(age), stay(age));
        for later in (0..chances(age - recency)).rev() {
            let n = recency + later as f64;
            let (taking, leaving) = before(parameters, x, n);
            let both = 1.0 / (taking.0 + taking.1);
            let mut on = stay(n);
            (on[0], on[1]) = (-both, taking.0 * both / taking.1);
            let now = leave(n);
            let later = leaving.rest() * taking.rest() * left;
            left = leaving.mean() + later;
            let share = later / left;
            for i in 0..4 {
                of_left[i] = (1.0 - share) * now[i] + share * (on[i] + of_left[i]);
                of_there[i] += on[i];
            }
        }
        std::array::from_fn(|i| of_left[i] - of_there[i])
    }

    fn ln_there(&self, parameters: &[f64; 4], customer: &Customer) -> f64 {
        let [alpha, beta, gamma, delta] = *parameters;
        let Customer { frequency: x, age, .. } = counted(customer);
        ln_beta_ratio(beta, alpha, x) + ln_beta_ratio(alpha + x, beta, age - x) + ln_beta_ratio(gamma, delta, age + 1.0)
    }
}
