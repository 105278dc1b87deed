//! Time, injected: nothing in the framework asks the operating system for it outside this folder.

mod system;
mod ticker;
mod timer;

#[cfg(any(test, feature = "test-util"))]
mod mock;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

#[cfg(any(test, feature = "test-util"))]
pub use mock::MockClock;
pub(crate) use system::SystemClock;

/// A point on a [`Clock`]: nanoseconds since an origin of that clock's choice.
///
/// Two readings can only be compared when they come from the same clock, and never across machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(u64);

impl Time {
    /// The end of time: what a `"never"` expires at.
    pub const NEVER: Self = Self(u64::MAX);

    /// A reading of `nanos` nanoseconds after the clock's origin.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the clock's origin.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// This time plus `duration`, [`NEVER`](Self::NEVER) where that overflows (after 584 years).
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self(u64::try_from(duration.as_nanos()).map_or(u64::MAX, |nanos| self.0.saturating_add(nanos)))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    #[must_use]
    pub fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// A future that is ready when a stretch of a [`Clock`]'s time has passed.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where a [`Cache`](crate::Cache) takes its time from.
///
/// # Contract
///
/// Readings MUST NOT go backwards for any one thread, and `coarse` MUST come from the same time line as `now`.
/// The caller guarantees to compare readings of one clock only.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// The time, as exactly as it is known. Used where durations are measured (load cost, rate limits).
    fn now(&self) -> Time;

    /// The time, as cheaply as it is known; may lag behind `now` by up to 10 ms. Used on every hit.
    ///
    /// Default: the same as [`now`](Self::now).
    fn coarse(&self) -> Time {
        self.now()
    }

    /// How long the machine has slept (suspend to RAM, a paused virtual machine) since it booted. The time of `now`
    /// does not pass while it sleeps, the world's does: growth of this value makes a cache distrust what it holds.
    ///
    /// Default: zero, for clocks that cannot tell.
    fn suspended(&self) -> Duration {
        Duration::ZERO
    }

    /// A future that is ready `duration` from now. It must not need any particular async runtime.
    fn sleep(&self, duration: Duration) -> Sleep;
}

/// The clock of one cache: static dispatch for the one that every production cache has, since it is read on each hit.
#[derive(Debug, Clone)]
pub(crate) enum ClockSource {
    System(SystemClock),
    Injected(Arc<dyn Clock>),
}

impl ClockSource {
    pub(crate) fn now(&self) -> Time {
        match self {
            Self::System(clock) => clock.now(),
            Self::Injected(clock) => clock.now(),
        }
    }

    #[inline]
    pub(crate) fn coarse(&self) -> Time {
        match self {
            Self::System(clock) => clock.coarse(),
            Self::Injected(clock) => clock.coarse(),
        }
    }

    /// Whether the time has come. Exact to the resolution of the coarse clock, and cheaper than reading it.
    #[inline]
    pub(crate) fn has_reached(&self, deadline: Time) -> bool {
        match self {
            Self::System(_) => ticker::has_reached(deadline),
            Self::Injected(clock) => clock.coarse() >= deadline,
        }
    }

    /// To be called once in a while by threads that rely on [`has_reached`](Self::has_reached).
    pub(crate) fn verify(&self) {
        if let Self::System(_) = self {
            ticker::verify();
        }
    }

    pub(crate) fn suspended(&self) -> Duration {
        match self {
            Self::System(clock) => clock.suspended(),
            Self::Injected(clock) => clock.suspended(),
        }
    }

    pub(crate) fn sleep(&self, duration: Duration) -> Sleep {
        match self {
            Self::System(clock) => clock.sleep(duration),
            Self::Injected(clock) => clock.sleep(duration),
        }
    }
}
