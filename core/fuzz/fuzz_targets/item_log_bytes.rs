//! Bytes as an `item_log`: as they are, and with the checksum that gets them past it.
#![no_main]

use clientele_core::calendar::END_TIME;
use clientele_core::checkpoint::Unhindered;
use clientele_core::item_log::{Collector, ItemLog};
use clientele_core_fuzz::{check_written_items, merged, read_sealed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read_sealed(bytes, read);
});

fn read(bytes: &[u8]) {
    let Ok(log) = ItemLog::open(bytes) else {
        return;
    };
    let _ = log.describe(&mut Unhindered);
    let _ = log.item_totals(END_TIME, &mut Unhindered);
    let _ = log.write_orders(&mut Vec::new(), &mut Unhindered);
    if log.check(&mut Unhindered).is_err() {
        return;
    }
    // What is believed is what would be written.
    check_written_items(bytes);
    check_written_items(&merged::<Collector>(&[bytes, bytes]));
}
