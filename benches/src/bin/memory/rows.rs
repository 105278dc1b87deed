//! The regions that are filled.

use std::time::Duration;

use cache_benches::figures::Figure;
use cache_benches::footprint::{CAPACITY, ENTRIES, Value, fill, value};
use cache_core::{Cache, Region, Tag};

/// A region of rows.
pub(crate) type Rows = Region<u64, Value>;

/// How long rows are fresh.
pub(crate) const TTL: Duration = Duration::from_secs(3_600);

/// What all tagged rows carry.
pub(crate) const TAG: &str = "rows";

/// The region's name.
pub(crate) const NAME: &str = "rows";

/// An empty region whose entries have a ttl and no tags, in a cache of its own.
pub(crate) fn with_ttl(capacity: u64) -> (Cache, Rows) {
    let cache = Cache::new();
    let rows = in_cache(&cache, capacity);
    (cache, rows)
}

/// The same in a given cache.
pub(crate) fn in_cache(cache: &Cache, capacity: u64) -> Rows {
    cache.region(NAME).ttl(TTL).capacity(capacity).local().build().expect("a name of its own")
}

/// An empty region whose entries have a ttl, a tag that all of them share and one of their own.
pub(crate) fn with_tags(capacity: u64) -> (Cache, Rows) {
    let cache = Cache::new();
    let tags = |key: &u64, _: &Value| vec![Tag::of(TAG, key), Tag::new(TAG).expect("not empty")];
    let rows = cache.region(NAME).ttl(TTL).tags(tags).capacity(capacity).local().build();
    (cache, rows.expect("a name of its own"))
}

/// Stores the value of a key.
pub(crate) fn put(rows: &Rows, key: u64) {
    rows.put(&key, value(key)).detach();
}

/// What two tags add: the names of a million tags lie beside the entries.
pub(crate) fn tagged_footprint() -> Figure {
    let (_, footprint) =
        fill(ENTRIES, || with_tags(CAPACITY), |(_, rows), key| put(rows, key), |(_, rows)| rows.len() as u64);
    Figure::new("bytes_per_entry_tags2", footprint.per_entry, "with a shared tag and one of each entry's own")
}
