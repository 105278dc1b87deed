//! `helpers`, and what each of them does.

use std::cell::Cell;

use cache_core::test_util::TestCache;
use cache_core::{Invalidated, cached};

use crate::{ignore, now};

thread_local!(static CALLS: Cell<u64> = const { Cell::new(0) });

fn called() -> u64 {
    CALLS.set(CALLS.get() + 1);
    CALLS.get()
}

struct Db(u64);

#[cached(ttl = "1h", skip(db))]
async fn load(db: &Db, id: u64, kind: &str) -> u64 {
    called() * 1_000 + db.0 + id + kind.len() as u64
}

struct Repo(u64);

impl Repo {
    #[cached(ttl = "1h", key = "{self.0}:{id}", tags = ["id:{id}"])]
    async fn get(&self, id: u64) -> Result<u64, String> {
        if id == 0 {
            return Err("zero".to_owned());
        }
        Ok(called() * 1_000 + self.0 + id)
    }
}

/// Runs `test` in a cache of its own, with calls counted from one.
fn fresh(test: impl FnOnce(&TestCache)) {
    CALLS.set(0);
    let cache = TestCache::new();
    cache.run_sync(|| test(&cache));
}

#[test]
fn invalidate_drops_one_entry() {
    fresh(|_| {
        let db = Db(10);
        assert_eq!((now(load(&db, 1, "a")), now(load(&db, 2, "a"))), (1_012, 2_013));
        assert_eq!(now(load::invalidate(1, "a")), Invalidated::Fleet);
        assert_eq!((load::peek(1, "a"), load::peek(2, "a")), (None, Some(2_013)));
    });
}

#[test]
fn invalidate_before_any_call_is_no_problem() {
    fresh(|_| {
        load::invalidate(1, "a").detach();
        load::invalidate_all().detach();
        assert_eq!((load::peek(1, "a"), now(load(&Db(10), 1, "a"))), (None, 1_012));
    });
}

#[test]
fn invalidate_all_drops_the_entries_of_this_function_only() {
    fresh(|_| {
        let (db, repo) = (Db(10), Repo(20));
        ignore((now(load(&db, 1, "a")), now(load(&db, 2, "a")), now(repo.get(1))));
        load::invalidate_all().detach();
        assert_eq!((load::peek(1, "a"), load::peek(2, "a"), repo.peek_get(1)), (None, None, Some(3_021)));
    });
}

#[test]
fn peek_neither_loads_nor_counts() {
    fresh(|test| {
        assert_eq!(load::peek(1, "a"), None);
        now(load(&Db(10), 1, "a"));
        let before = test.stats("load");
        assert_eq!((load::peek(1, "a"), load::peek(9, "a")), (Some(1_012), None));
        assert_eq!(test.stats("load"), before);
    });
}

#[test]
fn put_stores_what_it_is_given() {
    fresh(|test| {
        load::put(1, "a", 7).detach();
        assert_eq!(now(load(&Db(10), 1, "a")), 7);
        load::put(1, "a", 8).detach();
        assert_eq!(now(load(&Db(10), 1, "a")), 8);
        test.assert_loads("load", 0);
    });
}

#[test]
fn key_is_the_text_of_the_key() {
    fresh(|_| assert_eq!(load::key(1, "a b"), "macros::helpers::load:1:a%20b"));
}

#[test]
fn region_is_there_once_it_was_used() {
    fresh(|_| {
        assert!(load::region().is_none());
        now(load(&Db(10), 1, "a"));
        let region = load::region().expect("it was called");
        assert_eq!((region.name(), region.len(), region.stats().loads), ("macros::helpers::load", 1, 1));
    });
}

#[test]
fn refresh_loads_whether_or_not_there_is_an_entry() {
    fresh(|_| {
        let db = Db(10);
        assert_eq!((now(load::refresh(&db, 1, "a")), load::peek(1, "a")), (1_012, Some(1_012)));
        assert_eq!((now(load::refresh(&db, 1, "a")), load::peek(1, "a")), (2_012, Some(2_012)));
        assert_eq!(now(load(&db, 1, "a")), 2_012);
    });
}

#[test]
fn uncached_leaves_the_cache_alone() {
    fresh(|_| {
        let db = Db(10);
        assert_eq!((now(load::uncached(&db, 1, "a")), load::peek(1, "a")), (1_012, None));
        assert_eq!((now(load(&db, 1, "a")), now(load::uncached(&db, 1, "a"))), (2_012, 3_012));
        assert_eq!(load::peek(1, "a"), Some(2_012));
    });
}

#[test]
fn warm_calls_for_each_and_says_how_many() {
    fresh(|test| {
        let db = Db(10);
        now(load(&db, 2, "a"));
        assert_eq!(now(load::warm((1..=30).map(|id| (&db, id, "a")))), 30);
        assert!((1..=30).all(|id| load::peek(id, "a").is_some()));
        test.assert_loads("load", 30);
        assert_eq!(now(load::warm([])), 0);
    });
}

#[test]
fn warm_takes_a_single_argument_as_it_is() {
    #[cached(ttl = "1h")]
    fn square(n: u64) -> u64 {
        n * n
    }
    fresh(|_| {
        assert_eq!(square::warm(1..=3), 3);
        assert_eq!((square::peek(3), square::peek(4)), (Some(9), None));
    });
}

#[test]
fn a_function_that_is_not_async_has_all_of_them() {
    #[cached(ttl = "1h", name = "blocking")]
    fn blocking(id: u64) -> Option<u64> {
        Some(called() * 1_000 + id)
    }
    fresh(|_| {
        assert_eq!((blocking(1), blocking::refresh(1), blocking::uncached(1)), (Some(1_001), Some(2_001), Some(3_001)));
        assert_eq!((blocking::peek(1), blocking::key(1)), (Some(2_001), "blocking:1".to_owned()));
        assert_eq!(blocking::warm([1, 2]), 2);
        blocking::put(2, 5).detach();
        blocking::invalidate(1).detach();
        assert_eq!((blocking::peek(1), blocking::peek(2)), (None, Some(5)));
        blocking::invalidate_all().detach();
        assert_eq!((blocking::peek(2), blocking::region().is_some()), (None, true));
    });
}

#[test]
fn a_method_has_them_beside_it() {
    fresh(|_| {
        let (repo, other) = (Repo(10), Repo(20));
        assert_eq!((now(repo.get(1)), now(other.get(1))), (Ok(1_011), Ok(2_021)));
        assert_eq!((now(repo.refresh_get(1)), now(repo.uncached_get(1))), (Ok(3_011), Ok(4_011)));
        assert_eq!((repo.peek_get(1), other.peek_get(1)), (Some(3_011), Some(2_021)));
        assert!(repo.key_get(1).ends_with("Repo::get:10:1"), "{}", repo.key_get(1));
        repo.put_get(2, 5).detach();
        assert_eq!(now(repo.get(2)), Ok(5));
        assert_eq!(now(repo.invalidate_get(2)), Invalidated::Fleet);
        assert_eq!((repo.peek_get(2), repo.peek_get(1)), (None, Some(3_011)));
        repo.invalidate_all_get().detach();
        assert_eq!((repo.peek_get(1), other.peek_get(1)), (None, None));
        assert_eq!(now(repo.refresh_get(0)), Err("zero".to_owned()));
    });
}

#[test]
fn a_failed_refresh_keeps_the_value() {
    thread_local!(static DOWN: Cell<bool> = const { Cell::new(false) });
    #[cached(ttl = "1h")]
    async fn flaky() -> Result<u64, String> {
        if DOWN.get() { Err("down".to_owned()) } else { Ok(1) }
    }
    fresh(|_| {
        assert_eq!(now(flaky()), Ok(1));
        DOWN.set(true);
        assert_eq!(now(flaky::refresh()), Err("down".to_owned()));
        assert_eq!(now(flaky()), Ok(1));
    });
}

mod elsewhere {
    #[cache_core::cached(ttl = "1h", helpers = "config_cache")]
    pub(super) fn config() -> u64 {
        super::called()
    }

    pub(super) mod config {
        pub(crate) const NAME: &str = "a module of the same name";
    }

    #[cache_core::cached(ttl = "1h")]
    pub(super) fn imported(id: u64) -> u64 {
        id
    }
}

#[test]
fn they_may_have_another_name() {
    use elsewhere::{config, config_cache};
    fresh(|_| {
        assert_eq!((config(), config(), config::NAME), (1, 1, "a module of the same name"));
        assert_eq!(config_cache::peek(), Some(1));
        config_cache::invalidate().detach();
        assert_eq!(config(), 2);
    });
}

#[test]
fn the_other_name_of_a_method_is_the_end_of_theirs() {
    struct Rows(u64);
    impl Rows {
        #[cached(ttl = "1h", skip(self), helpers = "row")]
        fn get_row(&self, id: u64) -> u64 {
            called() * 1_000 + id
        }

        /// Would be in the way of the usual name.
        fn invalidate_get_row(&self) -> u64 {
            self.0
        }
    }
    fresh(|_| {
        let repo = Rows(3);
        assert_eq!((repo.get_row(1), repo.peek_row(1), repo.invalidate_get_row()), (1_001, Some(1_001), 3));
        repo.invalidate_row(1).detach();
        assert_eq!((repo.peek_row(1), repo.refresh_row(1), repo.uncached_row(1)), (None, 2_001, 3_001));
    });
}

#[test]
fn there_may_be_none_of_them() {
    #[cached(ttl = "1h", helpers = false)]
    fn alone(id: u64) -> u64 {
        called() * 1_000 + id
    }
    #[allow(non_camel_case_types, dead_code)]
    enum alone {}
    fresh(|_| assert_eq!((alone(1), alone(1), alone(2)), (1_001, 1_001, 2_002)));
}

#[test]
fn one_use_imports_the_function_and_its_helpers() {
    use elsewhere::imported as renamed;
    fresh(|_| {
        assert_eq!((renamed(1), renamed::peek(1)), (1, Some(1)));
        elsewhere::imported::invalidate(1).detach();
        assert_eq!(renamed::peek(1), None);
    });
}

#[test]
fn an_argument_may_be_called_as_the_value_is() {
    #[cached(ttl = "1h")]
    fn load(value: u64) -> u64 {
        value + 1
    }
    fresh(|_| {
        load::put(1, 5).detach();
        assert_eq!((load(1), load(2)), (5, 3));
    });
}
