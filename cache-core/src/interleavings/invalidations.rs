//! P2 and P3: what was loaded before an invalidation is not served after it.

use super::explore;
use super::world::{KEY, NEW, OLD, World, join};

/// Two load, one changes the source and invalidates.
fn nothing_old_stays(invalidate: fn(&World)) {
    explore(move || {
        let world = World::new();
        let loaders = [(); 2].map(|()| world.start(async |world: World| world.load().await));
        let writer = world.start(async move |world: World| {
            world.change_source();
            invalidate(&world);
            assert_eq!(world.load().await, NEW, "who has invalidated gets what is new");
        });
        join(writer);
        for loader in loaders {
            assert!([OLD, NEW].contains(&join(loader)));
        }
        let stored = world.region.get(&KEY);
        assert!(stored.is_none_or(|value| value == NEW), "the old value was stored");
        world.end();
    });
}

#[test]
fn of_a_key() {
    nothing_old_stays(|world| world.region.invalidate(&KEY).detach());
}

#[test]
fn of_a_tag() {
    nothing_old_stays(|world| world.test.cache().invalidate_tag("b").detach());
}

#[test]
fn of_a_region() {
    nothing_old_stays(|world| world.region.invalidate_all().detach());
}

#[test]
fn of_a_pattern() {
    nothing_old_stays(|world| world.test.cache().invalidate_pattern("r:*").detach());
}

#[test]
fn of_everything() {
    nothing_old_stays(|world| world.test.cache().invalidate_all().detach());
}

#[test]
fn by_switching_off_and_on() {
    nothing_old_stays(|world| {
        world.test.cache().set_enabled(false);
        world.test.cache().set_enabled(true);
    });
}

#[test]
fn by_a_put() {
    nothing_old_stays(|world| world.region.put(&KEY, NEW).detach());
}

/// A hit remembers that it found an entry valid; two marks that cross must not hide behind that.
#[test]
fn of_two_tags_while_hits_verify() {
    explore(|| {
        let world = World::new();
        world.region.put(&KEY, OLD).detach();
        let reader = world.start(async |world: World| (0..3).for_each(|_| _ = world.region.get(&KEY)));
        let writers = ["a", "b"].map(|tag| {
            world.start(async move |world: World| {
                world.test.cache().invalidate_tag(tag).detach();
                assert_eq!(world.region.get(&KEY), None, "a tag that is invalidated stays so");
            })
        });
        writers.into_iter().for_each(join);
        join(reader);
        assert_eq!(world.region.get(&KEY), None);
        world.end();
    });
}
