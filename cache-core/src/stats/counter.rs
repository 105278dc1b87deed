//! Counting hits without a locked instruction.
//!
//! A `fetch_add` on the hit path costs as much as the rest of our wrapper. So every thread that can get one has a
//! cell of its own: only it writes there, and a plain load and store are exact. Threads beyond the number of cells
//! share one and pay the `fetch_add`.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// How many threads can have a cell of their own.
const OWN: usize = 31;
const SHARED: usize = OWN;

/// A counter that many threads increment at once. It is 4 KiB large.
pub(crate) struct HitCounter {
    cells: [Line; OWN + 1],
}

impl Default for HitCounter {
    fn default() -> Self {
        Self { cells: std::array::from_fn(|_| Line::default()) }
    }
}

/// Cells of two threads on one cache line would bounce between their cores (adjacent lines are fetched in pairs).
#[repr(align(128))]
#[derive(Default)]
struct Line(AtomicU64);

impl HitCounter {
    /// Counts one; says once in 64 times that it did 64 (for work that is to be done now and then).
    #[inline]
    pub(crate) fn increment(&self) -> bool {
        let slot = SLOT.get();
        if slot < OWN {
            let cell = &self.cells[slot].0;
            let count = cell.load(Ordering::Relaxed) + 1;
            cell.store(count, Ordering::Relaxed);
            count.is_multiple_of(64)
        } else {
            self.increment_shared()
        }
    }

    #[cold]
    fn increment_shared(&self) -> bool {
        if SLOT.get() == UNASSIGNED {
            SLOT.set(LEASE.try_with(|lease| lease.0).unwrap_or(SHARED));
        }
        self.cells[SLOT.get()].0.fetch_add(1, Ordering::Relaxed).is_multiple_of(64)
    }

    pub(crate) fn sum(&self) -> u64 {
        self.cells.iter().map(|line| line.0.load(Ordering::Relaxed)).sum()
    }
}

const UNASSIGNED: usize = usize::MAX;

thread_local! {
    // Without a destructor, so that reading it is one instruction.
    static SLOT: Cell<usize> = const { Cell::new(UNASSIGNED) };
    static LEASE: Lease = Lease::take();
}

static FREE: Mutex<Option<Vec<usize>>> = Mutex::new(None);

/// A thread's right to a cell of its own, given back when the thread ends. The mutex orders the last store of one
/// owner before the first load of the next.
struct Lease(usize);

impl Lease {
    fn take() -> Self {
        Self(FREE.lock().get_or_insert_with(|| (0..OWN).rev().collect()).pop().unwrap_or(SHARED))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Destructors that run after this one may still hit a cache.
        SLOT.set(SHARED);
        if self.0 < OWN
            && let Some(free) = &mut *FREE.lock()
        {
            free.push(self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hit_is_lost_with_more_threads_than_cells() {
        let counter = HitCounter::default();
        for _ in 0..2 {
            std::thread::scope(|scope| {
                for _ in 0..OWN * 2 {
                    scope.spawn(|| (0..1_000).for_each(|_| _ = counter.increment()));
                }
            });
        }
        assert_eq!(counter.sum(), 2 * 2 * OWN as u64 * 1_000);
    }
}
