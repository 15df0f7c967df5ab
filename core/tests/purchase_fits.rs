//! Fits of the models against parameters computed at high precision and published ones, and their laws.

mod cases;
mod fits;
mod fitted;
mod tolerance;

use cases::cases;
use clientele_core::checkpoint::{Checkpoint, Unhindered};
use clientele_core::estimate::Fitted;
use clientele_core::purchases::{
    Family, Fitting, History, Model, Outlook, Sought, climb_from, fit, fit_all, fit_for_churn,
};
use clientele_core::{Kind, Result};
use fits::{FITS, check_fits, numbers};
use fitted::{FITTING, fitted, ln_likelihood};
use proptest::prelude::*;
use tolerance::{IDENTITY, PARAMETER, STANDARD_ERROR, SUM, close};

fn histories() -> Vec<History> {
    FITS.lines()
        .filter_map(|line| line.strip_prefix("history "))
        .map(|line| {
            let row = numbers(line);
            History::new(row[0] as i64, row[1], row[2], row[3]).unwrap()
        })
        .collect()
}

#[test]
fn a_fit_is_where_the_likelihood_is_greatest() {
    check_fits("fit", &histories(), PARAMETER);
}

#[test]
fn of_all_models_mbg_is_chosen_where_none_is_better_beyond_doubt() {
    let all = fit_all(&histories(), FITTING, &mut Unhindered)
        .unwrap()
        .model()
        .unwrap();
    let best = |of: fn(&[History], Sought, Fitting, &mut dyn Checkpoint) -> _, histories: &[History]| -> Model {
        let fitted: Result<Fitted<Model>> = of(histories, Sought::Best, FITTING, &mut Unhindered);
        fitted.unwrap().model().unwrap()
    };
    assert_eq!(
        all.iter().map(|model| model.family).collect::<Vec<_>>(),
        Family::POISSON
    );
    let chosen = best(fit, &histories());
    assert_eq!(chosen.family, Family::Mbg);
    let choice = chosen.choice.clone().unwrap();
    assert!(choice.starts_with("mbg/nbd, since no other"), "{choice}");
    assert_eq!(Model { choice: None, ..chosen }, fitted(Family::Mbg, &histories()));
    // A shop where nobody leaves after one order, and every other customer after the second: a tenth of the customers is no evidence, all are.
    let shop = |n: f64| {
        let new = |frequency, recency, weight: f64| History::new(frequency, recency, 300.0, weight * n).unwrap();
        [
            new(0, 0.0, 60.0),
            new(1, 20.0, 50.0),
            new(1, 290.0, 40.0),
            new(2, 30.0, 60.0),
            new(5, 280.0, 30.0),
            new(12, 295.0, 20.0),
        ]
    };
    for (n, family) in [(0.1, Family::Mbg), (10.0, Family::Bg)] {
        let model = best(fit, &shop(n));
        assert_eq!(model.family, family, "{:?}", model.choice);
        let told = fit_all(&shop(n), FITTING, &mut Unhindered).unwrap().model().unwrap();
        let gain = told[1].estimate.bic().unwrap() - told[0].estimate.bic().unwrap();
        assert_eq!(gain >= 10.0, family == Family::Bg, "{gain}");
        let churn = best(fit_for_churn, &shop(n));
        assert_ne!(churn.family, Family::Bg);
        assert!(!churn.choice.unwrap().contains(": bg/nbd"));
    }
    let named = fit_for_churn(&histories(), Sought::One(Family::Bg), FITTING, &mut Unhindered);
    assert_eq!(named.unwrap().model().unwrap(), fitted(Family::Bg, &histories()));
}

/// Xorshift (Marsaglia 2003), anywhere in (0, 1).
fn chance(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    ((*state >> 11) as f64 + 0.5) / (1u64 << 53) as f64
}

/// Customers whose rates differ by a factor of forty, and who leave with one probability or another, or not at all.
fn shop(n: usize, leaving: [f64; 2], state: &mut u64) -> Vec<History> {
    let customer = |at: usize| {
        let age = (100.0 - 50.0 * chance(state)).floor();
        let rate = 0.002 * 40.0_f64.powf(chance(state));
        let (mut x, mut recency, mut time) = (0, 0.0, 0.0);
        while chance(state) >= leaving[2 * at / n] {
            time -= chance(state).ln() / rate;
            if time >= age {
                break;
            }
            if time.floor() > recency {
                (x, recency) = (x + 1, time.floor());
            }
        }
        History::new(x, recency, age, 1.0).unwrap()
    };
    (0..n).map(customer).collect()
}

#[test]
fn fits_are_the_best_of_many_starts() {
    let mut state = 20_111_205;
    let kinds = [[0.0, 0.0], [0.01, 0.02], [0.9, 0.0], [0.1, 0.3], [1.0, 1.0]];
    for (leaving, n) in kinds.into_iter().flat_map(|leaving| [(leaving, 30), (leaving, 300)]) {
        for family in [Family::Bg, Family::Mbg, Family::Pareto] {
            let runs = if family == Family::Pareto { 1 } else { 6 };
            for run in 0..runs {
                let histories = shop(n, leaving, &mut state);
                let found = fitted(family, &histories);
                let starts: Vec<[f64; 4]> = (0..30)
                    .map(|_| std::array::from_fn(|_| 14.0 * chance(&mut state) - 7.0))
                    .collect();
                let best = climb_from(&histories, family, &starts, &mut Unhindered).unwrap();
                let (at, best) = best.unwrap();
                let lower = best - ln_likelihood(&found);
                assert!(
                    lower <= PARAMETER * best.abs().max(1.0),
                    "{family:?}, {leaving:?}, {n}, {run}: {lower} lower than at {at:?}: {:?}",
                    found.estimate
                );
            }
        }
    }
}

/// That two models are the same but for rounding and the unit of time, of which the first counts `unit` for one of the second.
fn assert_same(one: &Model, other: &Model, unit: f64, orders: f64) {
    let mut scale = [1.0, unit, 1.0, 1.0];
    if one.family == Family::Pareto {
        scale[3] = unit;
    }
    let what = one.family.name();
    for i in 0..4 {
        close(
            one.estimate.values[i],
            other.estimate.values[i] * scale[i],
            PARAMETER,
            what,
        );
        for j in 0..4 {
            let covariance = |model: &Model| model.estimate.covariance.unwrap()[i][j];
            // A covariance near 0 is known as well as the standard errors are.
            let size = (other.estimate.covariance.unwrap()[i][i] * other.estimate.covariance.unwrap()[j][j]).sqrt();
            let (found, want) = (covariance(one), covariance(other) * scale[i] * scale[j]);
            assert!(
                (found - want).abs() < STANDARD_ERROR * size * scale[i] * scale[j],
                "{what} {i} {j}: {found} and not {want}"
            );
        }
    }
    close(
        ln_likelihood(one) + orders * unit.ln(),
        ln_likelihood(other),
        IDENTITY,
        what,
    );
    close(one.estimate.customers, other.estimate.customers, SUM, what);
    close(one.repeat_customers, other.repeat_customers, SUM, what);
}

#[test]
fn the_unit_of_time_does_not_matter() {
    let histories = histories();
    let orders: f64 = histories
        .iter()
        .map(|history| history.frequency as f64 * history.weight)
        .sum();
    for unit in [7.0, 1.0 / 7.0, 1e-6, 1e9] {
        let scaled: Vec<History> = histories
            .iter()
            .map(|history| History {
                recency: history.recency * unit,
                age: history.age * unit,
                ..*history
            })
            .collect();
        for family in Family::all() {
            // Where gaps are not known, each stage counts the unit once.
            let stages = match family {
                Family::Regular(stages) => f64::from(stages.count()),
                _ => 1.0,
            };
            assert_same(
                &fitted(family, &scaled),
                &fitted(family, &histories),
                unit,
                stages * orders,
            );
        }
    }
}

#[test]
fn a_weight_counts_as_so_many_rows() {
    let mut weighted = histories();
    let mut repeated = Vec::new();
    for history in &mut weighted {
        // Quarters made whole.
        history.weight *= 4.0;
        let one = History {
            weight: 1.0,
            ..*history
        };
        repeated.extend((0..history.weight as usize).map(|_| one));
    }
    for family in Family::all() {
        assert_same(&fitted(family, &repeated), &fitted(family, &weighted), 1.0, 0.0);
    }
}

#[test]
fn the_order_of_rows_does_not_change_a_bit() {
    let mut histories = histories();
    for (n, history) in histories.iter_mut().enumerate() {
        history.weight *= 0.1 + 1.0 / (n as f64 + 3.0);
    }
    // The same history with different weights.
    histories.extend_from_within(10..40);
    histories[60..].iter_mut().for_each(|history| history.weight *= 0.7);
    for family in Family::all() {
        let want = fitted(family, &histories);
        for n in [1, 10, 59, 83] {
            histories.rotate_left(n);
            histories.swap(0, n);
            assert_eq!(fitted(family, &histories), want);
        }
    }
}

#[test]
fn many_different_times_are_fitted_as_few_are() {
    // More different times than are numbered: three times as many customers, each with times of their own.
    let mut few = Vec::new();
    let mut many = Vec::new();
    for history in histories() {
        few.push(History {
            weight: 800.0,
            ..history
        });
        for n in 0..800 {
            let apart = 1.0 + f64::from(n - 400) * 1e-13;
            many.push(History {
                recency: history.recency * apart,
                age: history.age * apart,
                weight: 1.0,
                ..history
            });
        }
    }
    assert_same(&fitted(Family::Mbg, &many), &fitted(Family::Mbg, &few), 1.0, 0.0);
}

#[test]
fn nothing_can_be_fitted_to_nobody() {
    let new = |frequency, recency, age, weight| History::new(frequency, recency, age, weight).unwrap();
    for nobody in [
        &[][..],
        &[new(0, 0.0, 0.0, 5.0)],
        &[new(0, 0.0, 0.0, 1.0), new(3, 0.0, 0.0, 1.0)],
        &[new(2, 3.0, 7.0, 0.0), new(0, 0.0, 7.0, 0.0)],
    ] {
        for sought in Family::all().map(Sought::One).chain([Sought::Regular, Sought::Best]) {
            let Fitted::Nothing(about) = fit(nobody, sought, FITTING, &mut Unhindered).unwrap() else {
                panic!("a model of nobody");
            };
            assert_eq!(about.kind(), Kind::NotEnough);
            assert!(about.detail_text().is_some() && about.hint_text().is_some());
        }
    }
}

#[test]
fn wrong_histories_are_refused() {
    for (frequency, recency, age, weight, kind) in [
        (-1, 0.0, 1.0, 1.0, Kind::InvalidParameter),
        (1, 2.0, 1.0, 1.0, Kind::InvalidParameter),
        (0, 0.5, 1.0, 1.0, Kind::InvalidParameter),
        (1, -0.5, 1.0, 1.0, Kind::OutOfRange),
        (1, f64::NAN, 1.0, 1.0, Kind::OutOfRange),
        (1, 0.5, f64::INFINITY, 1.0, Kind::OutOfRange),
        (1, 0.5, 1.0, -1.0, Kind::OutOfRange),
        (1, 0.5, 1.0, f64::NAN, Kind::OutOfRange),
    ] {
        assert_eq!(History::new(frequency, recency, age, weight).unwrap_err().kind(), kind);
    }
}

/// Customers of any sort, some with the same history.
fn any_histories() -> impl Strategy<Value = Vec<History>> {
    let frequency = || prop_oneof![5 => 0i64..4, 3 => 1i64..100, 1 => Just(5_000)];
    let age = || prop_oneof![1 => Just(0.0), 2 => (0i32..60).prop_map(f64::from), 4 => 0.0..100.0];
    let share = || prop_oneof![1 => Just(0.0), 2 => Just(1.0), 1 => Just(1e-9), 4 => 0.0..1.0];
    let weight = || prop_oneof![5 => Just(1.0), 1 => Just(0.0), 2 => 0.001..9.0];
    let history = || {
        (frequency(), share(), age(), weight()).prop_map(|(frequency, share, age, weight)| {
            let recency = if frequency == 0 { 0.0 } else { share * age };
            History::new(frequency, recency, age, weight).unwrap()
        })
    };
    let once = (age(), weight()).prop_map(|(age, weight)| History::new(0, 0.0, age, weight).unwrap());
    let customers = prop_oneof![
        4 => prop::collection::vec(history(), 1..12),
        1 => prop::collection::vec(history(), 12..50),
        1 => prop::collection::vec(once, 1..50),
        1 => (history(), 1usize..50).prop_map(|(history, n)| vec![history; n]),
    ];
    let unit = prop_oneof![3 => Just(0), 1 => -12i32..12];
    (customers, unit).prop_map(|(mut customers, unit)| {
        for history in &mut customers {
            history.recency *= 10f64.powi(unit);
            history.age *= 10f64.powi(unit);
        }
        customers
    })
}

fn check_outlook(outlook: &Outlook, unit: f64) -> std::result::Result<(), TestCaseError> {
    prop_assert!((0.0..=1.0).contains(&outlook.p_alive()));
    for horizon in [0.0, 1e-6, 1.0, 100.0] {
        let horizon = horizon * unit;
        let expected = outlook.expected_orders(horizon);
        prop_assert!(
            expected.is_finite() && expected >= 0.0,
            "{} in {}: {:?}",
            expected,
            horizon,
            outlook
        );
        let none = outlook.p_no_order(horizon);
        prop_assert!((0.0..=1.0).contains(&none), "{} in {}: {:?}", none, horizon, outlook);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn every_small_set_of_customers_has_a_fit(histories in any_histories()) {
        for family in Family::all() {
            let Fitted::Model(model) = fit(&histories, Sought::One(family), FITTING, &mut Unhindered).unwrap() else {
                prop_assert!(!histories.iter().any(|history| history.age * history.weight > 0.0));
                continue;
            };
            for parameter in model.parameters() {
                prop_assert!(parameter.estimate.is_finite() && parameter.estimate > 0.0, "{:?}", parameter);
                prop_assert!(parameter.standard_error.is_none_or(f64::is_finite), "{:?}", parameter);
            }
            prop_assert!(model.estimate.log_likelihood.is_some_and(f64::is_finite));
            prop_assert_eq!(&Model::parse(&model.text()).unwrap(), &model);
            prop_assert_eq!(&Model::decode(&model.encode()).unwrap(), &model);
            let unit = histories.iter().map(|history| history.age).fold(0.0, f64::max);
            for history in &histories {
                check_outlook(&model.outlook(&history.customer()), unit)?;
            }
        }
    }
}
