//! Single-flight: per key one load runs, and everybody who asks meanwhile gets its result (promise P5).
//!
//! A flight exists from the first miss on a key until no load runs and nobody waits. Loads run in the tasks of their
//! callers, so they may borrow; a load that ends without a result hands its place to a waiter, who loads for itself:
//!
//! | the load …                        | its caller gets | those who wait                                              |
//! |-----------------------------------|-----------------|-------------------------------------------------------------|
//! | ends with a value or an absence   | the value       | get it, if nothing was invalidated since the load began, or since they came; the others get the next load |
//! | ends with an error that can be copied | the error   | get a copy at once                                          |
//! | ends with another error           | the error       | load for themselves, [`scatter`](Limits::scatter) at a time |
//! | is dropped, or panics             | nothing, the panic | one takes over                                           |
//! | runs longer than [`overdue`](Limits::overdue) | what it returns, not stored | one takes over                      |
//!
//! Everything here is a state machine under one small lock; it knows neither keys nor time nor tasks.

#[cfg(any(test, feature = "test-util"))]
mod check;
mod outcome;
mod waiting;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use smallvec::SmallVec;

pub(crate) use outcome::{Landed, Outcome};
pub(crate) use waiting::{Poll, wait_step};

use crate::clock::Time;
use crate::sync::{Mutex, MutexGuard};
use crate::touch::Touch;
use crate::track::FlightId;

/// How patient and how parallel flights are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How long a load may run before a waiter takes over.
    pub(crate) overdue: Duration,
    /// How many loads of a key run at once after an error that cannot be copied.
    pub(crate) scatter: usize,
    /// How long after a failed load a stale value is served without another.
    pub(crate) retry: Duration,
}

/// The loads of one key and those who wait for them.
#[derive(Debug)]
pub(crate) struct Flight<V> {
    pub(crate) id: FlightId,
    state: Mutex<State<V>>,
}

#[derive(Debug)]
pub(crate) struct State<V> {
    /// When the key was last touched while this flight lived.
    pub(crate) touched: Touch,
    running: SmallVec<[Running; 1]>,
    /// How many loads may run at once: 1 until an error could not be copied.
    width: usize,
    /// In the order in which they came.
    waiting: BTreeMap<u64, Waiter<V>>,
    next: u64,
    /// Whether somebody who takes part is inside of a load that tracks.
    pub(crate) tracked: bool,
}

#[derive(Debug)]
struct Running {
    load: u64,
    began: Time,
}

#[derive(Debug)]
struct Waiter<V> {
    start: Touch,
    /// Takes only what was loaded after it came, whether or not anything was invalidated.
    strict: bool,
    waker: Option<Waker>,
    verdict: Option<Verdict<V>>,
}

/// What a waiter is told.
#[derive(Debug)]
pub(crate) enum Verdict<V> {
    /// A load has ended for you.
    Landed(Arc<Landed<V>>),
    /// Load for yourself; this is your load.
    Lead(Place),
}

/// The right to run a load of a flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) load: u64,
    /// The touch clock when the right was given: the start of the load.
    pub(crate) start: Touch,
}

/// What joining a flight came to.
#[derive(Debug)]
pub(crate) enum Joined {
    Lead(Place),
    /// The ticket to ask [`wait_step`] with.
    Wait(u64),
}

/// Whom a result is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    All,
    /// Only those who came before the load began: something was touched since. (They asked before the invalidation, so
    /// either answer is right for them.)
    Early,
    /// It is an older value, served since the load failed: not for those who asked for a new one.
    NotStrict,
}

/// Now, on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) touch: Touch,
    pub(crate) time: Time,
}

/// Wakers to wake once no lock is held.
///
/// Dropping it wakes them too: a panic on the way must not leave anybody with a verdict and asleep. It also keeps the
/// result until then, so that the user's values are not dropped under a lock.
#[must_use]
#[derive(Debug)]
pub(crate) struct Wake<V> {
    wakers: Vec<Waker>,
    _result: Option<Arc<Landed<V>>>,
}

impl<V> Default for Wake<V> {
    fn default() -> Self {
        Self { wakers: Vec::new(), _result: None }
    }
}

impl<V> Wake<V> {
    /// Wakes them now.
    pub(crate) fn all(self) {}
}

impl<V> Drop for Wake<V> {
    fn drop(&mut self) {
        self.wakers.drain(..).for_each(Waker::wake);
    }
}

impl<V> Flight<V> {
    pub(crate) fn new(id: FlightId) -> Self {
        let state = State {
            touched: Touch::NONE,
            running: SmallVec::new(),
            width: 1,
            waiting: BTreeMap::new(),
            next: 0,
            tracked: false,
        };
        Self { id, state: Mutex::new(state) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State<V>> {
        self.state.lock()
    }
}

impl<V> State<V> {
    /// Takes part: loads if a load may be started, waits otherwise.
    pub(crate) fn join(&mut self, now: Now, tracked: bool, strict: bool) -> Joined {
        self.tracked |= tracked;
        if self.running.len() < self.width {
            return Joined::Lead(self.start_load(now));
        }
        let ticket = self.number();
        self.waiting.insert(ticket, Waiter { start: now.touch, strict, waker: None, verdict: None });
        Joined::Wait(ticket)
    }

    /// Starts a load if none runs that is not overdue. (Those that are lose their place.)
    pub(crate) fn claim(&mut self, tracked: bool, limits: &Limits, now: Now) -> Option<Place> {
        self.forget_overdue(limits, now);
        if !self.running.is_empty() {
            return None;
        }
        self.tracked |= tracked;
        Some(self.start_load(now))
    }

    /// The overdue loads lose their place: what they return one day goes to their own callers only.
    fn forget_overdue(&mut self, limits: &Limits, now: Now) {
        self.running.retain(|running| now.time.saturating_since(running.began) < limits.overdue);
    }

    /// Whether this load still has its place; a load that was overdue has lost it.
    pub(crate) fn is_running(&self, place: Place) -> bool {
        self.running.iter().any(|running| running.load == place.load)
    }

    /// Whether nobody takes part any more, so that the flight can be forgotten. Those who were told their verdict
    /// hold the flight themselves.
    pub(crate) fn is_over(&self) -> bool {
        self.running.is_empty() && self.waiting.values().all(|waiter| waiter.verdict.is_some())
    }

    /// Whether anybody still waits for a verdict: else a result need not be copied for them.
    fn has_waiters(&self) -> bool {
        self.waiting.values().any(|waiter| waiter.verdict.is_none())
    }

    /// Ends a load with a result that began at `started`: tells it to those it is [`for`](For). Who is left gets the
    /// next load.
    pub(crate) fn land(&mut self, place: Place, result: impl FnOnce() -> Landed<V>, whom: For, now: Now) -> Wake<V> {
        self.end_load(place);
        let mut wake = Wake::default();
        // The source answers again: one load at a time.
        self.width = 1;
        if !self.has_waiters() {
            return wake;
        }
        let result = Arc::new(result());
        // Loads and tickets are numbered together: a higher number began later.
        let meant = |ticket, waiter: &Waiter<V>| match whom {
            _ if waiter.strict => place.load > ticket && whom != For::NotStrict,
            For::All | For::NotStrict => true,
            For::Early => waiter.start <= place.start,
        };
        self.tell(&result, meant, &mut wake);
        wake._result = Some(result);
        self.promote(now, &mut wake);
        wake
    }

    /// A value was put: everybody who waits gets it.
    pub(crate) fn overtake(&mut self, result: impl FnOnce() -> Landed<V>) -> Wake<V> {
        let mut wake = Wake::default();
        if self.has_waiters() {
            self.tell(&Arc::new(result()), |_, _| true, &mut wake);
        }
        wake
    }

    /// Ends a load without a result that others could use; with `scatter`, lets that many run at once from here on.
    pub(crate) fn abandon(&mut self, place: Place, scatter: Option<usize>, now: Now) -> Wake<V> {
        self.end_load(place);
        self.width = scatter.unwrap_or(self.width);
        let mut wake = Wake::default();
        self.promote(now, &mut wake);
        wake
    }

    /// Leaves without waiting for a verdict; returns what had been told meanwhile, to be dropped without the lock.
    pub(crate) fn leave(&mut self, ticket: u64) -> Option<Verdict<V>> {
        self.waiting.remove(&ticket)?.verdict
    }

    fn start_load(&mut self, now: Now) -> Place {
        let load = self.number();
        self.running.push(Running { load, began: now.time });
        Place { load, start: now.touch }
    }

    fn end_load(&mut self, place: Place) {
        self.running.retain(|running| running.load != place.load);
    }

    fn tell(&mut self, result: &Arc<Landed<V>>, whom: impl Fn(u64, &Waiter<V>) -> bool, wake: &mut Wake<V>) {
        for (ticket, waiter) in self.waiting.iter_mut().filter(|(_, waiter)| waiter.verdict.is_none()) {
            if whom(*ticket, waiter) {
                waiter.verdict = Some(Verdict::Landed(Arc::clone(result)));
                wake.wakers.extend(waiter.waker.take());
            }
        }
    }

    /// Gives free places to those who have waited longest.
    fn promote(&mut self, now: Now, wake: &mut Wake<V>) {
        while self.running.len() < self.width {
            let Some(ticket) =
                self.waiting.iter().find(|(_, waiter)| waiter.verdict.is_none()).map(|(ticket, _)| *ticket)
            else {
                return;
            };
            let place = self.start_load(now);
            if let Some(waiter) = self.waiting.get_mut(&ticket) {
                waiter.verdict = Some(Verdict::Lead(place));
                wake.wakers.extend(waiter.waker.take());
            }
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

#[cfg(test)]
mod tests;
