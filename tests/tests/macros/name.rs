//! `name`: what a region is called.

use cache_core::cached;
use cache_core::test_util::TestCache;

use crate::{ignore, now};

fn names(test: &TestCache) -> Vec<String> {
    test.cache().regions().iter().map(|region| region.name().to_owned()).collect()
}

#[test]
fn a_given_name_is_the_regions_name() {
    #[cached(ttl = "1h", name = "people")]
    fn load(id: u64) -> u64 {
        id
    }
    let test = TestCache::new();
    test.run_sync(|| {
        load(1);
        assert_eq!(load::region().expect("it was called").name(), "people");
        assert_eq!(load::key(1), "people:1");
    });
    assert_eq!(names(&test), ["people"]);
}

#[test]
fn without_one_it_is_the_functions_path() {
    #[cached(ttl = "1h")]
    fn load(id: u64) -> u64 {
        id
    }
    let test = TestCache::new();
    test.run_sync(|| ignore(load(1)));
    assert_eq!(names(&test), ["macros::name::without_one_it_is_the_functions_path::load"]);
}

#[test]
fn a_short_name_makes_patterns_short() {
    #[cached(ttl = "1h", name = "city", key = "{country}:{name}")]
    async fn city(country: &str, name: &str) -> usize {
        country.len() + name.len()
    }
    let test = TestCache::new();
    test.run_sync(|| {
        now(city("de", "Ulm"));
        now(city("fr", "Lyon"));
        test.cache().invalidate_pattern("city:de:*").detach();
        assert_eq!((city::peek("de", "Ulm"), city::peek("fr", "Lyon")), (None, Some(6)));
        test.cache().invalidate_region("city").detach();
        assert_eq!(city::peek("fr", "Lyon"), None);
    });
}

#[test]
fn instances_of_a_named_generic_function_have_names_of_their_own() {
    #[cached(ttl = "1h", name = "bytes")]
    fn size<T: 'static, const N: usize>() -> usize {
        size_of::<T>() * N
    }
    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..2 {
            assert_eq!((size::<u8, 2>(), size::<u16, 2>(), size::<u8, 3>()), (2, 4, 3));
        }
    });
    let names = names(&test);
    assert!(names.iter().all(|name| name.starts_with("bytes<")), "{names:?}");
    assert_eq!(names.iter().collect::<std::collections::HashSet<_>>().len(), 3);
    assert!(test.events().is_empty(), "{:?}", test.events());
}
