//! One shard: a part of a region's entries, and the flights and identities of the keys that fall into it.

use std::fmt;
use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::Mutex;
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

/// A shard that never held more entries than this is not worth rebuilding.
const WORTH_REBUILDING: usize = 64;
/// Rebuilt when less than this part of its most entries is left.
const REBUILT_BELOW: usize = 8;

type Engine<O, V> = unsync::Cache<StoredKey<O>, Entry<V>, ByWeight, KeyHasher, HandOut<O, V>>;

pub(crate) struct Shard<O, V> {
    entries: Engine<O, V>,
    /// Capacity, and how many entries are expected to fill it.
    room: (u64, u64),
    /// The most entries that the engine held when a sweep came by: its tables never shrink.
    most: usize,
    /// What the engine evicts when its capacity shrinks.
    spill: Spill<O, V>,
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
        let spill = Spill::default();
        Self {
            entries: engine(capacity, entries, hasher, &spill),
            room: (capacity, entries),
            most: 0,
            spill,
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
        let mut handed = Handed(Some(std::mem::take(evicted)));
        self.entries.insert_with_lifecycle(key, entry, &mut handed);
        evicted.extend(handed.0.into_iter().flatten());
    }

    pub(crate) fn remove<Q: CacheKey<Owned = O> + ?Sized>(&mut self, look: &Look<'_, Q>) -> Option<Leaving<O, V>> {
        self.entries.remove(look)
    }

    /// Finds the entries that `select` selects, for [`remove_found`](Self::remove_found). To be called with the lock held
    /// for reading: this looks at every entry.
    pub(crate) fn find_where(&self, select: impl Fn(&Entry<V>) -> bool) -> Vec<u64> {
        let selected = self.entries.iter().filter(|(_, entry)| select(entry));
        selected.map(|(key, _)| self.hasher.hash(&key.0)).collect()
    }

    /// Takes out those that were found and are still selected.
    pub(crate) fn remove_found(&mut self, found: &[u64], select: impl Fn(&Entry<V>) -> bool) -> Removed<O, V> {
        self.most = self.most.max(self.entries.len());
        let mut removed = Vec::with_capacity(found.len());
        for hash in found {
            // The engine's own `retain` drops what it removes in place. Asked again: another key may have the same hash,
            // and the entry another value by now.
            removed.extend(self.entries.remove_if(&ByHash { hash: *hash, hasher: &self.hasher }, &select));
        }
        removed
    }

    /// Moves what is left into a new engine, if that is little: the old one would keep its memory. Which entries were
    /// hit is forgotten. Returns the old engine, to be dropped outside of the lock.
    pub(crate) fn rebuild_if_sparse(&mut self) -> Option<impl Sized + use<O, V>> {
        if self.most < WORTH_REBUILDING || self.entries.len() >= self.most / REBUILT_BELOW {
            return None;
        }
        let (capacity, entries) = self.room;
        let limit = self.entries.capacity();
        let mut old = std::mem::replace(&mut self.entries, engine(capacity, entries, &self.hasher, &self.spill));
        self.entries.set_capacity(limit);
        old.drain().for_each(|(key, entry)| self.entries.insert(key, entry));
        self.most = self.entries.len();
        Some(old)
    }

    /// Lowers the capacity to this part of what the policy gives. What has to go is returned.
    pub(crate) fn limit(&mut self, part: f64) -> Removed<O, V> {
        self.set_capacity((self.room.0 as f64 * part) as u64)
    }

    /// Raises a lowered capacity by a quarter.
    pub(crate) fn relax(&mut self) -> Removed<O, V> {
        let capacity = self.entries.capacity();
        self.set_capacity(capacity + capacity.div_ceil(4))
    }

    fn set_capacity(&mut self, capacity: u64) -> Removed<O, V> {
        let capacity = capacity.clamp(1, self.room.0.max(1));
        if capacity != self.entries.capacity() {
            self.entries.set_capacity(capacity);
        }
        std::mem::take(&mut *self.spill.lock())
    }

    /// What the policy gives it.
    pub(super) fn capacity(&self) -> u64 {
        self.room.0
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

/// Where evicted entries go that nobody waits for.
type Spill<O, V> = Arc<Mutex<Removed<O, V>>>;

/// Hands evicted entries out instead of dropping them under the lock: to the insertion that evicts them, or, where the
/// engine has none to hand them to, to the spill.
struct HandOut<O, V>(Spill<O, V>);

impl<O, V> Clone for HandOut<O, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// What one insertion evicts; none outside of one.
struct Handed<O, V>(Option<Removed<O, V>>);

impl<O, V> Default for Handed<O, V> {
    fn default() -> Self {
        Self(None)
    }
}

impl<O, V> Lifecycle<StoredKey<O>, Entry<V>> for HandOut<O, V> {
    type RequestState = Handed<O, V>;

    fn on_evict(&self, handed: &mut Self::RequestState, key: StoredKey<O>, entry: Entry<V>) {
        match &mut handed.0 {
            Some(evicted) => evicted.push((key, entry)),
            None => self.0.lock().push((key, entry)),
        }
    }
}

fn engine<O: CacheKey<Owned = O> + Eq, V>(
    capacity: u64,
    entries: u64,
    hasher: &KeyHasher,
    spill: &Spill<O, V>,
) -> Engine<O, V> {
    let options = OptionsBuilder::new()
        .estimated_items_capacity(usize::try_from(entries).unwrap_or(usize::MAX))
        .weight_capacity(capacity)
        .hot_allocation(HOT)
        .ghost_allocation(GHOST)
        .build()
        .expect("both required options are set");
    unsync::Cache::with_options(options, ByWeight, hasher.clone(), HandOut(Arc::clone(spill)))
}
