//! Retention: published results, laws of the model, and fits against likelihoods worked out the slow way.

mod cases;
mod tolerance;

use cases::cases;
use clientele_core::Kind;
use clientele_core::checkpoint::Unhindered;
use clientele_core::estimate::{Fitted, Status};
use clientele_core::mergeable::Mergeable;
use clientele_core::retention::{Model, Tenures};
use proptest::prelude::*;
use tolerance::{FORMULA, OPTIMUM, ROUNDING, close, printed};

/// Percent of the customers of Fader & Hardie (2007) still there after 0 to 12 years, table 1.
const HIGH_END: [f64; 13] = [
    100.0, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4,
];
const REGULAR: [f64; 13] = [
    100.0, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3,
];

fn counts(rows: &[(i32, i64, bool)]) -> Tenures {
    let mut counts = Tenures::default();
    for &(period, customers, has_left) in rows {
        counts.add(period, customers, has_left, &mut Unhindered).unwrap();
    }
    counts
}

fn curve(survivors: &[i64]) -> Tenures {
    let rows: Vec<_> = (0..)
        .zip(survivors)
        .map(|(period, &customers)| (period, customers, false))
        .collect();
    counts(&rows)
}

fn fit_curve(survivors: &[i64]) -> Model {
    curve(survivors)
        .curve(&mut Unhindered)
        .unwrap()
        .model()
        .unwrap()
        .fit(&mut Unhindered)
        .unwrap()
}

fn fit(rows: &[(i32, i64, bool)]) -> Model {
    counts(rows)
        .life_table(&mut Unhindered)
        .unwrap()
        .model()
        .unwrap()
        .fit(&mut Unhindered)
        .unwrap()
}

/// The log-likelihood as the paper has it: of each customer's probability to leave when it did, or to stay as long as it was seen.
fn likelihood(rows: &[(i32, i64, bool)], alpha: f64, beta: f64) -> f64 {
    let ln_beta = |a: f64, b: f64| libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let of_one = |period: i32, has_left: bool| {
        let t = f64::from(period);
        let there = if has_left {
            ln_beta(alpha + 1.0, beta + (t - 1.0))
        } else {
            ln_beta(alpha, beta + t)
        };
        there - ln_beta(alpha, beta)
    };
    rows.iter()
        .map(|&(period, customers, has_left)| customers as f64 * of_one(period, has_left))
        .sum()
}

/// A curve as single customers.
fn leavers(survivors: &[i64]) -> Vec<(i32, i64, bool)> {
    let mut rows: Vec<_> = (1..)
        .zip(survivors.windows(2))
        .map(|(period, two)| (period, two[0] - two[1], true))
        .collect();
    rows.push((survivors.len() as i32 - 1, *survivors.last().unwrap(), false));
    rows
}

#[test]
fn published_cohorts_are_reproduced() {
    for (percent, alpha, beta, likelihood, year_12) in [
        (HIGH_END, 0.668_088, 3.806_095, -1_611.158_1, 0.378),
        (REGULAR, 0.704_077, 1.182_043, -1_680.265_2, 0.170),
    ] {
        let survivors: Vec<i64> = percent[..8].iter().map(|share| (share * 10.0).round() as i64).collect();
        let model = fit_curve(&survivors);
        let estimate = &model.estimate;
        assert!(estimate.status == Status::Converged && estimate.warnings.is_empty());
        let [a, b] = estimate.values;
        assert!(
            (a - alpha).abs() < printed(6) && (b - beta).abs() < printed(6),
            "{a}, {b}"
        );
        let found = estimate.log_likelihood.unwrap();
        assert!((found - likelihood).abs() < printed(4), "{found}");
        assert!((found - self::likelihood(&leavers(&survivors), a, b)).abs() < FORMULA * found.abs());
        // The projection from 7 years to 12, which is what the paper is about.
        assert!((model.survival(12.0).unwrap() - year_12).abs() < printed(3));
        let errors: Vec<f64> = (8..=12)
            .map(|year| (model.survival(f64::from(year)).unwrap() * 100.0 / percent[year as usize] - 1.0).abs())
            .collect();
        let mean = errors.iter().sum::<f64>() / 5.0;
        assert!(
            (mean * 1_000.0).round() == if alpha < 0.7 { 28.0 } else { 15.0 },
            "{mean}"
        );
        assert_eq!(fit(&leavers(&survivors)), model, "a curve says what its customers do");
    }
}

#[test]
fn cohorts_of_the_same_length_add_up() {
    let two = [1_000 + 500, 869 + 410, 743 + 360];
    assert_eq!(fit_curve(&two), {
        let mut both = curve(&[1_000, 869, 743]);
        both.merge(&curve(&[500, 410, 360]), &mut Unhindered).unwrap();
        both.curve(&mut Unhindered)
            .unwrap()
            .model()
            .unwrap()
            .fit(&mut Unhindered)
            .unwrap()
    });
}

/// Numbers that look random.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Customers of three cohorts, each seen for as long as it could be.
fn simulated(random: &mut Random, alpha: f64, beta: f64, customers: usize) -> Vec<(i32, i64, bool)> {
    (0..customers)
        .map(|i| {
            let seen = [4, 8, 12][i % 3];
            let stays = |period: i32, random: &mut Random| {
                let x = beta + f64::from(period - 1);
                random.next() < x / (alpha + x)
            };
            match (1..=seen).find(|&period| !stays(period, random)) {
                Some(period) => (period, 1, true),
                None => (seen, 1, false),
            }
        })
        .collect()
}

#[test]
fn parameters_are_recovered_and_their_limits_hold_them() {
    let mut random = Random(1);
    for (alpha, beta) in [(0.7, 1.2), (0.7, 3.8), (2.0, 6.0)] {
        const RUNS: usize = 400;
        let (mut held, mut logarithms) = ([0; 2], [0.0; 2]);
        for _ in 0..RUNS {
            let model = fit(&simulated(&mut random, alpha, beta, 3_000));
            assert_eq!(model.estimate.status, Status::Converged);
            for (i, (parameter, truth)) in model.parameters().iter().zip([alpha, beta]).enumerate() {
                let (low, high) = parameter.interval.unwrap();
                held[i] += usize::from((low..high).contains(&truth));
                logarithms[i] += (parameter.estimate / truth).ln() / RUNS as f64;
            }
        }
        for i in 0..2 {
            let share = held[i] as f64 / RUNS as f64;
            assert!(
                (0.92..0.98).contains(&share),
                "{share} of the limits hold {alpha}, {beta}"
            );
            assert!(logarithms[i].abs() < 0.03, "{alpha}, {beta} are off by {logarithms:?}");
        }
    }
}

#[test]
fn boundaries_are_told_and_still_predict() {
    // What was seen, what the warning is about, and the churn that is expected at renewals 1 and 9.
    let geometric: Vec<i64> = (0..8).map(|t| 100_000_000 * 9i64.pow(t) / 10i64.pow(t)).collect();
    for (survivors, about, first, ninth) in [
        (&[100, 100, 100][..], "nobody left", 0.0, 0.0),
        (&[100, 0], "everybody left", 1.0, 1.0),
        (&[100, 0, 0, 0], "everybody left", 1.0, 1.0),
        (&[100, 80], "only one renewal", 0.2, 0.2),
        (&geometric, "does not rise", 0.1, 0.1),
        (&[1_000, 900, 700, 400], "does not rise", 0.231, 0.231),
        (&[100, 50, 50, 50], "at once or hardly ever", 0.5, 0.0),
    ] {
        let model = fit_curve(survivors);
        let estimate = &model.estimate;
        assert_eq!(estimate.status, Status::Boundary);
        // What is left of two parameters, one of which is held, has a standard error.
        let held = estimate.at_limit.iter().filter(|&&held| held).count();
        let known = model
            .parameters()
            .iter()
            .filter(|parameter| parameter.standard_error.is_some())
            .count();
        assert!(held > 0 && known == 2 - held, "{survivors:?}: {estimate:?}");
        assert!(
            matches!(&estimate.warnings[..], [warning] if warning.contains(about)),
            "{survivors:?}: {:?}",
            estimate.warnings
        );
        for (period, want) in [(1.0, first), (9.0, ninth)] {
            let churn = 1.0 - model.retention_rate(period).unwrap();
            assert!(
                (churn - want).abs() < 2.0 * printed(3),
                "{survivors:?}: {churn} and not {want}"
            );
        }
    }
}

#[test]
fn at_a_limit_the_odds_have_the_error_of_a_share() {
    // 20 of 100 leave: the logarithm of the odds has a variance of 1 / (100 * 0.2 * 0.8).
    let model = fit_curve(&[100, 80]);
    let [alpha, beta] = model.parameters().try_into().unwrap();
    assert_eq!((alpha.at_limit, beta.at_limit, beta.interval), (false, true, None));
    close(
        alpha.standard_error.unwrap() / alpha.estimate,
        0.25,
        OPTIMUM,
        "the standard error",
    );
    let slopes = [0.8, -0.8];
    close(
        model.estimate.relative_variance(&slopes).unwrap(),
        0.04,
        OPTIMUM,
        "the variance of the share",
    );
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let refused = |survivors: &[(i32, i64)], kind: Kind, detail: &str| {
        let rows: Vec<_> = survivors
            .iter()
            .map(|&(period, customers)| (period, customers, false))
            .collect();
        let error = match counts(&rows).curve(&mut Unhindered) {
            Ok(Fitted::Nothing(about)) | Err(about) => about,
            Ok(Fitted::Model(history)) => panic!("{history:?}"),
        };
        assert_eq!(
            (error.kind(), error.detail_text()),
            (kind, Some(detail)),
            "{survivors:?}"
        );
        assert!(error.hint_text().is_some());
    };
    refused(&[(1, 5)], Kind::InvalidParameter, "The first period is 1.");
    refused(
        &[(0, 5), (2, 4)],
        Kind::InvalidParameter,
        "There is period 2, but no period 1.",
    );
    refused(
        &[(0, 5), (1, 4), (2, 5)],
        Kind::InvalidParameter,
        "There are 4 customers after period 1 and 5 after period 2.",
    );
    refused(&[(0, 5)], Kind::NotEnough, "None of 5 customers came to a renewal.");
    refused(
        &[(0, 0), (1, 0)],
        Kind::NotEnough,
        "None of 0 customers came to a renewal.",
    );
    let Fitted::Nothing(about) = counts(&[(0, 7, false), (3, 0, true)])
        .life_table(&mut Unhindered)
        .unwrap()
    else {
        panic!("nobody came to a renewal");
    };
    assert_eq!(
        (about.kind(), about.detail_text()),
        (Kind::NotEnough, Some("None of 7 customers came to a renewal."))
    );

    for (period, customers, has_left, detail) in [
        (-1, 5, false, "It is -1."),
        (2, -5, false, "It is -5 in period 2."),
        (0, 5, true, "5 customers are said to have."),
    ] {
        let error = Tenures::default()
            .add(period, customers, has_left, &mut Unhindered)
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.detail_text()),
            (Kind::InvalidParameter, Some(detail))
        );
        assert!(error.hint_text().is_some());
    }
    let mut many = counts(&[(1, i64::MAX, true)]);
    assert_eq!(
        many.add(1, 1, true, &mut Unhindered).unwrap_err().kind(),
        Kind::OutOfRange
    );
}

#[test]
fn the_ends_of_the_range_are_numbers() {
    for rows in [
        &[(i32::MAX, i64::MAX, false)][..],
        &[(i32::MAX, 1, true), (1, 1, false)],
        &[(1, 1, true), (2, i64::MAX - 1, false)],
        &[(1, i64::MAX / 2, true), (i32::MAX, i64::MAX / 2, true)],
        &[
            (2_000_000_000, 1_000, true),
            (2_000_000_001, 500, false),
            (5, 1_000, true),
        ],
    ] {
        let model = fit(rows);
        for value in [
            model.survival(0.0),
            model.survival(1.0),
            model.survival(f64::from(i32::MAX)),
            model.retention_rate(1.0),
            model.retention_rate(f64::from(i32::MAX)),
        ] {
            assert!((0.0..=1.0).contains(&value.unwrap()), "{rows:?}");
        }
        assert!(
            model
                .expected_lifetime(f64::from(i32::MAX), 0.01, None)
                .unwrap()
                .unwrap()
                >= 1.0
        );
        assert_eq!(Model::parse(&model.text()).unwrap(), model);
    }
}

fn rows() -> impl Strategy<Value = Vec<(i32, i64, bool)>> {
    let period = prop_oneof![9 => 0..9i32, 1 => 0..200i32];
    let customers = prop_oneof![3 => 0..4i64, 2 => 0..60i64, 1 => 0..1_000_000_000i64];
    prop::collection::vec((period, customers, any::<bool>()), 1..14).prop_map(|rows| {
        rows.into_iter()
            .map(|(period, n, left)| (period, n, left && period > 0))
            .collect()
    })
}

fn models() -> impl Strategy<Value = Model> {
    (-6.0..6.0f64, -6.0..6.0f64).prop_map(|(alpha, beta)| {
        let (alpha, beta) = (10f64.powf(alpha), 10f64.powf(beta));
        Model::parse(&format!(
            r#"{{"retention_model":1,"parameters":{{"alpha":{alpha:e},"beta":{beta:e}}}}}"#
        ))
        .unwrap()
    })
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn whatever_comes_in_is_fitted_as_well_as_can_be(rows in rows()) {
        let Fitted::Model(history) = counts(&rows).life_table(&mut Unhindered).unwrap() else {
            prop_assert!(rows.iter().all(|row| row.0 == 0 || row.1 == 0));
            return Ok(());
        };
        let model = history.fit(&mut Unhindered).unwrap();
        prop_assert_eq!(&Model::parse(&model.text()).unwrap(), &model);
        prop_assert_eq!(&Model::decode(&model.encode()).unwrap(), &model);
        let estimate = &model.estimate;
        let best = estimate.log_likelihood.unwrap();
        let [alpha, beta] = estimate.values;
        for exponents in 0..169 {
            let (a, b) = (10f64.powi(exponents % 13 - 6), 10f64.powi(exponents / 13 - 6));
            for (a, b) in [(a, b), (alpha * (1.0 + 0.3 * a.min(1.0)), beta), (alpha, beta / (1.0 + 0.3 * b.min(1.0)))] {
                let other = likelihood(&rows, a.clamp(1e-6, 1e6), b.clamp(1e-6, 1e6));
                // The slow way loses digits where parameters are large.
                let lost = ROUNDING * rows.iter().map(|row| row.1 as f64).sum::<f64>() * 1e7 * a.max(b).max(1.0) / 1e6;
                prop_assert!(other <= best + OPTIMUM * best.abs() + lost, "{} at {}, {} and {} at {}, {}", other, a, b, best, alpha, beta);
            }
        }
        prop_assert_ne!(estimate.status, Status::Unfinished);
        prop_assert_eq!(estimate.warnings.is_empty(), estimate.status == Status::Converged);
    }

    #[test]
    fn order_and_pieces_do_not_matter(rows in rows(), cut in 0usize..14) {
        let whole = counts(&rows);
        let cut = cut.min(rows.len());
        let mut reversed: Vec<_> = rows[cut..].to_vec();
        reversed.reverse();
        let mut merged = counts(&reversed);
        merged.merge(&counts(&rows[..cut]), &mut Unhindered).unwrap();
        let bytes = |tenures: &Tenures| {
            let mut bytes = Vec::new();
            tenures.clone().write(&mut bytes, &mut Unhindered).unwrap();
            bytes
        };
        prop_assert_eq!(bytes(&whole), bytes(&merged));
        let travelled = Tenures::read(&bytes(&whole), 0, &mut Unhindered).unwrap();
        let fit = |counts: &Tenures| counts.life_table(&mut Unhindered).and_then(|history| history.and_then(|history| history.fit(&mut Unhindered))).map(|model| model.model().map(|model| model.encode()));
        prop_assert_eq!(fit(&travelled), fit(&merged));
    }

    #[test]
    fn survival_is_the_product_of_retention_rates(model in models()) {
        let mut want = 1.0;
        for period in (0..50).map(f64::from) {
            let found = model.survival(period).unwrap();
            prop_assert!((found - want).abs() <= FORMULA * want, "{} and not {}", found, want);
            want *= model.retention_rate(period + 1.0).unwrap();
        }
    }

    #[test]
    fn lifetimes_are_sums_of_survival(model in models(), renewals in 0i32..40, discount in prop_oneof![Just(0.0), 0.001..0.5], horizon in 0i32..60) {
        let from = f64::from(renewals);
        let start = model.survival(from).unwrap();
        prop_assume!(start > 1e-200);
        let want: f64 = (0..horizon)
            .map(|k| model.survival(f64::from(renewals + k)).unwrap() / start / (1.0f64 + discount).powi(k))
            .sum();
        let found = model.expected_lifetime(from, discount, Some(f64::from(horizon))).unwrap().unwrap();
        prop_assert!((found - want).abs() <= FORMULA * want, "{} and not {}", found, want);
        // One period more, from here on: those who stay, once they are there.
        let rate = model.retention_rate(from + 1.0).unwrap();
        let whole = model.expected_lifetime(from, discount, None).unwrap().unwrap();
        let later = model.expected_lifetime(from + 1.0, discount, None).unwrap().unwrap();
        if whole.is_finite() {
            prop_assert!((whole - (1.0 + rate * later / (1.0 + discount))).abs() <= FORMULA * whole);
        } else {
            prop_assert_eq!(later, f64::INFINITY);
        }
    }
}
