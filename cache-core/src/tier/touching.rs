//! What names of the fleet are in this process: states that the touch clock keeps book of.

use std::sync::Arc;

use super::Tier;
use crate::fleet_name::NameRef;
use crate::key::KeyHasher;
use crate::shared::Shared;
use crate::tag::Tag;
use crate::touch::{Name, Touch};

/// How many states keys share. Two keys with one state drop each other's entries in this process when one of them is
/// invalidated, which costs the other one look into the shared tier.
const KEYS: usize = 32_768;
/// How many states the keys share that entries from the shared tier were built from.
const IDENTITIES: usize = 4_096;

/// The states of keys, of everything, and of regions that this process may not have.
///
/// A message names a key by its text, and entries lie under typed keys. So a key's state is found by the hash of its
/// text, in an array that does not grow; entries, loads under way and what was built on them all carry it.
#[derive(Debug)]
pub(crate) struct Floors {
    keys: Box<[Arc<Name>]>,
    identities: Box<[Arc<Name>]>,
    everything: Arc<Name>,
    hasher: KeyHasher,
}

impl Floors {
    pub(super) fn new(hasher: KeyHasher) -> Self {
        let names = |count| (0..count).map(|_| Name::new(Touch::NONE)).collect();
        Self { keys: names(KEYS), identities: names(IDENTITIES), everything: Name::new(Touch::NONE), hasher }
    }

    /// The state of the entry under `region:key`.
    fn key(&self, key: &str) -> &Arc<Name> {
        &self.keys[self.hasher.hash(key) as usize % KEYS]
    }

    /// The state of `region:key` for what was built from it elsewhere.
    fn identity(&self, key: &str) -> &Arc<Name> {
        &self.identities[self.hasher.hash(key) as usize % IDENTITIES]
    }
}

/// The tag whose state is a region's. No tag of the user's begins so by accident; by intent it is invalidated too often.
fn of_region(region: &str) -> Option<Tag> {
    Tag::new(format!("\0region\0{region}")).ok()
}

impl Tier {
    /// The state of the entry under `region:key` in this process.
    pub(crate) fn floor(&self, key: &str) -> &Arc<Name> {
        self.floors.key(key)
    }

    /// All states that touching keys or everything reaches.
    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn states(&self) -> impl Iterator<Item = &Arc<Name>> {
        let Floors { keys, identities, everything, .. } = &self.floors;
        keys.iter().chain(identities).chain([everything])
    }

    /// The state of a name in this process. `None` only for a tag that cannot be.
    pub(crate) fn local(&self, shared: &Shared, name: NameRef<'_>) -> Option<Arc<Name>> {
        Some(match name {
            NameRef::Everything => Arc::clone(&self.floors.everything),
            NameRef::Region(region) => shared.tags.name(&of_region(region)?),
            NameRef::Tag(tag) => shared.tags.named(tag)?,
            NameRef::Key(key) => Arc::clone(self.floors.identity(key)),
        })
    }

    /// Touches a name, and with it whatever in this process depends on it.
    pub(crate) fn touch(&self, shared: &Shared, name: NameRef<'_>) {
        let touches = &shared.touches;
        match name {
            NameRef::Everything => {
                touches.mark(&self.floors.everything, touches.advance());
                shared.touch_everything();
            }
            NameRef::Region(region) => {
                if let Some(tag) = of_region(region) {
                    shared.tags.touch(&tag, touches);
                }
                shared.touch_region(region);
            }
            NameRef::Tag(tag) => {
                if let Ok(tag) = Tag::new(tag) {
                    self.fences.forget(tag.as_str());
                    shared.tags.touch(&tag, touches);
                }
            }
            NameRef::Key(key) => self.touch_key(shared, key, touches.advance()),
        }
    }

    /// Touches a key as of `touch`: what began then or later stays.
    pub(crate) fn touch_key(&self, shared: &Shared, key: &str, touch: Touch) {
        shared.touches.mark(self.floors.key(key), touch);
        shared.touches.mark(self.floors.identity(key), touch);
    }

    /// Touches what was built from a key, and what is known of its identity. Not its own entry: this process has just put it,
    /// and does not heed its own message.
    pub(crate) fn touch_identity(&self, shared: &Shared, key: &str) {
        shared.touches.mark(self.floors.identity(key), shared.touches.advance());
    }

    /// Touches all keys that a glob means.
    pub(crate) fn touch_pattern(&self, shared: &Shared, glob: &str) {
        shared.touch_pattern(glob);
        // Of keys that this process has built upon without having them, the text is not known.
        let touch = shared.touches.advance();
        self.floors.identities.iter().for_each(|name| shared.touches.mark(name, touch));
    }

    /// Messages were missed: nothing from before now is believed.
    pub(crate) fn touch_gap(&self, shared: &Shared) {
        self.mirror.forget_before(shared.touches.advance());
        self.touch(shared, NameRef::Everything);
    }
}
