//! Settings, keys and hashes that nobody would choose.

use std::cell::Cell;
use std::hash::Hasher;
use std::time::Duration;

use cache_core::test_util::TestCache;
use cache_core::{Cache, CacheKey, KeyWriter, Region, Tag};

// Arithmetic.
#[test]
fn a_rate_limiter_with_the_longest_window_does_not_panic() {
    let limiter = Cache::new().rate_limiter(1, Duration::MAX);
    assert!(limiter.check("a").is_allowed());
    assert!(!limiter.check("a").is_allowed());
}

thread_local! { static NOW: Cell<u64> = const { Cell::new(0) }; }
#[derive(Debug)]
struct PerThread;
impl cache_core::Clock for PerThread {
    fn now(&self) -> cache_core::Time {
        cache_core::Time::from_nanos(NOW.get())
    }
    fn sleep(&self, _: Duration) -> cache_core::Sleep {
        Box::pin(std::future::pending())
    }
}

#[test]
fn a_call_that_read_the_clock_just_before_the_border_forgets_no_counts() {
    let cache = Cache::builder().clock(PerThread).build().unwrap();
    let limiter = cache.rate_limiter(10, Duration::from_secs(10));
    let at = |nanos: u64| {
        let limiter = limiter.clone();
        std::thread::spawn(move || {
            NOW.set(nanos);
            limiter.check("a").is_allowed()
        })
        .join()
        .unwrap()
    };
    assert_eq!((0..20).filter(|_| at(19_990_000_000)).count(), 10);
    assert!(!at(20_001_000_000)); // another thread is in the next window already
    at(19_999_999_000); // one that read the clock before, and got the lock after
    let let_through = (0..20).filter(|_| at(20_002_000_000)).count();
    assert!(let_through <= 1, "{let_through} more within 12 ms of the first ten");
}

#[test]
fn a_region_without_bounds_can_be_made() {
    // In a process of its own: it may abort.
    if std::env::var_os("HUGE").is_some() {
        let region: Region<u64, u64> = Cache::new().region("r").capacity(u64::MAX).build().unwrap();
        region.put(&1_u64, 1).detach();
        assert_eq!(region.get(&1_u64), Some(1));
        return;
    }
    let me = std::env::current_exe().unwrap();
    let out = std::process::Command::new(me)
        .args(["--exact", "bounds::a_region_without_bounds_can_be_made"])
        .env("HUGE", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && said.contains("1 passed"), "{said}");
}

// A user's poor hash must not cost fresh entries.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Poor(u64);
impl CacheKey for Poor {
    type Owned = Poor;
    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        1_u64.hash_key(hasher);
    }
    fn eq_owned(&self, owned: &Self) -> bool {
        self == owned
    }
    fn to_owned_key(&self) -> Self {
        self.clone()
    }
    fn encode(&self, writer: &mut KeyWriter<'_>) {
        self.0.encode(writer);
    }
}
#[test]
fn a_sweep_takes_what_is_over_and_nothing_else() {
    let test = TestCache::new();
    let rows: Region<Poor, u64> =
        test.cache().region("row").tags(|key: &Poor, _| vec![Tag::of("k", &key.0)]).build().unwrap();
    for key in 0..8 {
        rows.put(&Poor(key), key).detach();
    }
    for key in 4..8 {
        test.cache().invalidate_tag(Tag::of("k", &(key as u64))).detach();
    }
    test.cache().sweep();
    let left = (0..4).filter(|key| rows.peek(&Poor(*key)).is_some()).count();
    assert_eq!(left, 4, "fresh entries were swept");
}
