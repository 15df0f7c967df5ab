//! Laws of order logs: what goes in comes out, and the same rows give the same bytes, whatever their way.

mod cases;

use cases::cases;
use clientele_core::amount::Amount;
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::key::{Key, KeyKind};
use clientele_core::order_log::{Collector, Counts, OrderLog, TimeKind};
use clientele_core::{Kind, calendar};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Large enough that nothing becomes a run.
const NO_RUNS: usize = 1 << 40;

type Row = (i64, i64, Option<f64>);

/// Rows that collide: few customers, few times, all sorts of amounts.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let key = prop_oneof![8 => -3i64..4, 1 => any::<i64>()];
    let time = prop_oneof![
        8 => (0i64..6).prop_map(|day| day * calendar::DAY),
        4 => 0i64..4,
        1 => calendar::MIN_TIME..calendar::END_TIME,
    ];
    let amount = prop_oneof![
        8 => (-500i32..5_000).prop_map(|cents| f64::from(cents) / 100.0),
        2 => Just(0.0),
        2 => (-9i32..9).prop_map(|x| f64::from(x) / 7.0),
        1 => Just(1e15),
        1 => Just(1e-9),
        1 => any::<f64>().prop_filter("finite", |x| x.is_finite()),
    ];
    prop::collection::vec((key, time, prop::option::weighted(0.9, amount)), 0..200)
}

/// The key of a kind that a number stands for; the order of numbers is the order of keys.
fn with_key<T>(kind: KeyKind, number: i64, then: impl FnOnce(Key<'_>) -> T) -> T {
    let order = number as u64 ^ 1 << 63;
    match kind {
        KeyKind::Integer => then(Key::Integer(number)),
        KeyKind::Uuid => then(Key::Uuid(u128::from(order) << 64 | 7)),
        KeyKind::Text => then(Key::Text(&format!("customer número {order:020} of the shop"))),
    }
}

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

fn bytes(mut log: Collector) -> Vec<u8> {
    let mut bytes = Vec::new();
    log.write(&mut bytes, &mut Unhindered).expect("a log can be written");
    bytes
}

/// Every entry of a log, with keys as text.
fn entries(bytes: &[u8]) -> Vec<(String, i64, Amount)> {
    let log = OrderLog::open(bytes).expect("a log can be read");
    log.check(&mut Unhindered).expect("a log is sound");
    let mut cursor = log.cursor();
    let mut entries = Vec::new();
    while cursor.advance(&mut Unhindered).expect("a log can be read") {
        let part = cursor.part();
        entries.extend(
            part.entries()
                .map(|(time, amount)| (format!("{:?}", part.key), time, amount)),
        );
    }
    entries
}

/// What a log must hold, worked out the plain way.
fn expected(kind: KeyKind, rows: &[Row]) -> Vec<(String, i64, Amount)> {
    let mut instants: BTreeMap<(i64, i64), Vec<Amount>> = BTreeMap::new();
    for &(number, time, amount) in rows {
        let amount = Amount::from_f64(amount.unwrap_or(0.0)).expect("finite");
        instants.entry((number, time)).or_default().push(amount);
    }
    let mut expected = Vec::new();
    for ((number, time), amounts) in instants {
        let key = with_key(kind, number, |key| format!("{key:?}"));
        let sum_of = |negative: bool| {
            let exact = amounts.iter().filter(|amount| amount.is_negative() == negative);
            exact.filter_map(|amount| amount.nano()).reduce(|a, b| a + b)
        };
        for sum in [sum_of(false), sum_of(true)].into_iter().flatten() {
            expected.extend(Amount::of_sum(sum).map(|amount| (key.clone(), time, amount)));
        }
        let mut raw: Vec<f64> = amounts
            .iter()
            .filter(|amount| amount.nano().is_none())
            .map(|x| x.to_f64())
            .collect();
        raw.sort_by(f64::total_cmp);
        expected.extend(raw.into_iter().map(|x| (key.clone(), time, Amount::raw(x))));
    }
    expected
}

fn kinds() -> impl Strategy<Value = KeyKind> {
    prop_oneof![Just(KeyKind::Integer), Just(KeyKind::Uuid), Just(KeyKind::Text)]
}

fn text(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    Collector::write_json(bytes, &mut text, &mut Unhindered).expect("it has a text");
    String::from_utf8(text).expect("the text form is text")
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn what_goes_in_comes_out(kind in kinds(), rows in rows()) {
        prop_assert_eq!(entries(&bytes(collect(kind, &rows, NO_RUNS))), expected(kind, &rows));
    }

    #[test]
    fn the_order_of_rows_does_not_matter(kind in kinds(), rows in rows(), seed in any::<u64>()) {
        let mut shuffled = rows.clone();
        let mut seed = seed;
        for i in (1..shuffled.len()).rev() {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            shuffled.swap(i, (seed >> 33) as usize % (i + 1));
        }
        prop_assert_eq!(bytes(collect(kind, &rows, NO_RUNS)), bytes(collect(kind, &shuffled, NO_RUNS)));
    }

    #[test]
    fn pieces_merge_to_the_whole(kind in kinds(), rows in rows(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
        let whole = bytes(collect(kind, &rows, NO_RUNS));
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(rows.len() + 1)).collect();
        cuts.extend([0, rows.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[Row]> = cuts.windows(2).map(|cut| &rows[cut[0]..cut[1]]).collect();

        let (mut absorbed, mut merged, mut backwards) = (Collector::new(NO_RUNS), Collector::new(NO_RUNS), Collector::new(NO_RUNS));
        for piece in &pieces {
            absorbed.absorb(&bytes(collect(kind, piece, NO_RUNS)), &mut Unhindered).unwrap();
            merged.merge(&collect(kind, piece, NO_RUNS), &mut Unhindered).unwrap();
        }
        for piece in pieces.iter().rev() {
            backwards.absorb(&bytes(collect(kind, piece, NO_RUNS)), &mut Unhindered).unwrap();
        }
        prop_assert_eq!(&bytes(absorbed), &whole);
        prop_assert_eq!(&bytes(merged), &whole);
        prop_assert_eq!(&bytes(backwards), &whole);
    }

    #[test]
    fn runs_do_not_show(kind in kinds(), rows in rows()) {
        // With this limit, every few rows become a run.
        prop_assert_eq!(bytes(collect(kind, &rows, 1)), bytes(collect(kind, &rows, NO_RUNS)));
    }

    #[test]
    fn writing_changes_nothing(kind in kinds(), rows in rows(), cut in any::<prop::sample::Index>()) {
        let cut = cut.index(rows.len() + 1);
        let mut log = collect(kind, &rows[..cut], NO_RUNS);
        let mut first = Vec::new();
        log.write(&mut first, &mut Unhindered).unwrap();
        let mut again = Vec::new();
        log.write(&mut again, &mut Unhindered).unwrap();
        prop_assert_eq!(first, again);
        log.merge(&collect(kind, &rows[cut..], NO_RUNS), &mut Unhindered).unwrap();
        prop_assert_eq!(bytes(log), bytes(collect(kind, &rows, NO_RUNS)));
    }

    #[test]
    fn the_text_form_loses_nothing(kind in kinds(), rows in rows()) {
        let log = bytes(collect(kind, &rows, NO_RUNS));
        let text = text(&log);
        prop_assert_eq!(bytes(Collector::parse_json(&text, NO_RUNS, &mut Unhindered).unwrap()), log);
        // and JSON tools may reorder it
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(value["rows"].as_u64(), Some(rows.len() as u64));
    }

    #[test]
    fn wrong_bytes_are_refused(kind in kinds(), rows in rows(), at in any::<prop::sample::Index>(), flip in 1u8..) {
        let sound = bytes(collect(kind, &rows, NO_RUNS));
        let at = at.index(sound.len());
        prop_assert!(OrderLog::open(&sound[..at]).is_err());
        let mut wrong = sound.clone();
        wrong[at] ^= flip;
        let error = OrderLog::open(&wrong).unwrap_err();
        prop_assert_eq!(error.kind(), Kind::Corrupted);
    }

    #[test]
    fn wrong_bytes_with_a_right_checksum_do_no_harm(kind in kinds(), rows in rows(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut wrong = bytes(collect(kind, &rows, NO_RUNS));
        for (at, byte) in flips {
            let at = at.index(wrong.len());
            wrong[at] = byte;
        }
        seal(&mut wrong);
        // Either an error or a log that can be read to the end, written as text, and merged.
        if let Ok(log) = OrderLog::open(&wrong) && log.check(&mut Unhindered).is_ok() {
            let _ = text(&wrong);
            let mut merged = Collector::new(NO_RUNS);
            merged.absorb(&wrong, &mut Unhindered).unwrap();
            merged.absorb(&wrong, &mut Unhindered).unwrap();
            let _ = bytes(merged);
        }
    }
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
    if bytes.len() >= 6 {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&bytes[..2]);
        crc.update(&bytes[6..]);
        bytes[2..6].copy_from_slice(&crc.finalize().to_le_bytes());
    }
}

#[test]
fn the_empty_log_is_the_identity() {
    let empty = bytes(Collector::new(NO_RUNS));
    assert_eq!(OrderLog::open(&empty).unwrap().kinds(), None);
    let some = bytes(collect(KeyKind::Text, &[(1, 2, Some(3.0)), (1, 2, None)], NO_RUNS));
    for pair in [[&empty, &some], [&some, &empty]] {
        let mut log = Collector::new(NO_RUNS);
        pair.iter().for_each(|part| log.absorb(part, &mut Unhindered).unwrap());
        assert_eq!(bytes(log), some);
    }
    assert_eq!(
        text(&empty),
        r#"{"order_log":1,"rows":0,"null_customers":0,"null_times":0,"null_amounts":0,"customers":{}}"#
    );
    assert_eq!(
        bytes(Collector::parse_json(&text(&empty), NO_RUNS, &mut Unhindered).unwrap()),
        empty
    );
}

#[test]
fn rows_that_are_ignored_are_counted() {
    let mut log = collect(KeyKind::Integer, &[(1, 2, None), (1, 3, Some(1.0))], NO_RUNS);
    log.ignore_null_customer();
    log.ignore_null_time();
    log.ignore_null_time();
    let log = bytes(log);
    let want = Counts {
        rows: 2,
        null_customers: 1,
        null_times: 2,
        null_amounts: 1,
    };
    assert_eq!(OrderLog::open(&log).unwrap().counts(), &want);
    let mut twice = Collector::new(NO_RUNS);
    twice.absorb(&log, &mut Unhindered).unwrap();
    twice.absorb(&log, &mut Unhindered).unwrap();
    let want = Counts {
        rows: 4,
        null_customers: 2,
        null_times: 4,
        null_amounts: 2,
    };
    assert_eq!(OrderLog::open(&bytes(twice)).unwrap().counts(), &want);
}

#[test]
fn kinds_do_not_mix() {
    let row = [(1, 2, Some(3.0))];
    let mut log = collect(KeyKind::Integer, &row, NO_RUNS);
    let error = log
        .absorb(&bytes(collect(KeyKind::Text, &row, NO_RUNS)), &mut Unhindered)
        .unwrap_err();
    assert_eq!(error.kind(), Kind::WrongType);
    let error = log
        .push(Key::Integer(1), TimeKind::Local, 0, Amount::ZERO, &mut Unhindered)
        .unwrap_err();
    assert_eq!(error.kind(), Kind::WrongType);
}

#[test]
fn large_collections_come_out_in_order() {
    // Enough for buckets, with outliers in key and time; narrow rows at first, then a huge key and a huge amount.
    let mut seed = 11u64;
    let mut next = || {
        seed = seed
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        seed >> 16
    };
    let mut rows: Vec<Row> = (0..400_000)
        .map(|_| {
            (
                (next() % 30_000) as i64,
                (next() % 1_000_000_000) as i64 * 1_000,
                Some((next() % 10_000) as f64 / 100.0),
            )
        })
        .collect();
    for kind in [KeyKind::Integer, KeyKind::Text] {
        let whole = bytes(collect(kind, &rows, NO_RUNS));
        assert_eq!(entries(&whole), expected(kind, &rows));
        assert_eq!(bytes(collect(kind, &rows, 3 << 20)), whole, "with runs");
        rows.reverse();
        assert_eq!(bytes(collect(kind, &rows, NO_RUNS)), whole, "backwards");
        rows.push((i64::MAX, 5, Some(1.0)));
        rows.push((i64::MIN, -5, Some(1e14)));
    }
    assert_eq!(
        entries(&bytes(collect(KeyKind::Integer, &rows, NO_RUNS))),
        expected(KeyKind::Integer, &rows),
        "wide"
    );
}

#[test]
fn one_customer_may_fill_many_blocks() {
    let rows: Vec<Row> = (0..5_000).map(|i| (i / 4_900, i * 1_000_003, Some(i as f64))).collect();
    for kind in [KeyKind::Integer, KeyKind::Uuid, KeyKind::Text] {
        let log = bytes(collect(kind, &rows, NO_RUNS));
        assert_eq!(entries(&log), expected(kind, &rows));
        let log = OrderLog::open(&log).unwrap();
        let description = log.describe(&mut Unhindered).unwrap();
        assert_eq!((description.customers, description.orders), (2, 5_000));
        let mut cursor = log.cursor();
        let (mut starts, mut ends) = (0, 0);
        while cursor.advance(&mut Unhindered).unwrap() {
            starts += u64::from(cursor.part().starts);
            ends += u64::from(cursor.part().ends);
        }
        assert_eq!((starts, ends), (2, 2));
    }
}

#[test]
fn customers_of_many_blocks_are_merged() {
    let amount = |i: i64| {
        if i % 5 == 0 {
            i as f64 / 7.0
        } else {
            (i % 900 - 100) as f64 / 4.0
        }
    };
    let mut rows: Vec<Row> = (0..200_000)
        .map(|i| (i * i % 3, i * 7_919 % 70_001 * 1_000, Some(amount(i))))
        .chain((0..3_000).map(|i| (10 + i % 700, i, Some(1.0))))
        .collect();
    for kind in [KeyKind::Integer, KeyKind::Uuid, KeyKind::Text] {
        let whole = bytes(collect(kind, &rows, NO_RUNS));
        // Little memory makes many runs; rows in order of time make runs that follow each other.
        for limit in [1 << 20, 2 << 20] {
            assert_eq!(bytes(collect(kind, &rows, limit)), whole, "{kind:?}");
        }
        rows.sort_by_key(|row| row.1);
        assert_eq!(
            bytes(collect(kind, &rows, 1 << 20)),
            whole,
            "{kind:?}, in order of time"
        );
    }
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
    assert!(Collector::parse_json("", NO_RUNS, &mut Unhindered).is_err());
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
        assert_eq!(entries(&log), expected(kind, rows));
    }
}
