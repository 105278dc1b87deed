//! Time spent by this thread, so that being put aside for other processes is not counted.

use std::time::Duration;

/// Runs from its creation. On Linux it counts the processor time of the thread that made it, elsewhere time on the
/// wall. It suits loops that never wait; for those the two are the same on an idle machine.
pub struct Stopwatch(Moment);

impl Stopwatch {
    /// Starts it.
    #[must_use]
    pub fn start() -> Self {
        Self(now())
    }

    /// What it shows. To be asked on the thread that started it.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        since(&self.0)
    }
}

#[cfg(target_os = "linux")]
type Moment = Duration;

#[cfg(target_os = "linux")]
fn now() -> Moment {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(target_os = "linux")]
fn since(start: &Moment) -> Duration {
    now().saturating_sub(*start)
}

#[cfg(not(target_os = "linux"))]
type Moment = std::time::Instant;

#[cfg(not(target_os = "linux"))]
fn now() -> Moment {
    std::time::Instant::now()
}

#[cfg(not(target_os = "linux"))]
fn since(start: &Moment) -> Duration {
    start.elapsed()
}
