//! Laws of feature sets: what goes in comes out, and the same rows give the same bytes, whatever their way.

mod cases;

use cases::cases;
use clientele_core::Kind;
use clientele_core::checkpoint::{Checkpoint, Unhindered};
use clientele_core::collect::Collected;
use clientele_core::feature_set::{Collector, Counts, FeatureSet, MAX_DIMENSION};
use clientele_core::key::{Key, KeyKind};
use proptest::prelude::*;

type Row = (i64, Vec<f64>);

/// Rows that collide: few ids, few values, all sorts of numbers; each feature of another sort.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let feature = || {
        prop_oneof![
            8 => (-5i32..50).prop_map(f64::from),
            4 => (-500i32..5_000).prop_map(|cents| f64::from(cents) / 100.0),
            2 => Just(-0.0),
            1 => (-9i32..9).prop_map(|x| f64::from(x) / 7.0),
            1 => Just(1e15 - 1.0),
            1 => Just(1e300),
            1 => any::<f64>().prop_filter("finite", |x| x.is_finite()),
        ]
    };
    let id = prop_oneof![8 => -3i64..4, 1 => any::<i64>()];
    (1usize..5).prop_flat_map(move |dimension| {
        prop::collection::vec((id.clone(), prop::collection::vec(feature(), dimension)), 0..150)
    })
}

/// The id of a kind that a number stands for; the order of numbers is the order of ids.
fn with_id<T>(kind: KeyKind, number: i64, then: impl FnOnce(Key<'_>) -> T) -> T {
    let order = number as u64 ^ 1 << 63;
    match kind {
        KeyKind::Integer => then(Key::Integer(number)),
        KeyKind::Uuid => then(Key::Uuid(u128::from(order) << 60 | 7)),
        // Of different lengths: zeros at the end are left out.
        KeyKind::Text => then(Key::Text(format!("customer número {order:020}").trim_end_matches('0'))),
    }
}

fn collect(kind: KeyKind, rows: &[Row]) -> Collector {
    let mut set = Collector::default();
    for (number, features) in rows {
        with_id(kind, *number, |id| set.push(id, features, &mut Unhindered)).expect("sound");
    }
    set
}

fn bytes(mut set: Collector) -> Vec<u8> {
    let mut bytes = Vec::new();
    set.write(&mut bytes, &mut Unhindered).expect("a set can be written");
    bytes
}

/// Every row of a set, with ids as text.
fn rows_of(bytes: &[u8]) -> Vec<(String, Vec<f64>)> {
    let set = FeatureSet::open(bytes).expect("a set can be read");
    set.check(&mut Unhindered).expect("a set is sound");
    let ids = set.ids(&mut Unhindered).expect("a set has ids");
    let features = set.features(&mut Unhindered).expect("a set has features");
    assert_eq!((ids.len(), features.dim()), (set.len(), (set.dimension(), set.len())));
    (0..set.len())
        .map(|row| (ids.get(row).to_string(), features.column(row).to_vec()))
        .collect()
}

/// What a set must hold, worked out the plain way.
fn expected(kind: KeyKind, rows: &[Row]) -> Vec<(String, Vec<f64>)> {
    let mut rows: Vec<Row> = rows
        .iter()
        .map(|(number, features)| {
            (
                *number,
                features.iter().map(|&x| if x == 0.0 { 0.0 } else { x }).collect(),
            )
        })
        .collect();
    rows.sort_by(|a, b| {
        let ids = a.0.cmp(&b.0);
        ids.then_with(|| a.1.partial_cmp(&b.1).expect("finite"))
    });
    rows.into_iter()
        .map(|(number, features)| (with_id(kind, number, |id| id.to_string()), features))
        .collect()
}

fn kinds() -> impl Strategy<Value = KeyKind> {
    prop_oneof![Just(KeyKind::Integer), Just(KeyKind::Uuid), Just(KeyKind::Text)]
}

fn text(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    Collector::write_json(bytes, &mut text, &mut Unhindered).expect("it has a text");
    String::from_utf8(text).expect("the text form is text")
}

/// A fixed stream of numbers.
fn numbers(mut seed: u64) -> impl FnMut() -> u64 {
    move || {
        seed = seed
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        seed >> 20
    }
}

/// Doubles as bits: a zero below zero is another number here.
fn bits(rows: &[(String, Vec<f64>)]) -> Vec<(&str, Vec<u64>)> {
    rows.iter()
        .map(|(id, features)| (id.as_str(), features.iter().map(|x| x.to_bits()).collect()))
        .collect()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn what_goes_in_comes_out(kind in kinds(), rows in rows()) {
        let (found, expected) = (rows_of(&bytes(collect(kind, &rows))), expected(kind, &rows));
        prop_assert_eq!(bits(&found), bits(&expected));
    }

    #[test]
    fn the_order_of_rows_does_not_matter(kind in kinds(), rows in rows(), seed in any::<u64>()) {
        let mut shuffled = rows.clone();
        let mut next = numbers(seed);
        for i in (1..shuffled.len()).rev() {
            shuffled.swap(i, next() as usize % (i + 1));
        }
        prop_assert_eq!(bytes(collect(kind, &rows)), bytes(collect(kind, &shuffled)));
    }

    #[test]
    fn pieces_merge_to_the_whole(kind in kinds(), rows in rows(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
        let whole = bytes(collect(kind, &rows));
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(rows.len() + 1)).collect();
        cuts.extend([0, rows.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[Row]> = cuts.windows(2).map(|cut| &rows[cut[0]..cut[1]]).collect();

        let (mut absorbed, mut merged, mut backwards) = (Collector::default(), Collector::default(), Collector::default());
        for piece in &pieces {
            absorbed.absorb(&bytes(collect(kind, piece)), &mut Unhindered).unwrap();
            merged.merge(&collect(kind, piece), &mut Unhindered).unwrap();
        }
        for piece in pieces.iter().rev() {
            backwards.absorb(&bytes(collect(kind, piece)), &mut Unhindered).unwrap();
        }
        prop_assert_eq!(&bytes(absorbed), &whole);
        prop_assert_eq!(&bytes(merged), &whole);
        prop_assert_eq!(&bytes(backwards), &whole);
    }

    #[test]
    fn the_text_form_loses_nothing(kind in kinds(), rows in rows()) {
        let set = bytes(collect(kind, &rows));
        let text = text(&set);
        prop_assert_eq!(&bytes(Collector::parse_json(&text, 0, &mut Unhindered).unwrap()), &set);
        // jsonb puts short names first.
        let fields: std::collections::BTreeMap<_, serde_json::Value> = serde_json::from_str(&text).unwrap();
        let mut fields: Vec<(String, _)> = fields.into_iter().collect();
        fields.sort_by_key(|field| field.0.len());
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
        let reordered = format!("{{{}}}", fields.join(", "));
        prop_assert_eq!(&bytes(Collector::parse_json(&reordered, 0, &mut Unhindered).unwrap()), &set);
    }

    #[test]
    fn wrong_bytes_are_refused(kind in kinds(), rows in rows(), at in any::<prop::sample::Index>(), flip in 1u8..) {
        let sound = bytes(collect(kind, &rows));
        let at = at.index(sound.len());
        prop_assert!(FeatureSet::open(&sound[..at]).is_err());
        let mut wrong = sound.clone();
        wrong[at] ^= flip;
        let error = FeatureSet::open(&wrong).unwrap_err();
        prop_assert_eq!(error.kind(), Kind::Corrupted);
    }

    #[test]
    fn wrong_bytes_with_a_right_checksum_do_no_harm(kind in kinds(), rows in rows(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut wrong = bytes(collect(kind, &rows));
        for (at, byte) in flips {
            let at = at.index(wrong.len());
            wrong[at] = byte;
        }
        seal(&mut wrong);
        if let Ok(set) = FeatureSet::open(&wrong) {
            // Either an error or ids in order and finite numbers.
            if let (Ok(ids), Ok(features)) = (set.ids(&mut Unhindered), set.features(&mut Unhindered)) {
                prop_assert!((1..ids.len()).all(|row| ids.get(row - 1) <= ids.get(row)));
                prop_assert!(features.iter().all(|x| x.is_finite()));
                let mut merged = Collector::default();
                merged.absorb(&wrong, &mut Unhindered).unwrap();
                merged.absorb(&wrong, &mut Unhindered).unwrap();
                let merged = bytes(merged);
                prop_assert!(FeatureSet::open(&merged).unwrap().check(&mut Unhindered).is_ok());
            }
            // What is believed is what this library writes.
            if set.check(&mut Unhindered).is_ok() {
                prop_assert_eq!(&bytes(Collector::parse_json(&text(&wrong), 0, &mut Unhindered).unwrap()), &wrong);
            }
        }
    }
}

/// Gives bytes the checksum they should have, as `feature_set` documents it.
fn seal(bytes: &mut [u8]) {
    if bytes.len() >= 6 {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&bytes[..2]);
        crc.update(&bytes[6..]);
        bytes[2..6].copy_from_slice(&crc.finalize().to_le_bytes());
    }
}

#[test]
fn writing_changes_nothing() {
    let rows: Vec<Row> = (0..3_000).map(|i| (i * 7 % 1_000, vec![i as f64, 0.5])).collect();
    let mut set = collect(KeyKind::Text, &rows[..2_000]);
    let (mut first, mut again) = (Vec::new(), Vec::new());
    set.write(&mut first, &mut Unhindered).unwrap();
    set.write(&mut again, &mut Unhindered).unwrap();
    assert_eq!(first, again);
    set.merge(&collect(KeyKind::Text, &rows[2_000..]), &mut Unhindered)
        .unwrap();
    assert_eq!(bytes(set), bytes(collect(KeyKind::Text, &rows)));
}

#[test]
fn large_sets_come_out_in_order() {
    let mut next = numbers(11);
    // Few ids with many rows, many ids, and rows that differ in the last feature only.
    for ids in [1, 7, 20_000, 1 << 40] {
        let mut rows: Vec<Row> = (0..40_000)
            .map(|_| {
                let id = (next() % ids) as i64 - 20;
                (
                    id,
                    vec![(next() % 3) as f64 - 1.0, (next() % 90_000) as f64 / 7.0 - 5_000.0],
                )
            })
            .collect();
        for kind in [KeyKind::Integer, KeyKind::Uuid, KeyKind::Text] {
            let whole = bytes(collect(kind, &rows));
            assert!(rows_of(&whole) == expected(kind, &rows), "{kind}, {ids} ids");
            rows.reverse();
            assert!(bytes(collect(kind, &rows)) == whole, "{kind}, {ids} ids, backwards");
        }
    }
}

#[test]
fn ids_may_begin_alike() {
    let long = "a long beginning, ".repeat(500);
    let mut texts: Vec<String> = (0..200).map(|i| format!("{long}{}", i * 7 % 200)).collect();
    texts.extend((0..200).map(|n| long[..n * 11 % 200].to_owned()));
    texts.extend(["é", "e", "ê", "", "\u{10ffff}", "\u{1}"].map(str::to_owned));
    let mut set = Collector::default();
    for text in &texts {
        set.push(Key::Text(text), &[1.0], &mut Unhindered).unwrap();
    }
    texts.sort();
    let found: Vec<String> = rows_of(&bytes(set)).into_iter().map(|row| row.0).collect();
    assert!(found == texts, "{found:?}");
}

#[test]
fn the_empty_set_is_the_identity() {
    let empty = bytes(Collector::default());
    let set = FeatureSet::open(&empty).unwrap();
    assert_eq!((set.kind(), set.dimension(), set.len()), (None, 0, 0));
    assert!(set.is_empty() && set.ids(&mut Unhindered).unwrap().is_empty());
    assert_eq!(set.features(&mut Unhindered).unwrap().dim(), (0, 0));
    let some = bytes(collect(KeyKind::Text, &[(1, vec![2.0]), (1, vec![0.5])]));
    for pair in [[&empty, &some], [&some, &empty]] {
        let mut set = Collector::default();
        pair.iter().for_each(|part| set.absorb(part, &mut Unhindered).unwrap());
        assert_eq!(bytes(set), some);
    }
    let spelled = r#"{"feature_set":1,"null_ids":0,"null_features":0,"rows":[]}"#;
    assert_eq!(text(&empty), spelled);
    assert_eq!(
        bytes(Collector::parse_json(spelled, 0, &mut Unhindered).unwrap()),
        empty
    );
}

#[test]
fn rows_that_are_ignored_are_counted() {
    let mut set = collect(KeyKind::Integer, &[(1, vec![2.0]), (1, vec![2.0])]);
    set.ignore_null_id();
    set.ignore_null_features();
    set.ignore_null_features();
    let set = bytes(set);
    let want = |n| Counts {
        rows: 2 * n,
        null_ids: n,
        null_features: 2 * n,
    };
    assert_eq!(FeatureSet::open(&set).unwrap().counts(), &want(1));
    assert_eq!(
        bytes(Collector::parse_json(&text(&set), 0, &mut Unhindered).unwrap()),
        set
    );
    let mut twice = Collector::default();
    twice.absorb(&set, &mut Unhindered).unwrap();
    twice.absorb(&set, &mut Unhindered).unwrap();
    assert_eq!(FeatureSet::open(&bytes(twice)).unwrap().counts(), &want(2));
}

#[test]
fn rows_that_do_not_fit_are_refused() {
    let row = |id: i64, features: &[f64]| collect(KeyKind::Integer, &[(id, features.to_vec())]);
    let refused = |features: &[f64]| {
        let mut set = row(1, &[1.0, 2.0]);
        set.push(Key::Integer(7), features, &mut Unhindered).unwrap_err()
    };
    for (features, kind, says) in [
        (
            &[f64::NAN, 1.0][..],
            Kind::OutOfRange,
            "Feature 1 of the row with id 7 is NaN",
        ),
        (
            &[1.0, f64::INFINITY],
            Kind::OutOfRange,
            "Feature 2 of the row with id 7 is Infinity",
        ),
        (&[1.0, f64::NEG_INFINITY], Kind::OutOfRange, "is -Infinity"),
        (
            &[1.0],
            Kind::InvalidParameter,
            "id 7 has 1 feature, the rows before it have 2",
        ),
        (&[1.0; 3], Kind::InvalidParameter, "has 3 features"),
        (&[], Kind::InvalidParameter, "must not be empty"),
        (&[1.0; MAX_DIMENSION + 1], Kind::TooLarge, "there can be 16000"),
    ] {
        let error = refused(features);
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains(says), "{error}");
    }
    // Without rows before, too.
    for features in [&[][..], &[1.0; MAX_DIMENSION + 1]] {
        assert!(
            Collector::default()
                .push(Key::Integer(7), features, &mut Unhindered)
                .is_err()
        );
    }
    let long = Key::Text(&"é".repeat(1_000)).to_string();
    let error = Collector::default().push(Key::Text(&long), &[f64::NAN], &mut Unhindered);
    assert!(error.unwrap_err().to_string().contains("éé… is NaN"));
}

#[test]
fn sets_that_do_not_go_together_are_refused() {
    let two = || collect(KeyKind::Integer, &[(1, vec![1.0, 2.0])]);
    for (other, kind, says) in [
        (
            collect(KeyKind::Integer, &[(1, vec![1.0, 2.0, 3.0])]),
            Kind::InvalidParameter,
            "rows of 2 features, the other has rows of 3",
        ),
        (
            collect(KeyKind::Text, &[(1, vec![1.0, 2.0])]),
            Kind::WrongType,
            "One has integer ids, the other has text ids",
        ),
    ] {
        let mut set = two();
        let error = set.merge(&other, &mut Unhindered).unwrap_err();
        assert_eq!(
            (error.kind(), two().absorb(&bytes(other), &mut Unhindered).unwrap_err()),
            (kind, error.clone())
        );
        assert!(error.to_string().contains(says), "{error}");
    }
    assert_eq!(
        two()
            .push(Key::Text("a"), &[1.0, 2.0], &mut Unhindered)
            .unwrap_err()
            .kind(),
        Kind::WrongType
    );
}

#[test]
fn many_features_are_kept() {
    let rows: Vec<Row> = (0..3)
        .map(|i| {
            (
                9 - i,
                (0..MAX_DIMENSION)
                    .map(|j| (j * 31 % 977) as f64 / 8.0 + i as f64)
                    .collect(),
            )
        })
        .collect();
    assert!(rows_of(&bytes(collect(KeyKind::Integer, &rows))) == expected(KeyKind::Integer, &rows));
}

#[test]
fn sets_are_compact() {
    let mut next = numbers(5);
    let rows: Vec<Row> = (0..50_000i64)
        .map(|id| {
            let (days, orders, cents) = (next() % 365, next() % 20, next() % 100_000);
            (id, vec![days as f64, orders as f64, cents as f64 / 100.0])
        })
        .collect();
    let size = bytes(collect(KeyKind::Integer, &rows)).len() as f64 / rows.len() as f64;
    // 1 + 9 + 5 + 17 bits
    assert!(size < 4.1, "{size} bytes a row");
}

#[test]
fn text_that_is_no_set_is_refused() {
    let sound = text(&bytes(collect(
        KeyKind::Integer,
        &[(7, vec![1.5, -0.0]), (8, vec![1e300, 1e-7])],
    )));
    assert_eq!(
        sound,
        r#"{"feature_set":1,"ids":"integer","null_ids":0,"null_features":0,"rows":[[7,[1.5,0]],[8,[1e300,1e-7]]]}"#
    );
    for (from, to, why) in [
        ("\"feature_set\":1", "\"feature_set\":2", "must be 1"),
        ("\"feature_set\":1,", "", "must be 1"),
        ("integer", "bigint", "\"ids\" must be"),
        ("[7,", "[\"seven\",", "no integer"),
        ("[7,", "[7.5,", "no integer"),
        ("integer", "uuid", "expected a string"),
        ("1.5", "\"1.5\"", "expected f64"),
        ("1.5", "1e999", "out of range"),
        ("1.5", "null", "expected f64"),
        (",[1.5,0]", "", "expected an id and an array"),
        ("[7,[1.5,0]]", "[]", "expected an id and an array"),
        ("[1.5,0]", "[1.5,0],1", "expected an id and an array"),
        ("\"null_ids\":0", "\"null_ids\":-2", "expected u64"),
        ("\"null_ids\"", "\"nulls\"", "Unknown field"),
        ("\"ids\":\"integer\",", "", "must come before"),
        ("]}", "]", "EOF"),
        ("]}", "]} x", "Trailing"),
    ] {
        let wrong = sound.replacen(from, to, 1);
        let error = Collector::parse_json(&wrong, 0, &mut Unhindered).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidText, "{wrong}");
        assert!(error.to_string().contains(why), "{error} does not say {why}");
    }
    // What is wrong with a row is said as if it had been collected.
    for (features, kind) in [("[1]", Kind::InvalidParameter), ("[]", Kind::InvalidParameter)] {
        let wrong = sound.replacen("[1e300,1e-7]", features, 1);
        assert_eq!(
            Collector::parse_json(&wrong, 0, &mut Unhindered).unwrap_err().kind(),
            kind,
            "{wrong}"
        );
    }
    assert!(Collector::parse_json("", 0, &mut Unhindered).is_err());
}

/// What may be hindered.
type Work<'a> = &'a dyn Fn(&mut Hindered) -> clientele_core::Result<()>;

/// Stops at a given call, and gives no more than so many bytes.
struct Hindered {
    passes: usize,
    bytes: usize,
}

impl Checkpoint for Hindered {
    fn pass(&mut self, _: &'static str, _: usize, _: usize) -> clientele_core::Result<()> {
        self.passes = self
            .passes
            .checked_sub(1)
            .ok_or(clientele_core::Error::new(Kind::Stopped, "stop"))?;
        Ok(())
    }

    fn reserve(&mut self, bytes: usize) -> clientele_core::Result<()> {
        let left = self.bytes.checked_sub(bytes);
        self.bytes = left.ok_or(clientele_core::Error::new(Kind::MemoryLimit, "no"))?;
        Ok(())
    }
}

#[test]
fn everything_can_be_stopped_and_is_bounded() {
    let mut next = numbers(3);
    let rows: Vec<Row> = (0..60_000).map(|_| (next() as i64, vec![next() as f64])).collect();
    let free = || Hindered {
        passes: usize::MAX,
        bytes: usize::MAX,
    };
    for kind in [KeyKind::Integer, KeyKind::Text] {
        let set = collect(kind, &rows);
        let whole = bytes(collect(kind, &rows));
        let opened = FeatureSet::open(&whole).unwrap();
        let work: [Work<'_>; 5] = [
            &|hindered| collect(kind, &rows).write(&mut Vec::new(), hindered),
            &|hindered| opened.ids(hindered).map(drop),
            &|hindered| opened.features(hindered).map(drop),
            &|hindered| Collector::default().absorb(&whole, hindered),
            &|hindered| Collector::default().merge(&set, hindered),
        ];
        for (number, work) in work.into_iter().enumerate() {
            let mut all = free();
            work(&mut all).unwrap();
            let (passes, taken) = (usize::MAX - all.passes, usize::MAX - all.bytes);
            // Every few thousand rows, and every byte that grows with them.
            assert!(passes >= 4, "{number}: {passes} passes");
            assert!(taken >= 8 * rows.len(), "{number}: {taken} bytes");
            for passes in [0, 1, passes / 2, passes - 1] {
                let stopped = work(&mut Hindered { passes, ..free() }).unwrap_err();
                assert_eq!(stopped.kind(), Kind::Stopped);
            }
            for bytes in [0, taken / 2, taken - 1] {
                let refused = work(&mut Hindered { bytes, ..free() }).unwrap_err();
                assert_eq!(refused.kind(), Kind::MemoryLimit);
            }
        }
    }
}

/// Bytes as they were written once. They must be readable for ever; if this fails, the format needs a new version.
#[test]
fn version_1_is_read_and_written() {
    let third = 1.0 / 3.0;
    let rows: &[Row] = &[
        (7, vec![3.0, 12.25, third]),
        (9, vec![-4.0, 0.5, 1e300]),
        (7, vec![3.0, 12.25, -third]),
    ];
    for (kind, rows, golden) in [
        (
            KeyKind::Integer,
            rows,
            "0101a03d12a2030000030e02080007033f0002640b97bc240000ff555555555555d5bf555555555555d53f9c7500883ce4377e",
        ),
        (
            KeyKind::Uuid,
            &rows[..2],
            "0102a5fc3df10200000308000000000000007000000000000007080000000000000090000000000000070007030702640b970400ff555555555555d53f9c7500883ce4377e",
        ),
        (
            KeyKind::Text,
            &rows[..2],
            "0103e98da7c7020000032a0025637573746f6d6572206ec3ba6d65726f2030393232333337323033363835343737353831352401370007030702640b970400ff555555555555d53f9c7500883ce4377e",
        ),
        (KeyKind::Integer, &[][..], "010006729e7a00000000"),
    ] {
        let set = bytes(collect(kind, rows));
        let hex: String = set.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, golden);
        assert_eq!(rows_of(&set), expected(kind, rows));
    }
}
