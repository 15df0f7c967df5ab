//! Bytes and text as a `feature_set`: as they are, and with what gets them past the checksum or the head.
#![no_main]

use clientele_core::checkpoint::Unhindered;
use clientele_core::feature_set::{Collector, FeatureSet, parse, write_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    let mut sealed = bytes.to_vec();
    if sealed.len() >= 6 {
        sealed[0] = 1;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&sealed[..2]);
        crc.update(&sealed[6..]);
        sealed[2..6].copy_from_slice(&crc.finalize().to_le_bytes());
        read(&sealed);
    }
    if let Ok(text) = str::from_utf8(bytes) {
        read_text(text);
        for ids in ["integer", "uuid", "text"] {
            read_text(&format!(r#"{{"feature_set":1,"ids":"{ids}","rows":[{text}]}}"#));
        }
    }
});

fn read(bytes: &[u8]) {
    let Ok(set) = FeatureSet::open(bytes) else {
        return;
    };
    // A few bytes may stand for very many numbers, which takes memory and no thought.
    if set.len().saturating_mul(set.dimension()) > 1 << 20 {
        return;
    }
    let (ids, features) = (set.ids(&mut Unhindered), set.features(&mut Unhindered));
    if let (Ok(ids), Ok(features)) = (&ids, &features) {
        assert!((1..ids.len()).all(|row| ids.get(row - 1) <= ids.get(row)));
        assert!(features.iter().all(|x| x.is_finite()));
    }
    let readable = ids.is_ok() && features.is_ok();
    let mut again = Collector::default();
    assert_eq!(again.absorb(bytes, &mut Unhindered).is_ok(), readable);
    if set.check(&mut Unhindered).is_ok() {
        assert!(readable);
        check(bytes);
    } else if readable {
        assert_ne!(written(&again), bytes);
    }
}

fn read_text(text: &str) {
    if let Ok(set) = parse(text, &mut Unhindered) {
        check(&written(&set));
    }
}

fn written(set: &Collector) -> Vec<u8> {
    let mut bytes = Vec::new();
    set.write(&mut bytes, &mut Unhindered).expect("a set can be written");
    bytes
}

/// What holds for the bytes of a set that this library writes.
fn check(bytes: &[u8]) {
    let set = FeatureSet::open(bytes).expect("it was written");
    set.check(&mut Unhindered).expect("what was written is sound");
    let mut text = Vec::new();
    write_text(&set, &mut text, &mut Unhindered).expect("a sound set has a text form");
    let text = String::from_utf8(text).expect("the text form is text");
    let read = parse(&text, &mut Unhindered).expect("a text form that was written can be read");
    assert_eq!(written(&read), bytes, "the text form loses nothing");
}
