//! Laws of basket logs: what goes in comes out, and the same rows give the same bytes, whatever their way.

mod cases;

use cases::cases;
use clientele_core::Kind;
use clientele_core::basket_log::{BasketLog, Collector, Counts, Description};
use clientele_core::checkpoint::{Checkpoint, Unhindered};
use clientele_core::collect::{Collected, Listed};
use clientele_core::error::{Error, Result};
use clientele_core::key::{AnyKey, AnyKind, Key, KeyKind};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Large enough that rows are never sorted before the end.
const LARGE: usize = 1 << 40;

type Row = (i64, i64);
type Kinds = (AnyKind, KeyKind);

/// Rows that collide: few baskets, few items, and some far away.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let basket = prop_oneof![8 => -5i64..12, 1 => any::<i64>()];
    let item = prop_oneof![8 => -3i64..9, 1 => any::<i64>()];
    prop::collection::vec((basket, item), 0..200)
}

fn kinds() -> impl Strategy<Value = Kinds> {
    let items = prop_oneof![Just(KeyKind::Integer), Just(KeyKind::Uuid), Just(KeyKind::Text)];
    ((0..AnyKind::ALL.len()).prop_map(|place| AnyKind::ALL[place]), items)
}

/// The key of a basket that a number stands for.
fn with_basket<T>(kind: AnyKind, number: i64, then: impl FnOnce(AnyKey<'_>) -> T) -> T {
    match kind {
        AnyKind::Integer => then(AnyKey::integer(number)),
        AnyKind::Date => then(AnyKey::date(number as i32)),
        AnyKind::Timestamp => then(AnyKey::timestamp(number)),
        AnyKind::Timestamptz => then(AnyKey::timestamptz(number)),
        AnyKind::Uuid => then(AnyKey::uuid(&(u128::from(number as u64) << 40).to_be_bytes())),
        AnyKind::Text => then(AnyKey::text(&text_of(number))),
        AnyKind::Other => then(AnyKey::other(&number.to_be_bytes()[4..])),
    }
}

/// A text in the order of numbers that has a long beginning in common with others; one of them is empty.
fn text_of(number: i64) -> String {
    if number == 0 {
        String::new()
    } else {
        format!("número \"{:020}\"", number as u64 ^ 1 << 63)
    }
}

/// The key of an item that a number stands for; the order of numbers is the order of keys, but for the empty text.
fn with_item<T>(kind: KeyKind, number: i64, then: impl FnOnce(Key<'_>) -> T) -> T {
    match kind {
        KeyKind::Integer => then(Key::Integer(number)),
        KeyKind::Uuid => then(Key::Uuid(u128::from(number as u64 ^ 1 << 63) << 40)),
        KeyKind::Text => then(Key::Text(&text_of(number))),
    }
}

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

fn opened(bytes: &[u8]) -> BasketLog<'_> {
    let log = BasketLog::open(bytes).expect("a log can be read");
    log.check(&mut Unhindered).expect("a log is sound");
    log
}

/// The items with their counts, as they are numbered, and the baskets in some order, each as the texts of its items.
type Contents = (Vec<(String, u32)>, Vec<BTreeSet<String>>);

fn contents(bytes: &[u8]) -> Contents {
    let log = opened(bytes);
    let items = log.items(&mut Unhindered).expect("it has items");
    let name = |number: u32| items.key(number).to_string();
    let baskets = log.baskets(&mut Unhindered).expect("it has baskets");
    assert_eq!(baskets.counts(), items.counts());
    assert_eq!(baskets.len(), log.len());
    let mut sets: Vec<BTreeSet<String>> = baskets
        .iter()
        .map(|basket| {
            assert!(basket.is_sorted_by(|a, b| a < b), "{basket:?} does not ascend");
            basket.iter().map(|&item| name(item)).collect()
        })
        .collect();
    sets.sort();
    let numbered = (0..items.len() as u32).map(|number| (name(number), items.counts()[number as usize]));
    (numbered.collect(), sets)
}

/// What a log must hold, worked out the plain way.
fn expected(kinds: Kinds, rows: &[Row]) -> Contents {
    let mut baskets: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for &(basket, item) in rows {
        let key = with_basket(kinds.0, basket, |key| format!("{key:?}"));
        baskets.entry(key).or_default().insert(item);
    }
    let mut counts: BTreeMap<i64, u32> = BTreeMap::new();
    for item in baskets.values().flatten() {
        *counts.entry(*item).or_default() += 1;
    }
    let name = |item: &i64| with_item(kinds.1, *item, |key| key.to_string());
    let mut items: Vec<(&i64, &u32)> = counts.iter().collect();
    // An empty text comes before all others.
    items.sort_by_key(|&(item, count)| (u32::MAX - count, kinds.1 != KeyKind::Text || *item != 0, *item));
    let items = items.iter().map(|(item, count)| (name(item), **count)).collect();
    let mut sets: Vec<BTreeSet<String>> = baskets.values().map(|set| set.iter().map(name).collect()).collect();
    sets.sort();
    (items, sets)
}

fn text(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    let log = BasketLog::open(bytes).expect("a log can be read");
    Collector::write_json(log.bytes(), &mut text, &mut Unhindered).expect("it has a text");
    String::from_utf8(text).expect("the text form is text")
}

fn parsed(text: &str) -> Result<Vec<u8>> {
    Collector::parse_json(text, LARGE, &mut Unhindered).map(bytes)
}

/// Gives bytes the checksum they should have, as `basket_log` documents it.
fn seal(bytes: &mut [u8]) {
    if bytes.len() >= 6 {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&bytes[..2]);
        crc.update(&bytes[6..]);
        bytes[2..6].copy_from_slice(&crc.finalize().to_le_bytes());
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn what_goes_in_comes_out(kinds in kinds(), rows in rows()) {
        let log = bytes(collect(kinds, &rows, LARGE));
        prop_assert_eq!(contents(&log), expected(kinds, &rows));
        let (items, baskets) = expected(kinds, &rows);
        let want = Description {
            baskets: baskets.len() as u64,
            items: items.len() as u64,
            entries: baskets.iter().map(|basket| basket.len() as u64).sum(),
            largest_basket: baskets.iter().map(|basket| basket.len() as u64).max().unwrap_or(0),
        };
        prop_assert_eq!(opened(&log).describe(&mut Unhindered).unwrap(), want);
        prop_assert_eq!(opened(&log).counts().rows, rows.len() as u64);
    }

    #[test]
    fn the_order_of_rows_does_not_matter(kinds in kinds(), rows in rows(), seed in any::<u64>()) {
        let mut shuffled = rows.clone();
        let mut seed = seed;
        for i in (1..shuffled.len()).rev() {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            shuffled.swap(i, (seed >> 33) as usize % (i + 1));
        }
        // The second one looks for what came more than once after every few rows.
        prop_assert_eq!(bytes(collect(kinds, &rows, LARGE)), bytes(collect(kinds, &shuffled, 1)));
    }

    #[test]
    fn pieces_merge_to_the_whole(kinds in kinds(), rows in rows(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
        let whole = bytes(collect(kinds, &rows, LARGE));
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(rows.len() + 1)).collect();
        cuts.extend([0, rows.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[Row]> = cuts.windows(2).map(|cut| &rows[cut[0]..cut[1]]).collect();
        let (mut absorbed, mut merged, mut backwards) = (Collector::new(LARGE), Collector::new(LARGE), Collector::new(LARGE));
        for piece in &pieces {
            absorbed.absorb(&bytes(collect(kinds, piece, LARGE)), &mut Unhindered).unwrap();
            merged.merge(&collect(kinds, piece, LARGE), &mut Unhindered).unwrap();
        }
        for piece in pieces.iter().rev() {
            backwards.absorb(&bytes(collect(kinds, piece, LARGE)), &mut Unhindered).unwrap();
        }
        prop_assert_eq!(&bytes(absorbed), &whole);
        prop_assert_eq!(&bytes(merged), &whole);
        prop_assert_eq!(&bytes(backwards), &whole);
    }

    #[test]
    fn writing_changes_nothing(kinds in kinds(), rows in rows(), cut in any::<prop::sample::Index>()) {
        let cut = cut.index(rows.len() + 1);
        let mut log = collect(kinds, &rows[..cut], LARGE);
        let (mut first, mut again) = (Vec::new(), Vec::new());
        log.write(&mut first, &mut Unhindered).unwrap();
        log.write(&mut again, &mut Unhindered).unwrap();
        prop_assert_eq!(first, again);
        log.merge(&collect(kinds, &rows[cut..], LARGE), &mut Unhindered).unwrap();
        prop_assert_eq!(bytes(log), bytes(collect(kinds, &rows, LARGE)));
    }

    #[test]
    fn items_are_found(kinds in kinds(), rows in rows()) {
        let log = bytes(collect(kinds, &rows, LARGE));
        let items = opened(&log).items(&mut Unhindered).unwrap();
        for number in 0..items.len() as u32 {
            prop_assert_eq!(items.number(items.key(number)), Some(number));
            prop_assert_eq!(items.find(&items.key(number).to_string()), Some(number));
        }
        for number in -4..10 {
            let there = rows.iter().any(|row| row.1 == number);
            prop_assert_eq!(with_item(kinds.1, number, |key| items.number(key)).is_some(), there);
        }
        prop_assert_eq!(items.find("no such item"), None);
    }

    #[test]
    fn the_text_form_loses_nothing(kinds in kinds(), rows in rows()) {
        let log = bytes(collect(kinds, &rows, LARGE));
        let text = text(&log);
        prop_assert_eq!(parsed(&text).unwrap(), log);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(value["rows"].as_u64(), Some(rows.len() as u64));
    }

    #[test]
    fn wrong_bytes_are_refused(kinds in kinds(), rows in rows(), at in any::<prop::sample::Index>(), flip in 1u8..) {
        let sound = bytes(collect(kinds, &rows, LARGE));
        let at = at.index(sound.len());
        prop_assert!(BasketLog::open(&sound[..at]).is_err());
        let mut wrong = sound.clone();
        wrong[at] ^= flip;
        prop_assert_eq!(BasketLog::open(&wrong).unwrap_err().kind(), Kind::Corrupted);
    }

    #[test]
    fn wrong_bytes_with_a_right_checksum_do_no_harm(kinds in kinds(), rows in rows(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut wrong = bytes(collect(kinds, &rows, LARGE));
        for (at, byte) in flips {
            let at = at.index(wrong.len());
            wrong[at] = byte;
        }
        seal(&mut wrong);
        let Ok(log) = BasketLog::open(&wrong) else { return Ok(()) };
        let read = (log.describe(&mut Unhindered), log.items(&mut Unhindered), log.baskets(&mut Unhindered));
        // What is sound can be read, written as text, and merged with itself.
        if log.check(&mut Unhindered).is_ok() {
            prop_assert!(read.0.is_ok() && read.1.is_ok() && read.2.is_ok());
            prop_assert_eq!(parsed(&text(&wrong)).unwrap(), wrong.clone());
            let mut merged = Collector::new(LARGE);
            merged.absorb(&wrong, &mut Unhindered).unwrap();
            merged.absorb(&wrong, &mut Unhindered).unwrap();
            prop_assert_eq!(contents(&bytes(merged)), contents(&wrong));
        }
    }
}

const PLAIN: Kinds = (AnyKind::Integer, KeyKind::Integer);

#[test]
fn the_empty_log_is_the_identity() {
    let empty = bytes(Collector::new(LARGE));
    assert_eq!(opened(&empty).kinds(), None);
    assert_eq!(contents(&empty), (vec![], vec![]));
    let some = bytes(collect(
        (AnyKind::Other, KeyKind::Text),
        &[(1, 2), (1, 2), (3, 2)],
        LARGE,
    ));
    for pair in [[&empty, &some], [&some, &empty]] {
        let mut log = Collector::new(LARGE);
        pair.iter().for_each(|part| log.absorb(part, &mut Unhindered).unwrap());
        assert_eq!(bytes(log), some);
    }
    assert_eq!(
        text(&empty),
        r#"{"basket_log":1,"rows":0,"null_baskets":0,"null_items":0,"items":[],"baskets":{}}"#
    );
    assert_eq!(parsed(&text(&empty)).unwrap(), empty);
}

#[test]
fn rows_that_are_ignored_are_counted() {
    let mut log = collect(PLAIN, &[(1, 2), (1, 2)], LARGE);
    log.ignore_null_basket();
    log.ignore_null_item();
    log.ignore_null_item();
    let log = bytes(log);
    let counts = |rows, null_baskets, null_items| Counts {
        rows,
        null_baskets,
        null_items,
    };
    assert_eq!(opened(&log).counts(), &counts(2, 1, 2));
    let mut twice = Collector::new(LARGE);
    twice.absorb(&log, &mut Unhindered).unwrap();
    twice.absorb(&log, &mut Unhindered).unwrap();
    assert_eq!(opened(&bytes(twice)).counts(), &counts(4, 2, 4));
    let mut nothing = Collector::new(LARGE);
    nothing.ignore_null_item();
    let nothing = bytes(nothing);
    assert_eq!(opened(&nothing).counts(), &counts(0, 0, 1));
    assert_eq!(parsed(&text(&nothing)).unwrap(), nothing);
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
fn large_collections_come_out_in_order() {
    let mut next = numbers();
    let mut rows: Vec<Row> = (0..150_000)
        .map(|_| ((next() % 10_000) as i64, (next() % 2_000 * (next() % 100) / 100) as i64))
        .collect();
    // One basket of everything, one item of every basket, and keys at the ends.
    rows.extend((0..40_000).map(|item| (77, item)));
    rows.extend((0..10_000).map(|basket| (basket, 5)));
    rows.extend([(i64::MIN, i64::MAX), (i64::MAX, i64::MIN)]);
    for kinds in [PLAIN, (AnyKind::Text, KeyKind::Text)] {
        let whole = bytes(collect(kinds, &rows, LARGE));
        assert_eq!(contents(&whole), expected(kinds, &rows), "{kinds:?}");
        rows.reverse();
        assert_eq!(bytes(collect(kinds, &rows, LARGE)), whole, "{kinds:?}, backwards");
        assert_eq!(
            bytes(collect(kinds, &rows, 1 << 20)),
            whole,
            "{kinds:?}, sorted on the way"
        );
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
    assert_eq!(opened(&bytes(log)).counts().rows, 4_000_000);
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
    let items = opened(&log).items(&mut Unhindered).unwrap();
    assert_eq!(items.len(), 20);
    assert!(names.iter().all(|name| items.find(name).is_some()));
}

/// A checkpoint that lets so many bytes pass in all, and so many passes.
struct Limited {
    bytes: usize,
    passes: usize,
}

impl Checkpoint for Limited {
    fn pass(&mut self, _: &'static str, _: usize, _: usize) -> Result<()> {
        self.passes = self.passes.checked_sub(1).ok_or(Error::new(Kind::Stopped, "stopped"))?;
        Ok(())
    }

    fn reserve(&mut self, bytes: usize) -> Result<()> {
        self.bytes = self
            .bytes
            .checked_sub(bytes)
            .ok_or(Error::new(Kind::MemoryLimit, "no"))?;
        Ok(())
    }
}

/// Everything that grows with the data asks first, and everything that takes long can be stopped.
#[test]
fn limits_are_kept() {
    let rows: Vec<Row> = (0..300_000).map(|row| (row % 50_000, row * 7_919 % 100_003)).collect();
    for kinds in [PLAIN, (AnyKind::Text, KeyKind::Text)] {
        let log = bytes(collect(kinds, &rows, LARGE));
        let open = opened(&log);
        let mut collected = collect(kinds, &rows, LARGE);
        type Call<'c> = Box<dyn FnMut(&mut Limited) -> Result<()> + 'c>;
        let calls: [(&str, Call<'_>); 5] = [
            (
                "absorb",
                Box::new(|limited| Collector::new(LARGE).absorb(&log, limited)),
            ),
            ("write", Box::new(|limited| collected.write(&mut Vec::new(), limited))),
            ("baskets", Box::new(|limited| open.baskets(limited).map(drop))),
            ("items", Box::new(|limited| open.items(limited).map(drop))),
            (
                "text",
                Box::new(|limited| Collector::parse_json(&text(&log), LARGE, limited).map(drop)),
            ),
        ];
        for (what, mut call) in calls {
            let small = call(&mut Limited {
                bytes: 300_000,
                passes: 1 << 40,
            });
            assert_eq!(small.unwrap_err().kind(), Kind::MemoryLimit, "{what}");
            let short = call(&mut Limited {
                bytes: 1 << 40,
                passes: 3,
            });
            assert_eq!(short.unwrap_err().kind(), Kind::Stopped, "{what}");
        }
    }
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
    assert!(parsed("").is_err());
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
        assert_eq!(contents(&log), expected(kinds, rows));
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
