//! What a process says of its tier.

use std::time::Duration;

use cache_core::{Cache, Invalidated};

use crate::world::{Fleet, get};

#[tokio::test]
async fn the_status_follows_the_tier() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let status = || a.cache().tier_status().unwrap();
    let users = a.region("users");
    get(&users, 1, "old").await;
    assert!(status().is_available && status().is_linked);
    assert_eq!((status().queued, status().staleness_bound), (0, Duration::from_secs(8)));

    fleet.tier.go_down();
    assert_eq!(users.invalidate(&1_u64).await, Invalidated::Queued);
    fleet.pass(Duration::from_secs(4), &[&a, &b]);
    assert!(!status().is_available && !status().is_linked);
    assert_eq!(status().queued, 1);

    fleet.tier.come_back(false);
    fleet.pass(Duration::from_secs(2), &[&a, &b]);
    assert!(status().is_available && status().is_linked);
    assert_eq!(status().queued, 0);
}

#[tokio::test]
async fn the_bound_is_made_of_the_settings() {
    let fleet = Fleet::new();
    let quick =
        fleet.process_with(|tier| tier.beat(Duration::from_millis(200)).coherence_window(Duration::from_secs(1))).await;
    assert_eq!(quick.cache().tier_status().unwrap().staleness_bound, Duration::from_millis(1_600));
    assert_eq!(Cache::new().tier_status(), None, "a cache of this process alone");
}
