//! Counters of a region.

mod counter;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub(crate) use counter::HitCounter;

/// What happened in a region since it was made.
///
/// # Example
///
/// ```
/// # futures_util::FutureExt::now_or_never(async {
/// use cache_core::Cache;
///
/// let users = Cache::new().region::<u64, String>("users").build()?;
/// users.get_or_load(&1_u64, || async { Ok::<_, std::convert::Infallible>("Ada".to_owned()) }).await.unwrap();
/// users.get(&1_u64);
/// assert_eq!((users.stats().loads, users.stats().hits), (1, 1));
/// # Ok::<(), cache_core::Error>(())
/// # }).unwrap().unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Look-ups that were answered from the cache.
    pub hits: u64,
    /// Of these, those that were answered with a value whose ttl was over.
    pub stale_hits: u64,
    /// Look-ups that were answered from the shared tier: another process had loaded the value. (They are misses of this
    /// process, and no loads.)
    pub shared_hits: u64,
    /// Look-ups that were not.
    pub misses: u64,
    /// Loads that were started.
    pub loads: u64,
    /// Callers that got the result of somebody else's load.
    pub loads_deduped: u64,
    /// Of these, those of values that were still there to be served: before the end of their ttl, or after it.
    pub refreshes: u64,
    /// Loads that ended with the loader's error.
    pub load_errors: u64,
    /// Loads that were dropped before they ended.
    pub loads_cancelled: u64,
    /// Loads that panicked.
    pub loads_panicked: u64,
    /// Loads that were dropped at their timeout.
    pub load_timeouts: u64,
    /// The time all ended loads took together.
    pub load_time: Duration,
    /// Values that were handed out but not stored (see [`NotStored`](crate::NotStored)).
    pub not_stored: u64,
    /// Entries that left because the region was full.
    pub evictions: u64,
    /// Entries that left because their time was over.
    pub expirations: u64,
    /// Entries that left because they were invalidated. Those of a tag or region are counted when they are found.
    pub invalidations: u64,
}

impl Stats {
    /// The share of look-ups that were answered from the cache, from 0 to 1; 0 when there were none.
    #[must_use]
    pub fn hit_ratio(&self) -> f64 {
        let lookups = self.hits + self.misses;
        if lookups == 0 { 0.0 } else { self.hits as f64 / lookups as f64 }
    }
}

/// The live counters behind [`Stats`].
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) hits: HitCounter,
    pub(crate) stale_hits: AtomicU64,
    pub(crate) shared_hits: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) loads: AtomicU64,
    pub(crate) loads_deduped: AtomicU64,
    pub(crate) refreshes: AtomicU64,
    pub(crate) load_errors: AtomicU64,
    pub(crate) loads_cancelled: AtomicU64,
    pub(crate) loads_panicked: AtomicU64,
    pub(crate) load_timeouts: AtomicU64,
    pub(crate) load_nanos: AtomicU64,
    pub(crate) not_stored: AtomicU64,
    pub(crate) evictions: AtomicU64,
    pub(crate) expirations: AtomicU64,
    pub(crate) invalidations: AtomicU64,
}

/// One more.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(crate) fn snapshot(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            hits: self.hits.sum(),
            stale_hits: read(&self.stale_hits),
            shared_hits: read(&self.shared_hits),
            misses: read(&self.misses),
            loads: read(&self.loads),
            loads_deduped: read(&self.loads_deduped),
            refreshes: read(&self.refreshes),
            load_errors: read(&self.load_errors),
            loads_cancelled: read(&self.loads_cancelled),
            loads_panicked: read(&self.loads_panicked),
            load_timeouts: read(&self.load_timeouts),
            load_time: Duration::from_nanos(read(&self.load_nanos)),
            not_stored: read(&self.not_stored),
            evictions: read(&self.evictions),
            expirations: read(&self.expirations),
            invalidations: read(&self.invalidations),
        }
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot().fmt(f)
    }
}
