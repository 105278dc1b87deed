//! The in-process tier: typed values, no serialisation.
//!
//! The engine is `quick_cache` (S3-FIFO-like, scan resistant; see `docs/design/0002-l1-engine.md`), one unsynchronised
//! instance per shard behind a lock of ours. Owning the lock is the point: an entry is checked and its value cloned
//! in one step, and a fill, a flight and an invalidation of one key exclude each other without any bookkeeping.
//! The engine is seen in this folder only.

#[cfg(any(test, feature = "test-util"))]
mod check;
mod identities;
mod recent;
mod shard;

use std::sync::Arc;

pub(crate) use shard::{Removed, Shard};

use crate::entry::Entry;
use crate::key::{CacheKey, KeyHasher, StoredKey};
use crate::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The shards of one region.
#[derive(Debug)]
pub(crate) struct Store<O, V> {
    shards: Box<[RwLock<Shard<O, V>>]>,
}

/// An entry that left, with its key: to be counted, told to listeners and dropped outside of the lock.
pub(crate) type Leaving<O, V> = (StoredKey<O>, Entry<V>);

/// More entries than this in a shard would make a sweep hold its lock for long.
const SHARD_ENTRIES: u64 = 4_096;
/// A capacity nobody means to reach must not cost memory.
const MOST_SHARDS: u64 = 4_096;
/// Fewer than this and the eviction policy has nothing to choose from.
const MIN_SHARD_ENTRIES: u64 = 32;

impl<O: CacheKey<Owned = O> + Eq, V> Store<O, V> {
    /// A store for `capacity` weight, which is expected to be about `entries` entries.
    pub(crate) fn new(capacity: u64, entries: u64, hasher: &KeyHasher) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        let mut shards = (cores * 4).max(entries / SHARD_ENTRIES).min(MOST_SHARDS).next_power_of_two();
        while shards > 1 && entries / shards < MIN_SHARD_ENTRIES {
            shards /= 2;
        }
        Self {
            shards: (0..shards)
                .map(|_| RwLock::new(Shard::new(capacity.div_ceil(shards), entries.div_ceil(shards), hasher)))
                .collect(),
        }
    }
}

impl<O, V> Store<O, V> {
    #[inline]
    pub(crate) fn read(&self, hash: u64) -> RwLockReadGuard<'_, Shard<O, V>> {
        self.shard(hash).read()
    }

    pub(crate) fn write(&self, hash: u64) -> RwLockWriteGuard<'_, Shard<O, V>> {
        self.shard(hash).write()
    }

    /// What the policy gives all shards together.
    pub(crate) fn capacity(&self) -> u64
    where
        O: CacheKey<Owned = O> + Eq,
    {
        self.shards.iter().map(|shard| shard.read().capacity()).sum()
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.len()
    }

    pub(crate) fn nth(&self, index: usize) -> &RwLock<Shard<O, V>> {
        &self.shards[index % self.shards.len()]
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &RwLock<Shard<O, V>>> {
        self.shards.iter()
    }

    #[inline]
    fn shard(&self, hash: u64) -> &RwLock<Shard<O, V>> {
        // The table inside the shard uses the lowest and the seven highest bits.
        &self.shards[(hash >> 32) as usize & (self.shards.len() - 1)]
    }
}

/// A region's flight, shared with those who take part in it.
pub(crate) type SharedFlight<V> = Arc<crate::flight::Flight<V>>;
