//! Rows of any keys, times and amounts, collected: what is written can be read, and is the same whatever way the rows came.
#![no_main]

use clientele_core::amount::Amount;
use clientele_core::calendar::{DAY, END_TIME, MIN_TIME};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::key::Key;
use clientele_core::order_log::{Collector, OrderLog, TimeKind};
use clientele_core_fuzz::{NO_RUNS, check_written, written};
use libfuzzer_sys::fuzz_target;

/// The most rows of one input, with all their repetitions.
const MOST: usize = 5_000;

struct Row {
    key: i64,
    time: i64,
    amount: Amount,
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, bytes)) = bytes.split_first() else {
        return;
    };
    let mut rows = Vec::new();
    for chunk in bytes.as_chunks::<26>().0 {
        let number = |at: usize| i64::from_le_bytes(chunk[at..at + 8].try_into().expect("eight bytes"));
        let style = chunk[24];
        let key = match style & 3 {
            0 => number(0) % 4,
            1 => i64::MIN + (number(0) & 3),
            2 => i64::MAX - (number(0) & 3),
            _ => number(0),
        };
        let time = match style >> 2 & 3 {
            0 => number(8) % 3 * DAY,
            1 => MIN_TIME + (number(8) & 3),
            2 => END_TIME - 1 - (number(8) & 3),
            _ => number(8).rem_euclid(END_TIME),
        };
        let amount = match style >> 4 & 3 {
            0 => (number(16) % 100_000) as f64 / 100.0,
            1 => (number(16) % 100) as f64 / 7.0,
            2 => number(16) as f64,
            _ => f64::from_bits(number(16) as u64),
        };
        let Some(amount) = Amount::from_f64(amount) else {
            continue;
        };
        // Many rows at one instant, or one for each of many customers.
        for i in 0..1 + i64::from(chunk[25]) * i64::from(style >> 7) * 8 {
            let key = if style & 64 == 0 { key } else { key.saturating_add(i) };
            if rows.len() < MOST {
                rows.push(Row { key, time, amount });
            }
        }
    }
    let whole = collected(kind, &rows, NO_RUNS);
    check_written::<Collector>(&whole);
    let log = OrderLog::open(&whole).expect("it was written");
    // Sums may be beyond the range, and nothing else may be wrong.
    let _ = log.describe(&mut Unhindered);
    rows.reverse();
    assert_eq!(collected(kind, &rows, NO_RUNS), whole, "backwards");
    assert_eq!(collected(kind, &rows, 64 << 10), whole, "in runs");
    let mut merged = Collector::new(NO_RUNS);
    for piece in rows.chunks(rows.len() / 3 + 1) {
        let piece = collected(kind, piece, NO_RUNS);
        merged
            .absorb(&piece, &mut Unhindered)
            .expect("a sound log can be merged");
    }
    assert_eq!(written(merged), whole, "merged");
});

fn collected(kind: u8, rows: &[Row], limit: usize) -> Vec<u8> {
    let mut log = Collector::new(limit);
    for row in rows {
        let name = format!("{:020}", row.key as u64 ^ 1 << 63);
        let key = match kind % 3 {
            0 => Key::Integer(row.key),
            1 => Key::Uuid(u128::from(row.key as u64 ^ 1 << 63)),
            _ => Key::Text(&name),
        };
        log.push(key, TimeKind::Local, row.time, row.amount, &mut Unhindered)
            .expect("such rows can be collected");
    }
    written(log)
}
