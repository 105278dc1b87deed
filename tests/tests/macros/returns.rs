//! `returns`: what a return type means. (What is kept of which is in the tests of promise P6.)

use cache_core::cached;
use cache_core::test_util::TestCache;

use crate::now;

type Loaded<T> = Result<T, String>;

#[test]
fn a_value_is_named_by_its_helpers() {
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct SearchResult(u64);
    #[cached(ttl = "1h", returns = "value")]
    async fn search(id: u64) -> SearchResult {
        SearchResult(id)
    }
    TestCache::new().run_sync(|| {
        search::put(1, SearchResult(5)).detach();
        let found: Option<SearchResult> = search::peek(1);
        assert_eq!((found, now(search(1))), (Some(SearchResult(5)), SearchResult(5)));
    });
}

#[test]
fn of_a_result_helpers_take_what_is_in_ok() {
    #[cached(ttl = "1h", returns = "result")]
    async fn load(id: u64) -> Loaded<u64> {
        if id == 0 { Err("zero".to_owned()) } else { Ok(id) }
    }
    TestCache::new().run_sync(|| {
        load::put(0, 7).detach();
        let found: Option<u64> = load::peek(0);
        assert_eq!((found, now(load(0))), (Some(7), Ok(7)));
    });
}

#[test]
fn of_an_option_helpers_take_what_is_in_some() {
    type Found = Option<u64>;
    #[cached(ttl = "1h", returns = "option")]
    fn load(id: u64) -> Found {
        (id > 0).then_some(id)
    }
    TestCache::new().run_sync(|| {
        load::put(0, 7).detach();
        let found: Option<u64> = load::peek(0);
        assert_eq!((found, load(0)), (Some(7), Some(7)));
    });
}

#[test]
fn a_result_of_an_option_has_absences() {
    #[cached(ttl = "1h")]
    fn load(id: u64) -> Result<Option<u64>, String> {
        Ok((id > 0).then_some(id))
    }
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!((load(1), load(1), load(0), load(0)), (Ok(Some(1)), Ok(Some(1)), Ok(None), Ok(None)));
        test.assert_loads("load", 3);
        load::put(0, Some(7)).detach();
        assert_eq!((load(0), load::peek(0)), (Ok(Some(7)), Some(Some(7))));
    });
}

#[test]
fn a_name_that_ends_in_result_is_one() {
    type IoResult<T> = Result<T, String>;
    type UserOption = Option<u64>;
    #[cached(ttl = "1h")]
    fn load() -> IoResult<u64> {
        Ok(1)
    }
    #[cached(ttl = "1h")]
    fn user() -> UserOption {
        Some(2)
    }
    TestCache::new().run_sync(|| {
        assert_eq!((load(), user()), (Ok(1), Some(2)));
        assert_eq!((load::peek(), user::peek()), (Some(1), Some(2)));
    });
}

#[test]
fn a_type_parameter_is_what_it_was_said_to_be() {
    #[cached(ttl = "1h", returns = "value")]
    fn value<T: Default + Clone + Send + Sync + 'static>() -> T {
        T::default()
    }
    TestCache::new().run_sync(|| {
        assert_eq!((value::<u64>(), value::<String>()), (0, String::new()));
        value::put::<u64>(5).detach();
        assert_eq!((value::<u64>(), value::<u32>()), (5, 0));
    });
}

#[test]
fn a_nested_option_is_an_option_of_an_option() {
    #[cached(ttl = "1h")]
    fn load(id: u64) -> Option<Option<u64>> {
        (id > 0).then_some((id > 1).then_some(id))
    }
    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..2 {
            assert_eq!((load(0), load(1), load(2)), (None, Some(None), Some(Some(2))));
        }
    });
    test.assert_loads("load", 4);
}

#[test]
fn the_unit_in_a_result_is_a_value() {
    #[cached(ttl = "1h")]
    async fn check(id: u64) -> Result<(), String> {
        if id > 0 { Ok(()) } else { Err("zero".to_owned()) }
    }
    let test = TestCache::new();
    test.run_sync(|| assert_eq!((now(check(1)), now(check(1)), check::peek(1)), (Ok(()), Ok(()), Some(()))));
    test.assert_loads("check", 1);
}
