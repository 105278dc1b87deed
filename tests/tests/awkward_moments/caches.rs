//! More than one cache, and caches that are switched off.

use cache_core::Region;
use cache_core::test_util::TestCache;
use cache_tests::{Gate, Step};

use crate::Down;

// Two caches, two tasks, one circle.
#[test]
fn a_circle_through_two_caches_ends() {
    let (x, y) = (TestCache::new(), TestCache::new());
    let a: Region<u64, u64> = x.cache().region("a").build().unwrap();
    let b: Region<u64, u64> = y.cache().region("b").build().unwrap();
    let (ga, gb) = (Gate::closed(), Gate::closed());
    let mut first = Step::held(a.get_or_load(&1_u64, || async {
        ga.pass().await;
        b.get_or_load(&1_u64, || async { Ok::<_, Down>(1) }).await
    }));
    let mut second = Step::held(b.get_or_load(&1_u64, || async {
        gb.pass().await;
        a.get_or_load(&1_u64, || async { Ok::<_, Down>(2) }).await
    }));
    ga.let_through(1);
    gb.let_through(1);
    for _ in 0..4 {
        if first.poll().is_some() {
            return;
        }
        if second.poll().is_some() {
            return;
        }
    }
    panic!("both wait for ever");
}

// A load that reads a cache that is switched off, from another one.
#[test]
fn what_was_read_while_a_cache_was_off_is_not_built_upon() {
    let (x, y) = (TestCache::new(), TestCache::new());
    let inner: Region<u64, u64> = x.cache().region("inner").build().unwrap();
    let outer: Region<u64, u64> = y.cache().region("outer").build().unwrap();
    let get = |value: u64| {
        let (inner, outer) = (&inner, &outer);
        Step::new(async move {
            outer
                .get_or_load(&1_u64, || async { inner.get_or_load(&1_u64, || async { Ok::<_, Down>(value) }).await })
                .await
        })
        .done()
        .unwrap()
    };
    x.cache().set_enabled(false);
    assert_eq!(get(1), 1);
    x.cache().set_enabled(true);
    inner.invalidate(&1_u64).detach();
    assert_eq!(get(2), 2);
}
