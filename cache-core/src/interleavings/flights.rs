//! P5: whatever becomes of a leader, those who wait get an answer. (A wait for ever is a deadlock, which ends the run.)

use super::explore;
use super::world::{KEY, OLD, World, join};

#[test]
fn a_leader_that_is_cancelled_is_followed() {
    explore(|| {
        let world = World::new();
        let leader = world.start(async |world: World| world.load().await);
        let waiters = [(); 2].map(|()| world.start(async |world: World| world.load().await));
        leader.abort();
        assert_eq!(waiters.map(join), [OLD; 2]);
        world.end();
    });
}

#[test]
fn a_waiter_that_is_cancelled_takes_no_seat_with_it() {
    explore(|| {
        let world = World::new();
        let tasks = [(); 3].map(|()| world.start(async |world: World| world.load().await));
        let [first, second, third] = tasks;
        second.abort();
        first.abort();
        assert_eq!(join(third), OLD);
        world.end();
    });
}

#[test]
fn errors_that_cannot_be_told_leave_nobody_behind() {
    explore(|| {
        let world = World::new();
        let fail = async |world: World| {
            let load = || async { world.read_source().await.map_err(|_| "never").and(Err("down")) };
            world.region.get_or_load_unshared(&KEY, load).await
        };
        let tasks = [(); 3].map(|()| world.start(fail));
        assert_eq!(tasks.map(join), [Err("down"); 3]);
        world.end();
    });
}

#[test]
fn batches_that_overlap_end() {
    explore(|| {
        let world = World::new();
        let batch = |keys: [u64; 2]| {
            world.start(async move |world: World| {
                let load = async |missing: Vec<u64>| {
                    let value = world.read_source().await?;
                    Ok::<_, std::convert::Infallible>(missing.into_iter().map(|key| (key, value)).collect())
                };
                world.region.get_or_load_many(&keys, load).await
            })
        };
        let batches = [batch([KEY, 8]), batch([8, KEY])];
        assert_eq!(batches.map(join), [Ok(vec![Some(OLD); 2]), Ok(vec![Some(OLD); 2])]);
        world.end();
    });
}
