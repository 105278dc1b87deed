//! A region of one's own: time, capacity, many keys, listeners.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cache_core::test_util::TestCache;
use cache_core::{Cache, ErrorKind, Event, NotStored, Region, RemovalCause, Ttl};
use cache_tests::{Gate, Step};
use parking_lot::Mutex;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn an_entry_is_fresh_for_its_ttl() {
    let test = TestCache::new();
    let region: Region<u64, u64> = test.cache().region("r").ttl(10 * SECOND).build().unwrap();
    region.put(&1_u64, 7).detach();
    assert_eq!(region.remaining_ttl(&1_u64), Some(10 * SECOND));
    test.clock().advance(10 * SECOND - Duration::from_nanos(1));
    assert_eq!(region.get(&1_u64), Some(7));
    test.clock().advance(Duration::from_nanos(1));
    assert_eq!((region.get(&1_u64), region.remaining_ttl(&1_u64), region.contains(&1_u64)), (None, None, false));
}

#[test]
fn never_is_never_and_the_default_is_the_caches() {
    let test = TestCache::with(|builder| builder.default_ttl(3 * SECOND));
    let never: Region<u64, u64> = test.cache().region("never").ttl(Ttl::Never).build().unwrap();
    let default: Region<u64, u64> = test.cache().region("default").build().unwrap();
    never.put(&1_u64, 1).detach();
    default.put(&1_u64, 1).detach();
    assert_eq!((never.remaining_ttl(&1_u64), default.remaining_ttl(&1_u64)), (Some(Duration::MAX), Some(3 * SECOND)));
    test.clock().advance(Duration::from_secs(100 * 365 * 24 * 3600));
    assert_eq!((never.get(&1_u64), default.get(&1_u64)), (Some(1), None));
}

#[test]
fn jitter_spreads_the_ends() {
    let test = TestCache::new();
    let region: Region<u64, u64> = test.cache().region("r").ttl(100 * SECOND).jitter(10).build().unwrap();
    (0..100_u64).for_each(|key| region.put(&key, key).detach());
    let ends: Vec<_> = (0..100_u64).filter_map(|key| region.remaining_ttl(&key)).collect();
    assert!(ends.iter().all(|end| (90 * SECOND..=110 * SECOND).contains(end)));
    assert!(ends.iter().max().unwrap().saturating_sub(*ends.iter().min().unwrap()) > 10 * SECOND);
}

#[test]
fn settings_that_cannot_mean_anything_are_refused() {
    let cache = Cache::new();
    let refused = |error: cache_core::Error| (error.kind(), error.to_string());
    let too_short = cache.region::<u64, u64>("r").ttl(Duration::from_millis(9)).build().unwrap_err();
    assert_eq!(refused(too_short).0, ErrorKind::Configuration);
    let too_short = cache.region::<u64, u64>("r").negative_ttl(Duration::ZERO).build().unwrap_err();
    assert!(refused(too_short).1.contains("negative_ttl must be at least 10 ms"));
    assert_eq!(Cache::builder().default_ttl(Duration::ZERO).build().unwrap_err().kind(), ErrorKind::Configuration);
    assert!(cache.region::<u64, u64>("r").build().is_ok(), "a refused region does not take the name");
}

#[test]
fn with_capacity_zero_nothing_is_kept_and_loads_are_still_shared() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let region: Region<u64, u64> = test.cache().region("r").capacity(0).build().unwrap();
    region.put(&1_u64, 1).detach();
    assert_eq!(region.get(&1_u64), None);
    let load = || async {
        gate.pass().await;
        Ok::<_, Infallible>(7)
    };
    let (mut first, mut second) =
        (Step::held(region.get_or_load(&1_u64, load)), Step::held(region.get_or_load(&1_u64, load)));
    gate.let_through(1);
    assert_eq!((first.done(), second.done(), gate.loads(), region.len()), (Ok(7), Ok(7), 1, 0));
    assert!(test.events().is_empty(), "as asked for");
}

#[test]
fn capacity_bounds_the_entries() {
    for capacity in [1, 2, 10, 100, 5_000] {
        let region: Region<u64, u64> = Cache::new().region("r").capacity(capacity).build().unwrap();
        (0..20_000_u64).for_each(|key| region.put(&key, key).detach());
        // Rounded up to a whole number per shard.
        assert!(region.len() as u64 >= capacity * 9 / 10 && region.len() as u64 <= capacity + 32, "{}", region.len());
        assert!(region.stats().evictions >= 20_000 - capacity - 32);
    }
}

#[test]
fn capacity_by_weight() {
    let test = TestCache::new();
    let region: Region<u64, String> =
        test.cache().region("r").capacity(100_000).weigh(|text: &String| text.len() as u64).build().unwrap();
    (0..1_000_u64).for_each(|key| region.put(&key, "x".repeat(1_000)).detach());
    assert!(region.weight() <= 100_000 && region.len() >= 80, "{} entries of 1 000", region.len());
    // Growing in place must not outgrow the capacity either.
    (0..1_000_u64).for_each(|key| region.put(&(key % 20), "x".repeat(1 + key as usize * 5)).detach());
    assert!(region.weight() <= 100_000, "{}", region.weight());
}

#[test]
fn what_is_too_heavy_is_not_stored_and_takes_the_old_value_along() {
    let test = TestCache::new();
    let region: Region<u64, String> =
        test.cache().region("r").capacity(1_000).weigh(|text: &String| text.len() as u64).build().unwrap();
    region.put(&1_u64, "small".to_owned()).detach();
    region.put(&1_u64, "x".repeat(2_000)).detach();
    assert_eq!(region.get(&1_u64), None);
    let load = || async { Ok::<_, Infallible>("x".repeat(2_000)) };
    assert_eq!(Step::new(region.get_or_load(&1_u64, load)).done().map(|text| text.len()), Ok(2_000));
    let too_heavy = Event::NotStored { region: "r".into(), reason: NotStored::TooHeavy };
    assert_eq!(test.events(), [too_heavy.clone(), too_heavy]);
}

#[test]
fn a_weigher_that_says_nothing_cannot_make_entries_immortal() {
    let region: Region<u64, u64> = Cache::new().region("r").capacity(64).weigh(|_: &u64| 0).build().unwrap();
    (0..10_000_u64).for_each(|key| region.put(&key, key).detach());
    assert!(region.len() <= 64 + 32);
}

#[test]
fn listeners_hear_what_left_and_why() {
    let test = TestCache::new();
    let heard: Arc<Mutex<Vec<(u64, u64, RemovalCause)>>> = Arc::default();
    let listener = Arc::clone(&heard);
    let region: Region<u64, u64> = test
        .cache()
        .region("r")
        .capacity(1)
        .ttl(SECOND)
        .on_removal(move |key, value, cause| listener.lock().push((*key, *value, cause)))
        .build()
        .unwrap();
    let told = || std::mem::take(&mut *heard.lock());
    region.put(&1_u64, 1).detach();
    region.put(&1_u64, 2).detach();
    assert_eq!(told(), [(1, 1, RemovalCause::Replaced)]);
    region.put(&2_u64, 3).detach();
    assert_eq!(told(), [(1, 2, RemovalCause::Evicted)]);
    region.invalidate(&2_u64).detach();
    assert_eq!(told(), [(2, 3, RemovalCause::Invalidated)]);
    region.put(&3_u64, 4).detach();
    test.clock().advance(SECOND);
    test.cache().sweep();
    assert_eq!(told(), [(3, 4, RemovalCause::Expired)]);
    region.put(&4_u64, 5).detach();
    region.invalidate_all().detach();
    test.cache().sweep();
    assert_eq!(told(), [(4, 5, RemovalCause::Invalidated)]);
}

#[test]
fn a_listener_may_use_the_cache() {
    let cache = Cache::new();
    let other: Region<u64, u64> = cache.region("other").build().unwrap();
    let copy = other.clone();
    let region: Region<u64, u64> =
        cache.region("r").on_removal(move |key, value, _| copy.put(key, *value).detach()).build().unwrap();
    region.put(&1_u64, 7).detach();
    region.invalidate(&1_u64).detach();
    assert_eq!(other.get(&1_u64), Some(7));
}

#[test]
fn expired_entries_are_swept_by_what_goes_on() {
    let test = TestCache::new();
    let region: Region<u64, u64> = test.cache().region("r").capacity(100_000).ttl(SECOND).build().unwrap();
    (0..50_000_u64).for_each(|key| region.put(&key, key).detach());
    test.clock().advance(SECOND);
    assert_eq!(region.len(), 50_000, "nobody has looked yet");
    for key in 0..200_u64 {
        test.clock().advance(Duration::from_millis(10));
        region.put(&key, key).detach();
    }
    assert!(region.len() <= 200, "{} left after two cycles", region.len());
    assert!(region.stats().expirations >= 49_800);
}

#[test]
fn many_keys_are_loaded_with_one_call() {
    let test = TestCache::new();
    let region: Region<u64, u64> = test.cache().region("r").build().unwrap();
    let calls: Mutex<Vec<Vec<u64>>> = Mutex::default();
    let load = |missing: Vec<u64>| {
        calls.lock().push(missing.clone());
        async move { Ok::<_, Infallible>(missing.into_iter().filter(|key| *key < 100).map(|key| (key, key * 2)).collect()) }
    };
    region.put(&2_u64, 0).detach();
    let values = Step::new(region.get_or_load_many(&[1_u64, 2, 3, 1, 500], load)).done();
    assert_eq!(values, Ok(vec![Some(2), Some(0), Some(6), Some(2), None]));
    let values = Step::new(region.get_or_load_many(&[3_u64, 4, 500], load)).done();
    assert_eq!(values, Ok(vec![Some(6), Some(8), None]));
    assert_eq!(*calls.lock(), [vec![1, 3, 500], vec![4, 500]]);
    assert_eq!(region.get_many(&[1_u64, 4, 5]), [Some(2), Some(8), None]);
}

#[test]
fn batches_that_need_each_others_keys_both_get_on() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let region: Region<u64, u64> = test.cache().region("r").build().unwrap();
    let batch = |keys: Vec<u64>| {
        let (region, gate) = (&region, &gate);
        Step::held(async move {
            let load = |missing: Vec<u64>| async move {
                gate.pass().await;
                Ok::<_, Infallible>(missing.into_iter().map(|key| (key, gate.loads() as u64)).collect())
            };
            region.get_or_load_many(&keys, load).await.unwrap()
        })
    };
    let (mut first, mut second) = (batch(vec![1, 2, 3]), batch(vec![3, 4, 1]));
    assert_eq!(gate.loads(), 2);
    gate.let_through(2);
    assert!(first.poll().is_some() || second.poll().is_some());
    second.poll();
    assert_eq!(region.get_many(&[1_u64, 2, 3, 4]), [Some(2), Some(2), Some(2), Some(2)]);
}

#[test]
fn a_batch_whose_load_is_dropped_hands_its_keys_on() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let region: Region<u64, u64> = test.cache().region("r").build().unwrap();
    let load = |missing: Vec<u64>| {
        let gate = gate.clone();
        async move {
            gate.pass().await;
            Ok::<_, Infallible>(missing.into_iter().map(|key| (key, 1)).collect::<Vec<_>>())
        }
    };
    let keys = [1_u64, 2];
    let dropped = Step::held(region.get_or_load_many(&keys, load));
    let mut waiting = Step::held(region.get_or_load_many(&keys, load));
    drop(dropped);
    gate.let_through(1);
    assert_eq!(waiting.done(), Ok(vec![Some(1), Some(1)]));
    assert_eq!(gate.loads(), 2);
}

#[test]
fn an_optional_value_is_loaded_and_its_absence_kept_if_asked() {
    let (test, loads) = (TestCache::new(), AtomicUsize::new(0));
    let region: Region<u64, u64> = test.cache().region("r").negative_ttl(SECOND).build().unwrap();
    let load = || async {
        loads.fetch_add(1, Ordering::SeqCst);
        Ok::<Option<u64>, Infallible>(None)
    };
    for _ in 0..2 {
        assert_eq!(Step::new(region.get_or_load_optional(&1_u64, load)).done(), Ok(None));
    }
    assert_eq!((loads.load(Ordering::SeqCst), region.get(&1_u64), region.contains(&1_u64)), (1, None, false));
    let value = || async { Ok::<_, Infallible>(7) };
    assert_eq!(Step::new(region.get_or_load(&1_u64, value)).done(), Ok(7), "who needs a value loads one");
    assert_eq!(region.get(&1_u64), Some(7));
}

#[test]
fn switched_off_nothing_is_served_and_switched_on_nothing_old() {
    let test = TestCache::new();
    let region: Region<u64, u64> = test.cache().region("r").build().unwrap();
    let loads = AtomicUsize::new(0);
    let call = || {
        let load = || async { Ok::<_, Infallible>(loads.fetch_add(1, Ordering::SeqCst)) };
        Step::new(region.get_or_load(&1_u64, || async { load().await.map(|n| n as u64) })).done()
    };
    assert_eq!((call(), call()), (Ok(0), Ok(0)));
    test.cache().set_enabled(false);
    assert_eq!((region.get(&1_u64), call(), call()), (None, Ok(1), Ok(2)));
    region.put(&1_u64, 99).detach();
    test.cache().set_enabled(true);
    assert_eq!((region.get(&1_u64), call(), call()), (None, Ok(3), Ok(3)));
    let made_while_off: Region<u64, u64> = {
        test.cache().set_enabled(false);
        test.cache().region("late").build().unwrap()
    };
    made_while_off.put(&1_u64, 1).detach();
    assert_eq!(made_while_off.get(&1_u64), None);
    test.cache().set_enabled(true);
    made_while_off.put(&1_u64, 1).detach();
    assert_eq!(made_while_off.get(&1_u64), Some(1));
}

#[test]
fn a_machine_that_slept_trusts_nothing() {
    let test = TestCache::new();
    let region: Region<u64, u64> = test.cache().region("r").ttl(Ttl::Never).build().unwrap();
    region.put(&1_u64, 1).detach();
    test.clock().suspend(3600 * SECOND);
    let load = || async { Ok::<_, Infallible>(2) };
    Step::new(region.get_or_load(&2_u64, load)).done().unwrap();
    assert_eq!((region.get(&1_u64), region.get(&2_u64)), (None, Some(2)));
    assert_eq!(test.events(), [Event::Suspended { duration: 3600 * SECOND }]);
}

#[tokio::test]
async fn prefetching_loads_in_the_background_and_a_shutdown_waits_for_it() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let region: Region<u64, u64> = test.cache().region("r").build().unwrap();
    let prefetch = || {
        let gate = gate.clone();
        region.prefetch(1, || async move {
            gate.pass().await;
            Ok::<_, Infallible>(7)
        })
    };
    assert!(prefetch());
    while gate.loads() == 0 {
        tokio::task::yield_now().await;
    }
    let mut shutdown = Box::pin(test.cache().shutdown(10 * SECOND));
    assert!(futures_now(&mut shutdown).is_none());
    assert!(!prefetch(), "nothing new is started");
    gate.let_through(1);
    assert!(shutdown.await.is_ok());
    assert_eq!(region.get(&1_u64), Some(7));
}

#[tokio::test]
async fn a_shutdown_gives_up_at_its_deadline() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let region: Region<u64, u64> = test.cache().region("r").build().unwrap();
    let held = gate.clone();
    region.prefetch(1, || async move {
        held.pass().await;
        Ok::<_, Infallible>(7)
    });
    let mut shutdown = Box::pin(test.cache().shutdown(10 * SECOND));
    assert!(futures_now(&mut shutdown).is_none());
    test.clock().advance(10 * SECOND);
    assert_eq!(shutdown.await.unwrap_err().kind(), ErrorKind::DeadlineElapsed);
}

#[test]
fn without_a_runtime_nothing_is_prefetched() {
    let region: Region<u64, u64> = Cache::new().region("r").build().unwrap();
    assert!(!region.prefetch(1, || async { Ok::<_, Infallible>(7) }));
}

fn futures_now<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    match std::pin::Pin::new(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}

#[test]
fn all_regions_together_hold_no_more_than_the_budget() {
    let test = TestCache::with(|builder| builder.max_entries(6_400));
    let [big, small]: [Region<u64, u64>; 2] =
        ["big", "small"].map(|name| test.cache().region(name).capacity(100_000).build().unwrap());
    for key in 0..500_u64 {
        small.put(&key, key).detach();
    }
    let all = || test.cache().regions().iter().map(cache_core::AnyRegion::len).sum::<usize>();
    for key in 0..20_000_u64 {
        big.put(&key, key).detach();
        assert!(all() <= 6_500, "{} entries", all());
    }
    assert!(all() >= 5_800, "{} entries: there is room for more", all());
    assert!(small.len() > 450, "the large region gives, not the small one: {}", small.len());
    assert_eq!(big.stats().evictions as usize, 20_000 - big.len());

    // With room again, a region grows to what its own capacity allows.
    test.cache().invalidate_all().detach();
    test.cache().sweep();
    for key in 0..6_300_u64 {
        small.put(&key, key).detach();
    }
    assert!(small.len() > 6_200, "{}", small.len());
}

#[test]
fn the_smallest_budget_leaves_a_region_an_entry_for_each_of_its_shards() {
    let test = TestCache::with(|builder| builder.max_entries(1));
    let rows: Region<u64, u64> = test.cache().region("row").build().unwrap();
    for key in 0..10_000_u64 {
        rows.put(&key, key).detach();
        assert_eq!(rows.get(&key), Some(key));
    }
    // 10 000 entries have at most 4 shards for each core, or 312.
    assert!(rows.len() <= 512, "{}", rows.len());
}

#[test]
fn a_failed_refresh_leaves_the_value_also_where_errors_are_kept() {
    let test = TestCache::new();
    let rows: Region<u64, u64> = test.cache().region("row").negative_ttl(Duration::from_secs(1)).build().unwrap();
    rows.put(&1_u64, 7).detach();
    assert_eq!(Step::new(rows.refresh(&1_u64, || async { Err::<u64, _>("down") })).done(), Err("down"));
    assert_eq!(rows.get(&1_u64), Some(7));
}

#[test]
fn a_batch_that_ends_before_it_began_cancels_no_load() {
    let test = TestCache::new();
    let rows: Region<u64, u64> = test.cache().region("row").negative_ttl(Duration::from_secs(1)).build().unwrap();
    assert!(Step::new(rows.get_or_load(&2_u64, || async { Err::<u64, _>("down") })).done().is_err());
    let many = rows.get_or_load_many(&[1_u64, 2], |_| async { Ok::<_, &'static str>(vec![]) });
    assert_eq!(Step::new(many).done(), Err("down"));
    assert_eq!((rows.stats().loads, rows.stats().loads_cancelled), (1, 0));
}

/// The engine remembers what it has evicted, and keeps a key that comes back: what makes it resist scans.
#[test]
fn a_key_that_was_evicted_too_soon_is_kept_when_it_comes_back() {
    let test = TestCache::new();
    let rows: Region<u64, u64> = test.cache().region("row").capacity(1_000).build().unwrap();
    let wanted = 0..10_u64;
    let mut others = 1_000_u64..;
    let mut scan = |keys| others.by_ref().take(keys).for_each(|key| rows.put(&key, key).detach());
    scan(1_500);
    wanted.clone().for_each(|key| rows.put(&key, key).detach());
    scan(500);
    assert!(wanted.clone().all(|key| rows.peek(&key).is_none()), "evicted by the scan");
    wanted.clone().for_each(|key| rows.put(&key, key).detach());
    scan(3_000);
    let kept = wanted.filter(|key| rows.peek(key).is_some()).count();
    assert_eq!(kept, 10, "of ten keys that came back");
}
