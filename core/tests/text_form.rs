//! The compact text form of collected values, and values that have arrived as bytes.

use clientele_core::amount::Amount;
use clientele_core::basket_log;
use clientele_core::checkpoint::{Checkpoint, Unhindered};
use clientele_core::collect::{Collected, Collection};
use clientele_core::feature_set;
use clientele_core::key::{AnyKey, Key};
use clientele_core::mergeable::Mergeable;
use clientele_core::order_log::{self, TimeKind};
use clientele_core::{Error, Kind, Result};

/// Nothing becomes smaller before it is written.
const LARGE: usize = 1 << 40;

fn orders(n: i64) -> order_log::Collector {
    let mut log = order_log::Collector::new(LARGE);
    for i in 0..n {
        let name = format!("Zoë {}", i % 97);
        let amount = Amount::from_f64((i % 7) as f64 / 3.0).expect("finite");
        log.push(
            Key::Text(&name),
            TimeKind::Zoned,
            i * 1_000_000,
            amount,
            &mut Unhindered,
        )
        .expect("sound");
    }
    log
}

fn baskets(n: i64) -> basket_log::Collector {
    let mut log = basket_log::Collector::new(LARGE);
    for i in 0..n {
        let item = format!("item {}", i * i % 41);
        log.push(AnyKey::integer(i / 3), Key::Text(&item), &mut Unhindered)
            .expect("sound");
    }
    log
}

fn features(n: i64) -> feature_set::Collector {
    let mut set = feature_set::Collector::new(LARGE);
    for i in 0..n {
        set.push(Key::Integer(i % 1_000), &[i as f64, i as f64 / 7.0], &mut Unhindered)
            .expect("sound");
    }
    set
}

fn written<C: Collected>(mut collector: C) -> Vec<u8> {
    let mut bytes = Vec::new();
    collector.write(&mut bytes, &mut Unhindered).expect("it can be written");
    bytes
}

fn text<C: Collected>(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    C::write_text(bytes, &mut text, &mut Unhindered).expect("it has a text form");
    String::from_utf8(text).expect("the text form is text")
}

fn parsed<C: Collected>(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    C::parse(text, LARGE, &mut bytes, &mut Unhindered)?;
    Ok(bytes)
}

fn text_is_exact<C: Collected>(make: fn(i64) -> C) {
    for n in [0, 1, 2, 3, 500, 40_000] {
        let bytes = written(make(n));
        let text = text::<C>(&bytes);
        assert!(
            text.len() <= bytes.len().div_ceil(3) * 4 + 60,
            "{} of {}",
            text.len(),
            bytes.len()
        );
        // Nothing that arrays, rows, COPY or JSON would quote or escape.
        let plain = |letter: u8| letter.is_ascii_alphanumeric() || b"_:=+/".contains(&letter);
        assert!(text.bytes().all(plain), "{text}");
        assert_eq!(parsed::<C>(&text).as_ref(), Ok(&bytes), "{n}");
        assert_eq!(parsed::<C>(&format!(" \n{text}\t")).as_ref(), Ok(&bytes), "{n}");
        let mut json = Vec::new();
        C::write_json(&bytes, &mut json, &mut Unhindered).expect("it has JSON");
        assert_eq!(
            parsed::<C>(str::from_utf8(&json).expect("JSON is text")),
            Ok(bytes),
            "{n}"
        );
    }
}

#[test]
fn the_text_form_loses_nothing_and_json_is_read_too() {
    text_is_exact(orders);
    text_is_exact(baskets);
    text_is_exact(features);
}

#[test]
fn the_head_says_what_is_inside() {
    for (text, head) in [
        (
            text::<order_log::Collector>(&written(orders(500))),
            "order_log:1:rows=500:ASMm",
        ),
        (
            text::<basket_log::Collector>(&written(baskets(30))),
            "basket_log:1:rows=30:baskets=10:items=21:ATFX",
        ),
        (
            text::<feature_set::Collector>(&written(features(9))),
            "feature_set:1:rows=9:features=2:AQE",
        ),
        (
            text::<feature_set::Collector>(&written(features(0))),
            "feature_set:1:rows=0:features=0:AQAGcp56AAAAAA==",
        ),
    ] {
        // Behind the head come the version and the kinds.
        let start = head.rsplit_once(':').map_or(0, |(start, _)| start.len());
        assert_eq!(text[..start], head[..start]);
    }
}

#[test]
fn text_that_was_changed_is_refused() {
    let sound = text::<order_log::Collector>(&written(orders(40)));
    for at in 0..sound.len() {
        let mut wrong = sound.clone().into_bytes();
        wrong[at] = if wrong[at] == b'A' { b'B' } else { b'A' };
        let wrong = String::from_utf8(wrong).expect("letters");
        let error = parsed::<order_log::Collector>(&wrong).unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (Kind::InvalidText, "invalid input syntax for type order_log"),
            "{wrong}"
        );
        assert!(parsed::<order_log::Collector>(&sound[..at]).is_err(), "{at}");
    }
    for (from, to, why) in [
        (
            "rows=40",
            "rows=41",
            "\"order_log:1:rows=41:\", and that of its bytes is \"order_log:1:rows=40:\"",
        ),
        (":rows=40", "", "its head is"),
        (":rows=40", ":rows=40:customers=40", "its head is"),
        (":1:", ":2:", "its head is"),
        ("rows=40:", "rows=40: ", "not base64"),
        ("rows=40:", "rows=40:====", "not base64"),
        (
            "order_log:",
            "basket_log:",
            "neither with \"order_log:\" nor with \"{\"",
        ),
        ("order_log:", "{order_log:", "ey must be a string"),
    ] {
        let error = parsed::<order_log::Collector>(&sound.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidText, "{to}");
        assert!(
            error.to_string().to_lowercase().contains(&why.to_lowercase()),
            "{error} does not say {why}"
        );
    }
    // What a letter may not do in the middle of much text: stand for fewer bytes.
    let large = text::<feature_set::Collector>(&written(features(40_000)));
    let start = large.rfind(':').expect("a head") + 1;
    let (mut wrong, letters) = (large.clone().into_bytes(), 64 << 10);
    wrong[start + letters - 2..start + letters].copy_from_slice(b"==");
    let error = parsed::<feature_set::Collector>(str::from_utf8(&wrong).expect("letters")).unwrap_err();
    assert!(error.to_string().contains("not base64"), "{error}");
}

/// Gives no more than so many bytes in one piece, and notes the largest it was asked for.
struct Limited(usize, usize);

impl Checkpoint for Limited {
    fn pass(&mut self, _: &'static str, _: usize, _: usize) -> Result<()> {
        Ok(())
    }

    fn reserve(&mut self, bytes: usize) -> Result<()> {
        self.1 = self.1.max(bytes);
        if bytes <= self.0 {
            Ok(())
        } else {
            Err(Error::new(Kind::MemoryLimit, "no"))
        }
    }
}

fn limits_are_kept<C: Collected>(value: C) {
    let bytes = written(value);
    let text = text::<C>(&bytes);
    let read = |limit| C::parse(&text, LARGE, &mut Vec::new(), &mut Limited(limit, 0));
    assert_eq!(
        read(bytes.len() / 2).unwrap_err().kind(),
        Kind::MemoryLimit,
        "{}",
        C::NAME
    );
    read(LARGE).expect("there is memory");
}

#[test]
fn reading_text_asks_for_memory_first() {
    limits_are_kept(orders(50_000));
    limits_are_kept(baskets(50_000));
    limits_are_kept(features(50_000));
}

fn arrived_is_merged<C: Collected>(make: fn(i64) -> C, whole: C) {
    let (few, many) = (written(make(3)), written(make(30_000)));
    let whole = written(whole);
    let arrive = |bytes: &[u8]| Collection::<C>::read(bytes, LARGE, &mut Unhindered).expect("there is memory");
    let write = |collection: &mut Collection<C>| {
        let mut bytes = Vec::new();
        collection
            .write(&mut bytes, &mut Unhindered)
            .expect("it can be written");
        bytes
    };
    // It is given back as it came.
    assert_eq!(write(&mut arrive(&many)), many);
    assert!(arrive(&many).heap_bytes() >= many.len());
    // In any order, merged into what is empty, collecting, or has arrived itself.
    for (first, second) in [(&few, &many), (&many, &few)] {
        let mut all = Collection::<C>::new(LARGE);
        all.merge(&arrive(first), &mut Unhindered).expect("kinds are the same");
        let other = arrive(second);
        all.merge(&other, &mut Unhindered).expect("kinds are the same");
        assert!(write(&mut all) == whole, "{}", C::NAME);
        assert!(write(&mut arrive(second)) == *second, "the other stays as it is");
        let mut all = arrive(first);
        all.merge(&other, &mut Unhindered).expect("kinds are the same");
        assert!(write(&mut all) == whole, "{}", C::NAME);
        let mut all = arrive(first);
        let collector = all.collector(&mut Unhindered).expect("it can be taken apart");
        collector.absorb(second, &mut Unhindered).expect("kinds are the same");
        assert!(write(&mut all) == whole, "{}", C::NAME);
    }
}

#[test]
fn what_arrived_as_bytes_is_what_was_collected() {
    let mut whole = orders(3);
    whole
        .merge(&orders(30_000), &mut Unhindered)
        .expect("kinds are the same");
    arrived_is_merged(orders, whole);
    let mut whole = baskets(3);
    whole
        .merge(&baskets(30_000), &mut Unhindered)
        .expect("kinds are the same");
    arrived_is_merged(baskets, whole);
    let mut whole = features(3);
    whole
        .merge(&features(30_000), &mut Unhindered)
        .expect("kinds are the same");
    arrived_is_merged(features, whole);
}
