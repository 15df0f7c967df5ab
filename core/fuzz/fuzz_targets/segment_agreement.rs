//! Labels of two sides, and bytes as the state of a worker: pieces make the whole, in any order.
#![no_main]

use clientele_core::checkpoint::Unhindered;
use clientele_core::key::Key;
use clientele_core::mergeable::Mergeable;
use clientele_core::segment_agreement::Contingency;
use libfuzzer_sys::fuzz_target;

fn contingency(labels: &[[u8; 2]]) -> Contingency {
    let mut contingency = Contingency::default();
    for &[one, other] in labels {
        let (one, other) = (
            Key::Integer(i64::from(one & 7)),
            Key::Text(&"label"[..usize::from(other % 6)]),
        );
        contingency.push(one, other, &mut Unhindered).expect("nothing hinders it");
    }
    contingency
}

fuzz_target!(|bytes: &[u8]| {
    let mut sealed = bytes.to_vec();
    sealed.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
    for bytes in [bytes, &sealed] {
        let Ok(mut read) = Contingency::read(bytes, 0, &mut Unhindered) else {
            continue;
        };
        let mut again = Vec::new();
        read.write(&mut again, &mut Unhindered).expect("nothing hinders it");
        let same = Contingency::read(&again, 0, &mut Unhindered).expect("it was written");
        let agreement = read.agreement(&mut Unhindered).expect("nothing hinders it");
        assert_eq!(same.agreement(&mut Unhindered), Ok(agreement));
    }
    let labels = bytes.as_chunks().0;
    let whole = contingency(labels);
    let agreement = whole.agreement(&mut Unhindered).expect("nothing hinders it");
    assert_eq!(agreement.is_none(), labels.is_empty());
    if let Some(agreement) = agreement {
        assert_eq!(agreement.rows, labels.len() as u64);
        assert!(agreement.adjusted_rand <= 1.0);
        assert!((0.0..=1.0).contains(&agreement.normalized_mutual_information));
    }
    let (one, other) = labels.split_at(labels.len() / 2);
    let mut merged = contingency(other);
    merged.merge(&contingency(one), &mut Unhindered).expect("nothing hinders it");
    assert_eq!(merged.agreement(&mut Unhindered), Ok(agreement));
});
