//! A server that has forgotten what it acknowledged, and one that is back as it was.

use std::time::Duration;

use cache_core::{Invalidated, OnFailover};
use cache_tests::Step;

use crate::gated::Fate;
use crate::world::{Fleet, get, get_tagged};

const TAG: &str = "test:t:{org:7}";

// Item 14.
#[tokio::test]
async fn what_a_failover_brings_back_is_invalidated_again_before_anything_is_read() {
    let fleet = Fleet::new();
    let ((a, line), (b, line_b)) = (fleet.gated(), fleet.gated());
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    for key in [1, 2] {
        get_tagged(&users_a, key, "org:7", "old").await;
    }
    let restore = fleet.tier.snapshot();
    users_a.invalidate(&1_u64).await;
    a.cache().invalidate_tag("org:7").await;
    restore();
    line.back(true);
    assert_eq!(get_tagged(&users_a, 1, "org:7", "mine").await, "mine", "nothing is read before the tier was told");
    line_b.back(true);
    fleet.pass(Duration::from_secs(2), &[&a, &b]);
    for key in [1, 2] {
        assert_eq!(get_tagged(&users_b, key, "org:7", "new").await, "new");
    }
}

// Item 14: what was queued meanwhile goes before the breaker closes.
#[tokio::test]
async fn the_breaker_closes_only_after_everything_was_sent() {
    let fleet = Fleet::new();
    let (a, line) = fleet.gated();
    let users = a.region("users");
    get(&users, 1, "old").await;
    line.lost();
    assert_eq!(users.invalidate(&1_u64).await, Invalidated::Queued);
    let held = line.next("drop_keys", "users:1", Fate::Before);
    line.back(false);
    fleet.pass(Duration::from_millis(500), &[&a]);
    assert_eq!(held.reached(), 1);
    line.clear();
    assert_eq!(get(&users, 1, "mine").await, "mine");
    assert!(line.asked("read").is_empty() && !a.has_told("breaker_closed"));
    held.release();
    fleet.pass(Duration::from_millis(500), &[&a]);
    assert!(a.has_told("breaker_closed"));
}

// Item 15.
#[tokio::test]
async fn a_version_is_never_sent_twice() {
    let fleet = Fleet::new();
    let ((a, line), c) = (fleet.gated(), fleet.process().await);
    let users_c = c.region("users");
    a.cache().invalidate_tag("org:7").await;
    let recorded = fleet.tier.peek(TAG).unwrap();
    get_tagged(&users_c, 1, "org:7", "old").await;
    c.cache().invalidate_tag("org:7").await;
    line.back(true);
    fleet.pass(Duration::from_secs(2), &[&a, &c]);
    assert_ne!(fleet.tier.peek(TAG).unwrap(), recorded);
    assert_eq!(get_tagged(&users_c, 1, "org:7", "new").await, "new");
}

// Item 15.
#[tokio::test]
async fn what_the_server_still_knows_is_not_sent_again() {
    let fleet = Fleet::new();
    let (a, line) = fleet.gated();
    a.cache().invalidate_tag("org:7").await;
    let version = fleet.tier.peek(TAG).unwrap();
    line.clear();
    line.back(true);
    fleet.pass(Duration::from_secs(2), &[&a]);
    assert!(a.has_told("breaker_closed"));
    assert!(line.asked("bump").is_empty());
    assert_eq!(fleet.tier.peek(TAG).unwrap(), version);
}

// Item 15.
#[tokio::test]
async fn a_connection_that_is_back_to_the_same_server_sends_nothing_again() {
    let fleet = Fleet::new();
    let (a, line) = fleet.gated();
    let users = a.region("users");
    users.invalidate(&1_u64).await;
    a.cache().invalidate_all().await;
    line.clear();
    line.lost();
    line.back(false);
    fleet.pass(Duration::from_secs(2), &[&a]);
    assert!(a.has_told("breaker_closed"));
    assert!(line.asked("bump").is_empty() && line.asked("drop_keys").is_empty());
}

// Item 14: two failovers within a minute; the first one has lost nothing.
#[tokio::test]
async fn a_second_failover_is_told_what_the_first_still_knew() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let users_b = b.region("users");
    get_tagged(&users_b, 1, "org:7", "old").await;
    let restore = fleet.tier.snapshot();
    a.cache().invalidate_tag("org:7").await;
    line.back(true);
    fleet.pass(Duration::from_secs(2), &[&a, &b]);
    restore();
    line.back(true);
    fleet.pass(Duration::from_secs(2), &[&a, &b]);
    assert_eq!(get_tagged(&users_b, 1, "org:7", "new").await, "new");
}

// Item 14: the second failover comes while the first is being dealt with.
#[tokio::test]
async fn a_failover_during_the_recovery_from_one_is_dealt_with_too() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get_tagged(&users_b, 1, "org:7", "old").await;
    let restore = fleet.tier.snapshot();
    a.cache().invalidate_tag("org:7").await;
    line.lost();
    assert_eq!(users_a.invalidate(&2_u64).await, Invalidated::Queued);
    let held = line.next("drop_keys", "users:2", Fate::After);
    line.back(false);
    fleet.pass(Duration::from_millis(500), &[&a]);
    assert_eq!(held.reached(), 1);
    restore();
    line.back(true);
    held.release();
    fleet.pass(Duration::from_secs(2), &[&a, &b]);
    assert!(a.has_told("breaker_closed"));
    assert_eq!(get_tagged(&users_b, 1, "org:7", "new").await, "new");
}

// Item 14: more was sent in the last minute than is remembered one by one.
#[tokio::test]
async fn a_failover_is_told_of_more_than_can_be_remembered() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_b, 1, "old").await;
    let restore = fleet.tier.snapshot();
    users_a.invalidate(&1_u64).await;
    let others: Vec<u64> = (2..10_100).collect();
    assert_eq!(users_a.invalidate_many(&others[..5_000]).await, Invalidated::Fleet);
    assert_eq!(users_a.invalidate_many(&others[5_000..]).await, Invalidated::Fleet);
    restore();
    line.back(true);
    fleet.pass(Duration::from_secs(2), &[&a, &b]);
    assert_eq!(get(&users_b, 1, "new").await, "new");
}

#[tokio::test]
async fn a_failover_that_flushes_leaves_nothing_of_before() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated_with(|tier| tier.on_failover(OnFailover::Flush)), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_b, 1, "old").await;
    line.back(true);
    fleet.pass(Duration::from_secs(2), &[&a, &b]);
    assert_eq!(users_b.get(&1_u64), None, "of a process that died with the old server nobody knows what it sent");
    assert_eq!(get(&users_b, 1, "new").await, "new");
    assert_eq!(get(&users_a, 1, "wrong").await, "new");
}

// Item 14: a load that runs through a failover.
#[tokio::test]
async fn a_load_that_runs_through_a_failover_stores_nothing_under_what_came_back() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let sent = line.next("commit", "users:1", Fate::Before);
    let mut load = Step::held(get_tagged(&users_a, 1, "org:7", "old"));
    let restore = fleet.tier.snapshot();
    b.cache().invalidate_tag("org:7").await;
    users_b.invalidate(&1_u64).await;
    line.back(true);
    restore();
    b.cache().invalidate_tag("org:7").await;
    sent.release();
    assert_eq!(load.done(), "old");
    fleet.pass(Duration::from_secs(2), &[&a, &b]);
    assert_eq!(get_tagged(&users_b, 1, "org:7", "new").await, "new");
}

// Item 14: the runtime of whoever deals with a failover goes away.
#[tokio::test]
async fn a_recovery_that_is_not_finished_is_begun_anew() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get_tagged(&users_b, 1, "org:7", "old").await;
    let restore = fleet.tier.snapshot();
    a.cache().invalidate_tag("org:7").await;
    restore();
    let asked = line.next("read", TAG, Fate::Before);
    line.back(true);
    fleet.pass(Duration::from_millis(500), &[&a]);
    assert_eq!(asked.reached(), 1);
    a.tasks.drop_all();
    assert_eq!(get(&users_a, 2, "mine").await, "mine", "there is a runtime again");
    fleet.pass(Duration::from_secs(3), &[&a, &b]);
    assert!(a.has_told("breaker_closed"));
    assert_eq!(get_tagged(&users_b, 1, "org:7", "new").await, "new");
}

// Item 15: a key that was put since it was invalidated. The server knows the put and may have forgotten the invalidation:
// saying it again costs a load, and what was put is never older than what is found.
#[tokio::test]
async fn what_was_put_since_is_loaded_again_and_not_lost() {
    let fleet = Fleet::new();
    let ((a, line), c) = (fleet.gated(), fleet.process().await);
    let (users_a, users_c) = (a.region("users"), c.region("users"));
    get(&users_a, 1, "old").await;
    users_a.invalidate(&1_u64).await;
    assert_eq!(users_c.put(&1_u64, "put".to_owned()).await, Invalidated::Fleet);
    line.back(true);
    fleet.pass(Duration::from_secs(2), &[&a, &c]);
    assert_eq!(get(&users_a, 1, "loaded").await, "loaded", "the source has what was put, or something newer");
    assert_eq!(get(&users_c, 1, "wrong").await, "loaded", "in all processes");
}
