//! Counters and rate limits of a whole fleet.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::counter::Counter;
use crate::key::{CacheKey, render};
use crate::rate_limit::{RateLimit, RateLimiter};
use crate::shared::Shared;

/// Counts per key in the shared tier, for a time that begins with a key's first count: all processes of the fleet count
/// together, exactly. Clones share their counts, and so do counters of the same name.
///
/// While the tier is away, and in a cache without one, each process counts for itself; [`Count::of_fleet`] tells.
///
/// # Example
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use std::time::Duration;
/// use cache_core::{Cache, test_util::MemoryBackend};
///
/// let cache = Cache::builder().shared_tier(MemoryBackend::new()).build().unwrap();
/// let views = cache.fleet_counter("views", Duration::from_secs(3600));
/// assert_eq!(views.increment("home", 2).await.value, 2);
/// assert_eq!(views.increment("home", 1).await.value, 3);
/// # }
/// ```
#[derive(Clone)]
pub struct FleetCounter {
    shared: Arc<Shared>,
    name: Arc<str>,
    ttl: Duration,
    alone: Counter,
}

/// What a [`FleetCounter`] has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Count {
    /// The new count.
    pub value: i64,
    /// Whether it is that of all processes. Otherwise the shared tier is away, and this is what this process has counted
    /// since.
    pub of_fleet: bool,
}

impl FleetCounter {
    pub(crate) fn new(shared: Arc<Shared>, name: &str, ttl: Duration) -> Self {
        let alone = Counter::new(Arc::clone(&shared), ttl);
        Self { shared, name: name.into(), ttl, alone }
    }

    /// Adds `by` to the count of `key` and returns the new count. The first increment starts the key's lifetime; later
    /// ones do not prolong it. A count stays at the ends of `i64` rather than wrap.
    ///
    /// # Cancel safety
    ///
    /// Whether it was counted is not known if the future is dropped early.
    pub async fn increment<Q: CacheKey + ?Sized>(&self, key: &Q, by: i64) -> Count {
        if let Some(tier) = self.shared.tier() {
            tier.keep(&self.shared);
            let name = tier.names.number(&format!("{}:{}", self.name, render(key, None)));
            let increment = || tier.backend.increment(&name, by, self.ttl);
            if let Ok(value) = tier.ask(&self.shared, "count", increment).await {
                return Count { value, of_fleet: true };
            }
        }
        Count { value: self.alone.increment(key, by), of_fleet: false }
    }
}

/// Lets a number of calls per key through in any stretch of time, in all processes of the fleet together. Clones share
/// their counts, and so do limiters of the same name.
///
/// The algorithm is that of [`RateLimiter`], by the clock of the shared tier. While the tier is away, and in a cache
/// without one, each process limits for itself: an outage neither lets everything through nor nothing.
///
/// # Example
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use std::time::Duration;
/// use cache_core::{Cache, test_util::MemoryBackend};
///
/// let cache = Cache::builder().shared_tier(MemoryBackend::new()).build().unwrap();
/// let limiter = cache.fleet_rate_limiter("login", 1, Duration::from_secs(60));
/// assert!(limiter.check("10.0.0.7").await.is_allowed());
/// assert!(!limiter.check("10.0.0.7").await.is_allowed());
/// # }
/// ```
#[derive(Clone)]
pub struct FleetRateLimiter {
    shared: Arc<Shared>,
    name: Arc<str>,
    limit: u64,
    window: Duration,
    alone: RateLimiter,
}

impl FleetRateLimiter {
    pub(crate) fn new(shared: Arc<Shared>, name: &str, limit: u64, window: Duration) -> Self {
        let alone = RateLimiter::new(Arc::clone(&shared), limit, window);
        Self { shared, name: name.into(), limit, window: window.max(Duration::from_millis(1)), alone }
    }

    /// Asks for one call of `key`, and counts it if it is let through.
    ///
    /// # Cancel safety
    ///
    /// Whether it was counted is not known if the future is dropped early.
    pub async fn check<Q: CacheKey + ?Sized>(&self, key: &Q) -> RateLimit {
        if let Some(tier) = self.shared.tier() {
            tier.keep(&self.shared);
            let name = tier.names.number(&format!("{}:limit:{}", self.name, render(key, None)));
            let limit = || tier.backend.limit(&name, self.limit, self.window);
            if let Ok(limited) = tier.ask(&self.shared, "limit a rate", limit).await {
                return RateLimit::new(limited.allowed, limited.remaining, limited.retry_after);
            }
        }
        self.alone.check(key)
    }
}

impl fmt::Debug for FleetCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetCounter").field("name", &self.name).field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

impl fmt::Debug for FleetRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("FleetRateLimiter");
        debug.field("name", &self.name).field("limit", &self.limit).field("window", &self.window);
        debug.finish_non_exhaustive()
    }
}
