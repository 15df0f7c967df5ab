//! Text as a `basket_log`: as it is, and as the items and baskets of a log whose kinds the first byte chooses.
#![no_main]

use clientele_core::basket_log::parse;
use clientele_core::checkpoint::Unhindered;
use clientele_core::key::AnyKind;
use clientele_core_fuzz::{NO_RUNS, check_written_baskets, written_baskets};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    read(text);
    let mut letters = text.chars();
    if let Some(first) = letters.next() {
        let baskets = AnyKind::ALL[first as usize % 7];
        let items = ["integer", "uuid", "text"][first as usize / 7 % 3];
        read(&format!(
            r#"{{"basket_log":1,"keys":["{baskets}","{items}"],"items":[{}}}"#,
            letters.as_str()
        ));
    }
});

fn read(text: &str) {
    if let Ok(log) = parse(text, NO_RUNS, &mut Unhindered) {
        check_written_baskets(&written_baskets(log));
    }
}
