//! Bytes as an `order_log`: as they are, and with the checksum that gets them past it.
#![no_main]

use clientele_core::checkpoint::Unhindered;
use clientele_core::order_log::{Collector, OrderLog};
use clientele_core_fuzz::{check_written, merged, read_sealed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read_sealed(bytes, read);
});

fn read(bytes: &[u8]) {
    let Ok(log) = OrderLog::open(bytes) else {
        return;
    };
    let _ = log.describe(&mut Unhindered);
    if log.check(&mut Unhindered).is_err() {
        return;
    }
    // What is believed is what would be written.
    check_written::<Collector>(bytes);
    check_written::<Collector>(&merged::<Collector>(&[bytes, bytes]));
}
