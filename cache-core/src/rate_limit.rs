//! A rate limiter for one process.

use std::sync::Arc;
use std::time::Duration;

use crate::key::CacheKey;
use crate::ledger::Ledger;
use crate::shared::Shared;

/// Lets a number of calls per key through in any stretch of time. Clones share their counts.
///
/// The algorithm is the sliding window counter: the count of the current window plus the share of the previous one
/// that the last `window` still covers. Memory is two numbers per key; the error against a log of every call is
/// bounded by how unevenly the previous window was used (Cloudflare, "How we built rate limiting", 2017). At most
/// 100 000 keys are kept; beyond that those that would end first end early.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use cache_core::Cache;
///
/// let limiter = Cache::new().rate_limiter(2, Duration::from_secs(60));
/// assert!(limiter.check("10.0.0.7").is_allowed());
/// assert!(limiter.check("10.0.0.7").is_allowed());
/// let third = limiter.check("10.0.0.7");
/// assert!(!third.is_allowed() && third.retry_after > Duration::ZERO);
/// ```
#[derive(Debug, Clone)]
pub struct RateLimiter {
    shared: Arc<Shared>,
    ledger: Arc<Ledger<Windows>>,
    limit: u64,
    window: Duration,
}

/// What a [`RateLimiter`] says of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// How many more calls would be let through now.
    pub remaining: u64,
    /// How long until the next call is let through; zero if this one was.
    pub retry_after: Duration,
    allowed: bool,
}

impl RateLimit {
    pub(crate) fn new(allowed: bool, remaining: u64, retry_after: Duration) -> Self {
        Self { remaining, retry_after, allowed }
    }

    /// Whether the call may go on. A call that may not is not counted.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.allowed
    }
}

#[derive(Debug, Default)]
struct Windows {
    /// The number of the current window since the clock's origin.
    number: u128,
    current: u64,
    previous: u64,
}

impl RateLimiter {
    pub(crate) fn new(shared: Arc<Shared>, limit: u64, window: Duration) -> Self {
        let ledger = Arc::new(Ledger::new(shared.hasher.clone()));
        // A window of nothing would let everything through.
        Self { shared, ledger, limit, window: window.max(Duration::from_millis(1)) }
    }

    /// Asks for one call of `key`, and counts it if it is let through.
    pub fn check<Q: CacheKey + ?Sized>(&self, key: &Q) -> RateLimit {
        let now = self.shared.clock.now();
        let window = self.window.as_nanos();
        let (number, into) = (u128::from(now.as_nanos()) / window, u128::from(now.as_nanos()) % window);
        self.ledger.update(key, now, |windows, _| {
            windows.turn(number);
            let covered = 1.0 - into as f64 / window as f64;
            let used = windows.current as f64 + windows.previous as f64 * covered;
            let allowed = used + 1.0 <= self.limit as f64;
            windows.current += u64::from(allowed);
            let left = (self.limit as f64 - used - f64::from(u8::from(allowed))).max(0.0);
            let retry_after = if allowed { Duration::ZERO } else { self.retry_after(windows, covered) };
            // After two windows nothing of this one is covered any more.
            (
                RateLimit { remaining: left as u64, retry_after, allowed },
                now.saturating_add(self.window.saturating_mul(2)),
            )
        })
    }

    /// Solves "used + 1 = limit" for the time.
    fn retry_after(&self, windows: &Windows, covered: f64) -> Duration {
        let room = self.limit.saturating_sub(1) as f64;
        let windows_to_wait = if (windows.current as f64) <= room && windows.previous > 0 {
            covered - (room - windows.current as f64) / windows.previous as f64
        } else if windows.current > 0 {
            covered + 1.0 - (room / windows.current as f64).min(1.0)
        } else {
            1.0
        };
        // Rounded up, so that who waits exactly so long is not a nanosecond early.
        Duration::try_from_secs_f64(self.window.as_secs_f64() * windows_to_wait.clamp(0.0, 2.0))
            .unwrap_or(Duration::MAX)
            .saturating_add(Duration::from_micros(1))
    }
}

impl Windows {
    fn turn(&mut self, number: u128) {
        if number <= self.number {
            return;
        }
        self.previous = if number == self.number + 1 { self.current } else { 0 };
        (self.number, self.current) = (number, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Cache;
    use crate::clock::MockClock;

    fn limiter(limit: u64) -> (MockClock, RateLimiter) {
        let clock = MockClock::new();
        let cache = Cache::builder().clock(clock.clone()).build().unwrap();
        (clock, cache.rate_limiter(limit, Duration::from_secs(10)))
    }

    #[test]
    fn no_burst_fits_across_the_border_of_two_windows() {
        let (clock, limiter) = limiter(10);
        clock.advance(Duration::from_millis(9_900));
        assert_eq!((0..20).filter(|_| limiter.check("a").is_allowed()).count(), 10);
        clock.advance(Duration::from_millis(200));
        assert!(!limiter.check("a").is_allowed(), "99 % of the previous window still count");
        assert!(limiter.check("b").is_allowed(), "keys do not share a limit");
    }

    #[test]
    fn who_waits_as_told_is_let_through() {
        let (clock, limiter) = limiter(3);
        for _ in 0..200 {
            let answer = limiter.check("a");
            if !answer.is_allowed() {
                clock.advance(answer.retry_after);
                assert!(limiter.check("a").is_allowed());
            }
        }
    }

    #[test]
    fn a_limit_of_zero_lets_nothing_through() {
        let (clock, limiter) = limiter(0);
        for _ in 0..5 {
            let answer = limiter.check("a");
            assert!(!answer.is_allowed() && answer.remaining == 0);
            clock.advance(answer.retry_after);
        }
    }
}
