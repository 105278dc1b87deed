//! Invalidating what a million entries have in common. What is invalid is found when it is looked at, so the time does
//! not depend on how much that is.

use std::time::Instant;

use cache_benches::figures::Figure;
use cache_benches::footprint::{CAPACITY, ENTRIES};
use cache_benches::options::Options;
use cache_benches::rounds::quantile;
use cache_core::Cache;

use super::rows::{NAME, Rows, TAG, put, with_tags};

/// The few entries that the many are compared with.
const FEW: u64 = 1_000;

/// Medians in milliseconds; the first round is the only one that makes anything invalid, and has to be as quick.
pub(crate) fn figures(options: &Options) -> Vec<Figure> {
    let ((many_tag, first_tag), (few_tag, _)) = both(options, |cache| cache.invalidate_tag(TAG).detach());
    let ((many_region, first_region), (few_region, _)) = both(options, |cache| cache.invalidate_region(NAME).detach());
    vec![
        Figure::new("tag_invalidate_1m_ms", many_tag, "a tag that 1 000 000 entries carry"),
        Figure::new("tag_invalidate_1m_first_ms", first_tag, "the first time, with cold caches"),
        Figure::new("tag_invalidate_1k_ms", few_tag, "a tag that 1 000 entries carry"),
        Figure::new("region_invalidate_1m_ms", many_region, "a region of 1 000 000 entries"),
        Figure::new("region_invalidate_1m_first_ms", first_region, "the first time, with cold caches"),
        Figure::new("region_invalidate_1k_ms", few_region, "a region of 1 000 entries"),
    ]
}

fn both(options: &Options, invalidate: fn(&Cache)) -> ((f64, f64), (f64, f64)) {
    (times(options, CAPACITY, ENTRIES, invalidate), times(options, CAPACITY, FEW, invalidate))
}

/// The median of all rounds and the first one.
fn times(options: &Options, capacity: u64, entries: u64, invalidate: fn(&Cache)) -> (f64, f64) {
    let (cache, rows) = with_tags(capacity);
    (0..entries).for_each(|key| put(&rows, key));
    assert!(is_valid(&rows, entries / 2), "what was put is there");
    let mut times = Vec::new();
    options.repeat(|_| {
        let start = Instant::now();
        invalidate(&cache);
        times.push(start.elapsed().as_secs_f64() * 1e3);
    });
    assert!(!is_valid(&rows, entries / 2), "what was invalidated is not served");
    assert_eq!(rows.len() as u64, entries, "nothing was removed so far");
    (quantile(&times, 0.5), times[0])
}

fn is_valid(rows: &Rows, key: u64) -> bool {
    rows.peek(&key).is_some()
}
