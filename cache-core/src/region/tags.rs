//! The tags of one entry to be.

use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;

use super::inner::RegionInner;
use crate::fleet_name::FleetName;
use crate::key::CacheKey;
use crate::tag::Tag;
use crate::touch::Name;

/// Tags, and whether one of them came out empty. An empty tag is not skipped silently: an invalidation could not
/// reach the entry, so the entry is not stored.
#[derive(Debug, Default, Clone)]
pub(crate) struct TagList {
    tags: SmallVec<[Tag; 2]>,
    has_empty: bool,
}

/// What is known only once there is a value.
#[derive(Debug, Default, Clone)]
pub(crate) struct Late {
    pub(crate) tags: TagList,
    /// A ttl of the value's own.
    pub(crate) ttl: Option<Duration>,
    /// The value is not to be kept.
    pub(crate) keep_out: bool,
}

impl TagList {
    pub(crate) fn push(&mut self, tag: Option<Tag>) {
        match tag {
            Some(tag) => self.tags.push(tag),
            None => self.has_empty = true,
        }
    }

    pub(crate) fn as_slice(&self) -> &[Tag] {
        &self.tags
    }

    /// The tags, as the fleet knows them.
    pub(crate) fn fleet_names(&self) -> Vec<FleetName> {
        self.tags.iter().map(|tag| FleetName::Tag(tag.as_str().into())).collect()
    }

    pub(crate) fn has_empty(&self) -> bool {
        self.has_empty
    }
}

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The live states of tags.
    pub(super) fn names(&self, tags: &TagList) -> SmallVec<[Arc<Name>; 2]> {
        tags.tags.iter().map(|tag| self.shared.tags.name(tag)).collect()
    }

    /// What the region itself says of each of its values.
    pub(super) fn add_own<Q: CacheKey<Owned = O> + ?Sized>(&self, key: &Q, value: &V, late: &mut Late) {
        let hooks = &self.hooks;
        if hooks.tags.is_none() && hooks.ttl.is_none() && hooks.cache_if.is_none() {
            return;
        }
        let key = key.to_owned_key();
        if let Some(tags_of) = &hooks.tags {
            tags_of(&key, value).into_iter().for_each(|tag| late.tags.push(Some(tag)));
        }
        if let Some(ttl_of) = &hooks.ttl {
            late.ttl = Some(ttl_of(&key, value));
        }
        late.keep_out |= hooks.cache_if.as_ref().is_some_and(|cache_if| !cache_if(&key, value));
    }
}
