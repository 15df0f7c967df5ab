//! Text as an `order_log`: as it is, behind the head of the compact form, and as the customers of a log whose kinds the first byte chooses.
#![no_main]

use clientele_core::order_log::Collector;
use clientele_core_fuzz::{NO_RUNS, check_written, parsed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    read(text);
    read(&format!("order_log:1:rows=1:{text}"));
    let mut letters = text.chars();
    if let Some(first) = letters.next() {
        let keys = ["integer", "uuid", "text"][first as usize % 3];
        let times = ["timestamp", "timestamptz"][first as usize / 3 % 2];
        read(&format!(
            r#"{{"order_log":1,"keys":"{keys}","times":"{times}","customers":{{{}}}}}"#,
            letters.as_str()
        ));
    }
});

fn read(text: &str) {
    if let Ok(bytes) = parsed::<Collector>(text, NO_RUNS) {
        check_written::<Collector>(&bytes);
    }
}
