//! The leader's seat: the right to load, and the duty to land.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::inner::RegionInner;
use super::land::Ended;
use super::landing::Landing;
use super::load::Plan;
use super::shelf::{Accept, Approach, beating};
use super::tags::Late;
use crate::event::Event;
use crate::flight::{Outcome, Place};
use crate::freshness::Freshness;
use crate::key::{CacheKey, Look};
use crate::l1::SharedFlight;
use crate::shared::Shared;
use crate::stats::count;
use crate::timeout::within;
use crate::track::{self, InScope, LoadScope, WaitEdge};

/// Held by whoever loads. Dropped without [`land`](Self::land) it hands the seat on: a cancelled or panicking leader
/// never blocks those who wait.
pub(crate) struct Seat<'a, O, V, Q>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    Q: CacheKey<Owned = O> + ?Sized,
{
    pub(super) region: &'a RegionInner<O, V>,
    pub(super) look: Look<'a, Q>,
    pub(super) flight: SharedFlight<V>,
    pub(super) place: Place,
    /// What it takes from another process instead of loading.
    pub(super) accept: Accept,
    /// Whether the load has begun.
    pub(super) begun: bool,
    pub(super) landed: bool,
    /// While this load runs, the loads around it wait for its flight.
    edge: Option<WaitEdge<'a>>,
}

impl<'a, O, V, Q> Seat<'a, O, V, Q>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    Q: CacheKey<Owned = O> + ?Sized,
{
    pub(super) fn new(
        region: &'a RegionInner<O, V>,
        look: Look<'a, Q>,
        flight: SharedFlight<V>,
        place: Place,
        edge: Option<WaitEdge<'a>>,
    ) -> Self {
        // What is stale is loaded anew when it is asked for again, which takes an entry to be noted in.
        let stale = region.rules.lives.stale_while_revalidate.filter(|_| region.rules.keeps).unwrap_or_default();
        let accept = Accept::Any { stale };
        Self { region, look, flight, place, accept, begun: false, landed: false, edge }
    }

    pub(super) fn flight_id(&self) -> u64 {
        self.flight.id
    }

    /// Loads and lands.
    #[allow(clippy::manual_async_fn, reason = "an `async fn` has room for each of its arguments twice")]
    pub(super) fn run<E, L, F, Fut>(mut self, plan: Plan<E, L>, body: F) -> impl Future<Output = Landing<V, E>>
    where
        E: 'static,
        L: FnOnce(&V, &mut Late),
        F: FnOnce() -> Fut,
        Fut: Future<Output = Outcome<V, E>>,
    {
        async move {
            let ticket = match self.region.shelf() {
                None => None,
                Some((shelf, tier)) => {
                    let errand = self.errand(shelf, tier, &plan);
                    match shelf.approach(&self.region.shared, tier, &errand).await {
                        Approach::Found(found) => return self.land_elsewhere(found),
                        Approach::Load(ticket) => Some(ticket),
                        Approach::Busy => None,
                    }
                }
            };
            if ticket.is_some() {
                // The source is asked from now on only, whatever was invalidated since the seat was taken.
                self.place.start = self.region.shared.touches.read();
            }
            let begun = self.begin(&plan.tags, ticket.as_ref());
            let scope = LoadScope::begin([self.flight_id()], self.region.rules.track);
            let load = InScope::new(Arc::clone(&scope), async { body().await });
            let load = beating(ticket.as_ref(), load);
            let limit = plan.timeout.as_ref().map(|timeout| self.region.clock.sleep(timeout.after));
            let ended = match within(limit, load).await {
                Some(outcome) => Ended::Outcome(outcome),
                None => Ended::TimedOut,
            };
            let (mut weighed, outcome) = self.weigh(begun, &scope.take(), plan, ended);
            // An error does not wait: it need not be one that threads can hand on.
            let value = match outcome {
                Outcome::Value(value) => Some(value),
                Outcome::Absent => None,
                Outcome::Error(error) => {
                    if let Some(ticket) = ticket {
                        ticket.fail();
                    }
                    return self.close(weighed, Outcome::Error(error));
                }
            };
            if let Some(ticket) = ticket {
                // By itself, so that loads without a shared tier are not as large as those with one.
                Box::pin(self.share(&mut weighed, value.as_ref(), ticket)).await;
            }
            self.close(weighed, value.map_or(Outcome::Absent, Outcome::Value))
        }
    }

    /// [`run`](Self::run) for code that is not async: nothing can drop its load.
    pub(super) fn run_blocking<E, L, F>(mut self, plan: Plan<E, L>, body: F) -> Landing<V, E>
    where
        E: 'static,
        L: FnOnce(&V, &mut Late),
        F: FnOnce() -> Outcome<V, E>,
    {
        let scope = LoadScope::begin([self.flight_id()], self.region.rules.track);
        let begun = self.begin(&plan.tags, None);
        let outcome = track::in_scope(&scope, body);
        self.land(begun, &scope.take(), plan, Ended::Outcome(outcome))
    }

    /// Makes the seat one that another task can take, and what keeps its wait in the books for as long as somebody
    /// here waits for that.
    pub(super) fn detach(mut self, region: &Arc<RegionInner<O, V>>) -> (Claim<O, V>, Option<WaitEdge<'a>>) {
        self.landed = true;
        let claim = Claim {
            region: Arc::clone(region),
            key: self.look.key.to_owned_key(),
            hash: self.look.hash,
            flight: Arc::clone(&self.flight),
            place: self.place,
            accept: self.accept,
            taken: false,
        };
        (claim, self.edge.take())
    }
}

impl<O, V, Q> Drop for Seat<'_, O, V, Q>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    Q: CacheKey<Owned = O> + ?Sized,
{
    fn drop(&mut self) {
        if self.landed {
            return;
        }
        self.region.hand_on(&self.look, &self.flight, self.place);
        if self.begun {
            self.region.load_is_gone();
        }
    }
}

/// A seat without a borrow, for a load that runs in a task of its own.
pub(crate) struct Claim<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    region: Arc<RegionInner<O, V>>,
    key: O,
    hash: u64,
    flight: SharedFlight<V>,
    place: Place,
    accept: Accept,
    taken: bool,
}

impl<O, V> Claim<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Loads and lands.
    pub(super) async fn run<E, L, F, Fut>(mut self, plan: Plan<E, L>, body: F) -> Landing<V, E>
    where
        E: 'static,
        L: FnOnce(&V, &mut Late),
        F: FnOnce() -> Fut,
        Fut: Future<Output = Outcome<V, E>>,
    {
        self.taken = true;
        let look = Look { hash: self.hash, key: &self.key };
        let mut seat = Seat::new(&self.region, look, Arc::clone(&self.flight), self.place, None);
        seat.accept = self.accept;
        seat.run(plan, body).await
    }
}

impl<O, V> Drop for Claim<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn drop(&mut self) {
        if !self.taken {
            self.region.hand_on(&Look { hash: self.hash, key: &self.key }, &self.flight, self.place);
        }
    }
}

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The seat for loading anew what is still there to be served: for one caller, while nobody loads it.
    pub(super) fn claim<'a, Q>(&'a self, look: &Look<'a, Q>) -> Option<Seat<'a, O, V, Q>>
    where
        Q: CacheKey<Owned = O> + ?Sized,
    {
        if !self.shared.is_enabled() {
            return None;
        }
        let mut shard = self.store.write(look.hash);
        let now = self.shared.now();
        let mut remaining = Duration::ZERO;
        if let Some(entry) = shard.peek(look) {
            // Between the look-up and now another load may have landed.
            if matches!(self.freshness(entry, now.time), Freshness::Fresh | Freshness::Failing) {
                return None;
            }
            remaining = entry.remaining(&self.rules.lives, now.time);
        }
        let flight = shard.flight_or_begin(look, Shared::next_flight);
        // A flight that was begun here and now waits for nobody and is not busy: none is left behind without a load.
        let edge = track::wait_for(flight.id).ok()?;
        let place = flight.lock().claim(track::is_collecting(), &self.shared.limits, now)?;
        drop(shard);
        count(&self.counters.refreshes);
        let mut seat = Seat::new(self, Look { hash: look.hash, key: look.key }, flight, place, edge);
        seat.accept = Accept::NewerThan(remaining);
        Some(seat)
    }

    /// Counts and tells that a load was dropped or has panicked.
    fn load_is_gone(&self) {
        let name = Arc::clone(&self.name);
        if std::thread::panicking() {
            count(&self.counters.loads_panicked);
            self.shared.emit(&Event::LoadPanicked { region: name });
        } else {
            count(&self.counters.loads_cancelled);
            self.shared.emit(&Event::LoadCancelled { region: name });
        }
    }

    /// Frees a place without a result, and forgets the flight if that was the last one in it.
    pub(super) fn hand_on<Q: CacheKey<Owned = O> + ?Sized>(
        &self,
        look: &Look<'_, Q>,
        flight: &SharedFlight<V>,
        place: Place,
    ) {
        let mut shard = self.store.write(look.hash);
        let mut state = flight.lock();
        let wake = state.abandon(place, None, self.shared.now());
        if state.is_over() {
            shard.end_flight(look, flight);
        }
        drop(state);
        drop(shard);
        wake.all();
    }
}
