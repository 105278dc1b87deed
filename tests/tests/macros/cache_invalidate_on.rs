//! `on`: when a mutator drops.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cache_core::test_util::TestCache;
use cache_core::{Cache, cache_invalidate, cached, cached_impl};
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

/// Fills the cache, and runs `test` in it.
fn filled(test: impl FnOnce()) {
    TestCache::new().run_sync(|| {
        fill();
        test();
    });
}

fn fill() {
    (1..=3).for_each(|id| ignore(now(user(id))));
    ["Ada", "Bob"].iter().for_each(|name| ignore(by_name(name)));
}

/// Which of users 1 to 3 and of the names "Ada" and "Bob" are cached.
fn cached_now() -> ([bool; 3], [bool; 2]) {
    ([1, 2, 3].map(|id| user::peek(id).is_some()), ["Ada", "Bob"].map(|name| by_name::peek(name).is_some()))
}

const ALL: ([bool; 3], [bool; 2]) = ([true; 3], [true; 2]);
/// User 1 is the target, user 2 goes with a tag of the arguments, Ada with both.
const WITHOUT_THE_NAMED: ([bool; 3], [bool; 2]) = ([false, false, true], [false, true]);
/// User 3 is the target that mentions `ret`, Bob the tag.
const NONE: ([bool; 3], [bool; 2]) = ([false; 3], [false; 2]);

#[derive(Debug)]
struct Changed {
    id: u64,
    name: &'static str,
}

const CHANGED: Changed = Changed { id: 3, name: "Bob" };

/// What the body does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Succeed,
    Fail,
    Panic,
}

fn body(does: Does) -> Result<Changed, String> {
    assert!(does != Does::Panic, "as the test wants it");
    if does == Does::Fail { Err("no".to_owned()) } else { Ok(CHANGED) }
}

mod ok {
    use super::*;

    #[cache_invalidate(user(id), by_name(name), user(ret.id), tags = ["user:{tag}", "name:{ret.name}"], on = "ok")]
    fn change(id: u64, name: &str, tag: u64, does: Does) -> Result<Changed, String> {
        assert_eq!(cached_now(), ALL);
        body(does)
    }

    #[test]
    fn is_the_default_said_aloud() {
        filled(|| {
            assert!(change(1, "Ada", 2, Does::Fail).is_err());
            assert_eq!(cached_now(), ALL);
            assert!(change(1, "Ada", 2, Does::Succeed).is_ok());
            assert_eq!(cached_now(), NONE);
        });
    }
}

mod always {
    use super::*;

    #[cache_invalidate(user(id), by_name(&name), user(ret.id), tags = ["user:{tag}", "name:{ret.name}"], on = "always")]
    async fn change(id: u64, name: String, tag: u64, does: Does, gate: &Gate) -> Result<Changed, String> {
        assert_eq!(cached_now(), ALL, "not before the body");
        drop(name);
        gate.pass().await;
        body(does)
    }

    #[cache_invalidate(user(id), by_name(name), user(ret.id), tags = ["user:{tag}", "name:{ret.name}"], on = "always")]
    fn change_blocking(id: u64, name: &str, tag: u64, does: Does) -> Result<Changed, String> {
        assert_eq!(cached_now(), ALL, "not before the body");
        body(does)
    }

    fn call(does: Does, gate: &Gate) -> impl Future<Output = Result<Changed, String>> {
        change(1, "Ada".to_owned(), 2, does, gate)
    }

    #[test]
    fn a_success_drops_everything() {
        filled(|| {
            assert!(now(call(Does::Succeed, &Gate::open())).is_ok());
            assert_eq!(cached_now(), NONE);
        });
        filled(|| {
            assert!(change_blocking(1, "Ada", 2, Does::Succeed).is_ok());
            assert_eq!(cached_now(), NONE);
        });
    }

    #[test]
    fn a_failure_drops_what_needs_no_returned_value() {
        filled(|| {
            assert_eq!(now(call(Does::Fail, &Gate::open())).expect_err("it fails"), "no");
            assert_eq!(cached_now(), WITHOUT_THE_NAMED);
        });
        filled(|| {
            assert!(change_blocking(1, "Ada", 2, Does::Fail).is_err());
            assert_eq!(cached_now(), WITHOUT_THE_NAMED);
        });
    }

    #[test]
    fn so_does_a_panic() {
        filled(|| {
            let gate = Gate::open();
            assert!(catch_unwind(AssertUnwindSafe(|| now(call(Does::Panic, &gate)))).is_err());
            assert_eq!(cached_now(), WITHOUT_THE_NAMED);
        });
        filled(|| {
            assert!(catch_unwind(|| change_blocking(1, "Ada", 2, Does::Panic)).is_err());
            assert_eq!(cached_now(), WITHOUT_THE_NAMED);
        });
    }

    #[test]
    fn so_does_a_future_that_is_dropped_midway() {
        filled(|| {
            let gate = Gate::closed();
            let change = Step::held(call(Does::Succeed, &gate));
            assert_eq!(cached_now(), ALL);
            drop(change);
            assert_eq!(cached_now(), WITHOUT_THE_NAMED);
        });
    }

    #[test]
    fn a_future_that_never_began_drops_nothing() {
        filled(|| {
            drop(call(Does::Succeed, &Gate::open()));
            assert_eq!(cached_now(), ALL);
        });
    }

    #[test]
    fn it_drops_from_the_cache_in_which_it_began() {
        let (inside, outside) = (Cache::new(), Cache::new());
        [&inside, &outside].iter().for_each(|cache| cache.scope_sync(fill));
        let gate = Gate::closed();
        let change = Step::held(inside.scope(call(Does::Succeed, &gate)));
        outside.scope_sync(|| drop(change));
        assert_eq!((inside.scope_sync(cached_now), outside.scope_sync(cached_now)), (WITHOUT_THE_NAMED, ALL));
    }

    #[test]
    fn a_load_that_ran_meanwhile_does_not_store() {
        #[cached(ttl = "1h", skip(gate))]
        async fn slow(gate: &Gate, id: u64) -> u64 {
            gate.pass().await;
            id
        }
        #[cache_invalidate(slow(id), on = "always")]
        async fn change(gate: &Gate, id: u64) {
            gate.pass().await;
            assert!(id > 0);
        }
        TestCache::new().run_sync(|| {
            let (loads, changes) = (Gate::closed(), Gate::closed());
            let change = Step::held(change(&changes, 1));
            let mut load = Step::held(slow(&loads, 1));
            drop(change);
            loads.let_through(1);
            assert_eq!((load.done(), slow::peek(1)), (1, None));
        });
    }
}

mod before {
    use super::*;

    #[cache_invalidate(user(id), by_name(&name), tags = ["user:{tag}"], on = "before")]
    async fn change(id: u64, name: String, tag: u64, does: Does) -> Result<Changed, String> {
        drop(name);
        assert_eq!(cached_now(), WITHOUT_THE_NAMED, "before the body");
        now(user(1));
        body(does)
    }

    #[cache_invalidate(user(id), by_name(name), tags = ["user:{tag}"], on = "before")]
    fn change_blocking(id: u64, name: &str, tag: u64) -> usize {
        assert_eq!(cached_now(), WITHOUT_THE_NAMED, "before the body");
        by_name(name)
    }

    #[test]
    fn what_is_read_during_the_body_stays() {
        filled(|| {
            assert!(now(change(1, "Ada".to_owned(), 2, Does::Succeed)).is_ok());
            assert_eq!(cached_now(), ([true, false, true], [false, true]));
        });
        filled(|| {
            assert_eq!(change_blocking(1, "Ada", 2), 3);
            assert_eq!(cached_now(), ([false, false, true], [true, true]));
        });
    }

    #[test]
    fn a_failure_has_dropped_too() {
        filled(|| {
            assert!(now(change(1, "Ada".to_owned(), 2, Does::Fail)).is_err());
            assert_eq!(cached_now(), ([true, false, true], [false, true]));
        });
    }
}

mod around {
    use super::*;

    #[cache_invalidate(user(id), by_name(&name), user(ret.id), tags = ["user:{tag}", "name:{ret.name}"], on = "around")]
    async fn change(id: u64, name: String, tag: u64, does: Does, gate: &Gate) -> Result<Changed, String> {
        assert_eq!(cached_now(), WITHOUT_THE_NAMED, "before the body");
        ignore((now(user(1)), now(user(2)), by_name(&name)));
        gate.pass().await;
        assert_eq!(cached_now(), ALL);
        body(does)
    }

    #[cache_invalidate(user(id), by_name(name), user(ret.id), tags = ["user:{tag}", "name:{ret.name}"], on = "around")]
    fn change_blocking(id: u64, name: &str, tag: u64, does: Does) -> Result<Changed, String> {
        assert_eq!(cached_now(), WITHOUT_THE_NAMED, "before the body");
        fill();
        body(does)
    }

    fn call(does: Does, gate: &Gate) -> impl Future<Output = Result<Changed, String>> {
        change(1, "Ada".to_owned(), 2, does, gate)
    }

    #[test]
    fn it_drops_before_and_after() {
        for (does, left) in [(Does::Succeed, NONE), (Does::Fail, WITHOUT_THE_NAMED)] {
            filled(|| {
                ignore(now(call(does, &Gate::open())));
                assert_eq!(cached_now(), left);
            });
            filled(|| {
                ignore(change_blocking(1, "Ada", 2, does));
                assert_eq!(cached_now(), left);
            });
        }
    }

    #[test]
    fn a_panic_and_a_drop_are_ends_too() {
        filled(|| {
            assert!(catch_unwind(|| change_blocking(1, "Ada", 2, Does::Panic)).is_err());
            assert_eq!(cached_now(), WITHOUT_THE_NAMED);
        });
        filled(|| {
            let gate = Gate::closed();
            drop(Step::held(call(Does::Succeed, &gate)));
            assert_eq!(cached_now(), WITHOUT_THE_NAMED);
        });
    }
}

struct Repo {
    id: u64,
}

#[cached_impl]
impl Repo {
    #[cached(ttl = "1h", key = "{self.id}:{id}", tags = ["row:{id}"])]
    async fn row(&self, id: u64) -> u64 {
        id
    }

    #[cache_invalidate(self.row(id), tags = ["row:{ret}"], on = "always")]
    async fn set(&mut self, id: u64, fails: bool) -> Result<u64, String> {
        self.id += 0;
        if fails { Err("no".to_owned()) } else { Ok(id + 1) }
    }

    #[cache_invalidate(self.row(id), self.row(*ret), on = "around")]
    fn replace(&self, id: u64) -> Option<u64> {
        assert_eq!(self.peek_row(id), None);
        (id == 2).then_some(3)
    }

    #[cache_invalidate(self.row(id), on = "before")]
    fn touch(&self, id: u64) {
        assert_eq!(self.peek_row(id), None);
    }
}

#[test]
fn methods_of_a_known_block_have_every_moment() {
    TestCache::new().run_sync(|| {
        let mut repo = Repo { id: 7 };
        let filled = |repo: &Repo| {
            (1..=3).for_each(|id| ignore(now(repo.row(id))));
        };
        let rows = |repo: &Repo| [1, 2, 3].map(|id| repo.peek_row(id).is_some());
        filled(&repo);
        assert!(now(repo.set(1, true)).is_err());
        assert_eq!(rows(&repo), [false, true, true]);
        filled(&repo);
        assert!(now(repo.set(1, false)).is_ok());
        assert_eq!(rows(&repo), [false, false, true]);
        filled(&repo);
        assert_eq!((repo.replace(1), rows(&repo)), (None, [false, true, true]));
        assert_eq!((repo.replace(2), rows(&repo)), (Some(3), [false; 3]));
        filled(&repo);
        repo.touch(3);
        assert_eq!(rows(&repo), [true, true, false]);
    });
}

#[test]
fn each_moment_drops_from_the_cache_it_was_told() {
    #[cache_invalidate(user(1), by_name("Ada"), tags = ["user:2"], cache = cache, on = "ok")]
    fn ok(cache: &Cache) {}
    #[cache_invalidate(user(1), by_name("Ada"), tags = ["user:2"], cache = cache, on = "always")]
    fn always(cache: &Cache) {}
    #[cache_invalidate(user(1), by_name("Ada"), tags = ["user:2"], cache = cache, on = "before")]
    fn before(cache: &Cache) {}
    #[cache_invalidate(user(1), by_name("Ada"), tags = ["user:2"], cache = cache, on = "around")]
    fn around(cache: &Cache) {}
    for change in [ok, always, before, around] {
        let told = Cache::new();
        told.scope_sync(fill);
        filled(|| {
            change(&told);
            assert_eq!(cached_now(), ALL);
        });
        assert_eq!(told.scope_sync(cached_now), WITHOUT_THE_NAMED);
    }
}

#[test]
fn two_attributes_are_two_moments() {
    #[cache_invalidate(user(1), on = "before")]
    #[cache_invalidate(user(2))]
    #[cache_invalidate(user(3), on = "always")]
    fn change(fails: bool) -> Result<(), String> {
        assert_eq!(user::peek(1), None);
        if fails { Err("no".to_owned()) } else { Ok(()) }
    }
    filled(|| {
        assert!(change(true).is_err());
        assert_eq!(cached_now().0, [false, true, false]);
        assert!(change(false).is_ok());
        assert_eq!(cached_now().0, [false; 3]);
    });
}
