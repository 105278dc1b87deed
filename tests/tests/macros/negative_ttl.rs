//! `negative_ttl`: keeps absences and errors, for a time of their own. (More in the tests of promise P6.)

use std::cell::Cell;
use std::time::Duration;

use cache_core::cached;
use cache_core::test_util::TestCache;

use crate::now;

#[test]
fn an_absence_lives_for_exactly_that_long() {
    #[cached(ttl = "1h", negative_ttl = "250ms")]
    async fn load(id: u64) -> Option<u64> {
        (id > 0).then_some(id)
    }
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!(now(load(0)), None);
        test.clock().advance(Duration::from_millis(249));
        assert_eq!(now(load(0)), None);
        test.assert_loads("load", 1);
        test.clock().advance(Duration::from_millis(1));
        assert_eq!(now(load(0)), None);
        test.assert_loads("load", 2);
    });
}

#[test]
fn a_value_lives_for_the_ttl() {
    #[cached(ttl = "1h", negative_ttl = "1s")]
    fn load(id: u64) -> Option<u64> {
        (id > 0).then_some(id)
    }
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!(load(1), Some(1));
        test.clock().advance(Duration::from_secs(3_599));
        assert_eq!(load(1), Some(1));
    });
    test.assert_loads("load", 1);
}

#[test]
fn it_may_be_an_expression() {
    const BRIEF: Duration = Duration::from_secs(3);
    #[cached(ttl = "1h", negative_ttl = BRIEF * 2)]
    fn load() -> Result<u64, String> {
        Err("down".to_owned())
    }
    let test = TestCache::new();
    test.run_sync(|| {
        for second in 0..12 {
            assert_eq!(load(), Err("down".to_owned()), "second {second}");
            test.clock().advance(Duration::from_secs(1));
        }
    });
    test.assert_loads("load", 2);
}

#[test]
fn a_value_takes_the_place_of_a_kept_error() {
    thread_local!(static DOWN: Cell<bool> = const { Cell::new(true) });
    #[cached(ttl = "1h", negative_ttl = "1m")]
    fn load() -> Result<u64, String> {
        if DOWN.get() { Err("down".to_owned()) } else { Ok(1) }
    }
    TestCache::new().run_sync(|| {
        assert_eq!(load(), Err("down".to_owned()));
        DOWN.set(false);
        assert_eq!(load(), Err("down".to_owned()), "kept");
        assert_eq!(load::refresh(), Ok(1));
        assert_eq!(load(), Ok(1));
        load::invalidate().detach();
        DOWN.set(true);
        assert_eq!(load(), Err("down".to_owned()));
        load::put(2).detach();
        assert_eq!(load(), Ok(2));
    });
}
