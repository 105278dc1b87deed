//! Invalidations that could not be sent: they wait, are sent when the tier is back, and say more rather than nothing.

use std::time::Duration;

use cache_core::Invalidated;
use cache_core::backend::BackendErrorKind;
use cache_tests::Step;

use crate::gated::Fate;
use crate::world::{Fleet, get, get_tagged};

// Item 18.
#[tokio::test]
async fn what_is_queued_reaches_the_others_once_the_tier_is_back() {
    for what in ["key", "tag", "region", "everything", "pattern", "put"] {
        let fleet = Fleet::new();
        let ((a, line), b) = (fleet.gated(), fleet.process().await);
        let (users_a, users_b) = (a.region("users"), b.region("users"));
        get_tagged(&users_b, 1, "org:7", "old").await;
        line.cut(true);
        let told = match what {
            "key" => users_a.invalidate(&1_u64).await,
            "tag" => a.cache().invalidate_tag("org:7").await,
            "region" => users_a.invalidate_all().await,
            "everything" => a.cache().invalidate_all().await,
            "pattern" => a.cache().invalidate_pattern("users:*").await,
            _ => users_a.put(&1_u64, "put".to_owned()).await,
        };
        assert_eq!(told, Invalidated::Queued, "{what}");
        assert!(told.confirmed().is_err());
        assert_eq!(users_b.get(&1_u64).as_deref(), Some("old"), "{what}");
        line.cut(false);
        fleet.pass(Duration::from_secs(3), &[&a, &b]);
        assert_eq!(get_tagged(&users_b, 1, "org:7", "new").await, "new", "{what}");
        assert_ne!(get_tagged(&users_a, 1, "org:7", "new").await, "old", "{what}");
    }
}

// Item 18.
#[tokio::test]
async fn a_flood_of_keys_becomes_their_region_and_a_flood_of_tags_everything() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b, pages_b) = (a.region("users"), b.region("users"), b.region("pages"));
    get(&users_b, 1, "old").await;
    get(&pages_b, 1, "page").await;
    line.cut(true);
    let keys: Vec<u64> = (0..10_050).collect();
    assert_eq!(users_a.invalidate_many(&keys).await, Invalidated::Queued);
    line.cut(false);
    line.clear();
    fleet.pass(Duration::from_secs(3), &[&a, &b]);
    assert!(line.asked("bump").iter().any(|names| names.contains("@r:users")), "{:?}", line.asked("bump"));
    assert_eq!(users_b.get(&1_u64), None);
    assert_eq!(get(&users_b, 1, "new").await, "new");
    assert_eq!(get(&pages_b, 1, "wrong").await, "page", "the other regions are left alone");
    line.cut(true);
    let tags = (0..10_050).map(|number| format!("tag:{number}"));
    assert_eq!(a.cache().invalidate_tags(tags).await, Invalidated::Queued);
    line.cut(false);
    fleet.pass(Duration::from_secs(3), &[&a, &b]);
    assert_eq!(pages_b.get(&1_u64), None);
}

// P3: dropped after the request was sent.
#[tokio::test]
async fn an_invalidation_that_nobody_waits_for_is_done_to_its_end() {
    for (method, fate) in [("drop_keys", Fate::Before), ("drop_keys", Fate::After)] {
        let fleet = Fleet::new();
        let ((a, line), b) = (fleet.gated(), fleet.process().await);
        let (users_a, users_b) = (a.region("users"), b.region("users"));
        get(&users_b, 1, "old").await;
        let held = line.next(method, "users:1", fate);
        let told = Step::held(users_a.invalidate(&1_u64));
        assert_eq!(held.reached(), 1);
        drop(told);
        assert_eq!(get(&users_a, 1, "new").await, "new", "this process never sees it again");
        fleet.pass(Duration::from_millis(500), &[&a, &b]);
        assert_eq!(get(&users_b, 1, "new").await, "new");
    }
}

// P3: never polled.
#[tokio::test]
async fn an_invalidation_that_is_detached_is_sent_in_the_background() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_b, 1, "old").await;
    users_a.invalidate(&1_u64).detach();
    a.settle();
    assert_eq!(users_b.get(&1_u64), None);
    assert_eq!(get(&users_b, 1, "new").await, "new");
}

// One invalidation that the server never does must not keep the others from being sent, or from being sent once.
#[tokio::test]
async fn what_the_server_refuses_does_not_have_everything_else_sent_again_and_again() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    line.times(usize::MAX, "sweep", "", Fate::Fails(BackendErrorKind::Refused));
    assert_eq!(a.cache().invalidate_pattern("pages:*").await, Invalidated::Queued);
    line.next("bump", "@r:users", Fate::Fails(BackendErrorKind::Refused));
    assert_eq!(users_a.invalidate_all().await, Invalidated::Queued);
    fleet.pass(Duration::from_secs(1), &[&a, &b]);
    line.clear();
    get(&users_b, 1, "kept").await;
    fleet.pass(Duration::from_secs(2), &[&a, &b]);
    assert!(line.asked("bump").is_empty(), "the region was told: {:?}", line.asked("bump").len());
    assert_eq!(users_b.get(&1_u64).as_deref(), Some("kept"));
}

#[tokio::test]
async fn what_the_server_refuses_does_not_keep_the_breaker_open() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_b, 1, "Ada").await;
    line.times(usize::MAX, "sweep", "", Fate::Fails(BackendErrorKind::Refused));
    assert_eq!(a.cache().invalidate_pattern("users:2*").await, Invalidated::Queued);
    line.lost();
    line.back(false);
    fleet.pass(Duration::from_secs(2), &[&a, &b]);
    assert!(a.has_told("breaker_closed"));
    assert_eq!(get(&users_a, 1, "wrong").await, "Ada");
    assert_eq!(get(&users_a, 22, "mine").await, "mine", "what it means is not read");
    assert!(users_a.get(&22_u64).is_some());
}
