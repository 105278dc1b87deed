//! Events in the log, with a limit: a source that is down for an hour must not fill the disk.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

use super::{Event, EventListener};
use crate::clock::{ClockSource, Time};

/// How many events of one kind a second of log may hold.
const PER_SECOND: u32 = 5;

/// Writes events to `tracing` (target `cache`), at most [`PER_SECOND`] of a kind; says how many it left out.
#[derive(Debug)]
pub(crate) struct TracingLog {
    clock: ClockSource,
    windows: Mutex<HashMap<&'static str, Window>>,
}

#[derive(Debug)]
struct Window {
    since: Time,
    written: u32,
    suppressed: u64,
}

impl TracingLog {
    pub(crate) fn new(clock: ClockSource) -> Self {
        Self { clock, windows: Mutex::default() }
    }

    /// Whether an event of this kind may be written now, and how many were left out before it.
    fn admit(&self, kind: &'static str) -> Option<u64> {
        let now = self.clock.now();
        let mut windows = self.windows.lock();
        let window = windows.entry(kind).or_insert(Window { since: now, written: 0, suppressed: 0 });
        if now.saturating_since(window.since) >= Duration::from_secs(1) {
            (window.since, window.written) = (now, 0);
        }
        if window.written >= PER_SECOND {
            window.suppressed += 1;
            return None;
        }
        window.written += 1;
        Some(std::mem::take(&mut window.suppressed))
    }
}

impl EventListener for TracingLog {
    fn on_event(&self, event: &Event) {
        let kind = event.name();
        let Some(suppressed) = self.admit(kind) else { return };
        match event {
            Event::DuplicateRegion { .. } | Event::Misconfigured { .. } => {
                tracing::error!(target: "cache", kind, suppressed, "{event}");
            }
            Event::LoadPanicked { .. } | Event::LoadOverdue { .. } | Event::Suspended { .. } => {
                tracing::warn!(target: "cache", kind, suppressed, "{event}");
            }
            _ => tracing::debug!(target: "cache", kind, suppressed, "{event}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::MockClock;

    #[test]
    fn a_flood_is_cut_and_counted_per_kind() {
        let clock = MockClock::new();
        let log = TracingLog::new(ClockSource::Injected(Arc::new(clock.clone())));
        for _ in 0..PER_SECOND {
            assert_eq!(log.admit("a"), Some(0));
        }
        assert_eq!(log.admit("a"), None);
        assert_eq!(log.admit("a"), None);
        assert_eq!(log.admit("b"), Some(0));
        clock.advance(Duration::from_secs(1));
        assert_eq!(log.admit("a"), Some(2));
        assert_eq!(log.admit("a"), Some(0));
    }
}
