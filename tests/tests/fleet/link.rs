//! Whether messages reach a process, how it finds out, and what it serves while they do not.

use std::time::Duration;

use cache_core::SharedTier;

use crate::gated::{Fate, Gated};
use crate::world::{Fleet, get};

const SECOND: Duration = Duration::from_secs(1);

// Item 13: connected, as far as anybody says, and nothing arrives.
#[tokio::test]
async fn a_subscription_that_brings_nothing_is_noticed_within_the_bound() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_b, 1, "old").await;
    fleet.pass(SECOND * 4, &[&a, &b]);
    line.messages().hold();
    users_a.invalidate(&1_u64).await;
    assert_eq!(users_b.get(&1_u64).as_deref(), Some("old"), "nobody could know");
    // Three beats, and the window.
    fleet.pass(SECOND * 9, &[&a, &b]);
    assert_eq!(users_b.get(&1_u64), None);
    assert_eq!(get(&users_b, 1, "new").await, "new");
    line.messages().lose();
    fleet.pass(SECOND * 3, &[&a, &b]);
    assert!(b.test.events().iter().filter(|event| event.name() == "link_proven").count() >= 2);
}

// Item 13: the commands' path is cut, the subscription is not.
#[tokio::test]
async fn a_beat_goes_the_way_that_commands_go() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_b, 1, "old").await;
    line.times(usize::MAX, "publish", "", Fate::Fails(cache_core::backend::BackendErrorKind::Refused));
    fleet.pass(SECOND * 9, &[&a, &b]);
    assert_eq!(users_b.get(&1_u64), None, "not proven: kept for the window only");
    assert_eq!(get(&users_b, 1, "wrong").await, "old", "and verified again");
    drop(users_a);
}

// P4: a gap that ends.
#[tokio::test]
async fn what_is_from_before_a_gap_is_not_served_after_it() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_b, 1, "old").await;
    line.messages().disconnect();
    users_a.invalidate(&1_u64).await;
    line.messages().reconnect();
    fleet.pass(SECOND, &[&a, &b]);
    assert_eq!(users_b.get(&1_u64), None);
}

// F10: published after the subscription was confirmed, and before the beat was back.
#[tokio::test]
async fn what_is_loaded_between_a_connection_and_its_proof_is_not_kept_beyond_it() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    line.messages().disconnect();
    get(&users_b, 1, "old").await;
    users_a.invalidate(&1_u64).await;
    let beat = line.next("publish", "", Fate::Before);
    line.messages().reconnect();
    b.settle();
    fleet.pass(SECOND, &[&b]);
    assert_eq!(beat.reached(), 1);
    beat.release();
    fleet.pass(SECOND, &[&b]);
    assert_eq!(users_b.get(&1_u64), None, "everything is touched when it is proven");
}

// S3: a tier without a backplane.
#[tokio::test]
async fn without_a_backplane_nothing_is_kept_for_longer_than_the_window() {
    let fleet = Fleet::new();
    let a = fleet.process().await;
    let b = fleet.begin(SharedTier::without_backplane(Gated::new(fleet.tier.clone())).namespace("test"));
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_b, 1, "old").await;
    users_a.invalidate(&1_u64).await;
    assert_eq!(users_b.get(&1_u64).as_deref(), Some("old"));
    fleet.pass(Duration::from_millis(5_500), &[&a, &b]);
    assert_eq!(users_b.get(&1_u64), None);
    assert_eq!(get(&users_b, 1, "new").await, "new");
}

// Item 23.
#[tokio::test]
async fn a_flush_empties_the_processes_too() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_a, 1, "old").await;
    get(&users_b, 1, "wrong").await;
    fleet.pass(SECOND * 2, &[&a, &b]);
    fleet.tier.flush();
    fleet.pass(SECOND * 2, &[&a, &b]);
    assert_eq!((users_a.get(&1_u64), users_b.get(&1_u64)), (None, None));
    assert_eq!(get(&users_b, 1, "new").await, "new");
    assert_eq!(get(&users_a, 1, "wrong").await, "new", "and they share again");
}

// P1: what is said on the channel by others.
#[tokio::test]
async fn messages_that_are_none_are_told_and_change_nothing() {
    let fleet = Fleet::new();
    let (b, line) = fleet.gated();
    let users = b.region("users");
    get(&users, 1, "Ada").await;
    for message in [&b""[..], b"hello", &[0xff; 64], &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 255, 255, 255, 255, 1]] {
        line.messages().forge(message);
    }
    assert_eq!(users.get(&1_u64).as_deref(), Some("Ada"));
    assert!(b.has_told("foreign_message"));
}

// Names that another program has written.
#[tokio::test]
async fn what_another_program_writes_is_dropped_here() {
    let fleet = Fleet::new();
    let (b, line) = fleet.gated();
    let users = b.region("users");
    for name in [Some("test:v:{users:1}@00"), Some("test:t:{@r:users}"), Some("test:t:{@all}"), None] {
        get(&users, 1, "Ada").await;
        assert!(users.get(&1_u64).is_some());
        line.messages().written(name);
        assert_eq!(users.get(&1_u64), None, "{name:?}");
    }
}
