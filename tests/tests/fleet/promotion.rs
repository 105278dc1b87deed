//! What is kept in the process of what was found in the tier.

use std::time::Duration;

use crate::world::{Fleet, get};

#[tokio::test]
async fn a_value_is_kept_after_as_many_hits_as_were_asked_for() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process_with(|tier| tier.promote_after(2)).await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_a, 1, "Ada").await;
    let kept: Vec<bool> = {
        let mut kept = Vec::new();
        for _ in 0..4 {
            assert_eq!(get(&users_b, 1, "wrong").await, "Ada");
            kept.push(users_b.peek(&1_u64).is_some());
        }
        kept
    };
    assert_eq!(kept, [false, false, true, true]);
    assert_eq!((users_b.stats().shared_hits, users_b.stats().loads), (3, 0));
}

#[tokio::test]
async fn with_tier_l2_nothing_is_kept() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let users = |process: &crate::world::Process| {
        let builder = process.cache().region::<u64, String>("users").ttl(Duration::from_secs(60));
        builder.capacity(0).build().unwrap()
    };
    let (users_a, users_b) = (users(&a), users(&b));
    get(&users_a, 1, "Ada").await;
    for _ in 0..3 {
        assert_eq!(get(&users_b, 1, "wrong").await, "Ada");
    }
    assert_eq!((users_a.len(), users_b.len(), users_b.stats().shared_hits), (0, 0, 3));
}

// What lies in the tier for longer than it is fresh is not fresh for longer, where nothing in the process could tell.
#[tokio::test]
async fn with_tier_l2_what_is_stale_is_loaded_anew() {
    // A process without such windows does not ask how old a value is, and takes none that has one.
    for (windows, in_time) in [(true, "Ada"), (false, "new")] {
        let fleet = Fleet::new();
        let (a, b) = (fleet.process().await, fleet.process().await);
        let users = |process: &crate::world::Process, windows: bool| {
            let builder = process.cache().region::<u64, String>("users").ttl(Duration::from_secs(10)).capacity(0);
            let builder = if windows { builder.stale_while_revalidate(Duration::from_secs(600)) } else { builder };
            builder.build().unwrap()
        };
        let (users_a, users_b) = (users(&a, true), users(&b, windows));
        get(&users_a, 1, "Ada").await;
        fleet.pass(Duration::from_secs(9), &[&a, &b]);
        assert_eq!(get(&users_b, 1, "new").await, in_time);
        fleet.pass(Duration::from_secs(60), &[&a, &b]);
        assert_eq!(get(&users_b, 1, "newer").await, "newer");
    }
}
