//! Collecting, writing, reading and merging basket logs: `cargo bench -p clientele-core --bench basket_log [thousand baskets]`.

mod measuring;

use clientele_core::basket_log::{BasketLog, Collector};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::key::{AnyKey, Key};
use measuring::{Numbers, timed};
use std::hint::black_box;

/// Items of a shop; the first ones are bought more often.
const ITEMS: u64 = 870;

fn written(mut log: Collector) -> Vec<u8> {
    let mut bytes = Vec::new();
    log.write(&mut bytes, &mut Unhindered).expect("a log can be written");
    bytes
}

fn measure(what: &str, rows: &[(i64, u64)], as_text: bool) {
    println!("{} rows, {what}", rows.len());
    let n = rows.len();
    let names: Vec<String> = (0..ITEMS).map(|item| format!("item number {item}")).collect();
    let collect = |rows: &[(i64, u64)]| {
        let mut log = Collector::new(192 << 20);
        for &(basket, item) in rows {
            if as_text {
                let basket = format!("{basket:08}");
                log.push(
                    AnyKey::text(&basket),
                    Key::Text(&names[(item % ITEMS) as usize]),
                    &mut Unhindered,
                )
            } else {
                log.push(AnyKey::integer(basket), Key::Integer(item as i64), &mut Unhindered)
            }
            .expect("rows are sound");
        }
        log
    };
    let log = timed("collect", n, || collect(rows));
    println!(
        "{:<40} {:>8.2} bytes a row",
        "memory",
        log.heap_bytes() as f64 / n as f64
    );
    let bytes = timed("sort and write", n, || written(log));
    println!("{:<40} {:>8.2} bytes a row", "size", bytes.len() as f64 / n as f64);
    let log = timed("open", n, || BasketLog::open(&bytes).expect("a log can be read"));
    timed("read", n, || {
        black_box(log.baskets(&mut Unhindered).expect("it can be read"))
    });
    timed("check", n, || log.check(&mut Unhindered).expect("it is sound"));
    let pieces: Vec<Vec<u8>> = rows.chunks(n / 365 + 1).map(|rows| written(collect(rows))).collect();
    let merged = timed("merge 365 logs", n, || {
        let mut all = Collector::new(192 << 20);
        for log in &pieces {
            all.absorb(log, &mut Unhindered).expect("logs can be merged");
        }
        written(all)
    });
    assert!(merged == bytes, "pieces merge to the whole");
}

fn main() {
    let thousands = std::env::args().find_map(|arg| arg.parse::<i64>().ok()).unwrap_or(100);
    let baskets = thousands * 1_000;
    let mut numbers = Numbers(1);
    // Ten draws, of which those that are equal are one row that comes twice.
    let mut popular = || numbers.next() % ITEMS * (numbers.next() % ITEMS) / ITEMS;
    let rows: Vec<(i64, u64)> = (0..baskets * 10).map(|row| (row / 10, popular())).collect();
    measure("basket by basket", &rows, false);
    let mut shuffled = rows;
    for end in (1..shuffled.len()).rev() {
        shuffled.swap(end, (numbers.next() % (end as u64 + 1)) as usize);
    }
    measure("shuffled", &shuffled, false);
    measure("shuffled, keys as text", &shuffled, true);
    let uniform: Vec<(i64, u64)> = (0..baskets * 10)
        .map(|row| (row / 10, numbers.next() % ITEMS))
        .collect();
    measure("every item as often as another", &uniform, false);
    let distinct: Vec<(i64, u64)> = (0..baskets * 10).map(|row| (row / 10, numbers.next())).collect();
    measure("no item twice", &distinct, false);
}
