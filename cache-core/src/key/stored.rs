//! A key as it lies in the cache, and the ways of looking it up.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::quality::{FixedState, FoldHasher};

use super::CacheKey;
use crate::random::Random;

/// The owned key and its hash. Keeping the hash means that a borrowed key and its owned form need not hash alike by
/// anybody's promise but our own, and that growing a table hashes nothing.
pub(crate) struct StoredKey<O> {
    pub(crate) hash: u64,
    pub(crate) key: O,
}

impl<O> std::fmt::Debug for StoredKey<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key is the user's and may hold what does not belong in logs.
        write!(f, "StoredKey({:016x})", self.hash)
    }
}

impl<O: Eq> PartialEq for StoredKey<O> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.key == other.key
    }
}

impl<O: Eq> Eq for StoredKey<O> {}

impl<O> Hash for StoredKey<O> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// A borrowed key and its hash, to look a [`StoredKey`] up by.
pub(crate) struct Look<'a, Q: ?Sized> {
    pub(crate) hash: u64,
    pub(crate) key: &'a Q,
}

impl<Q: ?Sized> Hash for Look<'_, Q> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<Q: CacheKey + ?Sized> hashbrown::Equivalent<StoredKey<Q::Owned>> for Look<'_, Q> {
    #[inline]
    fn equivalent(&self, stored: &StoredKey<Q::Owned>) -> bool {
        self.hash == stored.hash && self.key.eq_owned(&stored.key)
    }
}

/// Finds the first key with a hash: enough for a sweep, which checks the entry itself.
pub(crate) struct ByHash(pub(crate) u64);

impl Hash for ByHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

impl<O> hashbrown::Equivalent<StoredKey<O>> for ByHash {
    fn equivalent(&self, stored: &StoredKey<O>) -> bool {
        self.0 == stored.hash
    }
}

/// The hash function of one cache. Seeded, since keys come from outside: who cannot guess the seed cannot make keys
/// that fall into one bucket.
#[derive(Debug, Clone)]
pub(crate) struct KeyHasher(FixedState);

impl KeyHasher {
    pub(crate) fn new(random: &dyn Random) -> Self {
        Self(FixedState::with_seed(random.next_u64()))
    }

    #[inline]
    pub(crate) fn hash<Q: CacheKey + ?Sized>(&self, key: &Q) -> u64 {
        let mut hasher: FoldHasher<'_> = self.0.build_hasher();
        key.hash_key(&mut hasher);
        hasher.finish()
    }
}

/// Hands on the one hash that was already computed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PassThrough(u64);

impl BuildHasher for PassThrough {
    type Hasher = Self;

    #[inline]
    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl Hasher for PassThrough {
    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        // Only `StoredKey`, `Look` and `ByHash` are hashed with this, and they write one u64.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
