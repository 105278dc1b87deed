//! The tags of one entry to be.

use std::sync::Arc;

use smallvec::SmallVec;

use super::inner::RegionInner;
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

impl TagList {
    pub(crate) fn push(&mut self, tag: Option<Tag>) {
        match tag {
            Some(tag) => self.tags.push(tag),
            None => self.has_empty = true,
        }
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

    /// The tags that the region itself gives to each of its entries.
    pub(super) fn add_own_tags<Q: CacheKey<Owned = O> + ?Sized>(&self, key: &Q, value: &V, tags: &mut TagList) {
        if let Some(tags_of) = &self.hooks.tags {
            tags_of(&key.to_owned_key(), value).into_iter().for_each(|tag| tags.push(Some(tag)));
        }
    }
}
