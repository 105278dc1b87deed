//! `returns`: what a return type means. (What is kept of which is in the tests of promise P6.)

use std::fmt::Display;
use std::sync::Arc;

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

type Maybe<T> = Option<T>;
type Found<T> = Loaded<Maybe<T>>;

#[test]
fn aliases_of_aliases_are_seen_through() {
    #[cached(ttl = "1h", returns = "result")]
    fn said(id: u64) -> Found<u64> {
        if id > 9 { Err("big".to_owned()) } else { Ok((id > 0).then_some(id)) }
    }
    #[cached(ttl = "1h", helpers = false)]
    async fn seen(id: u64) -> Found<u64> {
        if id > 9 { Err("big".to_owned()) } else { Ok((id > 0).then_some(id)) }
    }
    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..2 {
            assert_eq!((said(1), said(0), said(10)), (Ok(Some(1)), Ok(None), Err("big".to_owned())));
            assert_eq!((now(seen(1)), now(seen(0)), now(seen(10))), (Ok(Some(1)), Ok(None), Err("big".to_owned())));
        }
        let (value, absence): (Option<Option<u64>>, Option<Option<u64>>) = (said::peek(1), said::peek(0));
        assert_eq!((value, absence), (Some(Some(1)), None));
        said::put(0, Some(5)).detach();
        assert_eq!(said(0), Ok(Some(5)));
    });
    test.assert_loads("said", 1 + 2 + 2);
    test.assert_loads("seen", 1 + 2 + 2);
}

#[test]
fn absences_behind_an_alias_are_kept_as_long_as_said() {
    #[cached(ttl = "1h", returns = "result", negative_ttl = "1m")]
    fn load(id: u64) -> Found<u64> {
        Ok((id > 0).then_some(id))
    }
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!((load(0), load(0), load::peek(0)), (Ok(None), Ok(None), Some(None)));
        test.clock().advance(std::time::Duration::from_secs(61));
        assert_eq!((load::peek(0), load(0)), (None, Ok(None)));
    });
    test.assert_loads("load", 2);
}

#[test]
fn big_values_are_shared_and_not_copied() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Page {
        rows: Vec<u64>,
    }
    #[cached(ttl = "1h", tags = ["rows:{ret.rows.len()}"])]
    async fn page(id: u64) -> Result<Arc<Page>, String> {
        if id == 0 { Err("zero".to_owned()) } else { Ok(Arc::new(Page { rows: vec![id] })) }
    }
    #[cached(ttl = "1h", tags = ["first:{ret.len()}"])]
    async fn rows(id: u64) -> Result<Arc<[u64]>, String> {
        if id == 0 { Err("zero".to_owned()) } else { Ok(Arc::from([id])) }
    }
    #[cached(ttl = "1h", tier = "l1")]
    async fn shown(id: u64) -> Option<Arc<dyn Display + Send + Sync>> {
        (id > 0).then(|| Arc::new(id) as Arc<dyn Display + Send + Sync>)
    }
    let test = TestCache::new();
    test.run_sync(|| {
        let (first, second) = (now(page(1)).unwrap(), now(page(1)).unwrap());
        assert!(Arc::ptr_eq(&first, &second) && Arc::ptr_eq(&first, &page::peek(1).unwrap()));
        assert!(Arc::ptr_eq(&now(rows(1)).unwrap(), &now(rows(1)).unwrap()));
        assert!(Arc::ptr_eq(&now(shown(1)).unwrap(), &now(shown(1)).unwrap()));
        assert!(now(page(0)).is_err() && now(rows(0)).is_err() && now(shown(0)).is_none());
        test.cache().invalidate_tag("rows:1").detach();
        assert!(page::peek(1).is_none() && rows::peek(1).is_some());
    });
}

#[test]
fn an_enum_of_the_users_is_a_value_whatever_it_is_called() {
    mod outcome {
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub(super) enum Result<T> {
            Done(T),
            Failed,
        }
    }
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    enum Outcome {
        Done(u64),
        Failed,
    }
    #[cached(ttl = "1h", returns = "value", tags = ["done:{id}"])]
    async fn said(id: u64) -> outcome::Result<u64> {
        if id == 0 { outcome::Result::Failed } else { outcome::Result::Done(id) }
    }
    #[cached(ttl = "1h")]
    async fn seen(id: u64) -> Outcome {
        if id == 0 { Outcome::Failed } else { Outcome::Done(id) }
    }
    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..2 {
            assert_eq!((now(said(0)), now(said(1))), (outcome::Result::Failed, outcome::Result::Done(1)));
            assert_eq!((now(seen(0)), now(seen(1))), (Outcome::Failed, Outcome::Done(1)));
        }
        assert_eq!((said::peek(0), seen::peek(0)), (Some(outcome::Result::Failed), Some(Outcome::Failed)));
    });
    test.assert_loads("said", 2);
    test.assert_loads("seen", 2);
}
