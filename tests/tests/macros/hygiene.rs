//! What a user's module may hold without getting in the way of generated code.

use cache_core::test_util::TestCache;

/// Names of the prelude, of crates and of ours mean something else here; and whatever there is has methods called as
/// ours are.
#[allow(dead_code, non_camel_case_types, clippy::wrong_self_convention, clippy::should_implement_trait)]
mod shadowed {
    #![no_implicit_prelude]

    mod core {}
    mod std {}
    mod cache_core {}

    pub(super) struct Ok;
    pub(super) struct Err;
    pub(super) struct Some;
    pub(super) struct None;
    pub(super) struct Result;
    pub(super) struct Option;
    pub(super) struct Box;
    pub(super) struct String;
    pub(super) struct Vec;
    pub(super) struct usize;
    pub(super) struct bool;
    pub(super) trait Clone {}
    pub(super) trait Send {}
    pub(super) trait Sync {}
    pub(super) trait Sized {}
    pub(super) trait Copy {}
    pub(super) trait Future {}
    pub(super) trait Iterator {}
    pub(super) trait IntoIterator {}
    pub(super) trait Fn {}
    pub(super) trait FnOnce {}
    pub(super) trait From {}
    pub(super) trait Into {}
    pub(super) fn drop() {}

    macro_rules! by_value_and_by_borrow {
        ($($value:ident $borrow:ident),*) => {
            pub(super) trait ByValue: ::core::marker::Sized {
                $(fn $value(self) -> u8 { 0 })*
            }
            impl<T> ByValue for T {}
            pub(super) trait ByBorrow {
                $(fn $borrow(&self) -> u8 { 0 })*
            }
            impl<T: ?::core::marker::Sized> ByBorrow for T {}
        };
    }
    by_value_and_by_borrow!(
        look look_if, part text, share error, own borrow, clone to_owned, into as_ref, load load_blocking, await_ poll,
        ttl tags, timing_out is_renewal, put peek, target region, detach owned, weigh late, into_iter unzip, map count
    );
    // The other way around, from a module of its own: an ambiguous name would be an error.
    pub(super) mod other {
        #![no_implicit_prelude]
        pub(in super::super) trait Everything: ::core::marker::Sized {
            fn kind(&self) -> u8 {
                0
            }
            fn cache_if(self) -> u8 {
                0
            }
            fn load_detached(self) -> u8 {
                0
            }
            fn invalidate(&self) -> u8 {
                0
            }
            fn refresh(&self) -> u8 {
                0
            }
            fn ttl_default(self) -> u8 {
                0
            }
            fn hit(&self) -> u8 {
                0
            }
            fn tag(&self) -> u8 {
                0
            }
        }
        impl<T> Everything for T {}
    }
    #[allow(unused_imports)]
    use self::other::Everything as _;

    type Loaded<T> = ::core::result::Result<T, ::std::string::String>;

    /// An error that cannot be cloned.
    #[derive(Debug, PartialEq)]
    pub(super) struct Failure(u64);

    impl ::core::convert::From<::cache_core::LoadTimeout> for Failure {
        fn from(_: ::cache_core::LoadTimeout) -> Self {
            Failure(0)
        }
    }

    #[::cache_core::cached(
        ttl = "1h", tags = ["n:{n}", "got:{ret}:{n}"], skip(by), returns = "result", negative_ttl = "1m",
        cache_if = |value: &u64| *value > 0, weigh = |value: &u64| *value, capacity = 1_000, condition = n < 100
    )]
    pub(super) async fn load(n: u64, by: &u64) -> Loaded<u64> {
        ::core::result::Result::Ok(n + *by)
    }

    #[::cache_core::cached(ttl = "1h", stale_while_revalidate = "1h", stale_if_error = "2h", timeout = "1m")]
    pub(super) async fn renewed(word: &str, words: &[u8]) -> ::core::result::Result<u64, Failure> {
        if words.is_empty() {
            return ::core::result::Result::Err(Failure(1));
        }
        ::core::result::Result::Ok(word.len() as u64)
    }

    #[::cache_core::cached(ttl = "1h")]
    pub(super) fn blocking(n: u64) -> ::core::option::Option<u64> {
        ::core::option::Option::Some(n)
    }

    #[::cache_core::cached(ttl = "1h", helpers = false)]
    pub(super) fn in_place<T>(n: u64) -> u64 {
        n * ::core::mem::size_of::<T>() as u64
    }

    pub(super) struct Repo;

    #[::cache_core::cached_impl]
    impl Repo {
        #[::cache_core::cached(ttl = "1h", skip(self), soft_timeout = "1s", stale_if_error = "1h", share_err = |e: &Failure| Failure(e.0))]
        pub(super) async fn get(self: ::std::sync::Arc<Self>, n: u64) -> ::core::result::Result<u64, Failure> {
            ::core::result::Result::Ok(n)
        }

        #[::cache_core::cached(ttl = "1h", skip(self))]
        pub(super) fn twice<T>(&self, n: u64) -> u64 {
            n * 2 * ::core::mem::size_of::<T>() as u64
        }

        #[::cache_core::cached(ttl = "1h", skip(self), helpers = false)]
        pub(super) async fn placed(&self, n: u64) -> ::core::option::Option<u64> {
            ::core::option::Option::Some(n)
        }
    }
}

#[test]
fn names_and_traits_of_the_module_are_not_in_the_way() {
    use std::sync::Arc;

    use crate::now;

    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..2 {
            assert_eq!(now(shadowed::load(1, &1)), Ok(2));
            assert_eq!(now(shadowed::renewed("ab", &[1])), Ok(2));
            assert!(now(shadowed::renewed("ab", &[])).is_err());
            assert_eq!((shadowed::blocking(1), shadowed::in_place::<u8>(1)), (Some(1), 1));
            assert_eq!((now(Arc::new(shadowed::Repo).get(1)).ok(), shadowed::Repo.twice::<u8>(1)), (Some(1), 2));
            assert_eq!(now(shadowed::Repo.placed(1)), Some(1));
        }
        assert_eq!((shadowed::load::peek(1), shadowed::blocking::peek(1)), (Some(2), Some(1)));
        assert_eq!((now(shadowed::load::warm([(1, &1)])), shadowed::blocking::warm([1, 2])), (1, 2));
    });
    test.assert_loads("load", 1);
}

/// Everything generated code calls something is called that here.
mod named {
    use cache_core::{cached, cached_impl};

    #[cached(ttl = "1h", tags = ["{key}:{value}"], skip(cache, rt, settings))]
    pub(super) async fn load(value: u64, key: &str, cache: u64, rt: u64, name: &str, settings: u64, self_: u64) -> u64 {
        value + key.len() as u64 + cache + rt + name.len() as u64 + settings + self_
    }

    #[cached(ttl = "1h", stale_while_revalidate = "1m", cache_if = |value: &u64| *value > 0)]
    pub(super) async fn returned(ret: u64, this: &str, late: u64, body: u64, load: &[u64]) -> u64 {
        ret + this.len() as u64 + late + body + load.len() as u64
    }

    #[cached(ttl = "1h", key = "{r#type}:{item}:{at}", skip(of))]
    pub(super) fn raw(r#type: u64, item: u64, of: u64, at: u64) -> Option<u64> {
        Some(r#type + item + of + at)
    }

    #[cached(ttl = "1h", helpers = false)]
    pub(super) async fn in_place(value: u64, key: u64, miss: u64, kind: u64, look: u64) -> Result<u64, String> {
        Ok(value + key + miss + kind + look)
    }

    pub(super) struct Repo;

    #[cached_impl]
    impl Repo {
        #[cached(ttl = "1h", skip(self, cache))]
        pub(super) async fn get(&self, value: u64, key: u64, cache: u64, source: &str) -> u64 {
            value + key + cache + source.len() as u64
        }

        #[cache_invalidate(self.get(value, key, source), raw(ret, 1, 1), tags = ["{source}:{value}"])]
        pub(super) async fn set(&self, value: u64, key: u64, source: &str) -> u64 {
            value + key + source.len() as u64
        }
    }

    /// Generated code calls the function, too.
    #[cached(ttl = "1h")]
    pub(super) fn instance(instance: u64) -> u64 {
        instance + 1
    }
}

#[test]
fn arguments_may_have_any_name() {
    use crate::now;

    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..2 {
            assert_eq!(now(named::load(1, "a", 1, 1, "b", 1, 1)), 7);
            assert_eq!(now(named::returned(1, "a", 1, 1, &[1])), 5);
            assert_eq!((named::raw(1, 1, 1, 1), now(named::in_place(1, 1, 1, 1, 1))), (Some(4), Ok(5)));
            assert_eq!((now(named::Repo.get(1, 1, 1, "a")), named::instance(1)), (4, 2));
        }
        named::load::put(1, "a", "b", 1, 9).detach();
        assert_eq!(named::load::peek(1, "a", "b", 1), Some(9));
        test.cache().invalidate_tag("a:1").detach();
        assert_eq!(named::load::peek(1, "a", "b", 1), None);
        assert_eq!((now(named::Repo.set(1, 1, "a")), named::Repo.peek_get(1, 1, "a")), (3, None));
        assert_eq!(now(named::load::warm([(1, "a", 1, 1, "b", 1, 1)])), 1);
        assert_eq!(named::returned::peek(1, "a", 1, 1, &[1]), Some(5));
    });
    test.assert_loads("instance", 1);
}
