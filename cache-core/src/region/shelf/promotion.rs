//! How often keys were found in the shared tier, to keep in this process only what is asked for often.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

const SLOTS: usize = 4_096;

/// Hits by the hash of the key: keys that share a slot are promoted a little early. Costs nothing unless it is asked.
#[derive(Debug, Default)]
pub(super) struct Hits(OnceLock<Box<[AtomicU32]>>);

impl Hits {
    /// Counts a hit; says whether there were more than `after`. The count begins anew then.
    pub(super) fn reach(&self, key: &str, after: u32) -> bool {
        if after == 0 {
            return true;
        }
        let slots = self.0.get_or_init(|| (0..SLOTS).map(|_| AtomicU32::new(0)).collect());
        let hash = key.bytes().fold(0_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
        let slot = &slots[hash % SLOTS];
        let reached = slot.fetch_add(1, Ordering::Relaxed) >= after;
        if reached {
            slot.store(0, Ordering::Relaxed);
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_promoted_after_so_many_hits() {
        let hits = Hits::default();
        assert_eq!([0; 4].map(|_| hits.reach("a", 2)), [false, false, true, false]);
        assert!(hits.reach("b", 0));
    }
}
