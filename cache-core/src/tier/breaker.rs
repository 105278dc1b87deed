//! The breaker: a tier that fails is left alone for a while, so that its failing costs nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Time;

/// Counts failures in a row. Open, it lets nothing through but the background's attempts to close it.
#[derive(Debug)]
pub(crate) struct Breaker {
    threshold: u64,
    cool_down: Duration,
    /// How many requests failed since one did not.
    failures: AtomicU64,
    /// Until when nobody asks; 0 while it is closed.
    open_until: AtomicU64,
}

impl Breaker {
    pub(crate) fn new(threshold: u32, cool_down: Duration) -> Self {
        let threshold = u64::from(threshold.max(1));
        Self { threshold, cool_down, failures: AtomicU64::new(0), open_until: AtomicU64::new(0) }
    }

    /// Whether requests may be sent.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.open_until.load(Ordering::Acquire) == 0
    }

    /// Whether it is open and the time has come to try.
    pub(crate) fn is_due(&self, now: Time) -> bool {
        let until = self.open_until.load(Ordering::Acquire);
        until != 0 && now.as_nanos() >= until
    }

    /// A request failed; says whether that has opened it.
    pub(crate) fn failed(&self, now: Time) -> bool {
        let failures = self.failures.fetch_add(1, Ordering::AcqRel) + 1;
        if failures < self.threshold {
            return false;
        }
        self.open(now)
    }

    /// Opens it, or keeps it open for longer; says whether it was closed.
    pub(crate) fn open(&self, now: Time) -> bool {
        let until = now.saturating_add(self.cool_down).as_nanos().max(1);
        self.open_until.swap(until, Ordering::AcqRel) == 0
    }

    /// If it is open, lets it be tried at `time`.
    pub(crate) fn retry_at(&self, time: Time) {
        let until = time.as_nanos().max(1);
        // Only if it is open: 0 stays 0.
        let open = |known: u64| (known != 0).then_some(until);
        let _ = self.open_until.fetch_update(Ordering::AcqRel, Ordering::Acquire, open);
    }

    /// A request was answered. Does not close what is open: only who has sent what was waiting may.
    pub(crate) fn succeeded(&self) {
        // Reading first: the line stays shared among all who succeed.
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Release);
        }
    }

    /// Closes it; says whether it was open.
    pub(crate) fn close(&self) -> bool {
        self.failures.store(0, Ordering::Release);
        self.open_until.swap(0, Ordering::AcqRel) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn failures_in_a_row_open_it_and_only_closing_closes_it() {
        let breaker = Breaker::new(3, Duration::from_millis(100));
        assert!(!breaker.failed(at(1)) && !breaker.failed(at(1)));
        breaker.succeeded();
        assert!(!breaker.failed(at(1)) && !breaker.failed(at(1)) && breaker.is_closed());
        assert!(breaker.failed(at(2)) && !breaker.is_closed());
        assert!(!breaker.is_due(at(101)) && breaker.is_due(at(102)));
        breaker.succeeded();
        assert!(!breaker.is_closed());
        assert!(!breaker.open(at(102)), "it was open already");
        assert!(!breaker.is_due(at(201)) && breaker.is_due(at(202)));
        assert!(breaker.close() && breaker.is_closed());
    }
}
