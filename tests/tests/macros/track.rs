//! `track`: whether an entry depends on the cached values that its load read.

use cache_core::cached;
use cache_core::test_util::TestCache;

use crate::now;

#[cached(ttl = "1h", tags = ["price:{id}"])]
async fn price(id: u64) -> u64 {
    id * 10
}

#[cached(ttl = "1h")]
fn name(id: u64) -> String {
    format!("product {id}")
}

#[cached(ttl = "1h")]
async fn product(id: u64) -> String {
    format!("{}: {}", name(id), price(id).await)
}

#[cached(ttl = "1h", track = true)]
async fn page(id: u64) -> String {
    format!("<p>{}</p>", product(id).await)
}

#[cached(ttl = "1h", track = false)]
async fn untracked(id: u64) -> String {
    product(id).await
}

#[test]
fn an_entry_inherits_the_tags_and_keys_of_what_it_read_through_all_levels() {
    let test = TestCache::new();
    let stored = || (now(page(1)), page::peek(1).is_some() && product::peek(1).is_some()).1;
    test.run_sync(|| {
        assert!(stored());
        test.cache().invalidate_tag("price:1").detach();
        assert_eq!((page::peek(1), product::peek(1), price::peek(1)), (None, None, None));
        assert!(stored());
        name::invalidate(1).detach();
        assert_eq!((page::peek(1), product::peek(1), price::peek(1)), (None, None, Some(10)));
        assert!(stored());
        price::invalidate_all().detach();
        assert_eq!((page::peek(1), product::peek(1)), (None, None));
    });
}

#[test]
fn it_inherits_them_from_hits_too() {
    let test = TestCache::new();
    test.run_sync(|| {
        now(product(1));
        now(page(1));
        test.assert_loads("product", 1);
        price::invalidate(1).detach();
        assert_eq!(page::peek(1), None);
    });
}

#[test]
fn what_others_read_does_not_matter() {
    let test = TestCache::new();
    test.run_sync(|| {
        now(page(1));
        now(page(2));
        price::invalidate(2).detach();
        assert!(page::peek(1).is_some() && page::peek(2).is_none());
    });
}

#[test]
fn without_it_an_entry_stands_for_itself() {
    let test = TestCache::new();
    test.run_sync(|| {
        now(untracked(1));
        test.cache().invalidate_tag("price:1").detach();
        assert!(untracked::peek(1).is_some() && product::peek(1).is_none());
        untracked::invalidate(1).detach();
        assert!(untracked::peek(1).is_none());
    });
}

#[test]
fn a_function_that_is_not_async_tracks_as_well() {
    #[cached(ttl = "1h")]
    fn upper(id: u64) -> String {
        name(id).to_uppercase()
    }
    TestCache::new().run_sync(|| {
        assert_eq!(upper(1), "PRODUCT 1");
        name::invalidate(1).detach();
        assert_eq!(upper::peek(1), None);
    });
}
