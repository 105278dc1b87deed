//! `tier`: where values live. In a cache without a shared tier both live in the process.

use std::sync::Arc;

use cache_core::cached;
use cache_core::test_util::TestCache;

use crate::now;

#[test]
fn the_local_tier_takes_values_that_cannot_be_serialised() {
    #[derive(Clone)]
    struct Handle(Arc<dyn Fn() -> u64 + Send + Sync>);
    #[cached(ttl = "1h", tier = "l1")]
    async fn handle(id: u64) -> Handle {
        Handle(Arc::new(move || id))
    }
    let test = TestCache::new();
    test.run_sync(|| {
        let (first, second) = (now(handle(3)), now(handle(3)));
        assert_eq!(((first.0)(), (second.0)()), (3, 3));
        assert!(Arc::ptr_eq(&first.0, &second.0));
    });
}

#[test]
fn both_tiers_take_what_serde_knows() {
    #[cached(ttl = "1h", tier = "both")]
    async fn names(id: u64) -> Result<Arc<Vec<String>>, String> {
        Ok(Arc::new(vec![id.to_string()]))
    }
    let test = TestCache::new();
    test.run_sync(|| {
        let (first, second) = (now(names(3)).expect("it loads"), now(names(3)).expect("it loads"));
        assert!(Arc::ptr_eq(&first, &second));
    });
    test.assert_loads("names", 1);
}

#[test]
fn a_function_that_is_not_async_is_local_without_saying_so() {
    #[derive(Clone, Debug, PartialEq)]
    struct Plain(u64);
    #[cached(ttl = "1h")]
    fn plain(id: u64) -> Plain {
        Plain(id)
    }
    let test = TestCache::new();
    test.run_sync(|| assert_eq!((plain(1), plain(1)), (Plain(1), Plain(1))));
    test.assert_loads("plain", 1);
}
