//! Laws of order logs with many rows at one instant, around every boundary that there is, and at the ends of all ranges: the same
//! rows are the same bytes whatever their way, and all readers see the same orders.

mod cases;

use cases::cases;
use clientele_core::Kind;
use clientele_core::amount::{Amount, Sum};
use clientele_core::calendar::{DAY, END_TIME, MIN_TIME, Period};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::customers::{Observation, each};
use clientele_core::key::{Key, KeyKind};
use clientele_core::order_log::{Collector, OrderLog, TimeKind};
use clientele_core::zone::Zone;
use proptest::prelude::*;
use std::collections::BTreeMap;

const NO_RUNS: usize = 1 << 40;
const KINDS: [KeyKind; 3] = [KeyKind::Integer, KeyKind::Uuid, KeyKind::Text];

type Row = (i64, i64, f64);

fn with_key<T>(kind: KeyKind, number: i64, then: impl FnOnce(Key<'_>) -> T) -> T {
    let order = number as u64 ^ 1 << 63;
    match kind {
        KeyKind::Integer => then(Key::Integer(number)),
        KeyKind::Uuid => then(Key::Uuid(u128::from(order) << 64 | 7)),
        KeyKind::Text => then(Key::Text(&format!("customer {order:020}"))),
    }
}

fn collect(kind: KeyKind, rows: &[Row], limit: usize) -> Collector {
    let mut log = Collector::new(limit);
    for &(number, time, amount) in rows {
        let amount = Amount::from_f64(amount).expect("finite");
        with_key(kind, number, |key| {
            log.push(key, TimeKind::Zoned, time, amount, &mut Unhindered)
        })
        .expect("sound");
    }
    log
}

fn bytes(mut log: Collector) -> Vec<u8> {
    let mut bytes = Vec::new();
    log.write(&mut bytes, &mut Unhindered).expect("a log can be written");
    let log = OrderLog::open(&bytes).expect("what is written can be read");
    log.check(&mut Unhindered).expect("what is written is sound");
    bytes
}

fn shuffled(rows: &[Row], mut seed: u64) -> Vec<Row> {
    let mut rows = rows.to_vec();
    for i in (1..rows.len()).rev() {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        rows.swap(i, (seed >> 33) as usize % (i + 1));
    }
    rows
}

/// Collects the same rows in many ways, which all must give the same bytes.
fn collected(kind: KeyKind, rows: &[Row]) -> Vec<u8> {
    let whole = bytes(collect(kind, rows, NO_RUNS));
    let mixed = shuffled(rows, 7);
    assert!(bytes(collect(kind, &mixed, NO_RUNS)) == whole, "in any order");
    // Small piles make a run of every slab, or of every few rows.
    let few = if rows.len() < 3_000 { 1 << 10 } else { 1 << 20 };
    for rows in [rows, &mixed] {
        assert!(bytes(collect(kind, rows, few)) == whole, "in runs");
        for pieces in [2, 3, 7] {
            let (mut absorbed, mut merged) = (Collector::new(NO_RUNS), Collector::new(NO_RUNS));
            let mut large = Collector::new(few);
            for piece in rows.chunks(rows.len().div_ceil(pieces).max(1)) {
                let part = collect(kind, piece, few);
                merged.merge(&part, &mut Unhindered).unwrap();
                let part = bytes(part);
                absorbed.absorb(&part, &mut Unhindered).unwrap();
                large.absorb(&part, &mut Unhindered).unwrap();
            }
            assert!(bytes(merged) == whole, "{pieces} workers");
            assert!(bytes(absorbed) == whole, "{pieces} logs");
            assert!(bytes(large) == whole, "{pieces} logs in runs");
        }
    }
    let mut text = Vec::new();
    Collector::write_json(&whole, &mut text, &mut Unhindered).unwrap();
    let again = Collector::parse_json(str::from_utf8(&text).unwrap(), NO_RUNS, &mut Unhindered).unwrap();
    assert!(bytes(again) == whole, "as text");
    whole
}

/// Orders and returns as the definitions say: sums by customer, instant and sign.
fn truth(rows: &[Row]) -> BTreeMap<(i64, i64, bool), f64> {
    let mut amounts: BTreeMap<(i64, i64, bool), Vec<f64>> = BTreeMap::new();
    for &(number, time, amount) in rows {
        amounts.entry((number, time, amount < 0.0)).or_default().push(amount);
    }
    let sum = |mut amounts: Vec<f64>| {
        let mut sum = Sum::default();
        amounts.sort_by(f64::total_cmp);
        let is_decimal = |x: &f64| Amount::from_f64(*x).unwrap().nano().is_some();
        let (decimals, raw): (Vec<f64>, Vec<f64>) = amounts.into_iter().partition(is_decimal);
        for x in decimals.into_iter().chain(raw) {
            sum.add(Amount::from_f64(x).unwrap());
        }
        sum.value().expect("it is finite")
    };
    amounts.into_iter().map(|(key, amounts)| (key, sum(amounts))).collect()
}

/// Compares what all readers see with the truth.
fn check_readers(kind: KeyKind, rows: &[Row], log: &[u8]) {
    let truth = truth(rows);
    let log = OrderLog::open(log).unwrap();
    let name = |number: i64| with_key(kind, number, |key| format!("{key:?}"));

    let mut orders = Vec::new();
    let mut cursor = log.cursor();
    while cursor.advance(&mut Unhindered).unwrap() {
        let part = cursor.part();
        for order in part.orders() {
            let amount = order.amount().unwrap();
            orders.push((format!("{:?}", part.key), order.time, amount < 0.0, amount));
        }
    }
    let expected: Vec<_> = truth
        .iter()
        .map(|(&(number, time, returned), &amount)| (name(number), time, returned, amount))
        .collect();
    assert!(
        orders == expected,
        "one row for the orders and one for the returns of an instant"
    );

    let about = log.describe(&mut Unhindered).unwrap();
    let times = || truth.keys().filter(|key| !key.2);
    assert_eq!(about.orders, times().count() as u64);
    assert_eq!(about.first_order, times().map(|key| key.1).min());
    assert_eq!(about.last_order, times().map(|key| key.1).max());
    assert_eq!(log.newest_order(), about.last_order);
    let total: f64 = truth.values().sum();
    let size: f64 = truth.values().map(|x| x.abs()).sum();
    assert!(
        (about.revenue - total).abs() <= 1e-12 * size,
        "{} is {total}",
        about.revenue
    );

    let observation = Observation {
        as_of: END_TIME - 1,
        period: Period::Day,
        zone: Zone::utc(),
        time_unit: DAY,
    };
    let (mut customers, mut repeats, mut orders, mut revenue) = (0, 0, 0, 0.0);
    each(&log, &observation, &mut Unhindered, &mut |customer, _| {
        customers += 1;
        repeats += u64::from(customer.purchases.is_some_and(|purchases| purchases.frequency > 0));
        orders += customer.totals.orders;
        revenue += customer.totals.revenue()?;
        Ok(())
    })
    .unwrap();
    assert_eq!(
        (customers, repeats, orders),
        (about.customers, about.repeat_customers, about.orders)
    );
    assert!((revenue - total).abs() <= 1e-12 * size, "{revenue} is {total}");
}

/// Amounts that a customer may have at one instant.
const AMOUNTS: [fn(usize) -> f64; 7] = [
    |i| (i % 700) as f64 / 100.0,
    // These do not fit narrow rows.
    |i| if i % 50 == 3 { 1_000_000_000.0 } else { i as f64 },
    |i| (i % 9) as f64 / 4.0 - 1.0,
    |i| (i % 11) as f64 / 3.0,
    |i| (i % 11) as f64 / 3.0 - 2.0,
    |i| f64::from((i % 977) as f32 * 2.62),
    |i| if i % 3 == 0 { 1e14 } else { -0.1 / 7.0 },
];

#[test]
fn instants_around_the_end_of_a_block() {
    for (style, amount) in AMOUNTS.into_iter().enumerate() {
        for (at, kind) in KINDS
            .into_iter()
            .cycle()
            .zip([1, 2, 3, 4, 31, 32, 300])
            .map(|(kind, n)| (n, kind))
        {
            for before in [1_015, 1_021, 1_022, 1_023, 1_024, 1_025, 2_047] {
                let mut rows: Vec<Row> = (0..before).map(|i| (i, DAY, 5.0)).collect();
                // The customer whose instant is in question, with an order before and one after it.
                rows.push((5_000, DAY - 1, 1.0));
                rows.extend((0..at).map(|i| (5_000, DAY, amount(i + style))));
                rows.push((5_000, 3 * DAY, 1.0 / 3.0));
                rows.extend((0..at).map(|i| (5_001, DAY, amount(i))));
                let log = collected(kind, &rows);
                check_readers(kind, &rows, &log);
            }
        }
    }
}

#[test]
fn instants_of_one_customer_fill_blocks() {
    for (style, amount) in AMOUNTS.into_iter().enumerate() {
        for n in [2, 5, 300] {
            let kind = KINDS[(style + n) % 3];
            let rows: Vec<Row> = (0..6_000).map(|i| (1, (i / n) as i64, amount(i))).collect();
            check_readers(kind, &rows, &collected(kind, &rows));
        }
    }
}

#[test]
fn one_instant_may_have_more_entries_than_a_block() {
    for kind in KINDS {
        for n in [1_020, 1_024, 1_025, 5_000] {
            let mut rows: Vec<Row> = (0..700).map(|i| (i % 7, i, 1.5)).collect();
            rows.extend((0..n).map(|i| (3, 350, f64::from(i) / 7.0 - 100.0)));
            rows.extend((0..n).map(|i| (9, 0, f64::from(i) / 7.0)));
            check_readers(kind, &rows, &collected(kind, &rows));
        }
    }
}

#[test]
fn order_lines_of_many_customers() {
    // Enough for several slabs and buckets; an instant has up to 300 rows.
    let mut rows = Vec::new();
    let mut seed = 5u64;
    while rows.len() < 150_000 {
        seed = seed
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        let (customer, day) = ((seed >> 40) as i64 % 900, (seed >> 20) as i64 % 40);
        let n = [1, 1, 2, 8, 40, 300][(seed >> 58) as usize % 6];
        let amount = AMOUNTS[(seed >> 50) as usize % AMOUNTS.len()];
        rows.extend((0..n).map(|i| (customer, day * DAY, amount(i + customer as usize))));
    }
    for kind in [KeyKind::Integer, KeyKind::Text] {
        check_readers(kind, &rows, &collected(kind, &rows));
    }
}

#[test]
fn orders_collected_again_are_the_same_log() {
    // Decimals: whatever their number, their sums are decimals again.
    let rows: Vec<Row> = (0..9_000)
        .map(|i| (i / 300, (i % 300) / 100 * DAY, (i % 31) as f64 / 4.0 - 3.0))
        .collect();
    let log = bytes(collect(KeyKind::Integer, &rows, NO_RUNS));
    let orders: Vec<Row> = truth(&rows)
        .into_iter()
        .map(|(key, amount)| (key.0, key.1, amount))
        .collect();
    let again = bytes(collect(KeyKind::Integer, &orders, NO_RUNS));
    // Only the number of rows is different, and with it the checksum.
    assert_eq!(log.len(), again.len());
    assert_eq!(log[16..], again[16..]);
    // Others: their sums, from then on.
    let rows: Vec<Row> = [10.0 / 3.0, -5.0, 20.0].map(|amount| (1, 0, amount)).to_vec();
    let orders: Vec<Row> = truth(&rows)
        .into_iter()
        .map(|(key, amount)| (key.0, key.1, amount))
        .collect();
    assert_eq!(orders, [(1, 0, 20.0 + 10.0 / 3.0), (1, 0, -5.0)]);
    check_readers(KeyKind::Integer, &rows, &collected(KeyKind::Integer, &rows));
    check_readers(KeyKind::Integer, &orders, &collected(KeyKind::Integer, &orders));
}

#[test]
fn a_decimal_sum_has_an_end() {
    // 600 million billions fit no entry.
    let huge: Vec<Row> = (0..3).map(|_| (1, 0, 1e15)).collect();
    let mut log = bytes(collect(KeyKind::Integer, &huge, NO_RUNS));
    let mut doubled = 0;
    let error = loop {
        let mut both = Collector::new(NO_RUNS);
        for _ in 0..2 {
            both.absorb(&log, &mut Unhindered).unwrap();
        }
        let mut next = Vec::new();
        match both.write(&mut next, &mut Unhindered) {
            Ok(()) => log = bytes(both),
            Err(error) => break error,
        }
        doubled += 1;
    };
    assert_eq!((error.kind(), doubled), (Kind::OutOfRange, 20));
    let text = r#"{"order_log":1,"keys":"integer","times":"timestamp","rows":1,"customers":{"1":[["2000-01-01",9223372036854775807]"#;
    let text = format!("{text}{}]}}}}", r#",["2000-01-01",9223372036854775807]"#.repeat(600));
    let mut log = Collector::parse_json(&text, NO_RUNS, &mut Unhindered).unwrap();
    let error = log.write(&mut Vec::new(), &mut Unhindered).unwrap_err();
    assert_eq!(error.kind(), Kind::OutOfRange);
}

#[test]
fn sums_beyond_the_range_are_errors() {
    let max = f64::MAX;
    for (rows, customer_fails) in [
        (vec![(1, 0, 1e308), (1, 0, 1e308), (1, 0, 1e308)], true),
        (vec![(1, 0, 1e308), (1, 1, 1e308), (1, 2, 1e308)], true),
        (vec![(1, 0, 1e308), (1, 1, 1e308), (1, 2, -1e308), (1, 3, -1e308)], true),
        (vec![(1, 0, 1e308), (1, 0, 1e308), (1, 0, -1e308), (1, 0, -1e308)], true),
        (vec![(1, 0, -max), (1, 1, -max)], true),
        (vec![(1, 0, max), (2, 0, max), (3, 0, max)], false),
    ] {
        let log = collected(KeyKind::Integer, &rows);
        let log = OrderLog::open(&log).unwrap();
        let error = log.describe(&mut Unhindered).unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (Kind::OutOfRange, "value out of range: overflow")
        );
        for period in [Period::None, Period::Day] {
            let observation = Observation {
                as_of: DAY,
                period,
                zone: Zone::utc(),
                time_unit: DAY,
            };
            let seen = each(&log, &observation, &mut Unhindered, &mut |customer, _| {
                customer.totals.revenue().map(drop)
            });
            assert_eq!(seen.is_err(), customer_fails, "{rows:?}");
        }
    }
    let rows = [(1, 0, 1e308), (1, 1, -1e308), (2, 0, 5.0)];
    let log = collected(KeyKind::Integer, &rows);
    assert_eq!(
        OrderLog::open(&log).unwrap().describe(&mut Unhindered).unwrap().revenue,
        5.0
    );
}

/// Anything, and what lies at the ends, often.
fn edges<T: Copy + std::fmt::Debug + 'static>(
    edges: &'static [T],
    any: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<T> {
    prop_oneof![3 => prop::sample::select(edges), 1 => any].boxed()
}

fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    let key = edges(
        &[
            i64::MIN,
            i64::MIN + 1,
            -(1 << 36),
            -1,
            0,
            1,
            1 << 35,
            i64::MAX - 1,
            i64::MAX,
        ],
        any::<i64>(),
    );
    let time = edges(
        &[
            MIN_TIME,
            MIN_TIME + 1,
            MIN_TIME + DAY,
            -1,
            0,
            1,
            DAY,
            1 << 56,
            END_TIME - DAY,
            END_TIME - 1,
        ],
        MIN_TIME..END_TIME,
    );
    let power = (-30i32..31, -9i32..10).prop_map(|(power, digit)| f64::from(digit) * 10f64.powi(power));
    let amount = edges(
        &[
            0.0,
            -0.0,
            1e15,
            -1e15,
            1e-9,
            -1e-9,
            5e-324,
            -5e-324,
            999_999_999_999_999.0,
            1e16,
            1.0 / 3.0,
            -0.1,
            1e300,
        ],
        prop_oneof![power, -1e300..1e300],
    );
    prop::collection::vec((key, time, amount), 0..60)
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn whatever_is_collected_can_be_read(kind in prop::sample::select(&KINDS[..]), rows in any_rows()) {
        let log = collected(kind, &rows);
        check_readers(kind, &rows, &log);
    }

    #[test]
    fn bytes_that_are_not_canonical_are_refused(kind in prop::sample::select(&KINDS[..]), rows in any_rows(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut wrong = bytes(collect(kind, &rows, NO_RUNS));
        for (at, byte) in flips {
            let at = at.index(wrong.len());
            wrong[at] = byte;
        }
        seal(&mut wrong);
        if let Ok(log) = OrderLog::open(&wrong) && log.check(&mut Unhindered).is_ok() {
            let mut text = Vec::new();
            Collector::write_json(log.bytes(), &mut text, &mut Unhindered).unwrap();
            let again = Collector::parse_json(str::from_utf8(&text).unwrap(), NO_RUNS, &mut Unhindered).unwrap();
            prop_assert!(bytes(again) == wrong, "what is believed has one form");
        }
    }
}

/// Gives bytes the checksum they should have, as `collect` documents it.
fn seal(bytes: &mut [u8]) {
    if bytes.len() >= 6 {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&bytes[..2]);
        crc.update(&bytes[6..]);
        bytes[2..6].copy_from_slice(&crc.finalize().to_le_bytes());
    }
}
