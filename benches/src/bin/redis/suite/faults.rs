//! What calls notice of a Redis that fails, and how soon it is used again.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cache_benches::figures::Figure;
use cache_core::backend::RedisBackend;
use cache_core::{Cache, Region, SharedTier};
use cache_harness::{Cluster, Proxy, Sentinel, Server};

use super::world::{Bytes, cache, region, threads, value};

/// How many tasks go on asking.
const CALLERS: usize = 8;
/// How long it is broken.
const BROKEN: Duration = Duration::from_secs(2);
/// A call that takes longer than this counts as failed: no source of this benchmark takes any time.
const HUNG: Duration = Duration::from_secs(15);
/// Nothing is waited for longer.
const LONG: Duration = Duration::from_secs(30);

/// The figures.
pub(crate) fn figures() -> Vec<Figure> {
    let mut found = Vec::new();
    {
        let server = Server::start();
        found.extend(observe("stopped", &RedisBackend::from_url(server.url()), 1, || {
            server.stop();
            std::thread::sleep(BROKEN);
            server.resume();
        }));
    }
    {
        let server = Server::start();
        let proxy = Proxy::start(server.address());
        found.extend(observe("black_hole", &RedisBackend::from_url(server.url_through(proxy.address())), 1, || {
            proxy.black_hole();
            std::thread::sleep(BROKEN);
            proxy.pass();
        }));
    }
    {
        let server = Server::start();
        found.extend(observe("killed", &RedisBackend::from_url(server.url()), 1, || {
            server.kill();
            std::thread::sleep(BROKEN);
            server.restart();
        }));
    }
    {
        let sentinel = Sentinel::start();
        let addresses = hosts(&sentinel.sentinel_urls());
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        found.extend(observe("sentinel", &RedisBackend::builder().sentinel(sentinel.service(), &addresses), 1, || {
            let old = sentinel.kill_master();
            _ = sentinel.wait_for_new_master(old);
        }));
    }
    {
        let cluster = Cluster::start();
        let addresses = hosts(&cluster.urls());
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        // The names of a third of the keys lie on the master that dies: all of a run of keys have to come through.
        found.extend(observe("cluster", &RedisBackend::builder().cluster(&addresses), 24, || {
            _ = cluster.kill_master("bench");
        }));
    }
    found
}

fn hosts(urls: &[String]) -> Vec<String> {
    urls.iter().map(|url| url.rsplit('/').find(|part| part.contains(':')).unwrap_or(url).to_owned()).collect()
}

/// Has tasks ask all the time while `breaking` breaks and mends. Recovered is the tier once it has given what was stored
/// there under `run` keys in a row.
fn observe(
    what: &str,
    builder: &cache_core::backend::RedisBuilder,
    run: usize,
    breaking: impl FnOnce(),
) -> [Figure; 3] {
    let runtime = threads();
    let asked = runtime.block_on(async {
        let backend = builder.clone().connect().await.unwrap_or_else(|error| panic!("{error}"));
        let cache = cache(SharedTier::new(backend));
        (region(&cache, "callers"), region(&cache, "probe"), cache)
    });
    let (callers, probe, _cache): (Region<u64, Bytes>, Region<u64, Bytes>, Cache) = asked;
    let over = Arc::new(AtomicBool::new(false));
    let (failed, longest) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let next = Arc::new(AtomicU64::new(1));
    let tasks: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (callers, over, next) = (callers.clone(), Arc::clone(&over), Arc::clone(&next));
            let (failed, longest) = (Arc::clone(&failed), Arc::clone(&longest));
            runtime.spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    // Half of what is asked for was there before.
                    let number = next.fetch_add(1, Ordering::Relaxed) / 2;
                    let before = Instant::now();
                    let load = || async move { Ok::<_, Infallible>(value(number as usize)) };
                    let got = tokio::time::timeout(HUNG, callers.get_or_load(&number, load)).await;
                    let right = got.is_ok_and(|got| got.is_ok_and(|got| got.0 == value(number as usize).0));
                    failed.fetch_add(u64::from(!right), Ordering::Relaxed);
                    let took = u64::try_from(before.elapsed().as_micros()).unwrap_or(u64::MAX);
                    longest.fetch_max(took, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            })
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500));
    assert!(callers.stats().shared_hits > 0, "{what}: the tier is used before");
    breaking();
    let mended = Instant::now();
    runtime.block_on(until_used(&probe, run));
    let recovery = mended.elapsed();
    std::thread::sleep(Duration::from_millis(300));
    over.store(true, Ordering::Relaxed);
    runtime.block_on(async {
        for task in tasks {
            task.await.expect("no task panics");
        }
    });
    let longest = longest.load(Ordering::Relaxed) as f64 / 1e3;
    [
        Figure::new(format!("{what}_failed_calls"), failed.load(Ordering::Relaxed) as f64, "calls without a value"),
        Figure::new(format!("{what}_longest_call_ms"), longest, "the longest call"),
        Figure::new(format!("{what}_recovery_ms"), recovery.as_secs_f64() * 1e3, "until the tier is used again"),
    ]
}

/// Waits until what is loaded is found in the tier, so many times in a row.
async fn until_used(probe: &Region<u64, Bytes>, run: usize) {
    let before = Instant::now();
    let (mut number, mut in_a_row) = (0_u64, 0);
    while in_a_row < run {
        assert!(before.elapsed() < LONG, "the tier is never used again");
        number += 1;
        let hits = probe.stats().shared_hits;
        for _ in 0..2 {
            let load = || async move { Ok::<_, Infallible>(value(number as usize)) };
            drop(probe.get_or_load(&number, load).await);
        }
        if probe.stats().shared_hits > hits {
            in_a_row += 1;
        } else {
            in_a_row = 0;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
