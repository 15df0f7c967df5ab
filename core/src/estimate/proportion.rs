//! Shares of counted things, and between what limits they lie.

use crate::error::{Error, Result, spelled};
use crate::special::normal_quantile;

/// Checks the confidence of limits.
pub fn check_confidence(confidence: f64) -> Result<()> {
    if confidence > 0.0 && confidence < 1.0 {
        return Ok(());
    }
    Err(Error::invalid("confidence must be between 0 and 1").detail(format!("It is {}.", spelled(confidence))))
}

/// How sure limits are, as the standard normal quantile that they go by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confidence {
    z: f64,
}

impl Confidence {
    /// Limits between which the value lies with this probability, outside of them with the same on either side.
    ///
    /// # Errors
    /// A probability that is not between 0 and 1.
    pub fn new(confidence: f64) -> Result<Confidence> {
        check_confidence(confidence)?;
        Ok(Confidence {
            z: -normal_quantile(0.5 * (1.0 - confidence)),
        })
    }

    /// The standard normal quantile: how many standard errors limits are away.
    pub fn z(self) -> f64 {
        self.z
    }

    /// The limits of a share of which `count` of `n` is an observation (E. B. Wilson, "Probable inference, the law of succession, and statistical
    /// inference", JASA 22, 1927), without a correction for continuity; nothing where n is 0. They are 0 and 1 where none and all are.
    pub fn wilson(self, count: u64, n: u64) -> Option<(f64, f64)> {
        if n == 0 {
            return None;
        }
        // The roots of (n + z²) p² − (2 count + z²) p + count²/n: the greater one, and the lesser from it, so that nothing cancels.
        let (all, found, rest, z2) = (n as f64, count as f64, (n - count) as f64, self.z * self.z);
        let twice = 2.0 * found + z2 + self.z * (z2 + 4.0 * found * (rest / all)).sqrt();
        let (low, high) = (2.0 * found * (found / all) / twice, twice / (2.0 * (all + z2)));
        let share = found / all;
        Some((low.min(share), if rest == 0.0 { 1.0 } else { high.clamp(share, 1.0) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn limits_are_wilsons() {
        let confidence = Confidence::new(0.95).unwrap();
        // Values of statsmodels 0.15, `proportion_confint(method="wilson")`.
        for (count, n, low, high) in [
            (8, 10, 0.490_162_471_536_641_83, 0.943_317_848_545_624_7),
            (0, 20, 0.0, 0.161_125_158_052_819_4),
            (20, 20, 1.0 - 0.161_125_158_052_819_4, 1.0),
            (1_869, 7_043, 0.255_188_112_884_507_27, 0.275_807_437_488_907_9),
        ] {
            let found = confidence.wilson(count, n).unwrap();
            for (found, want) in [(found.0, low), (found.1, high)] {
                assert!(
                    (found - want).abs() <= 1e-14 * want,
                    "{count} of {n}: {found} and not {want}"
                );
            }
        }
        assert_eq!(confidence.wilson(0, 0), None);
        assert_eq!(confidence.wilson(0, 7).unwrap().0, 0.0);
        assert_eq!(confidence.wilson(7, 7).unwrap().1, 1.0);
    }

    #[test]
    fn limits_are_in_order_and_shares_between_them() {
        for confidence in [1e-9, 0.5, 0.95, 0.999, 1.0 - f64::EPSILON] {
            let confidence = Confidence::new(confidence).unwrap();
            for n in [1, 2, 7, 1_000, u64::from(u32::MAX), 1 << 53] {
                for count in [0, 1, n / 3, n / 2, n - 1, n] {
                    let share = count as f64 / n as f64;
                    let (low, high) = confidence.wilson(count, n).unwrap();
                    assert!(
                        0.0 <= low && low <= share && share <= high && high <= 1.0,
                        "{count} of {n}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_confidence_is_a_probability() {
        for confidence in [0.0, 1.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
            assert_eq!(Confidence::new(confidence).unwrap_err().kind(), Kind::InvalidParameter);
        }
    }
}
