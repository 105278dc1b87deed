//! The leader's seat: the right to load, and the duty to land.

use std::sync::Arc;

use smallvec::SmallVec;

use super::inner::RegionInner;
use super::load::Plan;
use super::tags::TagList;
use crate::clock::Time;
use crate::entry::{Entry, More, StoredError, Ties};
use crate::event::{Event, NotStored, RemovalCause};
use crate::flight::{Landed, Outcome, Place, Wake};
use crate::key::{CacheKey, Look, StoredKey};
use crate::l1::SharedFlight;
use crate::stats::count;
use crate::touch::{Name, Stamp};
use crate::track::{self, Collected, WaitEdge};

/// Held by whoever loads. Dropped without [`land`](Self::land) it hands the seat on: a cancelled or panicking leader
/// never blocks those who wait.
pub(crate) struct Seat<'a, O, V, Q>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    Q: CacheKey<Owned = O> + ?Sized,
{
    region: &'a RegionInner<O, V>,
    look: Look<'a, Q>,
    flight: SharedFlight<V>,
    place: Place,
    landed: bool,
    /// While this load runs, the loads around it wait for its flight.
    _edge: Option<WaitEdge<'a>>,
}

/// What was captured before the load.
pub(super) struct Begun {
    tags: SmallVec<[Arc<Name>; 2]>,
    began: Time,
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
        Self { region, look, flight, place, landed: false, _edge: edge }
    }

    pub(super) fn flight_id(&self) -> u64 {
        self.flight.id
    }

    /// Counts the load and captures its tags, before it runs.
    pub(super) fn begin(&self, tags: &TagList) -> Begun {
        count(&self.region.counters.loads);
        Begun { tags: self.region.names(tags), began: self.region.clock.now() }
    }

    /// Ends the load: stores what may be stored, tells those who wait, and returns the result to the caller.
    pub(super) fn land<E: 'static, L: FnOnce(&V, &mut TagList)>(
        mut self,
        begun: Begun,
        collected: &Collected,
        plan: Plan<E, L>,
        outcome: Outcome<V, E>,
    ) -> Outcome<V, E> {
        let region = self.region;
        let took = region.clock.now().saturating_since(begun.began);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        region.counters.load_nanos.fetch_add(nanos, std::sync::atomic::Ordering::Relaxed);

        // The user's code first, without a lock: tags from the value, its weight, the copy of an error.
        let mut late = TagList::default();
        if let Outcome::Value(value) = &outcome {
            (plan.late)(value, &mut late);
            region.add_own_tags(self.look.key, value, &mut late);
        }
        let mut tags = begun.tags;
        tags.extend(region.names(&late));
        let (inherited, refusal) = match collected.inherit(region.shared.max_dependencies) {
            _ if plan.tags.has_empty() || late.has_empty() => (Vec::new(), Some(NotStored::EmptyTag)),
            Ok(inherited) => (inherited, None),
            Err(refusal) => (Vec::new(), Some(refusal)),
        };
        let ties = Ties { start: self.place.start, tags, more: None };
        let (result, ttl) = match &outcome {
            Outcome::Value(value) => (Some(Outcome::Value(value.clone())), Some(region.rules.ttl)),
            Outcome::Absent => (Some(Outcome::Absent), region.rules.negative_ttl.map(Some)),
            Outcome::Error(error) => {
                count(&region.counters.load_errors);
                let copy = plan.share.map(|share| Outcome::Error(share.keep(error)));
                (copy, region.rules.negative_ttl.map(Some))
            }
        };
        let refusal = match result {
            Some(result) => self.settle(result, ttl, ties, inherited, refusal),
            None => self.give_up_to_many(),
        };
        if let Some(reason) = refusal {
            region.not_stored(reason);
        }
        region.sweep_if_due();
        outcome
    }

    /// Ends the load with a result that others can have; says if it was to be stored and was not.
    fn settle(
        &mut self,
        result: Outcome<V, StoredError>,
        ttl: Option<Option<std::time::Duration>>,
        mut ties: Ties,
        inherited: Vec<Stamp>,
        refusal: Option<NotStored>,
    ) -> Option<NotStored> {
        let region = self.region;
        let weight = region.weigh(if let Outcome::Value(value) = &result { Some(value) } else { None });
        let error = if let Outcome::Error(error) = &result { Some(error.clone()) } else { None };
        let now = region.shared.now();
        let (start, look) = (self.place.start, &self.look);
        let (mut replaced, mut evicted) = (Vec::new(), Vec::new());

        // Before the guards, so that a panic releases them first.
        let mut wake = Wake::default();
        let mut shard = region.store.write(look.hash);
        let mut state = self.flight.lock();
        // A load that lost its place was overdue: since then nobody has kept book of what touched the key.
        let in_place = state.is_running(self.place);
        let valid = in_place
            && state.touched <= start
            && region.touched.last() <= start
            && ties.are_valid()
            && inherited.iter().all(Stamp::is_valid);
        let doubtful = refusal.is_some() || !in_place;
        let tied = state.tracked && !doubtful;
        let own = tied.then(|| {
            let identity = shard.identities.name(look, state.touched);
            region.own_stamps(start, identity)
        });
        if tied || error.is_some() || !inherited.is_empty() || weight > 1 {
            ties.more = Some(Box::new(More { inherited, own, error, weight }));
        }
        let ties = (ties.more.is_some() || !ties.tags.is_empty()).then(|| Arc::new(ties));
        let for_dependants = ties.clone().filter(|_| tied);
        if in_place {
            let landed = || Landed { outcome: result.clone(), ties: for_dependants.clone(), doubtful };
            wake = state.land(self.place, landed, valid, now);
        }
        let key = if state.is_over() { shard.end_flight(look, &self.flight) } else { None };
        drop(state);

        let mut not_stored = refusal.or((!valid).then_some(NotStored::Overtaken));
        if let (None, Some(ttl)) = (not_stored, ttl)
            && region.rules.keeps
            && shard.peek(look).is_none_or(|entry| entry.start <= start)
        {
            if shard.can_hold(weight) {
                let fresh_until = region.shared.expiry(now.time, ttl, region.rules.jitter);
                let key = key.unwrap_or_else(|| StoredKey(look.key.to_owned_key()));
                let value = if let Outcome::Value(value) = result { Some(value) } else { None };
                shard.insert(key, Entry::new(value, fresh_until, start, ties), &mut replaced, &mut evicted);
            } else {
                replaced.extend(shard.remove(look));
                not_stored = Some(NotStored::TooHeavy);
            }
        }
        drop(shard);

        self.landed = true;
        wake.all();
        region.left(replaced, RemovalCause::Replaced);
        region.left(evicted, RemovalCause::Evicted);
        for_dependants.iter().for_each(track::record);
        if doubtful {
            track::record_doubt();
        }
        // An absence or an error that the policy does not keep was never going to be stored.
        not_stored.filter(|_| ttl.is_some() && region.shared.is_enabled())
    }

    /// Ends the load with an error that nobody can copy: those who wait load for themselves, a few at a time.
    fn give_up_to_many(&mut self) -> Option<NotStored> {
        self.landed = true;
        self.region.hand_on(&self.look, &self.flight, self.place, Some(self.region.shared.limits.scatter));
        track::record_doubt();
        None
    }
}

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Frees a place without a result, and forgets the flight if that was the last one in it.
    pub(super) fn hand_on<Q: CacheKey<Owned = O> + ?Sized>(
        &self,
        look: &Look<'_, Q>,
        flight: &SharedFlight<V>,
        place: Place,
        scatter: Option<usize>,
    ) {
        let mut shard = self.store.write(look.hash);
        let mut state = flight.lock();
        let wake = state.abandon(place, scatter, self.shared.now());
        if state.is_over() {
            shard.end_flight(look, flight);
        }
        drop(state);
        drop(shard);
        wake.all();
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
        let region = self.region;
        region.hand_on(&self.look, &self.flight, self.place, None);
        let name = Arc::clone(&region.name);
        if std::thread::panicking() {
            count(&region.counters.loads_panicked);
            region.shared.emit(&Event::LoadPanicked { region: name });
        } else {
            count(&region.counters.loads_cancelled);
            region.shared.emit(&Event::LoadCancelled { region: name });
        }
    }
}
