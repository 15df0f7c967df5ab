//! Bytes as an `order_log`: as they are, and with the checksum that gets them past it.
#![no_main]

use clientele_core::checkpoint::Unhindered;
use clientele_core::order_log::OrderLog;
use clientele_core_fuzz::{NO_RUNS, check_written, merged, read_text, text_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    let mut bytes = bytes.to_vec();
    seal(&mut bytes);
    read(&bytes);
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
    assert_eq!(read_text(&text_of(&log), NO_RUNS), bytes);
    check_written(bytes);
    check_written(&merged(&[bytes, bytes]));
}

/// Gives bytes the version and the checksum they should have, as `order_log` documents them.
fn seal(bytes: &mut [u8]) {
    let mut head = 14;
    for _ in 0..4 {
        while head < bytes.len() && bytes[head] & 0x80 != 0 {
            head += 1;
        }
        head += 1;
    }
    if head <= bytes.len() {
        bytes[0] = 1;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&bytes[head..]);
        crc.update(&bytes[..2]);
        crc.update(&bytes[6..head]);
        bytes[2..6].copy_from_slice(&crc.finalize().to_le_bytes());
    }
}
