//! `consistency = "strong"`: every call asks the tier.

use std::cell::Cell;
use std::time::Duration;

use cache_core::{Consistency, Region};

use crate::world::{Fleet, Process, drive, get, get_tagged};

fn strong(process: &Process) -> Region<u64, String> {
    let builder = process.cache().region("users").ttl(Duration::from_secs(60));
    builder.consistency(Consistency::Strong).build().unwrap()
}

#[tokio::test]
async fn what_was_invalidated_elsewhere_is_not_served_though_no_message_has_come() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (strong(&a), strong(&b));
    get(&users_a, 1, "old").await;
    assert_eq!(get(&users_b, 1, "wrong").await, "old");
    fleet.tier.hold_messages();
    users_a.invalidate(&1_u64).await;
    assert_eq!(get(&users_b, 1, "new").await, "new");
    a.cache().invalidate_region("users").await;
    assert_eq!(get(&users_b, 1, "newer").await, "newer", "its own memory of versions is not believed");
    assert_eq!(users_b.len(), 0);
}

#[tokio::test]
async fn a_load_that_began_before_the_call_is_not_its_answer() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (strong(&a), strong(&b));
    fleet.tier.hold_messages();
    let joined = Cell::new(false);
    let slow = users_b.get_or_load(&1_u64, || async {
        // Read before the update; the update is over before the second call begins.
        let old = "old".to_owned();
        users_a.invalidate(&1_u64).await;
        while !joined.get() {
            tokio::task::yield_now().await;
        }
        Ok::<_, ()>(old)
    });
    let late = async {
        tokio::task::yield_now().await;
        let late = users_b.get_or_load(&1_u64, || async { Ok::<_, ()>("new".to_owned()) });
        joined.set(true);
        late.await
    };
    let (slow, late) = drive(&fleet, &[&a, &b], async { tokio::join!(slow, late) }).await;
    assert_eq!((slow.unwrap(), late.unwrap()), ("old".to_owned(), "new".to_owned()));
}

// Item 20: a tag's version is as little remembered as a region's.
#[tokio::test]
async fn a_tag_that_was_invalidated_elsewhere_is_asked_about() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let users_b = strong(&b);
    for _ in 0..2 {
        assert_eq!(get_tagged(&users_b, 1, "org:7", "old").await, "old");
    }
    fleet.tier.hold_messages();
    a.cache().invalidate_tag("org:7").await;
    assert_eq!(get_tagged(&users_b, 1, "org:7", "new").await, "new");
    a.cache().invalidate_all().await;
    assert_eq!(get_tagged(&users_b, 1, "org:7", "newer").await, "newer");
}

// Items 20 and 21: what only a replica still has is no answer, be it invalidated or replaced.
#[tokio::test]
async fn a_replica_that_lags_does_not_answer_for_the_primary() {
    for put in [false, true] {
        let fleet = Fleet::new();
        let (a, (b, line)) = (fleet.process().await, fleet.gated_with(|tier| tier.replica_reads(true)));
        let (users_a, users_b) = (strong(&a), strong(&b));
        assert_eq!(get(&users_b, 1, "old").await, "old");
        assert_eq!(get(&users_b, 1, "wrong").await, "old");
        line.replica_stands_still();
        fleet.tier.hold_messages();
        if put {
            users_a.put(&1_u64, "new".to_owned()).await;
        } else {
            users_a.invalidate(&1_u64).await;
        }
        assert_eq!(get(&users_b, 1, "new").await, "new", "put: {put}");
    }
}

#[tokio::test]
async fn strong_and_stale_contradict_each_other() {
    let fleet = Fleet::new();
    let a = fleet.process().await;
    let builder = a.cache().region::<u64, String>("users").ttl(Duration::from_secs(60));
    let builder = builder.consistency(Consistency::Strong).stale_if_error(Duration::from_secs(60));
    let error = builder.build().unwrap_err();
    assert!(error.to_string().contains("stale_if_error"), "{error}");
}
