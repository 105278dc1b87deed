//! `on = "always"` and `"around"`: dropping entries however a mutator ends.

use super::source::{OwnedSource, Source};
use super::tags::TagText;
use crate::invalidated::Invalidating;
use crate::tag::Tag;
use crate::target::Target;

/// Drops what it holds when it is dropped: after a return, a panic, or the end of a future that nobody polls any more.
#[derive(Debug)]
pub struct Always {
    source: OwnedSource,
    targets: Vec<Target>,
    tags: Vec<Tag>,
    fired: bool,
}

impl Always {
    pub fn new(
        source: &OwnedSource,
        targets: impl IntoIterator<Item = Target>,
        tags: impl IntoIterator<Item = TagText>,
    ) -> Self {
        let mut new = Self { source: source.clone(), targets: Vec::new(), tags: Vec::new(), fired: false };
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

    /// The end.
    pub fn fire(mut self) -> Invalidating {
        self.fired = true;
        self.now()
    }
}

impl Drop for Always {
    fn drop(&mut self) {
        if !self.fired {
            self.now().detach();
        }
    }
}
