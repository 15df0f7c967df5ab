//! A few customers with amounts of any size: there is a fit to them that reads itself, or none.
#![no_main]

use clientele_core::Kind;
use clientele_core::checkpoint::Unhindered;
use clientele_core::estimate::Fitted;
use clientele_core::spend::{Spender, fit};
use clientele_core_fuzz::check_spend_model;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Ten bytes are a customer: frequency, weight, and any number.
    let spenders: Vec<Spender> = bytes
        .chunks_exact(10)
        .take(24)
        .filter_map(|bytes| {
            let value = f64::from_le_bytes(bytes[2..].try_into().expect("eight bytes"));
            Spender::new(i64::from(bytes[0]), value, f64::from(bytes[1]) / 16.0).ok()
        })
        .collect();
    match fit(&spenders, &mut Unhindered) {
        Ok(Fitted::Model(model)) => check_spend_model(&model),
        Ok(Fitted::Nothing(about)) => assert_eq!(about.kind(), Kind::NotEnough),
        Err(error) => assert_eq!(error.kind(), Kind::OutOfRange, "{error}"),
    }
});
