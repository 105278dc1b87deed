//! A loader's door: the test decides when it opens.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

/// Holds loads until the test lets them go on, and counts them. Clones are the same gate.
#[derive(Debug, Clone)]
pub struct Gate {
    permits: Arc<Semaphore>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    entered: AtomicUsize,
    inside: AtomicUsize,
    most_inside: AtomicUsize,
}

/// Leaves the gate also when the load is dropped.
struct Inside<'g>(&'g Counts);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn closed() -> Self {
        Self { permits: Arc::new(Semaphore::new(0)), counts: Arc::default() }
    }

    /// A gate that holds nobody.
    #[must_use]
    pub fn open() -> Self {
        let gate = Self::closed();
        gate.let_through(Semaphore::MAX_PERMITS / 2);
        gate
    }

    /// Lets `loads` more loads pass.
    pub fn let_through(&self, loads: usize) {
        self.permits.add_permits(loads);
    }

    /// To be called by a load: counts it, and waits until it may pass.
    ///
    /// # Panics
    ///
    /// Never: the gate is not torn down while a load holds it.
    pub async fn pass(&self) {
        self.counts.entered.fetch_add(1, Ordering::SeqCst);
        let inside = self.counts.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.counts.most_inside.fetch_max(inside, Ordering::SeqCst);
        let _inside = Inside(&self.counts);
        self.permits.acquire().await.expect("the semaphore is never closed").forget();
    }

    /// How many loads have come so far.
    #[must_use]
    pub fn loads(&self) -> usize {
        self.counts.entered.load(Ordering::SeqCst)
    }

    /// How many loads were inside at once, at most.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.counts.most_inside.load(Ordering::SeqCst)
    }
}
