//! Bytes as a `basket_log`: as they are, and with the checksum that gets them past it.
#![no_main]

use clientele_core::basket_log::{BasketLog, Collector};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core_fuzz::{NO_RUNS, check_written_baskets, read_sealed, written};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read_sealed(bytes, read);
});

fn read(bytes: &[u8]) {
    let Ok(log) = BasketLog::open(bytes) else {
        return;
    };
    let _ = log.describe(&mut Unhindered);
    let _ = log.items(&mut Unhindered);
    let _ = log.baskets(&mut Unhindered);
    if log.check(&mut Unhindered).is_ok() {
        check_written_baskets(bytes);
    }
    // What is not sound may still be merged, and is then.
    let mut twice = Collector::new(NO_RUNS);
    if twice.absorb(bytes, &mut Unhindered).is_ok() && twice.absorb(bytes, &mut Unhindered).is_ok() {
        check_written_baskets(&written(twice));
    }
}
