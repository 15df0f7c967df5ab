//! Text as an `item_log`: as it is, behind the head of the compact form, and as the items and customers of a log whose kinds the first byte
//! chooses.
#![no_main]

use clientele_core::item_log::Collector;
use clientele_core_fuzz::{NO_RUNS, check_written_items, parsed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    read(text);
    read(&format!("item_log:1:rows=1:items=1:{text}"));
    let mut letters = text.chars();
    if let Some(first) = letters.next() {
        let kinds = ["integer", "uuid", "text"];
        let (customers, items) = (kinds[first as usize % 3], kinds[first as usize / 3 % 3]);
        let times = ["timestamp", "timestamptz"][first as usize / 9 % 2];
        read(&format!(
            r#"{{"item_log":1,"keys":["{customers}","{items}"],"times":"{times}","items":[{}}}"#,
            letters.as_str()
        ));
    }
});

fn read(text: &str) {
    if let Ok(bytes) = parsed::<Collector>(text, NO_RUNS) {
        check_written_items(&bytes);
    }
}
