//! One named typed cache.

mod builder;
mod call;
mod change;
#[cfg(any(test, feature = "test-util"))]
mod check;
mod erased;
mod fleet;
mod inner;
mod land;
mod landing;
mod load;
mod many;
mod renew;
mod seat;
mod shelf;
mod sweep;
mod tags;
mod target;
mod update;
mod wait;

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;

pub(crate) use builder::{Blueprint, make};
pub use builder::{CacheValue, Local, RegionBuilder, Shareable, SharedValue};
pub use call::{Call, Limit, NoTimeout, WithTimeout};
pub(crate) use change::Made;
pub use erased::AnyRegion;
pub(crate) use erased::ErasedRegion;
pub(crate) use inner::{Found, Hooks, RegionInner, Weigh, erase};
pub(crate) use load::{NoLate, Plan, Share, Timeout};
pub(crate) use shelf::ShelfSettings;
pub(crate) use tags::{Late, TagList};

use crate::ambient;
use crate::entry::Sharing;
use crate::flight::Outcome;
use crate::invalidated::Invalidating;
use crate::key::CacheKey;
use crate::stats::Stats;

/// One named typed cache inside a [`Cache`](crate::Cache). Every `#[cached]` function owns one; this is how to have one
/// without a function. Cheap to clone; clones share their entries.
///
/// Keys can be looked up in any borrowed form: a `Region<String, V>` takes `&str`.
///
/// # What a `get_or_load` does
///
/// A fresh entry is returned. Otherwise, if nobody loads this key, the caller does, and everybody who asks meanwhile
/// gets the result. A load that is cancelled, panics or hangs is taken over by one of those who wait. A value whose
/// load began before an invalidation of its key, one of its tags, its region or everything is handed to those who had
/// asked before that, and not stored.
///
/// # Example
///
/// ```
/// # futures_util::FutureExt::now_or_never(async {
/// use std::time::Duration;
/// use cache_core::{Cache, Tag};
///
/// let cache = Cache::new();
/// let users = cache
///     .region::<u64, String>("users")
///     .ttl(Duration::from_secs(300))
///     .tags(|id, _name| vec![Tag::of("user", id)])
///     .build()?;
///
/// let id = 1_u64;
/// let load = || async { Ok::<_, std::io::Error>("Ada".to_owned()) };
/// assert_eq!(users.get_or_load_unshared(&id, load).await?, "Ada");
/// assert_eq!(users.get(&id).as_deref(), Some("Ada"));
///
/// cache.invalidate_tag("user:1").await;
/// assert_eq!(users.get(&id), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap().unwrap();
/// ```
pub struct Region<K: CacheKey, V> {
    pub(crate) inner: Arc<RegionInner<K::Owned, V>>,
    key: PhantomData<fn(&K)>,
}

impl<K: CacheKey, V: CacheValue> Region<K, V> {
    pub(crate) fn new(inner: Arc<RegionInner<K::Owned, V>>) -> Self {
        Self { inner, key: PhantomData }
    }

    /// The region's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.inner.name()
    }

    /// The value under `key`, if there is a fresh one. Loads nothing.
    pub fn get<Q: CacheKey<Owned = K::Owned> + ?Sized>(&self, key: &Q) -> Option<V> {
        value(self.inner.look_for(&self.inner.by(key), |found| !matches!(found, Found::Stale { .. })))
    }

    /// The values under `keys`, in their order.
    ///
    /// # Example
    ///
    /// ```
    /// # futures_util::FutureExt::now_or_never(async {
    /// # let region = cache_core::Cache::new().region::<u64, char>("r").build().unwrap();
    /// region.put_many([(1_u64, 'a'), (3, 'c')]).await;
    /// assert_eq!(region.get_many(&[1_u64, 2, 3]), [Some('a'), None, Some('c')]);
    /// # }).unwrap();
    /// ```
    pub fn get_many<Q: CacheKey<Owned = K::Owned>>(&self, keys: &[Q]) -> Vec<Option<V>> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    /// The value under `key` in this process or, if there is none, in the shared tier. Loads nothing, and waits for
    /// nobody who does.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn find<Q: CacheKey<Owned = K::Owned>>(&self, key: &Q) -> Option<V> {
        self.inner.find_many(std::slice::from_ref(key)).await.pop().flatten()
    }

    /// [`find`](Self::find) for many keys, in their order: one look at this process, and one round trip to each node of
    /// the shared tier for what is not there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    ///
    /// # Example
    ///
    /// ```
    /// # futures_util::FutureExt::now_or_never(async {
    /// # let region = cache_core::Cache::new().region::<u64, char>("r").build().unwrap();
    /// region.put_many([(1_u64, 'a'), (3, 'c')]).await;
    /// assert_eq!(region.find_many(&[1_u64, 2, 3]).await, [Some('a'), None, Some('c')]);
    /// # }).unwrap();
    /// ```
    pub async fn find_many<Q: CacheKey<Owned = K::Owned>>(&self, keys: &[Q]) -> Vec<Option<V>> {
        self.inner.find_many(keys).await
    }

    /// The value under `key`, without a trace: no statistics, no effect on what is evicted next, no dependency.
    pub fn peek<Q: CacheKey<Owned = K::Owned> + ?Sized>(&self, key: &Q) -> Option<V> {
        value(self.inner.peek(&self.inner.by(key)))
    }

    /// [`peek`](Self::peek) for many keys, in their order.
    pub fn peek_many<Q: CacheKey<Owned = K::Owned>>(&self, keys: &[Q]) -> Vec<Option<V>> {
        keys.iter().map(|key| self.peek(key)).collect()
    }

    /// Whether there is a fresh value under `key`. A known absence is not a value.
    pub fn contains<Q: CacheKey<Owned = K::Owned> + ?Sized>(&self, key: &Q) -> bool {
        self.peek(key).is_some()
    }

    /// [`contains`](Self::contains) for many keys, in their order.
    pub fn contains_many<Q: CacheKey<Owned = K::Owned>>(&self, keys: &[Q]) -> Vec<bool> {
        keys.iter().map(|key| self.contains(key)).collect()
    }

    /// How long the entry under `key` will still be fresh; `None` if there is none, [`Duration::MAX`] if it never
    /// expires. Precise to the resolution of the clock (4 ms on Linux).
    pub fn remaining_ttl<Q: CacheKey<Owned = K::Owned> + ?Sized>(&self, key: &Q) -> Option<Duration> {
        self.inner.remaining(&self.inner.by(key))
    }

    /// [`remaining_ttl`](Self::remaining_ttl) for many keys, in their order.
    pub fn remaining_ttl_many<Q: CacheKey<Owned = K::Owned>>(&self, keys: &[Q]) -> Vec<Option<Duration>> {
        keys.iter().map(|key| self.remaining_ttl(key)).collect()
    }

    /// Stores a value, whatever is there. Loads of this key that run are overtaken, and those who wait for them get
    /// this value.
    ///
    /// The caller vouches for the value: of two values that were read from the source before, the one that is put
    /// last stays, though it may be the older one. Where that matters, [`invalidate`](Self::invalidate) instead.
    ///
    /// # Cancel safety
    ///
    /// This process is done before the future is first polled; dropping it loses nothing.
    pub fn put<Q: CacheKey<Owned = K::Owned> + ?Sized>(&self, key: &Q, value: V) -> Invalidating {
        self.inner.put(&self.inner.by(key), Some(value), Late::default())
    }

    /// [`put`](Self::put) for many values.
    ///
    /// # Cancel safety
    ///
    /// That of [`put`](Self::put).
    pub fn put_many<Q: CacheKey<Owned = K::Owned>>(&self, values: impl IntoIterator<Item = (Q, V)>) -> Invalidating {
        let put = |(key, value): (Q, V)| self.inner.put(&self.inner.by(&key), Some(value), Late::default());
        values.into_iter().map(put).fold(Invalidating::done(), Invalidating::and)
    }

    /// The value under `key`; loaded if there is no fresh one. See the [type](Self) for what happens then.
    ///
    /// # Errors
    ///
    /// The loader's own. Everybody who waited for this load gets a copy at once; errors are not cached, unless the
    /// policy has a [`negative_ttl`](crate::Policy::negative_ttl).
    ///
    /// # Panics
    ///
    /// If `load` panics; the panic is its caller's alone.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future of a caller who waits loses nothing. Dropping that of a caller who loads drops the load;
    /// one of those who wait loads instead.
    pub async fn get_or_load<Q, E, F, Fut>(&self, key: &Q, load: F) -> Result<V, E>
    where
        Q: CacheKey<Owned = K::Owned> + ?Sized,
        E: Clone + Send + 'static,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>>,
    {
        self.load(key, Plan::value(Some(Sharing::by(E::clone))), load).await
    }

    /// [`get_or_load`](Self::get_or_load) for errors that cannot be cloned.
    ///
    /// # Errors
    ///
    /// The loader's own, to its caller only. Those who waited load for themselves, 16 at a time unless the cache says
    /// otherwise: neither one after the other nor all at once.
    ///
    /// # Panics
    ///
    /// If `load` panics.
    ///
    /// # Cancel safety
    ///
    /// That of [`get_or_load`](Self::get_or_load).
    pub async fn get_or_load_unshared<Q, E, F, Fut>(&self, key: &Q, load: F) -> Result<V, E>
    where
        Q: CacheKey<Owned = K::Owned> + ?Sized,
        E: 'static,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>>,
    {
        self.load(key, Plan::value(None), load).await
    }

    fn load<Q, E, F, Fut>(&self, key: &Q, plan: Plan<E, NoLate<V>>, load: F) -> impl Future<Output = Result<V, E>>
    where
        Q: CacheKey<Owned = K::Owned> + ?Sized,
        E: 'static,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>>,
    {
        let body = async || load().await.map_or_else(Outcome::Error, Outcome::Value);
        self.inner.get_or_load(self.inner.by(key), plan, body).map(|outcome| match outcome {
            Outcome::Value(value) => Ok(value),
            Outcome::Error(error) => Err(error),
            Outcome::Absent => unreachable!("a plan that takes no absences gets none"),
        })
    }

    /// [`get_or_load`](Self::get_or_load) for values that may not exist.
    ///
    /// An absence is told to everybody who waits, and kept only if the policy has a
    /// [`negative_ttl`](crate::Policy::negative_ttl).
    ///
    /// # Errors
    ///
    /// As in [`get_or_load`](Self::get_or_load).
    ///
    /// # Panics
    ///
    /// If `load` panics.
    ///
    /// # Cancel safety
    ///
    /// That of [`get_or_load`](Self::get_or_load).
    pub async fn get_or_load_optional<Q, E, F, Fut>(&self, key: &Q, load: F) -> Result<Option<V>, E>
    where
        Q: CacheKey<Owned = K::Owned> + ?Sized,
        E: Clone + Send + 'static,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<V>, E>>,
    {
        let body = async || match load().await {
            Ok(Some(value)) => Outcome::Value(value),
            Ok(None) => Outcome::Absent,
            Err(error) => Outcome::Error(error),
        };
        match self.inner.get_or_load(self.inner.by(key), Plan::optional(Some(Sharing::by(E::clone))), body).await {
            Outcome::Value(value) => Ok(Some(value)),
            Outcome::Absent => Ok(None),
            Outcome::Error(error) => Err(error),
        }
    }

    /// The values under `keys`, in their order; those that are missing are loaded with one call.
    ///
    /// `load` gets the missing keys, each once, and returns what it found, in any order; a key it leaves out has no
    /// value. Keys that others are loading already are waited for instead.
    ///
    /// # Errors
    ///
    /// The loader's own; what other batches brought stays in the cache.
    ///
    /// # Panics
    ///
    /// If `load` panics.
    ///
    /// # Cancel safety
    ///
    /// That of [`get_or_load`](Self::get_or_load), for every key of the batch.
    ///
    /// # Example
    ///
    /// ```
    /// # futures_util::FutureExt::now_or_never(async {
    /// # let region = cache_core::Cache::new().region::<u64, String>("r").build().unwrap();
    /// let names = region
    ///     .get_or_load_many(&[1_u64, 2, 9], |missing| async move {
    ///         let found = missing.into_iter().filter(|id| *id < 9).map(|id| (id, format!("user {id}")));
    ///         Ok::<_, std::convert::Infallible>(found.collect())
    ///     })
    ///     .await;
    /// assert_eq!(names.unwrap(), [Some("user 1".to_owned()), Some("user 2".to_owned()), None]);
    /// # }).unwrap();
    /// ```
    pub async fn get_or_load_many<Q, E, F, Fut>(&self, keys: &[Q], load: F) -> Result<Vec<Option<V>>, E>
    where
        Q: CacheKey<Owned = K::Owned> + Clone,
        E: Clone + Send + 'static,
        F: FnMut(Vec<Q>) -> Fut,
        Fut: Future<Output = Result<Vec<(Q, V)>, E>>,
    {
        self.inner.load_many(keys, load).await
    }

    /// A call with settings of its own: a ttl, tags, timeouts, or a load that outlives the call.
    pub fn call<'r, Q: CacheKey<Owned = K::Owned> + ?Sized>(&'r self, key: &'r Q) -> Call<'r, K, V, Q> {
        Call::new(self, key)
    }

    /// Loads `key` anew, whether or not there is a fresh entry, and stores the result. Until it is there, others get
    /// the old one.
    ///
    /// # Errors
    ///
    /// The loader's own; the old entry stays then.
    ///
    /// # Panics
    ///
    /// If `load` panics.
    ///
    /// # Cancel safety
    ///
    /// That of [`get_or_load`](Self::get_or_load).
    pub async fn refresh<Q, E, F, Fut>(&self, key: &Q, load: F) -> Result<V, E>
    where
        Q: CacheKey<Owned = K::Owned> + ?Sized,
        E: Clone + Send + 'static,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>>,
    {
        self.load(key, Plan { force: true, ..Plan::value(Some(Sharing::by(E::clone))) }, load).await
    }

    /// Loads `key` in the background if there is no fresh value. Says whether it was started: not without a runtime,
    /// nor after a [`shutdown`](crate::Cache::shutdown).
    ///
    /// An error goes to those who wait for this load meanwhile, else nowhere; the next call loads again.
    pub fn prefetch<E, F, Fut>(&self, key: K::Owned, load: F) -> bool
    where
        E: Clone + Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<V, E>> + Send,
    {
        if matches!(self.inner.peek(&self.inner.by(&key)), Found::Value(_)) {
            return false;
        }
        let region = Arc::clone(&self.inner);
        let load = ambient::in_same_cache(async move {
            let body = async || load().await.map_or_else(Outcome::Error, Outcome::Value);
            let plan = Plan::<E, NoLate<V>>::value(Some(Sharing::by(E::clone)));
            drop(region.load(region.by(&key), plan, body).await);
        });
        self.inner.shared().background.start(load).is_ok()
    }

    /// Drops `key`. When the future is ready, no call in this process that begins later gets the old value, and no
    /// load that began earlier stores it.
    ///
    /// # Cancel safety
    ///
    /// This process is done before the future is first polled; dropping it loses nothing.
    pub fn invalidate<Q: CacheKey<Owned = K::Owned> + ?Sized>(&self, key: &Q) -> Invalidating {
        self.inner.invalidate(&self.inner.by(key))
    }

    /// [`invalidate`](Self::invalidate) for many keys.
    ///
    /// # Cancel safety
    ///
    /// That of [`invalidate`](Self::invalidate).
    pub fn invalidate_many<Q: CacheKey<Owned = K::Owned>>(&self, keys: &[Q]) -> Invalidating {
        keys.iter().map(|key| self.invalidate(key)).fold(Invalidating::done(), Invalidating::and)
    }

    /// Drops everything in this region, at the same cost whatever its size.
    ///
    /// # Cancel safety
    ///
    /// That of [`invalidate`](Self::invalidate).
    pub fn invalidate_all(&self) -> Invalidating {
        self.inner.invalidate_region()
    }

    /// What happened in this region so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.erased().stats()
    }

    /// How many entries it holds, including those that the next sweep will remove.
    #[must_use]
    pub fn len(&self) -> usize {
        self.erased().len()
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What its entries weigh together, in the unit of its capacity.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.erased().weight()
    }

    /// The text of `key` that [`Cache::invalidate_pattern`](crate::Cache::invalidate_pattern) is matched against.
    pub fn key_text<Q: CacheKey<Owned = K::Owned> + ?Sized>(&self, key: &Q) -> String {
        self.inner.key_text(key)
    }

    fn erased(&self) -> &dyn ErasedRegion {
        &*self.inner
    }
}

/// Of what was found, the value.
fn value<V>(found: Found<V>) -> Option<V> {
    match found {
        Found::Value(value) | Found::Due(value) => Some(value),
        Found::Stale { .. } | Found::Absent | Found::Error(_) | Found::Nothing => None,
    }
}

impl<K: CacheKey, V> Clone for Region<K, V> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), key: PhantomData }
    }
}

impl<K: CacheKey, V> fmt::Debug for Region<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
