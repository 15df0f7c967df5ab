//! Whether shares of several groups are one share, and whether they rise or fall.

use crate::special::chi_square_above;

/// A share of several groups in order, such as months, and what speaks against there being only one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homogeneity {
    /// Pearson's statistic of the table of groups by event or none.
    pub chi_square: f64,
    /// Groups with somebody in them, less one.
    pub degrees: u64,
    /// The probability of a statistic as large, were the share the same in all groups.
    pub p_same: f64,
    /// How many standard errors the share rises with the number of the group; negative where it falls.
    pub z: f64,
    /// The probability of as much, either way, were the share the same in all groups.
    pub p_trend: f64,
}

impl Homogeneity {
    /// Compares groups, each with its score, how many events there were and of how many: chi-square for homogeneity, and the trend of Cochran
    /// ("Some methods for strengthening the common χ² tests", Biometrics 10, 1954) and Armitage ("Tests for linear trends in proportions
    /// and frequencies", Biometrics 11, 1955). Nothing where fewer than three groups have somebody in them, or all or none are events.
    pub fn of(groups: &[(f64, u64, u64)]) -> Option<Homogeneity> {
        let (mut events, mut all, mut number, mut score) = (0, 0, 0, 0.0);
        for &(at, count, n) in groups {
            events += count;
            all += n;
            number += u64::from(n > 0);
            score += at * n as f64;
        }
        if number < 3 || events == 0 || events == all {
            return None;
        }
        let share = events as f64 / all as f64;
        let variance = share * ((all - events) as f64 / all as f64);
        let middle = score / all as f64;
        let (mut chi_square, mut slope, mut spread) = (0.0, 0.0, 0.0);
        for &(at, count, n) in groups.iter().filter(|group| group.2 > 0) {
            let (n, more) = (n as f64, count as f64 - n as f64 * share);
            chi_square += more * more / (n * variance);
            slope += (at - middle) * more;
            spread += n * (at - middle) * (at - middle);
        }
        let z = slope / (variance * spread).sqrt();
        Some(Homogeneity {
            chi_square,
            degrees: number - 1,
            p_same: chi_square_above(chi_square, (number - 1) as f64),
            z,
            p_trend: libm::erfc(z.abs() * std::f64::consts::FRAC_1_SQRT_2),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, want: f64) {
        assert!((found - want).abs() <= 1e-12 * want.abs(), "{found} and not {want}");
    }

    #[test]
    fn the_example_of_armitage() {
        // Carriers among children with tonsils of three sizes: chi-square 7.88 with 2 degrees, of which 7.19 are the trend.
        let groups = [(0.0, 19, 516), (1.0, 29, 589), (2.0, 24, 293)];
        let found = Homogeneity::of(&groups).unwrap();
        assert!(
            (found.chi_square - 7.88).abs() < 0.005 && found.degrees == 2,
            "{found:?}"
        );
        assert!((found.z * found.z - 7.19).abs() < 0.005 && found.z > 0.0, "{found:?}");
        close(found.p_same, (-0.5 * found.chi_square).exp());
        // The other way round, and with other scores that are as far apart, it is the same.
        let other = Homogeneity::of(&[(9.0, 24, 293), (6.0, 0, 0), (4.0, 29, 589), (-1.0, 19, 516)]).unwrap();
        close(other.chi_square, found.chi_square);
        close(other.z, found.z);
        let falling = groups.map(|(at, count, n)| (at, n - count, n));
        close(Homogeneity::of(&falling).unwrap().z, -found.z);
    }

    #[test]
    fn what_cannot_be_compared_is_not() {
        for groups in [
            &[][..],
            &[(0.0, 1, 2), (1.0, 1, 2)],
            &[(0.0, 1, 2), (1.0, 1, 2), (2.0, 0, 0)],
            &[(0.0, 0, 2), (1.0, 0, 2), (2.0, 0, 5)],
            &[(0.0, 2, 2), (1.0, 2, 2), (2.0, 5, 5)],
        ] {
            assert_eq!(Homogeneity::of(groups), None);
        }
        let same = Homogeneity::of(&[(0.0, 1, 2), (1.0, 2, 4), (2.0, 3, 6)]).unwrap();
        assert_eq!(
            (same.chi_square, same.p_same, same.z, same.p_trend),
            (0.0, 1.0, 0.0, 1.0)
        );
    }
}
