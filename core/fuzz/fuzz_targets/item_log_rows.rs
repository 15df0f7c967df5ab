//! Rows of any customers, times, items and amounts, collected: what is written can be read, and is the same whatever way the rows came.
#![no_main]

use clientele_core::amount::Amount;
use clientele_core::calendar::{DAY, END_TIME, MIN_TIME};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::item_log::{Collector, TimeKind};
use clientele_core::key::Key;
use clientele_core_fuzz::{NO_RUNS, check_written_items, written};
use libfuzzer_sys::fuzz_target;

/// The most rows of one input, with all their repetitions.
const MOST: usize = 5_000;

struct Row {
    customer: i64,
    time: i64,
    item: i64,
    amount: Option<Amount>,
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, bytes)) = bytes.split_first() else {
        return;
    };
    let mut rows = Vec::new();
    for chunk in bytes.as_chunks::<28>().0 {
        let number = |at: usize| i64::from_le_bytes(chunk[at..at + 8].try_into().expect("eight bytes"));
        let style = chunk[24];
        let customer = match style & 3 {
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
        let item = i64::from(chunk[25] as i8) << (chunk[26] & 56);
        // Many items at one event, or one for each of many customers.
        for i in 0..1 + i64::from(chunk[27]) * i64::from(style >> 7) * 8 {
            let (customer, item) = match style & 64 {
                0 => (customer, item.wrapping_add(i)),
                _ => (customer.saturating_add(i), item),
            };
            if rows.len() < MOST {
                rows.push(Row {
                    customer,
                    time,
                    item,
                    amount: Amount::from_f64(amount),
                });
            }
        }
    }
    let whole = collected(kind, &rows, NO_RUNS);
    check_written_items(&whole);
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
        let names = [row.customer, row.item].map(|key| format!("{:020}", key as u64 ^ 1 << 63));
        let key = |kind: u8, number: i64, name| match kind % 3 {
            0 => Key::Integer(number),
            1 => Key::Uuid(u128::from(number as u64 ^ 1 << 63)),
            _ => Key::Text(name),
        };
        let customer = key(kind, row.customer, &names[0]);
        let item = key(kind / 3, row.item, &names[1]);
        let time = (TimeKind::Local, row.time);
        let taken = match kind & 128 {
            0 => log.push(customer, time, item, row.amount, &mut Unhindered),
            _ => log.push_without_amount(customer, time, item, &mut Unhindered),
        };
        taken.expect("such rows can be collected");
    }
    written(log)
}
