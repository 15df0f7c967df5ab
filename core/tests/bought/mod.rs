//! Logs of made-up rows.

use clientele_core::amount::Amount;
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::key::Key;
use clientele_core::order_log::{Collector, TimeKind};

/// Customer, time, cents.
pub type Row = (i64, i64, i64);

/// The log of rows whose times are in units of so many microseconds.
pub fn log_of(rows: &[Row], unit: i64) -> Vec<u8> {
    let mut log = Collector::new(1 << 30);
    for &(key, time, cents) in rows {
        let amount = Amount::decimal(cents, 2);
        log.push(Key::Integer(key), TimeKind::Local, time * unit, amount, &mut Unhindered)
            .expect("sound");
    }
    let mut bytes = Vec::new();
    log.write(&mut bytes, &mut Unhindered).expect("a log can be written");
    bytes
}
