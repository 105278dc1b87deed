//! P8: invalidating costs the same whatever the number of entries, and leaves nothing behind that grows.

use cache_core::{Cache, Region, Tag};
use cache_tests::alloc::{self, Counting};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn filled(cache: &Cache, entries: u64) -> Region<u64, u64> {
    let region = cache
        .region(format!("of {entries}"))
        .capacity(entries * 2)
        .tags(|id, _| vec![Tag::new("all").unwrap(), Tag::of("row", id)])
        .build()
        .unwrap();
    (0..entries).for_each(|id| region.put(&id, id).detach());
    region
}

#[test]
fn what_an_invalidation_allocates_does_not_depend_on_the_entries() {
    let costs = [10, 100_000].map(|entries| {
        let cache = Cache::new();
        let region = filled(&cache, entries);
        let name = region.name().to_owned();
        let tag = alloc::count(|| cache.invalidate_tag("all").detach()).0;
        let whole_region = alloc::count(|| cache.invalidate_region(&name).detach()).0;
        let key = alloc::count(|| region.invalidate(&1_u64).detach()).0;
        let everything = alloc::count(|| cache.invalidate_all().detach()).0;
        (tag, whole_region, key, everything)
    });
    assert_eq!(costs[0], costs[1]);
}

#[test]
fn invalidating_touches_no_entry() {
    let cache = Cache::new();
    let region = filled(&cache, 100_000);
    cache.invalidate_tag("all").detach();
    assert_eq!(region.len(), 100_000, "they are found invalid when they are looked at");
    assert_eq!(region.get(&7_u64), None);
    assert_eq!(cache.sweep(), 100_000);
    assert_eq!(region.len(), 0);
}

#[test]
fn names_nobody_carries_leave_nothing_behind() {
    let cache = Cache::new();
    let region = filled(&cache, 10);
    let invalidate = |numbers: std::ops::Range<u64>| {
        for number in numbers {
            cache.invalidate_tag(Tag::of("user", &number)).detach();
            region.invalidate(&(number + 1_000)).detach();
        }
    };
    invalidate(0..1_000);
    let before = alloc::live_bytes();
    invalidate(1_000..200_000);
    let grown = alloc::live_bytes() - before;
    // Other tests of this file run at the same time; 200 000 names would be tens of megabytes.
    assert!(grown < 16_000_000, "{grown} bytes");
}

#[test]
fn tags_of_entries_that_are_gone_are_forgotten() {
    let cache = Cache::new();
    let region: Region<u64, u64> =
        cache.region("few").capacity(100).tags(|id, _| vec![Tag::of("row", id)]).build().unwrap();
    (0..10_000_u64).for_each(|id| region.put(&id, id).detach());
    let before = alloc::live_bytes();
    (10_000..200_000_u64).for_each(|id| region.put(&id, id).detach());
    let grown = alloc::live_bytes() - before;
    assert!(grown < 16_000_000, "{grown} bytes for 190 000 tags of which 100 are alive");
}
