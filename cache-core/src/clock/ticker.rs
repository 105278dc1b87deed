//! "Has this deadline passed?" for the price of one load.
//!
//! Reading the machine's clock costs a hit as much as finding its entry. But a hit need not know the time, only that
//! its entry's deadline is not reached; and nearly always the deadline is seconds away. So a thread writes the time
//! down every [`PERIOD`], and what is written down is good enough for deadlines more than [`MARGIN`] later. Near its
//! end an entry is checked against the clock itself: the thread's being late by less than the margin changes nothing.
//!
//! The thread must not wake an idle machine, so it stops after [`RUN`] and is started again by the next hit. And it
//! must not be trusted blindly (a process can be frozen, throttled or forked): every thread compares the note with the
//! clock once in 64 hits.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::Thread;
use std::time::Duration;

use super::{Clock, SystemClock, Time};

const PERIOD: Duration = Duration::from_millis(100);
/// How many periods the thread runs before it waits to be started again.
const RUN: u32 = 10;
const MARGIN: u64 = 1_000_000_000;

/// Added to the margin this is later than any deadline: nothing is known to be before it.
const UNKNOWN: u64 = u64::MAX - MARGIN;

/// A recent reading of the coarse clock.
static NOTE: AtomicU64 = AtomicU64::new(UNKNOWN);

/// Whether the machine's clock has reached `deadline`.
#[inline]
pub(super) fn has_reached(deadline: Time) -> bool {
    if NOTE.load(Ordering::Relaxed) + MARGIN < deadline.as_nanos() {
        return false;
    }
    ask(deadline)
}

#[cold]
#[inline(never)]
fn ask(deadline: Time) -> bool {
    let now = SystemClock.coarse();
    if NOTE.compare_exchange(UNKNOWN, now.as_nanos(), Ordering::Relaxed, Ordering::Relaxed).is_ok() {
        start();
    }
    now >= deadline
}

/// Compares the note with the clock, and withdraws it if it is too old to be relied on.
#[cold]
#[inline(never)]
pub(super) fn verify() {
    let note = NOTE.load(Ordering::Relaxed);
    if note != UNKNOWN && SystemClock.coarse().as_nanos().saturating_sub(note) > MARGIN / 2 {
        // If it was renewed meanwhile, that is withdrawn too: the next hit makes a new one.
        NOTE.store(UNKNOWN, Ordering::Relaxed);
    }
}

fn start() {
    static THREAD: OnceLock<Option<Thread>> = OnceLock::new();
    let thread = THREAD.get_or_init(|| {
        let spawned = std::thread::Builder::new().name("cache-ticker".into()).spawn(run);
        spawned.ok().map(|handle| handle.thread().clone())
    });
    match thread {
        Some(thread) => thread.unpark(),
        // No thread can be had: without somebody to renew it there must be no note.
        None => NOTE.store(UNKNOWN, Ordering::Relaxed),
    }
}

fn run() {
    loop {
        for _ in 0..RUN {
            std::thread::sleep(PERIOD);
            NOTE.store(SystemClock.coarse().as_nanos(), Ordering::Relaxed);
        }
        NOTE.store(UNKNOWN, Ordering::Relaxed);
        // A start that came before this is remembered: parking then returns at once.
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_the_clock_whatever_the_note() {
        for _ in 0..10_000 {
            let now = SystemClock.coarse();
            assert!(has_reached(now));
            assert!(!has_reached(now.saturating_add(Duration::from_secs(60))));
            assert!(!has_reached(Time::NEVER));
        }
    }

    #[test]
    fn a_note_that_nobody_renews_is_withdrawn() {
        let now = SystemClock.coarse().as_nanos();
        // What a frozen process finds in its memory. (Other tests of this process read the note too; an old one is
        // one they have to live with.)
        NOTE.store(now - 2 * MARGIN, Ordering::Relaxed);
        verify();
        assert_ne!(NOTE.load(Ordering::Relaxed), now - 2 * MARGIN);
        assert!(has_reached(Time::from_nanos(now)));
    }
}
