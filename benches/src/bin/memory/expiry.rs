//! What is left of a million entries after their ttl. Nothing watches the time for them: whoever loads or stores
//! sweeps a few shards.

use std::time::Duration;

use cache_benches::alloc::live_bytes;
use cache_benches::figures::Figure;
use cache_benches::footprint::{CAPACITY, ENTRIES};
use cache_core::Cache;
use cache_core::test_util::MockClock;

use super::rows::{TTL, in_cache, put};

/// The ordinary operations, spread over a second.
const PUTS: u64 = 1_000;

pub(crate) fn figures() -> [Figure; 4] {
    let before = live_bytes();
    let left = || (live_bytes() - before) as f64 / ENTRIES as f64;
    let clock = MockClock::new();
    let cache = Cache::builder().clock(clock.clone()).build().expect("the settings are the defaults");
    let rows = in_cache(&cache, CAPACITY);
    (0..ENTRIES).for_each(|key| put(&rows, key));
    clock.advance(TTL);
    let expired = left();
    for key in 0..PUTS {
        clock.advance(Duration::from_secs(1) / PUTS as u32);
        put(&rows, ENTRIES + key);
    }
    let (swept, entries) = (left(), rows.len() as f64 - PUTS as f64);
    cache.sweep();
    [
        Figure::new("expired_bytes_per_entry", expired, "of a million entries whose ttl has just passed"),
        Figure::new("expired_bytes_left_per_entry", swept, "after a second with 1 000 puts"),
        Figure::new("expired_entries_left", entries, "after the same second"),
        Figure::new("expired_bytes_left_swept", left(), "per entry, after `Cache::sweep`"),
    ]
}
