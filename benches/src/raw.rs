//! The bare cache: what every ratio is relative to.

use std::hash::Hash;
use std::sync::Arc;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Equivalent, OptionsBuilder, UnitWeighter};

use crate::user::{User, row};
use crate::zipf::{CAPACITY, RESIDENT};

/// Regions that stand in front of the ids in composed keys.
pub const REGIONS: [&str; 8] = ["africa", "asia-east", "asia-south", "europe", "north", "oceania", "south", "test"];

/// A `quick_cache` that holds users.
pub type Raw<K> = Cache<K, Arc<User>>;

/// The region that stands before an id in a composed key.
///
/// The stream of keys is one of ids for this case too: pairs that are read from memory in one piece and handed on in
/// two would measure how the processor forwards stores, not what a look-up costs.
#[inline]
#[must_use]
pub fn region_of(id: u64) -> &'static str {
    REGIONS[(id % REGIONS.len() as u64) as usize]
}

/// How `(String, u64)` is looked up without making a `String`: hashes like it, compares with it.
#[derive(Hash)]
pub struct Borrowed<'a>(pub &'a str, pub u64);

impl Equivalent<(String, u64)> for Borrowed<'_> {
    fn equivalent(&self, key: &(String, u64)) -> bool {
        self.1 == key.1 && self.0 == key.0
    }
}

/// An empty cache for `capacity` entries, with the options that `cache-core` gives its own.
///
/// # Panics
///
/// Panics if `quick_cache` refuses its options.
#[must_use]
pub fn bare<K: Hash + Eq, V: Clone>(capacity: u64) -> Cache<K, V> {
    let options = OptionsBuilder::new()
        .estimated_items_capacity(capacity as usize)
        .weight_capacity(capacity)
        .hot_allocation(0.93)
        .ghost_allocation(1.0)
        .build()
        .expect("the options are complete");
    Cache::with_options(options, UnitWeighter, DefaultHashBuilder::default(), DefaultLifecycle::default())
}

/// The same with all ids resident, under the keys that `key` makes of them.
///
/// # Panics
///
/// Panics if they are not.
pub fn filled<K: Hash + Eq>(key: impl Fn(u64) -> K) -> Raw<K> {
    let cache = bare(CAPACITY);
    (0..RESIDENT).for_each(|id| cache.insert(key(id), row(id)));
    assert_eq!(cache.len() as u64, RESIDENT, "all keys are resident");
    cache
}
