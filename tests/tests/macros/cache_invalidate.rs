//! `#[cache_invalidate]`: what a mutator drops, and when.

use std::cell::Cell;

use cache_core::test_util::TestCache;
use cache_core::{Cache, cache_invalidate, cached};
use cache_tests::{Gate, Step};

use crate::{ignore, now};

#[cached(ttl = "1h", tags = ["user:{id}", "users"])]
async fn user(id: u64) -> u64 {
    id
}

#[cached(ttl = "1h", tags = ["name:{name}"])]
fn by_name(name: &str) -> usize {
    name.len()
}

#[cached(ttl = "1h", key = "{ids}:{deep}")]
fn list(ids: &[u64], deep: bool) -> usize {
    ids.len() + usize::from(deep)
}

#[cached(ttl = "1h")]
fn all() -> u64 {
    1
}

/// Fills the cache, and runs `test` in it.
fn filled(test: impl FnOnce(&TestCache)) {
    let cache = TestCache::new();
    cache.run_sync(|| {
        (1..=3).for_each(|id| ignore(now(user(id))));
        ["Ada", "Bob"].iter().for_each(|name| ignore(by_name(name)));
        list(&[1, 2], true);
        all();
        test(&cache);
    });
}

fn users() -> [bool; 3] {
    [1, 2, 3].map(|id| user::peek(id).is_some())
}

#[test]
fn a_free_function_drops_its_target() {
    #[cache_invalidate(user(id))]
    async fn change(id: u64) -> u64 {
        assert!(user::peek(id).is_some(), "not before the body");
        id + 1
    }
    filled(|_| assert_eq!((now(change(2)), users()), (3, [true, false, true])));
}

#[test]
fn several_targets_are_dropped_together() {
    #[cache_invalidate(user(id), user(other), by_name(name), list(&[id, other], true), all())]
    async fn change(id: u64, other: u64, name: &str) -> usize {
        name.len() + (id + other) as usize
    }
    filled(|_| {
        assert_eq!((now(change(1, 2, "Ada")), users()), (6, [false, false, true]));
        assert_eq!((by_name::peek("Ada"), by_name::peek("Bob")), (None, Some(3)));
        assert_eq!((list::peek(&[1, 2], true), all::peek()), (None, None));
    });
}

#[test]
fn targets_may_be_paths_and_aliases_and_instances() {
    mod deep {
        #[cache_core::cached(ttl = "1h")]
        pub(super) fn value<const N: u64>(id: u64) -> u64 {
            id + N
        }
    }
    use deep::value as alias;
    #[cache_invalidate(deep::value::<1>(id), alias::<2>(id), crate::cache_invalidate::user(id))]
    fn change(id: u64) -> u64 {
        id
    }
    filled(|_| {
        assert_eq!((alias::<1>(1), alias::<2>(1), alias::<3>(1)), (2, 3, 4));
        change(1);
        assert_eq!((alias::peek::<1>(1), alias::peek::<2>(1), alias::peek::<3>(1)), (None, None, Some(4)));
        assert_eq!(users(), [false, true, true]);
    });
}

#[test]
fn an_error_drops_nothing() {
    #[cache_invalidate(user(id), tags = ["name:Ada"])]
    async fn change(id: u64, fails: bool) -> Result<u64, String> {
        if fails {
            return Err("no".to_owned());
        }
        let id = Err::<u64, &str>("early").or(Ok::<_, String>(id))?;
        Ok(id)
    }
    filled(|_| {
        assert_eq!(now(change(1, true)), Err("no".to_owned()));
        assert_eq!((users(), by_name::peek("Ada")), ([true; 3], Some(3)));
        assert_eq!(now(change(1, false)), Ok(1));
        assert_eq!((users(), by_name::peek("Ada")), ([false, true, true], None));
    });
}

#[test]
fn a_question_mark_in_the_body_is_an_error_of_the_function() {
    #[cache_invalidate(user(1))]
    fn change(number: &str) -> Result<u64, std::num::ParseIntError> {
        let number: u64 = number.parse()?;
        Ok(number)
    }
    filled(|_| {
        assert!(change("x").is_err());
        assert_eq!(users(), [true; 3]);
        assert_eq!((change("5"), users()), (Ok(5), [false, true, true]));
    });
}

#[test]
fn an_absence_is_a_success() {
    #[cache_invalidate(user(id), user(*ret), tags = ["name:Ada"])]
    fn change(id: u64, also: Option<u64>) -> Option<u64> {
        also
    }
    filled(|_| {
        assert_eq!((change(1, None), users()), (None, [false, true, true]), "without a value, what needs none");
        assert_eq!(by_name::peek("Ada"), None);
        assert_eq!((change(2, Some(3)), users()), (Some(3), [false, false, false]));
    });
}

#[test]
fn ret_may_be_in_targets_and_tags() {
    struct User {
        id: u64,
        name: String,
    }
    #[cache_invalidate(user(ret.id), by_name(&ret.name), tags = ["user:{ret.id}", "name:{ret.name}", "x:{ret.id}:{id}"])]
    async fn create(id: u64, name: String) -> Result<User, String> {
        Ok(User { id: id + 1, name })
    }
    filled(|_| {
        let made = now(create(1, "Bob".to_owned())).expect("it succeeds");
        assert_eq!((made.id, made.name.as_str()), (2, "Bob"));
        assert_eq!((users(), by_name::peek("Ada"), by_name::peek("Bob")), ([true, false, true], Some(3), None));
    });
}

#[test]
fn a_bare_ret_is_the_value() {
    #[cache_invalidate(user(ret), tags = ["user:{ret}"])]
    async fn next(id: u64) -> Result<u64, String> {
        Ok(id + 1)
    }
    filled(|_| assert_eq!((now(next(2)), users()), (Ok(3), [true, true, false])));
}

#[test]
fn the_body_may_take_the_arguments_away() {
    #[cache_invalidate(by_name(&name), list(&ids, deep), tags = ["name:{name}", "of:{ret}:{name}"])]
    async fn take(mut ids: Vec<u64>, name: String, deep: bool) -> u64 {
        drop(name);
        ids.clear();
        drop(ids);
        u64::from(deep)
    }
    filled(|_| {
        assert_eq!(now(take(vec![1, 2], "Ada".to_owned(), true)), 1);
        assert_eq!((by_name::peek("Ada"), list::peek(&[1, 2], true)), (None, None));
    });
}

#[test]
fn a_name_that_is_taken_by_value_is_cloned() {
    #[cached(ttl = "1h")]
    #[allow(clippy::needless_pass_by_value)]
    fn owned(name: String) -> usize {
        name.len()
    }
    #[cache_invalidate(owned(name))]
    fn take(name: String) -> String {
        name
    }
    filled(|_| {
        owned("Ada".to_owned());
        assert_eq!((take("Ada".to_owned()), owned::peek("Ada".to_owned())), ("Ada".to_owned(), None));
    });
}

#[test]
fn patterns_may_be_used_by_what_they_bind() {
    #[cache_invalidate(user(first), tags = ["user:{second}"])]
    fn change((first, second): (u64, u64)) -> u64 {
        first + second
    }
    filled(|_| assert_eq!((change((1, 2)), users()), (3, [false, false, true])));
}

#[test]
fn tags_alone_are_enough() {
    #[cache_invalidate(tags = ["users"])]
    fn change() {}
    filled(|_| {
        change();
        assert_eq!((users(), all::peek()), ([false; 3], Some(1)));
    });
}

#[test]
fn a_function_that_returns_nothing_succeeds() {
    #[cache_invalidate(user(id))]
    async fn change(id: u64) {
        let _ = id;
    }
    filled(|_| {
        now(change(1));
        assert_eq!(users(), [false, true, true]);
    });
}

#[test]
fn a_method_drops_those_of_its_fields_and_its_own() {
    struct Users(u64);
    struct Service {
        users: Users,
        calls: Cell<u64>,
    }
    impl Users {
        #[cached(ttl = "1h", key = "{self.0}:{id}")]
        fn get(&self, id: u64) -> u64 {
            self.0 + id
        }
    }
    impl Service {
        #[cached(ttl = "1h", skip(self))]
        async fn page(&self, id: u64) -> u64 {
            id
        }

        #[cache_invalidate(self.users.get(id), self.page(id), tags = ["user:{self.users.0}"])]
        async fn change(&self, id: u64) -> Result<(), String> {
            self.calls.set(self.calls.get() + 1);
            Ok(())
        }
    }
    filled(|_| {
        let service = Service { users: Users(3), calls: Cell::new(0) };
        ignore((service.users.get(1), service.users.get(2), now(service.page(1))));
        assert_eq!(now(service.change(1)), Ok(()));
        assert_eq!((service.users.peek_get(1), service.users.peek_get(2)), (None, Some(5)));
        assert_eq!((service.peek_page(1), users(), service.calls.get()), (None, [true, true, false], 1));
    });
}

#[test]
fn a_method_that_changes_self_drops_what_was_and_may_drop_what_is() {
    #[derive(Clone, Copy)]
    struct Account {
        owner: u64,
    }
    impl Account {
        #[cache_invalidate(user(self.owner), tags = ["user:{ret}"])]
        async fn give(&mut self, owner: u64) -> Result<u64, String> {
            if owner == 0 {
                return Err("nobody".to_owned());
            }
            self.owner = owner;
            Ok(owner)
        }

        #[cache_invalidate(user(self.owner))]
        fn close(self) -> u64 {
            self.owner
        }
    }
    filled(|_| {
        let mut account = Account { owner: 1 };
        assert_eq!((now(account.give(0)).is_err(), users()), (true, [true; 3]));
        assert_eq!((now(account.give(2)), users()), (Ok(2), [false, false, true]));
        assert_eq!((Account { owner: 3 }.close(), users()), (3, [false; 3]));
    });
}

#[test]
fn a_mutable_argument_may_be_changed_by_the_body() {
    #[cache_invalidate(user(row.0), tags = ["user:{row.1}"])]
    fn change(row: &mut (u64, u64)) -> u64 {
        row.0 = 9;
        row.1 = 9;
        row.0
    }
    filled(|_| {
        let mut row = (1, 2);
        assert_eq!((change(&mut row), users(), row), (9, [false, false, true], (9, 9)));
    });
}

#[test]
fn it_drops_from_the_cache_it_was_told() {
    #[cached(ttl = "1h", cache = cache, skip(cache), tags = ["id:{id}"])]
    fn load(cache: &Cache, id: u64) -> u64 {
        assert!(cache.is_enabled());
        id
    }
    #[cache_invalidate(tags = ["id:{id}"], cache = cache)]
    async fn change(cache: Cache, id: u64) -> u64 {
        drop(cache);
        id
    }
    let (first, second) = (Cache::new(), Cache::new());
    ignore((load(&first, 1), load(&second, 1)));
    now(change(first.clone(), 1));
    assert_eq!((load::peek(&first, 1), load::peek(&second, 1)), (None, Some(1)));
}

#[test]
fn a_function_that_began_before_it_ended_does_not_store() {
    #[cached(ttl = "1h", skip(gate))]
    async fn slow(gate: &Gate, id: u64) -> u64 {
        gate.pass().await;
        id
    }
    #[cache_invalidate(slow(id))]
    async fn change(id: u64) -> u64 {
        id
    }
    TestCache::new().run_sync(|| {
        let gate = Gate::closed();
        let mut load = Step::held(slow(&gate, 1));
        now(change(1));
        gate.let_through(1);
        assert_eq!((load.done(), slow::peek(1)), (1, None));
    });
}

#[test]
fn a_mutator_that_is_dropped_before_its_end_drops_nothing() {
    #[cache_invalidate(user(1))]
    async fn change(gate: &Gate) -> u64 {
        gate.pass().await;
        1
    }
    filled(|_| {
        let gate = Gate::closed();
        drop(Step::held(change(&gate)));
        assert_eq!(users(), [true; 3]);
    });
}

#[test]
fn a_body_that_panics_drops_nothing() {
    #[cache_invalidate(user(id))]
    fn change(id: u64) -> u64 {
        assert!(id > 100, "as the test wants it");
        id
    }
    filled(|_| {
        assert!(std::panic::catch_unwind(|| change(1)).is_err());
        assert_eq!(users(), [true; 3]);
    });
}

#[test]
fn generic_and_borrowing_mutators_work() {
    #[cache_invalidate(by_name(name.as_ref()))]
    async fn rename<'n, S, const N: usize>(name: S, others: [&'n str; N]) -> Result<String, String>
    where
        S: AsRef<str>,
    {
        let first: &'n str = others.first().ok_or("none")?;
        assert!(!name.as_ref().is_empty());
        Ok(first.to_owned())
    }
    filled(|_| {
        assert_eq!(now(rename("Ada", [])), Err("none".to_owned()));
        assert_eq!(by_name::peek("Ada"), Some(3));
        assert_eq!(now(rename("Ada", ["Eve"])), Ok("Eve".to_owned()));
        assert_eq!(by_name::peek("Ada"), None);
    });
}

#[test]
fn a_mutator_may_return_what_it_borrows() {
    #[cached(ttl = "1h", key = "{id}")]
    fn name(id: u64) -> String {
        format!("user {id}")
    }
    #[cache_core::cache_invalidate(name(id))]
    fn rename<'n>(id: u64, name: &'n str) -> Result<&'n str, std::num::ParseIntError> {
        let _ = id;
        Ok(name)
    }
    cache_core::test_util::TestCache::new().run_sync(|| {
        assert_eq!(name(1), "user 1");
        assert_eq!(rename(1, "Ada"), Ok("Ada"));
        assert_eq!(name::peek(1), None);
    });
}
