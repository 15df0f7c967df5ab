//! How many orders there may be, number by number.

/// The probabilities of 0, 1, 2, … orders: room that is used again for one customer after the other.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub(super) probabilities: Vec<f64>,
}

impl Counts {
    /// The probabilities; what is left of 1 are those of more orders.
    pub fn probabilities(&self) -> &[f64] {
        &self.probabilities
    }

    /// Between what limits the number of orders is: with this probability at most it is less than the first, and with the same at most it is more
    /// than the second. Nothing where more is left than that.
    pub fn limits(&self, tail: f64) -> Option<(f64, f64)> {
        let mut below = 0.0;
        let mut low = None;
        for (n, p) in self.probabilities.iter().enumerate() {
            below += p;
            if low.is_none() && below >= tail {
                low = Some(n as f64);
            }
            if 1.0 - below <= tail {
                return low.map(|low| (low, n as f64));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Customer, Family, Outlook, counts_one_by_one};
    use crate::purchases::family::Stages;

    /// That the probabilities of all numbers at once are those of each by itself, and that no more than `least` is missing.
    fn check(family: Family, parameters: &[f64; 4], [x, recency, age]: [f64; 3], horizon: f64, least: f64) {
        let customer = Customer::known(x, recency, age).unwrap();
        let outlook = Outlook::of(family, parameters, &customer);
        let future = outlook.future();
        let what = format!("{} {parameters:?} {customer:?} {horizon} {least}", family.name());
        let silent = future.silent(horizon);
        let mut found = vec![silent];
        assert!(future.counts(horizon, silent, least, &mut found), "{what}");
        assert!(found.iter().all(|p| p.is_finite() && *p >= 0.0), "{what}");
        let rest = 1.0 - found.iter().sum::<f64>();
        assert!(-1e-9 < rest && rest <= least + 1e-9, "{rest}, {what}");
        let compare = |n: usize| {
            let want = future.exactly(n as f64, horizon);
            let off = (found[n] - want).abs();
            assert!(
                off <= 1e-10 * want.max(1e-14),
                "{n}: {} and not {want}, {what}",
                found[n]
            );
        };
        // Of many numbers, those at the ends and some between them.
        let stride = 1 + found.len() / 400;
        (1..found.len())
            .filter(|n| *n < 50 || n + 50 > found.len() || n % stride == 0)
            .for_each(compare);
        let mut by_one = vec![silent];
        if found.len() < 1_000 && least > 1e-12 && counts_one_by_one(future, horizon, silent, least, &mut by_one) {
            let missing = by_one.iter().skip(found.len()).sum::<f64>();
            assert!(missing <= 1.01 * least + 1e-12, "{missing}, {what}");
        }
    }

    #[test]
    fn chances_all_at_once_are_those_of_each_number() {
        for parameters in [
            [1.203_52, 0.749_72, 0.656_72, 2.783_44],
            [0.01, 0.02, 0.005, 0.3],
            [40.0, 3.0, 0.2, 900.0],
            [1e8, 3e8, 1e-6, 1e4],
            [1e300, 1e297, 1e290, 1e300],
            [1e-12, 1e-9, 1e-12, 1e-9],
            [0.5, 1e7, 30.0, 1e-5],
        ] {
            for customer in [
                [0.0, 0.0, 0.0],
                [0.0, 0.0, 40.0],
                [5.0, 6.0, 6.0],
                [300.0, 900.0, 1_000.0],
            ] {
                for horizon in [0.5, 1.0, 2.0, 5.9, 60.0, 1_500.0] {
                    for least in [1e-16, 1e-10] {
                        check(Family::Bb, &parameters, customer, horizon, least);
                    }
                }
            }
        }
        check(Family::Bb, &[1.2, 0.7, 0.65, 2.8], [0.0, 0.0, 0.0], 10_000.0, 1e-14);
        check(Family::Bb, &[20.0, 70.0, 0.1, 1e6], [3.0, 3.0, 4.0], 1e9, 1e-14);
    }

    #[test]
    fn stages_all_at_once_are_those_of_each_number() {
        for k in [2, 3, 5, 12] {
            let family = Family::Regular(Stages::new(k).unwrap());
            for parameters in [
                [0.6, 60.0, 0.8, 2.4],
                [2.0, 14.0, 1.0, 50.0],
                [0.3, 40.0, 0.02, 0.05],
                [30.0, 1.0, 1e-3, 1e-3],
                [1e-3, 1e-2, 5.0, 1e-6],
                [1e6, 1e7, 1e-9, 20.0],
                [0.5, 3.0, 1e-14, 1.0],
                [3.0, 1e-9, 1e9, 1.0],
            ] {
                let customers = [
                    [0.0, 0.0, 0.0],
                    [0.0, 0.0, 300.0],
                    [3.0, 100.0, 100.0],
                    [3.0, 1.0, 500.0],
                    [800.0, 700.0, 710.0],
                ];
                for customer in customers {
                    for horizon in [1e-6, 1.0, 30.0, 365.0, 3_000.0] {
                        for least in [1e-15, 1e-9] {
                            if !is_many(family, &parameters, customer, horizon) {
                                check(family, &parameters, customer, horizon, least);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Whether there may be more numbers than are told one by one, or so many that telling each by itself takes long.
    fn is_many(family: Family, parameters: &[f64; 4], [x, recency, age]: [f64; 3], horizon: f64) -> bool {
        let customer = Customer::known(x, recency, age).unwrap();
        let outlook = Outlook::of(family, parameters, &customer);
        outlook.future().exactly(60_000.0, horizon) > 1e-30
    }
}
