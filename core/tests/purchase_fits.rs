//! Fits of the models against parameters computed at high precision and published ones, and their laws.

mod cases;
mod fits;
mod fitted;
mod tolerance;

use cases::cases;
use clientele_core::Kind;
use clientele_core::checkpoint::Unhindered;
use clientele_core::estimate::Fitted;
use clientele_core::purchases::{Family, History, Model, Outlook, Sought, fit, fit_all};
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
fn the_best_of_all_models_is_the_most_likely() {
    let all = fit_all(&histories(), FITTING, &mut Unhindered)
        .unwrap()
        .model()
        .unwrap();
    let best = fit(&histories(), Sought::Best, FITTING, &mut Unhindered)
        .unwrap()
        .model()
        .unwrap();
    assert_eq!(
        all.iter().map(|model| model.family).collect::<Vec<_>>(),
        Family::POISSON
    );
    assert_eq!(best.family, Family::Mbg);
    assert!(all.iter().all(|model| ln_likelihood(model) <= ln_likelihood(&best)));
    let choice = best.choice.clone().unwrap();
    assert!(
        choice.starts_with("mbg/nbd has the greatest log-likelihood"),
        "{choice}"
    );
    assert_eq!(Model { choice: None, ..best }, fitted(Family::Mbg, &histories()));
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

fn check_outlook(outlook: &Outlook, unit: f64) -> Result<(), TestCaseError> {
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
