//! The limiter of the memory backend: a sliding window, counted as the script of Redis counts it.

use std::time::Duration;

use super::Limited;
use crate::clock::Time;

/// The calls that one name has let through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Windows {
    /// The number of the window, since the clock's origin.
    number: u128,
    current: u64,
    /// Calls in the window before.
    previous: u64,
}

impl Windows {
    /// Asks for one call at `now`, of what is known of those before.
    pub(super) fn ask(known: Option<Self>, most: u64, window: Duration, now: Time) -> (Self, Limited) {
        let (length, at) = (window.as_micros().max(1), u128::from(now.as_nanos() / 1_000));
        let (number, into) = (at / length, at % length);
        let known = known.unwrap_or(Self { number, current: 0, previous: 0 });
        let (current, previous) = match number.saturating_sub(known.number) {
            0 => (known.current, known.previous),
            1 => (0, known.current),
            _ => (0, 0),
        };
        let mut windows = Self { number, current, previous };
        let (length, into) = (length as f64, into as f64);
        let used = current as f64 + previous as f64 * (1.0 - into / length);
        let allowed = used + 1.0 <= most as f64;
        let retry_after = if allowed { Duration::ZERO } else { windows.retry_after(most, length, into) };
        windows.current += u64::from(allowed);
        let remaining = (most as f64 - used - f64::from(u8::from(allowed))).max(0.0) as u64;
        (windows, Limited { allowed, remaining, retry_after })
    }

    /// When a call is let through, by a window of `length` µs that began `into` µs ago: solves "used + 1 = most" for the
    /// time, and goes a little beyond.
    fn retry_after(self, most: u64, length: f64, into: f64) -> Duration {
        let wait = if self.current < most {
            // The window before has to slide out far enough.
            length * (1.0 - (most - 1 - self.current) as f64 / self.previous as f64) - into
        } else if most > 0 {
            // This window becomes the one before, and that has to slide out far enough.
            length - into + length * (1.0 - (most - 1) as f64 / self.current as f64)
        } else {
            length - into
        };
        Duration::from_micros((wait.max(0.0).ceil() as u64).saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_as_told_is_let_through_and_nobody_sooner() {
        let window = Duration::from_secs(10);
        let (mut windows, mut now, mut refused) = (None, Time::default(), 0);
        for most in 1..8 {
            for _ in 0..200 {
                let (known, limited) = Windows::ask(windows, most, window, now);
                windows = Some(known);
                if limited.allowed {
                    now = now.saturating_add(Duration::from_millis(700));
                    continue;
                }
                refused += 1;
                let wait = limited.retry_after;
                let early = now.saturating_add(wait.saturating_sub(Duration::from_micros(3)));
                now = now.saturating_add(wait);
                assert!(!Windows::ask(windows, most, window, early).1.allowed, "of {most}, {limited:?}");
                assert!(Windows::ask(windows, most, window, now).1.allowed, "of {most}, {limited:?}");
            }
        }
        assert!(refused > 100, "{refused}");
    }
}
