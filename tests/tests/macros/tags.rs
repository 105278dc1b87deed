//! `tags`: what an entry depends on.

use cache_core::cached;
use cache_core::test_util::TestCache;

use crate::{ignore, now};

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
    org: Org,
    name: String,
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Org {
    id: u64,
}

impl User {
    fn of(id: u64) -> Self {
        Self { id, org: Org { id: id % 10 }, name: format!("user {id}") }
    }

    fn org(&self) -> &Org {
        &self.org
    }
}

/// Asserts that `has` is true until each of `tags` is invalidated, and that `others` do not matter.
fn depends_on(tags: &[&str], others: &[&str], load: impl Fn(), has: impl Fn() -> bool) {
    let test = TestCache::new();
    test.run_sync(|| {
        for tag in tags {
            load();
            assert!(has(), "stored before {tag}");
            for other in others {
                test.cache().invalidate_tag(*other).detach();
                assert!(has(), "{other} is another's tag");
            }
            test.cache().invalidate_tag(*tag).detach();
            assert!(!has(), "{tag} is its tag");
        }
    });
}

#[test]
fn a_literal_tag_is_carried_by_every_entry() {
    #[cached(ttl = "1h", tags = ["users", "everything there is"])]
    fn load(id: u64) -> u64 {
        id
    }
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!((load(1), load(2)), (1, 2));
        test.cache().invalidate_tag("users").detach();
        assert_eq!((load::peek(1), load::peek(2)), (None, None));
        assert_eq!((load(1), load(2)), (1, 2));
        test.cache().invalidate_tag("everything there is").detach();
        assert_eq!((load::peek(1), load::peek(2)), (None, None));
    });
}

#[test]
fn a_tag_of_arguments_is_carried_by_their_entries() {
    #[cached(ttl = "1h", tags = ["user:{id}", "{name}/{id}"])]
    fn load(id: u64, name: &str) -> u64 {
        id + name.len() as u64
    }
    depends_on(
        &["user:7", "Ada/7"],
        &["user:8", "user", "Ada/8", "Bob/7", "user:77"],
        || ignore(load(7, "Ada")),
        || load::peek(7, "Ada").is_some(),
    );
}

#[test]
fn a_tag_of_the_value_is_carried_by_what_it_says() {
    #[cached(ttl = "1h", tags = ["org:{ret.org.id}", "org-of:{ret.org().id}:{ret.id}"])]
    fn load(id: u64) -> User {
        User::of(id)
    }
    depends_on(
        &["org:5", "org-of:5:25"],
        &["org:25", "org:2", "org-of:5:5"],
        || ignore(load(25)),
        || load::peek(25).is_some(),
    );
}

#[test]
fn literals_arguments_and_the_value_may_be_mixed() {
    #[cached(ttl = "1h", skip(tenant), tags = ["users", "user:{id}", "org:{ret.org.id}", "{tenant}:{ret.name}:{id}"])]
    async fn load(tenant: String, id: u64) -> User {
        drop(tenant);
        User::of(id)
    }
    depends_on(
        &["users", "user:25", "org:5", "acme:user%2025:25"],
        &["user:5", "org:25", "acme"],
        || ignore(now(load("acme".to_owned(), 25))),
        || load::peek(25).is_some(),
    );
}

#[test]
fn ret_is_what_is_inside_a_result() {
    #[cached(ttl = "1h", tags = ["org:{ret.org.id}"])]
    async fn load(id: u64) -> Result<User, String> {
        if id == 0 { Err("zero".to_owned()) } else { Ok(User::of(id)) }
    }
    depends_on(&["org:5"], &["org:25"], || ignore(now(load(25))), || load::peek(25).is_some());
    TestCache::new().run_sync(|| assert_eq!(now(load(0)).err().as_deref(), Some("zero"), "an error has no tags"));
}

#[test]
fn ret_is_what_is_inside_an_option() {
    #[cached(ttl = "1h", tags = ["org:{ret.org.id}", "user:{id}"], negative_ttl = "1h")]
    fn load(id: u64) -> Option<User> {
        (id > 0).then(|| User::of(id))
    }
    depends_on(&["org:5", "user:25"], &["org:25"], || ignore(load(25)), || load::peek(25).is_some());
    let test = TestCache::new();
    test.run_sync(|| {
        assert!(load(0).is_none() && load(0).is_none());
        test.assert_loads("load", 1);
        test.cache().invalidate_tag("user:0").detach();
        assert!(load(0).is_none());
        test.assert_loads("load", 2);
    });
}

#[test]
fn ret_is_what_is_inside_both() {
    #[cached(ttl = "1h", tags = ["org:{ret.org.id}"])]
    fn load(id: u64) -> Result<Option<User>, String> {
        Ok((id > 0).then(|| User::of(id)))
    }
    depends_on(&["org:5"], &["org:25"], || ignore(load(25)), || matches!(load::peek(25), Some(Some(_))));
}

#[test]
fn self_may_be_in_them() {
    struct Repo {
        tenant: &'static str,
    }
    impl Repo {
        #[cached(ttl = "1h", key = "{self.tenant}:{id}", tags = ["{self.tenant}", "{self.tenant}:{ret.org.id}"])]
        fn get(&self, id: u64) -> User {
            User::of(id)
        }
    }
    let repo = Repo { tenant: "acme" };
    depends_on(&["acme", "acme:5"], &["other", "acme:25"], || ignore(repo.get(25)), || repo.peek_get(25).is_some());
}

#[test]
fn a_value_cannot_name_anothers_tag() {
    #[cached(ttl = "1h", tags = ["user:{name}:x"])]
    fn load(name: &str) -> usize {
        name.len()
    }
    depends_on(
        &["user:a%3Ax%3Ab:x"],
        &["user:a:x:b:x", "user:a:x"],
        || ignore(load("a:x:b")),
        || load::peek("a:x:b").is_some(),
    );
}

#[test]
fn a_value_that_was_put_has_them_too() {
    #[cached(ttl = "1h", skip(tenant), tags = ["tenant:{tenant}", "org:{ret.org.id}", "{tenant}/{ret.id}"])]
    fn load(tenant: &str, id: u64) -> User {
        let _ = tenant;
        User::of(id)
    }
    TestCache::new().run_sync(|| assert_eq!(load("acme", 25).name, "user 25"));
    depends_on(
        &["tenant:acme", "org:5", "acme/25"],
        &["org:25"],
        || load::put("acme", 25, User::of(25)).detach(),
        || load::peek(25).is_some(),
    );
}

#[test]
fn a_refreshed_value_has_the_tags_of_the_new_value() {
    thread_local!(static ORG: std::cell::Cell<u64> = const { std::cell::Cell::new(1) });
    #[cached(ttl = "1h", tags = ["org:{ret}"])]
    fn org() -> u64 {
        ORG.get()
    }
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!(org(), 1);
        ORG.set(2);
        assert_eq!(org::refresh(), 2);
        test.cache().invalidate_tag("org:1").detach();
        assert_eq!(org::peek(), Some(2));
        test.cache().invalidate_tag("org:2").detach();
        assert_eq!(org::peek(), None);
    });
}

#[test]
fn functions_share_tags() {
    #[cached(ttl = "1h", tags = ["user:{id}"])]
    fn name(id: u64) -> u64 {
        id
    }
    #[cached(ttl = "1h", tags = ["user:{user}"])]
    async fn orders(user: u64) -> u64 {
        user
    }
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!((name(1), now(orders(1)), now(orders(2))), (1, 1, 2));
        test.cache().invalidate_tags(["user:1", "user:3"]).detach();
        assert_eq!((name::peek(1), orders::peek(1), orders::peek(2)), (None, None, Some(2)));
    });
}
