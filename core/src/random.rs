//! Random numbers that are the same everywhere and for ever.

/// The step from one state of SplitMix64 to the next.
pub(crate) const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes bits, so that what comes out looks like chance: what SplitMix64 makes of its state.
#[inline]
pub(crate) fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// SplitMix64 (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators").
pub struct Random(u64);

impl Random {
    /// The numbers of a seed: others for each `stream` of it.
    pub fn stream(seed: u64, stream: u64) -> Random {
        let start = Random(seed).next() ^ stream;
        Random(Random(start).next())
    }

    /// 64 random bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A number from 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_reference_code() {
        let mut random = Random(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
        assert!((0..1_000).all(|_| (0.0..1.0).contains(&random.unit())));
    }
}
