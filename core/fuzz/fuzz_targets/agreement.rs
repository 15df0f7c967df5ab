//! Labels of two sides, and bytes as the state of a worker: pieces make the whole, in any order.
#![no_main]

use clientele_core::agreement::Table;
use clientele_core::checkpoint::Unhindered;
use clientele_core::key::Key;
use libfuzzer_sys::fuzz_target;

fn table(labels: &[[u8; 2]]) -> Table {
    let mut table = Table::default();
    for &[one, other] in labels {
        let (one, other) = (
            Key::Integer(i64::from(one & 7)),
            Key::Text(&"label"[..usize::from(other % 6)]),
        );
        table.push(one, other, &mut Unhindered).expect("nothing hinders it");
    }
    table
}

fuzz_target!(|bytes: &[u8]| {
    let mut sealed = bytes.to_vec();
    sealed.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
    for bytes in [bytes, &sealed] {
        let mut read = Table::default();
        if read.read(bytes, &mut Unhindered).is_ok() {
            let again = read.write(&mut Unhindered).expect("nothing hinders it");
            let mut same = Table::default();
            same.read(&again, &mut Unhindered).expect("it was written");
            let agreement = read.agreement(&mut Unhindered).expect("nothing hinders it");
            assert_eq!(same.agreement(&mut Unhindered), Ok(agreement));
        }
    }
    let labels = bytes.as_chunks().0;
    let whole = table(labels);
    let agreement = whole.agreement(&mut Unhindered).expect("nothing hinders it");
    assert_eq!(agreement.is_none(), labels.is_empty());
    if let Some(agreement) = agreement {
        assert_eq!(agreement.rows, labels.len() as u64);
        assert!(agreement.adjusted_rand <= 1.0);
        assert!((0.0..=1.0).contains(&agreement.normalized_mutual_information));
    }
    let (one, other) = labels.split_at(labels.len() / 2);
    let mut merged = table(other);
    merged.merge(&table(one), &mut Unhindered).expect("nothing hinders it");
    assert_eq!(merged.agreement(&mut Unhindered), Ok(agreement));
});
