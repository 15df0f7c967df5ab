//! What measuring takes: the same numbers each time, and a clock.

// Each bench uses a part of it.
#![allow(dead_code)]

use std::time::Instant;

/// A fixed stream of numbers (Steele, Lea & Flood, SplitMix64).
pub struct Numbers(pub u64);

impl Numbers {
    /// The next one.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Does something, and prints how long it took, for each row too.
pub fn timed<T>(what: &str, rows: usize, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    let time = start.elapsed();
    println!(
        "{what:<40} {:>8.1} ms {:>7.1} ns a row",
        time.as_secs_f64() * 1e3,
        time.as_nanos() as f64 / rows as f64
    );
    result
}

/// The nanoseconds of a processor that this thread took, where the system tells; else those of the clock since `start`.
pub fn processor(start: Instant) -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|text| text.split(' ').next()?.parse().ok());
    told.unwrap_or_else(|| start.elapsed().as_nanos() as u64)
}
