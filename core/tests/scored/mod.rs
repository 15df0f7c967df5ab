//! What a model says about one customer, beside what is known of that.

use crate::tolerance::FORMULA;
use clientele_core::purchases::Outlook;

/// A number, but for what is `least` of all.
pub fn close(found: f64, want: f64, least: f64, what: &str) {
    let ok = (found - want).abs() <= FORMULA * want.abs() + least;
    assert!(
        ok,
        "{what}: {found} and not {want}, {:.1e} off",
        (found / want - 1.0).abs()
    );
}

/// All scores: p_alive, the orders expected within the horizon, and the probabilities of none and of n.
pub fn check_scores(outlook: &Outlook, (horizon, n): (f64, f64), want: [f64; 4], least: f64, what: &str) {
    let found = [
        outlook.p_alive(),
        outlook.expected_orders(horizon),
        outlook.p_no_order(horizon),
        outlook.p_orders(n as u64, horizon),
    ];
    let names = ["p_alive", "expected_orders", "p_no_order", "p_orders"];
    for ((found, want), name) in found.into_iter().zip(want).zip(names) {
        close(found, want, least, &format!("{name}, {what}"));
    }
}
