//! A few customers with any histories: every model has a fit to them, and what it says of each is a number.
#![no_main]

use clientele_core::Kind;
use clientele_core::checkpoint::Unhindered;
use clientele_core::estimate::Fitted;
use clientele_core::purchases::{Family, Fitting, History, Outlook, Sought, fit};
use clientele_core_fuzz::check_purchase_forms;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The first byte is a unit of time, eight more are a customer.
    let Some((unit, bytes)) = bytes.split_first() else {
        return;
    };
    let unit = 10f64.powi(i32::from(*unit as i8));
    let histories: Vec<History> = bytes
        .chunks_exact(8)
        .take(24)
        .map(|bytes| history(bytes.try_into().expect("eight bytes"), unit))
        .collect();
    let fitting = Fitting {
        time_unit: 1,
        period: None,
    };
    let chances: Vec<History> = histories.iter().map(of_chances).collect();
    for family in Family::all().chain([Family::Bb]) {
        let histories = if family == Family::Bb { &chances } else { &histories };
        match fit(histories, Sought::One(family), fitting, &mut Unhindered) {
            Err(error) => assert_eq!(error.kind(), Kind::OutOfRange, "{error}"),
            Ok(Fitted::Nothing(about)) => assert_eq!(about.kind(), Kind::NotEnough),
            Ok(Fitted::Model(model)) => {
                check_purchase_forms(&model);
                for parameter in model.parameters() {
                    assert!(parameter.standard_error.is_none_or(f64::is_finite), "{parameter:?}");
                }
                let age = histories.iter().map(|history| history.age).fold(0.0, f64::max);
                for history in histories {
                    check_outlook(&model.outlook(&history.customer()), age);
                }
            }
        }
    }
});

/// A customer: two bytes of frequency, two of age, three of recency as a share of it, one of weight.
fn history(bytes: [u8; 8], unit: f64) -> History {
    let [x, more, age, finer, share @ .., weight] = bytes;
    let frequency = i64::from(x % 64) << (more % 16);
    let age = (f64::from(age) + f64::from(finer) / 256.0) * unit;
    let share = f64::from(u32::from_le_bytes([share[0], share[1], share[2], 0])) / f64::from(0xff_ffff);
    let recency = if frequency == 0 { 0.0 } else { (share * age).min(age) };
    History::new(frequency, recency, age, f64::from(weight) / 16.0).expect("a history that can be")
}

/// A customer of BG/BB who is like this one: the first twelve bits of the frequency, and no chance less than are needed.
fn of_chances(history: &History) -> History {
    let frequency = history.frequency % 4_096;
    let recency = frequency as f64
        + if frequency == 0 {
            0.0
        } else {
            history.recency.min(2_000.0).floor()
        };
    let age = recency + history.age.min(2_000.0).floor();
    History::new(frequency as i64, recency, age, history.weight).expect("a history that can be")
}

fn check_outlook(outlook: &Outlook, age: f64) {
    let share = 0.0..=1.0;
    assert!(share.contains(&outlook.p_alive()), "{outlook:?}");
    for horizon in [0.0, 1e-6 * age, age, 100.0 * age] {
        let expected = outlook.expected_orders(horizon);
        assert!(expected.is_finite() && expected >= 0.0, "{expected} {outlook:?}");
        assert!(share.contains(&outlook.p_no_order(horizon)), "{outlook:?}");
    }
}
