//! Races that the simulation has found (`cargo x soak simulation`), each by itself.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use cache_core::Region;
use cache_core::backend::{Backend, MARK};
use cache_tests::Gate;

use crate::gated::Fate;
use crate::world::{Fleet, drive, get, get_tagged, get_through};

/// Lets a future go on as far as it can; says whether it is not over.
async fn waits<F: Future>(mut future: Pin<&mut F>) -> bool {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

async fn page(pages: &Region<u64, String>, users: &Region<u64, String>, gate: &Gate) -> String {
    let load = || async {
        let name = get(users, 1, "new").await;
        gate.pass().await;
        Ok::<_, ()>(format!("page of {name}"))
    };
    pages.get_or_load(&1_u64, load).await.unwrap()
}

// P3: nobody waits for the invalidation, and what was read from the tier before that was told comes after it was.
#[tokio::test]
async fn what_the_tier_was_told_while_it_was_read_is_read_anew() {
    let fleet = Fleet::new();
    let b = fleet.process().await;
    let (a, line) = fleet.gated();
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get_tagged(&users_b, 1, "org:7", "old").await;
    let telling = line.next("bump", "org:7", Fate::Before);
    a.cache().invalidate_tag("org:7").detach();
    a.settle();
    let reading = line.next("read", "users:1", Fate::After);
    let mut read = pin!(get_tagged(&users_a, 1, "org:7", "new"));
    assert!(waits(read.as_mut()).await);
    assert_eq!((telling.reached(), reading.reached()), (1, 1));
    telling.release();
    a.settle();
    reading.release();
    assert_eq!(drive(&fleet, &[&a, &b], read).await, "new");
}

// P3: a load that was built from what a writer is about to change does not know on what it depends.
#[tokio::test]
async fn what_was_built_from_something_doubtful_is_not_for_who_came_later() {
    let fleet = Fleet::new();
    let a = fleet.process().await;
    let (users, pages) = (a.region("users"), a.region("pages"));
    fleet.tier.take("test:t:{org:7}", &[MARK; 16], Duration::from_secs(3)).await.unwrap();
    let page = async |source: &str, gate: &Gate| {
        let load = || async {
            let name = get_tagged(&users, 1, "org:7", source).await;
            gate.pass().await;
            Ok::<_, ()>(format!("page of {name}"))
        };
        pages.get_or_load(&1_u64, load).await.unwrap()
    };
    let (gate, open) = (Gate::closed(), Gate::open());
    let mut first = pin!(page("old", &gate));
    while gate.loads() == 0 {
        assert!(waits(first.as_mut()).await);
        a.settle();
    }
    users.invalidate(&1_u64).detach();
    let mut late = pin!(page("new", &open));
    assert!(waits(late.as_mut()).await, "it waits for the page");
    gate.let_through(1);
    assert_eq!(drive(&fleet, &[&a], first).await, "page of old", "asked for before");
    assert_eq!(drive(&fleet, &[&a], late).await, "page of new");
}

// Nobody waits for the first of two puts, and it goes on when the second is over.
#[tokio::test]
async fn of_two_puts_of_one_process_the_second_stays() {
    let fleet = Fleet::new();
    let b = fleet.process().await;
    let (a, line) = fleet.gated();
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let first = line.next("take", "users:1", Fate::After);
    users_a.put(&1_u64, "first".to_owned()).detach();
    a.settle();
    assert_eq!(first.reached(), 1);
    drive(&fleet, &[&a, &b], users_a.put(&1_u64, "second".to_owned())).await;
    first.release();
    [&a, &b].into_iter().for_each(crate::world::Process::settle);
    assert_eq!(drive(&fleet, &[&a, &b], get(&users_b, 1, "source")).await, "second");
    assert_eq!(users_a.get(&1_u64).as_deref(), Some("second"));
}

// P3: who has waited for another process's load since before a put looks into the tier while that is under way.
#[tokio::test]
async fn a_look_that_a_put_overtakes_does_not_bring_the_value_before() {
    let fleet = Fleet::new();
    let b = fleet.process().await;
    let (a, line) = fleet.gated();
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let both = [&a, &b];
    let gate = Gate::closed();
    let mut loads = pin!(get_through(&gate, &users_b, 1, "old"));
    assert!(waits(loads.as_mut()).await);
    let mut looks = pin!(get(&users_a, 1, "wrong"));
    let committing = line.next("commit", "users:1", Fate::Before);
    assert!(waits(looks.as_mut()).await, "it waits for the other process");
    gate.let_through(1);
    assert_eq!(drive(&fleet, &[&b], loads).await, "old");
    let mut put = pin!(users_a.put(&1_u64, "new".to_owned()));
    while committing.reached() == 0 {
        assert!(waits(put.as_mut()).await);
        a.settle();
    }
    let reading = line.next("read", "users:1", Fate::After);
    while reading.reached() == 0 {
        assert!(waits(looks.as_mut()).await, "it has not looked yet");
        fleet.pass(Duration::from_millis(10), &both);
    }
    committing.release();
    drive(&fleet, &both, put).await;
    reading.release();
    // Who asked before the put may get either.
    drive(&fleet, &both, looks).await;
    assert_eq!(users_a.get(&1_u64).as_deref(), Some("new"));
}

// P2: what was built on the value before is stored while the put is under way, which changes the identity last.
#[tokio::test]
async fn a_put_does_not_leave_its_process_with_the_identity_before() {
    let fleet = Fleet::new();
    let b = fleet.process().await;
    let (a, line) = fleet.gated();
    let (users_a, users_b, pages) = (a.region("users"), b.region("users"), a.region("pages"));
    drive(&fleet, &[&a, &b], users_b.put(&1_u64, "old".to_owned())).await;
    let gate = Gate::closed();
    let mut before = pin!(page(&pages, &users_a, &gate));
    let both = [&a, &b];
    let until_it_has_the_user = async {
        for _ in 0..100 {
            assert!(waits(before.as_mut()).await);
        }
    };
    drive(&fleet, &both, until_it_has_the_user).await;
    let committing = line.next("commit", "users:1", Fate::Before);
    let mut put = pin!(users_a.put(&1_u64, "new".to_owned()));
    while committing.reached() == 0 {
        assert!(waits(put.as_mut()).await);
        both.into_iter().for_each(crate::world::Process::settle);
    }
    gate.let_through(9);
    assert_eq!(drive(&fleet, &both, before).await, "page of old", "asked for before");
    committing.release();
    drive(&fleet, &both, put).await;
    assert_eq!(drive(&fleet, &both, page(&pages, &users_a, &gate)).await, "page of new");
}
