//! What models say about one customer over all that parameters, customers and horizons can be: right, and within what it can be.

use clientele_core::purchases::{Customer, Family, Outlook};

/// Values computed with 40 digits: model, parameters, frequency, recency, age, horizon, n; p_alive, expected orders, probability of no order,
/// probability of n orders. Each line is a draw from plausible numbers or from all that a model may hold.
const SCORES: &str = include_str!("golden/scores.txt");

fn close(found: f64, want: f64, what: &str) {
    // Logarithms of a hundred digits of range cost a few of the last ones.
    let ok = (found - want).abs() <= 1e-9 * want.abs() + 1e-290;
    assert!(
        ok,
        "{what}: {found} and not {want}, {:.1e} off",
        (found / want - 1.0).abs()
    );
}

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
        close(outlook.p_alive(), p_alive, &format!("p_alive, {line}"));
        close(
            outlook.expected_orders(horizon),
            orders,
            &format!("expected_orders, {line}"),
        );
        close(outlook.p_no_order(horizon), none, &format!("p_no_order, {line}"));
        close(
            outlook.p_orders(n as u64, horizon),
            exactly,
            &format!("p_orders, {line}"),
        );
        checked += 1;
    }
    assert!(checked >= 30, "{checked}");
}
