//! More at once than anybody has in mind.

use std::time::Duration;

use cache_core::Invalidated;

use crate::world::{Fleet, get, get_tagged};

// P4: however many are named in one call, all of them are dropped everywhere: by themselves, or as their regions.
#[tokio::test]
async fn a_hundred_thousand_keys_in_one_call_are_all_dropped() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let keys: Vec<u64> = (0..100_050).collect();
    let some = [0, 50_000, 100_049];
    for key in some {
        get(&users_b, key, "old").await;
    }
    assert_eq!(users_a.invalidate_many(&keys).await, Invalidated::Fleet);
    for key in some {
        assert_eq!(users_b.get(&key), None, "{key}: before any time passes");
    }
    fleet.pass(Duration::from_secs(2), &[&a, &b]);
    assert!(!b.has_told("foreign_message"), "a message of ours is understood");
    for key in some {
        assert_eq!(get(&users_b, key, "new").await, "new");
    }
}

#[tokio::test]
async fn ten_thousand_tags_in_one_call_are_all_dropped() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let users_b = b.region("users");
    get_tagged(&users_b, 1, "org:9999", "old").await;
    let tags = (0..10_000).map(|number| format!("org:{number}"));
    assert_eq!(a.cache().invalidate_tags(tags).await, Invalidated::Fleet);
    assert_eq!(users_b.get(&1_u64), None);
}
