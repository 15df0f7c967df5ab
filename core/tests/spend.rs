//! The Gamma-Gamma model against values computed at high precision, and the laws of its fits.

mod cases;
mod tolerance;

use cases::cases;
use clientele_core::Kind;
use clientele_core::checkpoint::Unhindered;
use clientele_core::estimate::{Fitted, Status};
use clientele_core::special::ln_gamma;
use clientele_core::spend::{Model, Spender, fit};
use proptest::prelude::*;
use tolerance::{ARITHMETIC, FORMULA, IDENTITY, LIKELIHOOD, PARAMETER, ROUNDING, STANDARD_ERROR, close};

const GRID: &str = include_str!("golden/spend_grid.txt");
const FITS: &str = include_str!("golden/fits.txt");

fn numbers(line: &str) -> Vec<f64> {
    line.split(' ').map(|word| word.parse().unwrap()).collect()
}

/// The numbers behind the first word of the lines that begin with it.
fn lines<'a>(text: &'a str, first: &'a str) -> impl Iterator<Item = Vec<f64>> + 'a {
    text.lines()
        .filter_map(move |line| Some(numbers(line.strip_prefix(first)?.strip_prefix(' ')?)))
}

fn model(parameters: &[f64]) -> Model {
    let [p, q, v] = parameters else {
        panic!("{parameters:?}")
    };
    let text = format!(r#"{{"spend_model":1,"parameters":{{"p":{p},"q":{q},"v":{v}}}}}"#);
    Model::parse(&text).unwrap()
}

fn spenders() -> Vec<Spender> {
    lines(FITS, "spender")
        .map(|row| Spender::new(row[0] as i64, row[1], row[2]).unwrap())
        .collect()
}

fn fitted(spenders: &[Spender]) -> Model {
    fit(spenders, &mut Unhindered).unwrap().model().unwrap()
}

/// The logarithm of the likelihood of one customer: equation (1a) of Fader & Hardie, term by term.
fn ln_likelihood(parameters: &[f64], x: f64, z: f64) -> f64 {
    let [p, q, v] = parameters else {
        panic!("{parameters:?}")
    };
    let px = p * x;
    ln_gamma(px + q) - ln_gamma(px) - ln_gamma(*q) + q * v.ln() + (px - 1.0) * z.ln() + px * x.ln()
        - (px + q) * (v + x * z).ln()
}

#[test]
fn functions_at_extremes() {
    let mut parameters = Vec::new();
    let mut checked = 0;
    for line in GRID.lines().filter(|line| !line.starts_with('#')) {
        if let Some(set) = line.strip_prefix("set ") {
            parameters = numbers(set);
            continue;
        }
        let [x, z, want_ln_likelihood, want] = numbers(line)[..] else {
            panic!("{line}")
        };
        let what = format!("{parameters:?}: {line}");
        // Where there is no mean, there is no number.
        let found = model(&parameters).expected_spend(x, z);
        assert_eq!(found.is_none(), want == f64::INFINITY, "{what}");
        close(found.unwrap_or(want), want, ARITHMETIC, &what);
        if x > 0.0 {
            // The formula that fits are compared with below: its terms cancel.
            let largest = ln_gamma(parameters[0] * x + parameters[1]).abs();
            let tolerance = IDENTITY + ROUNDING * largest / want_ln_likelihood.abs();
            close(ln_likelihood(&parameters, x, z), want_ln_likelihood, tolerance, &what);
        }
        checked += 1;
    }
    assert_eq!(checked, 3 * 9);
}

#[test]
fn slopes_are_those_of_the_logarithm() {
    const STEP: f64 = 1e-5;
    for line in GRID.lines().filter_map(|line| line.strip_prefix("set ")) {
        let parameters = numbers(line);
        for (x, z) in [(1.0, 11.77), (7.0, 73.74), (1_000.0, 35.2)] {
            let (value, slopes) = model(&parameters).expected_spend_with_slopes(x, z).unwrap();
            assert_eq!(value, model(&parameters).expected_spend(x, z).unwrap());
            for i in 0..3 {
                let moved = |by: f64| {
                    let mut parameters = parameters.clone();
                    parameters[i] *= by.exp();
                    model(&parameters).expected_spend(x, z).unwrap().ln()
                };
                let want = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
                assert!(
                    (slopes[i] - want).abs() < PARAMETER,
                    "{i}: {} and not {want}",
                    slopes[i]
                );
            }
        }
    }
}

#[test]
fn there_is_a_mean_where_q_is_above_1_only() {
    let mut model = model(&[2.0, 0.7, 5.0]);
    assert_eq!(model.expected_spend(0.0, 0.0), None);
    model.mean_value = Some(12.5);
    assert_eq!(model.expected_spend_with_slopes(0.0, 0.0), Some((12.5, [0.0; 3])));
    // What has been spent tells enough: p x + q is above 1.
    close(
        model.expected_spend(1.0, 11.77).unwrap(),
        2.0 * 16.77 / 1.7,
        ROUNDING,
        "x = 1",
    );
    // Orders that were worth nothing tell nothing.
    assert_eq!(model.expected_spend(3.0, 0.0), Some(12.5));
    assert_eq!(model.expected_spend(3.0, -7.0), Some(12.5));
}

#[test]
fn wrong_numbers_are_refused() {
    let model = model(&[2.0, 3.0, 5.0]);
    for nobody in [-1.0, 0.5, f64::NAN, f64::INFINITY] {
        assert_eq!(model.expected_spend(nobody, 1.0), None);
    }
    assert_eq!(Spender::new(-1, 1.0, 1.0).unwrap_err().kind(), Kind::InvalidParameter);
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(model.expected_spend(1.0, wrong), None);
        assert_eq!(Spender::new(1, wrong, 1.0).unwrap_err().kind(), Kind::OutOfRange);
        assert_eq!(Spender::new(1, 1.0, wrong).unwrap_err().kind(), Kind::OutOfRange);
    }
    assert_eq!(Spender::new(1, 1.0, -1.0).unwrap_err().kind(), Kind::OutOfRange);
}

#[test]
fn a_fit_is_where_the_likelihood_is_greatest() {
    let model = fitted(&spenders());
    let fit = FITS
        .lines()
        .find_map(|line| line.strip_prefix("fit gamma-gamma "))
        .unwrap();
    let want = numbers(fit);
    let estimate = &model.estimate;
    assert_eq!(estimate.status, Status::Converged);
    close(estimate.log_likelihood.unwrap(), want[3], LIKELIHOOD, "log-likelihood");
    for (i, parameter) in model.parameters().iter().enumerate() {
        close(parameter.estimate, want[i], PARAMETER, parameter.name);
        close(
            parameter.standard_error.unwrap(),
            want[4 + i],
            STANDARD_ERROR,
            parameter.name,
        );
    }
}

#[test]
fn the_likelihood_of_a_fit_is_that_of_its_customers() {
    let mut spenders = spenders();
    // With one that is left out, one for each way.
    spenders.push(Spender::new(0, 0.0, 2.5).unwrap());
    spenders.push(Spender::new(3, -4.0, 1.25).unwrap());
    spenders.push(Spender::new(3, 4.0, 0.0).unwrap());
    let model = fitted(&spenders);
    let mut want = 0.0;
    for spender in &spenders[..spenders.len() - 3] {
        want += spender.weight * ln_likelihood(&model.estimate.values, spender.frequency as f64, spender.value);
    }
    close(
        model.estimate.log_likelihood.unwrap(),
        want,
        ARITHMETIC,
        "log-likelihood",
    );
    assert_eq!(model.left_out, 3.75);
    let telling = spenders[..spenders.len() - 3].iter();
    assert_eq!(
        model.estimate.customers,
        telling.map(|spender| spender.weight).sum::<f64>()
    );
}

/// That two models are the same but for rounding and for the unit of money, of which the first counts `unit` for one of the second.
fn assert_same(one: &Model, other: &Model, unit: f64) {
    let scale = [1.0, 1.0, unit];
    for i in 0..3 {
        close(
            one.estimate.values[i],
            other.estimate.values[i] * scale[i],
            PARAMETER,
            "parameter",
        );
        for j in 0..3 {
            let covariance = |model: &Model| model.estimate.covariance.unwrap()[i][j];
            close(
                covariance(one),
                covariance(other) * scale[i] * scale[j],
                STANDARD_ERROR,
                "covariance",
            );
        }
    }
    let shift = one.estimate.customers * unit.ln();
    let likelihood = |model: &Model| model.estimate.log_likelihood.unwrap();
    close(
        likelihood(one) + shift,
        likelihood(other),
        IDENTITY * (1.0 + shift.abs() / likelihood(other).abs()),
        "log-likelihood",
    );
    close(
        one.mean_value.unwrap(),
        other.mean_value.unwrap() * unit,
        ARITHMETIC,
        "mean value",
    );
    close(
        one.correlation.unwrap(),
        other.correlation.unwrap(),
        FORMULA,
        "correlation",
    );
    close(
        one.rank_correlation.unwrap(),
        other.rank_correlation.unwrap(),
        FORMULA,
        "rank correlation",
    );
}

#[test]
fn the_unit_of_money_does_not_matter() {
    let spenders = spenders();
    for unit in [1e-9, 0.01, 7.0, 1e9] {
        let scaled: Vec<Spender> = spenders
            .iter()
            .map(|spender| Spender::new(spender.frequency as i64, spender.value * unit, spender.weight).unwrap())
            .collect();
        assert_same(&fitted(&scaled), &fitted(&spenders), unit);
    }
}

#[test]
fn a_weight_counts_as_so_many_rows() {
    let mut weighted = spenders();
    let mut repeated = Vec::new();
    for spender in &mut weighted {
        // Quarters made whole.
        spender.weight *= 4.0;
        let one = Spender {
            weight: 1.0,
            ..*spender
        };
        repeated.extend((0..spender.weight as usize).map(|_| one));
    }
    assert_same(&fitted(&repeated), &fitted(&weighted), 1.0);
}

#[test]
fn the_order_of_rows_does_not_change_a_bit() {
    let mut spenders = spenders();
    for (n, spender) in spenders.iter_mut().enumerate() {
        spender.weight *= 0.1 + 1.0 / (n as f64 + 3.0);
        if n % 7 == 0 {
            spender.frequency = 0;
        }
    }
    let want = fitted(&spenders);
    for n in 1..spenders.len() {
        spenders.rotate_left(n);
        spenders.swap(0, n);
        assert_eq!(fitted(&spenders), want);
    }
}

#[test]
fn nothing_can_be_fitted_to_nobody() {
    let nobody = [
        (0, 0.0, 1.0),
        (0, 5.0, 3.0),
        (2, 0.0, 1.0),
        (2, -5.0, 1.0),
        (2, 5.0, 0.0),
    ];
    let nobody = nobody.map(|(frequency, value, weight)| Spender::new(frequency, value, weight).unwrap());
    for spenders in [&[][..], &nobody] {
        let Fitted::Nothing(about) = fit(spenders, &mut Unhindered).unwrap() else {
            panic!("a model of nobody");
        };
        assert_eq!(about.kind(), Kind::NotEnough);
    }
}

/// Customers of any sort, some with the same numbers.
fn any_spenders() -> impl Strategy<Value = Vec<Spender>> {
    let frequency = prop_oneof![3 => 0i64..4, 2 => 1i64..100, 1 => Just(5_000)];
    let value = prop_oneof![
        1 => Just(0.0),
        2 => Just(9.99),
        3 => 0.01..500.0,
        1 => -50.0..0.0,
        2 => (-9i32..=12, 1.0..10.0).prop_map(|(power, digits)| digits * 10f64.powi(power)),
    ];
    let weight = prop_oneof![4 => Just(1.0), 1 => Just(0.0), 2 => 0.001..9.0];
    let spender = (frequency, value, weight)
        .prop_map(|(frequency, value, weight)| Spender::new(frequency, value, weight).unwrap());
    let alike = (spender.clone(), 1usize..50).prop_map(|(spender, n)| vec![spender; n]);
    prop_oneof![4 => prop::collection::vec(spender, 1..50), 1 => alike]
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn every_small_set_of_customers_has_a_fit(spenders in any_spenders()) {
        let Fitted::Model(model) = fit(&spenders, &mut Unhindered).unwrap() else {
            prop_assert!(!spenders.iter().any(|spender| spender.frequency > 0 && spender.value > 0.0 && spender.weight > 0.0));
            return Ok(());
        };
        for parameter in model.parameters() {
            prop_assert!(parameter.estimate.is_finite() && parameter.estimate > 0.0, "{:?}", parameter);
            prop_assert!(parameter.standard_error.is_none_or(f64::is_finite), "{:?}", parameter);
        }
        prop_assert!(model.estimate.log_likelihood.is_some_and(f64::is_finite));
        prop_assert_eq!(&Model::parse(&model.text()).unwrap(), &model);
        prop_assert_eq!(&Model::decode(&model.encode()).unwrap(), &model);
        for (frequency, value) in [(0.0, 0.0), (1.0, 1e-9), (1.0, 10.0), (5_000.0, 1e12)] {
            let (spend, slopes) = model.expected_spend_with_slopes(frequency, value).unwrap();
            prop_assert!(spend.is_finite() && spend > 0.0, "{} at {} {}", spend, frequency, value);
            prop_assert!(slopes.iter().all(|slope| slope.is_finite()));
        }
    }
}
