//! A tier that fails is left alone for a while, and asked by one before it is by all.

use std::time::Duration;

use cache_core::backend::BackendErrorKind;

use crate::gated::Fate;
use crate::world::{Fleet, get};

// P1.
#[tokio::test]
async fn failures_in_a_row_open_the_breaker_and_calls_cost_nothing_then() {
    let fleet = Fleet::new();
    let (a, line) = fleet.gated_with(|tier| tier.breaker(3, Duration::from_secs(10)));
    let users = a.region("users");
    get(&users, 0, "first").await;
    line.cut(true);
    for key in 1..=3 {
        assert_eq!(get(&users, key, "mine").await, "mine", "no call fails");
    }
    assert!(a.has_told("tier_failed") && a.has_told("breaker_opened"));
    line.clear();
    for key in 4..20 {
        assert_eq!(get(&users, key, "mine").await, "mine");
    }
    assert!(line.asked("read").is_empty() && line.asked("lease").is_empty());
}

#[tokio::test]
async fn one_attempt_closes_the_breaker_or_keeps_it_open() {
    let fleet = Fleet::new();
    let (a, line) = fleet.gated_with(|tier| tier.breaker(1, Duration::from_secs(2)));
    let users = a.region("users");
    line.cut(true);
    get(&users, 1, "mine").await;
    line.clear();
    fleet.pass(Duration::from_millis(1_500), &[&a]);
    assert!(line.asked("publish").is_empty(), "it is left alone");
    fleet.pass(Duration::from_millis(1_000), &[&a]);
    assert_eq!(line.asked("publish").len(), 1, "one attempt");
    assert!(!a.has_told("breaker_closed"));
    line.cut(false);
    assert_eq!(get(&users, 2, "mine").await, "mine");
    assert!(line.asked("read").is_empty(), "nobody else tries");
    fleet.pass(Duration::from_millis(2_500), &[&a]);
    assert!(a.has_told("breaker_closed"));
    get(&users, 3, "shared").await;
    assert_eq!(line.asked("commit").len(), 1);
}

// What the server refuses is no reason to leave it alone.
#[tokio::test]
async fn refusals_do_not_open_the_breaker() {
    let fleet = Fleet::new();
    let (a, line) = fleet.gated_with(|tier| tier.breaker(2, Duration::from_secs(2)));
    let users = a.region("users");
    line.times(20, "read", "users", Fate::Fails(BackendErrorKind::Refused));
    for key in 0..20 {
        assert_eq!(get(&users, key, "mine").await, "mine");
    }
    assert!(a.has_told("tier_failed") && !a.has_told("breaker_opened"));
}

// Who reads the log is to see why nothing is asked.
#[tokio::test]
async fn a_server_that_may_have_forgotten_opens_the_breaker_and_that_is_told() {
    let fleet = Fleet::new();
    let (a, line) = fleet.gated();
    let told = |event: &str| a.test.events().iter().filter(|told| told.name() == event).count();
    line.back(true);
    assert_eq!((told("breaker_opened"), told("breaker_closed")), (1, 0));
    fleet.pass(Duration::from_secs(2), &[&a]);
    assert_eq!((told("breaker_opened"), told("breaker_closed")), (1, 1));
    line.lost();
    line.back(true);
    fleet.pass(Duration::from_secs(2), &[&a]);
    assert_eq!((told("breaker_opened"), told("breaker_closed")), (2, 2), "once, however it is lost");
}
