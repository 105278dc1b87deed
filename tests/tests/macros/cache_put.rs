//! `#[cache_put]`: what a mutator returned, as the entry of a cached function.

use std::sync::Arc;

use cache_core::test_util::TestCache;
use cache_core::{Cache, cache_invalidate, cache_put, cached, cached_impl};
use cache_tests::{Gate, Step};

use crate::{ignore, now};

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: String,
}

pub(crate) fn named(id: u64, name: &str) -> User {
    User { id, name: name.to_owned() }
}

#[cached(ttl = "1h", tags = ["users", "user:{id}", "name:{ret.name}"])]
pub(crate) async fn user(id: u64) -> Result<User, String> {
    Ok(named(id, "loaded"))
}

#[cached(ttl = "1h", key = "{id}")]
pub(crate) fn blocking(id: u64) -> Option<User> {
    Some(named(id, "loaded"))
}

pub(crate) fn name_of(id: u64) -> Option<String> {
    user::peek(id).map(|user| user.name)
}

pub(crate) fn isolated(test: impl FnOnce(&TestCache)) {
    let cache = TestCache::new();
    cache.run_sync(|| test(&cache));
}

#[cache_put(user(id))]
pub(crate) async fn rename(id: u64, name: String) -> Result<User, String> {
    if name.is_empty() {
        return Err("empty".to_owned());
    }
    Ok(User { id, name })
}

/// As `rename`, held until the gate lets it through.
#[cache_put(user(id))]
pub(crate) async fn rename_slowly(gate: &Gate, id: u64, name: &str) -> Result<User, String> {
    gate.pass().await;
    Ok(named(id, name))
}

#[test]
fn the_returned_value_is_cached() {
    isolated(|cache| {
        assert_eq!(now(rename(1, "Ada".to_owned())), Ok(named(1, "Ada")));
        assert_eq!(now(user(1)), Ok(named(1, "Ada")));
        assert_eq!(now(user(2)), Ok(named(2, "loaded")));
        assert_eq!(now(rename(2, "Bob".to_owned())), Ok(named(2, "Bob")));
        assert_eq!((name_of(1).as_deref(), name_of(2).as_deref()), (Some("Ada"), Some("Bob")));
        cache.assert_loads("user", 1);
    });
}

#[test]
fn it_has_the_tags_of_the_cached_function() {
    for tag in ["users", "user:1", "name:Ada"] {
        isolated(|cache| {
            ignore(now(rename(1, "Ada".to_owned())));
            cache.cache().invalidate_tag("name:loaded").detach();
            assert_eq!(name_of(1).as_deref(), Some("Ada"));
            cache.cache().invalidate_tag(tag).detach();
            assert_eq!(name_of(1), None, "{tag}");
        });
    }
}

#[test]
fn an_error_puts_nothing() {
    isolated(|_| {
        ignore(now(rename(1, "Ada".to_owned())));
        assert!(now(rename(1, String::new())).is_err());
        assert_eq!(name_of(1).as_deref(), Some("Ada"));
    });
}

#[test]
fn a_mutator_that_is_dropped_before_its_end_puts_nothing() {
    isolated(|_| {
        ignore(now(user(1)));
        drop(Step::held(rename_slowly(&Gate::closed(), 1, "put")));
        assert_eq!(name_of(1).as_deref(), Some("loaded"));
    });
}

#[test]
fn a_body_that_panics_puts_nothing() {
    #[cache_put(blocking(id))]
    fn change(id: u64) -> User {
        assert!(id > 100, "as the test wants it");
        named(id, "put")
    }
    isolated(|_| {
        blocking(1);
        assert!(std::panic::catch_unwind(|| change(1)).is_err());
        assert_eq!(blocking::peek(1), Some(named(1, "loaded")));
    });
}

#[test]
fn every_return_type_that_holds_the_value_will_do() {
    #[cache_put(blocking(id), user(id))]
    fn plain(id: u64) -> User {
        named(id, "plain")
    }
    #[cache_put(blocking(id), user(id))]
    fn result(id: u64) -> Result<User, u8> {
        Ok(named(id, "result"))
    }
    #[cache_put(blocking(id), user(id))]
    async fn option(id: u64) -> Option<User> {
        Some(named(id, "option"))
    }
    type Alias<T> = Result<Option<T>, std::fmt::Error>;
    #[cache_put(blocking(id), user(id))]
    async fn both(id: u64) -> Alias<User> {
        Ok(Some(named(id, "both")))
    }
    isolated(|_| {
        ignore((plain(1), result(2), now(option(3)), now(both(4))));
        for (id, name) in [(1, "plain"), (2, "result"), (3, "option"), (4, "both")] {
            assert_eq!((blocking::peek(id), user::peek(id)), (Some(named(id, name)), Some(named(id, name))));
        }
    });
}

#[test]
fn an_absence_drops_the_entry() {
    #[cached(ttl = "1h", negative_ttl = "1h")]
    async fn found(id: u64) -> Result<Option<u64>, String> {
        Ok(Some(id))
    }
    #[cache_put(found(id))]
    async fn set(id: u64, to: Option<u64>) -> Result<Option<u64>, String> {
        if id == 0 { Err("zero".to_owned()) } else { Ok(to) }
    }
    #[cache_put(found(id))]
    fn set_blocking(id: u64, to: Option<u64>) -> Option<u64> {
        to.filter(|_| id > 0)
    }
    isolated(|cache| {
        assert_eq!((now(set(1, Some(5))), found::peek(1)), (Ok(Some(5)), Some(Some(5))));
        assert_eq!((now(set(1, None)), found::peek(1)), (Ok(None), None));
        assert_eq!((set_blocking(1, Some(6)), found::peek(1)), (Some(6), Some(Some(6))));
        assert_eq!((set_blocking(1, None), found::peek(1)), (None, None));
        assert_eq!(now(found(1)), Ok(Some(1)));
        cache.assert_loads("found", 1);
    });
}

#[test]
fn a_key_may_come_from_what_was_returned() {
    #[cached(ttl = "1h")]
    async fn id_of(name: String) -> u64 {
        name.len() as u64
    }
    #[cache_put(user(ret.id), blocking(ret.id))]
    #[cache_invalidate(id_of(ret.name.clone()))]
    async fn create(name: &str) -> Result<User, String> {
        if name.is_empty() { Err("empty".to_owned()) } else { Ok(named(7, name)) }
    }
    isolated(|cache| {
        ignore(now(id_of("Ada".to_owned())));
        assert!(now(create("")).is_err());
        assert_eq!((name_of(7), id_of::peek("Ada".to_owned())), (None, Some(3)));
        assert!(now(create("Ada")).is_ok());
        assert_eq!((name_of(7).as_deref(), blocking::peek(7)), (Some("Ada"), Some(named(7, "Ada"))));
        assert_eq!(id_of::peek("Ada".to_owned()), None);
        cache.assert_loads("user", 0);
    });
}

#[test]
fn the_body_may_take_the_arguments_away() {
    #[cached(ttl = "1h", skip(org), tags = ["org:{org}"])]
    #[allow(clippy::needless_pass_by_value)]
    async fn card(name: String, org: u64) -> Arc<str> {
        format!("{name}@{org}").into()
    }
    #[cache_put(card(name, org))]
    async fn print(name: String, org: u64) -> Arc<str> {
        let card: Arc<str> = name.into_boxed_str().into();
        assert!(org > 0);
        card
    }
    isolated(|cache| {
        now(print("Ada".to_owned(), 3));
        assert_eq!(now(card("Ada".to_owned(), 3)).as_ref(), "Ada");
        cache.cache().invalidate_tag("org:3").detach();
        assert_eq!(card::peek("Ada".to_owned()), None);
    });
}

#[test]
fn methods_are_filled_as_functions_are() {
    struct Repo {
        tenant: u64,
    }
    struct Service {
        repo: Arc<Repo>,
    }
    #[cached_impl]
    impl Repo {
        #[cached(ttl = "1h", key = "{self.tenant}:{id}")]
        async fn get(&self, id: u64) -> Option<User> {
            (id > 0).then(|| named(id, "loaded"))
        }

        #[cached(ttl = "1h", key = "{self.tenant}")]
        fn count(&self) -> u64 {
            self.tenant
        }

        #[cache_put(self.get(id))]
        #[cache_invalidate(self.count())]
        async fn put_first(&self, id: u64) -> Result<User, String> {
            Ok(named(id, "first"))
        }

        #[cache_core::cache_invalidate(self.count(), on = "always")]
        #[cache_core::cache_put(self.get(id), self.get(ret.id + 1))]
        fn put_second(&mut self, id: u64) -> Result<User, String> {
            self.tenant += 0;
            if id == 0 { Err("zero".to_owned()) } else { Ok(named(id, "second")) }
        }
    }
    impl Service {
        #[cache_put(self.repo.get(id))]
        async fn set(&self, id: u64) -> User {
            named(id, "service")
        }
    }
    isolated(|_| {
        let mut repo = Repo { tenant: 3 };
        assert_eq!(now(repo.get(0)), None);
        let name = |repo: &Repo, id| repo.peek_get(id).map(|user: User| user.name);
        repo.count();
        ignore(now(repo.put_first(1)));
        assert_eq!((name(&repo, 1).as_deref(), repo.peek_count()), (Some("first"), None));
        repo.count();
        assert!(repo.put_second(0).is_err());
        assert_eq!(repo.peek_count(), None);
        repo.count();
        ignore(repo.put_second(1));
        assert_eq!((name(&repo, 1).as_deref(), name(&repo, 2).as_deref()), (Some("second"), Some("second")));
        assert_eq!(repo.peek_count(), None);
        let service = Service { repo: Arc::new(repo) };
        now(service.set(1));
        assert_eq!(name(&service.repo, 1).as_deref(), Some("service"));
    });
}

#[test]
fn generic_functions_and_paths_may_be_targets() {
    mod deep {
        #[cache_core::cached(ttl = "1h", key = "{id}")]
        pub(super) fn value<T: Clone + Default + Send + Sync + 'static>(id: u64) -> Vec<T> {
            vec![T::default(); id as usize]
        }
    }
    use deep::value as alias;
    #[cache_put(deep::value::<u8>(id), alias::<u8>(other))]
    fn change<const N: usize>(id: u64, other: u64) -> Vec<u8> {
        vec![9; N]
    }
    isolated(|_| {
        change::<2>(1, 5);
        assert_eq!((alias::<u8>(1), alias::<u8>(5), alias::<u16>(1)), (vec![9, 9], vec![9, 9], vec![0]));
    });
}

#[test]
fn it_puts_into_the_cache_it_was_told() {
    #[cached(ttl = "1h", cache = cache, skip(cache))]
    fn in_cache(cache: &Cache, id: u64) -> u64 {
        assert!(cache.is_enabled());
        id
    }
    #[cache_put(in_cache(&cache, id), blocking(id))]
    fn ambient(cache: Cache, id: u64) -> u64 {
        drop(cache);
        id + 100
    }
    #[cached(ttl = "1h")]
    fn blocking(id: u64) -> u64 {
        id
    }
    #[cache_put(blocking(id), blocking(*ret), in_cache(cache, *ret), cache = cache)]
    fn told(cache: &Cache, id: u64) -> u64 {
        id + 100
    }
    #[cache_put(in_cache(cache, *ret))]
    fn untold(cache: &Cache, id: u64) -> u64 {
        id
    }
    let other = Cache::new();
    isolated(|_| {
        ambient(other.clone(), 1);
        assert_eq!((in_cache::peek(&other, 1), blocking::peek(1)), (Some(101), Some(101)));
        told(&other, 2);
        assert_eq!((blocking::peek(2), blocking::peek(102)), (None, None));
        other.scope_sync(|| assert_eq!((blocking::peek(2), blocking::peek(102)), (Some(102), Some(102))));
        assert_eq!(in_cache::peek(&other, 102), Some(102));
        assert_eq!((in_cache(&other, 102), blocking(1)), (102, 101));
        untold(&other, 102);
        assert_eq!(in_cache::peek(&other, 102), None, "its age is not known there");
    });
}

#[test]
fn nothing_is_put_into_a_cache_that_is_switched_off() {
    isolated(|cache| {
        cache.cache().set_enabled(false);
        ignore(now(rename(1, "Ada".to_owned())));
        cache.cache().set_enabled(true);
        assert_eq!(name_of(1), None);
    });
}

#[test]
fn a_mutator_runs_in_a_spawned_task() {
    fn sendable<T: Send>(task: T) -> T {
        task
    }
    #[cache_put(user(id), user(ret.id))]
    async fn change(id: u64) -> Result<User, Box<dyn std::error::Error + Send>> {
        std::future::ready(()).await;
        Ok(named(id, "put"))
    }
    isolated(|_| {
        ignore(now(rename(1, "known".to_owned())));
        assert!(now(sendable(change(1))).is_ok());
    });
}
