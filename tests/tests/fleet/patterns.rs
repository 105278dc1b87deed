//! Patterns: they reach what is stored, what is being loaded, and what is being read.

use std::sync::atomic::{AtomicU64, Ordering};

use cache_core::{cache_invalidate, cached};
use cache_tests::{Gate, Step};

use crate::gated::Fate;
use crate::world::{Fleet, drive, get, get_through};

// Item 9.
#[tokio::test]
async fn a_pattern_reaches_loads_that_are_under_way_everywhere() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let gate = Gate::closed();
    let mut loads: Vec<_> = (10..20).map(|key| Step::held(get_through(&gate, &users_a, key, "old"))).collect();
    line.messages().hold();
    b.cache().invalidate_pattern("users:1?").await;
    gate.let_through(10);
    assert!(loads.iter_mut().all(|load| load.done() == "old"));
    line.messages().deliver();
    for key in 10..20 {
        assert_eq!(get(&users_b, key, "new").await, "new");
        assert_eq!(get(&users_a, key, "wrong").await, "new");
    }
}

// Item 9: the leases first.
#[tokio::test]
async fn a_pattern_goes_through_the_leases_before_the_values() {
    let fleet = Fleet::new();
    let (a, line) = fleet.gated();
    a.cache().invalidate_pattern("users:*").await;
    assert_eq!(
        line.asked("sweep"),
        [
            "test:l:{users:*} test:l:{*\\}users:*} test:i:{users:*} test:i:{*\\}users:*} test:v:{users:*}@* test:v:{*\\}users:*}@*"
        ]
    );
}

// Item 9.
#[tokio::test]
async fn a_pattern_means_no_more_than_it_says() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b, pages_b) = (a.region("users"), b.region("users"), b.region("pages"));
    for key in [1, 12, 2] {
        get(&users_a, key, "old").await;
    }
    get(&pages_b, 1, "page").await;
    b.cache().invalidate_pattern("users:1*").await;
    assert_eq!((users_a.get(&1_u64), users_a.get(&12_u64)), (None, None));
    assert_eq!(users_a.get(&2_u64).as_deref(), Some("old"));
    assert_eq!(get(&users_b, 2, "wrong").await, "old");
    assert_eq!(get(&users_b, 12, "new").await, "new");
    assert_eq!(pages_b.get(&1_u64).as_deref(), Some("page"));
}

// Item 9: read before the pattern, promoted after it.
#[tokio::test]
async fn a_look_that_a_pattern_overtakes_keeps_nothing() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_a, 1, "old").await;
    let answer = line.next("read", "users:1", Fate::After);
    let mut looks = Step::held(get(&users_b, 1, "wrong"));
    a.cache().invalidate_pattern("users:*").await;
    answer.release();
    looks.done();
    b.settle();
    assert_ne!(get(&users_b, 1, "new").await, "old");
}

static FEES: AtomicU64 = AtomicU64::new(0);

#[cached(ttl = "1m", key = "{id}", name = "fee")]
async fn fee(id: u64) -> u64 {
    FEES.load(Ordering::SeqCst) + id
}

#[cache_invalidate(fee(id), on = "around")]
async fn set_fees(id: u64, meanwhile: impl Future<Output = ()>) {
    meanwhile.await;
    FEES.store(100, Ordering::SeqCst);
    let _ = id;
}

// Item 19: what is loaded after the pattern and before the write is over may be old.
#[tokio::test]
async fn a_pattern_leaves_writers_announced() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let both = [&a, &b];
    let during = async {
        let mark = fleet.tier.peek("test:l:{fee:1}");
        assert!(mark.as_ref().is_some_and(|lease| lease[0] == 0xff), "the mark");
        b.cache().invalidate_pattern("fee:*").await;
        assert_eq!(fleet.tier.peek("test:l:{fee:1}"), mark);
        assert_eq!(b.test.run(fee(1)).await, 1);
        assert!(!fleet.tier.names().iter().any(|name| name.starts_with("test:v:")), "nothing is stored under it");
    };
    drive(&fleet, &both, a.test.run(set_fees(1, during))).await;
    assert_eq!(fleet.tier.peek("test:l:{fee:1}"), None, "the writer has taken it away");
    assert_eq!(drive(&fleet, &both, b.test.run(fee(1))).await, 101);
}
