//! The two that are compared.

use std::cell::Cell;
use std::convert::Infallible;
use std::time::Duration;

use cache_benches::block_on::block_on;
use cache_benches::patterns::CAPACITY;
use cache_benches::raw;
use cache_core::{Cache, Region, SeededRandom, Tag};

/// A region as applications have them: with a ttl, and a tag that many entries share.
pub(crate) fn ours(keys: &[u64], seed: u64) -> u64 {
    let cache = Cache::builder().random(SeededRandom::new(seed)).build().expect("the settings are the defaults");
    let rows: Region<u64, u64> = cache
        .region("rows")
        .ttl(Duration::from_secs(3_600))
        .tags(|key, _| vec![Tag::of("group", &(key % 100))])
        .capacity(CAPACITY)
        .build()
        .expect("a name of its own");
    let loads = Cell::new(0);
    block_on(async {
        for key in keys {
            let load = || async {
                loads.set(loads.get() + 1);
                Ok::<_, Infallible>(*key)
            };
            assert_eq!(rows.get_or_load(key, load).await, Ok(*key));
        }
    });
    loads.get()
}

/// The bare cache, which hashes with a seed of its own choice.
pub(crate) fn bare(keys: &[u64], _: u64) -> u64 {
    let rows = raw::bare(CAPACITY);
    let mut loads = 0;
    for &key in keys {
        if rows.get(&key).is_none() {
            loads += 1;
            rows.insert(key, key);
        }
    }
    loads
}
