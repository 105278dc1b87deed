//! `stale_while_revalidate`, `refresh_ahead`, `early` and `soft_timeout`: loads that go on without their caller, with
//! copies of what they borrow.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cache_core::test_util::{TaskQueue, TestCache};
use cache_core::{cached, cached_impl};
use cache_tests::Step;

const SECOND: Duration = Duration::from_secs(1);

fn test() -> (TestCache, TaskQueue) {
    let tasks = TaskQueue::new();
    (TestCache::with(|builder| builder.spawn(tasks.clone())), tasks)
}

#[derive(Clone, Default)]
struct Db(Arc<AtomicU64>);

impl Db {
    fn read(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Down;

#[cached(ttl = "1m", stale_while_revalidate = "1m", skip(db, path), tags = ["parts:{parts.len()}", "got:{ret.0}:{name}"])]
async fn borrowed(db: &Db, name: &str, parts: &[u64], path: &Path, owned: String) -> (u64, String) {
    (db.read(), format!("{name} {parts:?} {} {owned}", path.display()))
}

#[test]
fn what_is_borrowed_is_copied_and_what_is_owned_moves() {
    let (test, tasks) = test();
    let db = Db::default();
    test.run_sync(|| {
        let get = || {
            let (name, parts, path) = ("n".to_owned(), vec![1, 2], Path::new("p").to_owned());
            let call = borrowed(&db, &name, &parts, &path, "o".to_owned());
            Step::new(call).done()
        };
        assert_eq!(get(), (1, "n [1, 2] p o".to_owned()));
        test.clock().advance(SECOND * 60);
        assert_eq!((get().0, get().0, db.0.load(Ordering::SeqCst)), (1, 1, 1), "served, not yet loaded");
        tasks.run();
        assert_eq!(get(), (2, "n [1, 2] p o".to_owned()));
        // What was loaded in the background has its tags.
        test.cache().invalidate_tag("parts:2").detach();
        assert_eq!(get().0, 3);
        test.cache().invalidate_tag("got:3:n").detach();
        assert_eq!(get().0, 4);
    });
}

#[test]
fn the_background_load_reads_the_cache_of_its_caller() {
    #[cached(ttl = "1h", name = "inner")]
    async fn inner() -> u64 {
        7
    }
    #[cached(ttl = "1m", refresh_ahead = 0.5)]
    async fn outer() -> u64 {
        inner().await
    }
    let (test, tasks) = test();
    test.run_sync(|| {
        assert_eq!(Step::new(outer()).done(), 7);
        test.clock().advance(SECOND * 30);
        assert_eq!(Step::new(outer()).done(), 7);
    });
    tasks.run();
    assert_eq!(test.stats("outer").refreshes, 1);
    assert_eq!((test.stats("inner").loads, test.stats("inner").hits), (1, 1));
}

#[derive(Clone)]
struct Repo {
    db: Db,
    tenant: u64,
}

#[cached_impl]
impl Repo {
    #[cached(ttl = "1m", stale_while_revalidate = "1m", key = "{self.tenant}:{id}")]
    async fn row(&self, id: u64) -> Result<u64, Down> {
        Ok(self.db.read() * 100 + self.tenant * 10 + id)
    }

    #[cached(ttl = "1m", early = 1, key = "{self.tenant}:{id}")]
    async fn shared(self: Arc<Self>, id: u64) -> u64 {
        self.db.read() + id
    }

    #[cached(ttl = "1m", stale_if_error = "1h", soft_timeout = "1s", skip(self))]
    async fn soft<const N: usize>(self: &Arc<Self>, ids: [u64; N]) -> Result<u64, Down> {
        Ok(self.db.read() + ids.iter().sum::<u64>())
    }
}

#[test]
fn methods_copy_their_receiver() {
    let (test, tasks) = test();
    test.run_sync(|| {
        let repo = Repo { db: Db::default(), tenant: 3 };
        assert_eq!(Step::new(repo.row(1)).done(), Ok(131));
        test.clock().advance(SECOND * 60);
        assert_eq!(Step::new(repo.row(1)).done(), Ok(131));
        tasks.run();
        assert_eq!(Step::new(repo.row(1)).done(), Ok(231));
        let repo = Arc::new(repo);
        assert_eq!(Step::new(Arc::clone(&repo).shared(1)).done(), 4);
        let mut soft = Step::held(repo.soft([1, 2]));
        tasks.run();
        assert_eq!(soft.done(), Ok(7));
    });
}

trait Rows {
    async fn traits_row(&self, id: u64) -> u64;
}

#[cached_impl]
impl Rows for Repo {
    #[cached(ttl = "1m", stale_while_revalidate = "1m", key = "{self.tenant}:{id}")]
    async fn traits_row(&self, id: u64) -> u64 {
        self.db.read() + id
    }
}

#[test]
fn methods_of_traits_do_too() {
    let (test, tasks) = test();
    test.run_sync(|| {
        let repo = Repo { db: Db::default(), tenant: 3 };
        assert_eq!(Step::new(Rows::traits_row(&repo, 1)).done(), 2);
        test.clock().advance(SECOND * 60);
        assert_eq!(Step::new(Rows::traits_row(&repo, 1)).done(), 2);
        tasks.run();
        assert_eq!(Step::new(Rows::traits_row(&repo, 1)).done(), 3);
    });
}

#[cached(ttl = "1m", stale_while_revalidate = "1m")]
async fn generic<T: Clone + Send + Sync + cache_core::CacheKey + 'static>(value: &T, times: u64) -> u64 {
    let _ = value;
    times
}

#[test]
fn generic_arguments_are_copied_too() {
    let (test, tasks) = test();
    test.run_sync(|| {
        assert_eq!(Step::new(generic(&"a".to_owned(), 1)).done(), 1);
        test.clock().advance(SECOND * 60);
        assert_eq!(Step::new(generic(&"a".to_owned(), 1)).done(), 1);
    });
    tasks.run();
    assert_eq!(test.cache().regions()[0].stats().refreshes, 1);
}

#[test]
fn the_helpers_refresh_and_put_work_beside_it() {
    let (test, tasks) = test();
    let db = Db::default();
    test.run_sync(|| {
        let parts = [1];
        let path = Path::new("p");
        Step::new(borrowed::refresh(&db, "n", &parts, path, "o".to_owned())).done();
        borrowed::put("n", &parts, "o".to_owned(), (9, String::new())).detach();
        assert_eq!(Step::new(borrowed(&db, "n", &parts, path, "o".to_owned())).done().0, 9);
        test.clock().advance(SECOND * 60);
        assert_eq!(borrowed::peek("n", &parts, "o".to_owned()), None, "stale is not fresh");
        assert_eq!(Step::new(borrowed(&db, "n", &parts, path, "o".to_owned())).done().0, 9);
        tasks.run();
        assert_eq!(borrowed::peek("n", &parts, "o".to_owned()).unwrap().0, 2);
    });
}
