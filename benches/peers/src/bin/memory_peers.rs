//! The footprint of other caches with the entries of `cargo x bench memory`. Run it with `cargo x bench memory --peers`.

use std::cell::RefCell;
use std::process::ExitCode;
use std::time::Duration;

use cache_benches::alloc::Counting;
use cache_benches::block_on::block_on;
use cache_benches::figures;
use cache_benches::footprint::{self, Value, value};
use cache_benches::options::Options;
use cache_benches::raw::bare;
use cached::prelude::*;
use cached::{LruCache, LruTtlCache};
use moka::future::Cache;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const TTL: Duration = Duration::from_secs(3_600);

fn main() -> ExitCode {
    let _ = Options::from_args();
    println!("\npeers: moka with a ttl; quick_cache, which has none; `cached` with and without one\n");
    let mut found = Vec::new();
    found.extend(footprint::figures(
        "peer_moka_",
        |capacity| Cache::builder().max_capacity(capacity).time_to_live(TTL).build(),
        |rows, key| block_on(rows.insert(key, value(key))),
        |rows: &Cache<u64, Value>| {
            block_on(rows.run_pending_tasks());
            rows.entry_count()
        },
    ));
    found.extend(footprint::figures(
        "peer_quick_cache_",
        bare,
        |rows, key| rows.insert(key, value(key)),
        |rows| rows.len() as u64,
    ));
    found.extend(footprint::figures(
        "peer_cached_lru_ttl_",
        |capacity| RefCell::new(LruTtlCache::new(capacity as usize, TTL)),
        |rows, key| drop(rows.borrow_mut().set(key, value(key))),
        |rows| rows.borrow().len() as u64,
    ));
    found.extend(footprint::figures(
        "peer_cached_lru_",
        |capacity| RefCell::new(LruCache::new(capacity as usize)),
        |rows, key| drop(rows.borrow_mut().set(key, value(key))),
        |rows| rows.borrow().len() as u64,
    ));
    let _ = figures::print(&found);
    ExitCode::SUCCESS
}
