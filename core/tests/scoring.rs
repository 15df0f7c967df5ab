//! What models say about one customer over all that parameters, customers and horizons can be: right, and within what it can be.

mod cases;
mod scored;
mod tolerance;

use cases::cases;
use clientele_core::checkpoint::Unhindered;
use clientele_core::estimate::Fitted;
use clientele_core::purchases::{Customer, Family, Fitting, History, Model, Outlook, Sought, Stages, fit};
use clientele_core::spend::Spender;
use clientele_core::{Kind, Result, retention, spend};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use scored::{check_scores, close};
use tolerance::{ARITHMETIC, DISCOUNTED, FORMULA, LEAST};

/// Values computed with 40 digits: model, parameters, frequency, recency, age, horizon, n; p_alive, expected orders, probability of no order,
/// probability of n orders. Each line is a draw from plausible numbers or from all that a model may hold.
const SCORES: &str = include_str!("golden/scores.txt");

/// Logarithms of a hundred digits of range cost a few of the last ones.
const LEAST_OF_RANGE: f64 = 1e10 * LEAST;

#[test]
fn scores_are_those_of_forty_digits() {
    let mut checked = 0;
    for line in SCORES.lines() {
        let (name, rest) = line.split_once(' ').unwrap();
        let numbers: Vec<f64> = rest.split(' ').map(|word| word.parse().unwrap()).collect();
        let [
            r,
            alpha,
            a,
            b,
            x,
            recency,
            age,
            horizon,
            n,
            p_alive,
            orders,
            none,
            exactly,
        ] = numbers[..]
        else {
            panic!("{line}")
        };
        let family = Family::find(name).unwrap();
        let customer = Customer::new(x as i64, recency, age).unwrap();
        let outlook = Outlook::of(family, &[r, alpha, a, b], &customer);
        let want = [p_alive, orders, none, exactly];
        check_scores(&outlook, (horizon, n), want, LEAST_OF_RANGE, line);
        checked += 1;
    }
    assert!(checked >= 180, "{checked}");
}

/// A number whose logarithm is anywhere between those of two others.
fn between(low: f64, high: f64) -> impl Strategy<Value = f64> {
    (low.ln()..=high.ln()).prop_map(f64::exp)
}

/// Anything that a parameter may be: at its limits, in the middle, or anywhere.
fn parameter() -> impl Strategy<Value = f64> {
    prop_oneof![
        1 => Just(1e-30),
        1 => Just(1e30),
        1 => Just(1.0),
        1 => Just(1e-17),
        4 => between(1e-30, 1e30),
        2 => between(1e-3, 1e3),
    ]
}

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn scores_are_what_they_can_be(
        family in prop_oneof![
            prop::sample::select(&Family::POISSON[..]),
            prop::sample::select(Stages::all().map(Family::Regular).collect::<Vec<_>>()),
        ],
        parameters in [parameter(), parameter(), parameter(), parameter()],
        frequency in prop_oneof![Just(0.0), 1.0..1e6f64],
        (share, age) in (prop_oneof![Just(1.0), Just(0.0), 0.0..1.0f64], prop_oneof![Just(0.0), between(1e-6, 1e9)]),
        horizon in prop_oneof![Just(0.0), between(1e-6, 1e9)],
        n in prop_oneof![0..3u64, 0..1_000_000u64],
        (discount, discounts) in (between(1e-9, 1e3), prop::bool::weighted(0.3)),
    ) {
        let frequency = frequency.floor();
        let recency = if frequency == 0.0 { 0.0 } else { share * age };
        let customer = Customer::known(frequency, recency, age).unwrap();
        let outlook = Outlook::of(family, &parameters, &customer);
        let probability = 0.0..=1.0;
        let (p_alive, none, exactly) = (outlook.p_alive(), outlook.p_no_order(horizon), outlook.p_orders(n, horizon));
        prop_assert!(probability.contains(&p_alive), "p_alive {p_alive}");
        prop_assert!(probability.contains(&none), "p_no_order {none}");
        prop_assert!(probability.contains(&exactly), "p_orders {exactly}");
        prop_assert!(exactly <= p_alive * (1.0 + FORMULA) || n == 0, "{exactly} of {p_alive}");
        let orders = outlook.expected_orders(horizon);
        prop_assert!(orders.is_finite() && orders >= 0.0, "expected_orders {orders}");
        // Whoever orders does so at least once.
        prop_assert!(1.0 - none <= orders * (1.0 + FORMULA) + ARITHMETIC, "{none}, {orders}");
        let (again, _) = outlook.expected_orders_with_slopes(&parameters, &customer, horizon);
        prop_assert!((again - orders).abs() <= FORMULA * orders, "{again} and not {orders}");
        // Of regular customers, that takes hundreds of times as long as all else.
        if !discounts && matches!(family, Family::Regular(_)) {
            return Ok(());
        }
        let discounted = outlook.discounted_orders(horizon, discount);
        prop_assert!(discounted >= 0.0 && discounted <= orders * (1.0 + DISCOUNTED), "{discounted} of {orders}");
    }

    #[test]
    fn contracts_and_spend_are_what_they_can_be(
        [alpha, beta, q] in [parameter(), parameter(), parameter()],
        renewals in prop_oneof![0.0..10.0f64, between(1.0, 1e15)],
        discount in prop_oneof![Just(0.0), between(1e-12, 1e12)],
        horizon in prop_oneof![Just(None), between(1.0, 1e15).prop_map(|horizon| Some(horizon.floor()))],
        value in between(1e-300, 1e308),
    ) {
        let renewals = renewals.floor();
        let text = format!(r#"{{"retention_model":1,"parameters":{{"alpha":{alpha:e},"beta":{beta:e}}}}}"#);
        let model = retention::Model::parse(&text).unwrap();
        let (left, rate) = (model.survival(renewals).unwrap(), model.retention_rate(renewals + 1.0).unwrap());
        prop_assert!((0.0..=1.0).contains(&left), "survival {left}");
        prop_assert!((0.0..=1.0).contains(&rate), "retention_rate {rate}");
        let lifetime = model.expected_lifetime(renewals, discount, horizon).unwrap().unwrap();
        let most = horizon.unwrap_or(f64::INFINITY);
        prop_assert!(lifetime >= 1.0 && lifetime <= most * (1.0 + FORMULA), "expected_lifetime {lifetime}");
        // There is no end where nothing is discounted and the mean is infinite, and nowhere else.
        prop_assert_eq!(lifetime.is_infinite(), horizon.is_none() && discount == 0.0 && alpha <= 1.0);

        let text = format!(r#"{{"spend_model":1,"parameters":{{"p":{alpha:e},"q":{q:e},"v":{beta:e}}}}}"#);
        let model = spend::Model::parse(&text).unwrap();
        let spend = model.expected_spend(renewals, value);
        prop_assert!(spend.is_none_or(|spend| spend.is_finite() && spend > 0.0), "expected_spend {spend:?}");
        prop_assert!(spend.is_some() || q <= 1.0, "no mean with q = {q}");
    }
}

/// Cells and numbers of any magnitude make a model that reads itself, or are refused as what they are.
fn check_fit<M>(
    fitted: Result<Fitted<M>>,
    readable: impl FnOnce(&M) -> bool,
) -> std::result::Result<(), TestCaseError> {
    match fitted {
        Ok(Fitted::Model(model)) => prop_assert!(readable(&model)),
        Ok(Fitted::Nothing(about)) => prop_assert_eq!(about.kind(), Kind::NotEnough),
        Err(error) => prop_assert!(false, "{}", error),
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn what_a_fit_writes_is_read(
        amount in between(1e-60, 1e60),
        time in between(1e-60, 1e60),
        rows in prop::collection::vec((0i64..40, 0.01..1.0f64, between(1e-3, 1e3), between(0.01, 100.0), 0.1..9.0f64), 1..20),
    ) {
        let spenders: Vec<Spender> = rows
            .iter()
            .map(|&(frequency, _, _, value, weight)| Spender::new(frequency, value * amount, weight).unwrap())
            .collect();
        check_fit(spend::fit(&spenders, &mut Unhindered), |model| {
            spend::Model::decode(&model.encode()).as_ref() == Ok(model) && spend::Model::parse(&model.text()).as_ref() == Ok(model)
        })?;
        let histories: Vec<History> = rows
            .iter()
            .map(|&(frequency, share, age, _, weight)| {
                let age = age * time;
                History::new(frequency, if frequency == 0 { 0.0 } else { share * age }, age, weight).unwrap()
            })
            .collect();
        let fitting = Fitting { time_unit: 1, period: None };
        for family in Family::all() {
            check_fit(fit(&histories, Sought::One(family), fitting, &mut Unhindered), |model| {
                Model::decode(&model.encode()).as_ref() == Ok(model) && Model::parse(&model.text()).as_ref() == Ok(model)
            })?;
        }
    }
}

#[test]
fn amounts_and_weights_beyond_all_measure_are_refused() {
    for (value, weight) in [(1e305, 1.0), (1e-305, 1.0), (5.0, 1e308)] {
        let spenders: Vec<Spender> = (1..9).map(|x| Spender::new(x, value, weight).unwrap()).collect();
        let error = spend::fit(&spenders, &mut Unhindered).unwrap_err();
        assert_eq!(error.kind(), Kind::OutOfRange, "{error}");
        let histories: Vec<History> = (1..9).map(|x| History::new(x, value, value, weight).unwrap()).collect();
        let fitting = Fitting {
            time_unit: 1,
            period: None,
        };
        let error = fit(&histories, Sought::One(Family::Mbg), fitting, &mut Unhindered).unwrap_err();
        assert_eq!(error.kind(), Kind::OutOfRange, "{error}");
    }
}

#[test]
fn small_parameters_count() {
    // Of customers who leave at once or never, half is there for the second order: the series began with 0/0.
    for tiny in [1e-15, 1e-16, 1e-17, 1e-30] {
        let outlook = Outlook::of(Family::Bg, &[1.0, 1.0, tiny, tiny], &Customer::NEW);
        close(outlook.expected_orders(1.0), 0.75, LEAST, &format!("{tiny}"));
    }
}

#[test]
fn texts_of_models_are_bounded() {
    let model = |more: &str| format!(r#"{{"retention_model":1,"parameters":{{"alpha":1,"beta":1}}{more}}}"#);
    assert!(retention::Model::parse(&model(r#","warnings":["rough"]"#)).is_ok());
    let many = format!(r#","warnings":[{}""]"#, r#""","#.repeat(32));
    let long = format!(r#","warnings":["{}"]"#, "x".repeat(501));
    let longest = format!(r#","x":"{}""#, "x".repeat(1 << 20));
    for more in [&many, &long, &longest, r#","warnings":["a\u0000b"]"#] {
        let error = retention::Model::parse(&model(more)).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidText);
    }
    // The same in stored bytes: a count is believed no further than it may go.
    let mut stored = retention::Model::parse(&model("")).unwrap();
    stored.estimate.warnings = vec![String::new(); 33];
    assert_eq!(
        retention::Model::decode(&stored.encode()).unwrap_err().kind(),
        Kind::Corrupted
    );
    stored.estimate.warnings = vec!["a\0b".to_owned()];
    assert_eq!(
        retention::Model::decode(&stored.encode()).unwrap_err().kind(),
        Kind::Corrupted
    );
}
