//! Loading, finding, invalidating and putting across processes.

use std::time::Duration;

use cache_core::Invalidated;

use crate::world::{Fleet, Pair, drive, get};

#[tokio::test]
async fn what_one_process_has_loaded_the_others_find() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    assert_eq!(get(&users_a, 1, "Ada").await, "Ada");
    assert_eq!(get(&users_b, 1, "wrong").await, "Ada");
    assert_eq!((users_a.stats().loads, users_b.stats().loads, users_b.stats().shared_hits), (1, 0, 1));
    assert_eq!(get(&users_b, 1, "wrong").await, "Ada");
    assert_eq!((users_b.stats().hits, users_b.stats().shared_hits), (1, 1), "it is kept in the process");
    assert!(a.test.events().iter().all(|event| event.name() == "link_proven"), "{:?}", a.test.events());
}

#[tokio::test]
async fn what_one_process_invalidates_the_others_drop() {
    let fleet = Fleet::new();
    let Pair { a: _a, b: _b, users_a, users_b } = fleet.pair_with("old").await;
    assert_eq!(users_a.invalidate(&1_u64).await, Invalidated::Fleet);
    assert_eq!(users_b.get(&1_u64), None);
    assert_eq!(get(&users_b, 1, "new").await, "new");
    assert_eq!(get(&users_a, 1, "wrong").await, "new");
}

#[tokio::test]
async fn tags_regions_patterns_and_everything_reach_all_processes() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let tagged = |process: &crate::world::Process| {
        let builder = process.cache().region::<u64, String>("users").ttl(Duration::from_secs(60));
        builder.tags(|id, _| vec![cache_core::Tag::of("user", id)]).build().unwrap()
    };
    let (users_a, users_b) = (tagged(&a), tagged(&b));
    // The first load of a region with tags of its values teaches the fences.
    let both = [&a, &b];
    let get = async |users, key, source: &str| drive(&fleet, &both, get(users, key, source)).await;
    get(&users_a, 0, "first").await;
    for (round, invalidate) in ["tag", "region", "pattern", "everything"].iter().enumerate() {
        let (old, new) = (format!("old {round}"), format!("new {round}"));
        assert_eq!(get(&users_a, 1, &old).await, old);
        assert_eq!(get(&users_b, 1, "wrong").await, old, "before {invalidate}");
        let told = match *invalidate {
            "tag" => a.cache().invalidate_tag("user:1").await,
            "region" => users_a.invalidate_all().await,
            "pattern" => a.cache().invalidate_pattern("users:*").await,
            _ => a.cache().invalidate_all().await,
        };
        assert_eq!(told, Invalidated::Fleet, "{invalidate}");
        assert_eq!(users_b.get(&1_u64), None, "{invalidate}");
        assert_eq!(get(&users_b, 1, &new).await, new, "{invalidate}");
        assert_eq!(get(&users_a, 1, "wrong").await, new, "{invalidate}");
        users_a.invalidate(&1_u64).await;
    }
}

#[tokio::test]
async fn a_value_that_is_put_is_everywhere() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_b, 1, "old").await;
    assert_eq!(users_a.put(&1_u64, "put".to_owned()).await, Invalidated::Fleet);
    assert_eq!(users_a.get(&1_u64).as_deref(), Some("put"), "its own value is not dropped by its own message");
    assert_eq!(get(&users_b, 1, "wrong").await, "put");
    assert_eq!((users_a.stats().loads, users_b.stats().loads), (0, 1));
}

#[tokio::test]
async fn a_put_that_is_not_awaited_goes_on_in_the_background() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_b, 1, "old").await;
    users_a.put(&1_u64, "put".to_owned()).detach();
    assert_eq!(get(&users_a, 1, "wrong").await, "put");
    a.settle();
    assert_eq!(users_a.get(&1_u64).as_deref(), Some("put"), "it is still there");
    assert_eq!(get(&users_b, 1, "wrong").await, "put");
    users_a.invalidate(&1_u64).detach();
    assert_eq!(get(&users_a, 1, "new").await, "new", "nobody believes the tier until it was told");
    a.settle();
    assert_eq!(users_b.get(&1_u64), None);
}

#[tokio::test]
async fn a_value_from_the_tier_lives_no_longer_than_where_it_was_loaded() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_a, 1, "old").await;
    fleet.pass(Duration::from_secs(50), &[&a, &b]);
    assert_eq!(get(&users_b, 1, "wrong").await, "old");
    fleet.pass(Duration::from_secs(9), &[&a, &b]);
    assert_eq!(users_b.get(&1_u64).as_deref(), Some("old"));
    fleet.pass(Duration::from_secs(2), &[&a, &b]);
    assert_eq!(get(&users_b, 1, "new").await, "new");
}

#[tokio::test]
async fn without_its_tier_a_process_goes_on_alone_and_catches_up() {
    let fleet = Fleet::new();
    let Pair { a, b, users_a, users_b } = fleet.pair_with("old").await;
    fleet.tier.go_down();
    assert_eq!(users_a.invalidate(&1_u64).await, Invalidated::Queued);
    assert_eq!(get(&users_a, 1, "new").await, "new", "no call fails");
    assert_eq!(users_b.get(&1_u64).as_deref(), Some("old"), "nobody could tell it");
    fleet.pass(Duration::from_millis(5_500), &[&a, &b]);
    assert_eq!(users_b.get(&1_u64), None, "after the window it is not served any more");
    assert_eq!(get(&users_b, 1, "new").await, "new");
    fleet.tier.come_back(false);
    fleet.pass(Duration::from_secs(2), &[&a, &b]);
    assert!(a.test.events().iter().any(|event| event.name() == "breaker_closed"), "{:?}", a.test.events());
    assert_eq!(get(&users_a, 1, "newer").await, "newer", "what waited was sent: the old value is gone from the tier");
    assert_eq!(get(&users_b, 1, "wrong").await, "newer");
}

#[tokio::test]
async fn the_tier_is_asked_once_for_a_hit_and_thrice_for_a_load() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_a, 0, "first").await;
    get(&users_b, 0, "first").await;
    let before = fleet.tier.requests();
    get(&users_a, 1, "Ada").await;
    assert_eq!(fleet.tier.requests() - before, 3, "read, lease, commit");
    let before = fleet.tier.requests();
    get(&users_b, 1, "wrong").await;
    assert_eq!(fleet.tier.requests() - before, 1);
}
