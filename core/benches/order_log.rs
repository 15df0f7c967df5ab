//! Collecting, writing, reading and merging order logs: `cargo bench -p clientele-core --bench order_log [million rows]`.

mod measuring;

use clientele_core::amount::Amount;
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::key::Key;
use clientele_core::order_log::{Collector, OrderLog, TimeKind};
use measuring::{Numbers, timed};
use std::hint::black_box;

fn collect(rows: &[(i64, i64, f64)]) -> Collector {
    let mut log = Collector::new(192 << 20);
    for &(key, time, amount) in rows {
        let amount = Amount::from_f64(amount).expect("finite");
        log.push(Key::Integer(key), TimeKind::Zoned, time, amount, &mut Unhindered)
            .expect("rows are sound");
    }
    log
}

fn main() {
    let millions = std::env::args().find_map(|arg| arg.parse::<usize>().ok()).unwrap_or(10);
    let n = millions * 1_000_000;
    let customers = n as u64 / 10;
    for ordered in [true, false] {
        println!(
            "{n} rows, {customers} customers, {}",
            if ordered { "in order of time" } else { "in random order" }
        );
        let mut numbers = Numbers(1);
        let year = 365 * 86_400_000_000u64;
        let rows: Vec<_> = (0..n as u64)
            .map(|i| {
                let time = if ordered {
                    2 * year / n as u64 * i
                } else {
                    numbers.next() % (2 * year)
                };
                let cents = numbers.next() % 20_000;
                ((numbers.next() % customers) as i64, time as i64, cents as f64 / 100.0)
            })
            .collect();
        for _ in 0..2 {
            let mut log = timed("collect", n, || collect(&rows));
            let bytes = timed("sort and write", n, || {
                let mut bytes = Vec::new();
                log.write(&mut bytes, &mut Unhindered).expect("a log can be written");
                bytes
            });
            println!("{:<40} {:>8.2} bytes a row", "size", bytes.len() as f64 / n as f64);
            let log = timed("open", n, || OrderLog::open(&bytes).expect("a log can be read"));
            timed("read", n, || {
                let (mut cursor, mut parts) = (log.cursor(), 0u64);
                while cursor.advance(&mut Unhindered).expect("a log can be read") {
                    parts += black_box(cursor.part()).times.len() as u64;
                }
                parts
            });
        }
        let days: Vec<Vec<u8>> = rows
            .chunks(n / 365 + 1)
            .map(|rows| {
                let mut bytes = Vec::new();
                collect(rows)
                    .write(&mut bytes, &mut Unhindered)
                    .expect("a log can be written");
                bytes
            })
            .collect();
        for pieces in [365, 4] {
            let logs: Vec<Vec<u8>> = if pieces == 365 {
                days.clone()
            } else {
                days.chunks(92).map(merged).collect()
            };
            timed(&format!("merge {} logs", logs.len()), n, || merged(&logs));
        }
    }
}

fn merged(logs: &[Vec<u8>]) -> Vec<u8> {
    let mut all = Collector::new(192 << 20);
    for log in logs {
        all.absorb(log, &mut Unhindered).expect("logs can be merged");
    }
    let mut bytes = Vec::new();
    all.write(&mut bytes, &mut Unhindered).expect("a log can be written");
    bytes
}
