//! What has expired gives its memory back within a second of writes, tables included, and readers go on meanwhile.

use std::sync::Arc;
use std::time::Duration;

use cache_core::Region;
use cache_core::test_util::TestCache;
use cache_tests::alloc::live_bytes;

use crate::alone;

const ENTRIES: u64 = 1_000_000;

#[test]
fn a_million_expired_entries_give_their_memory_back() {
    let _alone = alone();
    let test = TestCache::new();
    let rows: Region<u64, Arc<[u8]>> =
        test.cache().region("row").ttl(Duration::from_secs(60)).capacity(ENTRIES * 11 / 10).build().unwrap();
    let empty = live_bytes();
    for key in 0..ENTRIES {
        rows.put(&key, Arc::from([7; 64])).detach();
    }
    assert_eq!(rows.len() as u64, ENTRIES);
    let full = live_bytes() - empty;
    assert!(full > 100 * ENTRIES as i64, "{full} bytes");

    // One sweep interval, with a write each millisecond.
    test.clock().advance(Duration::from_secs(60));
    for key in 0..1_000_u64 {
        test.clock().advance(Duration::from_millis(1));
        rows.put(&key, Arc::from([7; 64])).detach();
    }
    let left = live_bytes() - empty;
    assert!(left < full / 100, "{left} of {full} bytes are left");
    assert_eq!(rows.len(), 1_000, "what is left are the rows of the second round");
}

#[test]
fn what_is_taken_out_one_by_one_gives_it_back_too() {
    let _alone = alone();
    let test = TestCache::new();
    let rows: Region<u64, u64> = test.cache().region("row").capacity(200_000).build().unwrap();
    let empty = live_bytes();
    for key in 0..100_000_u64 {
        rows.put(&key, key).detach();
    }
    let full = live_bytes() - empty;
    for key in (0..100_000_u64).filter(|key| key % 100 != 0) {
        rows.invalidate(&key).detach();
    }
    assert_eq!(test.cache().sweep(), 0);
    let left = live_bytes() - empty;
    assert!(left < full / 10, "{left} of {full} bytes are left");
    assert!((0..100_000).step_by(100).all(|key| rows.get(&(key as u64)) == Some(key as u64)), "the others are there");
}
