//! `stale_if_error`, `timeout` and `tti`, `early` on functions that are not async, and all of them together.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cache_core::test_util::{TaskQueue, TestCache};
use cache_core::{LoadTimeout, cached};
use cache_tests::Step;

use crate::now;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq)]
enum ShopError {
    Down,
    TooSlow(Duration),
}

impl From<LoadTimeout> for ShopError {
    fn from(timeout: LoadTimeout) -> Self {
        ShopError::TooSlow(timeout.after)
    }
}

#[cached(ttl = "1m", stale_if_error = "1h", skip(up))]
async fn row(up: bool, id: u64) -> Result<u64, ShopError> {
    if up { Ok(id) } else { Err(ShopError::Down) }
}

#[test]
fn an_error_is_covered_by_the_stale_value() {
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!(now(row(false, 1)), Err(ShopError::Down));
        assert_eq!(now(row(true, 1)), Ok(1));
        test.clock().advance(SECOND * 60);
        assert_eq!(now(row(false, 1)), Ok(1));
        row::invalidate(1).detach();
        assert_eq!(now(row(false, 1)), Err(ShopError::Down));
    });
}

#[cached(ttl = "1m", stale_if_error = "1h", skip(up))]
fn blocking(up: bool, id: u64) -> Result<Option<u64>, ShopError> {
    if up { Ok(Some(id)) } else { Err(ShopError::Down) }
}

#[test]
fn functions_that_are_not_async_are_covered_too() {
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!(blocking(true, 1), Ok(Some(1)));
        test.clock().advance(SECOND * 60);
        assert_eq!(blocking(false, 1), Ok(Some(1)));
        test.clock().advance(SECOND * 3600);
        assert_eq!(blocking(false, 1), Err(ShopError::Down));
    });
}

#[cached(ttl = "1m", timeout = "2s")]
async fn slow(id: u64) -> Result<u64, ShopError> {
    std::future::pending::<()>().await;
    Ok(id)
}

#[cached(ttl = "1m", timeout = "2s")]
async fn slow_io(id: u64) -> std::io::Result<Option<u64>> {
    std::future::pending::<()>().await;
    Ok(Some(id))
}

#[test]
fn a_load_that_takes_too_long_is_dropped() {
    let test = TestCache::new();
    test.run_sync(|| {
        let (mut call, mut waiter, mut io) = (Step::held(slow(1)), Step::held(slow(1)), Step::held(slow_io(1)));
        test.clock().advance(SECOND * 2);
        assert_eq!(call.done(), Err(ShopError::TooSlow(SECOND * 2)));
        assert_eq!(waiter.done(), Err(ShopError::TooSlow(SECOND * 2)));
        assert_eq!(io.done().map_err(|error| error.kind()), Err(std::io::ErrorKind::TimedOut));
        let mut refresh = Step::held(slow::refresh(1));
        test.clock().advance(SECOND * 2);
        assert_eq!(refresh.done(), Err(ShopError::TooSlow(SECOND * 2)));
    });
    assert_eq!(test.stats("slow").load_timeouts, 2);
}

#[test]
fn it_is_dropped_also_when_caching_is_off() {
    let test = TestCache::with(|builder| builder.enabled(false));
    test.run_sync(|| {
        let mut call = Step::held(slow(1));
        test.clock().advance(SECOND * 2);
        assert_eq!(call.done(), Err(ShopError::TooSlow(SECOND * 2)));
    });
}

#[cached(ttl = "1h", tti = "16s")]
async fn session(id: u64) -> u64 {
    id
}

#[test]
fn a_session_lives_while_it_is_used() {
    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..10 {
            assert_eq!(now(session(1)), 1);
            test.clock().advance(SECOND * 15);
        }
        test.assert_loads("session", 1);
        test.clock().advance(SECOND * 5);
        assert_eq!(now(session(1)), 1);
        test.assert_loads("session", 2);
    });
}

static NOW: AtomicU64 = AtomicU64::new(0);

#[cached(ttl = "1m", early = 1.0, skip(test))]
fn early(test: &TestCache) -> u64 {
    test.clock().advance(SECOND);
    NOW.fetch_add(1, Ordering::SeqCst)
}

#[test]
fn without_a_runtime_chance_makes_a_caller_load_before_the_end() {
    let test = TestCache::new();
    test.run_sync(|| {
        early(&test);
        let mut waited = 0;
        while test.stats("early").loads == 1 {
            assert!(waited < 600, "the ttl ended before");
            early(&test);
            test.clock().advance(SECOND / 10);
            waited += 1;
        }
        assert!(waited > 200, "{waited}");
        assert_eq!(test.stats("early").misses, 1);
    });
}

#[cached(
    ttl = "1m",
    jitter = 10,
    tti = "50s",
    stale_while_revalidate = "1m",
    stale_if_error = "1h",
    early = 1.0,
    timeout = "5s",
    soft_timeout = "1s",
    negative_ttl = "10s",
    cache_if = |row: &u64| *row != 13,
    condition = id != 0,
    tags = ["rows", "row:{ret}"],
    capacity = 100
)]
async fn everything(id: u64) -> Result<Option<u64>, ShopError> {
    Ok((id < 100).then_some(id))
}

#[test]
fn all_of_them_go_together() {
    let tasks = TaskQueue::new();
    let test = TestCache::with(|builder| builder.spawn(tasks.clone()));
    test.run_sync(|| {
        let get = |id| {
            let mut call = Step::new(everything(id));
            call.poll().unwrap_or_else(|| {
                tasks.run();
                call.done()
            })
        };
        assert_eq!((get(1), get(1), get(100), get(100)), (Ok(Some(1)), Ok(Some(1)), Ok(None), Ok(None)));
        test.assert_loads("everything", 2);
        assert_eq!((get(13), get(13), get(0), get(0)), (Ok(Some(13)), Ok(Some(13)), Ok(Some(0)), Ok(Some(0))));
        test.assert_loads("everything", 4);
        test.cache().invalidate_tag("row:1").detach();
        assert_eq!(get(1), Ok(Some(1)));
        test.assert_loads("everything", 5);
    });
}
