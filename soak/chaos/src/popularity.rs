//! Seeded choices, with the skew that caches live on.

/// SplitMix64: small, good enough, and the same everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    /// Uniform in `[0, 1)`.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Zipf: the row of rank r is drawn in proportion to 1 / r^0.99.
#[derive(Debug, Clone)]
pub(crate) struct Popularity {
    /// The weight of each rank and all before it.
    cumulated: Vec<f64>,
}

impl Popularity {
    pub(crate) fn of(rows: u32) -> Self {
        let weights = (1..=rows).map(|rank| f64::from(rank).powf(-0.99));
        let cumulated = weights.scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self { cumulated: cumulated.collect() }
    }

    pub(crate) fn draw(&self, random: &mut Random) -> u32 {
        let point = random.unit() * self.cumulated.last().copied().unwrap_or_default();
        let rank = self.cumulated.partition_point(|&sum| sum < point).min(self.cumulated.len() - 1);
        rank as u32
    }
}
