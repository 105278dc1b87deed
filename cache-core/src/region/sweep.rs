//! Giving back the memory of entries that can no longer be served.
//!
//! A memory-only cache needs no task: sweeping rides on loads and puts. One shard at a time, so that no reader waits
//! for more than a few thousand entries, and the whole region once per [`CYCLE`]. A region that nobody writes to does
//! not grow; who wants its memory back calls [`Cache::sweep`](crate::Cache::sweep).

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::inner::RegionInner;
use crate::clock::Time;
use crate::event::RemovalCause;
use crate::freshness::Freshness;
use crate::key::CacheKey;
use crate::l1::Removed;

/// How long it takes, with writes going on, until every shard was swept once.
const CYCLE: Duration = Duration::from_secs(1);
/// So many shards one caller sweeps at most, however long nobody wrote.
const MOST_AT_ONCE: u64 = 4;

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Sweeps the shards whose turn has come, a few at most.
    pub(super) fn sweep_if_due(&self) {
        let now = self.clock.coarse();
        let step = CYCLE.as_nanos() as u64 / self.store.len() as u64;
        let due = self.next_sweep.load(Ordering::Relaxed);
        let Some(late) = now.as_nanos().checked_sub(due) else { return };
        // One of the callers does it.
        let next = now.as_nanos().saturating_add(step);
        if self.next_sweep.compare_exchange(due, next, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            for _ in 0..(late / step + 1).min(MOST_AT_ONCE) {
                self.sweep_shard(self.sweep_cursor.fetch_add(1, Ordering::Relaxed), now);
            }
        }
    }

    /// Sweeps all shards; returns how many entries left.
    pub(crate) fn sweep(&self) -> usize {
        let now = self.clock.coarse();
        (0..self.store.len()).map(|index| self.sweep_shard(index, now)).sum()
    }

    fn sweep_shard(&self, index: usize, now: Time) -> usize {
        let (mut expired, mut invalid): (Removed<O, V>, Removed<O, V>) = Default::default();
        {
            let mut shard = self.store.nth(index).write();
            for gone in shard.remove_where(|entry| !self.freshness(entry, now).is_servable()) {
                match self.freshness(&gone.1, now) {
                    Freshness::Invalid => invalid.push(gone),
                    _ => expired.push(gone),
                }
            }
        }
        let count = expired.len() + invalid.len();
        self.left(expired, RemovalCause::Expired);
        self.left(invalid, RemovalCause::Invalidated);
        count
    }
}
