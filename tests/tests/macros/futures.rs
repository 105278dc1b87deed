//! What the futures of cached functions are.

use std::rc::Rc;
use std::sync::Arc;

use cache_core::test_util::TestCache;
use cache_core::{cache_invalidate, cached, cached_impl};

use crate::now;

/// Compiles for what may move between threads.
fn assert_send<T: Send>(value: T) -> T {
    value
}

struct Repo {
    names: Vec<String>,
}

#[cached_impl]
impl Repo {
    #[cached(ttl = "1h", skip(self), tags = ["name:{ret}"])]
    async fn name(&self, id: usize) -> Result<String, String> {
        tokio::task::yield_now().await;
        self.names.get(id).cloned().ok_or_else(|| "none".to_owned())
    }

    #[cache_invalidate(self.name(id), tags = ["name:{ret}"])]
    async fn rename(&mut self, id: usize, name: String) -> Result<String, String> {
        tokio::task::yield_now().await;
        Ok(std::mem::replace(&mut self.names[id], name))
    }
}

#[cached(ttl = "1h", skip(repo), key = "{text}:{ids}", tags = ["text:{text}", "is:{ret}:{text}"])]
async fn borrows(repo: &Repo, text: &str, ids: &[u64]) -> Result<usize, String> {
    tokio::task::yield_now().await;
    Ok(repo.names.len() + text.len() + ids.len())
}

#[cached(ttl = "1h", returns = "value", tier = "l1")]
async fn generic<T: cache_core::CacheKey + Clone + Send + Sync + 'static>(value: T) -> T {
    tokio::task::yield_now().await;
    value
}

#[cache_invalidate(borrows(&text, &[1]), tags = ["text:{text}"])]
async fn change(text: String) -> usize {
    tokio::task::yield_now().await;
    text.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_are_send_when_the_body_is() {
    let mut repo = Repo { names: vec!["Ada".to_owned()] };
    assert_eq!(assert_send(repo.name(0)).await.as_deref(), Ok("Ada"));
    assert_eq!(assert_send(repo.refresh_name(0)).await.as_deref(), Ok("Ada"));
    assert_eq!(assert_send(repo.uncached_name(0)).await.as_deref(), Ok("Ada"));
    assert_eq!(assert_send(borrows(&repo, "ab", &[1])).await, Ok(4));
    assert_eq!(assert_send(borrows::warm([(&repo, "ab", &[1][..])])).await, 1);
    assert_eq!(assert_send(generic("a".to_owned())).await, "a");
    assert_eq!(assert_send(change("ab".to_owned())).await, 2);
    assert_eq!(assert_send(repo.rename(0, "Eve".to_owned())).await.as_deref(), Ok("Ada"));
    assert_eq!(assert_send(repo.invalidate_name(0)).await, cache_core::Invalidated::Fleet);
    let repo = Arc::new(repo);
    let spawned = tokio::spawn(async move { repo.name(0).await });
    assert_eq!(spawned.await.expect("it does not panic").as_deref(), Ok("Eve"));
}

#[test]
fn they_need_not_be() {
    #[cached(ttl = "1h", skip(shared))]
    async fn load(shared: Rc<u64>, id: u64) -> u64 {
        let kept = Rc::clone(&shared);
        std::future::ready(()).await;
        *kept + id
    }
    let test = TestCache::new();
    test.run_sync(|| assert_eq!((now(load(Rc::new(1), 1)), now(load(Rc::new(5), 1))), (2, 2)));
    test.assert_loads("load", 1);
}

#[test]
fn a_big_body_does_not_make_a_big_future() {
    #[cached(ttl = "1h")]
    async fn big(id: u64) -> u64 {
        let buffer = std::hint::black_box([id; 10_000]);
        std::future::ready(()).await;
        buffer[9_999]
    }
    assert!(size_of_val(&big(1)) <= 8 + 128, "{} bytes", size_of_val(&big(1)));
    assert!(size_of_val(&big::uncached(1)) > 80_000);
    TestCache::new().run_sync(|| assert_eq!((now(big(1)), now(big(1))), (1, 1)));
}
