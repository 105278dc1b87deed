//! P11: a hit allocates nothing, and the wrapper future is small.

use std::mem::size_of_val;
use std::sync::Arc;

use cache_core::test_util::TestCache;
use cache_core::{Cache, cached};
use cache_tests::Step;
use cache_tests::alloc::{self, Counting};
use serde::{Deserialize, Serialize};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Debug, Serialize, Deserialize)]
struct User {
    id: u64,
}

#[cached(ttl = "1h", key = "{id}")]
async fn by_number(id: u64) -> Arc<User> {
    Arc::new(User { id })
}

#[cached(ttl = "1h", key = "{id}", tags = ["users", "user:{id}"])]
async fn tagged(id: u64) -> Result<Arc<User>, String> {
    Ok(Arc::new(User { id }))
}

#[cached(ttl = "1h")]
async fn by_text(region: &str, id: u64) -> Arc<User> {
    let _ = region;
    Arc::new(User { id })
}

#[cached(ttl = "1h", key = "{region.trim()}:{ids}")]
async fn by_parts(region: &str, ids: &[Option<u32>]) -> Option<Arc<User>> {
    let _ = region;
    ids.first().copied().flatten().map(|id| Arc::new(User { id: id.into() }))
}

#[cached(ttl = "1h", key = "{id}")]
fn in_sync(id: u64) -> Arc<User> {
    Arc::new(User { id })
}

#[cached(ttl = "1h", key = "{id}")]
async fn generic<T>(id: T) -> Arc<User>
where
    T: cache_core::CacheKey + Into<u64> + Clone,
{
    Arc::new(User { id: id.into() })
}

/// Every policy at once; `pool` is what its background loads copy.
#[cached(
    ttl = "1h",
    jitter = 10,
    tti = "30m",
    stale_while_revalidate = "10m",
    stale_if_error = "2h",
    early = 1.0,
    soft_timeout = "1s",
    timeout = "5s",
    negative_ttl = "10s",
    cache_if = |user: &Arc<User>| user.id != 13,
    condition = id != 12,
    tags = ["users", "user:{id}", "id:{ret.id}"],
    skip(pool)
)]
async fn with_every_policy(pool: &Arc<str>, id: u64) -> std::io::Result<Option<Arc<User>>> {
    let _ = pool;
    Ok(Some(Arc::new(User { id })))
}

struct Repo {
    tenant: u32,
}

impl Repo {
    #[cached(ttl = "1h", key = "{self.tenant}:{id}")]
    async fn get(&self, id: u64) -> Arc<User> {
        Arc::new(User { id })
    }
}

/// Polls a future on the stack, as an executor would: the test's own boxes would be counted.
fn now<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("a hit waits for nothing"),
    }
}

#[track_caller]
fn assert_hit_allocates_nothing<R>(call: impl Fn() -> R) {
    call();
    call();
    let (allocations, _) = alloc::count(&call);
    assert_eq!(allocations, 0);
}

#[test]
fn hits_allocate_nothing() {
    let repo = Repo { tenant: 7 };
    let ids = vec![Some(1), None];
    let pool: Arc<str> = "pool".into();
    for cache in [None, Some(TestCache::new())] {
        let all = || {
            assert_hit_allocates_nothing(|| now(by_number(1)));
            assert_hit_allocates_nothing(|| now(tagged(1)).is_ok());
            assert_hit_allocates_nothing(|| now(by_text("eu", 1)));
            assert_hit_allocates_nothing(|| now(by_parts(" eu ", &ids)).is_some());
            assert_hit_allocates_nothing(|| in_sync(1));
            assert_hit_allocates_nothing(|| now(generic(1_u32)));
            assert_hit_allocates_nothing(|| now(repo.get(1)));
            assert_hit_allocates_nothing(|| now(with_every_policy(&pool, 1)).is_ok());
        };
        match cache {
            None => all(),
            Some(test) => test.run_sync(all),
        }
    }
}

#[test]
fn a_region_of_ones_own_neither() {
    let region = Cache::new().region::<(String, u64), Arc<User>>("users").build().unwrap();
    region.put(&("eu", 1_u64), Arc::new(User { id: 1 })).detach();
    assert_hit_allocates_nothing(|| region.get(&("eu", 1_u64)).is_some());
    let load = || async { Ok::<_, std::io::Error>(Arc::new(User { id: 2 })) };
    assert_hit_allocates_nothing(|| now(region.get_or_load_unshared(&("eu", 1_u64), load)).is_ok());
}

#[test]
fn the_future_is_the_arguments_and_little_more() {
    #[cached(ttl = "1h", key = "{id}")]
    async fn heavy(id: u64) -> u64 {
        let ballast = [id; 8_192];
        tokio::task::yield_now().await;
        ballast.iter().sum()
    }
    #[cached(ttl = "1h", key = "{id}", tier = "l1")]
    async fn wide(id: u64) -> [u64; 64] {
        tokio::task::yield_now().await;
        [id; 64]
    }
    assert!(size_of_val(&by_number(1)) <= 8 + 128, "{}", size_of_val(&by_number(1)));
    assert!(size_of_val(&tagged(1)) <= 8 + 128, "{}", size_of_val(&tagged(1)));
    assert!(size_of_val(&by_text("eu", 1)) <= 24 + 128, "{}", size_of_val(&by_text("eu", 1)));
    let pool: Arc<str> = "pool".into();
    let every = with_every_policy(&pool, 1);
    assert!(size_of_val(&every) <= 16 + 128, "{}", size_of_val(&every));
    assert!(size_of_val(&heavy(1)) <= 8 + 128, "{}", size_of_val(&heavy(1)));
    assert!(size_of_val(&wide(1)) <= 8 + 128, "{}", size_of_val(&wide(1)));
}

#[test]
fn a_hit_inside_of_a_load_appends_one_pointer() {
    #[cached(ttl = "1h")]
    async fn page() -> u64 {
        let (allocations, user) = alloc::count(|| now(by_number(1)));
        assert_eq!(allocations, 0, "the collector has room of its own");
        user.id
    }
    TestCache::new().run_sync(|| {
        now(by_number(1));
        // The first page gives the entry a name of its own; from the second on it is there.
        #[cached(ttl = "1h")]
        async fn first() -> u64 {
            now(by_number(1)).id
        }
        Step::new(first()).done();
        Step::new(page()).done();
    });
}
