//! The hit ratios of other caches with the patterns of `cargo x bench policies`. Run it with
//! `cargo x bench policies --peers`.

use std::process::ExitCode;
use std::time::Duration;

use cache_benches::block_on::block_on;
use cache_benches::figures::{self, Figure};
use cache_benches::options::Options;
use cache_benches::patterns::{self, CAPACITY};
use cached::LruCache;
use cached::prelude::*;

const SEED: u64 = 2026;

fn main() -> ExitCode {
    let options = Options::or_rounds(3);
    println!("\npeers: hits per hundred requests\n");
    let mut found = Vec::new();
    for pattern in patterns::measure(&options, SEED, &[moka, lru]) {
        for (peer, ratio) in ["moka", "cached_lru"].iter().zip(pattern.hit_ratios) {
            found.push(Figure::new(format!("peer_{peer}_hit_ratio_{}", pattern.name), ratio, pattern.what));
        }
    }
    let _ = figures::print(&found);
    ExitCode::SUCCESS
}

fn moka(keys: &[u64], _: u64) -> u64 {
    let rows = moka::future::Cache::builder().max_capacity(CAPACITY).time_to_live(Duration::from_secs(3600)).build();
    let mut loads = 0;
    block_on(async {
        for &key in keys {
            rows.get_with(key, async {
                loads += 1;
                key
            })
            .await;
        }
    });
    loads
}

fn lru(keys: &[u64], _: u64) -> u64 {
    let mut rows = LruCache::new(CAPACITY as usize);
    let mut loads = 0;
    for &key in keys {
        if rows.get(&key).is_none() {
            loads += 1;
            rows.set(key, key);
        }
    }
    loads
}
