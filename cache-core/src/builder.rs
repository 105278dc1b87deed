//! The settings of a cache.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::ambient;
use crate::cache::Cache;
use crate::clock::{Clock, ClockSource, SystemClock};
use crate::error::{Error, ErrorKind};
use crate::event::{EventListener, Events, TracingLog};
use crate::flight::Limits;
use crate::freshness::MIN_TTL;
use crate::random::{Random, SystemRandom};
use crate::registry;
use crate::shared::{Parts, Shared};
use crate::spawn::{Background, Spawn, TokioSpawn};
use crate::tier::SharedTier;

/// The settings of a [`Cache`]. Every setter states its default; a cache needs none of them.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use cache_core::Cache;
///
/// let cache = Cache::builder().default_ttl(Duration::from_secs(60)).build()?;
/// # Ok::<(), cache_core::Error>(())
/// ```
#[must_use = "a builder does nothing until `build` or `install`"]
pub struct CacheBuilder {
    clock: ClockSource,
    random: Arc<dyn Random>,
    spawn: Arc<dyn Spawn>,
    listeners: Vec<Box<dyn EventListener>>,
    limits: Limits,
    background_loads: usize,
    max_entries: Option<u64>,
    default_ttl: Duration,
    max_dependencies: usize,
    enabled: bool,
    tier: Option<SharedTier>,
}

impl CacheBuilder {
    pub(crate) fn new() -> Self {
        Self {
            clock: ClockSource::System(SystemClock),
            random: Arc::new(SystemRandom::new()),
            spawn: Arc::new(TokioSpawn),
            listeners: Vec::new(),
            limits: Limits { overdue: Duration::from_secs(30), scatter: 16, retry: Duration::from_secs(1) },
            background_loads: 64,
            max_entries: None,
            default_ttl: Duration::from_secs(300),
            max_dependencies: 64,
            enabled: true,
            tier: None,
        }
    }

    /// How long values are fresh in regions that leave it open (`ttl = "default"`). Default: 5 minutes.
    pub fn default_ttl(mut self, ttl: Duration) -> Self {
        self.default_ttl = ttl;
        self
    }

    /// How long a load may run before one of those who wait for it loads for itself. The load is not stopped; what it
    /// returns goes to its own caller only. At least 10 ms. Default: 30 seconds.
    pub fn overdue_after(mut self, after: Duration) -> Self {
        self.limits.overdue = after.max(MIN_TTL);
        self
    }

    /// How many loads of a key run at once after a load failed with an error that cannot be cloned; at least 1.
    /// Default: 16.
    pub fn unshared_loads(mut self, loads: usize) -> Self {
        self.limits.scatter = loads.max(1);
        self
    }

    /// How long after a failed load the stale value is served without loading again
    /// ([`stale_if_error`](crate::Policy::stale_if_error) and refreshes): a source that is down is asked once per key
    /// in this time. Default: 1 second.
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.limits.retry = after;
        self
    }

    /// How many loads run in the background at once; beyond that, values are served without being refreshed. At least
    /// 1. Default: 64.
    pub fn background_loads(mut self, loads: usize) -> Self {
        self.background_loads = loads.max(1);
        self
    }

    /// How many entries all regions hold together, whatever their own capacities; the largest give up what is over it.
    /// Kept to within 1/64; a region keeps some entries for each core in any case. Default: the regions' capacities are the only bounds.
    pub fn max_entries(mut self, entries: u64) -> Self {
        self.max_entries = Some(entries.max(1));
        self
    }

    /// From how many names (tags, keys and regions) an entry can inherit through the cached values it was built from;
    /// one that would need more is not stored. Default: 64.
    pub fn max_dependencies(mut self, names: usize) -> Self {
        self.max_dependencies = names;
        self
    }

    /// Whether caching is switched on; see [`Cache::set_enabled`]. Default: true.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Adds a listener for the cache's events. Default: only the log (`tracing`, target `cache`, limited to 5 lines a
    /// second of each kind), which stays.
    pub fn on_event(mut self, listener: impl EventListener) -> Self {
        self.listeners.push(Box::new(listener));
        self
    }

    /// Where time comes from. Default: the machine's monotonic clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = ClockSource::Injected(Arc::new(clock));
        self
    }

    /// Where random numbers come from. Default: seeded by the operating system.
    pub fn random(mut self, random: impl Random) -> Self {
        self.random = Arc::new(random);
        self
    }

    /// Where background work runs. Default: the tokio runtime of whoever causes it.
    pub fn spawn(mut self, spawn: impl Spawn) -> Self {
        self.spawn = Arc::new(spawn);
        self
    }

    /// Keeps values in a tier that all processes of a fleet share, besides this process: what one has loaded the others
    /// find there, and what one invalidates the others drop. A backend alone will do, or a [`SharedTier`] with settings
    /// of its own. Default: none, this process is the fleet.
    pub fn shared_tier(mut self, tier: impl Into<SharedTier>) -> Self {
        self.tier = Some(tier.into());
        self
    }

    /// Makes the cache.
    ///
    /// # Errors
    ///
    /// [`Configuration`](ErrorKind::Configuration) if a setting cannot mean anything;
    /// [`DuplicateRegion`](ErrorKind::DuplicateRegion) if two `#[cached]` functions of the program have the same
    /// explicit `name`.
    pub fn build(self) -> Result<Cache, Error> {
        if self.default_ttl < MIN_TTL {
            return Err(Error::new(ErrorKind::Configuration, "default_ttl must be at least 10 ms"));
        }
        if let Some((first, second)) = registry::duplicate_names().next() {
            return Err(Error::new(
                ErrorKind::DuplicateRegion,
                format!(
                    "`{}` is the name of two cached functions, at {} and at {}",
                    first.name().unwrap_or_default(),
                    first.declared(),
                    second.declared()
                ),
            ));
        }
        self.assemble()
    }

    /// Makes the cache and installs it as [`Cache::global`], the one that `#[cached]` functions use. Do it before the
    /// first of them is called.
    ///
    /// # Errors
    ///
    /// Those of [`build`](Self::build), and [`AlreadyInstalled`](ErrorKind::AlreadyInstalled) if the global cache was
    /// used or installed before: functions that hold entries there would silently start afresh.
    pub fn install(self) -> Result<Cache, Error> {
        let cache = self.build()?;
        ambient::install(cache.clone())?;
        Ok(cache)
    }

    /// Checks nothing but what a shared tier brings: without one it cannot fail.
    fn assemble(self) -> Result<Cache, Error> {
        let mut listeners: Vec<Box<dyn EventListener>> = vec![Box::new(TracingLog::new(self.clock.clone()))];
        listeners.extend(self.listeners);
        let shared = Shared::new(Parts {
            clock: self.clock,
            random: self.random,
            background: Background::new(self.spawn, self.background_loads),
            events: Events::new(listeners),
            limits: self.limits,
            max_entries: self.max_entries,
            default_ttl: self.default_ttl,
            max_dependencies: self.max_dependencies,
            enabled: self.enabled,
            tier: self.tier,
        })?;
        Ok(Cache::from_shared(shared))
    }
}

/// A cache with the default settings.
pub(crate) fn plain() -> Cache {
    match CacheBuilder::new().assemble() {
        Ok(cache) => cache,
        Err(error) => unreachable!("the defaults can be built: {error}"),
    }
}

impl fmt::Debug for CacheBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder")
            .field("clock", &self.clock)
            .field("default_ttl", &self.default_ttl)
            .field("limits", &self.limits)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}
