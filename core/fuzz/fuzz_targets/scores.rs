//! Any model of purchases, any customer, any horizon: every score is what it can be, in a time that has a bound.
#![no_main]

use clientele_core::purchases::{Customer, Family, MOST_CHANCES, Outlook};
use clientele_core_fuzz::check_scores;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&family, rest)) = bytes.split_first() else {
        return;
    };
    let Some((words, _)) = rest.split_first_chunk::<18>() else {
        return;
    };
    let word = |at: usize| f64::from(u16::from_le_bytes([words[2 * at], words[2 * at + 1]])) / 65_535.0;
    // Logarithms from one limit to the other.
    let between = |at: usize, low: f64, high: f64| (low.ln() + word(at) * (high / low).ln()).exp().clamp(low, high);
    let parameters = [0, 1, 2, 3].map(|at| between(at, 1e-30, 1e30));
    let frequency = match words[8] % 4 {
        0 => 0.0,
        _ => between(4, 1.0, 1e6).floor(),
    };
    let age = between(5, 1e-6, 1e9);
    let recency = if frequency == 0.0 {
        0.0
    } else {
        (word(6) * age).min(age)
    };
    let family = Family::all()
        .chain([Family::Bb])
        .nth(usize::from(family) % (Family::all().count() + 1))
        .expect("one of all");
    let customer = match family {
        Family::Bb => {
            let age = age.min(MOST_CHANCES).floor();
            let frequency = frequency.min((word(6) * age).floor());
            let recency = if frequency == 0.0 { 0.0 } else { age };
            Customer::known(frequency, recency, age)
        }
        _ => Customer::known(frequency, recency, age),
    };
    let customer = customer.expect("there can be such a customer");
    let horizon = between(7, 1e-6, 1e9);
    check_scores(
        &Outlook::of(family, &parameters, &customer),
        horizon,
        (word(8) * 1e6) as u64,
    );
});
