//! BG/BB, whose chances come once a period: values computed at high precision, published ones, and laws.

mod tolerance;

use clientele_core::purchases::{Customer, Family, MOST_CHANCES, Outlook};
use tolerance::{ARITHMETIC, FORMULA, LEAST, SLOPE, close};

/// Values computed with 130 digits from the formulas of the paper: parameters, frequency, recency, age, horizon, n, discount; the logarithm
/// of the likelihood, p_alive, expected orders, the same discounted, the probabilities of no order and of n orders.
const GOLDEN: &str = include_str!("golden/discrete.txt");

/// The parameters of the paper.
const PAPER: [f64; 4] = [1.203_52, 0.749_72, 0.656_72, 2.783_44];

fn outlook(parameters: &[f64; 4], [x, recency, age]: [f64; 3]) -> (Outlook, Customer) {
    let customer = Customer::new(x as i64, recency, age).unwrap();
    (Outlook::of(Family::Bb, parameters, &customer), customer)
}

#[test]
fn values_are_those_of_many_digits() {
    let mut checked = 0;
    for line in GOLDEN.lines() {
        let numbers: Vec<f64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
        let (parameters, rest) = numbers.split_first_chunk::<4>().unwrap();
        let (customer, rest) = rest.split_first_chunk::<3>().unwrap();
        let [
            horizon,
            n,
            discount,
            likelihood,
            p_alive,
            orders,
            discounted,
            none,
            exactly,
        ] = rest
        else {
            panic!("{line}")
        };
        let (outlook, customer) = outlook(parameters, *customer);
        let near = |found: f64, want: f64, what: &str| {
            let what = format!("{what}, {line}");
            if want.abs() > LEAST || found.abs() > LEAST {
                close(found, want, FORMULA, &what);
            }
        };
        let found = outlook.ln_likelihood(parameters, &customer);
        // The logarithm of a probability near 1 is known as well as that is.
        let off = (found - likelihood).abs();
        assert!(
            off <= FORMULA * likelihood.abs() || off < ARITHMETIC,
            "{off}, {found} and not {likelihood}, {line}"
        );
        near(outlook.p_alive(), *p_alive, "p_alive");
        near(outlook.expected_orders(*horizon), *orders, "expected_orders");
        near(
            outlook.discounted_orders(*horizon, *discount),
            *discounted,
            "discounted_orders",
        );
        near(outlook.p_no_order(*horizon), *none, "p_no_order");
        near(outlook.p_orders(*n as u64, *horizon), *exactly, "p_orders");
        checked += 1;
    }
    assert!(checked >= 150, "{checked}");
}

#[test]
fn derivatives_are_those_of_expected_orders() {
    const STEP: f64 = 1e-5;
    for parameters in [PAPER, [0.3, 4.0, 2.0, 0.7], [20.0, 30.0, 0.05, 9.0]] {
        for (customer, horizon) in [
            ([0.0, 0.0, 6.0], 5.0),
            ([2.0, 4.0, 6.0], 1.0),
            ([6.0; 3], 40.0),
            ([30.0, 50.0, 60.0], 9.0),
            ([0.0; 3], 3.0),
        ] {
            let (outlook, known) = outlook(&parameters, customer);
            let (value, slopes) = outlook.expected_orders_with_slopes(&parameters, &known, horizon);
            close(value, outlook.expected_orders(horizon), ARITHMETIC, "value");
            for i in 0..4 {
                let ln = |by: f64| {
                    let mut parameters = parameters;
                    parameters[i] *= by.exp();
                    Outlook::of(Family::Bb, &parameters, &known)
                        .expected_orders(horizon)
                        .ln()
                };
                let want = (ln(STEP) - ln(-STEP)) / (2.0 * STEP);
                assert!(
                    (slopes[i] - want).abs() < SLOPE,
                    "{parameters:?} {customer:?} {i}: {} and not {want}",
                    slopes[i]
                );
            }
        }
    }
}

#[test]
fn horizons_hold_whole_chances() {
    let (outlook, customer) = outlook(&PAPER, [2.0, 4.0, 6.0]);
    for (horizon, whole) in [(0.0, 0.0), (0.999, 0.0), (1.0, 1.0), (1.999, 1.0), (5.5, 5.0)] {
        assert_eq!(outlook.expected_orders(horizon), outlook.expected_orders(whole));
        assert_eq!(outlook.p_no_order(horizon), outlook.p_no_order(whole));
        assert_eq!(outlook.p_orders(1, horizon), outlook.p_orders(1, whole));
        assert_eq!(
            outlook.discounted_orders(horizon, 0.1),
            outlook.discounted_orders(whole, 0.1)
        );
    }
    assert_eq!(outlook.expected_orders(0.5), 0.0);
    assert_eq!(outlook.p_no_order(0.5), 1.0);
    assert_eq!((outlook.p_orders(1, 0.5), outlook.p_orders(6, 5.0)), (0.0, 0.0));
    assert_eq!(outlook.expected_orders_with_slopes(&PAPER, &customer, 0.5).0, 0.0);
    // All that can happen adds up.
    let all: f64 = (0..=40).map(|n| outlook.p_orders(n, 40.0)).sum();
    close(all, 1.0, ARITHMETIC, "all numbers of orders");
    // Nothing takes longer than the most chances.
    assert_eq!(outlook.expected_orders(1e300), outlook.expected_orders(MOST_CHANCES));
}
