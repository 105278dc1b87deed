//! How much memory a cache takes per entry.
//!
//! The program has to install [`Counting`](crate::alloc::Counting).

use std::sync::Arc;

use crate::alloc::live_bytes;
use crate::figures::Figure;

/// How many entries are stored.
pub const ENTRIES: u64 = 1_000_000;

/// What the caches are told they may hold: a tenth more, so that no shard is full before the others.
pub const CAPACITY: u64 = ENTRIES + ENTRIES / 10;

/// What an entry is about: the key, the pointer to the value, the value and its two counts.
pub const PAYLOAD: usize = size_of::<u64>() + size_of::<Value>() + 2 * size_of::<usize>() + size_of::<[u8; 64]>();

/// Fewer entries than this, and what a cache takes once would show.
const FIRST_LOOK: u64 = ENTRIES / 10;
/// How often the bytes are looked at while a cache is filled.
const LOOK_EVERY: u64 = ENTRIES / 200;

/// The value.
pub type Value = Arc<[u8; 64]>;

/// What filling a cache came to.
pub struct Footprint {
    /// How many entries it holds.
    pub resident: u64,
    /// The bytes that it takes, divided by that.
    pub per_entry: f64,
    /// The most that this was on the way.
    pub highest: f64,
    /// With how many entries it was that.
    pub highest_at: u64,
}

/// The value of a key.
#[must_use]
pub fn value(key: u64) -> Value {
    Arc::new([key as u8; 64])
}

/// Makes a cache and stores the values of `0..keys` in it. `put` stores one; `count` says how many are there, after
/// whatever work the cache has put off. The cache is returned too: it is the caller's to drop.
pub fn fill<C>(
    keys: u64,
    make: impl FnOnce() -> C,
    put: impl Fn(&C, u64),
    count: impl Fn(&C) -> u64,
) -> (C, Footprint) {
    let before = live_bytes();
    let cache = make();
    let per_entry = |resident: u64| (live_bytes() - before) as f64 / resident as f64;
    let (mut highest, mut highest_at) = (0.0, 0);
    for key in 0..keys {
        put(&cache, key);
        if key + 1 >= FIRST_LOOK && (key + 1) % LOOK_EVERY == 0 {
            let resident = count(&cache);
            if per_entry(resident) > highest {
                (highest, highest_at) = (per_entry(resident), resident);
            }
        }
    }
    let resident = count(&cache);
    let footprint = Footprint { resident, per_entry: per_entry(resident), highest, highest_at };
    (cache, footprint)
}

/// Fills two caches: one that has room for all, and one that got twice as many entries as it holds.
/// `make` is given the capacity.
pub fn figures<C>(
    prefix: &str,
    make: impl Fn(u64) -> C,
    put: impl Fn(&C, u64) + Copy,
    count: impl Fn(&C) -> u64 + Copy,
) -> Vec<Figure> {
    let figure = |name: &str, value, what| Figure::new(format!("{prefix}{name}"), value, what);
    let (cache, roomy) = fill(ENTRIES, || make(CAPACITY), put, count);
    drop(cache);
    let (cache, evicting) = fill(2 * ENTRIES, || make(ENTRIES), put, count);
    drop(cache);
    vec![
        figure("bytes_per_entry", roomy.per_entry, "all of it, the payload included"),
        figure("resident", roomy.resident as f64, "of 1 000 000 entries, with room for a tenth more"),
        figure("bytes_per_entry_highest", roomy.highest, "the most while it was filled from 100 000 on"),
        figure("bytes_per_entry_highest_at", roomy.highest_at as f64, "entries were there then"),
        figure("bytes_per_entry_evicting", evicting.per_entry, "after 2 000 000 entries, with room for half of them"),
        figure("resident_evicting", evicting.resident as f64, "of these"),
    ]
}
