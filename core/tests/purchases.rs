//! The models against values computed at high precision.

mod tolerance;

use clientele_core::purchases::{Customer, Family, Outlook};
use tolerance::{FORMULA, LEAST, NOTHING};

fn numbers(line: &str) -> Vec<f64> {
    line.split(' ').map(|word| word.parse().unwrap()).collect()
}

/// Lines of a file of reference values, without remarks.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

fn model(words: &str) -> (Family, Vec<f64>) {
    let (name, rest) = words.split_once(' ').unwrap();
    (Family::find(name).unwrap(), numbers(rest))
}

/// Near, or both too small to be told from 0.
fn close(found: f64, want: f64, what: &str) {
    let ok = (found - want).abs() <= FORMULA * want.abs() + LEAST;
    assert!(
        ok,
        "{what}: {found} and not {want}, {:.1e} off",
        (found / want - 1.0).abs()
    );
}

#[test]
fn functions_at_extremes() {
    let mut at = None;
    let mut checked = 0;
    for line in lines(include_str!("golden/purchases_grid.txt")) {
        if let Some(set) = line.strip_prefix("set ") {
            let (family, parameters) = model(set);
            at = Some((family, <[f64; 4]>::try_from(parameters).unwrap()));
            continue;
        }
        let (family, parameters) = at.unwrap();
        let [frequency, recency, age, ln_likelihood, p_alive, expected @ ..] = &numbers(line)[..] else {
            panic!("{line}")
        };
        let customer = Customer::new(*frequency as i64, *recency, *age).unwrap();
        let outlook = Outlook::of(family, &parameters, &customer);
        let what = format!("{family:?} {parameters:?} {customer:?}");
        // A likelihood near 1 has a logarithm near 0.
        let found = outlook.ln_likelihood(&parameters, &customer);
        assert!(
            (found - ln_likelihood).abs() <= FORMULA * ln_likelihood.abs() + NOTHING,
            "{found}, {what}"
        );
        close(outlook.p_alive(), *p_alive, &format!("p_alive, {what}"));
        for (&want, horizon) in expected.iter().zip([1e-6, 1.0, 52.0, 10_000.0]) {
            let what = format!("expected in {horizon}, {what}");
            close(outlook.expected_orders(horizon), want, &what);
            // No order at all, one, two and more: together they are certain.
            let none = outlook.p_no_order(horizon);
            assert!((0.0..=1.0).contains(&none), "{what}: {none}");
            assert!(1.0 - none <= want * (1.0 + FORMULA) + NOTHING, "{what}: {none}");
        }
        checked += 1;
    }
    assert_eq!(checked, 3 * 6 * 22);
}

#[test]
fn new_customers() {
    for line in lines(include_str!("golden/purchases_new.txt")) {
        let (kind, rest) = line.split_once(' ').unwrap();
        let (family, values) = model(rest);
        let parameters = <[f64; 4]>::try_from(&values[..4]).unwrap();
        let outlook = Outlook::of(family, &parameters, &Customer::NEW);
        let horizon = values[4];
        for (n, &want) in values[5..].iter().enumerate() {
            let found = match kind {
                "expected" => outlook.expected_orders(horizon),
                _ => outlook.p_orders(n as u64, horizon),
            };
            close(
                found,
                want,
                &format!("{kind} {n}, {family:?} {parameters:?} in {horizon}"),
            );
        }
    }
}
