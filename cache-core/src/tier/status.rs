//! What a process knows of its shared tier, for people and probes.

use std::time::Duration;

use super::Tier;
use crate::shared::Shared;

/// How a cache stands with its shared tier at one moment; from [`Cache::tier_status`](crate::Cache::tier_status).
///
/// No call needs it: a cache whose tier is away goes on by itself. It is for status pages, health checks and figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TierStatus {
    /// Whether the tier is asked at all. `false` while the breaker is open: calls go on without it.
    pub is_available: bool,
    /// Whether messages from other processes are known to reach this one. While they are not, an entry is served for the
    /// [`coherence_window`](crate::SharedTier::coherence_window) at most.
    pub is_linked: bool,
    /// Invalidations that the other processes were not told yet: those being sent just now, and those that wait for the
    /// tier.
    pub queued: usize,
    /// For how long an update elsewhere may go unseen here at most, whatever fails (promise P4).
    pub staleness_bound: Duration,
}

impl Tier {
    pub(crate) fn status(&self, shared: &Shared) -> TierStatus {
        TierStatus {
            is_available: self.is_available(),
            is_linked: self.is_linked(shared),
            queued: self.outbox.len(),
            staleness_bound: self.staleness_bound(),
        }
    }
}
