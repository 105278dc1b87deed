//! Loads that need each other, themselves, or drop what they load.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use cache_core::{Clock, Invalidated, Region};
use cache_tests::{Gate, Step};

use crate::world::{Fleet, Process, drive, get};

// Two processes hold a lease each, and each load needs the other's key.
#[tokio::test]
async fn two_processes_whose_loads_need_each_other_both_get_on() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let gate = Gate::closed();
    let outer = async |users: &Region<u64, String>, key: u64, needs: u64| {
        let load = || async {
            gate.pass().await;
            Ok::<_, ()>(format!("{key} on {}", get(users, needs, "inner").await))
        };
        users.get_or_load(&key, load).await.unwrap()
    };
    let (mut one, mut two) = (Step::held(outer(&users_a, 1, 2)), Step::held(outer(&users_b, 2, 1)));
    assert_eq!(gate.loads(), 2, "each has its lease");
    gate.let_through(2);
    let before = fleet.clock.now();
    let both = async {
        poll_fn(|_| one.poll().map_or(Poll::Pending, Poll::Ready)).await;
        poll_fn(|_| two.poll().map_or(Poll::Pending, Poll::Ready)).await;
    };
    drive(&fleet, &[&a, &b], both).await;
    let waited = fleet.clock.now().saturating_since(before);
    assert!(waited <= Duration::from_secs(25), "one wait for a lease each, and no more: {waited:?}");
}

// A load that asks for its own key: the lease that it would wait for is its own.
#[tokio::test]
async fn a_load_that_needs_itself_does_not_wait_for_its_own_lease() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let load = || async { Ok::<_, ()>(format!("outer of {}", get(&users_a, 1, "inner").await)) };
    let before = fleet.clock.now();
    let found = drive(&fleet, &[&a, &b], users_a.get_or_load(&1_u64, load)).await;
    let waited = fleet.clock.now().saturating_since(before);
    assert_eq!(waited, Duration::ZERO);
    assert_eq!(found.unwrap(), "outer of inner");
    assert!(a.has_told("reentrant"));
    let found = drive(&fleet, &[&a, &b], get(&users_b, 1, "mine")).await;
    assert!(["mine", "outer of inner"].contains(&&*found), "{found}");
    users_b.invalidate(&1_u64).await;
    assert_eq!(get(&users_a, 1, "new").await, "new", "and it can be invalidated");
}

/// Drops the key 1 of `users`.
async fn drop_one(process: &Process, users: &Region<u64, String>, what: &str) -> Invalidated {
    match what {
        "key" => users.invalidate(&1_u64).await,
        "region" => process.cache().invalidate_region("users").await,
        "pattern" => process.cache().invalidate_pattern("users:1").await,
        _ => process.cache().invalidate_all().await,
    }
}

// A load that invalidates what it loads: it has an answer, and nobody keeps it.
#[tokio::test]
async fn a_load_that_invalidates_its_own_key_is_stored_nowhere() {
    for what in ["key", "region", "pattern", "everything"] {
        let fleet = Fleet::new();
        let (a, b) = (fleet.process().await, fleet.process().await);
        let (users_a, users_b) = (a.region("users"), b.region("users"));
        let load = || async {
            let read = "old".to_owned();
            assert_eq!(drop_one(&a, &users_a, what).await, Invalidated::Fleet, "{what}");
            Ok::<_, ()>(read)
        };
        let found = drive(&fleet, &[&a, &b], users_a.get_or_load(&1_u64, load)).await;
        assert_eq!(found.unwrap(), "old", "{what}");
        a.settle();
        assert_eq!(users_a.get(&1_u64), None, "{what}");
        assert_eq!(get(&users_b, 1, "new").await, "new", "{what}");
        assert_eq!(get(&users_a, 1, "wrong").await, "new", "{what}");
    }
}
