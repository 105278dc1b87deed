//! One call with settings of its own.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::builder::CacheValue;
use super::load::{NoLate, Plan, Share, Timeout, copy_found};
use super::tags::TagList;
use super::{Found, Region};
use crate::entry::Sharing;
use crate::flight::Outcome;
use crate::key::{CacheKey, Look};
use crate::policy::Ttl;
use crate::tag::Tag;
use crate::timeout::LoadTimeout;

/// One call of a [`Region`] with settings of its own; from [`Region::call`]. They hold for what this call loads:
/// whoever finds it in the cache, or waits for another's load, gets it as it is.
///
/// # Example
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// use std::time::Duration;
/// use cache_core::Cache;
///
/// # let users = Cache::new().region::<u64, String>("users").build().unwrap();
/// let id = 7_u64;
/// let load = || async { Ok::<_, std::io::Error>("Ada".to_owned()) };
/// let user = users.call(&id).ttl(Duration::from_secs(5)).timeout(Duration::from_secs(1)).load_unshared(load).await?;
/// assert_eq!(user, "Ada");
/// # Ok(()) }
/// ```
#[must_use = "a call does nothing until it loads"]
pub struct Call<'r, K: CacheKey, V, Q: ?Sized, T = NoTimeout> {
    region: &'r Region<K, V>,
    key: &'r Q,
    ttl: Option<Ttl>,
    tags: TagList,
    force: bool,
    timeout: T,
    soft_timeout: Option<Duration>,
}

/// The load may take as long as it likes.
#[derive(Debug, Clone, Copy)]
pub struct NoTimeout;

/// The load is dropped after this long.
#[derive(Debug, Clone, Copy)]
pub struct WithTimeout(Duration);

/// Whether a call with this limit can fail with an `E`: a load that may be dropped needs an error that says so.
#[diagnostic::on_unimplemented(
    message = "`{E}` cannot be made from a timeout",
    label = "a load that is dropped at its timeout ends with this error",
    note = "implement `From<cache_core::LoadTimeout>` for `{E}`, or remove `.timeout(…)`"
)]
pub trait Limit<E>: sealed::Sealed {
    #[doc(hidden)]
    #[allow(clippy::type_complexity, reason = "a public type for it would be one more name to learn")]
    fn limit(&self) -> Option<(Duration, fn(LoadTimeout) -> E)>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::NoTimeout {}
    impl Sealed for super::WithTimeout {}
}

impl<E> Limit<E> for NoTimeout {
    fn limit(&self) -> Option<(Duration, fn(LoadTimeout) -> E)> {
        None
    }
}

impl<E: From<LoadTimeout>> Limit<E> for WithTimeout {
    fn limit(&self) -> Option<(Duration, fn(LoadTimeout) -> E)> {
        Some((self.0, E::from))
    }
}

impl<'r, K: CacheKey, V: CacheValue, Q: CacheKey<Owned = K::Owned> + ?Sized> Call<'r, K, V, Q> {
    pub(super) fn new(region: &'r Region<K, V>, key: &'r Q) -> Self {
        Self { region, key, ttl: None, tags: TagList::default(), force: false, timeout: NoTimeout, soft_timeout: None }
    }

    /// Drops the load after `timeout`. Its callers get a stale value if there is one they may have
    /// ([`stale_if_error`](crate::Policy::stale_if_error)), else the error. Default: no timeout.
    pub fn timeout(self, timeout: Duration) -> Call<'r, K, V, Q, WithTimeout> {
        let Self { region, key, ttl, tags, force, timeout: NoTimeout, soft_timeout } = self;
        Call { region, key, ttl, tags, force, timeout: WithTimeout(timeout), soft_timeout }
    }
}

impl<'r, K: CacheKey, V: CacheValue, Q: CacheKey<Owned = K::Owned> + ?Sized, T> Call<'r, K, V, Q, T> {
    /// How long what this call loads is fresh. At least 10 ms; nothing is stored with a ttl of zero. Default: what the
    /// policy says.
    pub fn ttl(mut self, ttl: impl Into<Ttl>) -> Self {
        self.ttl = Some(ttl.into());
        self
    }

    /// Adds a tag to what this call loads. Default: only those of the region.
    pub fn tag(mut self, tag: Tag) -> Self {
        self.tags.push(Some(tag));
        self
    }

    /// Loads even if there is a fresh value; see [`Region::refresh`]. Default: only if there is none.
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    /// Takes a stale value, if the policy allows one, when the load has not ended after `timeout`; the load goes on.
    /// Only for a [detached](Self::load_detached) load: another one ends with the call. Default: waits.
    pub fn soft_timeout(mut self, timeout: Duration) -> Self {
        self.soft_timeout = Some(timeout);
        self
    }

    /// Gets the value, or loads it.
    ///
    /// # Errors
    ///
    /// The loader's own, or one made from [`LoadTimeout`].
    ///
    /// # Panics
    ///
    /// If `load` panics.
    ///
    /// # Cancel safety
    ///
    /// That of [`Region::get_or_load`].
    pub async fn load<E, F, Fut>(self, load: F) -> Result<V, E>
    where
        E: Clone + Send + 'static,
        T: Limit<E>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>>,
    {
        let (region, key, plan) = self.plan(Some(Sharing::by(E::clone)));
        region.load(key, plan, load).await
    }

    /// [`load`](Self::load) for errors that cannot be cloned; see [`Region::get_or_load_unshared`].
    ///
    /// # Errors
    ///
    /// The loader's own, or one made from [`LoadTimeout`].
    ///
    /// # Panics
    ///
    /// If `load` panics.
    ///
    /// # Cancel safety
    ///
    /// That of [`Region::get_or_load`].
    pub async fn load_unshared<E, F, Fut>(self, load: F) -> Result<V, E>
    where
        E: 'static,
        T: Limit<E>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>>,
    {
        let (region, key, plan) = self.plan(None);
        region.load(key, plan, load).await
    }

    /// Gets the value, or loads it in a task of its own. A value that is to be refreshed is, in the background, and
    /// handed out at once.
    ///
    /// Without a runtime the load runs in this call.
    ///
    /// # Errors
    ///
    /// The loader's own, or one made from [`LoadTimeout`].
    ///
    /// # Panics
    ///
    /// If `load` panics, and there is no stale value that may be served instead.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: the load goes on.
    pub async fn load_detached<E, F, Fut>(self, load: F) -> Result<V, E>
    where
        E: Clone + Send + 'static,
        T: Limit<E>,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<V, E>> + Send,
    {
        let (region, key, plan) = self.plan(Some(Sharing::by(E::clone)));
        let region = &region.inner;
        let body = async move || load().await.map_or_else(Outcome::Error, Outcome::Value);
        let look = region.by(key);
        let found = if plan.force { Found::Nothing } else { region.look(&look) };
        let key = key.to_owned_key();
        let look = Look { hash: look.hash, key: &key };
        let outcome = match found {
            Found::Due(value) | Found::Stale { value, renew: true } => {
                Arc::clone(region).serve_and_renew(look, value, plan, body).await
            }
            found => match copy_found(found, &plan) {
                Some(outcome) => outcome,
                None => region.load_detached(look, plan, body).await,
            },
        };
        match outcome {
            Outcome::Value(value) => Ok(value),
            Outcome::Error(error) => Err(error),
            Outcome::Absent => unreachable!("a plan that takes no absences gets none"),
        }
    }

    fn plan<E>(self, share: Share<E>) -> (&'r Region<K, V>, &'r Q, Plan<E, NoLate<V>>)
    where
        T: Limit<E>,
    {
        let timeout = self.timeout.limit().map(|(after, error)| Timeout { after, error });
        let plan = Plan {
            ttl: self.ttl,
            tags: self.tags,
            force: self.force,
            timeout,
            soft_timeout: self.soft_timeout,
            ..Plan::value(share)
        };
        (self.region, self.key, plan)
    }
}

impl<K: CacheKey, V, Q: ?Sized, T> fmt::Debug for Call<'_, K, V, Q, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key may be somebody's secret.
        f.debug_struct("Call").field("ttl", &self.ttl).field("force", &self.force).finish_non_exhaustive()
    }
}
