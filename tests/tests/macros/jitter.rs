//! `jitter`: lives that differ a little.

use std::time::Duration;

use cache_core::cached;
use cache_core::test_util::TestCache;

use crate::ignore;

/// How many of 200 values that were stored at once are alive after each of `times`, in seconds.
fn alive(load: impl Fn(u64) -> u64, peek: impl Fn(u64) -> Option<u64>, times: &[u64]) -> Vec<usize> {
    let test = TestCache::new();
    test.run_sync(|| {
        (0..200).for_each(|id| ignore(load(id)));
        let mut passed = 0;
        let counts = times.iter().map(|time| {
            test.clock().advance(Duration::from_secs(time - passed));
            passed = *time;
            (0..200).filter(|id| peek(*id).is_some()).count()
        });
        counts.collect()
    })
}

#[test]
fn values_stored_together_do_not_expire_together() {
    #[cached(ttl = "100s", jitter = 10)]
    fn load(id: u64) -> u64 {
        id
    }
    let alive = alive(load, load::peek, &[89, 100, 111]);
    assert_eq!((alive[0], alive[2]), (200, 0), "within ten percent");
    assert!((50..150).contains(&alive[1]), "{} of 200 lived longer than the ttl", alive[1]);
}

#[test]
fn a_jitter_of_zero_and_none_are_exact_in_a_cache_of_one_process() {
    #[cached(ttl = "100s", jitter = 0)]
    fn zero(id: u64) -> u64 {
        id
    }
    #[cached(ttl = "100s")]
    fn none(id: u64) -> u64 {
        id
    }
    assert_eq!(alive(zero, zero::peek, &[99, 100]), [200, 0]);
    assert_eq!(alive(none, none::peek, &[99, 100]), [200, 0]);
}

#[test]
fn the_most_jitter_never_makes_a_life_longer_than_twice() {
    #[cached(ttl = "100s", jitter = 100)]
    fn load(id: u64) -> u64 {
        id
    }
    let alive = alive(load, load::peek, &[50, 150, 201]);
    assert!(alive[0] < 200 && alive[1] > 0, "{alive:?}");
    assert_eq!(alive[2], 0);
}
