//! A value that is put as of a moment in the past is as old as that.

use shuttle::future::yield_now;

use super::explore;
use super::world::{KEY, World, join};
use crate::region::{Late, Made};

/// A mutator changes the source and puts what it has made of it.
async fn mutate(world: World) {
    let region = &world.region.inner;
    let look = region.by(&KEY);
    let since = region.watch(&look);
    let value = world.write_source();
    yield_now().await;
    let made = Made { since, own: Vec::new(), yields: false };
    _ = region.put_as_of(&look, Some(value), Late::default(), Some(made));
}

/// One loads, one mutates, one changes the source and invalidates: what is there in the end is what the source says.
fn the_source_is_right(invalidate: fn(&World)) {
    explore(move || {
        let world = World::new();
        let loader = world.start(async |world: World| world.load().await);
        let mutator = world.start(mutate);
        let writer = world.start(async move |world: World| {
            let written = world.write_source();
            invalidate(&world);
            assert!(world.load().await >= written, "who has invalidated gets what is new");
        });
        join(writer);
        join(mutator);
        join(loader);
        let stored = world.region.get(&KEY);
        assert!(stored.is_none_or(|value| value == 3), "{stored:?} is what the source said before");
        world.end();
    });
}

#[test]
fn an_invalidation_of_the_key() {
    the_source_is_right(|world| world.region.invalidate(&KEY).detach());
}

#[test]
fn an_invalidation_of_a_tag() {
    the_source_is_right(|world| world.test.cache().invalidate_tag("a").detach());
}

#[test]
fn an_invalidation_of_the_region() {
    the_source_is_right(|world| world.region.invalidate_all().detach());
}

#[test]
fn an_invalidation_by_a_pattern() {
    the_source_is_right(|world| world.test.cache().invalidate_pattern("r:*").detach());
}

#[test]
fn two_mutators() {
    explore(|| {
        let world = World::new();
        let loader = world.start(async |world: World| world.load().await);
        let mutators = [(); 2].map(|()| world.start(mutate));
        mutators.into_iter().for_each(join);
        join(loader);
        let stored = world.region.get(&KEY);
        assert!(stored.is_none_or(|value| value == 3), "{stored:?} is what the source said before");
        world.end();
    });
}
