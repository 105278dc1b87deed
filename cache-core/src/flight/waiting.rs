//! The life of a waiter.

use std::task::Waker;
use std::time::Duration;

use super::{Flight, Limits, Now, Verdict};

/// What a look at one's own ticket shows.
#[derive(Debug)]
pub(crate) enum Poll<V> {
    Told(Verdict<V>),
    /// A load of this age was overdue; the waiter has its place.
    TookOver(Verdict<V>, Duration),
    /// Not yet. Look again after this long at the latest.
    Waiting(Patience),
}

/// How long a waiter can wait before a load that runs now is overdue.
pub(crate) type Patience = Duration;

/// Looks at a ticket; leaves the waker behind if there is nothing to tell.
pub(crate) fn wait_step<V>(flight: &Flight<V>, ticket: u64, limits: &Limits, now: Now, waker: &Waker) -> Poll<V> {
    let mut state = flight.lock();
    let Some(waiter) = state.waiting.get_mut(&ticket) else {
        // Never happens to the owner of a ticket; waiting for ever would be the worst answer.
        return Poll::Told(Verdict::Lead(state.start_load(now)));
    };
    if let Some(verdict) = waiter.verdict.take() {
        state.waiting.remove(&ticket);
        return Poll::Told(verdict);
    }
    let oldest = state.running.iter().map(|running| now.time.saturating_since(running.began)).max();
    match oldest {
        Some(age) if age < limits.overdue => {
            if let Some(waiter) = state.waiting.get_mut(&ticket) {
                waiter.waker = Some(waker.clone());
            }
            Poll::Waiting(limits.overdue - age)
        }
        _ => {
            state.forget_overdue(limits, now);
            state.waiting.remove(&ticket);
            let place = state.start_load(now);
            Poll::TookOver(Verdict::Lead(place), oldest.unwrap_or_default())
        }
    }
}
