//! Which writes are read back before they are stored.

use std::sync::atomic::{AtomicU64, Ordering};

/// The first so many writes are: a type that does not suit its codec shows itself soon.
const FIRST: u64 = 16;

/// One of so many later ones is: a type may suit its codec but for some values.
const ONE_IN: u64 = 1024;

/// Counts the writes of one region.
#[derive(Debug, Default)]
pub(crate) struct Verification {
    writes: AtomicU64,
}

impl Verification {
    /// Counts a write, and says whether it is to be verified. In debug builds it always is.
    pub(crate) fn is_due(&self) -> bool {
        let write = self.writes.fetch_add(1, Ordering::Relaxed);
        cfg!(debug_assertions) || chosen(write)
    }
}

fn chosen(write: u64) -> bool {
    write < FIRST || write.is_multiple_of(ONE_IN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_writes_and_then_one_in_1024() {
        assert!((0..16).all(chosen));
        assert_eq!((16..10_241).filter(|&write| chosen(write)).count(), 10);
        assert!(Verification::default().is_due());
    }
}
