//! P1: a failure of the cache never fails a call.

use std::time::Duration;

use cache_core::{Invalidated, Region};

use crate::world::{Fleet, drive, get};

#[tokio::test]
async fn a_tier_that_is_down_from_the_start_costs_events_and_no_call() {
    let fleet = Fleet::new();
    fleet.tier.go_down();
    let a = fleet.process().await;
    let users = a.region("users");
    for key in 0..20 {
        assert_eq!(get(&users, key, "loaded").await, "loaded");
    }
    assert_eq!(users.put(&1_u64, "put".to_owned()).await, Invalidated::Queued);
    assert_eq!(users.get(&1_u64).as_deref(), Some("put"));
    assert_eq!(a.cache().invalidate_tag("any").await, Invalidated::Queued);
    let events = a.test.events();
    assert!(events.iter().any(|event| event.name() == "breaker_opened"), "{events:?}");
    assert!(events.iter().any(|event| event.name() == "invalidations_queued"), "{events:?}");
}

#[tokio::test]
async fn what_cannot_be_read_is_loaded_and_told() {
    let fleet = Fleet::new();
    let a = fleet.process().await;
    get(&a.region("users"), 1, "Ada").await;
    let name = fleet.tier.names().into_iter().find(|name| name.starts_with("test:v:")).unwrap();
    let whole = fleet.tier.peek(&name).unwrap();
    let broken: [&[u8]; 5] = [b"", b"foreign", &whole[..whole.len() - 1], &whole[1..], &[&whole[..], b"more"].concat()];
    for bytes in broken {
        fleet.tier.plant(&name, bytes);
        let b = fleet.process().await;
        let users = b.region("users");
        assert_eq!(drive(&fleet, &[&a, &b], get(&users, 1, "loaded")).await, "loaded", "{bytes:?}");
        let told = b.test.events().iter().any(|event| event.name() == "unreadable");
        assert!(told, "{bytes:?}: {:?}", b.test.events());
        let c = fleet.process().await;
        assert_eq!(get(&c.region("users"), 1, "wrong").await, "loaded", "what was loaded has taken its place");
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_not_taken_for_one_of_this() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let old = a.region("users");
    let new: Region<u64, Vec<u64>> = b.cache().region("users").ttl(Duration::from_secs(60)).build().unwrap();
    get(&old, 1, "Ada").await;
    let loaded = drive(&fleet, &[&a, &b], new.get_or_load(&1_u64, || async { Ok::<_, ()>(vec![7]) })).await.unwrap();
    assert_eq!(loaded, [7], "a type that changed between deployments lies under a name of its own");
    assert_eq!(old.get(&1_u64).as_deref(), Some("Ada"));
    new.invalidate(&1_u64).await;
    assert_eq!(old.get(&1_u64), None, "and both are invalidated by either");
    assert_eq!(drive(&fleet, &[&a, &b], get(&old, 1, "Grace")).await, "Grace");
}
