//! A stale value is served when loading it anew fails, and an invalidated one never.

use shuttle::future::yield_now;

use super::explore;
use super::world::{KEY, NEW, OLD, SECOND, World, join};

const DOWN: &str = "down";

/// A call whose load fails.
async fn fail(world: World) -> Result<u64, &'static str> {
    let load = || async {
        yield_now().await;
        Err(DOWN)
    };
    world.region.get_or_load(&KEY, load).await
}

/// A call whose load fails in the background.
async fn fail_detached(world: World) -> Result<u64, &'static str> {
    let load = || async {
        yield_now().await;
        Err(DOWN)
    };
    world.region.call(&KEY).load_detached(load).await
}

fn spare() -> World {
    World::aged(60, |region| region.stale_if_error(SECOND * 600))
}

#[test]
fn everybody_is_served_and_the_source_is_asked_once() {
    explore(|| {
        let world = spare();
        let callers = [(); 3].map(|()| world.start(fail));
        assert_eq!(callers.map(join), [Ok(OLD); 3]);
        assert_eq!(world.region.stats().loads, 1);
        world.end();
    });
}

/// Two fail, one invalidates and fails after that: the old value is none of its.
fn nothing_old_is_served_after(world: fn() -> World, expected: Result<u64, &'static str>, invalidate: fn(&World)) {
    explore(move || {
        let world = world();
        let callers = [world.start(fail), world.start(fail_detached)];
        let writer = world.start(async move |world: World| {
            invalidate(&world);
            (fail(world.clone()).await, fail_detached(world).await)
        });
        assert_eq!(join(writer), (expected, expected));
        for caller in callers {
            assert!([Ok(OLD), expected].contains(&join(caller)));
        }
        world.end_background();
        assert_eq!(world.region.get(&KEY), expected.ok());
        world.end();
    });
}

#[test]
fn an_invalidation_of_the_key() {
    nothing_old_is_served_after(spare, Err(DOWN), |world| world.region.invalidate(&KEY).detach());
}

#[test]
fn an_invalidation_of_a_tag() {
    nothing_old_is_served_after(spare, Err(DOWN), |world| world.test.cache().invalidate_tag("a").detach());
}

#[test]
fn an_invalidation_of_the_region() {
    nothing_old_is_served_after(spare, Err(DOWN), |world| world.region.invalidate_all().detach());
}

#[test]
fn a_put() {
    nothing_old_is_served_after(spare, Ok(NEW), |world| world.region.put(&KEY, NEW).detach());
}

#[test]
fn an_invalidation_of_what_is_refreshed() {
    let stale = || World::aged(60, |region| region.stale_while_revalidate(SECOND * 600));
    nothing_old_is_served_after(stale, Err(DOWN), |world| world.test.cache().invalidate_tag("a").detach());
}

/// Who wants a new value is not told the old one, whoever's load has failed.
#[test]
fn who_wants_a_new_value() {
    explore(|| {
        let world = spare();
        let caller = world.start(fail);
        let strict = world.start(async |world: World| world.region.refresh(&KEY, || world.read_source()).await);
        world.change_source();
        let fresh = join(strict);
        assert!(fresh == Ok(NEW) || fresh == Ok(OLD), "its own load brings what the source says");
        assert!(join(caller).is_ok());
        assert_eq!(world.region.get(&KEY), fresh.ok());
        world.end();
    });
}
