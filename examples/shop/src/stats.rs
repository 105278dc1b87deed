//! What the cache did, function by function.

use cache_core::{Cache, TierStatus};
use serde::{Deserialize, Serialize};

/// Statistics of all cached functions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Stats {
    /// One for each function that was called.
    pub functions: Vec<FunctionStats>,
    /// How the cache stands with its shared tier, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<TierStats>,
}

/// How the cache stands with its shared tier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierStats {
    /// Whether other shops' invalidations are known to reach this one.
    pub linked: bool,
    /// `closed` while the tier is asked, `open` while it is left alone.
    pub breaker: String,
    /// Calls answered with what another shop has loaded.
    pub shared_hits: u64,
    /// Invalidations that the other shops were not told yet.
    pub queued: u64,
    /// For how long an update of another shop may go unseen here at most.
    pub staleness_bound_ms: u64,
}

/// Statistics of one cached function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionStats {
    /// Its name, with its module.
    pub name: String,
    /// Calls answered from an entry.
    pub hits: u64,
    /// Calls that found none here, but one in the shared tier.
    #[serde(default)]
    pub shared_hits: u64,
    /// Calls that found none here.
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
            shared_hits: stats.shared_hits,
            misses: stats.misses,
            loads: stats.loads,
            entries: region.len() as u64,
        });
    }
    functions.sort_by(|one, other| one.name.cmp(&other.name));
    let shared_hits = functions.iter().map(|function| function.shared_hits).sum();
    Stats { functions, tier: cache.tier_status().map(|status| tier_stats(status, shared_hits)) }
}

fn tier_stats(status: TierStatus, shared_hits: u64) -> TierStats {
    TierStats {
        linked: status.is_linked,
        breaker: if status.is_available { "closed" } else { "open" }.to_owned(),
        shared_hits,
        queued: status.queued as u64,
        staleness_bound_ms: u64::try_from(status.staleness_bound.as_millis()).unwrap_or(u64::MAX),
    }
}
