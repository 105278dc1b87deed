//! Randomness, injected: jitter, hash seeds and (in the shared tier) tokens and versions come from here, so that a
//! simulation with a seed replays.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use parking_lot::Mutex;

/// Where a [`Cache`](crate::Cache) takes its random numbers from.
///
/// # Contract
///
/// In production the numbers MUST NOT be predictable by those who choose the keys: they seed the hash functions.
pub trait Random: Send + Sync + fmt::Debug + 'static {
    /// The next random number.
    fn next_u64(&self) -> u64;
}

/// Numbers seeded from the operating system.
#[derive(Debug)]
pub(crate) struct SystemRandom(SeededRandom);

impl SystemRandom {
    pub(crate) fn new() -> Self {
        // std seeds every `RandomState` from the operating system's entropy: the portable source that needs no crate.
        Self(SeededRandom::new(RandomState::new().hash_one(std::process::id())))
    }
}

impl Random for SystemRandom {
    fn next_u64(&self) -> u64 {
        self.0.next_u64()
    }
}

/// A reproducible sequence, for tests and simulations.
///
/// The generator is SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
///
/// # Example
///
/// ```
/// use cache_core::{Random, SeededRandom};
///
/// assert_eq!(SeededRandom::new(7).next_u64(), SeededRandom::new(7).next_u64());
/// ```
#[derive(Debug)]
pub struct SeededRandom {
    state: Mutex<u64>,
}

impl SeededRandom {
    /// The sequence that belongs to `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: Mutex::new(seed) }
    }
}

impl Random for SeededRandom {
    fn next_u64(&self) -> u64 {
        let mut state = self.state.lock();
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
