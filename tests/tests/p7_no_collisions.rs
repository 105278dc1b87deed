//! P7: different things never share an entry.

use std::sync::atomic::{AtomicU64, Ordering};

use cache_core::test_util::TestCache;
use cache_core::{Cache, CacheKey, Event, Region, Tag, cached};
use cache_tests::Step;

trait Table: 'static {
    const ROWS: u64;
}
struct Users;
struct Orders;
impl Table for Users {
    const ROWS: u64 = 10;
}
impl Table for Orders {
    const ROWS: u64 = 20;
}

#[cached(ttl = "1h")]
fn count<T: Table, const TIMES: u64>() -> u64 {
    T::ROWS * TIMES
}

#[test]
fn instances_of_a_generic_function_are_apart() {
    TestCache::new().run_sync(|| {
        for _ in 0..2 {
            assert_eq!((count::<Users, 1>(), count::<Orders, 1>(), count::<Users, 2>()), (10, 20, 20));
        }
        count::invalidate::<Users, 1>().detach();
        assert_eq!(count::peek::<Users, 1>(), None);
        assert_eq!(count::peek::<Orders, 1>(), Some(20));
    });
}

#[test]
fn instances_whose_keys_have_one_owned_form_are_apart() {
    #[cached(ttl = "1h", key = "{key}", helpers = false)]
    fn name<K: CacheKey>(key: K) -> &'static str {
        std::any::type_name_of_val(&key)
    }
    TestCache::new().run_sync(|| {
        assert_eq!(name("a"), "&str");
        assert_eq!(name("a".to_owned()), "alloc::string::String");
    });
}

struct Repo<T> {
    tenant: u64,
    table: std::marker::PhantomData<T>,
}

impl<T: Table> Repo<T> {
    fn new(tenant: u64) -> Self {
        Self { tenant, table: std::marker::PhantomData }
    }

    #[cached(ttl = "1h", key = "{self.tenant}:{id}")]
    fn get(&self, id: u64) -> u64 {
        self.tenant * 1_000 + T::ROWS + id
    }

    #[cached(ttl = "1h", key = "{id}", skip(self))]
    fn of_any_tenant(&self, id: u64) -> u64 {
        self.tenant * 1_000 + id
    }
}

#[test]
fn methods_are_keyed_by_what_they_say_of_self_and_by_their_type() {
    TestCache::new().run_sync(|| {
        let (first, second, orders) = (Repo::<Users>::new(1), Repo::<Users>::new(2), Repo::<Orders>::new(1));
        for _ in 0..2 {
            assert_eq!((first.get(5), second.get(5), orders.get(5)), (1_015, 2_015, 1_025));
        }
        first.invalidate_get(5).detach();
        assert_eq!((first.peek_get(5), second.peek_get(5), orders.peek_get(5)), (None, Some(2_015), Some(1_025)));
        assert_eq!((first.of_any_tenant(5), second.of_any_tenant(5)), (1_005, 1_005), "self is skipped, as it says");
    });
}

mod here {
    #[cache_core::cached(ttl = "1h")]
    pub(crate) fn load() -> &'static str {
        "here"
    }
}

mod there {
    #[cache_core::cached(ttl = "1h")]
    pub(crate) fn load() -> &'static str {
        "there"
    }

    pub(crate) struct Thing;

    impl Thing {
        #[cache_core::cached(ttl = "1h", skip(self))]
        pub(crate) fn load(&self) -> &'static str {
            "thing"
        }
    }
}

#[test]
fn equal_names_in_different_places_are_apart() {
    fn first() -> &'static str {
        #[cached(ttl = "1h")]
        fn load() -> &'static str {
            "first"
        }
        load()
    }
    fn second() -> &'static str {
        #[cached(ttl = "1h")]
        fn load() -> &'static str {
            "second"
        }
        load()
    }
    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..2 {
            let all = [here::load(), there::load(), there::Thing.load(), first(), second()];
            assert_eq!(all, ["here", "there", "thing", "first", "second"]);
        }
    });
    assert!(test.events().is_empty(), "no name was taken twice");
    let mut names: Vec<String> = test.cache().regions().iter().map(|region| region.name().to_owned()).collect();
    names.sort();
    let expected = [
        "equal_names_in_different_places_are_apart::first::load",
        "equal_names_in_different_places_are_apart::second::load",
        "here::load",
        "there::Thing::load",
        "there::load",
    ];
    assert_eq!(names, expected.map(|name| format!("p7_no_collisions::{name}")));
}

#[test]
fn a_name_that_is_taken_is_reported_and_never_shared() {
    #[cached(ttl = "1h", helpers = false)]
    fn named() -> u64 {
        CALLS.fetch_add(1, Ordering::SeqCst)
    }
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let test = TestCache::new();
    let name = "p7_no_collisions::a_name_that_is_taken_is_reported_and_never_shared::named";
    let _taken: Region<u64, u64> = test.cache().region(name).build().unwrap();
    test.run_sync(|| assert_eq!((named(), named()), (0, 1), "not cached"));
    match &test.events()[..] {
        [Event::DuplicateRegion { region, first, second }] => {
            assert_eq!(&**region, name);
            assert!(first.contains("builder") && second.contains("p7_no_collisions.rs:"), "{first} and {second}");
        }
        other => panic!("expected one report, got {other:?}"),
    }
}

#[test]
fn keys_that_look_alike_are_apart() {
    #[cached(ttl = "1h", key = "{first}:{second}")]
    fn pair(first: Option<&str>, second: &str) -> String {
        format!("{first:?} {second:?}")
    }
    let firsts =
        [None, Some(""), Some("None"), Some("~"), Some("a"), Some("a:b"), Some("a%3Ab"), Some("*"), Some("{}")];
    let seconds = ["", "b", "b:c", ":", "~", "%", "None"];
    let test = TestCache::new();
    test.run_sync(|| {
        let mut texts = std::collections::HashSet::new();
        for _ in 0..2 {
            for first in firsts {
                for second in seconds {
                    assert_eq!(pair(first, second), format!("{first:?} {second:?}"));
                    texts.insert(pair::key(first, second));
                }
            }
        }
        assert_eq!(texts.len(), firsts.len() * seconds.len(), "the texts are apart too");
    });
    test.assert_loads("pair", (firsts.len() * seconds.len()) as u64);
}

#[test]
fn texts_of_all_kinds_of_keys_are_apart() {
    fn text<K: CacheKey>(key: K) -> String {
        Tag::of("t", &key).as_str().to_owned()
    }
    let apart = [
        text(("a", "b")),
        text("a:b"),
        text(["a", "b"]),
        text(["a,b"]),
        text([["a"], ["b"]]),
        text((("a", "b"), "c")),
        text(("a", ("b", "c"))),
        text(Some(None::<u8>)),
        text(None::<Option<u8>>),
        text(Some(Some(1_u8))),
        text(Vec::<u64>::new()),
        text(""),
        text([10_u8, 255].as_slice()),
        text([10_u16, 255].as_slice()),
        text('x'),
        text(std::net::Ipv6Addr::LOCALHOST),
        text(-5_i64),
        text(true),
    ];
    let distinct: std::collections::HashSet<_> = apart.iter().collect();
    assert_eq!(distinct.len(), apart.len(), "{apart:?}");
}

#[test]
fn over_long_keys_and_tags_are_hashed_and_not_cut() {
    let (first, second) = ("x".repeat(10_000) + "1", "x".repeat(10_000) + "2");
    let (one, other) = (Tag::new(first.as_str()).unwrap(), Tag::new(second.as_str()).unwrap());
    assert!(one != other && one.as_str().len() == 65 && one.as_str().starts_with('#'));
    let cache = Cache::new();
    let region: Region<String, u64> = cache.region("r").build().unwrap();
    region.put(&first, 1).detach();
    region.put(&second, 2).detach();
    assert_eq!((region.get(&first), region.get(&second)), (Some(1), Some(2)));
    assert_ne!(region.key_text(&first), region.key_text(&second));
    assert!(region.key_text(&first).len() < 600);
}

#[test]
fn empty_key_parts_are_parts_like_others() {
    let region: Region<(String, String), u64> = Cache::new().region("r").build().unwrap();
    region.put(&("", "a"), 1).detach();
    region.put(&("a", ""), 2).detach();
    assert_eq!((region.get(&("", "a")), region.get(&("a", "")), region.get(&("", ""))), (Some(1), Some(2), None));
}

#[test]
fn a_tag_that_comes_out_empty_keeps_the_value_out() {
    #[cached(ttl = "1h", key = "{team}", tags = ["{team}"])]
    async fn members(team: &str) -> usize {
        team.len()
    }
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!((Step::new(members("")).done(), members::peek("")), (0, None));
        assert_eq!((Step::new(members("a")).done(), members::peek("a")), (1, Some(1)));
    });
    test.cache().invalidate_tag("").detach();
    assert!(matches!(&test.events()[..], [Event::NotStored { reason: cache_core::NotStored::EmptyTag, .. }]));
}
