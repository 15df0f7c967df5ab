//! Bytes and text as a `feature_set`: as they are, and with what gets them past the checksum or the head.
#![no_main]

use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::feature_set::{Collector, FeatureSet};
use clientele_core_fuzz::{NO_RUNS, check_written, parsed, read_sealed, written};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read_sealed(bytes, read);
    if let Ok(text) = str::from_utf8(bytes) {
        read_text(text);
        read_text(&format!("feature_set:1:rows=1:features=1:{text}"));
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
    let weights = set.weights(&mut Unhindered);
    if let Ok(Some(weights)) = &weights {
        assert!(weights.iter().all(|x| x.is_finite() && *x >= 0.0));
    }
    if let (Ok(ids), Ok(features)) = (&ids, &features) {
        assert!((1..ids.len()).all(|row| ids.get(row - 1) <= ids.get(row)));
        assert!(features.iter().all(|x| x.is_finite()));
    }
    let readable = ids.is_ok() && features.is_ok() && weights.is_ok();
    let mut again = Collector::default();
    assert_eq!(again.absorb(bytes, &mut Unhindered).is_ok(), readable);
    if set.check(&mut Unhindered).is_ok() {
        assert!(readable);
        check_written::<Collector>(bytes);
    } else if readable {
        assert_ne!(written(again), bytes);
    }
}

fn read_text(text: &str) {
    if let Ok(bytes) = parsed::<Collector>(text, NO_RUNS) {
        check_written::<Collector>(&bytes);
    }
}
