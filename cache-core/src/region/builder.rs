//! Making a region.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Region;
use super::inner::{Hooks, RegionInner, Rules};
use super::shelf::{Shelf, ShelfSettings};
use crate::cache::Cache;
use crate::codec::{Carrier, Codec};
use crate::error::{Error, ErrorKind};
use crate::event::RemovalCause;
use crate::key::CacheKey;
use crate::l1::Store;
use crate::life::Lives;
use crate::policy::{Consistency, Policy, Ttl};
use crate::shared::{Patterned, Shared};
use crate::stats::Counters;
use crate::tag::Tag;

/// A value that can be kept in this process: it is handed out as a clone.
///
/// Implemented for every type that qualifies. Put what is expensive to clone into an [`Arc`]: values are cloned under the
/// lock of a part of the region, so `clone` should be quick and must not use the cache.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept in a cache",
    label = "values are handed out as clones, to any thread",
    note = "a cached value must be `Clone + Send + Sync + 'static`: derive `Clone`, or return `Arc<{Self}>`"
)]
pub trait CacheValue: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<V: Clone + Send + Sync + 'static> CacheValue for V {}

/// A value that can also be kept in the shared tier: serde can write and read it. Implemented for every type that
/// qualifies.
///
/// It is asked for from the first day, so that connecting a shared tier later silently skips no function. `Arc<T>`
/// qualifies if `T` does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept in the shared tier",
    label = "this value is neither written nor read by serde",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it, or keep it in this process only: `tier = \"l1\"` (on a region builder: `.local()`)"
)]
pub trait SharedValue: CacheValue {
    #[doc(hidden)]
    fn carrier() -> Carrier<Self>;
}

#[diagnostic::do_not_recommend]
impl<V: CacheValue + Serialize + DeserializeOwned> SharedValue for V {
    fn carrier() -> Carrier<Self> {
        Carrier::of()
    }
}

/// Marks a region whose values may go to the shared tier. The default.
#[derive(Debug)]
pub enum Shareable {}

/// Marks a region that stays in this process.
#[derive(Debug)]
pub enum Local {}

/// What a [`Region`] is to be. From [`Cache::region`]; every setter states its default.
#[must_use = "a builder does nothing until `build`"]
pub struct RegionBuilder<'c, K: CacheKey, V, Tier = Shareable> {
    cache: &'c Cache,
    name: String,
    policy: Policy,
    hooks: Hooks<K::Owned, V>,
    codec: Codec,
    version: String,
    carrier: Option<Carrier<V>>,
    tier: PhantomData<fn() -> (K, Tier)>,
}

impl<'c, K: CacheKey, V: CacheValue> RegionBuilder<'c, K, V> {
    pub(crate) fn new(cache: &'c Cache, name: String) -> Self {
        Self {
            cache,
            name,
            policy: Policy::new(),
            hooks: Hooks::default(),
            codec: Codec::default(),
            version: String::new(),
            carrier: None,
            tier: PhantomData,
        }
    }

    /// Keeps the region in this process, for values that serde cannot carry. Default: the shared tier is used where
    /// the cache has one.
    pub fn local(self) -> RegionBuilder<'c, K, V, Local> {
        self.of_tier()
    }

    /// How values are written to the shared tier. What another codec has written before is found no more, and still
    /// invalidated: processes with either can run side by side. Default: [`Codec::MessagePack`].
    pub fn codec(mut self, codec: Codec) -> Self {
        self.codec = codec;
        self
    }

    /// A name for what values mean at present: processes with different versions do not read each other's values, while
    /// they invalidate them all the same. To be changed when the meaning of a type changes and its shape does not.
    /// Default: none.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Makes the region.
    ///
    /// # Errors
    ///
    /// [`DuplicateRegion`](crate::ErrorKind::DuplicateRegion) if the cache has a region of this name,
    /// [`Configuration`](crate::ErrorKind::Configuration) if a setting cannot mean anything.
    pub fn build(mut self) -> Result<Region<K, V>, Error>
    where
        V: SharedValue,
    {
        self.carrier = Some(V::carrier());
        self.make()
    }
}

impl<K: CacheKey, V: CacheValue> RegionBuilder<'_, K, V, Local> {
    /// Makes the region.
    ///
    /// # Errors
    ///
    /// [`DuplicateRegion`](crate::ErrorKind::DuplicateRegion) if the cache has a region of this name,
    /// [`Configuration`](crate::ErrorKind::Configuration) if a setting cannot mean anything.
    pub fn build(self) -> Result<Region<K, V>, Error> {
        self.make()
    }
}

impl<'c, K: CacheKey, V: CacheValue, Tier> RegionBuilder<'c, K, V, Tier> {
    fn make(self) -> Result<Region<K, V>, Error> {
        if self.policy.timeout.is_some() || self.policy.soft_timeout.is_some() {
            let what = "a region does not know the errors of its loads: set timeouts per call, as in \
                        `region.call(&key).timeout(…)`";
            return Err(Error::new(ErrorKind::Configuration, what));
        }
        let (codec, version) = (self.codec, self.version);
        let shelf = self.carrier.map(|carrier| ShelfSettings { carrier, codec, version });
        self.cache.add_region(Blueprint {
            name: self.name,
            policy: self.policy,
            hooks: self.hooks,
            literals: None,
            shelf,
        })
    }

    fn of_tier<To>(self) -> RegionBuilder<'c, K, V, To> {
        let Self { cache, name, policy, hooks, codec, version, carrier, tier: PhantomData } = self;
        RegionBuilder { cache, name, policy, hooks, codec, version, carrier, tier: PhantomData }
    }

    /// Sets the whole policy. Default: [`Policy::new`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// How long a value is fresh; see [`Policy::ttl`]. Default: the cache's.
    pub fn ttl(mut self, ttl: impl Into<Ttl>) -> Self {
        self.policy = self.policy.ttl(ttl);
        self
    }

    /// By how many percent an entry's own ttl may differ; see [`Policy::jitter`]. Default: 5 with a
    /// shared tier, 0 without.
    pub fn jitter(mut self, percent: u8) -> Self {
        self.policy = self.policy.jitter(percent);
        self
    }

    /// How long absences and errors are kept; see [`Policy::negative_ttl`]. Default: not at all.
    pub fn negative_ttl(mut self, ttl: Duration) -> Self {
        self.policy = self.policy.negative_ttl(ttl);
        self
    }

    /// How many entries, or how much weight, the region holds; see [`Policy::capacity`]. Default: 10 000.
    pub fn capacity(mut self, capacity: u64) -> Self {
        self.policy = self.policy.capacity(capacity);
        self
    }

    /// Whether entries depend on what their loads read; see [`Policy::track`]. Default: true.
    pub fn track(mut self, track: bool) -> Self {
        self.policy = self.policy.track(track);
        self
    }

    /// How long after its ttl a value is served while it is loaded anew; see [`Policy::stale_while_revalidate`].
    /// Default: not at all.
    ///
    /// Only a [detached](crate::Call::load_detached) load runs in the background. With any other, of the callers who find a
    /// stale value one loads it anew in its own time, and the rest are served at once.
    pub fn stale_while_revalidate(mut self, window: Duration) -> Self {
        self.policy = self.policy.stale_while_revalidate(window);
        self
    }

    /// How long after its ttl a value is served when loading it anew fails; see [`Policy::stale_if_error`]. Default: not
    /// at all.
    pub fn stale_if_error(mut self, window: Duration) -> Self {
        self.policy = self.policy.stale_if_error(window);
        self
    }

    /// After which part of its ttl a value is loaded anew; see [`Policy::refresh_ahead`], and
    /// [`stale_while_revalidate`](Self::stale_while_revalidate) for who does it. Default: never.
    pub fn refresh_ahead(mut self, part: f64) -> Self {
        self.policy = self.policy.refresh_ahead(part);
        self
    }

    /// Loads values anew at random before their ttl is over; see [`Policy::early`], and
    /// [`stale_while_revalidate`](Self::stale_while_revalidate) for who does it. Default: never.
    pub fn early(mut self, beta: f64) -> Self {
        self.policy = self.policy.early(beta);
        self
    }

    /// How long an entry is kept while nobody asks for it; see [`Policy::tti`]. Default: the whole ttl.
    pub fn tti(mut self, tti: Duration) -> Self {
        self.policy = self.policy.tti(tti);
        self
    }

    /// How up to date values are in a fleet; see [`Policy::consistency`]. Default: [`Consistency::Bounded`].
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.policy = self.policy.consistency(consistency);
        self
    }

    /// Gives every value the ttl that `ttl` makes of its key (in its owned form) and itself, instead of the policy's. At
    /// least 10 ms; with zero the value is not stored. Default: none.
    pub fn ttl_by(mut self, ttl: impl Fn(&K::Owned, &V) -> Duration + Send + Sync + 'static) -> Self {
        self.hooks.ttl = Some(Box::new(ttl));
        self
    }

    /// Stores only the values for which `keep` is true; the others are handed out all the same. Default: all.
    pub fn cache_if(mut self, keep: impl Fn(&K::Owned, &V) -> bool + Send + Sync + 'static) -> Self {
        self.hooks.cache_if = Some(Box::new(keep));
        self
    }

    /// Makes the capacity a sum of weights, in a unit of your choice (bytes, say). An entry weighs at least 1, and
    /// what weighs more than a shard of the region holds is not stored (a region of capacity `c` has at most
    /// `max(4 × cores, c / 1 MiB)` shards). Default: every entry weighs 1.
    pub fn weigh(mut self, weigh: impl Fn(&V) -> u64 + Send + Sync + 'static) -> Self {
        self.hooks.weigh = Some(Box::new(weigh));
        self
    }

    /// Gives every entry the tags that `tags` makes of its key (in its owned form) and value. Default: none.
    pub fn tags(mut self, tags: impl Fn(&K::Owned, &V) -> Vec<Tag> + Send + Sync + 'static) -> Self {
        self.hooks.tags = Some(Box::new(tags));
        self
    }

    /// Puts keys with the same text on the same node of a cluster (Redis calls it a hash tag): a batch of them is one
    /// request to one node. `tag` gets the key in its owned form. It is part of the keys' names in the shared tier: to
    /// change it is to lose what is there, and all processes have to agree on it. Default: each key lies by itself.
    pub fn hash_tag(mut self, tag: impl Fn(&K::Owned) -> String + Send + Sync + 'static) -> Self {
        self.hooks.hash_tag = Some(Box::new(tag));
        self
    }

    /// Calls `listener` with every value that leaves the region, and why. It is called after the fact, with no lock
    /// held, by whoever made the entry leave; what was invalidated by a tag leaves when it is found. Default: none.
    pub fn on_removal(mut self, listener: impl Fn(&K::Owned, &V, RemovalCause) + Send + Sync + 'static) -> Self {
        self.hooks.on_removal = Some(Box::new(listener));
        self
    }
}

impl<K: CacheKey, V, Tier> fmt::Debug for RegionBuilder<'_, K, V, Tier> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegionBuilder").field("name", &self.name).field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// All it takes to make a region, checked by nobody yet.
pub(crate) struct Blueprint<O, V> {
    pub(crate) name: String,
    pub(crate) policy: Policy,
    pub(crate) hooks: Hooks<O, V>,
    pub(crate) literals: Option<&'static [&'static str]>,
    pub(crate) shelf: Option<ShelfSettings<V>>,
}

/// In percent; see [`Policy::jitter`].
const SHARED_JITTER: u8 = 5;

/// A weigher's unit is unknown. Bytes are the likeliest, and then this is a middling entry.
const LIKELY_WEIGHT: u64 = 256;

/// Makes a region; with `keeps` false one that stores nothing.
pub(crate) fn make<O, V>(shared: &Arc<Shared>, blueprint: Blueprint<O, V>, keeps: bool) -> Arc<RegionInner<O, V>>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    let Blueprint { name, policy, hooks, literals, shelf } = blueprint;
    let name: Arc<str> = name.into();
    let late_tags = hooks.tags.is_some();
    let entries = if hooks.weigh.is_some() { policy.capacity / LIKELY_WEIGHT } else { policy.capacity };
    let strong = policy.consistency == Consistency::Strong && shared.tier().is_some();
    let rules = Rules {
        ttl: match policy.ttl {
            Ttl::Default => Some(shared.default_ttl),
            Ttl::Never => None,
            Ttl::After(ttl) => Some(ttl),
        },
        negative_ttl: policy.negative_ttl,
        jitter: policy.jitter.unwrap_or(if shared.tier().is_some() { SHARED_JITTER } else { 0 }),
        track: policy.track,
        lives: Lives {
            stale_while_revalidate: policy.stale_while_revalidate,
            stale_if_error: policy.stale_if_error,
            refresh_ahead: policy.refresh_ahead,
            early: policy.early,
            tti: policy.tti,
        },
        timeout: policy.timeout,
        soft_timeout: policy.soft_timeout,
        // Strong: what is in the process might be old.
        keeps: keeps && policy.capacity > 0 && !strong,
        strong,
        literals,
    };
    let shelf = shelf
        .zip(shared.tier())
        .filter(|_| keeps)
        .map(|(settings, tier)| Shelf::new(&name, tier, &settings, late_tags, &rules));
    let region = Arc::new(RegionInner {
        hasher: shared.hasher.clone(),
        clock: shared.clock.clone(),
        touched: shared.region_name(&name),
        store: Store::new(policy.capacity, entries.max(1), &shared.hasher),
        counters: Counters::default(),
        name,
        shared: Arc::clone(shared),
        rules,
        hooks,
        shelf,
        next_sweep: AtomicU64::new(0),
        sweep_cursor: AtomicUsize::new(0),
    });
    shared.budget.join(&region);
    shared.match_patterns(Arc::downgrade(&region) as std::sync::Weak<dyn Patterned>);
    region
}
