//! Predictions of the models: values computed at high precision, and what must hold among them for any customer.

mod cases;
mod tolerance;

use cases::cases;
use clientele_core::purchases::{Customer, Family, Outlook};
use clientele_core::spend::Model;
use proptest::prelude::*;
use tolerance::{ARITHMETIC, FORMULA, FORMULA_TWICE, IDENTITY, LIKELIHOOD, NOTHING, SLOPE, close};

const PREDICTIONS: &str = include_str!("golden/predictions.txt");

/// The model and the numbers behind the first word of the lines that begin with it.
fn lines<'a>(first: &'a str) -> impl Iterator<Item = (Family, Vec<f64>)> + 'a {
    PREDICTIONS.lines().filter_map(move |line| {
        let (name, rest) = line.strip_prefix(first)?.trim_start().split_once(' ')?;
        let numbers = rest.split(' ').map(|word| word.parse().unwrap()).collect();
        Some((Family::find(name)?, numbers))
    })
}

fn outlook(family: Family, parameters: &[f64], [x, recency, age]: [f64; 3]) -> Outlook {
    let customer = Customer::new(x as i64, recency, age).unwrap();
    Outlook::of(family, parameters.try_into().unwrap(), &customer)
}

#[test]
fn later_orders_count_less() {
    const DISCOUNT: f64 = 0.002_687_729_661_060_744;
    let mut checked = 0;
    for (family, numbers) in lines("discounted") {
        let outlook = outlook(family, &numbers[..4], [numbers[4], numbers[5], numbers[6]]);
        for (&want, horizon) in numbers[7..].iter().zip([20_000.0, 156.0]) {
            let what = format!("{family:?} {numbers:?} within {horizon}");
            close(outlook.discounted_orders(horizon, DISCOUNT), want, FORMULA, &what);
            checked += 1;
        }
    }
    assert_eq!(checked, 21 + 14);
}

/// The same integral by a rule of its own: the expected number at the end, and Simpson's rule in ln(1 + t/scale) with a scale and steps
/// so fine that nothing is missed.
fn discounted_by_simpson(outlook: &Outlook, horizon: f64, discount: f64, scale: f64) -> f64 {
    const STEPS: u32 = 4_000;
    let step = (horizon / scale).ln_1p() / f64::from(STEPS);
    let mut sum = 0.0;
    for k in 0..=STEPS {
        let t = scale * (f64::from(k) * step).exp_m1();
        let weight = match k {
            0 | STEPS => 1.0,
            k if k % 2 == 1 => 4.0,
            _ => 2.0,
        };
        sum += weight * (scale + t) * (-discount * t).exp() * outlook.expected_orders(t);
    }
    (-discount * horizon).exp() * outlook.expected_orders(horizon) + discount * sum * step / 3.0
}

#[test]
fn customers_who_leave_quickly_are_discounted_too() {
    for (family, parameters, customer, horizon) in [
        (Family::Pareto, [1.4, 6.8, 19.2, 0.08], [6.0, 2.6, 3.9], 54.0),
        (Family::Pareto, [0.6, 5.8, 44.0, 0.06], [1.0, 0.05, 0.26], 1.0),
        (Family::Pareto, [13.2, 64.5, 0.3, 0.1], [1.0, 0.014, 0.28], 33_747.0),
        (Family::Pareto, [0.5, 10.0, 1e6, 1e6], [3.0, 5.0, 9.0], 1_000.0),
        (Family::Mbg, [0.07, 7.8, 46.0, 0.97], [40.0, 0.02, 0.39], 20.0),
        (Family::Bg, [2.9, 13.9, 33.0, 1.4], [34.0, 0.2, 0.57], 20.0),
    ] {
        let outlook = outlook(family, &parameters, customer);
        for rate in [0.01, 1.0, 10.0] {
            let found = outlook.discounted_orders(horizon, rate / horizon);
            let want = discounted_by_simpson(&outlook, horizon, rate / horizon, 0.01);
            close(
                found,
                want,
                FORMULA_TWICE,
                &format!("{family:?} {parameters:?} {customer:?}, {rate}"),
            );
        }
    }
    // What comes so late that it counts for nothing takes no time.
    let outlook = outlook(Family::Mbg, &[0.5, 6.0, 0.9, 1.6], [2.0, 30.0, 39.0]);
    let (soon, ever) = (outlook.discounted_orders(1.0, 1e3), outlook.discounted_orders(1e6, 1e3));
    close(ever, soon, ARITHMETIC, "discounted within 1e6");
}

#[test]
fn parameters_that_nobody_has_take_no_time_either() {
    for (family, parameters) in [
        (Family::Pareto, [1.8e185, 2.3e-76, 7.1e-15, 6.7e-308]),
        (Family::Pareto, [1e300, 1e-300, 1e300, 1e-300]),
        (Family::Pareto, [1e-300; 4]),
        (Family::Mbg, [1e-9; 4]),
        (Family::Mbg, [1e9; 4]),
        (Family::Bg, [1e9, 1e-9, 1e-9, 1e9]),
        (Family::Bg, [1e-9, 1e9, 1e9, 1e-9]),
    ] {
        for customer in [[0.0, 0.0, 0.0], [2.0, 30.43, 38.86], [10_000.0, 1e-3, 1e4]] {
            let outlook = outlook(family, &parameters, customer);
            let customer = Customer::new(customer[0] as i64, customer[1], customer[2]).unwrap();
            for horizon in [1e-6, 52.0, 1e6] {
                let _ = (
                    outlook.p_alive(),
                    outlook.expected_orders(horizon),
                    outlook.p_no_order(horizon),
                );
                let _ = (outlook.p_orders(3, horizon), outlook.discounted_orders(horizon, 1e-3));
                let _ = outlook.expected_orders_with_slopes(&parameters, &customer, horizon);
            }
        }
    }
}

#[test]
fn values_of_customers() {
    const DISCOUNT: f64 = 0.002;
    let spend =
        r#"{"spend_model":1,"parameters":{"p":6.248802489709097,"q":3.744588453287469,"v":15.447748009463716}}"#;
    let spend = Model::parse(spend).unwrap();
    let mut checked = 0;
    for (family, numbers) in lines("value") {
        let what = format!("{family:?} {numbers:?}");
        let [x, recency, age, mean, want_spend, want, want_discounted] = numbers[4..] else {
            panic!("{what}")
        };
        let outlook = outlook(family, &numbers[..4], [x, recency, age]);
        let spend = spend.expected_spend(x, mean).unwrap();
        close(spend, want_spend, ARITHMETIC, &what);
        close(spend * outlook.expected_orders(52.0), want, FORMULA, &what);
        let mut discounted = 0.0;
        let mut before = 0.0;
        for week in 1..=52 {
            let expected = outlook.expected_orders(f64::from(week));
            discounted += (expected - before) * (1.0 + DISCOUNT).powi(-week);
            before = expected;
        }
        close(spend * discounted, want_discounted, FORMULA, &what);
        // An order that counts when it comes counts more than at the end of its week, and less than at the beginning.
        let continuous = outlook.discounted_orders(52.0, DISCOUNT.ln_1p());
        assert!(
            discounted < continuous && continuous < discounted * (1.0 + DISCOUNT),
            "{what}"
        );
        checked += 1;
    }
    assert_eq!(checked, 21);
}

/// A number whose logarithm is anywhere between those of two others.
fn between(low: f64, high: f64) -> impl Strategy<Value = f64> {
    (low.ln()..high.ln()).prop_map(f64::exp)
}

/// A model and a customer.
#[derive(Clone, Copy, Debug)]
struct Case {
    family: Family,
    parameters: [f64; 4],
    customer: Customer,
}

impl Case {
    fn outlook(&self) -> Outlook {
        Outlook::of(self.family, &self.parameters, &self.customer)
    }
}

fn any_case() -> impl Strategy<Value = Case> {
    let family = prop::sample::select(Family::all().collect::<Vec<_>>());
    let parameters = (
        between(0.05, 20.0),
        between(0.1, 100.0),
        between(0.05, 20.0),
        between(0.05, 50.0),
    );
    let frequency = prop_oneof![2 => Just(0i64), 2 => 1i64..4, 2 => 4i64..60];
    let age = prop_oneof![1 => Just(0.0), 5 => between(0.1, 200.0)];
    let share = prop_oneof![1 => Just(1.0), 4 => 0.0..1.0];
    (family, parameters, frequency, age, share).prop_map(|(family, (r, alpha, a, b), frequency, age, share)| Case {
        family,
        parameters: [r, alpha, a, b],
        customer: Customer::new(frequency, if frequency == 0 { 0.0 } else { share * age }, age).unwrap(),
    })
}

/// How many stages an order takes.
fn stages(family: Family) -> u8 {
    match family {
        Family::Regular(stages) => stages.count(),
        _ => 1,
    }
}

/// A horizon of so many times the time that tells how often a customer buys.
fn horizon(case: &Case, times: f64) -> f64 {
    times * (case.parameters[1] + case.customer.age)
}

/// That two numbers are the same but for rounding.
fn near(one: f64, other: f64, tolerance: f64) -> bool {
    (one - other).abs() <= tolerance * (one.abs() + other.abs())
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn some_number_of_orders_is_certain(case in any_case(), times in between(1e-4, 4.0)) {
        let horizon = horizon(&case, times);
        let outlook = case.outlook();
        // The orders that would come if nobody left: behind their mean and this many more there is nothing.
        let stages = f64::from(stages(case.family));
        let shape = case.parameters[0] + stages * case.customer.frequency + stages;
        let most = shape * times + 12.0 * (shape * times * (1.0 + times)).sqrt() + 45.0 * (1.0 + times) + 20.0;
        let (mut all, mut mean) = (0.0, 0.0);
        for n in 0..most as u64 {
            let p = outlook.p_orders(n, horizon);
            prop_assert!((0.0..=1.0).contains(&p), "{} of {} orders", p, n);
            all += p;
            mean += n as f64 * p;
        }
        let expected = outlook.expected_orders(horizon);
        prop_assert!((all - 1.0).abs() < LIKELIHOOD, "{}", all);
        prop_assert!((mean - expected).abs() < FORMULA * expected + NOTHING, "{} and not {}", mean, expected);
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn predictions_agree(case in any_case(), times in between(1e-6, 1e3), rate in between(1e-3, 10.0)) {
        let horizon = horizon(&case, times);
        let outlook = case.outlook();
        prop_assert!((0.0..=1.0).contains(&outlook.p_alive()));
        prop_assert_eq!(outlook.p_no_order(horizon), outlook.p_orders(0, horizon));
        prop_assert_eq!(outlook.p_no_order(0.0), 1.0);
        prop_assert_eq!(outlook.expected_orders(0.0), 0.0);
        // No discount is no discount; with one, orders count between what the last and the first may.
        let expected = outlook.expected_orders(horizon);
        prop_assert_eq!(outlook.discounted_orders(horizon, 0.0), expected);
        let discounted = outlook.discounted_orders(horizon, rate / horizon);
        prop_assert!(discounted <= expected * (1.0 + FORMULA), "{} of {}", discounted, expected);
        prop_assert!(discounted >= expected * (-rate).exp() * (1.0 - FORMULA), "{} of {}", discounted, expected);
        let hardly = outlook.discounted_orders(horizon, 1e-9 * rate / horizon);
        prop_assert!(near(hardly, expected, SLOPE), "{} and not {}", hardly, expected);
        // Whoever orders does so at least once.
        prop_assert!(1.0 - outlook.p_no_order(horizon) <= expected * (1.0 + FORMULA) + NOTHING);
    }

    #[test]
    fn more_time_brings_more_orders(case in any_case(), times in between(1e-6, 1e3), more in 1.0..3.0) {
        let (sooner, later) = (horizon(&case, times), horizon(&case, times * more));
        let outlook = case.outlook();
        let rises = |of: &dyn Fn(f64) -> f64| of(later) >= of(sooner) * (1.0 - ARITHMETIC);
        prop_assert!(rises(&|horizon| outlook.expected_orders(horizon)));
        prop_assert!(rises(&|horizon| outlook.discounted_orders(horizon, 0.5 / sooner)));
        prop_assert!(outlook.p_no_order(later) <= outlook.p_no_order(sooner) * (1.0 + ARITHMETIC));
        // It does so ever more slowly: rates of orders fall, customers leave. Regular customers wait.
        if stages(case.family) == 1 {
            let rate = |horizon: f64| outlook.expected_orders(horizon) / horizon;
            prop_assert!(rate(later) <= rate(sooner) * (1.0 + ARITHMETIC));
        }
    }

    #[test]
    fn silence_speaks_against_being_there(case in any_case(), silence in between(1e-3, 100.0)) {
        let mut later = case;
        later.customer.age += silence;
        let (now, then) = (case.outlook().p_alive(), later.outlook().p_alive());
        prop_assert!(then <= now * (1.0 + ARITHMETIC), "{} and then {}", now, then);
        if case.family == Family::Bg && case.customer.frequency == 0.0 {
            prop_assert_eq!((now, then), (1.0, 1.0));
        }
    }

    #[test]
    fn slopes_are_those_of_expected_orders(case in any_case(), times in between(1e-3, 50.0)) {
        const STEP: f64 = 1e-4;
        let horizon = horizon(&case, times);
        let (value, slopes) = case.outlook().expected_orders_with_slopes(&case.parameters, &case.customer, horizon);
        prop_assert!(near(value, case.outlook().expected_orders(horizon), IDENTITY));
        // Of next to nothing there is no quotient.
        prop_assume!(value > 1e-290);
        for (i, slope) in slopes.into_iter().enumerate() {
            let moved = |by: f64| {
                let mut case = case;
                case.parameters[i] *= by.exp();
                case.outlook().expected_orders(horizon).ln()
            };
            // Richardson's combination of two steps.
            let quotient = |step: f64| (moved(step) - moved(-step)) / (2.0 * step);
            let want = (4.0 * quotient(STEP) - quotient(2.0 * STEP)) / 3.0;
            prop_assert!((slope - want).abs() < SLOPE * (1.0 + want.abs()), "{}: {} and not {}", i, slope, want);
        }
    }
}
