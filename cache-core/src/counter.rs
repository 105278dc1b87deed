//! Counters with a lifetime.

use std::sync::Arc;
use std::time::Duration;

use crate::key::CacheKey;
use crate::ledger::Ledger;
use crate::shared::Shared;

/// Counts per key, for a time that begins with a key's first count. Clones share their counts.
///
/// Counts are exact under concurrency. At most 100 000 keys are kept; beyond that those that would end first end
/// early.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use cache_core::Cache;
///
/// let views = Cache::new().counter(Duration::from_secs(3600));
/// views.increment("home", 1);
/// assert_eq!(views.increment("home", 2), 3);
/// assert_eq!((views.get("home"), views.get("about")), (3, 0));
/// ```
#[derive(Debug, Clone)]
pub struct Counter {
    shared: Arc<Shared>,
    ledger: Arc<Ledger<i64>>,
    ttl: Duration,
}

impl Counter {
    pub(crate) fn new(shared: Arc<Shared>, ttl: Duration) -> Self {
        let ledger = Arc::new(Ledger::new(shared.hasher.clone()));
        Self { shared, ledger, ttl }
    }

    /// Adds `by` to the count of `key` and returns the new count. The first increment starts the key's lifetime; later
    /// ones do not prolong it. A count stays at the ends of `i64` rather than wrap.
    pub fn increment<Q: CacheKey + ?Sized>(&self, key: &Q, by: i64) -> i64 {
        let now = self.shared.clock.now();
        self.ledger.update(key, now, |count, ends| {
            *count = count.saturating_add(by);
            (*count, if ends <= now { now.saturating_add(self.ttl) } else { ends })
        })
    }

    /// The count of `key`; 0 if there is none.
    pub fn get<Q: CacheKey + ?Sized>(&self, key: &Q) -> i64 {
        self.ledger.read(key, self.shared.clock.now(), |count| *count).unwrap_or(0)
    }

    /// Forgets the count of `key`.
    pub fn reset<Q: CacheKey + ?Sized>(&self, key: &Q) {
        self.ledger.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Cache;
    use crate::clock::MockClock;

    #[test]
    fn the_first_increment_starts_the_lifetime() {
        let clock = MockClock::new();
        let counter = Cache::builder().clock(clock.clone()).build().unwrap().counter(Duration::from_secs(10));
        assert_eq!(counter.increment("a", 1), 1);
        clock.advance(Duration::from_secs(9));
        assert_eq!(counter.increment("a", 1), 2);
        clock.advance(Duration::from_secs(1));
        assert_eq!(counter.get("a"), 0);
        assert_eq!(counter.increment("a", i64::MAX), i64::MAX);
        assert_eq!(counter.increment("a", 1), i64::MAX);
    }

    #[test]
    fn a_flood_of_keys_does_not_fill_the_memory() {
        let counter = Cache::new().counter(Duration::from_secs(3600));
        for key in 0..150_000_u64 {
            counter.increment(&key, 1);
        }
        assert!(counter.ledger.len() <= 100_000, "{}", counter.ledger.len());
        assert_eq!(counter.get(&149_999_u64), 1, "the newest is there");
    }
}
