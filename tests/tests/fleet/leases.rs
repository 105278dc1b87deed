//! The right to load a key for the whole fleet: who has it, who loses it, and what becomes of what they have loaded.

use std::time::Duration;

use cache_core::backend::{Backend, BackendErrorKind, Commit, DropKey, Lease};
use cache_tests::{Gate, Step};

use crate::gated::Fate;
use crate::world::{Fleet, drive, get, get_through};

const MINUTE: Duration = Duration::from_secs(60);

// Item 1.
#[tokio::test]
async fn a_rejected_loader_cannot_have_its_value_committed_by_another() {
    let fleet = Fleet::new();
    let ((a, line_a), (c, line_c)) = (fleet.gated(), fleet.gated());
    let (users_a, users_c) = (a.region("users"), c.region("users"));
    let sent_a = line_a.next("commit", "users:1", Fate::Before);
    let mut load_a = Step::held(get(&users_a, 1, "old"));
    users_c.invalidate(&1_u64).await;
    let sent_c = line_c.next("commit", "users:1", Fate::Before);
    let mut load_c = Step::held(get(&users_c, 1, "new"));
    sent_a.release();
    assert_eq!(load_a.done(), "old", "its caller came before");
    sent_c.release();
    assert_eq!(load_c.done(), "new");
    assert_eq!(get(&users_a, 1, "wrong").await, "new", "what was loaded before is stored nowhere");
    let staging = |line: &crate::gated::Gated| line.asked("commit")[0].split(' ').nth(1).unwrap().to_owned();
    assert_ne!(staging(&line_a), staging(&line_c), "nobody shares the place of a value on its way");
}

// Item 1, on the contract itself.
#[tokio::test]
async fn a_token_commits_its_own_value_only() {
    let tier = Fleet::new().tier;
    let lease = |token| Lease { lease: "l", token, ttl: MINUTE, value: "v", captures: &[] };
    let commit = |token, staging, bytes| {
        tier.commit(Commit {
            lease: "l",
            token,
            staging,
            value: "v",
            bytes,
            ttl: MINUTE,
            identity: None,
            publish: None,
        })
    };
    assert_eq!(tier.lease(lease(b"a")).await.unwrap().holder, None);
    let keys = [DropKey { values: vec!["v".to_owned()], identity: "i".to_owned(), lease: "l".to_owned() }];
    let drop = cache_core::backend::Drop { keys: &keys, schemas: None, publish: None, confirm: None };
    tier.drop_keys(drop).await.unwrap();
    assert_eq!(tier.lease(lease(b"c")).await.unwrap().holder, None);
    assert!(!commit(b"a", "s:a", b"old").await.unwrap());
    assert!(commit(b"c", "s:c", b"new").await.unwrap());
    assert_eq!(tier.peek("v").as_deref(), Some(&b"new"[..]));
    assert!(!commit(b"c", "s:c", b"again").await.unwrap(), "the lease is free");
}

// Item 11.
#[tokio::test]
async fn a_holder_that_hangs_loses_its_lease_to_who_has_waited_long_enough() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let gate = Gate::closed();
    let mut hangs = Step::held(get_through(&gate, &users_a, 1, "late"));
    let before = fleet.tier.requests();
    let mut waits = Step::held(get(&users_b, 1, "taken over"));
    for _ in 0..9 {
        fleet.pass(Duration::from_secs(1), &[&a, &b]);
        assert!(hangs.poll().is_none(), "it extends its lease");
        assert!(waits.poll().is_none(), "it waits");
    }
    assert!(fleet.tier.requests() - before < 9 * 20, "it does not ask all the time");
    fleet.pass(Duration::from_secs(2), &[&a, &b]);
    assert!(hangs.poll().is_none());
    assert_eq!(waits.done(), "taken over");
    assert!(b.has_told("lease_stolen"));
    gate.let_through(1);
    assert_eq!(hangs.done(), "late", "its own caller gets it");
    assert_eq!(get(&users_a, 1, "wrong").await, "taken over", "and nobody else");
}

// Item 11.
#[tokio::test]
async fn a_load_that_hangs_extends_its_lease_for_a_while_only() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process_with(|tier| tier.lease_wait(MINUTE * 10)).await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let gate = Gate::closed();
    let mut hangs = Step::held(get_through(&gate, &users_a, 1, "never"));
    let mut seconds = 0;
    while fleet.tier.peek("test:l:{users:1}").is_some() {
        fleet.pass(Duration::from_secs(1), &[&a, &b]);
        assert!(hangs.poll().is_none());
        seconds += 1;
        assert!(seconds < 60, "the lease is extended for ever");
    }
    assert!((30..=35).contains(&seconds), "{seconds}");
    assert_eq!(get(&users_b, 1, "mine").await, "mine");
}

// Item 11: killed while it loads.
#[tokio::test]
async fn a_process_that_dies_while_it_loads_keeps_the_others_waiting_for_its_lease_only() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let gate = Gate::closed();
    let load = Step::held(get_through(&gate, &users_a, 1, "never"));
    line.cut(true);
    drop(load);
    a.settle();
    let began = fleet.clock.clone();
    let before = cache_core::Clock::now(&began);
    assert_eq!(drive(&fleet, &[&b], get(&users_b, 1, "mine")).await, "mine");
    let waited = cache_core::Clock::now(&began).saturating_since(before);
    assert!(waited <= Duration::from_millis(3_200), "{waited:?}");
    assert_eq!(get(&users_b, 1, "wrong").await, "mine");
}

#[tokio::test]
async fn a_load_that_is_cancelled_gives_its_lease_back() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let gate = Gate::closed();
    drop(Step::held(get_through(&gate, &users_a, 1, "never")));
    a.settle();
    assert_eq!(fleet.tier.peek("test:l:{users:1}"), None);
    assert_eq!(get(&users_b, 1, "at once").await, "at once");
    assert_eq!(get(&users_a, 1, "wrong").await, "at once");
}

// Item 12.
#[tokio::test]
async fn a_load_without_a_lease_stores_nothing_for_others_and_little_for_itself() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_a, 0, "first").await;
    line.next("lease", "users:1", Fate::Fails(BackendErrorKind::Refused));
    line.clear();
    assert_eq!(get(&users_a, 1, "mine").await, "mine");
    assert!(line.asked("commit").is_empty() && line.asked("take").is_empty());
    assert_eq!(users_a.get(&1_u64).as_deref(), Some("mine"));
    assert_eq!(get(&users_b, 1, "new").await, "new");
    fleet.pass(Duration::from_secs(6), &[&a, &b]);
    assert_eq!(get(&users_a, 1, "wrong").await, "new", "its own is kept for the window");
}

// Item 12.
#[tokio::test]
async fn a_commit_whose_answer_is_lost_counts_as_none() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    line.next("commit", "users:1", Fate::Unanswered);
    assert_eq!(get(&users_a, 1, "old").await, "old");
    assert_eq!(get(&users_b, 1, "wrong").await, "old", "it was stored after all");
    users_b.invalidate(&1_u64).await;
    assert_eq!(get(&users_a, 1, "new").await, "new");
    assert_eq!(get(&users_b, 1, "wrong").await, "new");
}

// Item 12: a commit that is done when nobody waits for it any more.
#[tokio::test]
async fn a_commit_that_comes_after_an_invalidation_is_rejected() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let zombie = line.next("commit", "users:1", Fate::Zombie);
    assert_eq!(get(&users_a, 1, "old").await, "old");
    users_b.invalidate(&1_u64).await;
    zombie.release();
    assert_eq!(get(&users_b, 1, "new").await, "new");
    assert_eq!(get(&users_a, 1, "wrong").await, "new");
}

// Item 26.
#[tokio::test]
async fn a_value_that_comes_between_the_look_and_the_lease_is_taken_and_the_lease_given_back() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let held = line.next("lease", "users:1", Fate::Before);
    let mut asks = Step::held(get(&users_b, 1, "wrong"));
    assert_eq!(get(&users_a, 1, "Ada").await, "Ada");
    held.release();
    assert_eq!(asks.done(), "Ada");
    assert_eq!(users_b.stats().loads, 0);
    b.settle();
    assert_eq!(fleet.tier.peek("test:l:{users:1}"), None);
    // What is there and not valid is no reason to give it back.
    let held = line.next("lease", "users:2", Fate::Before);
    let mut asks = Step::held(get(&users_b, 2, "new"));
    get(&users_a, 2, "old").await;
    users_a.invalidate_all().await;
    held.release();
    assert_eq!(asks.done(), "new");
    assert_eq!(get(&users_b, 2, "wrong").await, "new");
}

// Item 27.
#[tokio::test]
async fn a_failed_load_lets_those_who_wait_load_at_once() {
    let fleet = Fleet::new();
    let processes = [fleet.process().await, fleet.process().await, fleet.process().await];
    let [users_a, users_b, users_c] = [0, 1, 2].map(|index: usize| processes[index].region("users"));
    let gate = Gate::closed();
    let fails = || async {
        gate.pass().await;
        Err::<String, _>("down")
    };
    let mut first = Step::held(users_a.get_or_load(&1_u64, fails));
    let slow = Gate::closed();
    let mut waits =
        [Step::held(get_through(&slow, &users_b, 1, "b")), Step::held(get_through(&slow, &users_c, 1, "c"))];
    gate.let_through(1);
    assert_eq!(first.done(), Err("down"));
    processes[0].settle();
    fleet.clock.advance(Duration::from_millis(100));
    assert!(waits.iter_mut().all(|step| step.poll().is_none()));
    assert_eq!(slow.most_at_once(), 2, "none waits for another's error");
    slow.let_through(2);
    assert_eq!(waits.each_mut().map(Step::done), ["b", "c"]);
    assert!(!fleet.tier.names().iter().any(|name| name.contains(":v:")), "nobody has the right to store");
    fleet.pass(Duration::from_secs(6), &[&processes[0]]);
    assert_eq!(get(&users_a, 1, "later").await, "later");
    assert_eq!(get(&users_b, 1, "wrong").await, "later", "the mark is short");
}

// P2: the loader's own commit after an invalidation that removed its lease.
#[tokio::test]
async fn an_invalidation_during_a_load_rejects_it_whoever_invalidates() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    for invalidator in [&users_a, &users_b] {
        let gate = Gate::closed();
        let mut load = Step::held(get_through(&gate, &users_a, 1, "old"));
        invalidator.invalidate(&1_u64).await;
        gate.let_through(1);
        assert_eq!(load.done(), "old");
        assert_eq!(get(&users_b, 1, "new").await, "new");
        assert_eq!(get(&users_a, 1, "wrong").await, "new");
        users_a.invalidate(&1_u64).await;
    }
}

// P5: one load in the fleet, however many wait.
#[tokio::test]
async fn many_processes_load_once() {
    let fleet = Fleet::new();
    let mut processes = Vec::new();
    for _ in 0..8 {
        processes.push(fleet.process().await);
    }
    let regions: Vec<_> = processes.iter().map(|process| process.region("users")).collect();
    let gate = Gate::closed();
    let mut calls: Vec<_> = regions.iter().map(|region| Step::held(get_through(&gate, region, 1, "Ada"))).collect();
    assert_eq!(gate.loads(), 1);
    gate.let_through(8);
    fleet.clock.advance(Duration::from_millis(200));
    assert!(calls.iter_mut().all(|call| call.done() == "Ada"));
    assert_eq!(gate.loads(), 1);
}
