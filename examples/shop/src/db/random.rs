//! Seeded random numbers: every fill makes the same shop.

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Uniform in `0..n`. `n` MUST NOT be zero.
    pub(super) fn below(&mut self, n: u32) -> u32 {
        // The high half of a 32 × 32 bit product: no division, and even enough for a shop.
        ((u64::from(self.next() as u32) * u64::from(n)) >> 32) as u32
    }

    /// In `0..n`, small numbers more often than large ones: the first tenth gets a third of the draws.
    pub(super) fn skewed(&mut self, n: u32) -> u32 {
        let uniform = f64::from(self.next() as u32) / 4_294_967_296.0;
        (uniform * uniform * f64::from(n)) as u32
    }

    /// One of `items`, which MUST NOT be empty.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u32) as usize]
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
