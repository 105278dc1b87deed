//! Seeded keys with the skew that caches live on.

/// How many keys there are, all of them resident.
pub const RESIDENT: u64 = 10_000;

/// What the caches are told they may hold: enough that nothing is evicted.
pub const CAPACITY: u64 = 20_000;

/// Length of the stream of keys: too long for a branch predictor to learn, short enough (512 KiB) not to push what is
/// looked up out of the processor's caches.
pub const STREAM: usize = 1 << 16;

const EXPONENT: f64 = 0.99;

/// `STREAM` keys below `RESIDENT`, Zipf-distributed with exponent 0.99. The popular ones are scattered over the range.
#[must_use]
pub fn keys(seed: u64) -> Vec<u64> {
    let mut random = SplitMix(seed);
    let mut ids: Vec<u64> = (0..RESIDENT).collect();
    for last in (1..ids.len()).rev() {
        ids.swap(last, (random.next() % (last as u64 + 1)) as usize);
    }
    let cumulated: Vec<f64> = (1..=RESIDENT)
        .scan(0.0, |sum, rank| {
            *sum += (rank as f64).powf(-EXPONENT);
            Some(*sum)
        })
        .collect();
    let total = cumulated[cumulated.len() - 1];
    let draw = || {
        let point = random.unit() * total;
        ids[cumulated.partition_point(|&sum| sum < point).min(ids.len() - 1)]
    };
    std::iter::repeat_with(draw).take(STREAM).collect()
}

/// SplitMix64: small, good enough, and the same everywhere.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `[0, 1)`.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::{RESIDENT, keys};

    #[test]
    fn the_same_seed_gives_the_same_keys() {
        assert_eq!(keys(7)[..100], keys(7)[..100]);
        assert_ne!(keys(7)[..100], keys(8)[..100]);
    }

    #[test]
    fn keys_are_skewed_and_in_range() {
        let keys = keys(7);
        let mut counts = vec![0_usize; RESIDENT as usize];
        keys.iter().for_each(|&key| counts[key as usize] += 1);
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let top = counts[..100].iter().sum::<usize>() as f64 / keys.len() as f64;
        // Exactly: the sum of 1/r^0.99 over the first 100 ranks, divided by that over all 10 000.
        assert!((0.51..0.56).contains(&top), "the hundred most popular keys draw {top:.3} of the lookups");
    }
}
