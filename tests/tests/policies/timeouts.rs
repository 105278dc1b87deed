//! Loads that take too long: dropped, or left behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cache_core::{LoadTimeout, Policy};
use cache_tests::{Gate, Step};

use crate::{Down, SECOND, Shop};

/// Says when a load is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A load of 2 that waits at the gate, and belongs to nobody.
fn through(gate: &Gate) -> impl FnOnce() -> BoxFuture<Result<u64, Down>> + Clone + Send + use<> {
    let gate = gate.clone();
    move || {
        Box::pin(async move {
            gate.pass().await;
            Ok(2)
        })
    }
}

type BoxFuture<T> = std::pin::Pin<Box<dyn Future<Output = T> + Send>>;

#[test]
fn a_hard_timeout_drops_the_load_and_everybody_is_told_at_once() {
    let shop = Shop::new(|rows| rows);
    let (gate, gone) = (Gate::closed(), Arc::new(AtomicBool::new(false)));
    let load = || async {
        let _dropped = Dropped(gone.clone());
        gate.pass().await;
        Ok(1)
    };
    let call = || shop.rows.call(&1_u64).timeout(SECOND * 2).load(load);
    let mut calls: Vec<_> = (0..3).map(|_| Step::held(call())).collect();
    shop.pass(1);
    assert!(calls.iter_mut().all(|call| call.poll().is_none()));
    assert!(!gone.load(Ordering::SeqCst));
    shop.pass(1);
    assert_eq!(calls[0].done(), Err(Down::TimedOut));
    assert!(gone.load(Ordering::SeqCst), "the load is dropped");
    assert_eq!((calls[1].done(), calls[2].done()), (Err(Down::TimedOut), Err(Down::TimedOut)));
    assert_eq!((gate.loads(), shop.has_seen("load_timed_out")), (1, 1));
    assert_eq!(shop.rows.stats().load_timeouts, 1);
    assert_eq!(shop.get(Ok(5)), Ok(5), "the flight is free");
}

#[test]
fn a_waiter_without_a_timeout_loads_for_itself_when_the_load_is_dropped() {
    let shop = Shop::new(|rows| rows);
    let gate = Gate::closed();
    let load = || async {
        gate.pass().await;
        Ok(1)
    };
    let mut limited = Step::held(shop.rows.call(&1_u64).timeout(SECOND).load(load));
    let mut patient = Step::held(shop.rows.get_or_load(&1_u64, load));
    shop.pass(1);
    assert_eq!(limited.done(), Err(Down::TimedOut));
    assert!(patient.poll().is_none());
    assert_eq!(gate.loads(), 2);
    gate.let_through(1);
    assert_eq!(patient.done(), Ok(1));
}

#[test]
fn a_caller_with_a_timeout_waits_no_longer_for_the_load_of_one_without() {
    let shop = Shop::new(|rows| rows);
    let gate = Gate::closed();
    let load = || async {
        gate.pass().await;
        Ok(1)
    };
    let mut patient = Step::held(shop.rows.get_or_load(&1_u64, load));
    let mut limited = Step::held(shop.rows.call(&1_u64).timeout(SECOND).load(load));
    let load = || std::future::pending::<Result<u64, Down>>();
    let mut detached = Step::held(shop.rows.call(&1_u64).timeout(SECOND).load_detached(load));
    shop.pass(1);
    assert_eq!((limited.done(), detached.done()), (Err(Down::TimedOut), Err(Down::TimedOut)));
    assert_eq!(shop.rows.stats().load_timeouts, 0, "the load goes on");
    gate.let_through(1);
    assert_eq!(patient.done(), Ok(1));
}

#[test]
fn errors_that_cannot_be_copied_time_out_together_too() {
    struct TooSlow(LoadTimeout);
    impl From<LoadTimeout> for TooSlow {
        fn from(timeout: LoadTimeout) -> Self {
            TooSlow(timeout)
        }
    }
    let shop = Shop::new(|rows| rows);
    let load = || std::future::pending::<Result<u64, TooSlow>>();
    let call = || shop.rows.call(&1_u64).timeout(SECOND).load_unshared(load);
    let (mut leader, mut waiter) = (Step::held(call()), Step::held(call()));
    shop.pass(1);
    assert_eq!(leader.done().map_err(|error| error.0.after), Err(SECOND));
    assert_eq!(waiter.done().map_err(|error| error.0.after), Err(SECOND));
    assert_eq!(shop.loads(), 1);
}

#[test]
fn at_a_hard_timeout_a_stale_value_is_served_where_errors_allow_it() {
    let shop = Shop::new(|rows| rows.stale_if_error(SECOND * 600));
    shop.aged(1, 60);
    let load = || std::future::pending::<Result<u64, Down>>();
    let mut call = Step::held(shop.rows.call(&1_u64).timeout(SECOND).load(load));
    shop.pass(1);
    assert_eq!(call.done(), Ok(1));
    assert_eq!(shop.get(Ok(2)), Ok(1), "and a source that is slow is left alone for a moment");
}

#[test]
fn at_a_soft_timeout_the_stale_value_is_served_and_the_load_goes_on() {
    let shop = Shop::new(|rows| rows.stale_if_error(SECOND * 600));
    shop.aged(1, 60);
    let gate = Gate::closed();
    let load = through(&gate);
    let call = || shop.rows.call(&1_u64).soft_timeout(SECOND).load_detached(load.clone());
    let (mut leader, mut waiter) = (Step::held(call()), Step::held(call()));
    shop.tasks.run();
    assert!(leader.poll().is_none() && waiter.poll().is_none());
    shop.pass(1);
    assert_eq!((leader.done(), waiter.done()), (Ok(1), Ok(1)));
    assert_eq!(gate.loads(), 1);
    gate.let_through(1);
    shop.tasks.run();
    assert_eq!(shop.rows.get(&1_u64), Some(2));
}

#[test]
fn without_a_stale_value_a_soft_timeout_is_none() {
    let shop = Shop::new(|rows| rows.stale_if_error(SECOND * 600));
    let gate = Gate::closed();
    let load = through(&gate);
    let mut call = Step::held(shop.rows.call(&1_u64).soft_timeout(SECOND).load_detached(load));
    shop.tasks.run();
    shop.pass(5);
    assert!(call.poll().is_none());
    gate.let_through(1);
    shop.tasks.run();
    assert_eq!(call.done(), Ok(2));
}

// P2
#[test]
fn an_invalidated_value_is_not_served_at_a_soft_timeout() {
    let shop = Shop::new(|rows| rows.stale_if_error(SECOND * 600));
    shop.aged(1, 60);
    let gate = Gate::closed();
    let load = through(&gate);
    let mut call = Step::held(shop.rows.call(&1_u64).soft_timeout(SECOND).load_detached(load));
    shop.tasks.run();
    shop.rows.invalidate(&1_u64).detach();
    shop.pass(1);
    assert!(call.poll().is_none(), "better late than wrong");
    gate.let_through(1);
    shop.tasks.run();
    assert_eq!(call.done(), Ok(2), "it asked before the invalidation");
    assert_eq!(shop.rows.get(&1_u64), None, "and what began before it is not stored");
}

#[test]
fn a_detached_load_outlives_its_caller() {
    let shop = Shop::new(|rows| rows);
    drop(Step::held(shop.rows.call(&1_u64).load_detached(|| async { Ok::<_, Down>(1) })));
    assert_eq!(shop.tasks.run(), 0);
    assert_eq!(shop.rows.get(&1_u64), Some(1));
    assert_eq!(shop.rows.stats().loads_cancelled, 0);
}

#[test]
fn a_hard_timeout_ends_a_detached_load_too() {
    let shop = Shop::new(|rows| rows.stale_if_error(SECOND * 600));
    let load = || std::future::pending::<Result<u64, Down>>();
    let call = shop.rows.call(&1_u64).timeout(SECOND * 2).soft_timeout(SECOND).load_detached(load);
    let mut call = Step::held(call);
    shop.tasks.run();
    shop.pass(2);
    assert_eq!(shop.tasks.run(), 0);
    assert_eq!(call.done(), Err(Down::TimedOut));
}

#[test]
#[should_panic(expected = "the load of region `row` panicked")]
fn a_detached_load_that_is_torn_down_is_its_callers_panic() {
    let shop = Shop::new(|rows| rows);
    let mut call = Step::held(shop.rows.call(&1_u64).load_detached(|| async { Ok::<_, Down>(1) }));
    shop.tasks.drop_all();
    call.poll();
}

#[test]
fn a_detached_load_that_is_torn_down_is_covered_by_a_stale_value() {
    let shop = Shop::new(|rows| rows.stale_if_error(SECOND * 600));
    shop.aged(1, 60);
    let mut call = Step::held(shop.rows.call(&1_u64).load_detached(|| async { Ok::<_, Down>(2) }));
    shop.tasks.drop_all();
    assert_eq!(call.done(), Ok(1));
}

#[test]
fn a_load_that_waits_for_a_detached_one_depends_on_it() {
    let shop = Shop::new(|rows| rows);
    let outer: cache_core::Region<u64, u64> = shop.test.cache().region("outer").build().unwrap();
    let load = || async { shop.rows.call(&1_u64).load_detached(|| async { Ok::<_, Down>(1) }).await };
    let mut call = Step::held(outer.get_or_load(&1_u64, load));
    shop.tasks.run();
    assert_eq!(call.done(), Ok(1));
    assert_eq!(outer.get(&1_u64), Some(1));
    shop.rows.invalidate(&1_u64).detach();
    assert_eq!(outer.get(&1_u64), None);
}

#[test]
fn a_region_has_no_timeouts_of_its_own() {
    let cache = cache_core::Cache::new();
    for policy in [Policy::new().timeout(SECOND), Policy::new().stale_if_error(SECOND).soft_timeout(SECOND)] {
        let built = cache.region::<u64, u64>("row").policy(policy).build();
        assert!(built.is_err_and(|error| error.to_string().contains("call(&key).timeout")));
    }
}
