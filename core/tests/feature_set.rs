//! What is special to feature sets: what fits, sizes, texts and golden bytes. What they share with all that is collected is in `laws`.

#[path = "keys/feature_set.rs"]
mod keys;

use clientele_core::Kind;
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::feature_set::{Collector, FeatureSet, MAX_DIMENSION};
use clientele_core::key::{Key, KeyKind};
use keys::with_id;

type Row = (i64, Vec<f64>);

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
    let set = bytes(set);
    let ids = FeatureSet::open(&set).unwrap().ids(&mut Unhindered).unwrap();
    let found: Vec<String> = (0..ids.len()).map(|row| ids.get(row).to_string()).collect();
    assert!(found == texts, "{found:?}");
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
        r#"{"feature_set":1,"ids":"integer","null_ids":0,"null_features":0,"null_weights":0,"rows":[[7,[1.5,0]],[8,[1e300,1e-7]]]}"#
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
        (",[1.5,0]", "", "expected an id, an array"),
        ("[7,[1.5,0]]", "[]", "expected an id, an array"),
        (
            "[1.5,0]",
            "[1.5,0],1,1",
            "expected an id, an array of features and perhaps a weight",
        ),
        ("[1.5,0]", "[1.5,0],\"1\"", "expected f64"),
        ("[1.5,0]", "[1.5,0],null", "expected f64"),
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
    for (features, kind) in [
        ("[1]", Kind::InvalidParameter),
        ("[]", Kind::InvalidParameter),
        ("[1,2],-1", Kind::OutOfRange),
    ] {
        let wrong = sound.replacen("[1e300,1e-7]", features, 1);
        assert_eq!(
            Collector::parse_json(&wrong, 0, &mut Unhindered).unwrap_err().kind(),
            kind,
            "{wrong}"
        );
    }
    let nothing = r#"{"feature_set":1,"null_ids":0,"null_features":0,"null_weights":0,"rows":[]}"#;
    assert_eq!(text(&bytes(Collector::default())), nothing);
}

/// A set of these ids, features and weights.
fn weighted(rows: &[(i64, f64, f64)]) -> Collector {
    let mut set = Collector::default();
    for &(id, feature, weight) in rows {
        set.push_weighted(Key::Integer(id), &[feature], weight, &mut Unhindered)
            .expect("sound");
    }
    set
}

#[test]
fn weights_of_1_are_no_weights() {
    let plain = bytes(collect(KeyKind::Integer, &[(1, vec![5.0]), (2, vec![7.5])]));
    assert_eq!(bytes(weighted(&[(2, 7.5, 1.0), (1, 5.0, 1.0)])), plain);
    // Also where that turns out while a set is read.
    let text = r#"{"feature_set":1,"ids":"integer","rows":[[1,[5],1.0],[2,[7.5]]]}"#;
    assert_eq!(bytes(Collector::parse_json(text, 0, &mut Unhindered).unwrap()), plain);
    // Rows without weights are as rows of weight 1 in a set that has weights.
    let mut merged = weighted(&[(3, 1.0, 0.5)]);
    merged.absorb(&plain, &mut Unhindered).unwrap();
    let mut other = collect(KeyKind::Integer, &[(1, vec![5.0]), (2, vec![7.5])]);
    other.merge(&weighted(&[(3, 1.0, 0.5)]), &mut Unhindered).unwrap();
    let all = weighted(&[(1, 5.0, 1.0), (2, 7.5, 1.0), (3, 1.0, 0.5)]);
    let all = bytes(all);
    assert_eq!((bytes(merged), bytes(other)), (all.clone(), all.clone()));
    assert_eq!(text_of_rows(&all), r#""rows":[[1,[5],1],[2,[7.5],1],[3,[1],0.5]]}"#);
    let set = FeatureSet::open(&all).unwrap();
    assert_eq!(set.weights(&mut Unhindered).unwrap(), Some(vec![1.0, 1.0, 0.5]));
    assert_eq!(set.weight(&mut Unhindered), Ok(2.5));
    assert_eq!(FeatureSet::open(&plain).unwrap().weight(&mut Unhindered), Ok(2.0));
}

fn text_of_rows(bytes: &[u8]) -> String {
    let text = text(bytes);
    text[text.find("\"rows\"").expect("there are rows")..].to_owned()
}

#[test]
fn weights_are_finite_and_not_negative() {
    for (weight, says) in [
        (-1.0, "It is -1."),
        (f64::NAN, "It is NaN."),
        (f64::INFINITY, "It is Infinity."),
        (-5e-324, "It is -5e-324."),
    ] {
        let mut set = Collector::default();
        let error = set.push_weighted(Key::Integer(1), &[1.0], weight, &mut Unhindered);
        let error = error.unwrap_err();
        assert_eq!(error.kind(), Kind::OutOfRange);
        assert_eq!(error.message(), "weight must be a finite number that is not negative");
        assert_eq!(error.detail_text(), Some(says));
    }
    // Zero has one sign, and weights beyond the range of numbers are told of as such.
    assert_eq!(bytes(weighted(&[(1, 1.0, -0.0)])), bytes(weighted(&[(1, 1.0, 0.0)])));
    let huge = bytes(weighted(&[(1, 1.0, f64::MAX), (2, 1.0, f64::MAX)]));
    let set = FeatureSet::open(&huge).unwrap();
    assert_eq!(set.weight(&mut Unhindered), Ok(f64::INFINITY));
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
            "0101ba1de60003000000060e02080007033f0002640b97bc240000ff555555555555d5bf555555555555d53f9c7500883ce4377e",
        ),
        (
            KeyKind::Uuid,
            &rows[..2],
            "0102cafc3115020000000608000000000000007000000000000007080000000000000090000000000000070007030702640b970400ff555555555555d53f9c7500883ce4377e",
        ),
        (
            KeyKind::Text,
            &rows[..2],
            "01033b41399702000000062a0025637573746f6d6572206ec3ba6d65726f2030393232333337323033363835343737353831352401370007030702640b970400ff555555555555d53f9c7500883ce4377e",
        ),
        (KeyKind::Integer, &[][..], "0100cad41b3b0000000000"),
    ] {
        let set = bytes(collect(kind, rows));
        let hex: String = set.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, golden);
        FeatureSet::open(&set).unwrap().check(&mut Unhindered).unwrap();
    }
    let set = bytes(weighted(&[(9, -4.0, 3.0), (7, 3.0, 1.0), (7, 3.0, 0.25)]));
    let hex: String = set.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "01011cd422b203000000030e02080007033f0002320900964c04");
    FeatureSet::open(&set).unwrap().check(&mut Unhindered).unwrap();
}
