//! Giving back the memory of entries that can no longer be served.
//!
//! A memory-only cache needs no task: sweeping rides on loads and puts. One shard at a time, so that no reader waits
//! for more than a few hundred entries, and the whole region once per [`CYCLE`]. A region that nobody writes to does
//! not grow; who wants its memory back calls [`Cache::sweep`](crate::Cache::sweep).

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::inner::RegionInner;
use crate::clock::Time;
use crate::entry::Entry;
use crate::event::RemovalCause;
use crate::freshness::Freshness;
use crate::key::CacheKey;
use crate::l1::Removed;

/// How long it takes, with writes going on, until every shard was swept once.
const CYCLE: Duration = Duration::from_secs(1);
/// So many entries are taken out under one hold of a shard's lock.
const MOST_PER_LOCK: usize = 256;
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
        let turns = (late / step + 1).min(MOST_AT_ONCE);
        // On schedule, unless nobody wrote for so long that the schedule means nothing any more.
        let from = if late > CYCLE.as_nanos() as u64 { now.as_nanos() } else { due };
        let next = from.saturating_add(step * turns);
        // One of the callers does it.
        if self.next_sweep.compare_exchange(due, next, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            for _ in 0..turns {
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
        let shard = self.store.nth(index);
        let is_over = |entry: &Entry<V>| !self.freshness(entry, now).is_servable();
        // Readers go on while every entry is looked at; they wait for a batch of removals at most.
        let found = shard.read().find_where(is_over);
        let (mut expired, mut invalid): (Removed<O, V>, Removed<O, V>) = Default::default();
        for batch in found.chunks(MOST_PER_LOCK) {
            for gone in shard.write().remove_found(batch, is_over) {
                match self.freshness(&gone.1, now) {
                    Freshness::Invalid => invalid.push(gone),
                    _ => expired.push(gone),
                }
            }
        }
        if !found.is_empty() {
            let old = shard.write().rebuild_if_sparse();
            drop(old);
        }
        let count = expired.len() + invalid.len();
        self.left(expired, RemovalCause::Expired);
        self.left(invalid, RemovalCause::Invalidated);
        count
    }
}
