//! Text as a `basket_log`: as it is, behind the head of the compact form, and as the items and baskets of a log whose kinds the first byte chooses.
#![no_main]

use clientele_core::basket_log::Collector;
use clientele_core::collect::Listed;
use clientele_core::key::AnyKind;
use clientele_core_fuzz::{NO_RUNS, check_written_baskets, parsed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    read(text);
    read(&format!("basket_log:1:rows=1:baskets=1:items=1:{text}"));
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
    if let Ok(bytes) = parsed::<Collector>(text, NO_RUNS) {
        check_written_baskets(&bytes);
    }
}
