//! The miss: who loads, who waits, and what becomes of the result.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::inner::{Found, Purpose, RegionInner, record};
use super::renew::Waited;
use super::seat::Seat;
use super::tags::{Late, TagList};
use super::wait::Waiting;
use crate::entry::{Sharing, StoredError};
use crate::event::Event;
use crate::flight::{Joined, Landed, Outcome, Verdict};
use crate::key::{CacheKey, Look};
use crate::policy::Ttl;
use crate::shared::Shared;
use crate::stats::count;
use crate::timeout::LoadTimeout;
use crate::track::{self, LoadScope};

/// How an error is copied for those who waited; `None` when it cannot be.
pub(crate) type Share<E> = Option<Sharing<E>>;

/// What a load needs to know besides its key and how to load.
pub(crate) struct Plan<E, L> {
    pub(crate) share: Share<E>,
    /// The tags that are known before the load.
    pub(crate) tags: TagList,
    /// Adds what is known from the value.
    pub(crate) late: L,
    /// A ttl for what is loaded now, whatever the policy says.
    pub(crate) ttl: Option<Ttl>,
    /// Load even if there is a fresh entry, and take nothing that began to load before now.
    pub(crate) force: bool,
    /// Whether "there is no value" is an answer. A caller to whom it is none loads for itself.
    pub(crate) absences: bool,
    pub(crate) timeout: Option<Timeout<E>>,
    /// How long to wait for a load, if there is a stale value.
    pub(crate) soft_timeout: Option<Duration>,
}

/// When a load is dropped, and what its callers are told then.
pub(crate) struct Timeout<E> {
    pub(crate) after: Duration,
    pub(crate) error: fn(LoadTimeout) -> E,
}

/// The `late` of a load whose value brings nothing.
pub(crate) type NoLate<V> = fn(&V, &mut Late);

impl<E, V> Plan<E, NoLate<V>> {
    /// For a load that brings a value or fails.
    pub(crate) fn value(share: Share<E>) -> Self {
        Self {
            share,
            tags: TagList::default(),
            late: |_, _| {},
            ttl: None,
            force: false,
            absences: false,
            timeout: None,
            soft_timeout: None,
        }
    }

    /// For a load that may bring nothing.
    pub(crate) fn optional(share: Share<E>) -> Self {
        Self { absences: true, ..Self::value(share) }
    }
}

impl<E: 'static, L> Plan<E, L> {
    /// A stored error, as this caller gets it; `None` if it cannot: it is of another type, or not to be shared.
    fn copy(&self, error: &StoredError) -> Option<E> {
        let timed_out = || Some((self.timeout.as_ref()?.error)(error.copy()?));
        self.share.and_then(|_| error.copy()).or_else(timed_out)
    }
}

/// Where a caller stands.
pub(super) enum Turn<'a, O, V, Q, E>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    Q: CacheKey<Owned = O> + ?Sized,
{
    /// It has its answer.
    Done(Outcome<V, E>),
    Lead(Seat<'a, O, V, Q>),
    Wait(Waiting<'a, O, V, Q>),
    /// What is there is no answer to this caller, who is to take part in a load that begins later.
    Again,
    /// Waiting would be for ever, or caching is off: load without the cache.
    Alone,
}

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The value under a key, loaded if there is none that may be served.
    #[allow(clippy::manual_async_fn, reason = "see `Seat::run`")]
    pub(crate) fn get_or_load<Q, E, L, F, Fut>(
        &self,
        look: Look<'_, Q>,
        plan: Plan<E, L>,
        body: F,
    ) -> impl Future<Output = Outcome<V, E>>
    where
        Q: CacheKey<Owned = O> + ?Sized,
        E: 'static,
        L: FnOnce(&V, &mut Late),
        F: FnOnce() -> Fut,
        Fut: Future<Output = Outcome<V, E>>,
    {
        async move {
            if !plan.force && !self.rules.keeps {
                count(&self.counters.misses);
            } else if !plan.force {
                match self.look(&look) {
                    Found::Due(value) | Found::Stale { value, renew: true } => {
                        return self.renew(look, value, plan, body).await;
                    }
                    found => {
                        if let Some(outcome) = copy_found(found, &plan) {
                            return outcome;
                        }
                    }
                }
            }
            self.load(look, plan, body).await
        }
    }

    /// Loads, or waits for who does. To be called after a look-up that found nothing.
    #[allow(clippy::manual_async_fn, reason = "see `Seat::run`")]
    pub(crate) fn load<Q, E, L, F, Fut>(
        &self,
        look: Look<'_, Q>,
        plan: Plan<E, L>,
        body: F,
    ) -> impl Future<Output = Outcome<V, E>>
    where
        Q: CacheKey<Owned = O> + ?Sized,
        E: 'static,
        L: FnOnce(&V, &mut Late),
        F: FnOnce() -> Fut,
        Fut: Future<Output = Outcome<V, E>>,
    {
        async move {
            self.shared.notice_suspension();
            let mut turn = self.take_part(&look, plan.force, &plan);
            loop {
                turn = match turn {
                    Turn::Done(outcome) => return outcome,
                    Turn::Alone => return self.alone(&plan, body).await,
                    Turn::Again => self.take_part(&look, true, &plan),
                    Turn::Wait(mut waiting) => match self.wait(&look, &mut waiting, &plan, None).await {
                        Waited::Told(verdict) => self.told(verdict, waiting, &plan),
                        Waited::GaveUp(outcome) => return outcome,
                    },
                    Turn::Lead(seat) => return seat.run(plan, body).await.record(),
                };
            }
        }
    }

    /// [`load`](Self::load) for code that is not async: waiting blocks the thread.
    pub(crate) fn load_blocking<Q, E, L, F>(&self, look: Look<'_, Q>, plan: Plan<E, L>, body: F) -> Outcome<V, E>
    where
        Q: CacheKey<Owned = O> + ?Sized,
        E: 'static,
        L: FnOnce(&V, &mut Late),
        F: FnOnce() -> Outcome<V, E>,
    {
        self.shared.notice_suspension();
        let mut turn = self.take_part(&look, plan.force, &plan);
        loop {
            turn = match turn {
                Turn::Done(outcome) => return outcome,
                Turn::Alone => return track::in_scope(&self.lone_scope(), body),
                Turn::Again => self.take_part(&look, true, &plan),
                Turn::Wait(mut waiting) => {
                    let verdict = super::wait::block_on(&mut waiting);
                    self.told(verdict, waiting, &plan)
                }
                Turn::Lead(seat) => return seat.run_blocking(plan, body).record(),
            };
        }
    }

    /// Takes part in the loading of a key; without `force` an entry that is there by now is an answer.
    pub(super) fn take_part<'a, Q, E, L>(
        &'a self,
        look: &Look<'a, Q>,
        force: bool,
        plan: &Plan<E, L>,
    ) -> Turn<'a, O, V, Q, E>
    where
        Q: CacheKey<Owned = O> + ?Sized,
        E: 'static,
    {
        if !self.shared.is_enabled() {
            track::record_doubt();
            return Turn::Alone;
        }
        let collecting = track::is_collecting();
        // Before the guard: what is found and not taken is dropped after it.
        let _not_taken;
        let mut shard = self.store.write(look.hash);
        if !force && self.rules.keeps {
            // Between the look-up and now another load may have landed, and its flight ended. Under this lock none can.
            let (found, ties) = self.find_in(&mut shard, look, self.clock.coarse(), collecting, Purpose::Use);
            if !matches!(found, Found::Nothing | Found::Stale { renew: true, .. }) {
                drop(shard);
                record(&found, ties.as_ref());
                return copy_found(found, plan).map_or(Turn::Again, Turn::Done);
            }
            _not_taken = found;
        }
        let flight = shard.flight_or_begin(look, Shared::next_flight);
        let Ok(edge) = track::wait_for(flight.id) else {
            // Not ours to end: whoever we would wait for takes part in it.
            drop(shard);
            self.shared.emit(&Event::Reentrant { region: Arc::clone(&self.name) });
            track::record_doubt();
            return Turn::Alone;
        };
        // Of a load that began before this call, nobody knows whether it has seen what was invalidated elsewhere.
        let strict = force || self.rules.strong;
        let joined = flight.lock().join(self.shared.now(), collecting, strict);
        drop(shard);
        let look = Look { hash: look.hash, key: look.key };
        match joined {
            Joined::Lead(place) => Turn::Lead(Seat::new(self, look, flight, place, edge)),
            Joined::Wait(ticket) => Turn::Wait(Waiting::new(self, look, flight, ticket, edge)),
        }
    }

    /// A scope that hides the surrounding load: what an uncached load reads is its own affair.
    pub(super) fn lone_scope(&self) -> Arc<LoadScope> {
        LoadScope::begin([], self.rules.track)
    }

    /// What a waiter makes of what it was told.
    pub(super) fn told<'a, Q, E, L>(
        &'a self,
        verdict: Verdict<V>,
        waiting: Waiting<'a, O, V, Q>,
        plan: &Plan<E, L>,
    ) -> Turn<'a, O, V, Q, E>
    where
        Q: CacheKey<Owned = O> + ?Sized,
        E: 'static,
    {
        match verdict {
            Verdict::Lead(place) => Turn::Lead(waiting.into_seat(place)),
            Verdict::Landed(landed) => {
                let Some(outcome) = copy(&landed, plan) else { return Turn::Again };
                count(&self.counters.loads_deduped);
                landed.ties.iter().for_each(track::record);
                if landed.doubtful {
                    track::record_doubt();
                }
                if landed.stale {
                    track::record_stale();
                }
                Turn::Done(outcome)
            }
        }
    }
}

/// What was found, as an answer to this caller; `None` if it is none: an error of another type, or an absence where a
/// value is wanted.
pub(super) fn copy_found<V, E: 'static, L>(found: Found<V>, plan: &Plan<E, L>) -> Option<Outcome<V, E>> {
    match found {
        Found::Value(value) | Found::Due(value) | Found::Stale { value, .. } => Some(Outcome::Value(value)),
        Found::Absent => plan.absences.then_some(Outcome::Absent),
        Found::Error(error) => error.copy().map(Outcome::Error),
        Found::Nothing => None,
    }
}

fn copy<V: Clone, E: 'static, L>(landed: &Landed<V>, plan: &Plan<E, L>) -> Option<Outcome<V, E>> {
    match &landed.outcome {
        Outcome::Value(value) => Some(Outcome::Value(value.clone())),
        Outcome::Absent => plan.absences.then_some(Outcome::Absent),
        Outcome::Error(error) => plan.copy(error).map(Outcome::Error),
    }
}
