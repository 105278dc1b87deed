//! The tags that live entries or running loads carry.

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashTable;

use super::Tag;
use crate::key::{KeyHasher, MAX_TEXT};
use crate::random::Random;
use crate::sync::Mutex;
use crate::touch::{LastTouch, Name, Touch, TouchClock};

const SHARDS: usize = 16;
/// Fewer where a scheduler keeps book of each (and tags that share one are met).
const FLOORS: usize = if cfg!(all(test, shuttle)) { 2 } else { 4096 };
/// How many tags a shard may hold before it first looks for dead ones.
const FIRST_PURGE: usize = 64;

/// Tag → [`Name`], for as long as something refers to it.
///
/// Memory follows the live entries, not the history (promise P8): a tag that nothing refers to any more is forgotten,
/// and the moment of its last touch goes to a fixed array of *floors*, by hash. A tag without a live state counts as
/// touched when its floor was; "no state" never means "not touched". Sharing a floor can only reject a fill, never
/// accept one.
///
/// There is at most one live state per tag: states are made and forgotten under the lock of their shard.
#[derive(Debug)]
pub(crate) struct LiveTags {
    shards: [Mutex<Shard>; SHARDS],
    floors: Box<[LastTouch]>,
    hasher: KeyHasher,
}

#[derive(Debug)]
struct Shard {
    names: HashTable<(Tag, Arc<Name>)>,
    purge_at: usize,
}

impl LiveTags {
    pub(crate) fn new(random: &dyn Random) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::new(Shard { names: HashTable::new(), purge_at: FIRST_PURGE })),
            floors: (0..FLOORS).map(|_| LastTouch::new(Touch::NONE)).collect(),
            hasher: KeyHasher::new(random),
        }
    }

    /// The state of `tag`, made if there is none.
    pub(crate) fn name(&self, tag: &Tag) -> Arc<Name> {
        self.state(tag.as_str(), || tag.clone())
    }

    /// [`name`](Self::name) of the tag with this text; `None` if there can be none.
    pub(crate) fn named(&self, text: &str) -> Option<Arc<Name>> {
        match text.len() {
            0 => None,
            1..=MAX_TEXT => Some(self.state(text, || Tag(Cow::Owned(text.to_owned())))),
            // Only a stranger's: ours have a digest instead.
            _ => Tag::new(text).ok().map(|tag| self.name(&tag)),
        }
    }

    fn state(&self, text: &str, tag: impl FnOnce() -> Tag) -> Arc<Name> {
        let hash = self.hasher.hash(text);
        let (shard, floor) = self.place(hash);
        let mut shard = shard.lock();
        if let Some((_, name)) = shard.names.find(hash, |(tag, _)| tag.as_str() == text) {
            return Arc::clone(name);
        }
        if shard.names.len() >= shard.purge_at {
            self.purge(&mut shard);
        }
        let name = Name::new(floor.get());
        let hasher = |(tag, _): &(Tag, Arc<Name>)| self.hasher.hash(tag.as_str());
        shard.names.insert_unique(hash, (tag(), Arc::clone(&name)), hasher);
        name
    }

    /// Touches `tag`: nothing that began before is valid under it from here on.
    pub(crate) fn touch(&self, tag: &Tag, clock: &TouchClock) {
        let hash = self.hasher.hash(tag.as_str());
        let (shard, floor) = self.place(hash);
        let shard = shard.lock();
        let touch = clock.advance();
        match shard.names.find(hash, |(known, _)| known == tag) {
            Some((_, name)) => clock.mark(name, touch),
            None => floor.raise(touch),
        }
    }

    /// How many tags have a live state, including those not yet found dead.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().names.len()).sum()
    }

    /// All states.
    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn states(&self) -> Vec<Arc<Name>> {
        self.shards
            .iter()
            .flat_map(|shard| shard.lock().names.iter().map(|(_, name)| Arc::clone(name)).collect::<Vec<_>>())
            .collect()
    }

    fn purge(&self, shard: &mut Shard) {
        shard.names.retain(|(tag, name)| {
            // Under the shard's lock nobody can take a new reference from the map, so 1 means: only the map's.
            let live = Arc::strong_count(name) > 1;
            if !live {
                self.floor(self.hasher.hash(tag.as_str())).raise(name.last());
            }
            live
        });
        // Twice what survived: purging is paid for by the insertions since the last one.
        shard.purge_at = (shard.names.len() * 2).max(FIRST_PURGE);
    }

    fn place(&self, hash: u64) -> (&Mutex<Shard>, &LastTouch) {
        (&self.shards[(hash >> 48) as usize % SHARDS], self.floor(hash))
    }

    fn floor(&self, hash: u64) -> &LastTouch {
        &self.floors[hash as usize % FLOORS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    fn tag(name: &str) -> Tag {
        Tag::new(name).expect("not empty")
    }

    #[test]
    fn a_touch_while_nothing_lives_is_remembered() {
        let (tags, clock) = (LiveTags::new(&SeededRandom::new(1)), TouchClock::new());
        let start = clock.read();
        tags.touch(&tag("org:7"), &clock);
        assert!(tags.name(&tag("org:7")).last() > start);
    }

    #[test]
    fn forgetting_a_state_keeps_its_last_touch() {
        let (tags, clock) = (LiveTags::new(&SeededRandom::new(1)), TouchClock::new());
        let start = clock.read();
        drop(tags.name(&tag("org:7")));
        tags.touch(&tag("org:7"), &clock);
        for other in 0..10_000 {
            tags.name(&tag(&format!("other:{other}")));
        }
        assert!(tags.len() < 2_500, "dead states are forgotten: {} of 10 000 left", tags.len());
        assert!(tags.name(&tag("org:7")).last() > start);
    }

    #[test]
    fn there_is_one_state_per_tag() {
        let tags = LiveTags::new(&SeededRandom::new(1));
        assert!(Arc::ptr_eq(&tags.name(&tag("a")), &tags.name(&tag("a"))));
    }
}
