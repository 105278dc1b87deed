//! Tags that are known before the load: their versions, what becomes of these, and how long they live.

use std::time::Duration;

use cache_core::Region;
use cache_core::backend::BackendErrorKind;
use cache_tests::{Gate, Step};

use crate::gated::Fate;
use crate::world::{Fleet, Process, get, get_tagged, value_name};

const TAG: &str = "test:t:{org:7}";

async fn slow(gate: &Gate, users: &Region<u64, String>, source: &str) -> String {
    let load = || async {
        let read = source.to_owned();
        gate.pass().await;
        Ok::<_, ()>(read)
    };
    users.call(&1_u64).tag(cache_core::Tag::of("org", &7)).load(load).await.unwrap()
}

// P2.
#[tokio::test]
async fn a_tag_that_is_invalidated_while_a_load_runs_makes_it_invalid_everywhere() {
    for by_itself in [true, false] {
        let fleet = Fleet::new();
        let (a, b) = (fleet.process().await, fleet.process().await);
        let (users_a, users_b) = (a.region("users"), b.region("users"));
        let gate = Gate::closed();
        let mut load = Step::held(slow(&gate, &users_a, "old"));
        let invalidator = if by_itself { &a } else { &b };
        invalidator.cache().invalidate_tag("org:7").await;
        gate.let_through(2);
        assert_eq!(load.done(), "old");
        assert_eq!(get_tagged(&users_b, 1, "org:7", "new").await, "new");
        assert_eq!(slow(&gate, &users_a, "wrong").await, "new");
    }
}

// P2: the version is captured before the load, also when the message about it comes late.
#[tokio::test]
async fn a_version_is_captured_before_the_load_and_not_after_it() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let gate = Gate::closed();
    let mut load = Step::held(slow(&gate, &users_a, "old"));
    line.messages().hold();
    b.cache().invalidate_tag("org:7").await;
    gate.let_through(1);
    assert_eq!(load.done(), "old");
    assert_eq!(get_tagged(&users_b, 1, "org:7", "new").await, "new");
    line.messages().deliver();
    assert_eq!(get_tagged(&users_a, 1, "org:7", "wrong").await, "new");
}

// P9.
#[tokio::test]
async fn a_version_that_is_gone_makes_what_was_loaded_under_it_invalid() {
    let fleet = Fleet::new();
    let (a, c) = (fleet.process().await, fleet.process().await);
    let (users_a, users_c) = (a.region("users"), c.region("users"));
    get_tagged(&users_a, 1, "org:7", "old").await;
    fleet.tier.evict(TAG);
    assert_eq!(get_tagged(&users_c, 1, "org:7", "new").await, "new");
    assert_eq!(users_c.stats().shared_hits, 0);
}

// Item 10.
#[tokio::test]
async fn a_version_lives_longer_than_the_longest_entry_that_carries_it() {
    let fleet = Fleet::new();
    let a = fleet.process().await;
    let short = a.cache().region::<u64, String>("short").ttl(Duration::from_secs(10)).build().unwrap();
    let long = a.cache().region::<u64, String>("long").ttl(Duration::from_secs(3600)).build().unwrap();
    get_tagged(&short, 1, "org:7", "a").await;
    get_tagged(&long, 1, "org:7", "b").await;
    get_tagged(&short, 2, "org:7", "c").await;
    fleet.clock.advance(Duration::from_secs(3500));
    a.settle();
    assert!(fleet.tier.peek(TAG).is_some(), "a short entry does not shorten it either");
    let b = fleet.process().await;
    let long_b = b.cache().region::<u64, String>("long").ttl(Duration::from_secs(3600)).build().unwrap();
    assert_eq!(get_tagged(&long_b, 1, "org:7", "wrong").await, "b");
}

// Item 10.
#[tokio::test]
async fn an_inherited_version_lives_as_long_as_who_inherits_it() {
    let fleet = Fleet::new();
    let a = fleet.process().await;
    let inner = a.cache().region::<u64, String>("inner").ttl(Duration::from_secs(10)).build().unwrap();
    let outer = a.cache().region::<u64, String>("outer").ttl(Duration::from_secs(3600)).build().unwrap();
    // The first time teaches the region that others are built on it.
    for key in [1_u64, 2] {
        let load = || async { Ok::<_, ()>(get_tagged(&inner, key, "org:7", "inner").await) };
        outer.get_or_load(&key, load).await.unwrap();
    }
    fleet.clock.advance(Duration::from_secs(3500));
    let b = fleet.process().await;
    let outer_b = b.cache().region::<u64, String>("outer").ttl(Duration::from_secs(3600)).build().unwrap();
    assert_eq!(get(&outer_b, 2, "wrong").await, "inner");
}

// Item 10: an eviction must not make the processes reject each other's entries for ever.
#[tokio::test]
async fn a_version_that_was_minted_anew_is_known_to_all_after_one_look() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get_tagged(&users_a, 1, "org:7", "first").await;
    get_tagged(&users_b, 1, "org:7", "wrong").await;
    fleet.tier.evict(TAG);
    assert_eq!(get_tagged(&users_a, 2, "org:7", "second").await, "second");
    assert_eq!(get_tagged(&users_b, 2, "org:7", "wrong").await, "second", "what is remembered is asked about");
    assert_eq!(get_tagged(&users_b, 3, "org:7", "third").await, "third");
    assert_eq!(get_tagged(&users_a, 3, "org:7", "wrong").await, "third");
}

// Item 10.
#[tokio::test]
async fn the_versions_of_regions_are_there_again_after_a_beat() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_a, 1, "old").await;
    for name in ["test:t:{@all}", "test:t:{@r:users}"] {
        assert!(fleet.tier.peek(name).is_some(), "{name}");
        fleet.tier.evict(name);
        fleet.pass(Duration::from_secs(2), &[&a, &b]);
        assert!(fleet.tier.peek(name).is_some(), "{name}");
        let key = name.len() as u64;
        assert_eq!(get(&users_a, key, "new").await, "new");
        assert_eq!(get(&users_b, key, "wrong").await, "new");
    }
}

// Items 6 and 3: the answer is lost, and what was asked is done.
#[tokio::test]
async fn an_invalidation_whose_answer_is_lost_is_done_and_sent_again() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get_tagged(&users_a, 1, "org:7", "old").await;
    get_tagged(&users_b, 1, "org:7", "wrong").await;
    line.next("bump", "org:7", Fate::Unanswered);
    assert_eq!(a.cache().invalidate_tag("org:7").await, cache_core::Invalidated::Queued);
    assert_eq!(users_b.get(&1_u64), None);
    line.clear();
    fleet.pass(Duration::from_secs(1), &[&a, &b]);
    assert_eq!(line.asked("bump").len(), 1, "once more, and no more");
}

// Item 6: drop before and again after the answer.
#[tokio::test]
async fn what_is_read_while_an_invalidation_is_under_way_is_dropped_when_it_ends() {
    for what in ["key", "tag", "region", "everything", "pattern", "put"] {
        let fleet = Fleet::new();
        let ((a, line), b) = (fleet.gated(), fleet.process().await);
        let (users_a, users_b) = (a.region("users"), b.region("users"));
        get_tagged(&users_b, 1, "org:7", "old").await;
        // A look that is under way while all of the invalidation happens.
        let read = line.next("read", "users:1", Fate::After);
        let mut looks = Step::held(get_tagged(&users_a, 1, "org:7", "newer"));
        line.messages().hold();
        let told = match what {
            "key" => users_a.invalidate(&1_u64).await,
            "tag" => a.cache().invalidate_tag("org:7").await,
            "region" => users_a.invalidate_all().await,
            "everything" => a.cache().invalidate_all().await,
            "pattern" => a.cache().invalidate_pattern("users:*").await,
            _ => users_a.put(&1_u64, "put".to_owned()).await,
        };
        assert_eq!(told, cache_core::Invalidated::Fleet, "{what}");
        read.release();
        looks.done();
        a.settle();
        assert_ne!(get_tagged(&users_a, 1, "org:7", "new").await, "old", "{what}");
        assert_ne!(get_tagged(&users_b, 1, "org:7", "new").await, "old", "{what}");
    }
}

// Item 6: the request is done, the answer is not there yet, and another task looks into the tier meanwhile.
#[tokio::test]
async fn nobody_here_takes_from_the_tier_what_is_being_invalidated() {
    for (method, what) in [("drop_keys", "key"), ("bump", "tag"), ("bump", "region"), ("sweep", "pattern")] {
        let fleet = Fleet::new();
        let ((a, line), b) = (fleet.gated(), fleet.process().await);
        let (users_a, users_b) = (a.region("users"), b.region("users"));
        get_tagged(&users_b, 1, "org:7", "old").await;
        let held = line.next(method, "", Fate::Before);
        let mut told = Step::held(async {
            match what {
                "key" => users_a.invalidate(&1_u64).await,
                "tag" => a.cache().invalidate_tag("org:7").await,
                "region" => users_a.invalidate_all().await,
                _ => a.cache().invalidate_pattern("users:*").await,
            }
        });
        assert_eq!(held.reached(), 1, "{what}");
        assert_eq!(get_tagged(&users_a, 1, "org:7", "new").await, "new", "{what}");
        held.release();
        assert_eq!(told.done(), cache_core::Invalidated::Fleet, "{what}");
        assert_eq!(get_tagged(&users_b, 1, "org:7", "new").await, "new", "{what}");
        assert_ne!(get_tagged(&users_a, 1, "org:7", "new").await, "old", "{what}");
    }
}

// P1: a name that is none of ours where a version should be.
#[tokio::test]
async fn a_foreign_version_is_no_version_and_nothing_is_stored_under_it() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    fleet.tier.plant(TAG, b"junk");
    assert_eq!(get_tagged(&users_a, 1, "org:7", "old").await, "old");
    a.settle();
    assert_eq!(get_tagged(&users_b, 1, "org:7", "new").await, "new", "it cannot be shared");
    b.settle();
    a.cache().invalidate_tag("org:7").await;
    assert_eq!(get_tagged(&users_b, 1, "org:7", "newer").await, "newer");
    assert_eq!(get_tagged(&users_a, 1, "org:7", "wrong").await, "newer", "the invalidation has put it right");
}

// P2 and item 11: who takes over a lease has the versions, or stores nothing.
#[tokio::test]
async fn a_lease_that_is_taken_over_without_a_version_stores_nothing() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let gate = Gate::closed();
    let mut hangs = Step::held(slow(&gate, &users_a, "never"));
    fleet.tier.plant(TAG, b"junk");
    let mut waits = Step::new(get_tagged(&users_b, 1, "org:7", "old"));
    for _ in 0..12 {
        if waits.poll().is_some() {
            break;
        }
        fleet.pass(Duration::from_secs(1), &[&a, &b]);
        assert!(hangs.poll().is_none());
    }
    drop(hangs);
    a.settle();
    b.settle();
    a.cache().invalidate_tag("org:7").await;
    assert_eq!(get_tagged(&users_a, 1, "org:7", "new").await, "new", "what no tag reaches is not in the tier");
}

#[tokio::test]
async fn a_tag_that_cannot_be_captured_keeps_its_value_in_the_process() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    line.next("lease", "org:7", Fate::Fails(BackendErrorKind::Timeout));
    assert_eq!(get_tagged(&users_a, 1, "org:7", "mine").await, "mine");
    b.cache().invalidate_tag("org:7").await;
    assert_eq!(users_a.get(&1_u64), None, "it can be told all the same");
    get_tagged(&users_b, 1, "org:7", "new").await;
    assert!(value_name(&fleet, "users:1").contains("users:1"));
}

// Item 6: who passed the outbox before the invalidation was in it, and asks the tier before that was told.
#[tokio::test]
async fn what_is_being_invalidated_is_not_taken_by_who_came_before() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let late = line.next("add_member", "users", Fate::Before);
    let mut looks = Step::held(get(&users_a, 1, "mine"));
    assert_eq!(late.reached(), 1);
    get(&users_b, 1, "old").await;
    line.messages().hold();
    let held = line.next("drop_keys", "users:1", Fate::Before);
    let mut told = Step::held(users_a.invalidate(&1_u64));
    late.release();
    assert_eq!(looks.done(), "mine", "either would do for who came before; this one is not old");
    held.release();
    assert_eq!(told.done(), cache_core::Invalidated::Fleet);
    a.settle();
    assert_eq!(users_a.get(&1_u64), None);
    assert_eq!(get(&users_a, 1, "new").await, "new");
}

#[tokio::test]
async fn a_value_that_lives_longer_than_its_region_keeps_its_tags() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let users = |process: &Process| {
        let builder = process.cache().region::<u64, String>("users").ttl(Duration::from_secs(10));
        builder.ttl_by(|_, _| Duration::from_secs(600)).build().unwrap()
    };
    let (users_a, users_b) = (users(&a), users(&b));
    assert_eq!(get_tagged(&users_a, 1, "org:7", "Ada").await, "Ada");
    fleet.pass(Duration::from_secs(300), &[&a, &b]);
    assert_eq!(get_tagged(&users_b, 1, "org:7", "wrong").await, "Ada");
    a.cache().invalidate_tag("org:7").await;
    assert_eq!(get_tagged(&users_b, 1, "org:7", "new").await, "new");
}
