//! Names of single keys, for entries that were built from theirs.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::key::{CacheKey, KeyHasher, Look, StoredKey};
use crate::touch::{Name, Touch, TouchClock};

const FIRST_PURGE: usize = 64;

/// Key → [`Name`], for as long as some entry depends on the key.
///
/// A key's identity is made when something first depends on it, under the lock of its shard, while the entry is there
/// or its flight knows when the key was last touched: so the name starts with exactly the truth. Invalidating the key
/// touches it, whether or not the key's own entry is still in the cache.
#[derive(Debug)]
pub(crate) struct Identities<O> {
    names: HashMap<StoredKey<O>, Arc<Name>, KeyHasher>,
    purge_at: usize,
}

impl<O: CacheKey<Owned = O> + Eq> Identities<O> {
    pub(super) fn new(hasher: KeyHasher) -> Self {
        Self { names: HashMap::with_hasher(hasher), purge_at: FIRST_PURGE }
    }

    /// The identity of `key`, which was last touched at `touched` if it has none yet.
    pub(crate) fn name<Q: CacheKey<Owned = O> + ?Sized>(&mut self, look: &Look<'_, Q>, touched: Touch) -> Arc<Name> {
        if let Some(name) = self.names.get(look) {
            return Arc::clone(name);
        }
        if self.names.len() >= self.purge_at {
            // Under the shard's lock nobody can take a new reference from here: 1 means that nothing depends on it.
            self.names.retain(|_, name| Arc::strong_count(name) > 1);
            self.purge_at = (self.names.len() * 2).max(FIRST_PURGE);
        }
        let name = Name::new(touched);
        self.names.insert(StoredKey(look.key.to_owned_key()), Arc::clone(&name));
        name
    }

    #[cfg(any(test, feature = "test-util"))]
    pub(super) fn all(&self) -> impl Iterator<Item = (&O, &Arc<Name>)> {
        self.names.iter().map(|(key, name)| (&key.0, name))
    }

    /// Whether something may depend on `key`.
    pub(crate) fn knows<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>) -> bool {
        self.names.contains_key(look)
    }

    pub(crate) fn touch<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>, touch: Touch, clock: &TouchClock) {
        if let Some(name) = self.names.get(look) {
            clock.mark(name, touch);
        }
    }

    /// Touches all keys that `select` selects.
    pub(crate) fn touch_where(&self, select: impl Fn(&O) -> bool, touch: Touch, clock: &TouchClock) {
        self.names.iter().filter(|(key, _)| select(&key.0)).for_each(|(_, name)| clock.mark(name, touch));
    }
}
