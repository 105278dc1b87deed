//! Rendering the tags of generated functions.

use std::hash::Hasher;

use crate::key::{CacheKey, KeyWriter};
use crate::region::TagList;
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

/// Takes the tags that are known from the value.
#[derive(Debug)]
pub struct LateTags<'l>(pub(super) &'l mut TagList);

impl LateTags<'_> {
    pub fn push(&mut self, tag: TagText) {
        self.0.push(tag.finish());
    }
}

/// The value brings no tags.
pub fn no_late_tags<V>(_: &V, _: &mut LateTags<'_>) {}

pub(super) fn collect(tags: impl IntoIterator<Item = TagText>) -> TagList {
    let mut list = TagList::default();
    tags.into_iter().for_each(|tag| list.push(tag.finish()));
    list
}
