//! `ttl`: how long a value may be served.

use std::cell::Cell;
use std::time::Duration;

use cache_core::cached;
use cache_core::test_util::TestCache;

/// Asserts that a value lives for exactly `life`.
fn lives_for<R>(life: Duration, call: impl Fn() -> R) {
    let test = TestCache::new();
    let loads = || test.cache().regions()[0].stats().loads;
    test.run_sync(|| {
        call();
        test.clock().advance(life - Duration::from_nanos(1));
        call();
        assert_eq!(loads(), 1, "a nanosecond before its end");
        test.clock().advance(Duration::from_nanos(1));
        call();
        assert_eq!(loads(), 2, "at its end");
    });
}

#[test]
fn a_literal_is_a_number_with_a_unit() {
    #[cached(ttl = "250ms")]
    fn milliseconds() -> u8 {
        1
    }
    #[cached(ttl = "10s")]
    fn seconds() -> u8 {
        1
    }
    #[cached(ttl = "5m")]
    fn minutes() -> u8 {
        1
    }
    #[cached(ttl = "2h")]
    fn hours() -> u8 {
        1
    }
    #[cached(ttl = "7d")]
    fn days() -> u8 {
        1
    }
    #[cached(ttl = "3w")]
    fn weeks() -> u8 {
        1
    }
    lives_for(Duration::from_millis(250), milliseconds);
    lives_for(Duration::from_secs(10), seconds);
    lives_for(Duration::from_secs(300), minutes);
    lives_for(Duration::from_secs(7_200), hours);
    lives_for(Duration::from_secs(7 * 86_400), days);
    lives_for(Duration::from_secs(21 * 86_400), weeks);
}

#[test]
fn a_literal_may_have_several_units() {
    #[cached(ttl = "1h30m")]
    fn two() -> u8 {
        1
    }
    #[cached(ttl = "1d2h3m4s5ms")]
    fn five() -> u8 {
        1
    }
    lives_for(Duration::from_secs(5_400), two);
    lives_for(Duration::from_millis(93_784_005), five);
}

#[test]
fn the_shortest_is_ten_milliseconds() {
    #[cached(ttl = "10ms")]
    fn short() -> u8 {
        1
    }
    lives_for(Duration::from_millis(10), short);
}

#[test]
fn an_expression_is_a_duration() {
    const TTL: Duration = Duration::from_secs(7);
    #[cached(ttl = TTL)]
    fn constant() -> u8 {
        1
    }
    #[cached(ttl = Duration::from_secs(2) * 3)]
    fn computed() -> u8 {
        1
    }
    lives_for(Duration::from_secs(7), constant);
    lives_for(Duration::from_secs(6), computed);
}

#[test]
fn an_expression_is_evaluated_once_per_cache() {
    thread_local!(static ASKED: Cell<u32> = const { Cell::new(0) });
    fn configured() -> Duration {
        ASKED.set(ASKED.get() + 1);
        Duration::from_secs(7)
    }
    #[cached(ttl = configured())]
    fn load(id: u64) -> u64 {
        id
    }
    TestCache::new().run_sync(|| (0..5).for_each(|id| assert_eq!((load(id), load(id)), (id, id))));
    assert_eq!(ASKED.get(), 1);
}

#[test]
fn an_expression_below_ten_milliseconds_is_reported_and_keeps_nothing() {
    #[cached(ttl = Duration::ZERO)]
    fn load() -> u8 {
        1
    }
    let test = TestCache::new();
    test.run_sync(|| assert_eq!((load(), load()), (1, 1)));
    test.assert_loads("load", 2);
    assert!(matches!(&test.events()[..], [cache_core::Event::Misconfigured { .. }]), "{:?}", test.events());
}

#[test]
fn never_outlives_everything() {
    #[cached(ttl = "never")]
    fn load() -> u8 {
        1
    }
    let test = TestCache::new();
    test.run_sync(|| {
        load();
        test.clock().advance(Duration::from_secs(200 * 365 * 86_400));
        load();
    });
    test.assert_loads("load", 1);
}

#[test]
fn the_default_is_the_caches_own() {
    #[cached(ttl = "default")]
    fn load() -> u8 {
        1
    }
    lives_for(Duration::from_secs(300), load);
    let test = TestCache::with(|cache| cache.default_ttl(Duration::from_secs(4)));
    test.run_sync(|| {
        load();
        test.clock().advance(Duration::from_secs(3));
        assert_eq!(load::peek(), Some(1));
        test.clock().advance(Duration::from_secs(1));
        assert_eq!(load::peek(), None);
    });
}

#[test]
fn a_value_that_was_put_lives_as_long_as_a_loaded_one() {
    #[cached(ttl = "10s")]
    fn load() -> u8 {
        1
    }
    let test = TestCache::new();
    test.run_sync(|| {
        load::put(2).detach();
        test.clock().advance(Duration::from_millis(9_999));
        assert_eq!(load::peek(), Some(2));
        test.clock().advance(Duration::from_millis(1));
        assert_eq!((load::peek(), load()), (None, 1));
    });
}

#[test]
fn a_hit_does_not_lengthen_the_life() {
    #[cached(ttl = "10s")]
    fn load() -> u8 {
        1
    }
    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..10 {
            load();
            test.clock().advance(Duration::from_secs(4));
        }
    });
    test.assert_loads("load", 4);
}
