//! One call of a generated function: the look-up, and what the helpers do.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::function::{Function, InstanceId, region_name};
use super::kind::{Kind, Split};
use super::miss::Miss;
use super::put::PutTarget;
use super::source::Source;
use super::tags::{FromValue, TagText, collect};
use crate::cache::Cache;
use crate::codec::Codec;
use crate::flight::Outcome;
use crate::invalidated::Invalidating;
use crate::key::CacheKey;
use crate::policy::{Consistency, Policy, Ttl};
use crate::region::{
    AnyRegion, Blueprint, CacheValue, Found, Hooks, Late, RegionInner, SharedValue, ShelfSettings, Weigh,
};
use crate::target::Target;

/// What a call found: the return value, or the right to load it.
pub enum Look<Kd: Kind, O> {
    Hit(Kd::Ret),
    /// Boxed, so that a hit is not moved around in something the size of a miss.
    Miss(Box<Miss<Kd, O>>),
}

/// The policy of a generated function, and its weigher.
pub struct Settings<V> {
    policy: Policy,
    shelf: Option<ShelfSettings<V>>,
    weigh: Option<Weigh<V>>,
}

impl<V> Settings<V> {
    fn new() -> Self {
        Self { policy: Policy::new(), shelf: None, weigh: None }
    }

    fn with(mut self, change: impl FnOnce(Policy) -> Policy) -> Self {
        self.policy = change(self.policy);
        self
    }

    /// Values may go to the shared tier.
    #[must_use]
    pub fn shared(mut self) -> Self
    where
        V: SharedValue,
    {
        self.shelf = Some(ShelfSettings { carrier: V::carrier(), codec: Codec::default(), version: String::new() });
        self
    }

    #[must_use]
    pub fn codec(mut self, codec: Codec) -> Self {
        if let Some(shelf) = &mut self.shelf {
            shelf.codec = codec;
        }
        self
    }

    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        self.with(|policy| policy.ttl(ttl))
    }

    #[must_use]
    pub fn ttl_never(self) -> Self {
        self.with(|policy| policy.ttl(Ttl::Never))
    }

    #[must_use]
    pub fn ttl_default(self) -> Self {
        self.with(|policy| policy.ttl(Ttl::Default))
    }

    #[must_use]
    pub fn jitter(self, percent: u8) -> Self {
        self.with(|policy| policy.jitter(percent))
    }

    #[must_use]
    pub fn negative_ttl(self, ttl: Duration) -> Self {
        self.with(|policy| policy.negative_ttl(ttl))
    }

    #[must_use]
    pub fn stale_while_revalidate(self, window: Duration) -> Self {
        self.with(|policy| policy.stale_while_revalidate(window))
    }

    #[must_use]
    pub fn stale_if_error(self, window: Duration) -> Self {
        self.with(|policy| policy.stale_if_error(window))
    }

    #[must_use]
    pub fn refresh_ahead(self, part: f64) -> Self {
        self.with(|policy| policy.refresh_ahead(part))
    }

    #[must_use]
    pub fn early(self, beta: f64) -> Self {
        self.with(|policy| policy.early(beta))
    }

    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with(|policy| policy.timeout(timeout))
    }

    #[must_use]
    pub fn soft_timeout(self, timeout: Duration) -> Self {
        self.with(|policy| policy.soft_timeout(timeout))
    }

    #[must_use]
    pub fn tti(self, tti: Duration) -> Self {
        self.with(|policy| policy.tti(tti))
    }

    #[must_use]
    pub fn capacity(self, capacity: u64) -> Self {
        self.with(|policy| policy.capacity(capacity))
    }

    #[must_use]
    pub fn track(self, track: bool) -> Self {
        self.with(|policy| policy.track(track))
    }

    #[must_use]
    pub fn strong(self) -> Self {
        self.with(|policy| policy.consistency(Consistency::Strong))
    }

    #[must_use]
    pub fn weigh(mut self, weigh: impl Fn(&V) -> u64 + Send + Sync + 'static) -> Self {
        self.weigh = Some(Box::new(weigh));
        self
    }

    /// `tier = "l1"`: nothing goes to the shared tier.
    #[must_use]
    pub fn local(self) -> Self {
        self
    }
}

/// All that is known of a call but its key.
#[derive(Clone, Copy)]
pub struct Call<S, I, Kd, P, F> {
    function: &'static Function,
    source: S,
    instance: I,
    kind: PhantomData<Kd>,
    place: P,
    settings: F,
}

impl<S, I, Kd, P, F> Call<S, I, Kd, P, F>
where
    S: Source,
    I: InstanceId,
    Kd: Kind,
    Kd::Value: CacheValue,
    P: FnOnce() -> &'static str,
    F: FnOnce(Settings<Kd::Value>) -> Settings<Kd::Value>,
{
    #[inline]
    pub fn new(function: &'static Function, source: S, instance: I, _: Kd, place: P, settings: F) -> Self {
        Self { function, source, instance, kind: PhantomData, place, settings }
    }

    /// Looks the key up. Nothing is moved or awaited; a hit allocates nothing.
    ///
    /// Only the usual hit is in line, and not a call more than it needs: the wrapper's `poll` becomes one small
    /// function.
    #[inline(always)]
    pub fn look<Q: CacheKey>(self, key: &Q) -> Look<Kd, Q::Owned> {
        if self.source.is_home()
            && let Some(cell) = self.instance.slot(self.function).home.get()
            && let Some(region) = cell.downcast_ref::<Region<Q, Kd>>()
            && let Some(value) = region.hit(&region.by(key))
        {
            return Look::Hit(Kd::hit(value));
        }
        self.look_further(key)
    }

    /// `condition`: looks only if it holds; without it the call is made as if nothing was cached.
    #[inline(always)]
    pub fn look_if<Q: CacheKey>(self, condition: bool, key: &Q) -> Look<Kd, Q::Owned> {
        if condition { self.look(key) } else { self.bypass(key) }
    }

    #[cold]
    #[inline(never)]
    fn bypass<Q: CacheKey>(self, key: &Q) -> Look<Kd, Q::Owned> {
        self.with_region::<Q, _>(|region: Held<'_, Region<Q, Kd>>| {
            let look = region.by(key);
            Look::Miss(Box::new(Miss { bypass: true, ..miss(&region, key, look.hash) }))
        })
    }

    #[cold]
    #[inline(never)]
    fn look_further<Q: CacheKey>(self, key: &Q) -> Look<Kd, Q::Owned> {
        self.with_region::<Q, _>(|region: Held<'_, Region<Q, Kd>>| {
            let look = region.by(key);
            let miss = || miss(&region, key, look.hash);
            let known = match region.look(&look) {
                Found::Value(value) | Found::Stale { value, renew: false } => return Look::Hit(Kd::hit(value)),
                Found::Due(value) | Found::Stale { value, .. } => {
                    return Look::Miss(Box::new(Miss { renew: Some(value), ..miss() }));
                }
                Found::Absent if Kd::ABSENCES => Some(Outcome::Absent),
                Found::Error(error) => error.copy().map(Outcome::Error),
                Found::Absent | Found::Nothing => None,
            };
            match known {
                Some(outcome) => Look::Hit(Kd::join(Split(outcome))),
                None => Look::Miss(Box::new(miss())),
            }
        })
    }

    /// The right to load, whether or not there is an entry.
    pub fn refresh<Q: CacheKey>(self, key: &Q) -> Box<Miss<Kd, Q::Owned>> {
        self.with_region::<Q, _>(|region: Held<'_, Region<Q, Kd>>| {
            let look = region.by(key);
            Box::new(Miss { force: true, ..miss(&region, key, look.hash) })
        })
    }

    pub fn peek<Q: CacheKey>(self, key: &Q) -> Option<Kd::Named> {
        self.with_region::<Q, _>(|region: Held<'_, Region<Q, Kd>>| match region.peek(&region.by(key)) {
            Found::Value(value) | Found::Due(value) => Kd::named(Some(value)),
            Found::Absent => Kd::named(None),
            Found::Stale { .. } | Found::Error(_) | Found::Nothing => None,
        })
    }

    pub fn put<Q, T, L>(self, key: &Q, value: Kd::Named, tags: T, late: L) -> Invalidating
    where
        Q: CacheKey,
        T: IntoIterator<Item = TagText>,
        L: FnOnce(&Kd::Value, &mut FromValue<'_>),
    {
        let mut known = Late { tags: collect(tags), ..Late::default() };
        let value = Kd::unnamed(value);
        if let Some(value) = &value {
            late(value, &mut FromValue(&mut known));
        }
        self.with_region::<Q, _>(|region: Held<'_, Region<Q, Kd>>| region.arc().put(&region.by(key), value, known))
    }

    pub fn invalidate<Q: CacheKey>(self, key: &Q) -> Invalidating {
        self.with_region::<Q, _>(|region: Held<'_, Region<Q, Kd>>| region.invalidate(&region.by(key)))
    }

    /// The key, to be invalidated later.
    pub fn target<Q: CacheKey>(self, key: &Q) -> Target {
        self.with_region::<Q, _>(|region: Held<'_, Region<Q, Kd>>| Target::of(region.arc(), key.to_owned_key()))
    }

    /// The place of the key's entry, for a value that is not there yet.
    pub fn put_target<Q, T, L>(self, key: &Q, tags: T, late: L) -> PutTarget<Kd::Named>
    where
        Q: CacheKey,
        T: IntoIterator<Item = TagText>,
        L: FnOnce(&Kd::Value, &mut FromValue<'_>) + Send + 'static,
    {
        let list = collect(tags);
        self.with_region::<Q, _>(|region: Held<'_, Region<Q, Kd>>| {
            PutTarget::new::<Kd, _, _>(region.arc(), key.to_owned_key(), list, late)
        })
    }

    pub fn key_text<Q: CacheKey>(self, key: &Q) -> String {
        self.with_region::<Q, _>(|region: Held<'_, Region<Q, Kd>>| region.key_text(key))
    }

    /// Drops all entries of the function, if it has a region yet.
    pub fn invalidate_all(self) -> Invalidating {
        let name = region_name(self.function.info, (self.place)(), self.instance.item());
        self.source.with(|cache| cache.invalidate_region(&name))
    }

    /// The function's region without its types; `None` if the function was not called yet.
    pub fn region(self) -> Option<AnyRegion> {
        let name = region_name(self.function.info, (self.place)(), self.instance.item());
        self.source.with(|cache| cache.regions().into_iter().find(|region| region.name() == name))
    }

    fn with_region<Q: CacheKey, R>(self, work: impl FnOnce(Held<'_, Region<Q, Kd>>) -> R) -> R {
        let slot = self.instance.slot(self.function);
        let Self { function, source, instance, place, settings, .. } = self;
        source.with(|cache| {
            let index = slot.index();
            let cell = match cache.function_region(index) {
                Some(cell) => cell,
                None => make::<Q::Owned, _, _, _, _>(cache, function, index, instance, place, settings),
            };
            if cache.is_global() {
                // Set by whoever is first; all set the same.
                drop(slot.home.set(Arc::clone(cell)));
            }
            work(Held::new(cell))
        })
    }
}

type Region<Q, Kd> = RegionInner<<Q as CacheKey>::Owned, <Kd as Kind>::Value>;

/// A region in the table of its cache: borrowed for a hit, shared for a miss.
struct Held<'a, T> {
    region: &'a T,
    cell: &'a Arc<dyn Any + Send + Sync>,
}

impl<'a, T: Any + Send + Sync> Held<'a, T> {
    #[inline]
    fn new(cell: &'a Arc<dyn Any + Send + Sync>) -> Self {
        match cell.downcast_ref() {
            Some(region) => Self { region, cell },
            None => unreachable!("an instance of a function has one key type and one value type"),
        }
    }

    fn arc(&self) -> Arc<T> {
        match Arc::clone(self.cell).downcast() {
            Ok(region) => region,
            Err(_) => unreachable!("it was borrowed as this type"),
        }
    }
}

impl<T> std::ops::Deref for Held<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.region
    }
}

fn miss<Q: CacheKey, Kd: Kind>(region: &Held<'_, Region<Q, Kd>>, key: &Q, hash: u64) -> Miss<Kd, Q::Owned>
where
    Kd::Value: CacheValue,
{
    Miss {
        region: region.arc(),
        key: key.to_owned_key(),
        hash,
        force: false,
        renew: None,
        bypass: false,
        timed_out: None,
        kind: PhantomData,
    }
}

#[cold]
fn make<'c, O, V, I, P, F>(
    cache: &'c Cache,
    function: &'static Function,
    index: usize,
    instance: I,
    place: P,
    settings: F,
) -> &'c Arc<dyn Any + Send + Sync>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: CacheValue,
    I: InstanceId,
    P: FnOnce() -> &'static str,
    F: FnOnce(Settings<V>) -> Settings<V>,
{
    let info = function.info;
    let declared = format!("{}:{}", info.file, info.line);
    let settings = settings(Settings::new());
    let blueprint = Blueprint {
        name: region_name(info, place(), instance.item()),
        policy: settings.policy,
        hooks: Hooks { weigh: settings.weigh, ..Hooks::default() },
        literals: Some(info.literals),
        shelf: settings.shelf.map(|shelf| ShelfSettings { version: info.version.to_string(), ..shelf }),
    };
    cache.function_region_or_make::<O, V>(index, &declared, || blueprint)
}
