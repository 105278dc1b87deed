//! Putting and invalidating.

use std::sync::Arc;
use std::time::Duration;

use super::inner::RegionInner;
use super::tags::Late;
use crate::entry::{Entry, More, Ties};
use crate::event::{NotStored, RemovalCause};
use crate::flight::{Landed, Outcome};
use crate::key::{CacheKey, Look, StoredKey, pattern};

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Stores a value that the caller vouches for (or, with `None`, the knowledge that there is none). Loads that run
    /// are overtaken; those who wait for them get the value.
    pub(crate) fn put<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>, value: Option<V>, mut late: Late) {
        // Before the user's code: what is invalidated from here on means this value too.
        let asked = self.shared.touches.read();
        if let Some(value) = &value {
            self.add_own(look.key, value, &mut late);
        }
        let weight = self.weigh(value.as_ref());
        let ttl = if value.is_some() { self.ttl(None, &late) } else { self.rules.negative_ttl.map(Some) };
        let mut refusal = late.tags.has_empty().then_some(NotStored::EmptyTag);
        let tags = self.names(&late.tags);
        let (mut replaced, mut evicted) = (Vec::new(), Vec::new());

        let mut shard = self.store.write(look.hash);
        let touch = self.shared.touches.advance();
        shard.identities.touch(look, touch, &self.shared.touches);
        let flight = shard.flight(look).map(Arc::clone);
        let wake = flight.map(|flight| {
            let mut state = flight.lock();
            state.touched = touch;
            // Doubtful, so that nothing is built on a put that has no identity here.
            let outcome = || value.clone().map_or(Outcome::Absent, Outcome::Value);
            let wake = state.overtake(|| Landed { outcome: outcome(), ties: None, doubtful: true });
            if state.is_over() {
                shard.end_flight(look, &flight);
            }
            wake
        });
        if refusal.is_none() && (self.touched.last() > asked || tags.iter().any(|tag| tag.last() > asked)) {
            refusal = Some(NotStored::Overtaken);
        }
        let storable = ttl.filter(|_| refusal.is_none() && self.rules.keeps && self.shared.is_enabled());
        match storable {
            Some(ttl) if shard.can_hold(weight) => {
                let now = self.clock.coarse();
                let (until, life) = match &value {
                    Some(_) => self.life(now, ttl, Duration::ZERO, false),
                    None => (self.shared.expiry(now, ttl, self.rules.jitter), None),
                };
                let more = (weight > 1 || life.is_some()).then(|| Box::new(More { weight, life, ..More::default() }));
                let ties = (!tags.is_empty() || more.is_some()).then(|| Arc::new(Ties { start: touch, tags, more }));
                let key = StoredKey(look.key.to_owned_key());
                let entry = Entry::new(value, until, touch, ties);
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
        self.sweep_if_due();
    }

    /// Drops one key. When this returns no call that begins later gets the old value (promise P3), and no load that
    /// began earlier stores it (P2).
    pub(crate) fn invalidate<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>) {
        let removed = {
            let mut shard = self.store.write(look.hash);
            let touch = self.shared.touches.advance();
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
    pub(crate) fn invalidate_region(&self) {
        // Not through the cache's lock on all regions: one name, one atomic step.
        self.shared.touches.mark(&self.touched, self.shared.touches.advance());
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
                let shard = shard.write();
                let touch = self.shared.touches.advance();
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
