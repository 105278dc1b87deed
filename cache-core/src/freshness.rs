//! Whether an entry may be served, and for how long.

use std::time::Duration;

use crate::random::Random;

/// What time and invalidations have made of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// May be served.
    Fresh,
    /// May be served, and is to be loaded anew before its time is over.
    Due,
    /// Its time is over; may be served while it is loaded anew.
    Stale,
    /// Its time is over; may be served if loading it anew fails.
    Spare,
    /// Its time is over and loading it anew has failed a moment ago; may be served until that is tried again.
    Failing,
    /// Its time is over.
    Expired,
    /// One of its names was touched after its load began.
    Invalid,
}

impl Freshness {
    /// Whether the policy counts the entry as what the source says.
    pub(crate) fn is_fresh(self) -> bool {
        matches!(self, Self::Fresh | Self::Due)
    }

    /// Whether the entry can still be of use to somebody.
    pub(crate) fn is_servable(self) -> bool {
        !matches!(self, Self::Expired | Self::Invalid)
    }
}

/// The shortest time-to-live: below it the resolution of the coarse clock would show.
pub(crate) const MIN_TTL: Duration = Duration::from_millis(10);

/// `ttl`, longer or shorter by up to `percent` percent, so that entries made together do not expire together.
pub(crate) fn jittered(ttl: Duration, percent: u8, random: &dyn Random) -> Duration {
    if percent == 0 {
        return ttl;
    }
    // 53 random bits make an even fraction in [0, 1).
    let fraction = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    let factor = 1.0 + f64::from(percent) / 100.0 * (2.0 * fraction - 1.0);
    Duration::try_from_secs_f64(ttl.as_secs_f64() * factor).unwrap_or(ttl).max(MIN_TTL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn jitter_stays_within_its_percentage_and_uses_it() {
        let random = SeededRandom::new(3);
        let ttl = Duration::from_secs(100);
        let all: Vec<_> = (0..1_000).map(|_| jittered(ttl, 10, &random)).collect();
        assert!(all.iter().all(|ttl| (90.0..=110.0).contains(&ttl.as_secs_f64())));
        assert!(all.iter().any(|ttl| ttl.as_secs_f64() < 92.0));
        assert!(all.iter().any(|ttl| ttl.as_secs_f64() > 108.0));
        assert_eq!(jittered(ttl, 0, &random), ttl);
    }

    #[test]
    fn jitter_survives_the_longest_ttl() {
        assert!(jittered(Duration::MAX, 100, &SeededRandom::new(3)) >= MIN_TTL);
    }
}
