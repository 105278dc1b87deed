//! What can still be served is loaded anew by one at a time, and P2 holds of that load as of any other.

use std::convert::Infallible;

use shuttle::future::{JoinHandle, yield_now};

use super::explore;
use super::world::{KEY, NEW, OLD, SECOND, World, join};

/// What a load brings that neither is what was there nor what is to be.
const LATE: u64 = 10;

fn due() -> World {
    World::aged(30, |region| region.refresh_ahead(0.5))
}

fn stale() -> World {
    World::aged(60, |region| region.stale_while_revalidate(SECOND * 600))
}

fn inline(world: &World) -> JoinHandle<u64> {
    world.start(async |world: World| world.load().await)
}

fn detached(world: &World) -> JoinHandle<u64> {
    world.start(async |world: World| world.load_detached().await)
}

/// Several find it at the same moment.
fn it_is_loaded_once(world: fn() -> World, call: fn(&World) -> JoinHandle<u64>) {
    explore(move || {
        let world = world();
        let callers = [(); 3].map(|()| call(&world));
        assert_eq!(callers.map(join), [OLD; 3]);
        world.end_background();
        assert_eq!((world.region.stats().loads, world.region.get(&KEY)), (1, Some(OLD)));
        world.end();
    });
}

#[test]
fn what_is_due_is_loaded_once() {
    it_is_loaded_once(due, inline);
}

#[test]
fn what_is_stale_is_loaded_once() {
    it_is_loaded_once(stale, inline);
}

#[test]
fn what_is_due_is_loaded_once_in_the_background() {
    it_is_loaded_once(due, detached);
}

#[test]
fn what_is_stale_is_loaded_once_in_the_background() {
    it_is_loaded_once(stale, detached);
}

/// One refreshes in the background, one changes the source and invalidates.
fn nothing_old_stays(world: fn() -> World, invalidate: fn(&World)) {
    explore(move || {
        let world = world();
        let reader = detached(&world);
        let writer = world.start(async move |world: World| {
            world.change_source();
            invalidate(&world);
            assert_eq!(world.load_detached().await, NEW, "who has invalidated gets what is new");
        });
        join(writer);
        assert!([OLD, NEW].contains(&join(reader)));
        world.end_background();
        assert!(world.region.get(&KEY).is_none_or(|value| value == NEW), "the old value was stored");
        world.end();
    });
}

#[test]
fn a_refresh_and_an_invalidation_of_its_key() {
    nothing_old_stays(stale, |world| world.region.invalidate(&KEY).detach());
}

#[test]
fn a_refresh_and_an_invalidation_of_its_tag() {
    nothing_old_stays(stale, |world| world.test.cache().invalidate_tag("b").detach());
}

#[test]
fn a_refresh_and_an_invalidation_of_its_region() {
    nothing_old_stays(stale, |world| world.region.invalidate_all().detach());
}

#[test]
fn a_refresh_and_an_invalidation_by_a_pattern() {
    nothing_old_stays(stale, |world| world.test.cache().invalidate_pattern("r:*").detach());
}

#[test]
fn a_refresh_and_a_put() {
    nothing_old_stays(stale, |world| world.region.put(&KEY, NEW).detach());
}

#[test]
fn a_refresh_of_what_is_fresh_and_an_invalidation() {
    nothing_old_stays(due, |world| world.region.invalidate(&KEY).detach());
}

/// A refresh that takes too long is replaced, and what it brings one day with it.
#[test]
fn a_refresh_that_is_overdue_does_not_replace_its_successor() {
    explore(|| {
        let world = stale();
        let slow = world.start(async |world: World| {
            let load = || async {
                yield_now().await;
                Ok::<_, Infallible>(LATE)
            };
            world.region.call(&KEY).load_detached(load).await
        });
        assert_eq!(join(slow), Ok(OLD), "its load goes on");
        let clock = world.start(async |world: World| world.pass(30));
        let second = world.start(async |world: World| {
            let load = || async {
                yield_now().await;
                Ok::<_, Infallible>(NEW)
            };
            world.region.get_or_load(&KEY, load).await
        });
        join(clock);
        let loaded = join(second) == Ok(NEW);
        world.end_background();
        let stored = world.region.get(&KEY);
        assert_eq!(stored, Some(if loaded { NEW } else { LATE }));
        world.end();
    });
}

/// Who waits for a load that is overdue takes over; its result is for those who wait, and it stays.
#[test]
fn a_miss_that_is_overdue_is_taken_over() {
    explore(|| {
        let world = World::with(|region| region.capacity(8));
        let slow = world.start(async |world: World| {
            let load = || async {
                yield_now().await;
                world.pass(30);
                yield_now().await;
                Ok::<_, Infallible>(LATE)
            };
            world.region.get_or_load(&KEY, load).await
        });
        let others = [(); 2].map(|()| inline(&world));
        let values = others.map(join);
        assert!([LATE, OLD].contains(&join(slow).unwrap_or_default()));
        let stored = world.region.get(&KEY);
        assert!(values.iter().all(|value| Some(*value) == stored), "{values:?}, and {stored:?} is stored");
        world.end();
    });
}
