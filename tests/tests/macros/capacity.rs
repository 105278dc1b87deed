//! `capacity`: how many entries a function keeps.

use cache_core::cached;
use cache_core::test_util::TestCache;

#[test]
fn no_more_entries_are_kept() {
    #[cached(ttl = "1h", capacity = 10)]
    fn load(id: u64) -> u64 {
        id
    }
    let test = TestCache::new();
    test.run_sync(|| {
        (0..100).for_each(|id| assert_eq!(load(id), id));
        let region = load::region().expect("it was called");
        assert!((1..=10).contains(&region.len()), "{} entries", region.len());
        assert_eq!(region.stats().evictions, 100 - region.len() as u64);
    });
}

#[test]
fn it_may_be_an_expression() {
    const FEW: u64 = 3;
    #[cached(ttl = "1h", capacity = FEW * 2)]
    fn load(id: u64) -> u64 {
        id
    }
    TestCache::new().run_sync(|| {
        (0..100).for_each(|id| assert_eq!(load(id), id));
        assert!((1..=6).contains(&load::region().expect("it was called").len()));
    });
}

#[test]
fn one_entry_is_enough_for_a_function_without_key() {
    #[cached(ttl = "1h", capacity = 1)]
    fn load() -> u64 {
        1
    }
    let test = TestCache::new();
    test.run_sync(|| (0..3).for_each(|_| assert_eq!(load(), 1)));
    test.assert_loads("load", 1);
}

#[test]
fn each_function_has_its_own() {
    #[cached(ttl = "1h", capacity = 5)]
    fn small(id: u64) -> u64 {
        id
    }
    #[cached(ttl = "1h")]
    fn large(id: u64) -> u64 {
        id
    }
    TestCache::new().run_sync(|| {
        (0..1_000).for_each(|id| assert_eq!((small(id), large(id)), (id, id)));
        let (small, large) = (small::region().expect("called"), large::region().expect("called"));
        assert!(small.len() <= 5);
        assert_eq!(large.len(), 1_000);
    });
}
