//! A region without its types: what a cache, an operator's page or a metrics exporter works with.

use std::fmt;
use std::sync::Arc;

use super::inner::RegionInner;
use crate::budget::Member;
use crate::event::RemovalCause;
use crate::invalidated::Invalidating;
use crate::key::CacheKey;
use crate::shared::Patterned;
use crate::stats::Stats;

/// What can be done with a region whatever it holds.
pub(crate) trait ErasedRegion: Send + Sync {
    fn name(&self) -> &Arc<str>;
    fn stats(&self) -> Stats;
    fn len(&self) -> usize;
    fn weight(&self) -> u64;
    fn invalidate_region(&self) -> Invalidating;
    fn sweep(&self) -> usize;
    /// Asserts what holds at any moment.
    #[cfg(any(test, feature = "test-util"))]
    fn check(&self);
    /// How many keys are being loaded.
    #[cfg(any(test, feature = "test-util"))]
    fn flights(&self) -> usize;
}

impl<O, V> ErasedRegion for RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn name(&self) -> &Arc<str> {
        self.name()
    }

    fn stats(&self) -> Stats {
        self.counters.snapshot()
    }

    fn len(&self) -> usize {
        self.store.all().map(|shard| shard.read().len()).sum()
    }

    fn weight(&self) -> u64 {
        self.store.all().map(|shard| shard.read().weight()).sum()
    }

    fn invalidate_region(&self) -> Invalidating {
        self.invalidate_region()
    }

    fn sweep(&self) -> usize {
        self.sweep()
    }

    #[cfg(any(test, feature = "test-util"))]
    fn check(&self) {
        self.check();
    }

    #[cfg(any(test, feature = "test-util"))]
    fn flights(&self) -> usize {
        self.store.all().map(|shard| shard.read().flights().count()).sum()
    }
}

impl<O, V> Patterned for RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn drop_matching(&self, glob: &str) {
        self.invalidate_pattern(glob);
    }
}

impl<O, V> Member for RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn entries(&self) -> u64 {
        ErasedRegion::len(self) as u64
    }

    fn limit(&self, entries: u64) {
        let (held, weight) = (Member::entries(self).max(1), ErasedRegion::weight(self));
        let part = weight as f64 / self.store.capacity() as f64 * (entries as f64 / held as f64);
        for evicted in self.store.all().map(|shard| shard.write().limit(part)) {
            self.left(evicted, RemovalCause::Evicted);
        }
    }

    fn relax(&self) {
        for evicted in self.store.all().map(|shard| shard.write().relax()) {
            self.left(evicted, RemovalCause::Evicted);
        }
    }
}

/// A region of which only the name is known, not the types.
///
/// # Example
///
/// ```
/// use cache_core::Cache;
///
/// let cache = Cache::new();
/// let _users = cache.region::<u64, String>("users").build()?;
/// for region in cache.regions() {
///     println!("{:20} {:6} entries, hit ratio {:.2}", region.name(), region.len(), region.stats().hit_ratio());
/// }
/// # Ok::<(), cache_core::Error>(())
/// ```
#[derive(Clone)]
pub struct AnyRegion {
    inner: Arc<dyn ErasedRegion>,
}

impl AnyRegion {
    pub(crate) fn new(inner: Arc<dyn ErasedRegion>) -> Self {
        Self { inner }
    }

    /// The region's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.inner.name()
    }

    /// What happened in it so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.stats()
    }

    /// How many entries it holds, including those that a sweep would remove.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What its entries weigh together, in the unit of its capacity.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.inner.weight()
    }

    /// Invalidates all its entries, at the same cost whatever their number.
    ///
    /// # Cancel safety
    ///
    /// This process is done before the future is first polled; dropping it loses nothing.
    pub fn invalidate_all(&self) -> Invalidating {
        self.inner.invalidate_region()
    }

    pub(crate) fn erased(&self) -> &dyn ErasedRegion {
        &*self.inner
    }
}

impl fmt::Debug for AnyRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyRegion")
            .field("name", &self.name())
            .field("entries", &self.len())
            .field("stats", &self.stats())
            .finish()
    }
}
