//! Clocks that disagree, lives that are nearly over, and what is left when all of them are.

use std::time::Duration;

use cache_core::test_util::{MockClock, TaskQueue, TestCache};
use cache_core::{Invalidated, SeededRandom, SharedTier};
use cache_tests::Gate;

use crate::world::{Fleet, Process, drive, get, get_tagged, get_through};

const SECOND: Duration = Duration::from_secs(1);

/// A process with a clock of its own.
fn process(fleet: &Fleet, clock: &MockClock, seed: u64) -> Process {
    let tasks = TaskQueue::new();
    let test = TestCache::with(|builder| {
        let tier = SharedTier::new(fleet.tier.clone()).namespace("test");
        builder.clock(clock.clone()).random(SeededRandom::new(seed)).spawn(tasks.clone()).shared_tier(tier)
    });
    let process = Process { test, tasks };
    process.settle();
    process
}

// P9: one is a month ahead, and neither sees anything older or younger than it is.
#[tokio::test]
async fn processes_whose_clocks_are_a_month_apart_agree() {
    let fleet = Fleet::new();
    let (ahead, behind) = (MockClock::new(), MockClock::new());
    ahead.advance(Duration::from_secs(30 * 24 * 3600));
    let (a, b) = (process(&fleet, &ahead, 1), process(&fleet, &behind, 2));
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let pass = |time: Duration| {
        for clock in [&ahead, &behind, &fleet.clock] {
            clock.advance(time);
        }
        a.settle();
        b.settle();
    };
    assert_eq!(get_tagged(&users_a, 1, "org:7", "first").await, "first");
    assert_eq!(get_tagged(&users_b, 1, "org:7", "wrong").await, "first", "not over");
    for (round, (from, to, users, others)) in
        [(&a, &b, &users_a, &users_b), (&b, &a, &users_b, &users_a)].into_iter().enumerate()
    {
        let (one, two) = (format!("one {round}"), format!("two {round}"));
        assert_eq!(from.cache().invalidate_tag("org:7").await, Invalidated::Fleet);
        assert_eq!(get_tagged(others, 1, "org:7", &one).await, one, "not valid for longer");
        assert_eq!(get_tagged(users, 1, "org:7", "wrong").await, one);
        assert_eq!(users.invalidate(&1_u64).await, Invalidated::Fleet);
        assert_eq!(get_tagged(others, 1, "org:7", &two).await, two);
        assert_eq!(get_tagged(users, 1, "org:7", "wrong").await, two);
        to.settle();
    }
    (0..220).for_each(|_| pass(SECOND / 4));
    assert!(users_a.get(&1_u64).is_some() && users_b.get(&1_u64).is_some(), "a minute is not over");
    (0..24).for_each(|_| pass(SECOND / 4));
    assert_eq!((users_a.get(&1_u64), users_b.get(&1_u64)), (None, None), "now it is");
}

// The rest of a life that is shorter than a second is no life without end.
#[tokio::test]
async fn a_value_with_a_moment_left_is_kept_for_that_moment() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_a, 1, "old").await;
    fleet.pass(Duration::from_millis(59_500), &[&a, &b]);
    fleet.pass(Duration::from_millis(200), &[&a, &b]);
    assert_eq!(get(&users_b, 1, "wrong").await, "old", "three tenths of a second are left");
    fleet.pass(Duration::from_millis(200), &[&a, &b]);
    assert_eq!(users_b.get(&1_u64).as_deref(), Some("old"));
    fleet.pass(Duration::from_millis(150), &[&a, &b]);
    assert_eq!(users_b.get(&1_u64), None);
    assert_eq!(get(&users_b, 1, "new").await, "new");
}

// The shortest life there is ends in the tier as well.
#[tokio::test]
async fn the_shortest_ttl_ends_in_the_tier_too() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let short = |process: &Process| {
        let builder = process.cache().region::<u64, String>("short").ttl(Duration::from_millis(10)).jitter(0);
        builder.build().unwrap()
    };
    let (short_a, short_b) = (short(&a), short(&b));
    get(&short_a, 1, "old").await;
    fleet.clock.advance(Duration::from_millis(11));
    assert!(!fleet.tier.names().iter().any(|name| name.starts_with("test:v:")), "{:?}", fleet.tier.names());
    assert_eq!(get(&short_b, 1, "new").await, "new");
}

// What is taken from the tier is as old as it is: neither its ttl nor its windows begin anew.
#[tokio::test]
async fn a_stale_window_does_not_begin_anew_in_another_process() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let users = |process: &Process| {
        let builder = process.cache().region::<u64, String>("users").ttl(SECOND * 10).jitter(0);
        builder.stale_while_revalidate(SECOND * 10).build().unwrap()
    };
    let (users_a, users_b) = (users(&a), users(&b));
    get(&users_a, 1, "old").await;
    fleet.pass(SECOND * 9, &[&a, &b]);
    assert_eq!(get(&users_b, 1, "wrong").await, "old");
    assert_eq!(users_b.stats().shared_hits, 1);
    fleet.pass(SECOND * 2, &[&a, &b]);
    assert_eq!(users_b.get(&1_u64), None, "it is stale now, for one that does not load");
    fleet.pass(SECOND * 10, &[&a, &b]);
    assert_eq!(get(&users_b, 1, "new").await, "new", "and over now: it is not served while a new one is loaded");
}

// A load that takes longer than its lease, and than everything that could remember the invalidation, has no right left.
#[tokio::test]
async fn a_load_that_outlives_every_trace_of_an_invalidation_stores_nothing() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let gate = Gate::closed();
    let mut load = cache_tests::Step::held(get_through(&gate, &users_a, 1, "old"));
    users_b.invalidate(&1_u64).await;
    for _ in 0..120 {
        fleet.pass(SECOND * 5, &[&a, &b]);
        let _ = load.poll();
    }
    gate.let_through(2);
    drop(load.poll());
    a.settle();
    assert!(!fleet.tier.names().iter().any(|name| name.contains("v:{users:1}")), "absence is no permission");
    assert_eq!(get(&users_b, 1, "new").await, "new");
    assert_eq!(drive(&fleet, &[&a, &b], get(&users_a, 1, "wrong")).await, "new");
}

// What is written beside values does not grow for ever: everything in the tier ends.
#[tokio::test]
async fn nothing_in_the_tier_lives_for_ever() {
    let fleet = Fleet::new();
    {
        let (a, b) = (fleet.process().await, fleet.process().await);
        let (users, pages, tagged) = (a.region("users"), a.region("pages"), b.tagged("late"));
        for key in 0..20 {
            let load = || async { Ok::<_, ()>(get_tagged(&users, key, &format!("org:{key}"), "Ada").await) };
            pages.get_or_load(&key, load).await.unwrap();
            drive(&fleet, &[&a, &b], get(&tagged, key, &format!("t{key} Ada"))).await;
        }
        a.cache().invalidate_tag("org:1").await;
        a.cache().invalidate_tag("nobody's").await;
        users.invalidate(&2_u64).await;
        users.put(&3_u64, "put".to_owned()).await;
        users.invalidate_all().await;
        a.cache().invalidate_pattern("pages:*").await;
        a.cache().invalidate_all().await;
        assert!(fleet.tier.names().len() > 20);
    }
    fleet.clock.advance(Duration::from_secs(61 * 24 * 3600));
    assert_eq!(fleet.tier.names(), Vec::<String>::new());
}
