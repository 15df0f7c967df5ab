//! What parallel workers send each other of summaries: bytes make rows that are written as they came, or an error.
#![no_main]

use clientele_core::checkpoint::Unhindered;
use clientele_core::codec::Reader;
use clientele_core::purchases::History;
use clientele_core::spend::Spender;
use clientele_core::summary::{Collector, Row};
use libfuzzer_sys::fuzz_target;

fn check<T: Row<N>, const N: usize>(bytes: &[u8]) {
    let mut rows = Collector::<T, N>::default();
    if rows.read(&mut Reader::new("state", bytes), &mut Unhindered).is_err() {
        return;
    }
    let mut written = Vec::new();
    rows.write(&mut written, &mut Unhindered).expect("there is memory");
    let mut again = Collector::<T, N>::default();
    again
        .read(&mut Reader::new("state", &written), &mut Unhindered)
        .expect("what was written is read");
    let bits = |rows: &Collector<T, N>| -> Vec<[u64; N]> {
        let sorted = rows.sorted(&mut Unhindered).expect("there is memory");
        sorted.iter().map(Row::bits).collect()
    };
    assert_eq!(bits(&again), bits(&rows));
}

fuzz_target!(|bytes: &[u8]| {
    let bytes = &bytes[..bytes.len().min(4_096)];
    check::<History, 4>(bytes);
    check::<Spender, 3>(bytes);
});
