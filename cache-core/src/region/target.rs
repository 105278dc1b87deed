//! Naming an entry of a region, to be invalidated later.

use std::sync::Arc;

use super::{CacheValue, Region};
use crate::key::CacheKey;
use crate::target::Target;

impl<K: CacheKey, V: CacheValue> Region<K, V> {
    /// The entry of `key`, whether or not there is one, to be dropped later: for an
    /// [`Invalidation`](crate::Invalidation).
    pub fn target<Q: CacheKey<Owned = K::Owned> + ?Sized>(&self, key: &Q) -> Target {
        Target::of(Arc::clone(&self.inner), key.to_owned_key())
    }
}
