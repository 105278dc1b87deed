//! One shard: a part of a region's entries, and the flights and identities of the keys that fall into it.

use std::fmt;
use std::sync::Arc;

use hashbrown::HashMap;
use quick_cache::unsync;
use quick_cache::{Lifecycle, OptionsBuilder, Weighter};

use super::identities::Identities;
use super::recent::RecentTouches;
use super::{Leaving, SharedFlight};
use crate::entry::Entry;
use crate::flight::Flight;
use crate::key::{ByHash, CacheKey, KeyHasher, Look, StoredKey};
use crate::track::FlightId;

/// The share of the capacity for entries that were hit before, and the number of evicted keys that are remembered
/// relative to the capacity. With these the engine is at worst 7 points behind LRU on 27 public traces; with its
/// defaults 33.
const HOT: f64 = 0.93;
const GHOST: f64 = 1.0;

pub(crate) struct Shard<O, V> {
    entries: unsync::Cache<StoredKey<O>, Entry<V>, ByWeight, KeyHasher, CollectEvicted>,
    flights: HashMap<StoredKey<O>, SharedFlight<V>, KeyHasher>,
    pub(crate) identities: Identities<O>,
    pub(crate) recent: RecentTouches,
    heaviest: u64,
    hasher: KeyHasher,
}

/// What left the shard during an operation because there was no room.
pub(crate) type Removed<O, V> = Vec<Leaving<O, V>>;

impl<O: CacheKey<Owned = O> + Eq, V> Shard<O, V> {
    pub(super) fn new(capacity: u64, entries: u64, hasher: &KeyHasher) -> Self {
        let options = OptionsBuilder::new()
            .estimated_items_capacity(usize::try_from(entries).unwrap_or(usize::MAX))
            .weight_capacity(capacity)
            .hot_allocation(HOT)
            .ghost_allocation(GHOST)
            .build()
            .expect("both required options are set");
        Self {
            entries: unsync::Cache::with_options(options, ByWeight, hasher.clone(), CollectEvicted),
            flights: HashMap::with_hasher(hasher.clone()),
            identities: Identities::new(hasher.clone()),
            recent: RecentTouches::new(),
            hasher: hasher.clone(),
            // The engine refuses what is heavier than its hot part.
            heaviest: ((capacity as f64 * HOT) as u64).clamp(capacity.min(1), capacity),
        }
    }

    /// The entry under `key`; counts as a use.
    #[inline]
    pub(crate) fn get<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>) -> Option<&Entry<V>> {
        self.entries.get(look)
    }

    /// The entry under `key`; does not count as a use.
    pub(crate) fn peek<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>) -> Option<&Entry<V>> {
        self.entries.peek(look)
    }

    /// Changes the entry under `key`. Its weight must stay.
    pub(crate) fn change<Q: CacheKey<Owned = O> + ?Sized, R>(
        &mut self,
        look: &Look<'_, Q>,
        change: impl FnOnce(&mut Entry<V>) -> R,
    ) -> Option<R> {
        self.entries.peek_mut(look).map(|mut entry| change(&mut entry))
    }

    /// Whether an entry of this weight can be stored at all.
    pub(crate) fn can_hold(&self, weight: u32) -> bool {
        u64::from(weight) <= self.heaviest
    }

    /// Stores an entry. What has to make room, and what it replaces, is added to the lists.
    pub(crate) fn insert(
        &mut self,
        key: StoredKey<O>,
        entry: Entry<V>,
        replaced: &mut Removed<O, V>,
        evicted: &mut Removed<O, V>,
    ) {
        // The engine would drop the old entry in place, running the user's code under our lock. So it is swapped out
        // (which also keeps how often it was used), or taken out where the engine has to make room anew.
        if let Some(mut old) = self.entries.peek_mut(&Stored(&key))
            && old.weight() == entry.weight()
        {
            let old = std::mem::replace(&mut *old, entry);
            replaced.push((key, old));
            return;
        }
        // Only what is resident: `remove` would also take the ghost, by which the engine knows what it evicted too soon.
        replaced.extend(self.entries.remove_if(&Stored(&key), |_| true));
        self.entries.insert_with_lifecycle(key, entry, evicted);
    }

    pub(crate) fn remove<Q: CacheKey<Owned = O> + ?Sized>(&mut self, look: &Look<'_, Q>) -> Option<Leaving<O, V>> {
        self.entries.remove(look)
    }

    /// Takes out all entries that `select` selects.
    pub(crate) fn remove_where(&mut self, select: impl Fn(&Entry<V>) -> bool) -> Removed<O, V> {
        // The engine's own `retain` drops what it removes in place.
        let selected = self.entries.iter().filter(|(_, entry)| select(entry));
        let hashes: Vec<u64> = selected.map(|(key, _)| self.hasher.hash(&key.0)).collect();
        let mut removed = Vec::with_capacity(hashes.len());
        for hash in hashes {
            // Asked again: another key may have the same hash.
            removed.extend(self.entries.remove_if(&ByHash { hash, hasher: &self.hasher }, &select));
        }
        removed
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&O, &Entry<V>)> {
        self.entries.iter().map(|(key, entry)| (&key.0, entry))
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn weight(&self) -> u64 {
        self.entries.weight()
    }

    #[cfg(any(test, feature = "test-util"))]
    pub(super) fn capacity(&self) -> u64 {
        self.entries.capacity()
    }

    pub(crate) fn flight<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>) -> Option<&SharedFlight<V>> {
        self.flights.get(look)
    }

    pub(crate) fn flights(&self) -> impl Iterator<Item = (&O, &SharedFlight<V>)> {
        self.flights.iter().map(|(key, flight)| (&key.0, flight))
    }

    /// The flight of `key`, begun if there is none.
    pub(crate) fn flight_or_begin<Q: CacheKey<Owned = O> + ?Sized>(
        &mut self,
        look: &Look<'_, Q>,
        id: impl FnOnce() -> FlightId,
    ) -> SharedFlight<V> {
        if let Some(flight) = self.flights.get(look) {
            return Arc::clone(flight);
        }
        let flight = Arc::new(Flight::new(id()));
        self.flights.insert(StoredKey(look.key.to_owned_key()), Arc::clone(&flight));
        flight
    }

    /// Forgets a flight that is over; returns its key, which can serve for the entry.
    pub(crate) fn end_flight<Q: CacheKey<Owned = O> + ?Sized>(
        &mut self,
        look: &Look<'_, Q>,
        flight: &SharedFlight<V>,
    ) -> Option<StoredKey<O>> {
        let ours = self.flights.get(look).is_some_and(|known| Arc::ptr_eq(known, flight));
        if ours { self.flights.remove_entry(look).map(|(key, _)| key) } else { None }
    }
}

impl<O, V> fmt::Debug for Shard<O, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shard").field("flights", &self.flights.len()).finish_non_exhaustive()
    }
}

/// Looks a stored key up by itself.
struct Stored<'a, O>(&'a StoredKey<O>);

impl<O: CacheKey> std::hash::Hash for Stored<'_, O> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<O: Eq> hashbrown::Equivalent<StoredKey<O>> for Stored<'_, O> {
    fn equivalent(&self, stored: &StoredKey<O>) -> bool {
        self.0 == stored
    }
}

/// The engine asks for weights again and again and must always get the same answer: it is fixed in the entry.
#[derive(Debug, Clone, Copy)]
struct ByWeight;

impl<O, V> Weighter<StoredKey<O>, Entry<V>> for ByWeight {
    fn weight(&self, _: &StoredKey<O>, entry: &Entry<V>) -> u64 {
        u64::from(entry.weight())
    }
}

/// Hands evicted entries out instead of dropping them under the lock.
#[derive(Debug, Clone, Copy)]
struct CollectEvicted;

impl<O, V> Lifecycle<StoredKey<O>, Entry<V>> for CollectEvicted {
    type RequestState = Removed<O, V>;

    fn on_evict(&self, evicted: &mut Self::RequestState, key: StoredKey<O>, entry: Entry<V>) {
        evicted.push((key, entry));
    }
}
