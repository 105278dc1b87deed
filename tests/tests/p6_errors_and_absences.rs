//! P6: errors and absences are not cached unless asked for, whatever the return type is called.

use std::cell::Cell;
use std::time::Duration;

use cache_core::cached;
use cache_core::test_util::TestCache;

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// How often `call` runs its function's body when it is called three times, 5 s apart.
fn bodies<R>(call: impl Fn() -> R) -> u32 {
    CALLS.set(0);
    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..3 {
            call();
            test.clock().advance(Duration::from_secs(5));
        }
    });
    CALLS.get()
}

fn called<R>(ret: R) -> R {
    CALLS.set(CALLS.get() + 1);
    ret
}

type Loaded<T> = Result<T, String>;
type Maybe = Option<u32>;

#[test]
fn values_are_cached() {
    #[cached(ttl = "1m")]
    fn plain() -> u32 {
        called(1)
    }
    #[cached(ttl = "1m")]
    fn result() -> Result<u32, String> {
        called(Ok(1))
    }
    #[cached(ttl = "1m")]
    fn option() -> Option<u32> {
        called(Some(1))
    }
    #[cached(ttl = "1m")]
    fn both() -> Result<Option<u32>, String> {
        called(Ok(Some(1)))
    }
    assert_eq!([bodies(plain), bodies(result), bodies(option), bodies(both)], [1; 4]);
}

#[test]
fn errors_and_absences_are_not() {
    #[cached(ttl = "1m")]
    fn result() -> Result<u32, String> {
        called(Err("down".to_owned()))
    }
    #[cached(ttl = "1m")]
    fn option() -> Option<u32> {
        called(None)
    }
    #[cached(ttl = "1m")]
    fn absent() -> Result<Option<u32>, String> {
        called(Ok(None))
    }
    #[cached(ttl = "1m")]
    fn failed() -> Result<Option<u32>, String> {
        called(Err("down".to_owned()))
    }
    assert_eq!([bodies(result), bodies(option), bodies(absent), bodies(failed)], [3; 4]);
}

#[test]
fn an_alias_is_what_it_stands_for() {
    #[cached(ttl = "1m", returns = "result")]
    fn result() -> Loaded<u32> {
        called(Err("down".to_owned()))
    }
    #[cached(ttl = "1m", returns = "option")]
    fn option() -> Maybe {
        called(None)
    }
    #[cached(ttl = "1m", helpers = false)]
    fn unnamed_result() -> Loaded<u32> {
        called(Err("down".to_owned()))
    }
    #[cached(ttl = "1m", helpers = false)]
    fn nested() -> Loaded<Maybe> {
        called(Ok(None))
    }
    assert_eq!([bodies(result), bodies(option), bodies(unnamed_result), bodies(nested)], [3; 4]);
}

#[test]
fn a_type_that_only_sounds_like_a_result_is_a_value() {
    #[derive(Clone)]
    struct SearchResult;
    #[cached(ttl = "1m", returns = "value")]
    fn search() -> SearchResult {
        called(SearchResult)
    }
    assert_eq!(bodies(search), 1);
}

#[test]
fn returns_value_caches_errors_when_told() {
    #[cached(ttl = "1m", returns = "value")]
    fn result() -> Result<u32, String> {
        called(Err("down".to_owned()))
    }
    assert_eq!(bodies(result), 1);
}

#[test]
fn negative_ttl_keeps_them_for_its_own_time() {
    #[cached(ttl = "1m", negative_ttl = "8s")]
    fn result() -> Result<u32, String> {
        called(Err("down".to_owned()))
    }
    #[cached(ttl = "1m", negative_ttl = "8s")]
    fn option() -> Option<u32> {
        called(None)
    }
    #[cached(ttl = "1m", negative_ttl = "8s")]
    fn absent() -> Result<Option<u32>, String> {
        called(Ok(None))
    }
    // At 0 s, and again at 10 s.
    assert_eq!([bodies(result), bodies(option), bodies(absent)], [2; 3]);
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!(result(), Err("down".to_owned()));
        assert_eq!(result(), Err("down".to_owned()), "a kept error comes back as itself");
        assert_eq!((option(), absent()), (None, Ok(None)));
        assert_eq!((option(), absent()), (None, Ok(None)));
        assert_eq!((option::peek(), absent::peek()), (None, Some(None)));
    });
}

#[test]
fn an_error_that_is_not_clone_is_kept_when_told_how_to_copy_it() {
    #[derive(Debug)]
    struct Broken(String);
    #[cached(ttl = "1m", negative_ttl = "8s", share_err = |error: &Broken| Broken(error.0.clone()))]
    fn result() -> Result<u32, Broken> {
        called(Err(Broken("disk".to_owned())))
    }
    assert_eq!(bodies(result), 2);
}

#[test]
fn a_kept_absence_goes_with_its_key() {
    #[cached(ttl = "1m", key = "{id}", negative_ttl = "1m")]
    fn find(id: u64) -> Option<u64> {
        called((id > 5).then_some(id))
    }
    CALLS.set(0);
    TestCache::new().run_sync(|| {
        find(1);
        find(1);
        find::invalidate(1).detach();
        find(1);
    });
    assert_eq!(CALLS.get(), 2);
}
