//! The root handle.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use std::collections::HashMap;

use crate::builder::{self, CacheBuilder};
use crate::counter::Counter;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::fleet_counter::{FleetCounter, FleetRateLimiter};
use crate::invalidated::Invalidating;
use crate::key::CacheKey;
use crate::rate_limit::RateLimiter;
use crate::region::{AnyRegion, Blueprint, CacheValue, ErasedRegion, Region, RegionBuilder, RegionInner, erase, make};
use crate::shared::Shared;
use crate::table::Table;
use crate::tag::Tag;
use crate::tier::{Item, TierStatus};
use crate::timeout::within;

/// A cache: regions with typed entries, the tags across them, and the clock that orders what happens to them.
///
/// Cheap to clone; clones are the same cache. `#[cached]` functions use [`Cache::global`] unless they say
/// `cache = …` or run in the [`scope`](Self::scope) of another one.
///
/// # Example
///
/// ```
/// # futures_util::FutureExt::now_or_never(async {
/// use cache_core::Cache;
///
/// let cache = Cache::new();
/// let names = cache.region::<u64, String>("names").build()?;
/// let id = 1_u64;
/// names.put(&id, "Ada".to_owned()).await;
/// cache.invalidate_all().await;
/// assert_eq!(names.get(&id), None);
/// # Ok::<(), cache_core::Error>(())
/// # }).unwrap().unwrap();
/// ```
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    /// The regions of `#[cached]` functions, by the functions' dense indices.
    functions: Table,
    directory: Mutex<Directory>,
}

#[derive(Default)]
struct Directory {
    /// Region name → where it was declared.
    names: HashMap<String, String>,
    regions: Vec<Arc<dyn ErasedRegion>>,
}

impl Cache {
    /// A cache of this process, with the default settings.
    #[must_use]
    pub fn new() -> Self {
        builder::plain()
    }

    /// Starts the settings of a cache.
    pub fn builder() -> CacheBuilder {
        CacheBuilder::new()
    }

    pub(crate) fn from_shared(shared: Shared) -> Self {
        let shared = Arc::new(shared);
        if let Some(tier) = shared.tier() {
            tier.start(&shared);
        }
        Self { inner: Arc::new(Inner { shared, functions: Table::new(), directory: Mutex::default() }) }
    }

    /// Starts the settings of a region called `name`. Names are unique within a cache.
    pub fn region<K: CacheKey, V: CacheValue>(&self, name: impl Into<String>) -> RegionBuilder<'_, K, V> {
        RegionBuilder::new(self, name.into())
    }

    /// All regions made so far, those of functions included, in the order in which they were made.
    #[must_use]
    pub fn regions(&self) -> Vec<AnyRegion> {
        self.inner.directory.lock().regions.iter().map(|region| AnyRegion::new(Arc::clone(region))).collect()
    }

    /// Invalidates every entry that carries `tag`, whatever the number: one step. Values that are being loaded and
    /// turn out to carry it are not stored. An empty tag is carried by nothing.
    ///
    /// # Cancel safety
    ///
    /// This process is done before the future is first polled; dropping it loses nothing.
    pub fn invalidate_tag(&self, tag: impl TryInto<Tag>) -> Invalidating {
        let Ok(tag) = tag.try_into() else { return Invalidating::done() };
        let shared = &self.inner.shared;
        Invalidating::of(shared, [Item::Tag(tag.as_str().into())], || shared.tags.touch(&tag, &shared.touches))
    }

    /// [`invalidate_tag`](Self::invalidate_tag) for many tags.
    ///
    /// # Cancel safety
    ///
    /// That of [`invalidate_tag`](Self::invalidate_tag).
    pub fn invalidate_tags<T: TryInto<Tag>>(&self, tags: impl IntoIterator<Item = T>) -> Invalidating {
        tags.into_iter().fold(Invalidating::done(), |all, tag| all.and(self.invalidate_tag(tag)))
    }

    /// Invalidates everything in the region called `name`, at the same cost whatever its size.
    ///
    /// # Cancel safety
    ///
    /// That of [`invalidate_tag`](Self::invalidate_tag).
    pub fn invalidate_region(&self, name: &str) -> Invalidating {
        let shared = &self.inner.shared;
        Invalidating::of(shared, [Item::Region(name.into())], || shared.touch_region(name))
    }

    /// Invalidates the entries whose text `region:key` matches a glob: `*` is any run of characters, `?` any one, and
    /// `\` makes the next one literal.
    ///
    /// Unlike all other invalidations this one looks at every entry of every region whose name can match: prefer a
    /// tag where it happens often. Give regions short names for it (`name = "user"`).
    ///
    /// # Cancel safety
    ///
    /// That of [`invalidate_tag`](Self::invalidate_tag).
    ///
    /// # Example
    ///
    /// ```
    /// # futures_util::FutureExt::now_or_never(async {
    /// # let cache = cache_core::Cache::new();
    /// let pages = cache.region::<(String, u64), String>("page").build()?;
    /// pages.put(&("en", 1_u64), "Hello".to_owned()).await;
    /// cache.invalidate_pattern("page:en:*").await;
    /// assert_eq!(pages.get(&("en", 1_u64)), None);
    /// # Ok::<(), cache_core::Error>(())
    /// # }).unwrap().unwrap();
    /// ```
    pub fn invalidate_pattern(&self, glob: &str) -> Invalidating {
        let shared = &self.inner.shared;
        Invalidating::of(shared, [Item::Pattern(glob.into())], || shared.touch_pattern(glob))
    }

    /// Invalidates everything, at the same cost whatever its size.
    ///
    /// # Cancel safety
    ///
    /// That of [`invalidate_tag`](Self::invalidate_tag).
    pub fn invalidate_all(&self) -> Invalidating {
        let shared = &self.inner.shared;
        Invalidating::of(shared, [Item::Everything], || shared.touch_everything())
    }

    /// How this process stands with the shared tier; `None` in a cache that has none. Asks nobody.
    ///
    /// # Example
    ///
    /// ```
    /// use cache_core::{Cache, SharedTier, test_util::MemoryBackend};
    ///
    /// let cache = Cache::builder().shared_tier(SharedTier::new(MemoryBackend::new())).build()?;
    /// let status = cache.tier_status().expect("it has a tier");
    /// assert_eq!((status.is_available, status.queued), (true, 0));
    /// assert_eq!(status.staleness_bound.as_secs(), 8);
    /// assert_eq!(Cache::new().tier_status(), None);
    /// # Ok::<(), cache_core::Error>(())
    /// ```
    #[must_use]
    pub fn tier_status(&self) -> Option<TierStatus> {
        let shared = &self.inner.shared;
        shared.tier().map(|tier| tier.status(shared))
    }

    /// Switches caching off or on, for all regions and at once. While it is off nothing is served, stored or shared:
    /// every call runs its load. What was stored before is not valid after.
    pub fn set_enabled(&self, enabled: bool) {
        self.inner.shared.set_enabled(enabled);
    }

    /// Whether caching is switched on.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.inner.shared.is_enabled()
    }

    /// A new counter, whose counts live for `ttl` after the first increment of their key.
    pub fn counter(&self, ttl: Duration) -> Counter {
        Counter::new(Arc::clone(&self.inner.shared), ttl)
    }

    /// A new rate limiter, which lets `limit` calls per key through in any stretch of `window`.
    pub fn rate_limiter(&self, limit: u64, window: Duration) -> RateLimiter {
        RateLimiter::new(Arc::clone(&self.inner.shared), limit, window)
    }

    /// A counter that all processes of the fleet share: those of one `name` count together. See [`FleetCounter`].
    pub fn fleet_counter(&self, name: &str, ttl: Duration) -> FleetCounter {
        FleetCounter::new(Arc::clone(&self.inner.shared), name, ttl)
    }

    /// A rate limiter that all processes of the fleet share: those of one `name` count together. See
    /// [`FleetRateLimiter`].
    pub fn fleet_rate_limiter(&self, name: &str, limit: u64, window: Duration) -> FleetRateLimiter {
        FleetRateLimiter::new(Arc::clone(&self.inner.shared), name, limit, window)
    }

    /// Removes every entry that can no longer be served, from all regions; returns how many there were.
    ///
    /// Loads and puts do this bit by bit as they go. Call it where a cache that nobody writes to shall give its memory
    /// back.
    pub fn sweep(&self) -> usize {
        self.regions().iter().map(|region| region.erased().sweep()).sum()
    }

    /// Starts no more background work and waits for what runs, `deadline` at most. The cache itself goes on serving.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DeadlineElapsed`] if work was still running then.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the waiting, not the work.
    pub async fn shutdown(&self, deadline: Duration) -> Result<(), Error> {
        let shared = &self.inner.shared;
        if let Some(tier) = shared.tier() {
            // What waits is in this process only.
            within(Some(shared.clock.sleep(deadline)), tier.send_all(shared, true)).await;
            if !tier.outbox.is_empty() {
                return Err(Error::new(
                    ErrorKind::DeadlineElapsed,
                    "invalidations are still waiting to be sent to the other processes",
                ));
            }
        }
        match shared.background.drain(&shared.clock, deadline).await {
            0 => Ok(()),
            running => Err(Error::new(
                ErrorKind::DeadlineElapsed,
                format!("{running} background tasks were still running after {deadline:?}"),
            )),
        }
    }

    pub(crate) fn add_region<K: CacheKey, V: CacheValue>(
        &self,
        blueprint: Blueprint<K::Owned, V>,
    ) -> Result<Region<K, V>, Error> {
        blueprint.policy.check()?;
        let name = blueprint.name.clone();
        let mut directory = self.inner.directory.lock();
        if let Some(first) = directory.names.get(&name) {
            return Err(Error::new(
                ErrorKind::DuplicateRegion,
                format!("there is a region called `{name}` already, declared at {first}"),
            ));
        }
        directory.names.insert(name, "a region builder".to_owned());
        let region = make(&self.inner.shared, blueprint, true);
        directory.regions.push(Arc::clone(&region) as Arc<dyn ErasedRegion>);
        Ok(Region::new(region))
    }

    /// The region of a function, if it was made.
    #[inline]
    pub(crate) fn function_region(&self, index: usize) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.inner.functions.get(index)
    }

    /// The region of a function, made if it was not. One that cannot be made as declared keeps nothing, and says so.
    pub(crate) fn function_region_or_make<O, V>(
        &self,
        index: usize,
        declared: &str,
        blueprint: impl FnOnce() -> Blueprint<O, V>,
    ) -> &Arc<dyn Any + Send + Sync>
    where
        O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
        V: Clone + Send + Sync + 'static,
    {
        let mut problem = None;
        let cell = self.inner.functions.get_or_init(index, || {
            let blueprint = blueprint();
            problem = blueprint.policy.check().err().map(|error| Event::Misconfigured {
                region: blueprint.name.as_str().into(),
                reason: error.to_string(),
            });
            let mut directory = self.inner.directory.lock();
            if let Some(first) = directory.names.get(&blueprint.name) {
                problem = Some(Event::DuplicateRegion {
                    region: blueprint.name.as_str().into(),
                    first: first.clone(),
                    second: declared.to_owned(),
                });
            } else {
                directory.names.insert(blueprint.name.clone(), declared.to_owned());
            }
            let region: Arc<RegionInner<O, V>> = make(&self.inner.shared, blueprint, problem.is_none());
            directory.regions.push(Arc::clone(&region) as Arc<dyn ErasedRegion>);
            erase(&region)
        });
        // After the region is there: a listener may call the function.
        problem.iter().for_each(|event| self.inner.shared.emit(event));
        cell
    }

    /// Whether this is [`Cache::global`].
    pub(crate) fn is_global(&self) -> bool {
        crate::ambient::installed().is_some_and(|global| Arc::ptr_eq(&global.inner, &self.inner))
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("enabled", &self.is_enabled()).field("regions", &self.regions()).finish()
    }
}
