//! `cache = expr`: which cache a function uses.

use std::cell::Cell;
use std::sync::{Arc, LazyLock};

use cache_core::test_util::TestCache;
use cache_core::{Cache, cached};

use crate::{ignore, now};

#[test]
fn a_field_of_self_is_each_instances_own_cache() {
    struct Repo {
        cache: Cache,
        base: u64,
    }
    impl Repo {
        #[cached(ttl = "1h", cache = self.cache, skip(self))]
        async fn get(&self, id: u64) -> u64 {
            self.base + id
        }
    }
    let (first, second) = (Repo { cache: Cache::new(), base: 10 }, Repo { cache: Cache::new(), base: 20 });
    for _ in 0..2 {
        assert_eq!((now(first.get(1)), now(second.get(1))), (11, 21));
    }
    first.invalidate_get(1).detach();
    assert_eq!((first.peek_get(1), second.peek_get(1)), (None, Some(21)));
    second.put_get(1, 99).detach();
    assert_eq!((now(first.get(1)), now(second.get(1))), (11, 99));
    assert_eq!((first.cache.regions().len(), second.cache.regions().len()), (1, 1));
}

#[test]
fn a_static_is_used_whatever_the_scope() {
    static CACHE: LazyLock<Cache> = LazyLock::new(Cache::new);
    #[cached(ttl = "1h", cache = CACHE)]
    fn load(id: u64) -> u64 {
        id
    }
    let test = TestCache::new();
    test.run_sync(|| assert_eq!((load(1), load(1)), (1, 1)));
    assert!(test.cache().regions().is_empty(), "the scope's cache was not asked");
    assert_eq!((CACHE.regions().len(), load::peek(1)), (1, Some(1)));
}

#[test]
fn an_arc_and_a_borrow_are_caches_too() {
    #[cached(ttl = "1h", cache = cache, skip(cache))]
    fn by_arc(cache: &Arc<Cache>, id: u64) -> u64 {
        assert!(cache.is_enabled());
        id
    }
    #[cached(ttl = "1h", cache = &cache, skip(cache))]
    async fn by_value(cache: Cache, id: u64) -> u64 {
        drop(cache);
        id
    }
    let cache = Arc::new(Cache::new());
    assert_eq!((by_arc(&cache, 1), now(by_value(Cache::clone(&cache), 2))), (1, 2));
    assert_eq!((by_arc::peek(&cache, 1), by_value::peek(Cache::clone(&cache), 2)), (Some(1), Some(2)));
    assert_eq!(cache.regions().len(), 2);
}

#[test]
fn the_expression_is_evaluated_once_per_call() {
    thread_local! {
        static ASKED: Cell<u32> = const { Cell::new(0) };
        static CACHE: Cache = Cache::new();
    }
    fn asked() -> Cache {
        ASKED.set(ASKED.get() + 1);
        CACHE.with(Cache::clone)
    }
    fn count(call: impl FnOnce()) -> u32 {
        let before = ASKED.get();
        call();
        ASKED.get() - before
    }
    #[cached(ttl = "1h", cache = asked())]
    fn blocking(id: u64) -> u64 {
        id
    }
    #[cached(ttl = "1h", cache = asked(), tags = ["x:{ret}"])]
    async fn waiting(id: u64) -> u64 {
        id
    }
    assert_eq!(count(|| ignore(blocking(1))), 1, "a miss");
    assert_eq!(count(|| ignore(blocking(1))), 1, "a hit");
    assert_eq!(count(|| ignore(now(waiting(1)))), 1, "a miss");
    assert_eq!(count(|| ignore(now(waiting(1)))), 1, "a hit");
    assert_eq!(count(|| ignore(waiting::peek(1))), 1);
    assert_eq!(count(|| waiting::invalidate(1).detach()), 1);
    assert_eq!(count(|| ignore(now(waiting::refresh(1)))), 1);
    assert_eq!(count(|| waiting::put(1, 2).detach()), 1);
    assert_eq!(count(|| ignore(now(waiting::uncached(1)))), 0, "the cache is not used");
}

#[test]
fn helpers_take_the_arguments_that_it_mentions() {
    #[cached(ttl = "1h", cache = caches[index], skip(caches, index))]
    fn load(caches: &[Cache], index: usize, id: u64) -> u64 {
        assert!(index < caches.len());
        index as u64 + id
    }
    let caches = [Cache::new(), Cache::new()];
    assert_eq!((load(&caches, 0, 5), load(&caches, 1, 5)), (5, 6));
    load::invalidate(&caches, 0, 5).detach();
    assert_eq!((load::peek(&caches, 0, 5), load::peek(&caches, 1, 5)), (None, Some(6)));
    load::put(&caches, 0, 5, 50).detach();
    load::invalidate_all(&caches, 1).detach();
    assert_eq!((load::peek(&caches, 0, 5), load::peek(&caches, 1, 5)), (Some(50), None));
    assert!(load::region(&caches, 0).is_some_and(|region| region.len() == 1));
}

#[test]
fn a_cache_that_is_switched_off_runs_every_call() {
    #[cached(ttl = "1h", cache = cache, skip(cache, calls))]
    fn load(cache: &Cache, calls: &Cell<u32>) -> u32 {
        drop(cache.clone());
        calls.set(calls.get() + 1);
        calls.get()
    }
    let (cache, calls) = (Cache::builder().enabled(false).build().expect("it is valid"), Cell::new(0));
    assert_eq!((load(&cache, &calls), load(&cache, &calls)), (1, 2));
    cache.set_enabled(true);
    assert_eq!((load(&cache, &calls), load(&cache, &calls)), (3, 3));
}
