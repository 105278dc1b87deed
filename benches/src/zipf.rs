//! Seeded keys with the skew that caches live on.

/// How many keys there are, all of them resident.
pub const RESIDENT: u64 = 10_000;

/// What the caches are told they may hold: enough that nothing is evicted.
pub const CAPACITY: u64 = 20_000;

/// Length of the stream of keys: too long for a branch predictor to learn, short enough (512 KiB) not to push what is
/// looked up out of the processor's caches.
pub const STREAM: usize = 1 << 16;

const EXPONENT: f64 = 0.99;

/// `STREAM` keys below `RESIDENT`, Zipf-distributed with exponent 0.99.
#[must_use]
pub fn keys(seed: u64) -> Vec<u64> {
    Zipf::new(RESIDENT, EXPONENT, seed).take(STREAM).collect()
}

/// Keys without end, Zipf-distributed. The popular ones are scattered over the range.
pub struct Zipf {
    random: SplitMix,
    ids: Vec<u64>,
    /// The weight of each rank and all before it.
    cumulated: Vec<f64>,
}

impl Zipf {
    /// Keys below `count`; the one of rank r is drawn in proportion to 1 / r^`exponent`.
    #[must_use]
    pub fn new(count: u64, exponent: f64, seed: u64) -> Self {
        let mut random = SplitMix(seed);
        let mut ids: Vec<u64> = (0..count).collect();
        for last in (1..ids.len()).rev() {
            ids.swap(last, (random.next() % (last as u64 + 1)) as usize);
        }
        let cumulated = (1..=count)
            .scan(0.0, |sum, rank| {
                *sum += (rank as f64).powf(-exponent);
                Some(*sum)
            })
            .collect();
        Self { random, ids, cumulated }
    }
}

impl Iterator for Zipf {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let point = self.random.unit() * self.cumulated.last()?;
        let rank = self.cumulated.partition_point(|&sum| sum < point).min(self.ids.len() - 1);
        Some(self.ids[rank])
    }
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
