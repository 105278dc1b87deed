//! The most entries that all regions of a cache hold together.
//!
//! Each region has a capacity of its own; a budget is for programs with many of them. When the sum is over it, the region
//! that holds most gives some up: its engine gets a lower capacity and evicts by its own rules. When there is room again
//! the capacities grow back.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

/// A region, as far as the budget knows it.
pub(crate) trait Member: Send + Sync {
    /// How many entries it holds.
    fn entries(&self) -> u64;

    /// Evicts down to so many entries, and grows no further.
    fn limit(&self, entries: u64);

    /// Lets a limited region grow again, by a quarter.
    fn relax(&self);
}

/// How far below the budget the entries are brought when they are over it, as a part of it.
const SLACK: u64 = 16;
/// The entries are counted after so many stores, as a part of the budget: they are over it by no more than that.
const COUNTED_PER_BUDGET: u64 = 64;

/// The budget of one cache.
pub(crate) struct Budget {
    most: Option<u64>,
    stores: AtomicU64,
    members: Mutex<Vec<Weak<dyn Member>>>,
}

impl Budget {
    pub(crate) fn new(most: Option<u64>) -> Self {
        Self { most, stores: AtomicU64::new(0), members: Mutex::default() }
    }

    pub(crate) fn join(&self, member: &Arc<impl Member + 'static>) {
        if self.most.is_some() {
            let member: Arc<dyn Member> = Arc::clone(member) as _;
            self.members.lock().push(Arc::downgrade(&member));
        }
    }

    /// To be called after each store, with no lock held.
    pub(crate) fn stored(&self) {
        let Some(most) = self.most else { return };
        let every = (most / COUNTED_PER_BUDGET).max(1);
        if (self.stores.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(every) {
            self.balance(most);
        }
    }

    fn balance(&self, most: u64) {
        let members: Vec<_> = self.members.lock().iter().filter_map(Weak::upgrade).collect();
        let mut sizes: Vec<u64> = members.iter().map(|member| member.entries()).collect();
        let mut total: u64 = sizes.iter().sum();
        if total < most / 4 * 3 {
            members.iter().for_each(|member| member.relax());
        }
        while total > most {
            let Some((largest, size)) = sizes.iter().copied().enumerate().max_by_key(|(_, size)| *size) else { return };
            // No further than to half: who is largest then gives the rest.
            let gives = (total - (most - most / SLACK)).min(size.div_ceil(2));
            members[largest].limit(size - gives);
            sizes[largest] = size - gives;
            total -= gives;
        }
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Budget({:?})", self.most)
    }
}
