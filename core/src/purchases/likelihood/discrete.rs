//! The likelihood of BG/BB, all cells of one frequency at once.
//!
//! Of a customer who has taken x of j chances, the last of them the one that was taken last, the rest of the history says that none of the
//! chances up to n was taken, be it that the customer left. Let K_j be the probability of the history up to j by one who is there then,
//! N_j that of taking no chance from j to the greatest age m of the cells, and A_j = 1 − N_j that of taking any. Then
//! L(x, t_x, n) = K_{t_x} N_{t_x} + K_n A_n: what takes no chance up to m, or takes none up to n and one after it. K, N and A depend on x
//! and j only, and follow from each other without a difference, so that a run of cells takes one pass over the chances:
//! N_j = leave_j + stay_j pass_j N_{j+1}, A_j = stay_j (take_j + pass_j A_{j+1}) and K_{j+1} = K_j stay_j pass_j, with the means
//! leave_j = gamma/(gamma + delta + j) = 1 − stay_j and pass_j = (beta + j − x)/(alpha + beta + j) = 1 − take_j.

use crate::checkpoint::{Checkpoint, vec_with_capacity};
use crate::error::Result;
use crate::maximum::Curve;
use crate::purchases::MOST_CHANCES;
use crate::purchases::cells::Cell;
use crate::special::{digamma, ln_1p_exp, ln_beta_ratio, logistic, trigamma};

/// The logarithm of a probability of 0.
const NEVER: Curve<4> = Curve {
    value: f64::NEG_INFINITY,
    ..Curve::ZERO
};

/// How many chances are passed between two looks at the checkpoint.
const STRIDE: usize = 1_024;

/// What cells of one frequency add. Times are numbers of chances: whole, and at most [`MOST_CHANCES`].
///
/// Some 0.3 µs a chance and 0.1 µs a cell.
pub(super) fn discrete(
    parameters: &[f64; 4],
    x: f64,
    cells: &[Cell],
    checkpoint: &mut dyn Checkpoint,
) -> Result<Curve<4>> {
    let chances = |time: f64| time.min(MOST_CHANCES) as usize;
    let first = cells.iter().map(|cell| chances(cell.recency)).min().unwrap_or(0);
    let end = cells.iter().map(|cell| chances(cell.age)).max().unwrap_or(0);
    // The logarithms of N and A, from the end to the first, then of K N and K A.
    let mut table: Vec<(Curve<4>, Curve<4>)> = vec_with_capacity(end - first + 1, checkpoint)?;
    table.push((Curve::ZERO, NEVER));
    for chances in (first..end).rev() {
        if chances % STRIDE == 0 {
            checkpoint.pass("fitting", end - chances, end)?;
        }
        let (none, any) = table[table.len() - 1];
        let step = Step::of(parameters, x, chances as f64);
        table.push((
            either(&step.leave, &product(&step.on, &none)),
            either(&step.take, &product(&step.on, &any)),
        ));
    }
    table.reverse();
    let mut there = start(parameters, x, first as f64);
    for (after, (none, any)) in table.iter_mut().enumerate() {
        *none = product(&there, none);
        *any = product(&there, any);
        there = product(&there, &Step::of(parameters, x, (first + after) as f64).on);
    }
    let mut curve = Curve::ZERO;
    for cell in cells {
        let none = &table[chances(cell.recency) - first].0;
        let any = &table[chances(cell.age) - first].1;
        curve.add(&weighted(cell.weight, &either(none, any)));
    }
    Ok(curve)
}

/// The logarithms of the mean probabilities of one who has had `n` chances, as functions of the parameters.
struct Step {
    /// To leave before the next one.
    leave: Curve<4>,
    /// To stay and not to take it.
    on: Curve<4>,
    /// To stay and to take it.
    take: Curve<4>,
}

impl Step {
    fn of(parameters: &[f64; 4], x: f64, n: f64) -> Step {
        let [alpha, beta, gamma, delta] = *parameters;
        let (taken, passed, stayed) = (alpha + x, beta + (n - x), delta + n);
        let (taking, leaving) = (taken + passed, gamma + stayed);
        // All have −ln(taking) or −ln(leaving) in common.
        let by = |i: usize, value: f64, over: f64| {
            let mut curve = Curve::<4>::ZERO;
            let first = i & 2;
            curve.value = (value / over).ln();
            for j in first..first + 2 {
                curve.gradient[j] = -1.0 / over;
                for k in first..first + 2 {
                    curve.hessian[j][k] = 1.0 / (over * over);
                }
            }
            curve.gradient[i] += 1.0 / value;
            curve.hessian[i][i] -= 1.0 / (value * value);
            curve
        };
        let stay = by(3, stayed, leaving);
        Step {
            leave: by(2, gamma, leaving),
            on: product(&stay, &by(1, passed, taking)),
            take: product(&stay, &by(0, taken, taking)),
        }
    }
}

/// ln K: the logarithm of the probability to take x of `n` chances, those that were taken, and to be there.
fn start(parameters: &[f64; 4], x: f64, n: f64) -> Curve<4> {
    let [alpha, beta, gamma, delta] = *parameters;
    let passed = n - x;
    let mut curve = Curve::ZERO;
    curve.value =
        ln_beta_ratio(beta, alpha, x) + ln_beta_ratio(alpha + x, beta, passed) + ln_beta_ratio(gamma, delta, n);
    let more = |of: fn(f64) -> f64, at: f64, by: f64| of(at + by) - of(at);
    let (taking, leaving) = (alpha + beta, gamma + delta);
    curve.gradient = [
        more(digamma, alpha, x) - more(digamma, taking, n),
        more(digamma, beta, passed) - more(digamma, taking, n),
        -more(digamma, leaving, n),
        more(digamma, delta, n) - more(digamma, leaving, n),
    ];
    let both = [-more(trigamma, taking, n), -more(trigamma, leaving, n)];
    let own = [
        more(trigamma, alpha, x),
        more(trigamma, beta, passed),
        0.0,
        more(trigamma, delta, n),
    ];
    for i in 0..4 {
        for j in 0..2 {
            curve.hessian[i][i & 2 | j] = both[i / 2];
        }
        curve.hessian[i][i] += own[i];
    }
    curve
}

/// What so many customers add who are the same.
fn weighted(n: f64, curve: &Curve<4>) -> Curve<4> {
    Curve {
        value: n * curve.value,
        gradient: curve.gradient.map(|slope| n * slope),
        hessian: curve.hessian.map(|row| row.map(|second| n * second)),
    }
}

/// The logarithm of a product, from those of its factors.
fn product(one: &Curve<4>, other: &Curve<4>) -> Curve<4> {
    let mut curve = *one;
    curve.add(other);
    curve
}

/// The logarithm of a sum, from those of its terms: with d the difference of these and p = 1/(1 + e^−d) its derivatives are those of the
/// first and p d′, and p d″ + p (1 − p) d′ d′ᵀ.
fn either(one: &Curve<4>, other: &Curve<4>) -> Curve<4> {
    if other.value == f64::NEG_INFINITY {
        return *one;
    }
    let d = other.value - one.value;
    let p = logistic(d);
    let mut curve = *one;
    curve.value += ln_1p_exp(d);
    let by: [f64; 4] = std::array::from_fn(|i| other.gradient[i] - one.gradient[i]);
    for i in 0..4 {
        curve.gradient[i] += p * by[i];
        for j in 0..4 {
            let second = other.hessian[i][j] - one.hessian[i][j];
            curve.hessian[i][j] += p * (second + (1.0 - p) * by[i] * by[j]);
        }
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;
    use crate::purchases::cells::Cells;
    use crate::purchases::likelihood::likelihood;
    use crate::purchases::{Customer, Family, History, Outlook};

    /// Chances taken, the last of them, all there were, and how many customers.
    const HISTORIES: [(i64, f64, f64, f64); 10] = [
        (0, 0.0, 6.0, 3.0),
        (0, 0.0, 0.0, 1.0),
        (0, 0.0, 400.0, 0.5),
        (1, 1.0, 6.0, 2.0),
        (1, 5.0, 12.0, 2.0),
        (4, 4.0, 4.0, 1.0),
        (4, 11.0, 12.0, 1.0),
        (4, 5.0, 300.0, 1.0),
        (30, 40.0, 40.0, 1.0),
        (30, 39.0, 41.0, 1.0),
    ];

    fn curve(at: &[f64; 4]) -> Curve<4> {
        let histories = HISTORIES.map(|(frequency, recency, age, n)| History::new(frequency, recency, age, n).unwrap());
        let cells = Cells::of(&histories, &mut Unhindered).unwrap();
        likelihood(Family::Bb, &cells, at, &mut Unhindered).unwrap()
    }

    /// Ordinary, and near the limits of a search.
    const POINTS: [[f64; 4]; 4] = [
        [0.2, -0.3, -0.4, 1.0],
        [-1.0, 3.0, 1.0, -2.0],
        [-12.0, 9.0, -11.0, 10.0],
        [11.0, -9.0, 12.0, -6.0],
    ];

    #[test]
    fn likelihood_is_that_of_each_customer() {
        for at in POINTS {
            let parameters = at.map(f64::exp);
            let want: f64 = HISTORIES
                .iter()
                .map(|&(frequency, recency, age, n)| {
                    let customer = Customer::new(frequency, recency, age).unwrap();
                    n * Outlook::of(Family::Bb, &parameters, &customer).ln_likelihood(&parameters, &customer)
                })
                .sum();
            let found = curve(&at).value;
            assert!((found / want - 1.0).abs() < 1e-12, "{at:?}: {found} and not {want}");
        }
    }

    #[test]
    fn derivatives_are_those_of_the_likelihood() {
        const STEP: f64 = 1e-4;
        for at in POINTS {
            let found = curve(&at);
            for i in 0..4 {
                let moved = |by: f64| {
                    let mut at = at;
                    at[i] += by;
                    curve(&at)
                };
                let (low, high) = (moved(-STEP), moved(STEP));
                let close = |found: f64, low: f64, high: f64| {
                    let want = (high - low) / (2.0 * STEP);
                    assert!(
                        (found - want).abs() < 1e-5 * (1.0 + want.abs()),
                        "{at:?} {i}: {found} and not {want}"
                    );
                };
                close(found.gradient[i], low.value, high.value);
                for j in 0..4 {
                    close(found.hessian[i][j], low.gradient[j], high.gradient[j]);
                }
            }
        }
    }
}
