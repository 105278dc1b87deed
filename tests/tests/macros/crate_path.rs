//! `crate = path`: for crates that re-export the framework.

use crate::now;

mod framework {
    pub(crate) mod parts {
        pub(crate) use ::cache_core;
    }
    pub(crate) use ::cache_core::{cache_invalidate, cache_put, cached, cached_impl, test_util};
}

#[framework::cached(ttl = "1h", tags = ["n:{ret}"], crate = framework::parts::cache_core)]
async fn load(id: u64) -> u64 {
    id
}

#[framework::cache_invalidate(load(id), tags = ["n:{ret}"], crate = framework::parts::cache_core)]
async fn change(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[framework::cache_invalidate(load(id), on = "around", crate = framework::parts::cache_core)]
async fn change_around(id: u64) -> u64 {
    id
}

#[framework::cache_put(load(id), load(*ret), crate = framework::parts::cache_core)]
async fn replace(id: u64) -> Result<u64, String> {
    Ok(id + 100)
}

struct Repo;

#[framework::cached_impl(crate = framework::parts::cache_core)]
impl Repo {
    #[cached(ttl = "1h", skip(self))]
    fn get(&self, id: u64) -> u64 {
        id
    }

    #[cache_invalidate(self.get(id))]
    fn set(&self, id: u64) -> u64 {
        id
    }

    #[cache_put(self.get(id))]
    fn replace(&self, id: u64) -> u64 {
        id + 100
    }
}

/// As a framework does it whose macros write functions into other crates.
macro_rules! written_by_the_framework {
    ($name:ident) => {
        #[$crate::crate_path::framework::cached(ttl = "1h", crate = $crate::crate_path::framework::parts::cache_core)]
        async fn $name(id: u64) -> Option<u64> {
            Some(id)
        }
    };
}

mod renamed {
    extern crate cache_core as caching;

    written_by_the_framework!(written);

    #[caching::cached(ttl = "1h", tags = ["{ret}:{id}"], stale_while_revalidate = "1m", crate = self::caching)]
    pub(super) async fn load(id: &str) -> Result<u64, String> {
        written(7).await.ok_or_else(|| id.to_owned())
    }
}

#[test]
fn a_crate_may_be_known_by_another_name() {
    framework::test_util::TestCache::new().run_sync(|| {
        assert_eq!(
            (now(renamed::load("a")), renamed::load::peek("a"), now(renamed::load("a"))),
            (Ok(7), Some(7), Ok(7))
        );
    });
}

#[test]
fn all_macros_find_the_runtime_there() {
    framework::test_util::TestCache::new().run_sync(|| {
        assert_eq!((now(load(1)), load::peek(1)), (1, Some(1)));
        assert_eq!((now(change(1)), load::peek(1)), (Ok(1), None));
        assert_eq!((Repo.get(1), Repo.peek_get(1)), (1, Some(1)));
        assert_eq!((Repo.set(1), Repo.peek_get(1)), (1, None));
        assert_eq!((Repo.replace(1), Repo.peek_get(1)), (101, Some(101)));
        assert_eq!((now(replace(1)), load::peek(1), load::peek(101)), (Ok(101), Some(101), Some(101)));
        assert_eq!((now(change_around(1)), load::peek(1)), (1, None));
    });
}
