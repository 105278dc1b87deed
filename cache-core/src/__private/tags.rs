//! Rendering the tags of generated functions.

use std::hash::Hasher;
use std::time::Duration;

use crate::key::{CacheKey, KeyWriter};
use crate::region::{Late, TagList};
use crate::tag::Tag;

/// A tag in the making.
#[derive(Debug, Clone)]
pub struct TagText(String);

impl TagText {
    #[must_use]
    pub fn new(literal: &str) -> Self {
        Self(literal.to_owned())
    }

    #[must_use]
    pub fn text(mut self, literal: &str) -> Self {
        self.0.push_str(literal);
        self
    }

    #[must_use]
    pub fn part<K: CacheKey + ?Sized>(mut self, part: &K) -> Self {
        part.encode_between(None, &mut KeyWriter::new(&mut self.0));
        self
    }

    /// The tag; `None` if it came out empty.
    pub(super) fn finish(self) -> Option<Tag> {
        Tag::new(self.0).ok()
    }
}

/// A part that was rendered before the body moved its argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPart(Box<str>);

#[must_use]
pub fn part<K: CacheKey + ?Sized>(part: &K) -> TagPart {
    let mut text = String::new();
    part.encode_between(None, &mut KeyWriter::new(&mut text));
    TagPart(text.into())
}

impl CacheKey for TagPart {
    type Owned = Self;

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash_key(hasher);
    }

    fn eq_owned(&self, owned: &Self) -> bool {
        self == owned
    }

    fn to_owned_key(&self) -> Self {
        self.clone()
    }

    fn encode(&self, writer: &mut KeyWriter<'_>) {
        writer.literal(&self.0);
    }
}

/// Takes what is known from the value.
#[derive(Debug)]
pub struct FromValue<'l>(pub(super) &'l mut Late);

impl FromValue<'_> {
    /// A tag.
    pub fn tag(&mut self, tag: TagText) {
        self.0.tags.push(tag.finish());
    }

    /// A ttl of the value's own.
    pub fn ttl<V: ?Sized>(&mut self, value: &V, ttl: impl FnOnce(&V) -> Duration) {
        self.0.ttl = Some(ttl(value));
    }

    /// Whether the value is kept.
    pub fn cache_if<V: ?Sized>(&mut self, value: &V, keep: impl FnOnce(&V) -> bool) {
        self.0.keep_out |= !keep(value);
    }
}

/// The value brings nothing.
pub fn nothing_late<V>(_: &V, _: &mut FromValue<'_>) {}

pub(super) fn collect(tags: impl IntoIterator<Item = TagText>) -> TagList {
    let mut list = TagList::default();
    tags.into_iter().for_each(|tag| list.push(tag.finish()));
    list
}
