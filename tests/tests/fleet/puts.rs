//! Values that are put, by several processes at once, and overtaken by everything.

use std::time::Duration;

use cache_core::Invalidated;
use cache_tests::{Gate, Step};

use crate::gated::Fate;
use crate::world::{Fleet, get, get_tagged, get_through};

// Item 7: no two processes are left with different values.
#[tokio::test]
async fn puts_that_cross_leave_one_value_or_none() {
    for (method, fate) in
        [("take", Fate::Before), ("take", Fate::After), ("commit", Fate::Before), ("commit", Fate::After)]
    {
        let fleet = Fleet::new();
        let ((a, line), c) = (fleet.gated(), fleet.process().await);
        let (users_a, users_c) = (a.region("users"), c.region("users"));
        let held = line.next(method, "users:1", fate);
        let mut put_a = Step::held(users_a.put(&1_u64, "a".to_owned()));
        assert_eq!(held.reached(), 1);
        users_c.put(&1_u64, "c".to_owned()).await;
        held.release();
        put_a.done();
        let found = get(&users_c, 1, "source").await;
        assert_eq!(get(&users_a, 1, "source").await, found, "{method} {fate:?}");
        if (method, fate) == ("take", Fate::After) || (method, fate) == ("commit", Fate::Before) {
            assert_eq!(found, "source", "who is right only the source knows");
        }
    }
}

// Item 7: a put that is done when nobody waits for it any more.
#[tokio::test]
async fn a_put_that_comes_after_an_invalidation_is_rejected() {
    let fleet = Fleet::new();
    let ((a, line), c) = (fleet.gated(), fleet.process().await);
    let (users_a, users_c) = (a.region("users"), c.region("users"));
    let zombie = line.next("commit", "users:1", Fate::Zombie);
    users_a.put(&1_u64, "old".to_owned()).await;
    users_c.invalidate(&1_u64).await;
    zombie.release();
    assert_eq!(get(&users_c, 1, "new").await, "new");
    assert_eq!(get(&users_a, 1, "wrong").await, "new");
}

// Item 7: a load that began before a put.
#[tokio::test]
async fn a_load_that_began_before_a_put_stores_nothing() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let gate = Gate::closed();
    let mut load = Step::held(get_through(&gate, &users_b, 1, "old"));
    assert_eq!(users_a.put(&1_u64, "put".to_owned()).await, Invalidated::Fleet);
    gate.let_through(1);
    assert_eq!(load.done(), "old");
    assert_eq!(get(&users_b, 1, "wrong").await, "put");
    assert_eq!(get(&users_a, 1, "wrong").await, "put");
}

// F6: rejected, lost or refused: the key is invalidated, for all, with what was built on it.
#[tokio::test]
async fn a_put_that_fails_invalidates_the_key() {
    let kind = cache_core::backend::BackendErrorKind::Refused;
    for (method, fate) in [
        ("take", Fate::Fails(kind)),
        ("capture", Fate::Fails(kind)),
        ("commit", Fate::Fails(kind)),
        ("commit", Fate::Unanswered),
    ] {
        let fleet = Fleet::new();
        let ((a, line), b) = (fleet.gated(), fleet.process().await);
        let (users_a, users_b, pages_b) = (a.region("users"), b.region("users"), b.region("pages"));
        for key in [1, 2] {
            let load = || async { Ok::<_, ()>(get(&users_b, key, "old").await) };
            pages_b.get_or_load(&key, load).await.unwrap();
        }
        line.next(method, "", fate);
        assert_eq!(users_a.put(&2_u64, "put".to_owned()).await, Invalidated::Fleet, "{method}: told otherwise");
        assert_eq!(line.asked("drop_keys").len(), 2, "{method}: who else stores it, and the key");
        assert_eq!((users_b.get(&2_u64), pages_b.get(&2_u64)), (None, None), "{method}");
        assert_eq!(fleet.tier.peek("test:i:{users:2}"), None, "{method}");
        assert_eq!(get(&users_b, 2, "new").await, "new", "{method}");
        assert_eq!(get(&users_a, 2, "wrong").await, "new", "{method}");
    }
}

// F5: built on the old value between the two steps of a put.
#[tokio::test]
async fn what_was_built_on_the_old_value_during_a_put_is_old() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let (pages_a, pages_b) = (a.region("pages"), b.region("pages"));
    let page = async |key: u64| {
        let load = || async { Ok::<_, ()>(get(&users_b, key, "old").await) };
        pages_b.get_or_load(&key, load).await.unwrap()
    };
    page(100).await;
    get(&users_b, 1, "old").await;
    let held = line.next("commit", "users:1", Fate::Before);
    let mut put = Step::held(users_a.put(&1_u64, "new".to_owned()));
    assert_eq!(page(1).await, "old");
    held.release();
    assert_eq!(put.done(), Invalidated::Fleet);
    assert_eq!(pages_b.get(&1_u64), None);
    assert_eq!(get(&pages_a, 1, "new page").await, "new page");
}

// F7: its own copy is not put over a newer one.
#[tokio::test]
async fn a_put_does_not_come_back_after_a_newer_one() {
    let fleet = Fleet::new();
    let ((a, line), c) = (fleet.gated(), fleet.process().await);
    let (users_a, users_c) = (a.region("users"), c.region("users"));
    let held = line.next("commit", "users:1", Fate::After);
    let mut put = Step::held(users_a.put(&1_u64, "old".to_owned()));
    assert_eq!(users_c.put(&1_u64, "new".to_owned()).await, Invalidated::Fleet);
    held.release();
    put.done();
    assert_eq!(get(&users_a, 1, "wrong").await, "new");
}

// F8: tags are captured before the value is there.
#[tokio::test]
async fn a_tag_that_is_invalidated_during_a_put_means_its_value() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.tagged("users"), b.tagged("users"));
    line.messages().hold();
    let held = line.next("commit", "users:1", Fate::Before);
    let mut put = Step::held(users_a.put(&1_u64, "seven old".to_owned()));
    b.cache().invalidate_tag("users:seven").await;
    held.release();
    put.done();
    assert_eq!(get(&users_b, 1, "seven new").await, "seven new");
    line.messages().deliver();
    assert_eq!(get(&users_a, 1, "wrong").await, "seven new");
}

// P3: dropped on its way.
#[tokio::test]
async fn a_put_that_is_dropped_invalidates_the_key_for_the_others() {
    for method in ["take", "commit"] {
        let fleet = Fleet::new();
        let ((a, line), b) = (fleet.gated(), fleet.process().await);
        let (users_a, users_b) = (a.region("users"), b.region("users"));
        get(&users_b, 1, "old").await;
        line.next(method, "users:1", Fate::Before);
        drop(Step::held(users_a.put(&1_u64, "put".to_owned())));
        fleet.pass(Duration::from_secs(1), &[&a, &b]);
        assert_eq!(get(&users_b, 1, "new").await, "new", "{method}");
    }
}

// Item 19: a writer's mark in the lease or a tag: nothing is stored under it, and nobody else removes it.
#[tokio::test]
async fn a_writers_mark_is_respected() {
    let mark = [0xff; 16];
    for (name, other) in [("test:l:{users:1}", "key"), ("test:t:{org:7}", "tag")] {
        let fleet = Fleet::new();
        let (a, b) = (fleet.process().await, fleet.process().await);
        let (users_a, users_b) = (a.region("users"), b.region("users"));
        fleet.tier.plant(name, &mark);
        assert_eq!(get_tagged(&users_a, 1, "org:7", "old").await, "old", "it does not wait either");
        a.settle();
        assert_eq!(users_a.get(&1_u64), None, "{other}: not even here");
        users_b.invalidate(&1_u64).await;
        b.cache().invalidate_tag("org:7").await;
        assert_eq!(fleet.tier.peek(name).as_deref(), Some(&mark[..]), "{other}");
        if other == "key" {
            users_b.put(&1_u64, "put".to_owned()).await;
            assert_eq!(fleet.tier.peek(name).as_deref(), Some(&mark[..]), "{other}: a put gives it back");
        }
        assert!(!fleet.tier.names().iter().any(|name| name.contains("v:{users:1}")), "{other}");
        fleet.tier.evict(name);
        assert_eq!(get_tagged(&users_b, 1, "org:7", "new").await, "new");
        assert_eq!(get_tagged(&users_a, 1, "org:7", "wrong").await, "new");
    }
}
