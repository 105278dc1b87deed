//! P5: one load per key, whatever becomes of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cache_core::test_util::TestCache;
use cache_core::{Cache, Event, Region, cached};
use cache_tests::{Gate, Step};

#[derive(Debug, Clone, PartialEq)]
struct Shared(&'static str);

/// Like the errors of sqlx or anyhow: there is no way to copy it.
#[derive(Debug, PartialEq)]
struct Unshared(usize);

fn rows(cache: &Cache) -> Region<u64, u64> {
    cache.region("row").build().unwrap()
}

async fn load(rows: &Region<u64, u64>, gate: &Gate, result: Result<u64, Shared>) -> Result<u64, Shared> {
    rows.get_or_load(&1_u64, || async {
        gate.pass().await;
        result
    })
    .await
}

async fn load_unshared(rows: &Region<u64, u64>, gate: &Gate, fails: bool) -> Result<u64, Unshared> {
    rows.get_or_load_unshared(&1_u64, || async {
        gate.pass().await;
        if fails { Err(Unshared(gate.loads())) } else { Ok(7) }
    })
    .await
}

#[tokio::test]
async fn a_thousand_tasks_run_one_load() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let rows = rows(test.cache());
    let tasks: Vec<_> = (0..1_000)
        .map(|_| {
            let (rows, gate) = (rows.clone(), gate.clone());
            tokio::spawn(async move { load(&rows, &gate, Ok(7)).await })
        })
        .collect();
    while gate.loads() == 0 {
        tokio::task::yield_now().await;
    }
    gate.let_through(1);
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(7));
    }
    assert_eq!(gate.loads(), 1);
    assert_eq!((rows.stats().loads, rows.stats().loads_deduped + rows.stats().hits), (1, 999));
}

#[test]
fn different_keys_do_not_wait_for_each_other() {
    let test = TestCache::new();
    let rows = rows(test.cache());
    let gate = Gate::closed();
    let mut held: Vec<_> = (0..100_u64)
        .map(|key| {
            let (rows, gate) = (&rows, &gate);
            Step::held(async move {
                let load = || async {
                    gate.pass().await;
                    Ok::<_, Shared>(key)
                };
                rows.get_or_load(&key, load).await
            })
        })
        .collect();
    assert_eq!(gate.most_at_once(), 100);
    gate.let_through(100);
    assert!(held.iter_mut().all(|call| call.done().is_ok()));
}

#[test]
fn an_error_that_can_be_cloned_is_given_to_all_at_once_and_not_cached() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let rows = rows(test.cache());
    let mut calls: Vec<_> = (0..10).map(|_| Step::held(load(&rows, &gate, Err(Shared("down"))))).collect();
    gate.let_through(1);
    for call in &mut calls {
        assert_eq!(call.done(), Err(Shared("down")));
    }
    assert_eq!((gate.loads(), rows.stats().load_errors), (1, 1));
    gate.let_through(1);
    assert_eq!(Step::new(load(&rows, &gate, Ok(7))).done(), Ok(7), "the next call loads again");
}

#[tokio::test]
async fn after_an_error_that_cannot_be_cloned_a_bounded_number_loads_at_once() {
    let (test, gate) = (TestCache::with(|builder| builder.unshared_loads(16)), Gate::closed());
    let rows = rows(test.cache());
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let (rows, gate) = (rows.clone(), gate.clone());
            tokio::spawn(async move { load_unshared(&rows, &gate, true).await })
        })
        .collect();
    let mut ended = 0;
    while ended < 200 {
        tokio::task::yield_now().await;
        let waiting = gate.loads() - ended;
        gate.let_through(waiting);
        ended += waiting;
    }
    let mut errors = Vec::new();
    for task in tasks {
        errors.push(task.await.unwrap().unwrap_err());
    }
    assert_eq!(errors.len(), 200, "everybody gets an error of their own load");
    assert_eq!((gate.loads(), gate.most_at_once()), (200, 16));
}

#[test]
fn the_first_success_after_such_errors_serves_all_who_still_wait() {
    let (test, failing, ok) = (TestCache::with(|builder| builder.unshared_loads(2)), Gate::closed(), Gate::closed());
    let rows = rows(test.cache());
    let mut leader = Step::held(load_unshared(&rows, &failing, true));
    let mut waiting: Vec<_> = (0..6).map(|_| Step::held(load_unshared(&rows, &ok, false))).collect();
    failing.let_through(1);
    assert_eq!(leader.done(), Err(Unshared(1)));
    assert!(waiting.iter_mut().all(|call| call.poll().is_none()));
    assert_eq!(ok.most_at_once(), 2);
    ok.let_through(2);
    for call in &mut waiting {
        assert_eq!(call.done(), Ok(7));
    }
    assert_eq!(ok.loads(), 2);
}

#[test]
fn who_comes_while_several_load_shares_their_limit() {
    let (test, gate) = (TestCache::with(|builder| builder.unshared_loads(2)), Gate::closed());
    let rows = rows(test.cache());
    let mut calls: Vec<_> = (0..4).map(|_| Step::held(load_unshared(&rows, &gate, true))).collect();
    gate.let_through(1);
    assert!(calls[0].done().is_err());
    assert!(calls[1..].iter_mut().all(|call| call.poll().is_none()));
    let _late: Vec<_> = (0..4).map(|_| Step::held(load_unshared(&rows, &gate, true))).collect();
    assert_eq!((gate.loads(), gate.most_at_once()), (3, 2));
}

#[test]
fn a_cancelled_leader_is_replaced() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let rows = rows(test.cache());
    let leader = Step::held(load(&rows, &gate, Ok(1)));
    let mut waiting: Vec<_> = (2..5).map(|value| Step::held(load(&rows, &gate, Ok(value)))).collect();
    drop(leader);
    gate.let_through(1);
    assert!(waiting.iter_mut().all(|call| call.done() == Ok(2)));
    assert_eq!((gate.loads(), rows.stats().loads_cancelled), (2, 1));
    assert_eq!(test.events(), [Event::LoadCancelled { region: "row".into() }]);
}

#[test]
fn a_waiter_that_goes_away_hurts_nobody() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let rows = rows(test.cache());
    let leader = Step::held(load(&rows, &gate, Ok(1)));
    let next = Step::held(load(&rows, &gate, Ok(2)));
    let mut last = Step::held(load(&rows, &gate, Ok(3)));
    // The seat is given to `next`, who goes away without ever having been polled again.
    drop(leader);
    drop(next);
    gate.let_through(1);
    assert_eq!(last.done(), Ok(3));
}

#[test]
fn nothing_is_left_behind_when_all_go_away() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let rows = rows(test.cache());
    let calls: Vec<_> = (0..5).map(|value| Step::held(load(&rows, &gate, Ok(value)))).collect();
    drop(calls);
    gate.let_through(1);
    assert_eq!(Step::new(load(&rows, &gate, Ok(9))).done(), Ok(9));
    assert_eq!(gate.loads(), 2);
}

#[test]
fn a_panic_is_its_callers_alone() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let rows = rows(test.cache());
    let mut leader = Step::held(async {
        let load = || async {
            gate.pass().await;
            panic!("boom");
        };
        rows.get_or_load::<_, Shared, _, _>(&1_u64, load).await
    });
    let mut waiting = Step::held(load(&rows, &gate, Ok(2)));
    gate.let_through(2);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| leader.poll()));
    assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"boom"));
    assert_eq!(waiting.done(), Ok(2));
    assert_eq!((rows.stats().loads_panicked, rows.stats().loads_cancelled), (1, 0));
    assert_eq!(rows.get(&1_u64), Some(2));
}

#[test]
fn a_hung_leader_is_replaced_after_thirty_seconds() {
    let (test, hung, gate) = (TestCache::new(), Gate::closed(), Gate::closed());
    let rows = rows(test.cache());
    let _leader = Step::held(load(&rows, &hung, Ok(1)));
    let mut first = Step::held(load(&rows, &gate, Ok(2)));
    let mut second = Step::held(load(&rows, &gate, Ok(3)));
    test.clock().advance(Duration::from_secs(29));
    assert!(first.poll().is_none() && gate.loads() == 0);
    test.clock().advance(Duration::from_secs(1));
    assert!(first.poll().is_none() && second.poll().is_none());
    assert_eq!(gate.loads(), 1, "one takes over, not both");
    gate.let_through(1);
    assert_eq!((first.done(), second.done()), (Ok(2), Ok(2)));
    let overdue = Event::LoadOverdue { region: "row".into(), after: Duration::from_secs(30) };
    assert_eq!(test.events(), [overdue]);
}

#[test]
fn with_the_machines_clock_too_and_without_any_runtime() {
    let cache = Cache::builder().overdue_after(Duration::from_millis(50)).build().unwrap();
    let (rows, hung, open) = (rows(&cache), Gate::closed(), Gate::open());
    let _leader = Step::held(load(&rows, &hung, Ok(1)));
    assert_eq!(futures_executor_block_on(load(&rows, &open, Ok(2))), Ok(2));
}

/// Blocks this thread on a future: no runtime, no timer but the cache's own.
fn futures_executor_block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::task::Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            std::task::Poll::Ready(value) => return value,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn a_put_serves_those_who_wait() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let rows = rows(test.cache());
    let mut leader = Step::held(load(&rows, &gate, Ok(1)));
    let mut waiting = Step::held(load(&rows, &gate, Ok(2)));
    rows.put(&1_u64, 9).detach();
    assert_eq!(waiting.done(), Ok(9));
    gate.let_through(1);
    assert_eq!(leader.done(), Ok(1));
}

#[test]
fn a_load_that_needs_itself_runs_without_the_cache() {
    #[cached(ttl = "1m", key = "{n}", name = "countdown")]
    async fn countdown(n: u64) -> u64 {
        // Wrong on purpose: it asks for its own key.
        if DEPTH.fetch_add(1, Ordering::SeqCst) < 2 { Box::pin(countdown(n)).await } else { n }
    }
    static DEPTH: AtomicUsize = AtomicUsize::new(0);
    let test = TestCache::new();
    test.run_sync(|| assert_eq!(Step::new(countdown(3)).done(), 3));
    assert!(test.events().contains(&Event::Reentrant { region: "countdown".into() }));
}

#[test]
fn recursion_over_different_keys_is_cached_at_each_step() {
    #[cached(ttl = "1m", key = "{n}", name = "fibonacci")]
    async fn fibonacci(n: u64) -> u64 {
        if n < 2 { n } else { fibonacci(n - 1).await + fibonacci(n - 2).await }
    }
    let test = TestCache::new();
    test.run_sync(|| assert_eq!(Step::new(fibonacci(60)).done(), 1_548_008_755_920));
    test.assert_loads("fibonacci", 61);
}

#[test]
fn two_loads_that_need_each_other_do_not_wait_for_ever() {
    #[cached(ttl = "1m", skip(gate), name = "left")]
    async fn left(gate: &Gate) -> u64 {
        gate.pass().await;
        Box::pin(right(gate)).await + 1
    }
    #[cached(ttl = "1m", skip(gate), name = "right")]
    async fn right(gate: &Gate) -> u64 {
        gate.pass().await;
        if gate.loads() > 3 { 0 } else { Box::pin(left(gate)).await + 1 }
    }
    let (test, gate) = (TestCache::new(), Gate::closed());
    test.run_sync(|| {
        let (mut first, mut second) = (Step::held(left(&gate)), Step::held(right(&gate)));
        gate.let_through(10);
        // First waits for right, right would have to wait for first: it loads without the cache instead.
        assert!(first.poll().is_none());
        second.done();
        first.done();
    });
    assert!(test.events().iter().any(|event| matches!(event, Event::Reentrant { .. })));
}

#[test]
fn sync_functions_share_loads_between_threads() {
    #[cached(ttl = "1m", key = "{id}", skip(loads, barrier), name = "slow")]
    fn slow(id: u64, loads: &AtomicUsize, barrier: &std::sync::Barrier) -> u64 {
        loads.fetch_add(1, Ordering::SeqCst);
        barrier.wait();
        id * 2
    }
    let (test, loads) = (TestCache::new(), AtomicUsize::new(0));
    // The loader waits until the test knows that the others wait for it.
    let barrier = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| test.run_sync(|| assert_eq!(slow(21, &loads, &barrier), 42)));
        }
        while test.stats("slow").misses < 8 {
            std::thread::yield_now();
        }
        barrier.wait();
    });
    assert_eq!(loads.load(Ordering::SeqCst), 1);
}

#[test]
fn a_sync_load_that_panics_is_replaced() {
    #[cached(ttl = "1m", skip(attempts))]
    fn fragile(attempts: &AtomicUsize) -> u64 {
        assert!(attempts.fetch_add(1, Ordering::SeqCst) > 0, "the first one breaks");
        7
    }
    let (test, attempts) = (TestCache::new(), AtomicUsize::new(0));
    test.run_sync(|| {
        let first = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fragile(&attempts)));
        assert!(first.is_err());
        assert_eq!(fragile(&attempts), 7);
    });
}

#[test]
fn a_load_that_lands_between_look_up_and_joining_is_not_repeated() {
    // Eight callers per key on four threads, all released together: the window between a caller's look at the entry
    // and its joining the flight is hit many times in 20 000 keys.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().unwrap();
    let loads = Arc::new(AtomicUsize::new(0));
    let rows: Region<u64, u64> = Cache::new().region("row").capacity(100_000).build().unwrap();
    runtime.block_on(async {
        for key in 0..20_000_u64 {
            let tasks: Vec<_> = (0..8)
                .map(|_| {
                    let (rows, loads) = (rows.clone(), Arc::clone(&loads));
                    tokio::spawn(async move {
                        let load = || async {
                            loads.fetch_add(1, Ordering::SeqCst);
                            Ok::<_, Shared>(key)
                        };
                        rows.get_or_load(&key, load).await
                    })
                })
                .collect();
            for task in tasks {
                assert_eq!(task.await.unwrap(), Ok(key));
            }
        }
    });
    assert_eq!(loads.load(Ordering::SeqCst), 20_000);
}

#[test]
fn under_a_storm_of_cancellations_and_invalidations_nobody_waits_for_a_seat_that_nobody_has() {
    // If a seat or a wake-up were ever lost, a waiter would sit until the running load is overdue, and say so.
    let overdue = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&overdue);
    let cache = Cache::builder()
        .overdue_after(Duration::from_secs(5))
        .on_event(move |event: &Event| {
            _ = seen.fetch_add(usize::from(matches!(event, Event::LoadOverdue { .. })), Ordering::SeqCst);
        })
        .build()
        .unwrap();
    let rows = rows(&cache);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..16_u64)
            .map(|task| {
                let (rows, cache) = (rows.clone(), cache.clone());
                tokio::spawn(async move {
                    for round in 0..4_000_u64 {
                        let key = (task * 7 + round) % 5;
                        let load = || async {
                            for _ in 0..round % 4 {
                                tokio::task::yield_now().await;
                            }
                            if round % 11 == 0 { Err(Unshared(0)) } else { Ok(round) }
                        };
                        let call = rows.get_or_load_unshared(&key, load);
                        match (task + round) % 5 {
                            0 => _ = tokio::time::timeout(Duration::ZERO, call).await,
                            1 => {
                                rows.invalidate(&key).detach();
                                _ = call.await;
                            }
                            2 => {
                                cache.invalidate_all().detach();
                                _ = call.await;
                            }
                            _ => _ = call.await,
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(overdue.load(Ordering::SeqCst), 0);
    assert!(rows.stats().loads_cancelled > 0 && rows.stats().load_errors > 0);
}
