//! What parallel workers send each other of summaries: bytes make rows that are written as they came, or an error.
#![no_main]

use clientele_core::checkpoint::Unhindered;
use clientele_core::mergeable::Mergeable;
use clientele_core::purchases::History;
use clientele_core::rfm::{Standing, Standings};
use clientele_core::spend::Spender;
use clientele_core::summary::{Row, Summaries};
use clientele_core_fuzz::check_standings;
use libfuzzer_sys::fuzz_target;

fn check<T: Row<N> + 'static, const N: usize>(bytes: &[u8]) {
    let Ok(mut rows) = Summaries::<T, N>::read(bytes, 0, &mut Unhindered) else {
        return;
    };
    let mut written = Vec::new();
    rows.write(&mut written, &mut Unhindered).expect("there is memory");
    let again = Summaries::<T, N>::read(&written, 0, &mut Unhindered).expect("what was written is read");
    let bits = |rows: &Summaries<T, N>| -> Vec<[u64; N]> { rows.rows().iter().map(Row::bits).collect() };
    assert_eq!(bits(&again), bits(&rows));
}

fuzz_target!(|bytes: &[u8]| {
    let bytes = &bytes[..bytes.len().min(4_096)];
    let mut sealed = bytes.to_vec();
    sealed.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
    for bytes in [bytes, &sealed] {
        check::<History, 4>(bytes);
        check::<Spender, 3>(bytes);
        check::<Standing, 4>(bytes);
        if let Ok(standings) = Standings::read(bytes, 0, &mut Unhindered) {
            check_standings(standings);
        }
    }
});
