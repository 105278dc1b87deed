//! What holds of a region's shards whenever nobody holds their locks.

use std::sync::Arc;

use hashbrown::HashMap;

use super::Store;
use crate::key::{CacheKey, KeyHasher, StoredKey};
use crate::touch::{Name, Touch, TouchClock};

impl<O: CacheKey<Owned = O> + Eq, V> Store<O, V> {
    /// Asserts the books of every shard; returns the tags of all entries.
    pub(crate) fn check(&self, hasher: &KeyHasher, clock: &TouchClock) -> Vec<Arc<Name>> {
        let mut tags = Vec::new();
        for (index, shard) in self.shards.iter().enumerate() {
            let shard = shard.read();
            let now = clock.read();
            let at_home = |key: &O| std::ptr::eq(self.shard(hasher.hash(key)), &self.shards[index]);
            let mut identities = HashMap::with_hasher(hasher.clone());
            for (key, name) in shard.identities.all() {
                assert!(at_home(key), "an identity lies in the shard of another key");
                assert!(name.last() <= now, "a key was touched in the future");
                identities.insert(StoredKey(key.to_owned_key()), Arc::clone(name));
            }
            for (key, flight) in shard.flights() {
                assert!(at_home(key), "a flight lies in the shard of another key");
                flight.lock().check(now);
            }
            let (mut count, mut weight) = (0, 0);
            for (key, entry) in shard.entries() {
                (count, weight) = (count + 1, weight + u64::from(entry.weight()));
                assert!(at_home(key), "an entry lies in the shard of another key");
                assert!(entry.start <= now && entry.start > Touch::NONE, "an entry was loaded in the future");
                let Some(ties) = &entry.ties else { continue };
                assert_eq!(ties.start, entry.start, "an entry is older or younger than its ties");
                tags.extend(ties.tags.iter().cloned());
                let Some([region, identity]) = ties.more.as_ref().and_then(|more| more.own.as_ref()) else { continue };
                // A put may vouch for a value that is older than the put itself, which has touched the key.
                assert!(
                    region.since == entry.start && (entry.start..=now).contains(&identity.since),
                    "an entry's name has another age"
                );
                let known = identities.get(&StoredKey(key.to_owned_key()));
                assert!(
                    known.is_some_and(|known| Arc::ptr_eq(known, &identity.name)),
                    "an entry was built upon under a name that invalidating its key does not touch"
                );
            }
            assert_eq!((count, weight), (shard.len(), shard.weight()), "entries and weight of a shard");
            assert!(weight <= shard.capacity(), "a shard holds {weight} of {}", shard.capacity());
        }
        tags
    }
}
