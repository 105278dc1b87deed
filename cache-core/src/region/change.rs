//! Putting and invalidating.

use std::sync::Arc;
use std::time::Duration;

use super::inner::RegionInner;
use super::tags::Late;
use crate::entry::{Entry, More, Ties};
use crate::event::{NotStored, RemovalCause};
use crate::flight::{Landed, Outcome};
use crate::invalidated::Invalidating;
use crate::key::{CacheKey, Look, StoredKey, pattern};
use crate::tier::Item;
use crate::touch::{Stamp, Touch};

/// When a value was made that is put later.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// A reading before it was made.
    pub(crate) since: Touch,
    /// What the same maker put meanwhile.
    pub(crate) own: Vec<Touch>,
    /// Whether what somebody else did meanwhile stays. (Otherwise nobody knows who is right, and the key is dropped.)
    pub(crate) yields: bool,
}

impl Made {
    /// Whether a touch by somebody else came later.
    fn is_before(&self, touch: Touch) -> bool {
        touch > self.since && !self.own.contains(&touch)
    }
}

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Stores a value that the caller vouches for (or, with `None`, the knowledge that there is none). Loads that run
    /// are overtaken; those who wait for them get the value.
    pub(crate) fn put<Q: CacheKey<Owned = O> + ?Sized>(
        self: &Arc<Self>,
        look: &Look<'_, Q>,
        value: Option<V>,
        late: Late,
    ) -> Invalidating {
        let Some(tier) = self.shared.tier() else {
            let _ = self.put_as_of(look, value, late, None);
            return Invalidating::done();
        };
        let waiting = tier.announce_item(self.item(look.key));
        let goods = self.goods(look.key, value.as_ref(), &late);
        let _ = self.put_as_of(look, value, late, None);
        self.tell_of_put(waiting, goods)
    }

    /// [`put_as_of`](Self::put_as_of), with the fleet's half. The others drop what they have and load anew: which of two
    /// processes was the last one, only the source knows (protocol-review item 7).
    pub(crate) fn put_made<Q: CacheKey<Owned = O> + ?Sized>(
        self: &Arc<Self>,
        look: &Look<'_, Q>,
        value: Option<V>,
        late: Late,
        made: Made,
    ) -> (Option<Touch>, Invalidating) {
        let Some(tier) = self.shared.tier() else {
            return (self.put_as_of(look, value, late, Some(made)), Invalidating::done());
        };
        let waiting = tier.announce_item(self.item(look.key));
        let touch = self.put_as_of(look, value, late, Some(made));
        (touch, self.tell_of_put(waiting, None))
    }

    /// A reading to [put](Self::put_as_of) by later: touches of the key are remembered from here on.
    pub(crate) fn watch<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>) -> Touch {
        let mut shard = self.store.write(look.hash);
        shard.recent.keep();
        self.shared.touches.read()
    }

    /// [`put`](Self::put) of a value that was made at some time after a reading. If its key, one of its tags or the
    /// region was touched after that (by an invalidation or another put), the key is invalidated instead. Returns its own
    /// touch of the key, if nobody else's was between.
    pub(crate) fn put_as_of<Q: CacheKey<Owned = O> + ?Sized>(
        &self,
        look: &Look<'_, Q>,
        value: Option<V>,
        mut late: Late,
        made: Option<Made>,
    ) -> Option<Touch> {
        // Before the user's code: what is invalidated from here on means this value too.
        let asked = made.as_ref().map_or_else(|| self.shared.touches.read(), |made| made.since);
        if let Some(value) = &value {
            self.add_own(look.key, value, &mut late);
        }
        let weight = self.weigh(value.as_ref());
        let ttl = if value.is_some() { self.ttl(None, &late) } else { self.rules.negative_ttl.map(Some) };
        let mut refusal = late.tags.has_empty().then_some(NotStored::EmptyTag);
        let mut tags = self.names(&late.tags);
        let floor = self.floor(look.key);
        tags.extend(floor.clone());
        let (mut replaced, mut evicted) = (Vec::new(), Vec::new());

        let mut shard = self.store.write(look.hash);
        let touch = self.shared.touches.advance();
        let overtaken = made.as_ref().is_some_and(|made| made.is_before(shard.recent.last(look.hash)))
            || self.touched.last() > asked
            || tags.iter().any(|tag| tag.last() > asked);
        if overtaken && made.as_ref().is_some_and(|made| made.yields) {
            return None;
        }
        if overtaken {
            refusal = refusal.or(Some(NotStored::Overtaken));
        }
        shard.recent.touch(look.hash, touch);
        shard.identities.touch(look, touch, &self.shared.touches);
        if floor.is_some()
            && let Some(tier) = self.shared.tier()
        {
            // As of this very touch: what is put now is valid under it.
            tier.touch_key(&self.shared, &self.fleet_text(look.key), touch);
        }
        let flight = shard.flight(look).map(Arc::clone);
        let overtakes = flight.is_some();
        let wake = flight.map(|flight| {
            let mut state = flight.lock();
            state.touched = touch;
            if made.is_some() && overtaken {
                // Nobody vouches for the value any more: who waits goes on waiting for the load.
                return crate::flight::Wake::default();
            }
            // Doubtful, so that nothing is built on a put that has no identity here.
            let outcome = || value.clone().map_or(Outcome::Absent, Outcome::Value);
            let wake = state.overtake(|| Landed { outcome: outcome(), ties: None, doubtful: true, stale: false });
            if state.is_over() {
                shard.end_flight(look, &flight);
            }
            wake
        });
        let storable = ttl.filter(|_| refusal.is_none() && self.rules.keeps && self.shared.is_enabled());
        match storable {
            Some(ttl) if shard.can_hold(weight) => {
                // Of a value that may be older than this put, every name must be as untouched as the value is old: one
                // that is being touched just now has its mark still to come. The key itself was touched by this put.
                let start = made.as_ref().map_or(touch, |made| made.since);
                // Where the key has a name, or a load under way is going to give it one that knows of that touch, the
                // entry says so itself.
                let named = made.is_some() && (overtakes || shard.identities.knows(look));
                let own = named.then(|| {
                    let [region, key] = self.own_stamps(start, shard.identities.name(look, touch));
                    [region, Stamp { since: touch, ..key }]
                });
                let now = self.clock.coarse();
                let (until, life) = match &value {
                    Some(_) => self.life(now, self.shared.expiry(now, ttl, self.rules.jitter), Duration::ZERO),
                    None => (self.shared.expiry(now, ttl, self.rules.jitter), None),
                };
                let more = (weight > 1 || own.is_some() || life.is_some())
                    .then(|| Box::new(More { weight, own, life, ..More::default() }));
                let ties = (!tags.is_empty() || more.is_some()).then(|| Arc::new(Ties { start, tags, more }));
                let key = StoredKey(look.key.to_owned_key());
                let entry = Entry::new(value, until, start, ties);
                shard.insert(key, entry, &mut replaced, &mut evicted);
            }
            _ => {
                // What cannot be stored must not leave the old value behind.
                replaced.extend(shard.remove(look));
                if storable.is_some() {
                    refusal = Some(NotStored::TooHeavy);
                }
            }
        }
        drop(shard);

        wake.into_iter().for_each(crate::flight::Wake::all);
        self.left(replaced, RemovalCause::Replaced);
        self.left(evicted, RemovalCause::Evicted);
        if let Some(reason) = refusal.filter(|_| self.shared.is_enabled()) {
            self.not_stored(reason);
        }
        self.shared.budget.stored();
        self.sweep_if_due();
        (!overtaken).then_some(touch)
    }

    /// Drops one key. When this returns no call that begins later gets the old value (promise P3), and no load that
    /// began earlier stores it (P2).
    pub(crate) fn invalidate<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>) -> Invalidating {
        let item = self.shared.tier().map(|_| self.item(look.key));
        Invalidating::of(&self.shared, item, || self.drop_key(look))
    }

    /// This process's part of [`invalidate`](Self::invalidate).
    pub(super) fn drop_key<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>) {
        let removed = {
            let mut shard = self.store.write(look.hash);
            let touch = self.shared.touches.advance();
            shard.recent.touch(look.hash, touch);
            shard.identities.touch(look, touch, &self.shared.touches);
            if let Some(flight) = shard.flight(look) {
                flight.lock().touched = touch;
            }
            shard.remove(look)
        };
        self.left(removed.into_iter().collect(), RemovalCause::Invalidated);
    }

    /// Drops everything in this region, at a cost that does not depend on how much that is (P8). The memory comes
    /// back with the next sweep.
    pub(crate) fn invalidate_region(&self) -> Invalidating {
        let item = self.shared.tier().map(|_| Item::Region(Arc::clone(&self.name)));
        // Not through the cache's lock on all regions: one name, one atomic step.
        Invalidating::of(&self.shared, item, || {
            self.shared.touches.mark(&self.touched, self.shared.touches.advance());
        })
    }

    /// Drops the keys whose text matches. Looks at every entry of the region.
    pub(crate) fn invalidate_pattern(&self, glob: &str) {
        let prefix = pattern::literal_prefix(glob);
        let own = format!("{}:", self.name);
        if !(own.starts_with(&prefix) || prefix.starts_with(&own)) {
            return;
        }
        let matches = |key: &O| pattern::matches(glob, &self.long_text(key));
        for shard in self.store.all() {
            // Loads under way first: from here on they cannot store what they read before. Then what is stored, in
            // two steps, so that rendering and matching keys does not keep readers out. An entry that is stored in
            // between comes from a load or a put that began after `touch`, and stays.
            let touch = {
                let mut shard = shard.write();
                let touch = self.shared.touches.advance();
                shard.recent.touch_all(touch);
                for (_, flight) in shard.flights().filter(|(key, _)| matches(key)) {
                    flight.lock().touched = touch;
                }
                touch
            };
            let hit: Vec<O> = {
                let shard = shard.read();
                shard.entries().map(|(key, _)| key).filter(|key| matches(key)).map(CacheKey::to_owned_key).collect()
            };
            let mut removed = Vec::new();
            for key in hit {
                let look = self.by(&key);
                let mut shard = shard.write();
                if shard.peek(&look).is_some_and(|entry| entry.start < touch) {
                    removed.extend(shard.remove(&look));
                }
            }
            // Last: until here a load could still build on an old entry, and name it.
            shard.write().identities.touch_where(matches, touch, &self.shared.touches);
            self.left(removed, RemovalCause::Invalidated);
        }
    }
}
