//! Arguments that are patterns, are not named, or have no type of their own.

use cache_core::cached;
use cache_core::test_util::TestCache;

use crate::now;

/// An extractor, as web frameworks have them.
struct Path<T>(T);

struct Page {
    from: u64,
    many: u64,
}

#[test]
fn patterns_of_every_kind_are_skipped_by_a_name_they_bind() {
    #[cached(ttl = "1h", skip(first, from, only, second))]
    async fn load(
        (first, _): (u64, u64),
        Page { from, many: _ }: Page,
        Path(only): Path<u64>,
        [second, .., last]: &[u64; 3],
        id: u64,
    ) -> u64 {
        first + from + only + second + last + id
    }
    let test = TestCache::new();
    test.run_sync(|| {
        let page = |from| Page { from, many: 1 };
        assert_eq!(now(load((1, 0), page(2), Path(3), &[4, 0, 5], 6)), 21);
        assert_eq!(now(load((9, 9), page(9), Path(9), &[9, 9, 9], 6)), 21, "only `id` is in the key");
        assert_eq!((load::peek(6), page(1).many), (Some(21), 1));
        assert_eq!(now(load::refresh((1, 0), page(2), Path(3), &[4, 0, 6], 6)), 22);
        assert_eq!(now(load::uncached((1, 0), page(2), Path(3), &[4, 0, 7], 6)), 23);
        assert_eq!(now(load::warm([((1, 0), page(2), Path(3), &[4, 0, 7], 7)])), 1);
        assert_eq!(load::peek(7), Some(24));
    });
    test.assert_loads("load", 3);
}

#[test]
fn what_the_body_takes_apart_is_keyed_by_its_fields() {
    #[cached(ttl = "1h", key = "{path.0}:{page.from}:{page.many}:{pair.0}:{pair.1}")]
    async fn load(path: Path<u64>, page: Page, pair: (u64, u8)) -> u64 {
        let (Path(id), Page { from, many }, (left, right)) = (path, page, pair);
        id + from + many + left + u64::from(right)
    }
    TestCache::new().run_sync(|| {
        assert_eq!(now(load(Path(1), Page { from: 2, many: 3 }, (4, 5))), 15);
        assert_eq!(now(load(Path(1), Page { from: 2, many: 3 }, (5, 4))), 15);
        assert_eq!(load::peek(Path(1), Page { from: 2, many: 3 }, (6, 3)), None);
        assert_eq!(load::peek(Path(1), Page { from: 2, many: 3 }, (5, 4)), Some(15));
    });
}

#[test]
fn arguments_may_be_mutable_in_the_body() {
    #[cached(ttl = "1h")]
    async fn load(mut id: u64, mut words: Vec<String>) -> u64 {
        id += 1;
        words.push(String::new());
        id * words.len() as u64
    }
    #[cached(ttl = "1h", helpers = false)]
    fn in_place(mut id: u64) -> u64 {
        id += 1;
        id
    }
    TestCache::new().run_sync(|| {
        assert_eq!((now(load(1, vec![])), now(load(1, vec![])), now(load(1, vec![String::new()]))), (2, 2, 4));
        assert_eq!((load::peek(1, vec![]), load::peek(2, vec![])), (Some(2), None), "as they were given");
        assert_eq!((in_place(1), in_place(1), in_place(2)), (2, 2, 3));
    });
}

#[test]
fn an_impl_trait_that_is_skipped_may_be_anything() {
    #[cached(ttl = "1h", skip(name, each))]
    async fn load(id: u64, name: impl Into<String>, each: impl IntoIterator<Item = u64>) -> String {
        let sum: u64 = each.into_iter().sum();
        format!("{}{}", name.into(), sum + id)
    }
    TestCache::new().run_sync(|| {
        assert_eq!((now(load(1, "a", [1, 2])), now(load(1, 'b', vec![9]))), ("a4".to_owned(), "a4".to_owned()));
        load::invalidate(1).detach();
        assert_eq!(now(load(1, 'b', vec![9])), "b10");
    });
}

#[test]
fn what_an_impl_trait_becomes_is_a_key_once_it_has_a_name() {
    #[cached(ttl = "1h")]
    async fn load<T: Into<u64> + cache_core::CacheKey>(id: T) -> u64 {
        id.into()
    }
    #[cached(ttl = "1h", key = "{name}")]
    async fn named(name: String) -> usize {
        name.len()
    }
    async fn public(name: impl Into<String>) -> usize {
        named(name.into()).await
    }
    TestCache::new().run_sync(|| {
        assert_eq!((now(load(1_u8)), now(load(1_u32))), (1, 1));
        assert_eq!((load::peek(1_u8), load::peek(1_u16)), (Some(1), None), "each type has its own entries");
        assert_eq!((now(public("ab")), now(public('c')), named::peek("ab".to_owned())), (2, 1, Some(2)));
    });
}
