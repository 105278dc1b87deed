//! A sweep takes what it has found, and only that.

use super::explore;
use super::world::{KEY, NEW, OLD, SECOND, World, join};

/// So many entries make a shard worth rebuilding.
const MANY: u64 = 80;
const OTHER: u64 = 8;

/// One sweeps while one replaces what is over.
fn the_new_value_stays(world: fn() -> World, replace: fn(&World)) {
    explore(move || {
        let world = world();
        let sweepers = [(); 2].map(|()| world.start(async |world: World| world.test.cache().sweep()));
        let writer = world.start(async move |world: World| replace(&world));
        join(writer);
        assert!(sweepers.map(join).iter().sum::<usize>() <= 1, "it was there once");
        assert_eq!(world.region.get(&KEY), Some(NEW));
        world.end();
    });
}

fn put(world: &World) {
    world.region.put(&KEY, NEW).detach();
}

#[test]
fn of_what_has_expired() {
    the_new_value_stays(|| World::aged(60, |region| region), put);
}

#[test]
fn of_what_was_invalidated() {
    let world = || {
        let world = World::aged(0, |region| region);
        world.test.cache().invalidate_tag("a").detach();
        world
    };
    the_new_value_stays(world, put);
}

#[test]
fn of_what_nobody_used() {
    the_new_value_stays(|| World::aged(50, |region| region.tti(SECOND * 16)), put);
}

/// A few entries are left in a shard that held many: it is rebuilt while they are used.
#[test]
fn a_shard_that_is_rebuilt_loses_nothing() {
    explore(|| {
        // With a weigher few entries are expected, and one shard is enough for them.
        let world = World::with(|region| region.weigh(|_| 1).capacity(4_000).ttl(SECOND * 60));
        (100..100 + MANY).for_each(|key| world.region.put(&key, OLD).detach());
        world.pass(50);
        [KEY, OTHER].iter().for_each(|key| world.region.put(key, OLD).detach());
        world.pass(10);
        let sweeper = world.start(async |world: World| world.test.cache().sweep());
        let reader = world.start(async |world: World| [OTHER; 3].map(|key| world.region.get(&key)));
        let writer = world.start(async |world: World| {
            put(&world);
            world.region.get(&KEY)
        });
        assert_eq!(join(reader), [Some(OLD); 3]);
        assert_eq!(join(writer), Some(NEW));
        assert!(join(sweeper) <= MANY as usize);
        assert_eq!([KEY, OTHER].map(|key| world.region.get(&key)), [Some(NEW), Some(OLD)]);
        world.end();
    });
}
