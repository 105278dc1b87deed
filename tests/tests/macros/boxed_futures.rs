//! Methods of traits whose futures are boxed: written by `#[async_trait]`, and by hand.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cache_core::test_util::{TaskQueue, TestCache};
use cache_core::{cached, cached_impl};

use crate::now;

type BoxFuture<'f, T> = Pin<Box<dyn Future<Output = T> + Send + 'f>>;

#[derive(Clone)]
struct Repo {
    tenant: u64,
    loads: u64,
}

#[async_trait]
trait Load: Send + Sync {
    type Error;

    async fn load(&self, id: u64) -> Result<u64, Self::Error>;
    async fn named(&self, name: &str, ids: &[u64]) -> String;
    async fn renewed(&self, id: u64) -> u64;
    async fn change(&mut self, id: u64) -> Result<u64, Self::Error>;
}

#[cached_impl]
#[async_trait]
impl Load for Repo {
    type Error = String;

    #[cached(ttl = "1h", key = "{self.tenant}:{id}", tags = ["row:{ret}"])]
    async fn load(&self, id: u64) -> Result<u64, Self::Error> {
        tokio::task::yield_now().await;
        if id == 0 {
            return Err("zero".to_owned());
        }
        Ok(self.loads + id + 100)
    }

    #[cached(ttl = "1h", skip(self))]
    async fn named(&self, name: &str, ids: &[u64]) -> String {
        format!("{name}{ids:?}{}", self.loads)
    }

    #[cached(ttl = "1m", stale_while_revalidate = "1m", skip(self))]
    async fn renewed(&self, id: u64) -> u64 {
        self.loads + id
    }

    #[cache_invalidate(self.load(id), tags = ["row:{ret}"])]
    async fn change(&mut self, id: u64) -> Result<u64, Self::Error> {
        if id == 0 { Err("zero".to_owned()) } else { Ok(id) }
    }
}

#[tokio::test]
async fn under_async_trait_methods_are_cached_and_have_helpers() {
    let (one, two) = (Repo { tenant: 1, loads: 0 }, Repo { tenant: 1, loads: 5 });
    let test = TestCache::new();
    let calls = async {
        let (mut one, two): (Box<dyn Load<Error = String>>, Arc<dyn Load<Error = String>>) =
            (Box::new(one.clone()), Arc::new(two.clone()));
        assert_eq!((one.load(1).await, two.load(1).await), (Ok(101), Ok(101)), "one tenant, one entry");
        assert_eq!((one.load(0).await, two.load(0).await), (Err("zero".to_owned()), Err("zero".to_owned())));
        let (name, ids) = ("a".to_owned(), vec![1]);
        assert_eq!(
            (one.named(&name, &ids).await, two.named("a", &[1]).await),
            ("a[1]0".to_owned(), "a[1]0".to_owned())
        );
        assert_eq!((one.change(0).await, two.load(1).await), (Err("zero".to_owned()), Ok(101)));
        assert_eq!((one.change(1).await, two.load(1).await), (Ok(1), Ok(106)));
        assert_eq!((one.change(106).await, one.load(1).await), (Ok(106), Ok(101)), "by its tag");
    };
    test.run(calls).await;
    test.run_sync(|| {
        assert_eq!((one.peek_load(1), two.peek_named("a", &[1])), (Some(101), Some("a[1]0".to_owned())));
        one.invalidate_load(1).detach();
        assert_eq!(one.peek_load(1), None);
    });
    test.assert_loads("Repo::named", 1);
}

#[test]
fn under_async_trait_values_are_renewed_in_the_background() {
    let tasks = TaskQueue::new();
    let test = TestCache::with(|builder| builder.spawn(tasks.clone()));
    let (one, two) = (Repo { tenant: 1, loads: 0 }, Repo { tenant: 1, loads: 5 });
    test.run_sync(|| {
        assert_eq!(now(Load::renewed(&one, 1)), 1);
        test.clock().advance(Duration::from_secs(60));
        assert_eq!(now(Load::renewed(&two, 1)), 1);
        tasks.run();
        assert_eq!(now(Load::renewed(&one, 1)), 6);
    });
}

/// By hand: the trait's method hands on to a cached method of the type.
trait Fetch {
    fn fetch<'f>(&'f self, key: &'f str) -> BoxFuture<'f, Result<u64, String>>;
    fn owned(self: Arc<Self>, id: u64) -> Pin<Box<dyn Future<Output = u64> + Send>>;
}

impl Repo {
    #[cached(ttl = "1h", key = "{self.tenant}:{key}")]
    async fn fetch_row(&self, key: &str) -> Result<u64, String> {
        let id: u64 = key.parse().map_err(|_| "no number".to_owned())?;
        Ok(self.loads + id)
    }

    #[cached(ttl = "1h", skip(self))]
    async fn owned_row(self: Arc<Self>, id: u64) -> u64 {
        self.loads + id
    }
}

impl Fetch for Repo {
    fn fetch<'f>(&'f self, key: &'f str) -> BoxFuture<'f, Result<u64, String>> {
        Box::pin(self.fetch_row(key))
    }

    fn owned(self: Arc<Self>, id: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
        Box::pin(self.owned_row(id))
    }
}

#[test]
fn a_method_that_boxes_by_hand_hands_on_to_a_cached_one() {
    let test = TestCache::new();
    test.run_sync(|| {
        let (one, two): (Arc<dyn Fetch>, Arc<dyn Fetch>) =
            (Arc::new(Repo { tenant: 1, loads: 0 }), Arc::new(Repo { tenant: 1, loads: 5 }));
        assert_eq!((now(one.fetch("7")), now(two.fetch("7"))), (Ok(7), Ok(7)));
        assert_eq!(now(one.fetch("x")), Err("no number".to_owned()));
        assert_eq!((now(one.owned(7)), now(two.owned(7))), (7, 7));
        let repo = Repo { tenant: 1, loads: 0 };
        repo.invalidate_fetch_row("7").detach();
        assert_eq!(repo.peek_fetch_row("7"), None);
    });
    test.assert_loads("fetch_row", 2);
}
