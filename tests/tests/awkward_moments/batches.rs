//! Batches that hold a seat of one key and wait for another.

use std::sync::atomic::{AtomicUsize, Ordering};

use cache_core::Region;
use cache_core::test_util::TestCache;
use cache_tests::{Gate, Step};

use crate::{Down, gated};

async fn batch(rows: &Region<u64, u64>, keys: &[u64], loads: &AtomicUsize) -> Vec<Option<u64>> {
    rows.get_or_load_many(keys, |missing| {
        loads.fetch_add(1, Ordering::SeqCst);
        async move { Ok::<_, Down>(missing.into_iter().map(|key| (key, key)).collect()) }
    })
    .await
    .unwrap()
}

// A batch that is given a seat while it waits for another key keeps it idle.
#[test]
fn a_seat_given_to_a_batch_is_used_at_once() {
    let test = TestCache::new();
    let rows: Region<u64, u64> = test.cache().region("row").build().unwrap();
    let (one, two, loads, mine) = (Gate::closed(), Gate::closed(), AtomicUsize::new(0), Gate::open());
    let mut leader_1 = Step::held(gated(&rows, 1, &one, 1));
    let leader_2 = Step::held(gated(&rows, 2, &two, 2));
    let mut many = Step::held(batch(&rows, &[1, 2], &loads)); // waits for 1, then for 2
    let mut follower = Step::held(gated(&rows, 2, &mine, 22));
    drop(leader_2); // the batch's ticket for 2 comes first: it is promoted
    assert!(many.poll().is_none(), "still waits for 1");
    assert!(
        follower.poll().is_some() || loads.load(Ordering::SeqCst) == 1,
        "nobody loads 2: the batch has the seat and is not even looking (loads {}, {})",
        mine.loads(),
        loads.load(Ordering::SeqCst)
    );
    one.let_through(1);
    let _ = leader_1.poll();
}

// Two batches, each with a seat the other one waits for: nothing moves until the loads are overdue.
#[test]
fn two_batches_with_seats_do_not_wait_for_each_other() {
    let test = TestCache::new();
    let rows: Region<u64, u64> = test.cache().region("row").build().unwrap();
    let (gate, loads) = (Gate::closed(), AtomicUsize::new(0));
    let leader_1 = Step::held(gated(&rows, 1, &gate, 1));
    let leader_2 = Step::held(gated(&rows, 2, &gate, 2));
    // Tickets: on 1 first a then b; on 2 first b then a. (Two tasks that join at the same moment do it without help.)
    let hook = Step::held(gated(&rows, 3, &gate, 3));
    let mut b = Step::held(batch(&rows, &[2, 3], &loads));
    let mut a = Step::held(batch(&rows, &[1, 2], &loads));
    drop(leader_1);
    assert!(a.poll().is_none()); // a holds the seat of 1, waits for 2
    drop(leader_2); // b is given the seat of 2 ...
    assert!(b.poll().is_none()); // ... and waits for 3
    let open = Gate::open();
    let mut other = Step::new(gated(&rows, 1, &open, 11));
    // Nobody loads 1 or 2, though both could.
    let stuck = other.poll().is_none() && loads.load(Ordering::SeqCst) == 0;
    drop(hook);
    assert!(!stuck, "keys 1 and 2 have seats, and no load runs");
}
