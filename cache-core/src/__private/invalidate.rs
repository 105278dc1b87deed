//! What `#[cache_invalidate]` does.

use super::kind::Returned;
use super::source::Source;
use super::tags::TagText;
use crate::invalidated::{Invalidated, Invalidating};
use crate::target::Target;

/// Whether a mutator did what it was asked to.
pub fn succeeded<Kd: Returned>(_: Kd, ret: &Kd::Ret) -> bool {
    Kd::succeeded(ret)
}

/// Runs `work` on the value a mutator returned, if it returned one.
pub fn with_success<Kd: Returned, R>(_: Kd, ret: &Kd::Ret, work: impl FnOnce(&Kd::Success) -> R) -> Option<R> {
    Kd::success(ret).map(work)
}

/// Invalidates targets and tags. All of this process at once, before anything is awaited: a caller that goes away
/// leaves nothing half done here.
pub async fn fire<S: Source>(
    source: S,
    targets: impl IntoIterator<Item = Target>,
    tags: impl IntoIterator<Item = TagText>,
) -> Invalidated {
    begin(source, targets, tags).await
}

fn begin<S: Source>(
    source: S,
    targets: impl IntoIterator<Item = Target>,
    tags: impl IntoIterator<Item = TagText>,
) -> Invalidating {
    let targets = targets.into_iter().fold(Invalidating::done(), |all, target| all.and(target.invalidate()));
    targets.and(source.with(|cache| cache.invalidate_tags(tags.into_iter().filter_map(TagText::finish))))
}

/// [`fire`] for mutators that are not async: the rest of the fleet is told in the background.
pub fn fire_blocking<S: Source>(
    source: S,
    targets: impl IntoIterator<Item = Target>,
    tags: impl IntoIterator<Item = TagText>,
) {
    begin(source, targets, tags).detach();
}
