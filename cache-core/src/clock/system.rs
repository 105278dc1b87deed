//! The machine's monotonic clock.

use std::time::Duration;

use super::{Clock, Sleep, Time, timer};

/// `CLOCK_MONOTONIC`, with `CLOCK_MONOTONIC_COARSE` (4 ms resolution, a fifth of the cost) for hits where Linux has it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemClock;

#[cfg(target_os = "linux")]
mod os {
    use rustix::time::{ClockId, clock_gettime};

    #[inline]
    fn nanos(clock: ClockId) -> u64 {
        let time = clock_gettime(clock);
        // The kernel never reports negative readings for these clocks.
        (time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64)
    }

    pub(super) fn now() -> u64 {
        nanos(ClockId::Monotonic)
    }

    #[inline]
    pub(super) fn coarse() -> u64 {
        nanos(ClockId::MonotonicCoarse)
    }

    pub(super) fn suspended() -> u64 {
        let awake = now();
        nanos(ClockId::Boottime).saturating_sub(awake)
    }
}

#[cfg(not(target_os = "linux"))]
mod os {
    use std::sync::LazyLock;
    use std::time::Instant;

    static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

    pub(super) fn now() -> u64 {
        u64::try_from(ORIGIN.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub(super) fn coarse() -> u64 {
        now()
    }

    pub(super) fn suspended() -> u64 {
        0
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Time {
        Time::from_nanos(os::now())
    }

    #[inline]
    fn coarse(&self) -> Time {
        Time::from_nanos(os::coarse())
    }

    fn suspended(&self) -> Duration {
        Duration::from_nanos(os::suspended())
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(timer::sleep(duration))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coarse_reading_lags_the_exact_one_by_less_than_its_documented_bound() {
        for _ in 0..1_000 {
            let coarse = SystemClock.coarse();
            let exact = Clock::now(&SystemClock);
            assert!(exact >= coarse);
            let exact = Clock::now(&SystemClock);
            let coarse = SystemClock.coarse();
            // A preempted thread makes the coarse reading later, never earlier.
            assert!(coarse.as_nanos() + 10_000_000 >= exact.as_nanos());
        }
    }
}
