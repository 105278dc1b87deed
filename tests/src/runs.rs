//! How often a property is tried, and with what.

use proptest::test_runner::{Config, RngAlgorithm, RngSeed};

/// So many inputs, the same ones every time: nobody's pull request fails for what somebody else broke. With
/// `PROPTEST_CASES=<n>` that many others instead, of `PROPTEST_RNG_SEED=<seed>` if that is given.
///
/// A failure prints the shortest input that was found. It becomes a test of its own, so no file remembers it.
#[must_use]
pub fn runs(cases: u32) -> Config {
    // The usual generator takes most of the time where nothing is optimised.
    let rng_algorithm = RngAlgorithm::XorShift;
    let config = Config { failure_persistence: None, rng_algorithm, max_shrink_iters: 50_000, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return config;
    }
    Config { cases, rng_seed: RngSeed::Fixed(0), ..config }
}
