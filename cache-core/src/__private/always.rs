//! `on = "always"` and `"around"`: dropping entries however a mutator ends.

use std::sync::Arc;

use super::source::{OwnedSource, Source};
use super::tags::TagText;
use crate::invalidated::Invalidating;
use crate::shared::Shared;
use crate::tag::Tag;
use crate::target::Target;
use crate::tier::{Item, Writer};

/// Drops what it holds when it is dropped: after a return, a panic, or the end of a future that nobody polls any more.
#[derive(Debug)]
pub struct Always {
    source: OwnedSource,
    targets: Vec<Target>,
    tags: Vec<Tag>,
    /// Of `on = "around"`: that a write is under way, in each cache that other processes share.
    writers: Vec<(Arc<Shared>, Writer)>,
    fired: bool,
}

impl Always {
    pub fn new(
        source: &OwnedSource,
        targets: impl IntoIterator<Item = Target>,
        tags: impl IntoIterator<Item = TagText>,
    ) -> Self {
        let mut new =
            Self { source: source.clone(), targets: Vec::new(), tags: Vec::new(), writers: Vec::new(), fired: false };
        new.add(targets, tags);
        new
    }

    /// What is known from the returned value only.
    pub fn add(&mut self, targets: impl IntoIterator<Item = Target>, tags: impl IntoIterator<Item = TagText>) {
        self.targets.extend(targets);
        self.tags.extend(tags.into_iter().filter_map(TagText::finish));
    }

    /// Drops everything now, and once more in the end.
    pub fn now(&self) -> Invalidating {
        let targets = self.targets.iter().fold(Invalidating::done(), |all, target| all.and(target.invalidate()));
        targets.and(self.source.with(|cache| cache.invalidate_tags(&self.tags)))
    }

    /// Drops everything now, and lets nobody in the fleet store it until the end.
    pub fn announce(&mut self) -> Invalidating {
        let mut items: Vec<(Arc<Shared>, Vec<Item>)> = Vec::new();
        let mut add = |shared: &Arc<Shared>, item: Item| match items.iter_mut().find(|(of, _)| Arc::ptr_eq(of, shared))
        {
            Some((_, items)) => items.push(item),
            None => items.push((Arc::clone(shared), vec![item])),
        };
        self.targets.iter().filter_map(Target::place).for_each(|(shared, item)| add(shared, item.clone()));
        self.source.with(|cache| {
            let shared = cache.shared();
            if shared.tier().is_some() {
                self.tags.iter().for_each(|tag| add(shared, Item::Tag(tag.as_str().into())));
            }
        });
        let mut told = self.now();
        for (shared, items) in items {
            if let Some(tier) = shared.tier() {
                let writer = Writer::new(&shared, tier, items);
                told = told.after(&shared, writer.announce(&shared));
                self.writers.push((shared, writer));
            }
        }
        told
    }

    /// The end.
    pub fn fire(mut self) -> Invalidating {
        self.fired = true;
        let writers = std::mem::take(&mut self.writers).into_iter();
        writers.fold(self.now(), |told, (shared, writer)| {
            let withdraw = writer.withdraw(&shared);
            told.after(&shared, withdraw)
        })
    }
}

impl Drop for Always {
    fn drop(&mut self) {
        if !self.fired {
            self.now().detach();
        }
    }
}
