//! What `#[cache_put]` does.

use std::fmt;
use std::sync::Arc;

use super::kind::{Kind, Returned};
use super::source::Source;
use super::tags::FromValue;
use crate::invalidated::Invalidating;
use crate::key::CacheKey;
use crate::region::{CacheValue, Late, Made, RegionInner, TagList};
use crate::shared::Shared;
use crate::touch::Touch;

/// The place of an entry, for a value that is not there yet.
pub struct PutTarget<N> {
    cache: Arc<Shared>,
    /// How old the value can be; `None` if that is not known.
    since: Option<Touch>,
    change: Box<dyn FnOnce(Change<N>) -> Changed + Send>,
}

/// Its own touch of the key, if nobody else's was between, and the fleet's half.
type Changed = (Option<Touch>, Invalidating);

enum Change<N> {
    Put(N, Made),
    Drop,
}

impl<N> PutTarget<N> {
    /// The value is made after this call, unless [`since`](Self::since) says otherwise.
    pub(super) fn new<Kd, O, L>(region: Arc<RegionInner<O, Kd::Value>>, key: O, tags: TagList, late: L) -> Self
    where
        Kd: Kind<Named = N>,
        Kd::Value: CacheValue,
        O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
        L: FnOnce(&Kd::Value, &mut FromValue<'_>) + Send + 'static,
    {
        let (cache, since) = (Arc::clone(region.shared()), region.watch(&region.by(&key)));
        let change = move |change: Change<N>| match change {
            Change::Put(named, made) => {
                let mut known = Late { tags, ..Late::default() };
                let value = Kd::unnamed(named);
                if let Some(value) = &value {
                    late(value, &mut FromValue(&mut known));
                }
                region.put_made(&region.by(&key), value, known, made)
            }
            Change::Drop => (None, region.invalidate(&region.by(&key))),
        };
        Self { cache, since: Some(since), change: Box::new(change) }
    }

    /// The value was made after `since`, which was before the key was known.
    #[must_use]
    pub fn since(mut self, since: &Since) -> Self {
        // Another cache has another clock: how old the value is in its terms was not noted.
        self.since = Arc::ptr_eq(&self.cache, &since.cache).then_some(since.touch);
        self
    }

    /// There is no value: the next call is to load.
    pub fn clear(self) {
        let (_, dropped) = (self.change)(Change::Drop);
        dropped.detach();
    }
}

impl<N> fmt::Debug for PutTarget<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PutTarget")
    }
}

/// A moment of one cache, before the body of a mutator.
#[derive(Debug)]
pub struct Since {
    cache: Arc<Shared>,
    touch: Touch,
}

impl Since {
    pub fn now<S: Source>(source: &S) -> Self {
        source.with(|cache| Self { cache: Arc::clone(cache.shared()), touch: cache.shared().touches.read() })
    }
}

#[diagnostic::on_unimplemented(
    message = "`{S}` is not what the target of `#[cache_put]` caches: that is `{Self}`",
    label = "caches `{Self}`",
    note = "return what the cached function returns, or drop its entry instead of filling it: `#[cache_invalidate(…)]`"
)]
pub trait Filled<S> {
    fn with(success: &S) -> Self;
}

impl<T: Clone> Filled<T> for T {
    fn with(success: &T) -> T {
        success.clone()
    }
}

/// The target tells an absence from an error, the mutator returned a value.
#[diagnostic::do_not_recommend]
impl<T: Clone> Filled<T> for Option<T> {
    fn with(success: &T) -> Option<T> {
        Some(success.clone())
    }
}

/// What a mutator puts: its own puts do not overtake each other.
#[derive(Debug)]
pub struct Puts {
    own: Vec<(Arc<Shared>, Touch)>,
    told: Invalidating,
}

impl Default for Puts {
    fn default() -> Self {
        Self::new()
    }
}

impl Puts {
    #[must_use]
    pub const fn new() -> Self {
        Self { own: Vec::new(), told: Invalidating::done() }
    }

    /// All of this process is done; what is left is the wait for the fleet.
    pub fn done(self) -> Invalidating {
        self.told
    }
}

/// Puts a copy of what a mutator returned, unless its key, its tags or its region were touched since the body began:
/// then the next call is to load.
///
/// The value comes first: were it inferred from the target, a mistake would be about a reference here.
pub fn fill<N: Filled<S>, S>(puts: &mut Puts, success: &S, target: PutTarget<N>) {
    let PutTarget { cache, since, change } = target;
    let own = puts.own.iter().filter(|(of, _)| Arc::ptr_eq(of, &cache)).map(|(_, touch)| *touch);
    let (touch, told) = change(match since {
        Some(since) => Change::Put(N::with(success), Made { since, own: own.collect(), yields: false }),
        None => Change::Drop,
    });
    puts.own.extend(touch.map(|touch| (cache, touch)));
    let before = std::mem::replace(&mut puts.told, Invalidating::done());
    puts.told = before.and(told);
}

/// How a mutator ended.
#[derive(Debug)]
pub enum Ended<'r, S> {
    Value(&'r S),
    /// With success, and without a value.
    Absent,
    Failed,
}

pub fn ended<Kd: Returned>(_: Kd, ret: &Kd::Ret) -> Ended<'_, Kd::Success> {
    match Kd::success(ret) {
        Some(value) => Ended::Value(value),
        None if Kd::succeeded(ret) => Ended::Absent,
        None => Ended::Failed,
    }
}
