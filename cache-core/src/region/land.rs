//! The end of a load: what of its result is stored, and who gets it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use smallvec::SmallVec;

use super::inner::RegionInner;
use super::landing::Landing;
use super::load::{Plan, Timeout};
use super::seat::Seat;
use super::shelf::Ticket;
use super::tags::{Late, TagList};
use crate::clock::Time;
use crate::entry::{Entry, More, StoredError, Ties};
use crate::event::{Event, NotStored, RemovalCause};
use crate::fleet_name::FleetName;
use crate::flight::{For, Landed, Outcome, Wake};
use crate::foundation::{Foundation, Known};
use crate::freshness::MIN_TTL;
use crate::key::{CacheKey, StoredKey};
use crate::mutant::{self, Mutant};
use crate::policy::Ttl;
use crate::stats::count;
use crate::timeout::LoadTimeout;
use crate::touch::{Name, Stamp};
use crate::track::Collected;

/// What was captured before the load.
pub(super) struct Begun {
    tags: SmallVec<[Arc<Name>; 2]>,
    at: Time,
}

/// How a load ended.
pub(super) enum Ended<V, E> {
    Outcome(Outcome<V, E>),
    TimedOut,
}

/// What others can have of a result.
pub(super) enum Others {
    /// What the caller gets: a value, or that there is none.
    Same,
    Error(StoredError),
    /// Nothing: an error that cannot be copied.
    Nothing,
}

/// What is to become of a result.
pub(super) struct Weighed {
    pub(super) others: Others,
    pub(super) tags: SmallVec<[Arc<Name>; 2]>,
    pub(super) inherited: Vec<Stamp>,
    /// Whether it was built from what nobody can say any more whether it is valid.
    pub(super) unknown: bool,
    /// How long it is to be kept, if it is (`Some(None)`: for ever).
    pub(super) ttl: Option<Option<Duration>>,
    pub(super) cost: Duration,
    /// Whether it was built from something stale, or is stale itself.
    pub(super) stale: bool,
    /// Why it must not be stored.
    pub(super) refusal: Option<NotStored>,
    pub(super) failed: bool,
    /// Whether the caller takes what was there before, if the load failed.
    pub(super) takes_old: bool,
    /// What the fleet has to know, if it is to have it.
    pub(super) fleet: Option<InFleet>,
    /// Whether the fleet has invalidated it meanwhile.
    pub(super) overtaken: bool,
    /// Whether nobody keeps book of what happens to its names: an answer to who asked before it was read, and nothing to
    /// build upon.
    pub(super) unfollowed: bool,
    /// Whether it is kept for a short while only: nobody else knows of it.
    pub(super) capped: bool,
    pub(super) foundation: Option<Arc<Foundation>>,
    /// When it stops to be fresh, if another process has loaded it.
    pub(super) fresh_until: Option<Time>,
}

/// What a result depends on, in the names of the fleet.
#[derive(Debug)]
pub(super) struct InFleet {
    pub(super) late: Vec<FleetName>,
    pub(super) inherited: Option<Vec<Known>>,
}

/// What became of a result.
struct Settled<V> {
    ties: Option<Arc<Ties>>,
    doubtful: bool,
    not_stored: Option<NotStored>,
    /// What was there before, and is served since the load failed.
    old: Option<V>,
}

impl<O, V, Q> Seat<'_, O, V, Q>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    Q: CacheKey<Owned = O> + ?Sized,
{
    /// Counts the load and captures its tags, before it runs.
    pub(super) fn begin(&mut self, tags: &TagList, ticket: Option<&Ticket>) -> Begun {
        self.begun = true;
        count(&self.region.counters.loads);
        let region = self.region;
        let mut names = region.names(tags);
        names.extend(match (region.shared.tier(), ticket) {
            (Some(tier), Some(ticket)) => Some(Arc::clone(tier.floor(ticket.key()))),
            _ => region.floor(self.look.key),
        });
        Begun { tags: names, at: region.clock.now() }
    }

    /// Ends the load: stores what may be stored, tells those who wait, and returns the result to the caller.
    pub(super) fn land<E: 'static, L: FnOnce(&V, &mut Late)>(
        self,
        begun: Begun,
        collected: &Collected,
        plan: Plan<E, L>,
        ended: Ended<V, E>,
    ) -> Landing<V, E> {
        let (weighed, outcome) = self.weigh(begun, collected, plan, ended);
        self.close(weighed, outcome)
    }

    /// What is to become of a result. Runs the user's code, and takes no lock.
    pub(super) fn weigh<E: 'static, L: FnOnce(&V, &mut Late)>(
        &self,
        begun: Begun,
        collected: &Collected,
        plan: Plan<E, L>,
        ended: Ended<V, E>,
    ) -> (Weighed, Outcome<V, E>) {
        let region = self.region;
        let cost = region.clock.now().saturating_since(begun.at);
        let nanos = u64::try_from(cost.as_nanos()).unwrap_or(u64::MAX);
        region.counters.load_nanos.fetch_add(nanos, Ordering::Relaxed);

        // The user's code first, without a lock: what the value says of itself, its weight, the copy of an error.
        let mut late = Late::default();
        if let Ended::Outcome(Outcome::Value(value)) = &ended {
            (plan.late)(value, &mut late);
            region.add_own(self.look.key, value, &mut late);
        }
        let negative = region.rules.negative_ttl.map(Some);
        let (outcome, others, ttl) = match ended {
            Ended::Outcome(Outcome::Value(value)) => {
                let ttl = region.ttl(plan.ttl, &late);
                (Outcome::Value(value), Others::Same, ttl)
            }
            Ended::Outcome(Outcome::Absent) => (Outcome::Absent, Others::Same, negative),
            Ended::Outcome(Outcome::Error(error)) => {
                count(&region.counters.load_errors);
                let copy = plan.share.map(|share| share.keep(&error));
                let ttl = negative.filter(|_| copy.is_some());
                (Outcome::Error(error), copy.map_or(Others::Nothing, Others::Error), ttl)
            }
            Ended::TimedOut => {
                let (error, timeout) = region.timed_out(plan.timeout.as_ref());
                let shared = StoredError::new(timeout, |timeout| *timeout);
                (Outcome::Error(error), Others::Error(shared), None)
            }
        };
        let (failed, is_value) = (matches!(outcome, Outcome::Error(_)), matches!(outcome, Outcome::Value(_)));
        let has_empty_tag = plan.tags.has_empty() || late.tags.has_empty();
        // Only a value can be stored as a stale one.
        let is_too_stale = collected.is_stale() && !(is_value && region.rules.lives.have_windows());
        let (inherited, refusal) = match collected.inherit(region.shared.max_dependencies) {
            Ok(inherited) => (Some(inherited), is_too_stale.then_some(NotStored::DoubtfulIngredient)),
            Err(refusal) => (None, Some(refusal)),
        };
        let refusal = if has_empty_tag { Some(NotStored::EmptyTag) } else { refusal };
        let mut tags = begun.tags;
        tags.extend(region.names(&late.tags));
        let fleet = region
            .shelf
            .is_some()
            .then(|| InFleet { late: late.tags.fleet_names(), inherited: collected.foundations() });
        let weighed = Weighed {
            others,
            tags,
            unknown: inherited.is_none(),
            inherited: inherited.unwrap_or_default(),
            ttl,
            cost,
            stale: collected.is_stale(),
            refusal,
            failed,
            takes_old: failed && !plan.force,
            fleet,
            overtaken: false,
            unfollowed: false,
            capped: false,
            foundation: None,
            fresh_until: None,
        };
        (weighed, outcome)
    }

    /// Ends the load with a result that was weighed.
    pub(super) fn close<E>(mut self, weighed: Weighed, outcome: Outcome<V, E>) -> Landing<V, E> {
        let (region, stale) = (self.region, weighed.stale);
        let value = if let Outcome::Value(value) = &outcome { Some(value) } else { None };
        let settled = self.settle(weighed, value);
        if let Some(reason) = settled.not_stored {
            region.not_stored(reason);
        }
        region.shared.budget.stored();
        region.sweep_if_due();
        let outcome = match settled.old {
            Some(old) => {
                region.shared.emit(&Event::RefreshFailed { region: Arc::clone(&region.name) });
                Outcome::Value(old)
            }
            None => outcome,
        };
        Landing { outcome, ties: settled.ties, doubtful: settled.doubtful, stale }
    }

    /// Ends the load for everybody else.
    fn settle(&mut self, settling: Weighed, value: Option<&V>) -> Settled<V> {
        let region = self.region;
        let weight = region.weigh(value);
        let error = if let Others::Error(error) = &settling.others { Some(error.clone()) } else { None };
        let now = region.shared.now();
        let (start, look) = (self.place.start, &self.look);
        let ttl = settling.ttl.map(|ttl| if settling.capped { region.cap(ttl) } else { ttl });
        let life = value.is_some().then(|| {
            let fresh_until = match settling.fresh_until {
                Some(until) => until,
                None if settling.stale => now.time,
                None => region.shared.expiry(now.time, ttl.unwrap_or_default(), region.rules.jitter),
            };
            // What nobody else knows of is not served a moment longer than it may.
            if settling.capped { (fresh_until, None) } else { region.life(now.time, fresh_until, settling.cost) }
        });
        let (mut replaced, mut evicted) = (Vec::new(), Vec::new());

        // Before the guards: a panic releases those first, and no value of the user's is dropped under them.
        let (mut wake, mut old) = (Wake::default(), None);
        // The caller's own cannot be stored as well; what is not going to be stored need not be copied.
        let mut copy = value.filter(|_| region.rules.keeps && ttl.is_some()).cloned();
        let others = match settling.others {
            Others::Same => Some(value.map_or(Outcome::Absent, Outcome::Value)),
            Others::Error(error) => Some(Outcome::Error(error)),
            Others::Nothing => None,
        };
        let mut shard = region.store.write(look.hash);
        if settling.failed {
            // It stays: what is there is better than an error. It is also the answer, unless the caller wanted a new one.
            old = region.kept(&shard, look, now.time);
        }
        let serves_old = old.is_some() && settling.takes_old;
        let mut state = self.flight.lock();
        // A load that lost its place was overdue: since then nobody has kept book of what touched the key.
        let in_place = state.is_running(self.place);
        let mut ties = Ties { start, tags: settling.tags, more: None };
        let valid = in_place
            && state.touched <= start
            && !settling.overtaken
            && !settling.unfollowed
            && region.touched.last() <= start
            && ties.are_valid()
            && settling.inherited.iter().all(Stamp::is_valid);
        // Who builds on it may have joined when it was read already.
        let unfit = settling.unfollowed && state.tracked;
        let doubtful = settling.refusal.is_some() || !in_place || serves_old || others.is_none() || unfit;
        let tied = state.tracked && !doubtful;
        let own = tied.then(|| {
            let identity = shard.identities.name(look, state.touched);
            region.own_stamps(start, identity)
        });
        let (plain_until, life) = life.unwrap_or((Time::NEVER, None));
        let foundation = settling.foundation;
        let has_more = tied || foundation.is_some() || error.is_some() || life.is_some() || weight > 1;
        if has_more || !settling.inherited.is_empty() {
            ties.more = Some(Box::new(More { inherited: settling.inherited, own, error, life, weight, foundation }));
        }
        let ties = (ties.more.is_some() || !ties.tags.is_empty()).then(|| Arc::new(ties));
        let for_dependants = ties.clone().filter(|_| tied);
        if in_place {
            // Under the shard's lock nobody can have joined since the old value was found to be servable.
            let stale = settling.stale;
            let landed = |outcome| Landed { outcome, ties: for_dependants.clone(), doubtful, stale };
            wake = match (&old, &others) {
                (Some(old), _) if serves_old => {
                    state.land(self.place, || landed(Outcome::Value(old.clone())), For::NotStrict, now)
                }
                (_, Some(result)) => {
                    let unknown = settling.unknown && !mutant::is(Mutant::DoubtfulForLatecomers);
                    let all = valid && !unknown || mutant::is(Mutant::HandedToLatecomers);
                    let whom = if all { For::All } else { For::Early };
                    state.land(self.place, || landed(result.cloned()), whom, now)
                }
                // Nobody can copy the error: those who wait load for themselves, a few at a time.
                (_, None) => state.abandon(self.place, Some(region.shared.limits.scatter), now),
            };
        }
        let key = if state.is_over() { shard.end_flight(look, &self.flight) } else { None };
        drop(state);

        let stays = valid || mutant::is(Mutant::KeptThoughTouched);
        let mut not_stored = settling.refusal.or((!stays).then_some(NotStored::Overtaken));
        let mut stored = false;
        let newest = shard.peek(look).is_none_or(|entry| entry.start <= start);
        if let (None, None, true, Some(ttl)) = (not_stored, &old, others.is_some(), ttl)
            && region.rules.keeps
            && newest
        {
            stored = shard.can_hold(weight);
            if stored {
                let key = key.unwrap_or_else(|| StoredKey(look.key.to_owned_key()));
                let until = match copy {
                    Some(_) => plain_until,
                    None => region.shared.expiry(now.time, ttl, region.rules.jitter),
                };
                shard.insert(key, Entry::new(copy.take(), until, start, ties), &mut replaced, &mut evicted);
            } else {
                not_stored = Some(NotStored::TooHeavy);
            }
        }
        if settling.takes_old {
            if let Some(entry) = shard.peek(look) {
                entry.retry_at(&region.rules.lives, now.time.saturating_add(region.shared.limits.retry));
            }
        } else if valid && newest && !stored && !settling.failed {
            // The source was asked and has answered: what it said before is not to be served once more. (If it was
            // overtaken, what is there is newer than it, or invalid itself.)
            replaced.extend(shard.remove(look));
        }
        drop(shard);

        self.landed = true;
        wake.all();
        region.left(replaced, RemovalCause::Replaced);
        region.left(evicted, RemovalCause::Evicted);
        // An absence or an error that the policy does not keep was never going to be stored.
        let not_stored = not_stored.filter(|_| settling.ttl.is_some() && old.is_none() && region.shared.is_enabled());
        Settled { ties: for_dependants, doubtful, not_stored, old: old.filter(|_| serves_old) }
    }
}

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// How long a value is to be kept, if it is: what the call says, else what the value says, else the policy.
    pub(super) fn ttl(&self, of_the_call: Option<Ttl>, late: &Late) -> Option<Option<Duration>> {
        let ttl = match (of_the_call, late.ttl) {
            _ if late.keep_out => return None,
            (Some(Ttl::Never), _) => None,
            (Some(Ttl::Default), _) => Some(self.shared.default_ttl),
            (Some(Ttl::After(ttl)), _) | (None, Some(ttl)) => Some(ttl),
            (None, None) => self.rules.ttl,
        };
        // A ttl of nothing: not to be kept. One below the clock's resolution: kept as long as that can tell.
        if ttl == Some(Duration::ZERO) { None } else { Some(ttl.map(|ttl| ttl.max(MIN_TTL))) }
    }

    /// The value under a key, if it may be served when loading it anew has failed.
    pub(super) fn kept<Q: CacheKey<Owned = O> + ?Sized>(
        &self,
        shard: &crate::l1::Shard<O, V>,
        look: &crate::key::Look<'_, Q>,
        now: Time,
    ) -> Option<V> {
        let entry = shard.peek(look).filter(|entry| self.freshness(entry, now).is_servable())?;
        entry.value.clone()
    }

    /// Counts and tells that a load was dropped.
    pub(super) fn timed_out<E>(&self, timeout: Option<&Timeout<E>>) -> (E, LoadTimeout) {
        let Some(timeout) = timeout else { unreachable!("only a load with a timeout ends at it") };
        count(&self.counters.load_timeouts);
        self.shared.emit(&Event::LoadTimedOut { region: Arc::clone(&self.name), after: timeout.after });
        let error = LoadTimeout { after: timeout.after };
        ((timeout.error)(error), error)
    }
}
