//! What is special to order logs: sums, sizes, texts and golden bytes. What they share with all that is collected is in `laws`.

#[path = "keys/order_log.rs"]
mod keys;

use clientele_core::Kind;
use clientele_core::amount::Amount;
use clientele_core::calendar::{DAY, Period};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::customers::{Observation, each};
use clientele_core::key::{Key, KeyKind};
use clientele_core::order_log::{Collector, OrderLog, TimeKind};
use clientele_core::zone::Zone;
use keys::with_key;

/// Large enough that nothing becomes a run.
const NO_RUNS: usize = 1 << 40;

type Row = (i64, i64, Option<f64>);

fn collect(kind: KeyKind, rows: &[Row], limit: usize) -> Collector {
    let mut log = Collector::new(limit);
    for &(number, time, amount) in rows {
        if amount.is_none() {
            log.count_null_amount();
        }
        let amount = Amount::from_f64(amount.unwrap_or(0.0)).expect("finite");
        with_key(kind, number, |key| {
            log.push(key, TimeKind::Zoned, time, amount, &mut Unhindered)
        })
        .expect("sound");
    }
    log
}

/// Rows that all have amounts.
fn priced(rows: &[(i64, i64, f64)]) -> Vec<Row> {
    rows.iter()
        .map(|&(number, time, amount)| (number, time, Some(amount)))
        .collect()
}

/// The orders and returns of a log with integer keys.
fn orders(bytes: &[u8]) -> Vec<Row> {
    let log = OrderLog::open(bytes).expect("a log can be read");
    let mut cursor = log.cursor();
    let mut orders = Vec::new();
    while cursor.advance(&mut Unhindered).expect("a log can be read") {
        let part = cursor.part();
        let Key::Integer(customer) = part.key else {
            unreachable!("they are integers")
        };
        orders.extend(
            part.orders()
                .map(|order| (customer, order.time, Some(order.amount().unwrap()))),
        );
    }
    orders
}

fn bytes(mut log: Collector) -> Vec<u8> {
    let mut bytes = Vec::new();
    log.write(&mut bytes, &mut Unhindered).expect("a log can be written");
    bytes
}

fn text(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    Collector::write_json(bytes, &mut text, &mut Unhindered).expect("it has a text");
    String::from_utf8(text).expect("the text form is text")
}

#[test]
fn a_decimal_kept_as_a_double_is_refused() {
    let third = 1.0 / 3.0;
    let sound = bytes(collect(KeyKind::Integer, &[(1, 2, Some(third))], NO_RUNS));
    let at = sound.len() - 8;
    assert_eq!(sound[at..], third.to_le_bytes());
    for (amount, is_sound) in [(third, true), (1e-12, true), (0.0, false), (-0.0, false), (0.1, false)] {
        let mut log = sound.clone();
        log[at..].copy_from_slice(&amount.to_le_bytes());
        seal(&mut log);
        let log = OrderLog::open(&log).unwrap();
        assert_eq!(log.check(&mut Unhindered).is_ok(), is_sound, "{amount}");
    }
}

/// Gives bytes the checksum they should have, as `collect` documents it.
fn seal(bytes: &mut [u8]) {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&bytes[..2]);
    crc.update(&bytes[6..]);
    bytes[2..6].copy_from_slice(&crc.finalize().to_le_bytes());
}

#[test]
fn logs_are_compact() {
    let five: Vec<Row> = (0..5)
        .map(|i| {
            (
                1_000_000_007,
                800_000_000_123_457 + i * 5_000_000_000_001,
                Some(99.95 + i as f64),
            )
        })
        .collect();
    let size = bytes(collect(KeyKind::Integer, &five, NO_RUNS)).len();
    assert!(size <= 96, "five orders take {size} bytes");
    let mut many: Vec<Row> = Vec::new();
    for i in 0..100_000i64 {
        many.push((
            i * 7_919 % 10_000,
            700_000_000_000_000 + i * 630_720_007,
            Some((i * 31 % 20_000) as f64 / 100.0),
        ));
    }
    let size = bytes(collect(KeyKind::Integer, &many, NO_RUNS)).len() as f64 / many.len() as f64;
    assert!(size <= 8.0, "{size} bytes an order");
}

#[test]
fn text_that_is_no_log_is_refused() {
    let sound = text(&bytes(collect(
        KeyKind::Integer,
        &[(7, 0, Some(1.5)), (8, 86_400_000_000, None)],
        NO_RUNS,
    )));
    assert_eq!(
        sound,
        concat!(
            r#"{"order_log":1,"keys":"integer","times":"timestamptz","rows":2,"null_customers":0,"null_times":0,"#,
            r#""null_amounts":1,"customers":{"7":[["2000-01-01T00:00:00Z",1.5]],"8":[["2000-01-02T00:00:00Z",0]]}}"#
        )
    );
    for (from, to, why) in [
        ("\"order_log\":1", "\"order_log\":2", "must be 1"),
        ("integer", "bigint", "\"keys\" must be"),
        ("timestamptz", "date", "\"times\" must be"),
        ("\"7\"", "\"seven\"", "no integer"),
        ("2000-01-01T00", "2000-02-30T00", "is no time"),
        ("2000-01-01T00", "2000-01-01T25", "is no time"),
        ("2000-01-01T00:00:00Z", "infinity", "is no time"),
        ("2000-01-01T00:00:00Z", "294277-01-01", "is no time"),
        ("1.5", "\"1.5\"", "is no amount"),
        ("1.5", "1e999", "is no amount"),
        ("1.5", "null", "is no amount"),
        ("\"rows\":2", "\"rows\":-2", "expected u64"),
        ("\"rows\"", "\"lines\"", "Unknown field"),
        ("\"keys\":\"integer\",", "", "must come before"),
        ("}}", "}", "EOF"),
        ("}}", "}} x", "Trailing"),
    ] {
        let wrong = sound.replacen(from, to, 1);
        let error = Collector::parse_json(&wrong, NO_RUNS, &mut Unhindered).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidText, "{wrong}");
        assert!(error.to_string().contains(why), "{error} does not say {why}");
    }
    let nothing = bytes(Collector::new(NO_RUNS));
    assert_eq!(
        text(&nothing),
        r#"{"order_log":1,"rows":0,"null_customers":0,"null_times":0,"null_amounts":0,"customers":{}}"#
    );
}

#[test]
fn text_may_be_written_by_hand() {
    let by_hand = r#"{"keys":"uuid","times":"timestamp","order_log":1,
        "customers":{"00000000000000000000000000000001":[["1999-12-31 23:59",1e2],["1999-12-31T23:59:00",0.50]]}}"#;
    let log = bytes(Collector::parse_json(by_hand, NO_RUNS, &mut Unhindered).unwrap());
    assert_eq!(
        text(&log),
        concat!(
            r#"{"order_log":1,"keys":"uuid","times":"timestamp","rows":0,"null_customers":0,"null_times":0,"#,
            r#""null_amounts":0,"customers":{"00000000-0000-0000-0000-000000000001":[["1999-12-31T23:59:00",100.5]]}}"#
        )
    );
}

#[test]
fn orders_collected_again_are_the_same_log() {
    // Decimals: whatever their number, their sums are decimals again.
    let rows: Vec<Row> = (0..9_000)
        .map(|i| (i / 300, (i % 300) / 100 * DAY, Some((i % 31) as f64 / 4.0 - 3.0)))
        .collect();
    let log = bytes(collect(KeyKind::Integer, &rows, NO_RUNS));
    let again = bytes(collect(KeyKind::Integer, &orders(&log), NO_RUNS));
    // Only the number of rows is different, and with it the checksum.
    assert_eq!(log.len(), again.len());
    assert_eq!(log[16..], again[16..]);
    // Others: their sums, from then on.
    let rows = priced(&[(1, 0, 10.0 / 3.0), (1, 0, -5.0), (1, 0, 20.0)]);
    let sums = priced(&[(1, 0, 20.0 + 10.0 / 3.0), (1, 0, -5.0)]);
    for rows in [&rows, &sums] {
        assert_eq!(orders(&bytes(collect(KeyKind::Integer, rows, NO_RUNS))), sums);
    }
}

#[test]
fn a_decimal_sum_has_an_end() {
    // 600 million billions fit no entry.
    let huge = priced(&[(1, 0, 1e15); 3]);
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
        let log = bytes(collect(KeyKind::Integer, &priced(&rows), NO_RUNS));
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
    let log = bytes(collect(KeyKind::Integer, &priced(&rows), NO_RUNS));
    assert_eq!(
        OrderLog::open(&log).unwrap().describe(&mut Unhindered).unwrap().revenue,
        5.0
    );
}

/// Bytes as they were written once. They must be readable for ever; if this fails, the format needs a new version.
#[test]
fn version_1_is_read_and_written() {
    let third = 1.0 / 3.0;
    let rows: &[Row] = &[
        (7, 0, Some(12.5)),
        (7, 0, Some(-2.25)),
        (7, 5_000_000, None),
        (9, 86_400_000_000, Some(third)),
    ];
    for (kind, rows, golden) in [
        (
            KeyKind::Integer,
            rows,
            "0121cab346d7040000010060d71d140000000404920211030b0e01010200000000a30228c103c3054038860b08ff555555555555d53f",
        ),
        (
            KeyKind::Uuid,
            &rows[..2],
            "01226f1687050200000000000000000000000202150100000b800000000000000700000000000000070100c103c30500",
        ),
        (
            KeyKind::Text,
            &rows[..2],
            "0123c386561e0200000000000000000000000202150100000b330031637573746f6d6572206ec3ba6d65726f203039323233333732303336383534373735383135206f66207468652073686f700100c103c30500",
        ),
        (KeyKind::Integer, &[][..], "0100911b0ca1000000000000000000000080"),
    ] {
        let log = bytes(collect(kind, rows, NO_RUNS));
        let hex: String = log.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, golden);
        OrderLog::open(&log).unwrap().check(&mut Unhindered).unwrap();
    }
}
