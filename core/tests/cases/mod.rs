//! How many cases a property is tried with, and which: the same in every run.

use proptest::test_runner::{Config, RngSeed};

/// Where the cases of an ordinary run come from: a test that is red for one is red for all, until it is mended.
const SEED: u64 = 1;

/// So many cases, from [`SEED`] unless `PROPTEST_RNG_SEED` names other ones.
///
/// What fails prints the least case that does, which becomes a test by hand: nothing is written beside the sources.
pub fn cases(cases: u32) -> Config {
    let given = Config::default();
    Config {
        cases,
        failure_persistence: None,
        rng_seed: match given.rng_seed {
            RngSeed::Random => RngSeed::Fixed(SEED),
            fixed => fixed,
        },
        ..given
    }
}
