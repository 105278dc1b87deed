//! The waves of `cargo x bench flight` over other caches. Where an error goes to its caller only, a thousand tasks load
//! one after the other, which takes its time. Run it with `cargo x bench flight --peers`.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cache_benches::figures;
use cache_benches::options::Options;
use cache_benches::raw::bare;
use cache_benches::stampede::{Get, KEYS, Refused, Source, get, measure};

/// What the caches may hold.
const CAPACITY: u64 = 20_000;

/// What stands before its figures, and how to make one.
type Peer = (&'static str, fn() -> Get);

mod functions {
    use std::sync::Arc;

    use cache_benches::stampede::{Refused, Source};
    use cached::macros::cached;

    #[cached(max_size = 20_000, ttl_secs = 3600, key = "u64", convert = { _key })]
    pub(crate) async fn plain(_key: u64, source: Arc<Source>) -> Result<u64, Refused> {
        source.load().await
    }

    #[cached(max_size = 20_000, ttl_secs = 3600, key = "u64", convert = { _key }, sync_writes = "by_key")]
    pub(crate) async fn by_key(_key: u64, source: Arc<Source>) -> Result<u64, Refused> {
        source.load().await
    }

    #[cached(max_size = 20_000, ttl_secs = 3600, key = "u64", convert = { _key }, sync_writes = true)]
    pub(crate) async fn one_lock(_key: u64, source: Arc<Source>) -> Result<u64, Refused> {
        source.load().await
    }
}

fn main() -> ExitCode {
    let options = Options::or_rounds(3);
    println!("\npeers: those that load one after the other take minutes\n");
    let peers: [Peer; 5] = [
        ("peer_moka_", moka),
        ("peer_quick_cache_", quick_cache),
        ("peer_cached_", || function(functions::plain)),
        ("peer_cached_by_key_", || function(functions::by_key)),
        ("peer_cached_one_lock_", || function(functions::one_lock)),
    ];
    let figures: Vec<_> = peers.iter().flat_map(|(name, make)| measure(&options, make, None).figures(name)).collect();
    let _ = figures::print(&figures);
    ExitCode::SUCCESS
}

fn moka() -> Get {
    let rows = moka::future::Cache::builder().max_capacity(CAPACITY).time_to_live(Duration::from_secs(3600)).build();
    get(move |key, source| {
        let rows = rows.clone();
        async move { rows.try_get_with(key, async { source.load().await }).await.map_err(drop) }
    })
}

fn quick_cache() -> Get {
    let rows = Arc::new(bare(CAPACITY));
    get(move |key, source| {
        let rows = Arc::clone(&rows);
        async move { rows.get_or_insert_async(&key, source.load()).await.map_err(drop) }
    })
}

/// A function has one cache for all waves: each wave asks for keys of its own.
fn function<F>(call: impl Fn(u64, Arc<Source>) -> F + Copy + Send + 'static) -> Get
where
    F: Future<Output = Result<u64, Refused>> + Send + 'static,
{
    static WAVES: AtomicU64 = AtomicU64::new(0);
    let first = WAVES.fetch_add(1, Ordering::Relaxed) * KEYS as u64;
    get(move |key, source| async move { call(first + key, source).await.map_err(drop) })
}
