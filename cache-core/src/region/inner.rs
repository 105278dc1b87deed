//! A region's state, and the hit.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::Duration;

use super::shelf::Shelf;
use crate::clock::{ClockSource, Time};
use crate::entry::{Entry, More, StoredError, Ties};
use crate::event::{Event, NotStored, RemovalCause};
use crate::freshness::Freshness;
use crate::key::{CacheKey, KeyHasher, Look, render_to};
use crate::l1::{Removed, Shard, Store};
use crate::life::{Life, Lives};
use crate::shared::Shared;
use crate::stats::{Counters, count};
use crate::tag::Tag;
use crate::tier::Tier;
use crate::touch::{Name, Stamp, Touch};
use crate::track;

/// One named typed cache, shared by its handles. `O` is the owned key.
pub(crate) struct RegionInner<O, V> {
    // What a hit reads comes first.
    pub(super) hasher: KeyHasher,
    pub(super) clock: ClockSource,
    pub(super) touched: Arc<Name>,
    pub(super) store: Store<O, V>,
    pub(super) counters: Counters,
    pub(super) name: Arc<str>,
    pub(super) shared: Arc<Shared>,
    pub(super) rules: Rules,
    pub(super) hooks: Hooks<O, V>,
    /// Its place in the shared tier.
    pub(super) shelf: Option<Shelf<V>>,
    pub(super) next_sweep: AtomicU64,
    pub(super) sweep_cursor: AtomicUsize,
}

/// A region's policy with the cache's defaults filled in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// `None`: never expires.
    pub(super) ttl: Option<Duration>,
    pub(super) negative_ttl: Option<Duration>,
    pub(super) jitter: u8,
    pub(super) track: bool,
    pub(super) lives: Lives,
    pub(super) timeout: Option<Duration>,
    pub(super) soft_timeout: Option<Duration>,
    /// Whether anything is stored at all.
    pub(super) keeps: bool,
    /// Whether every call asks the shared tier.
    pub(super) strong: bool,
    /// The literal pieces of the key's text, where a template gave some.
    pub(super) literals: Option<&'static [&'static str]>,
}

pub(crate) type Weigh<V> = Box<dyn Fn(&V) -> u64 + Send + Sync>;
pub(crate) type TagsOf<O, V> = Box<dyn Fn(&O, &V) -> Vec<Tag> + Send + Sync>;
pub(crate) type TtlOf<O, V> = Box<dyn Fn(&O, &V) -> Duration + Send + Sync>;
pub(crate) type CacheIf<O, V> = Box<dyn Fn(&O, &V) -> bool + Send + Sync>;
pub(crate) type HashTag<O> = Box<dyn Fn(&O) -> String + Send + Sync>;
pub(crate) type OnRemoval<O, V> = Box<dyn Fn(&O, &V, RemovalCause) + Send + Sync>;

/// The user's code that belongs to a region.
pub(crate) struct Hooks<O, V> {
    pub(crate) weigh: Option<Weigh<V>>,
    pub(crate) tags: Option<TagsOf<O, V>>,
    pub(crate) ttl: Option<TtlOf<O, V>>,
    pub(crate) cache_if: Option<CacheIf<O, V>>,
    pub(crate) on_removal: Option<OnRemoval<O, V>>,
    pub(crate) hash_tag: Option<HashTag<O>>,
}

impl<O, V> Default for Hooks<O, V> {
    fn default() -> Self {
        Self { weigh: None, tags: None, ttl: None, cache_if: None, on_removal: None, hash_tag: None }
    }
}

/// What a look-up found.
#[derive(Debug)]
pub(crate) enum Found<V> {
    Value(V),
    /// A fresh value that is to be loaded anew before it is not.
    Due(V),
    /// A value whose ttl is over, and which may be served all the same.
    Stale {
        value: V,
        /// Whether it is to be loaded anew; not if that has failed a moment ago.
        renew: bool,
    },
    /// It is known that there is no value.
    Absent,
    /// It is known that loading fails.
    Error(StoredError),
    Nothing,
}

/// Why an entry is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Somebody wants the value: a sliding expiry moves on, and chance may choose to load it anew.
    Use,
    /// Somebody wants to know what is there.
    Peek,
}

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A borrowed key with its hash.
    #[inline]
    pub(crate) fn by<'q, Q: CacheKey<Owned = O> + ?Sized>(&self, key: &'q Q) -> Look<'q, Q> {
        Look { hash: self.hasher.hash(key), key }
    }

    /// The value under a key, if it is fresh and nobody has to know that it was read. Counts as a use. Allocates
    /// nothing, and takes no lock but the shard's for reading.
    #[inline(always)]
    pub(crate) fn hit<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>) -> Option<V> {
        if track::is_collecting() {
            return None;
        }
        let shard = self.store.read(look.hash);
        let entry = shard.get(look)?;
        let marks = self.shared.touches.marks();
        if !entry.is_still_valid(&self.touched, marks) || self.clock.has_reached(entry.plain_until()) {
            return None;
        }
        let value = entry.value.clone()?;
        drop(shard);
        if self.counters.hits.increment() {
            self.clock.verify();
            if let Some(tier) = self.shared.tier() {
                tier.observe_link(&self.shared);
            }
        }
        Some(value)
    }

    /// Looks a key up, as a use.
    pub(crate) fn look<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>) -> Found<V> {
        self.look_for(look, |_| true)
    }

    /// [`look`](Self::look) for who takes what `takes` says. Anything else is nothing to it, and it does not depend on it.
    pub(crate) fn look_for<Q: CacheKey<Owned = O> + ?Sized>(
        &self,
        look: &Look<'_, Q>,
        takes: impl FnOnce(&Found<V>) -> bool,
    ) -> Found<V> {
        match self.hit(look) {
            Some(value) => Found::Value(value),
            None => self.look_further(look, takes),
        }
    }

    /// What [`hit`](Self::hit) leaves: absences and errors, hits inside of a load, and misses.
    #[cold]
    fn look_further<Q: CacheKey<Owned = O> + ?Sized>(
        &self,
        look: &Look<'_, Q>,
        takes: impl FnOnce(&Found<V>) -> bool,
    ) -> Found<V> {
        let (found, ties) = self.find(look, self.clock.coarse(), track::is_collecting(), Purpose::Use);
        let (found, ties) = if takes(&found) { (found, ties) } else { (Found::Nothing, None) };
        match &found {
            Found::Nothing => count(&self.counters.misses),
            _ => _ = self.counters.hits.increment(),
        }
        if matches!(found, Found::Stale { .. }) {
            count(&self.counters.stale_hits);
        }
        record(&found, ties.as_ref());
        found
    }

    /// What is there, with what a load that uses it depends on (if `tied`).
    pub(super) fn find<Q: CacheKey<Owned = O> + ?Sized>(
        &self,
        look: &Look<'_, Q>,
        now: Time,
        tied: bool,
        purpose: Purpose,
    ) -> (Found<V>, Option<Arc<Ties>>) {
        {
            let shard = self.store.read(look.hash);
            let Some(entry) = shard.peek(look) else { return (Found::Nothing, None) };
            let known = entry.ties.as_ref().filter(|ties| ties.name_their_entry());
            if !tied || known.is_some() {
                return match self.found(entry, now, purpose) {
                    Found::Nothing => (Found::Nothing, None),
                    found => (found, known.filter(|_| tied).map(Arc::clone)),
                };
            }
        }
        self.find_in(&mut self.store.write(look.hash), look, now, tied, purpose)
    }

    /// [`find`](Self::find), for who holds the shard already.
    pub(super) fn find_in<Q: CacheKey<Owned = O> + ?Sized>(
        &self,
        shard: &mut Shard<O, V>,
        look: &Look<'_, Q>,
        now: Time,
        tied: bool,
        purpose: Purpose,
    ) -> (Found<V>, Option<Arc<Ties>>) {
        let Some(entry) = shard.peek(look) else { return (Found::Nothing, None) };
        let found = self.found(entry, now, purpose);
        if !tied || matches!(found, Found::Nothing) {
            return (found, None);
        }
        let ties = self.tie(shard, look);
        (found, ties)
    }

    /// What a load that builds on the entry under a key depends on. The entry must be valid.
    pub(super) fn tie<Q: CacheKey<Owned = O> + ?Sized>(
        &self,
        shard: &mut Shard<O, V>,
        look: &Look<'_, Q>,
    ) -> Option<Arc<Ties>> {
        if let Some(ties) = shard.peek(look)?.ties.as_ref().filter(|ties| ties.name_their_entry()) {
            return Some(Arc::clone(ties));
        }
        // The first load that builds on this entry: give it a name of its own. The entry is valid, so its key was not
        // touched since it was loaded, nor before it was (that is what valid means): a new identity starts untouched.
        let identity = shard.identities.name(look, Touch::NONE);
        shard.change(look, |entry| {
            let known = entry.ties.as_deref();
            let more = known.and_then(|ties| ties.more.as_deref()).cloned().unwrap_or_default();
            let ties = Arc::new(Ties {
                start: entry.start,
                tags: known.map(|ties| ties.tags.clone()).unwrap_or_default(),
                more: Some(Box::new(More { own: Some(self.own_stamps(entry.start, identity)), ..more })),
            });
            entry.ties = Some(Arc::clone(&ties));
            ties
        })
    }

    /// What an entry is to someone who comes now.
    fn found(&self, entry: &Entry<V>, now: Time, purpose: Purpose) -> Found<V> {
        let lives = &self.rules.lives;
        let freshness = entry.freshness(&self.touched, lives, now);
        if !freshness.is_servable() {
            return Found::Nothing;
        }
        if purpose == Purpose::Use {
            entry.note_use(lives, now);
        }
        if freshness == Freshness::Spare {
            // Asked for when a load has failed, and not before: no clone is made that would be dropped under the lock.
            return Found::Nothing;
        }
        let value = match (&entry.value, entry.error()) {
            (Some(value), _) => value.clone(),
            (None, Some(error)) => return Found::Error(error.clone()),
            (None, None) => return Found::Absent,
        };
        match freshness {
            Freshness::Due if purpose == Purpose::Use && self.is_chosen(entry, now) => Found::Due(value),
            Freshness::Fresh | Freshness::Due => Found::Value(value),
            Freshness::Stale => Found::Stale { value, renew: true },
            Freshness::Failing => Found::Stale { value, renew: false },
            Freshness::Spare | Freshness::Expired | Freshness::Invalid => Found::Nothing,
        }
    }

    fn is_chosen(&self, entry: &Entry<V>, now: Time) -> bool {
        entry.life().is_some_and(|life| life.is_chosen(&self.rules.lives, now, &*self.shared.random))
    }

    /// The dates of an entry that is stored now: until when it is simply fresh, and what else there is to its life.
    pub(super) fn life(&self, now: Time, fresh_until: Time, cost: Duration) -> (Time, Option<Arc<Life>>) {
        if self.rules.lives.are_plain() {
            return (fresh_until, None);
        }
        let life = self.rules.lives.begin(now, fresh_until, cost);
        (life.plain_until(&self.rules.lives), Some(Arc::new(life)))
    }

    pub(super) fn own_stamps(&self, start: Touch, identity: Arc<Name>) -> [Stamp; 2] {
        [Stamp { name: Arc::clone(&self.touched), since: start }, Stamp { name: identity, since: start }]
    }

    #[inline]
    pub(super) fn freshness(&self, entry: &Entry<V>, now: Time) -> Freshness {
        entry.freshness(&self.touched, &self.rules.lives, now)
    }

    /// Looks without leaving a trace: no statistics, no use, no dependency.
    pub(crate) fn peek<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>) -> Found<V> {
        self.find(look, self.clock.coarse(), false, Purpose::Peek).0
    }

    pub(super) fn remaining<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>) -> Option<Duration> {
        let now = self.clock.coarse();
        let shard = self.store.read(look.hash);
        let entry = shard.peek(look).filter(|entry| self.freshness(entry, now).is_fresh())?;
        Some(entry.remaining(&self.rules.lives, now))
    }

    /// The text of a key, as patterns and people see it: `region:key`.
    pub(crate) fn key_text<Q: CacheKey + ?Sized>(&self, key: &Q) -> String {
        let mut text = String::with_capacity(self.name.len() + 24);
        self.write_key_text(key, &mut text);
        text
    }

    pub(super) fn write_key_text<Q: CacheKey + ?Sized>(&self, key: &Q, out: &mut String) {
        out.push_str(&self.name);
        out.push(':');
        render_to(key, self.rules.literals, out);
    }

    /// [`key_text`](Self::key_text) at its full length: a pattern must reach keys that are stored under a digest.
    pub(super) fn long_text<Q: CacheKey + ?Sized>(&self, key: &Q) -> String {
        let mut text = format!("{}:", self.name);
        key.encode_between(self.rules.literals, &mut crate::key::KeyWriter::new(&mut text));
        text
    }

    pub(super) fn weigh(&self, value: Option<&V>) -> u32 {
        let weight = match (&self.hooks.weigh, value) {
            (Some(weigh), Some(value)) => weigh(value),
            _ => 1,
        };
        // An entry that weighs nothing would never be evicted.
        u32::try_from(weight).unwrap_or(u32::MAX).max(1)
    }

    /// Counts, tells and drops what left. Call it with no lock held: it runs the user's code.
    pub(super) fn left(&self, entries: Removed<O, V>, cause: RemovalCause) {
        for (key, entry) in entries {
            match cause {
                RemovalCause::Evicted => count(&self.counters.evictions),
                RemovalCause::Expired => count(&self.counters.expirations),
                RemovalCause::Invalidated => count(&self.counters.invalidations),
                RemovalCause::Replaced => {}
            }
            if let (Some(listener), Some(value)) = (&self.hooks.on_removal, &entry.value) {
                listener(&key.0, value, cause);
            }
        }
    }

    pub(super) fn not_stored(&self, reason: NotStored) {
        count(&self.counters.not_stored);
        self.shared.emit(&Event::NotStored { region: Arc::clone(&self.name), reason });
    }

    /// The policy's hard and soft timeouts.
    pub(crate) fn timeouts(&self) -> (Option<Duration>, Option<Duration>) {
        (self.rules.timeout, self.rules.soft_timeout)
    }

    /// Its place in the shared tier, and the tier.
    #[inline]
    pub(super) fn shelf(&self) -> Option<(&Shelf<V>, &Tier)> {
        self.shelf.as_ref().zip(self.shared.tier())
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }
}

/// Makes the current load depend on what was found.
pub(super) fn record<V>(found: &Found<V>, ties: Option<&Arc<Ties>>) {
    if let Some(ties) = ties {
        track::record(ties);
    }
    if matches!(found, Found::Stale { .. }) {
        track::record_stale();
    }
}

impl<O, V> fmt::Debug for RegionInner<O, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region").field("name", &self.name).field("stats", &self.counters).finish_non_exhaustive()
    }
}

/// For the table of a cache, which knows no types.
pub(crate) fn erase<T: Any + Send + Sync>(region: &Arc<T>) -> Arc<dyn Any + Send + Sync> {
    Arc::clone(region) as Arc<dyn Any + Send + Sync>
}
