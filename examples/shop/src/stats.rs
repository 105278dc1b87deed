//! What the cache did, function by function.

use cache_core::Cache;
use serde::{Deserialize, Serialize};

/// Statistics of all cached functions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Stats {
    /// One for each function that was called.
    pub functions: Vec<FunctionStats>,
}

/// Statistics of one cached function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionStats {
    /// Its name, with its module.
    pub name: String,
    /// Calls answered from an entry.
    pub hits: u64,
    /// Calls that found none.
    pub misses: u64,
    /// Times its body ran.
    pub loads: u64,
    /// Entries now.
    pub entries: u64,
}

impl Stats {
    /// Statistics of the function with this name (without its module); zeroes if it was not called.
    #[must_use]
    pub fn of(&self, function: &str) -> FunctionStats {
        let found = self.functions.iter().find(|one| one.name.rsplit("::").next() == Some(function));
        found.cloned().unwrap_or_default()
    }
}

/// What this cache did so far.
#[must_use]
pub fn stats(cache: &Cache) -> Stats {
    let mut functions = Vec::new();
    for region in cache.regions() {
        let stats = region.stats();
        functions.push(FunctionStats {
            name: region.name().to_owned(),
            hits: stats.hits,
            misses: stats.misses,
            loads: stats.loads,
            entries: region.len() as u64,
        });
    }
    functions.sort_by(|one, other| one.name.cmp(&other.name));
    Stats { functions }
}
