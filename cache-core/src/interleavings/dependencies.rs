//! What was built from an entry goes with it, also while both are being loaded.

use std::convert::Infallible;

use super::explore;
use super::world::{KEY, NEW, World, join};

const OUTER: u64 = 70;

/// Loads an entry that is built from the one under [`KEY`].
async fn load_outer(world: World) -> u64 {
    let load = || async { Ok::<_, Infallible>(world.load().await) };
    let Ok(value) = world.region.get_or_load(&OUTER, load).await;
    value
}

fn nothing_is_left_of(invalidate: fn(&World)) {
    explore(move || {
        let world = World::new();
        let outer = world.start(load_outer);
        let inner = world.start(async |world: World| world.load().await);
        let writer = world.start(async move |world: World| {
            world.change_source();
            invalidate(&world);
            assert_eq!(load_outer(world).await, NEW, "who has invalidated gets what is new");
        });
        join(writer);
        join(outer);
        join(inner);
        for key in [KEY, OUTER] {
            assert!(world.region.get(&key).is_none_or(|value| value == NEW), "{key} was built from what is old");
        }
        world.end();
    });
}

#[test]
fn an_ingredient_that_is_invalidated() {
    nothing_is_left_of(|world| world.region.invalidate(&KEY).detach());
}

#[test]
fn an_ingredient_that_is_replaced() {
    nothing_is_left_of(|world| world.region.put(&KEY, NEW).detach());
}

#[test]
fn an_ingredient_that_a_pattern_means() {
    nothing_is_left_of(|world| world.test.cache().invalidate_pattern("r:7").detach());
}
