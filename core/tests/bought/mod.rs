//! Logs of rows.

// Each test uses a part of it.
#![allow(dead_code)]

use clientele_core::amount::Amount;
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::key::Key;
use clientele_core::order_log::{Collector, TimeKind};

/// Customer, time, cents.
pub type Row = (i64, i64, i64);

/// Rows whose times are in units of so many microseconds, as they are collected.
pub fn in_cents(rows: &[Row], unit: i64) -> impl Iterator<Item = (i64, i64, Amount)> {
    rows.iter()
        .map(move |&(key, time, cents)| (key, time * unit, Amount::decimal(cents, 2)))
}

/// The log of rows: customer, time and amount of each.
pub fn log_of(times: TimeKind, rows: impl IntoIterator<Item = (i64, i64, Amount)>) -> Vec<u8> {
    let mut log = Collector::new(1 << 30);
    for (key, time, amount) in rows {
        log.push(Key::Integer(key), times, time, amount, &mut Unhindered)
            .expect("sound");
    }
    let mut bytes = Vec::new();
    log.write(&mut bytes, &mut Unhindered).expect("a log can be written");
    bytes
}
