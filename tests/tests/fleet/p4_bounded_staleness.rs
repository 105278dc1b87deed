//! P4: for how long another process may serve what was invalidated.

use std::time::Duration;

use crate::world::{Fleet, Pair, get};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn until_the_message_comes_and_no_longer() {
    let fleet = Fleet::new();
    let Pair { a: _a, b: _b, users_a, users_b } = fleet.pair_with("old").await;
    fleet.tier.hold_messages();
    users_a.invalidate(&1_u64).await;
    assert_eq!(users_a.get(&1_u64), None, "read your own invalidation (P3)");
    assert_eq!(users_b.get(&1_u64).as_deref(), Some("old"));
    fleet.tier.deliver();
    assert_eq!(users_b.get(&1_u64), None);
}

#[tokio::test]
async fn a_link_that_is_cut_bounds_it_by_the_window() {
    let fleet = Fleet::new();
    let Pair { a, b, users_a, users_b } = fleet.pair_with("old").await;
    fleet.pass(SECOND * 4, &[&a, &b]);
    fleet.tier.disconnect();
    users_a.invalidate(&1_u64).await;
    fleet.pass(SECOND / 4 * 3, &[&a, &b]);
    assert_eq!(users_b.get(&1_u64).as_deref(), Some("old"), "loaded less than five seconds ago");
    fleet.pass(SECOND / 4, &[&a, &b]);
    assert_eq!(users_b.get(&1_u64), None);
    assert_eq!(get(&users_b, 1, "new").await, "new", "from the tier or the source, both of which know");
}

#[tokio::test]
async fn a_link_that_dies_without_a_word_bounds_it_by_its_silence_and_the_window() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    // Nobody is told that messages are lost from here on.
    fleet.tier.hold_messages();
    get(&users_a, 1, "old").await;
    get(&users_b, 1, "wrong").await;
    users_a.invalidate(&1_u64).await;
    let mut served = Duration::ZERO;
    while users_b.get(&1_u64).is_some() {
        fleet.pass(SECOND / 4, &[&a, &b]);
        served += SECOND / 4;
    }
    assert!(served <= SECOND * 8 + SECOND / 2, "three seconds of silence and five of window: {served:?}");
    fleet.tier.lose_messages();
}

#[tokio::test]
async fn during_an_outage_the_source_is_asked_once_in_a_window() {
    let fleet = Fleet::new();
    let a = fleet.process().await;
    let users = a.region("users");
    fleet.tier.go_down();
    for second in 0..20 {
        get(&users, 1, &format!("loaded at {second}")).await;
        fleet.pass(SECOND, &[&a]);
    }
    assert!((3..=6).contains(&users.stats().loads), "{:?}", users.stats());
}

#[tokio::test]
async fn after_a_gap_nothing_from_before_it_is_served_unverified() {
    let fleet = Fleet::new();
    let Pair { a, b, users_a, users_b } = fleet.pair_with("old").await;
    get(&users_b, 2, "two").await;
    fleet.tier.disconnect();
    users_a.invalidate(&1_u64).await;
    fleet.tier.reconnect();
    fleet.pass(SECOND * 2, &[&a, &b]);
    assert_eq!(users_b.get(&1_u64), None, "the message is lost for ever");
    assert_eq!(users_b.get(&2_u64), None);
    let loads = users_b.stats().loads;
    assert_eq!(get(&users_b, 2, "wrong").await, "two", "what was not invalidated is verified, not loaded");
    assert_eq!(users_b.stats().loads, loads);
}

#[tokio::test]
async fn without_a_backplane_the_window_is_all_there_is() {
    let fleet = Fleet::new();
    let (tasks, tier) = (cache_core::test_util::TaskQueue::new(), fleet.tier.clone());
    let test = cache_core::test_util::TestCache::with(|builder| {
        let tier = cache_core::SharedTier::without_backplane(tier).namespace("test");
        builder.clock(fleet.clock.clone()).spawn(tasks.clone()).shared_tier(tier)
    });
    let users = test.cache().region("users").ttl(SECOND * 600).build().unwrap();
    tasks.run();
    get(&users, 1, "old").await;
    for _ in 0..22 {
        fleet.clock.advance(SECOND / 4);
        tasks.run();
    }
    assert_eq!(users.get(&1_u64), None);
    assert_eq!(get(&users, 1, "wrong").await, "old", "the tier still has it");
}

#[tokio::test]
async fn a_runtime_that_is_stuck_does_not_stretch_the_bound() {
    let fleet = Fleet::new();
    let Pair { a: _a, b: _b, users_a, users_b } = fleet.pair_with("old").await;
    fleet.tier.hold_messages();
    users_a.invalidate(&1_u64).await;
    // None of the process's tasks runs any more; another thread of it goes on asking.
    fleet.clock.advance(SECOND * 9);
    let served = (0..100_000).take_while(|_| users_b.get(&1_u64).is_some()).count();
    assert!(served < 10_000, "{served} times after the bound");
}
