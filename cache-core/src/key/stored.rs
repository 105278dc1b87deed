//! A key as it lies in the cache, and the ways of looking it up.
//!
//! Everything that is keyed in a region hashes with one seeded function. A look-up computes its hash once, for
//! choosing the shard, and hands it to the tables inside instead of the key (`write_i128` of [`KeyState`]): the hash
//! is not stored with the entries, where it would make every one of them larger and the caches of the processor
//! smaller.

use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::quality::{FixedState, FoldHasher};
use hashbrown::Equivalent;

use super::CacheKey;
use crate::random::Random;

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
        let mut state = self.build_hasher();
        key.hash_key(&mut state);
        state.finish()
    }
}

impl BuildHasher for KeyHasher {
    type Hasher = KeyState;

    #[inline]
    fn build_hasher(&self) -> KeyState {
        KeyState { fold: self.0.build_hasher(), given: None }
    }
}

/// A hash in the making, or one that was made before.
#[derive(Clone)]
pub(crate) struct KeyState {
    fold: FoldHasher<'static>,
    given: Option<u64>,
}

impl Hasher for KeyState {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.fold.write(bytes);
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.fold.write_u8(value);
    }

    #[inline]
    fn write_u16(&mut self, value: u16) {
        self.fold.write_u16(value);
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.fold.write_u32(value);
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.fold.write_u64(value);
    }

    #[inline]
    fn write_u128(&mut self, value: u128) {
        self.fold.write_u128(value);
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.fold.write_usize(value);
    }

    /// "The hash is this one." (Keys of type `i128` are written as `u128`; a key type of the user's that writes one
    /// all the same gets a worse hash, not a wrong one: it is the same here and in the look-up.)
    #[inline]
    fn write_i128(&mut self, hash: i128) {
        self.given = Some(hash as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        match self.given {
            Some(hash) => hash,
            None => self.fold.finish(),
        }
    }
}

/// An owned key in a table.
pub(crate) struct StoredKey<O>(pub(crate) O);

impl<O> fmt::Debug for StoredKey<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key is the user's and may hold what does not belong in logs.
        f.write_str("StoredKey")
    }
}

impl<O: Eq> PartialEq for StoredKey<O> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<O: Eq> Eq for StoredKey<O> {}

impl<O: CacheKey> Hash for StoredKey<O> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash_key(state);
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
        state.write_i128(self.hash.into());
    }
}

impl<Q: CacheKey + ?Sized> Equivalent<StoredKey<Q::Owned>> for Look<'_, Q> {
    #[inline]
    fn equivalent(&self, stored: &StoredKey<Q::Owned>) -> bool {
        self.key.eq_owned(&stored.0)
    }
}

/// Finds the first key with a hash: enough for a sweep, which would rather leave an entry for the next time than
/// copy its key.
pub(crate) struct ByHash<'a> {
    pub(crate) hash: u64,
    pub(crate) hasher: &'a KeyHasher,
}

impl Hash for ByHash<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_i128(self.hash.into());
    }
}

impl<O: CacheKey> Equivalent<StoredKey<O>> for ByHash<'_> {
    fn equivalent(&self, stored: &StoredKey<O>) -> bool {
        self.hash == self.hasher.hash(&stored.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn a_given_hash_is_the_one_that_the_key_has() {
        let hasher = KeyHasher::new(&SeededRandom::new(1));
        for key in ["", "a", "a longer key that does not fit into a register"] {
            let look = Look { hash: hasher.hash(key), key };
            assert_eq!(hasher.hash_one(&look), hasher.hash_one(StoredKey(key.to_owned_key())));
        }
        let number = i128::MIN;
        let look = Look { hash: hasher.hash(&number), key: &number };
        assert_eq!(hasher.hash_one(&look), hasher.hash_one(StoredKey(number)));
        assert_ne!(hasher.hash(&number) as i128, number & i128::from(u64::MAX), "not the number itself");
    }
}
