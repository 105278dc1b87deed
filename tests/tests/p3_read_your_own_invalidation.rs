//! P3: when an invalidation has returned, this process never serves the old value again.

use std::convert::Infallible;

use cache_core::test_util::TestCache;
use cache_core::{Cache, Invalidated, Region};
use cache_tests::{Gate, Step};

fn rows(cache: &Cache) -> Region<u64, u64> {
    cache.region("row").build().unwrap()
}

async fn load(rows: &Region<u64, u64>, gate: &Gate, value: u64) -> u64 {
    let load = || async {
        gate.pass().await;
        Ok::<_, Infallible>(value)
    };
    rows.get_or_load(&1_u64, load).await.unwrap()
}

#[test]
fn a_call_that_begins_after_it_does_not_join_the_old_load() {
    let (test, gate, open) = (TestCache::new(), Gate::closed(), Gate::open());
    let rows = rows(test.cache());
    let mut leader = Step::held(load(&rows, &gate, 1));
    let mut before = Step::held(load(&rows, &open, 2));
    assert_eq!(Step::new(rows.invalidate(&1_u64)).done(), Invalidated::Fleet);
    let mut after = Step::held(load(&rows, &open, 3));
    let mut also_after = Step::held(load(&rows, &open, 4));

    gate.let_through(1);
    assert_eq!(leader.done(), 1, "began before the invalidation");
    assert_eq!(before.done(), 1, "asked before the invalidation");
    assert_eq!(after.done(), 3, "loads for itself");
    assert_eq!(also_after.done(), 3, "and for all who came meanwhile");
    assert_eq!(rows.get(&1_u64), Some(3));
}

#[test]
fn at_most_one_load_runs_and_one_is_queued_however_often_it_is_invalidated() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let rows = rows(test.cache());
    let mut leader = Step::held(load(&rows, &gate, 1));
    let mut later: Vec<_> = (0..10)
        .map(|_| {
            rows.invalidate(&1_u64).detach();
            Step::held(load(&rows, &gate, 2))
        })
        .collect();
    assert_eq!(gate.loads(), 1);
    gate.let_through(2);
    assert_eq!(leader.done(), 1);
    let values: Vec<u64> = later.iter_mut().map(Step::done).collect();
    assert_eq!(values, [2; 10]);
    assert_eq!(gate.loads(), 2);
}

#[test]
fn dropping_the_future_early_completes_this_process() {
    let test = TestCache::new();
    let rows = rows(test.cache());
    rows.put(&1_u64, 1).detach();
    drop(rows.invalidate(&1_u64));
    assert_eq!(rows.get(&1_u64), None);
    rows.put(&1_u64, 1).detach();
    drop(test.cache().invalidate_all());
    assert_eq!(rows.get(&1_u64), None);
}

#[test]
fn without_a_shared_tier_it_is_confirmed_at_once() {
    let test = TestCache::new();
    assert!(Step::new(test.cache().invalidate_tag("any")).done().confirmed().is_ok());
    assert!(Invalidated::Queued.confirmed().is_err());
}

#[test]
fn under_threads_no_reader_sees_a_value_older_than_the_invalidation_it_saw() {
    use std::sync::atomic::{AtomicU64, Ordering};
    // The writer publishes `invalidated` after each invalidation has returned; a read that begins later must not be
    // older. Readers load through the cache all the time, so that loads and invalidations meet in every order.
    let (cache, source, invalidated) = (Cache::new(), AtomicU64::new(0), AtomicU64::new(0));
    let rows = rows(&cache);
    let over = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for reader in 0..3 {
            let (rows, source, invalidated, over) = (&rows, &source, &invalidated, &over);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(async {
                    while over.load(Ordering::SeqCst) == 0 {
                        let at_least = invalidated.load(Ordering::SeqCst);
                        let load = || async {
                            let value = source.load(Ordering::SeqCst);
                            tokio::task::yield_now().await;
                            Ok::<_, Infallible>(value)
                        };
                        let seen = rows.get_or_load(&1_u64, load).await.unwrap();
                        assert!(seen >= at_least, "reader {reader} saw {seen} after the invalidation of {at_least}");
                    }
                });
            });
        }
        for round in 1..=20_000 {
            source.store(round, Ordering::SeqCst);
            match round % 3 {
                0 => rows.invalidate(&1_u64).detach(),
                1 => rows.invalidate_all().detach(),
                _ => cache.invalidate_pattern("row:1").detach(),
            }
            invalidated.store(round, Ordering::SeqCst);
        }
        over.store(1, Ordering::SeqCst);
    });
}
