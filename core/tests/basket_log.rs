//! What is special to basket logs: sizes, names, texts and golden bytes. What they share with all that is collected is in `laws`.

#[path = "keys/basket_log.rs"]
mod keys;

use clientele_core::Kind;
use clientele_core::basket_log::{BasketLog, Collector};
use clientele_core::checkpoint::{Checkpoint, Unhindered};
use clientele_core::collect::Collected;
use clientele_core::error::Result;
use clientele_core::key::{AnyKey, AnyKind, Key, KeyKind};
use keys::{with_basket, with_item};

/// Large enough that rows are never sorted before the end.
const LARGE: usize = 1 << 40;

type Row = (i64, i64);
type Kinds = (AnyKind, KeyKind);

const PLAIN: Kinds = (AnyKind::Integer, KeyKind::Integer);

fn collect(kinds: Kinds, rows: &[Row], limit: usize) -> Collector {
    let mut log = Collector::new(limit);
    for &(basket, item) in rows {
        with_basket(kinds.0, basket, |basket| {
            with_item(kinds.1, item, |item| log.push(basket, item, &mut Unhindered))
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

fn text(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    Collector::write_json(bytes, &mut text, &mut Unhindered).expect("it has a text");
    String::from_utf8(text).expect("the text form is text")
}

fn parsed(text: &str) -> Result<Vec<u8>> {
    Collector::parse_json(text, LARGE, &mut Unhindered).map(bytes)
}

#[test]
fn kinds_do_not_mix() {
    let mut log = collect(PLAIN, &[(1, 2)], LARGE);
    for (other, why) in [
        (
            (AnyKind::Date, KeyKind::Integer),
            "baskets with integer keys, the other has baskets with date",
        ),
        (
            (AnyKind::Integer, KeyKind::Text),
            "items with integer keys, the other has items with text",
        ),
    ] {
        let other = collect(other, &[(1, 2)], LARGE);
        let errors = [
            log.merge(&other, &mut Unhindered).unwrap_err(),
            log.absorb(&bytes(other), &mut Unhindered).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), Kind::WrongType);
            assert!(error.to_string().contains(why), "{error}");
        }
    }
    let error = log
        .push(AnyKey::text("1"), Key::Integer(1), &mut Unhindered)
        .unwrap_err();
    assert_eq!(error.kind(), Kind::WrongType);
    assert_eq!(bytes(log), bytes(collect(PLAIN, &[(1, 2)], LARGE)), "nothing was taken");
}

/// A fixed stream of numbers.
fn numbers() -> impl FnMut() -> u64 {
    let mut seed = 11u64;
    move || {
        seed = seed
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        seed >> 24
    }
}

#[test]
fn rows_that_come_again_take_no_memory() {
    let mut log = Collector::new(4 << 20);
    for round in 0..40 {
        for row in 0..100_000 {
            let basket = AnyKey::integer(row % 10_000);
            log.push(basket, Key::Integer(row % 7), &mut Unhindered).unwrap();
        }
        assert!(
            log.heap_bytes() < 16 << 20,
            "{} bytes after round {round}",
            log.heap_bytes()
        );
    }
    assert_eq!(BasketLog::open(&bytes(log)).unwrap().counts().rows, 4_000_000);
}

#[test]
fn logs_are_compact() {
    let mut next = numbers();
    let rows: Vec<Row> = (0..1_000_000).map(|row| (row / 10, (next() % 870) as i64)).collect();
    let size = bytes(collect(PLAIN, &rows, LARGE)).len() as f64 / rows.len() as f64;
    assert!(size <= 1.5, "{size} bytes a row");
    let one = bytes(collect(
        (AnyKind::Integer, KeyKind::Text),
        &[(1_000_000_007, 3), (1_000_000_007, 4)],
        LARGE,
    ));
    assert!(one.len() <= 80, "a basket of two takes {} bytes", one.len());
}

#[test]
fn long_names_are_kept() {
    let names: Vec<String> = (0..20).map(|item| "é".repeat(500_000) + &item.to_string()).collect();
    let mut log = Collector::new(LARGE);
    for basket in 0..3 {
        for name in &names {
            log.push(AnyKey::text(&names[basket]), Key::Text(name), &mut Unhindered)
                .unwrap();
        }
    }
    let log = bytes(log);
    assert!(log.len() < 3 << 20, "{} bytes for names that begin alike", log.len());
    let items = BasketLog::open(&log).unwrap().items(&mut Unhindered).unwrap();
    assert_eq!(items.len(), 20);
    assert!(names.iter().all(|name| items.find(name).is_some()));
}

#[test]
fn text_that_is_no_log_is_refused() {
    let sound = text(&bytes(collect(
        (AnyKind::Uuid, KeyKind::Text),
        &[(7, 1), (8, 1), (8, 2)],
        LARGE,
    )));
    assert_eq!(
        sound,
        concat!(
            r#"{"basket_log":1,"keys":["uuid","text"],"rows":3,"null_baskets":0,"null_items":0,"#,
            r#""items":["número \"09223372036854775809\"","número \"09223372036854775810\""],"#,
            r#""baskets":{"00000000-0000-0000-0000-070000000000":[0],"00000000-0000-0000-0000-080000000000":[0,1]}}"#
        )
    );
    for (from, to, why) in [
        ("\"basket_log\":1", "\"basket_log\":2", "must be 1"),
        ("uuid", "bigint", "kinds of keys that there are"),
        ("[\"uuid\",\"text\"]", "[\"uuid\"]", "array of length 2"),
        ("\"uuid\",\"text\"", "\"uuid\",\"integer\"", "expected i64"),
        ("\"uuid\",\"text\"", "\"uuid\",\"uuid\"", "n item is no uuid"),
        ("00000000-0000-0000-0000-07", "07", "no uuid"),
        ("[0,1]", "[0,2]", "has item 2"),
        ("[0,1]", "[]", "no items"),
        ("[0,1]", "[-1]", "expected usize"),
        ("\"rows\":3", "\"rows\":-3", "expected u64"),
        ("\"rows\"", "\"lines\"", "Unknown field"),
        ("\"keys\":[\"uuid\",\"text\"],", "", "must come before"),
        ("\"items\":[", "\"items\":[\"\\u0000\",", "n item is no text"),
        ("}}", "}", "EOF"),
        ("}}", "}} x", "Trailing"),
    ] {
        let wrong = sound.replacen(from, to, 1);
        let error = parsed(&wrong).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidText, "{wrong}");
        assert!(error.to_string().contains(why), "{error} does not say {why}");
    }
    let twice =
        r#"{"basket_log":1,"keys":["integer","integer"],"items":[1],"keys":["integer","uuid"],"baskets":{"1":[0]}}"#;
    assert_eq!(parsed(twice).unwrap_err().kind(), Kind::WrongType);
    let nothing = bytes(Collector::new(LARGE));
    assert_eq!(
        text(&nothing),
        r#"{"basket_log":1,"rows":0,"null_baskets":0,"null_items":0,"items":[],"baskets":{}}"#
    );
}

#[test]
fn text_may_be_written_by_hand() {
    let by_hand =
        r#"{"keys":["other","integer"],"items":[5,7,5,9],"baskets":{"FF00":[0,1],"ff00":[2],"":[0]},"basket_log":1}"#;
    assert_eq!(
        text(&parsed(by_hand).unwrap()),
        concat!(
            r#"{"basket_log":1,"keys":["other","integer"],"rows":0,"null_baskets":0,"null_items":0,"#,
            r#""items":[5,7],"baskets":{"":[0],"ff00":[0,1]}}"#
        )
    );
}

/// Bytes as they were written once. They must be readable for ever; if this fails, the format needs a new version.
#[test]
fn version_1_is_read_and_written() {
    let rows: &[Row] = &[(7, 300), (7, 2), (9, 300), (9, 300), (-1, 300), (-1, 1)];
    for (kinds, rows, golden) in [
        (
            PLAIN,
            rows,
            "01118ed7c5bb0600000303d80400d5040202000102000010020001040100",
        ),
        (
            (AnyKind::Uuid, KeyKind::Uuid),
            &rows[..3],
            "0122b430330103000002020010000000800000000000012c000000000000090700020000000000010010000000000000000000000700000000000200000a060900000000000100",
        ),
        (
            (AnyKind::Text, KeyKind::Text),
            &rows[..3],
            "013350d4fa9d0300000202001e6ec3ba6d65726f2022303932323333373230333638353437373631303822001905353831302201001e6ec3ba6d65726f20223039323233333732303336383534373735383135220200001c0237220100",
        ),
        (
            (AnyKind::Date, KeyKind::Integer),
            &rows[..3],
            "01141ae296e50300000202d80400d304010e020000040100",
        ),
        (
            (AnyKind::Timestamp, KeyKind::Integer),
            &rows[..1],
            "0115c8f562f50100000101d804000e0100",
        ),
        (
            (AnyKind::Timestamptz, KeyKind::Integer),
            &rows[..1],
            "01163827fc820100000101d804000e0100",
        ),
        (
            (AnyKind::Other, KeyKind::Text),
            &rows[..2],
            "0137d7572e790200000201001e6ec3ba6d65726f2022303932323333373230333638353437373538313022001905363130382200000400000007020000",
        ),
        (PLAIN, &[][..], "0100cad41b3b0000000000"),
    ] {
        let log = bytes(collect(kinds, rows, LARGE));
        let hex: String = log.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, golden, "{kinds:?}");
        BasketLog::open(&log).unwrap().check(&mut Unhindered).unwrap();
    }
}

/// Counts how often it is asked while keys are sorted.
struct Looks(usize);

impl Checkpoint for Looks {
    fn pass(&mut self, stage: &'static str, _: usize, _: usize) -> Result<()> {
        self.0 += usize::from(stage == "sorting keys");
        Ok(())
    }

    fn reserve(&mut self, _: usize) -> Result<()> {
        Ok(())
    }
}

#[test]
fn sorting_many_keys_can_be_stopped_all_the_time() {
    let n = 200_000u64;
    for long in [false, true] {
        let mut log = Collector::new(1 << 30);
        for i in 0..n {
            let mixed = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let key = if long {
                format!("https://shop.example/baskets/{mixed}")
            } else {
                format!("{mixed:x}")
            };
            log.push(AnyKey::text(&key), Key::Text(&key), &mut Unhindered).unwrap();
        }
        let mut looks = Looks(0);
        log.write(&mut Vec::new(), &mut looks).unwrap();
        // Keys of baskets and of items, both in rounds of 16 384.
        assert!(looks.0 as u64 > 2 * n / 16_384, "{}", looks.0);
    }
}
