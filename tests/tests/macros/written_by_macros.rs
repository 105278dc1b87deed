//! Functions that other macros write: every name, type and template has a hygiene of its own.

use cache_core::test_util::TestCache;
use cache_core::{cached, cached_impl};

use crate::now;

/// All of it comes from outside.
macro_rules! function {
    (
        $(#[$attr:meta])*
        $vis:vis fn $name:ident($arg:ident: $ty:ty, $other:ident: $also:ty) -> $ret:ty { $value:expr }
        $ttl:expr, $life:literal, $key:literal, $tag:literal, $late:literal
    ) => {
        #[cached(ttl = $ttl, negative_ttl = $life, key = $key, tags = [$tag, $late], skip($other))]
        $(#[$attr])*
        $vis async fn $name($arg: $ty, $other: $also) -> $ret {
            $value
        }
    };
}

function! {
    /// Documented.
    pub(crate) fn first(id: u64, db: &str) -> Result<u64, String> { id.checked_sub(db.len() as u64).ok_or(db.to_owned()) }
    "1h", "1m", "{id}", "first:{db}", "got:{ret}:{db}"
}

function! {
    fn second(name: &str, db: u64) -> Option<u64> { name.parse().ok().filter(|n| *n != db) }
    std::time::Duration::from_secs(60), "10s", "{name.len()}:{name}", "second", "got:{ret}"
}

#[test]
fn all_of_a_function_may_come_from_outside() {
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!((now(first(5, "ab")), now(first(5, "abcd")), now(first(1, "ab"))), (Ok(3), Ok(3), Err("ab".into())));
        assert_eq!((now(second("7", 1)), now(second("7", 7)), now(second("x", 1))), (Some(7), Some(7), None));
        assert_eq!((first::peek(5), second::peek("7"), second::peek("8")), (Some(3), Some(7), None));
        test.cache().invalidate_tag("got:3:ab").detach();
        assert_eq!((first::peek(5), now(first(5, "abcd"))), (None, Ok(1)));
        test.cache().invalidate_tag("got:7").detach();
        assert_eq!((second::peek("7"), now(second("7", 7))), (None, None));
        second::put("9", 3).detach();
        assert_eq!(now(second("9", 0)), Some(3));
    });
}

/// All of it but the type comes from inside.
macro_rules! module {
    ($module:ident, $ty:ty) => {
        mod $module {
            use cache_core::{cache_invalidate, cached};

            #[cached(ttl = "1h", skip(extra, a), tags = ["both:{id}", "late:{ret}:{id}"], cache_if = |value: &$ty| *value > 0)]
            pub(super) fn load(id: $ty, extra: &mut u64, (a, b): ($ty, $ty)) -> $ty {
                *extra += 1;
                id + a + b
            }

            #[cached(ttl = "1h", condition = id > 0)]
            pub(super) fn other(id: $ty) -> $ty {
                load(id, &mut 0, (1, 1))
            }

            #[cache_invalidate(load(id), tags = ["late:{ret}:{id}"])]
            pub(super) fn change(id: $ty, value: $ty) -> $ty {
                value
            }
        }
    };
}

module!(wide, u64);
module!(narrow, u8);

#[test]
fn a_function_may_be_written_inside_and_the_modules_are_apart() {
    let test = TestCache::new();
    test.run_sync(|| {
        let mut loads = 0;
        assert_eq!((wide::load(1, &mut loads, (1, 1)), wide::load(1, &mut loads, (5, 5))), (3, 3));
        assert_eq!((narrow::load(1, &mut loads, (2, 2)), narrow::load(1, &mut loads, (5, 5)), loads), (5, 5, 2));
        assert_eq!((wide::other(1), narrow::other(1), wide::other(2)), (3, 5, 4));
        assert_eq!((narrow::load::peek(1), wide::load::peek(2)), (Some(5), Some(4)));
        assert_eq!((wide::change(1, 9), narrow::change(2, 9), wide::load::peek(1)), (9, 9, None));
    });
    assert_eq!(test.cache().regions().len(), 4);
    assert!(test.events().is_empty(), "{:?}", test.events());
}

/// Two functions of different names from one expansion.
macro_rules! pair {
    ($one:ident, $two:ident, $by:expr) => {
        #[cached(ttl = "1h")]
        fn $one(n: u64) -> u64 {
            n + $by
        }

        #[cached(ttl = "1h", stale_if_error = "1h")]
        async fn $two<T>(n: &T) -> Result<u64, String>
        where
            T: cache_core::CacheKey + ToString + ?Sized,
        {
            Ok($one(n.to_string().parse().map_err(|_| n.to_string())?))
        }
    };
}

pair!(plus_one, text_plus_one, 1);
pair!(plus_two, text_plus_two, 2);

#[test]
fn two_functions_of_one_macro_are_apart() {
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!((plus_one(1), plus_two(1), now(text_plus_one(&1)), now(text_plus_two("1"))), (2, 3, Ok(2), Ok(3)));
        assert_eq!(
            (plus_one::peek(1), plus_two::peek(1), text_plus_two::peek::<str>("1")),
            (Some(2), Some(3), Some(3))
        );
    });
    assert_eq!(test.cache().regions().len(), 4);
    assert!(test.events().is_empty(), "{:?}", test.events());
}

/// Methods; `self` is the caller's.
macro_rules! methods {
    ($type:ident, $($name:ident => $field:ident),*) => {
        #[cached_impl]
        impl $type {
            $(
                #[cached(ttl = "1h", key = "{self.tenant}:{id}")]
                async fn $name(&self, id: u64) -> u64 {
                    self.$field + id
                }
            )*

            #[cache_invalidate($(self.$name(id)),*)]
            fn clear(&self, id: u64) {
                let _ = id;
            }
        }
    };
}

struct Table {
    tenant: u64,
    users: u64,
    orders: u64,
}

methods!(Table, user => users, order => orders);

#[test]
fn methods_may_be_written_by_a_macro() {
    TestCache::new().run_sync(|| {
        let table = |users, orders| Table { tenant: 1, users, orders };
        assert_eq!((now(table(10, 20).user(1)), now(table(10, 20).order(1))), (11, 21));
        assert_eq!((now(table(30, 40).user(1)), now(table(30, 40).order(1))), (11, 21));
        table(0, 0).clear(1);
        assert_eq!((now(table(30, 40).user(1)), now(table(30, 40).order(1))), (31, 41));
    });
}

/// What arrives as a type is one token to the attributes.
macro_rules! returning {
    ($name:ident($arg:ident: $ty:ty) -> $ret:ty $body:block) => {
        #[cached(ttl = "1m", stale_while_revalidate = "1m", negative_ttl = "1m", tier = "l1")]
        async fn $name($arg: $ty) -> $ret $body
    };
}

type LoadResult = Result<Vec<u64>, String>;

returning!(of_result(word: &str) -> Result<u64, String> { word.parse().map_err(|_| word.to_owned()) });
returning!(of_option(word: &str) -> Option<char> { word.chars().next() });
returning!(of_alias(words: &[u64]) -> LoadResult { words.first().map(|word| vec![*word]).ok_or_else(String::new) });

#[test]
fn types_may_arrive_as_one_token() {
    let tasks = cache_core::test_util::TaskQueue::new();
    let test = TestCache::with(|builder| builder.spawn(tasks.clone()));
    test.run_sync(|| {
        for _ in 0..2 {
            let (word, empty) = ("7".to_owned(), String::new());
            assert_eq!((now(of_result(&word)), now(of_option(&empty))), (Ok(7), None));
            assert_eq!(now(of_alias(&[1])), Ok(vec![1]));
        }
        let (number, letter, all) = (of_result::peek("7"), of_option::peek("x"), of_alias::peek(&[1]));
        assert_eq!((number, letter, all), (Some(7), None::<char>, Some(vec![1])));
        test.clock().advance(std::time::Duration::from_secs(60));
        let word = String::from("7");
        assert_eq!(now(of_result(&word)), Ok(7), "stale, and what is borrowed was copied");
        drop(word);
        tasks.run();
        assert_eq!(of_result::peek("7"), Some(7));
    });
}

#[test]
fn modules_inside_functions_are_modules() {
    fn outer(n: u64) -> u64 {
        mod inner {
            pub(super) mod deeper {
                #[cache_core::cached(ttl = "1h")]
                pub(in super::super) fn load(n: u64) -> u64 {
                    n + 1
                }
            }

            #[cache_core::cached(ttl = "1h")]
            pub(super) fn load(n: u64) -> u64 {
                deeper::load(n) + 1
            }
        }
        inner::deeper::load::invalidate(n).detach();
        inner::load(n)
    }
    let test = TestCache::new();
    test.run_sync(|| assert_eq!((outer(1), outer(1), outer(2)), (3, 3, 4)));
    assert_eq!(test.cache().regions().len(), 2);
    assert!(test.events().is_empty(), "{:?}", test.events());
}
