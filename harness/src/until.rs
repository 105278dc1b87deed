//! Waiting for another process: the only place of this package that sleeps.

use std::time::{Duration, Instant};

/// Short beside everything that is waited for, long beside what a probe costs.
const PAUSE: Duration = Duration::from_millis(5);

/// Probes until the probe finds something, at least once, and for no longer than `limit`.
///
/// A real process reports to nobody when it is ready, has noticed a failure or is gone: all one can do is to ask again.
pub fn until<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = probe() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Waits until nothing is left to say of what is not yet as it should be; fails with what was said last.
pub(crate) fn settled(limit: Duration, mut unsettled: impl FnMut() -> Option<String>) -> Result<(), String> {
    let mut why = String::new();
    let settled = until(limit, || match unsettled() {
        None => Some(()),
        Some(reason) => {
            why = reason;
            None
        }
    });
    settled.ok_or(why)
}
