//! The follower: waits for a verdict, or takes over.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use super::inner::RegionInner;
use super::seat::Seat;
use crate::clock::Sleep;
use crate::event::Event;
use crate::flight::{self, Place, Verdict, wait_step};
use crate::key::{CacheKey, Look};
use crate::l1::SharedFlight;
use crate::track::WaitEdge;

/// A place in the queue of a flight. Dropping it leaves the queue, and hands on a seat that was given meanwhile.
pub(crate) struct Waiting<'a, O, V, Q>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    Q: CacheKey<Owned = O> + ?Sized,
{
    region: &'a RegionInner<O, V>,
    look: Look<'a, Q>,
    flight: SharedFlight<V>,
    ticket: u64,
    told: bool,
    /// Told, and not yet taken note of. Never with a seat that the waiter does not take on.
    pub(super) verdict: Option<Verdict<V>>,
    /// Until a load that runs now is overdue.
    patience: Option<Sleep>,
    edge: Option<WaitEdge<'a>>,
}

impl<'a, O, V, Q> Waiting<'a, O, V, Q>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    Q: CacheKey<Owned = O> + ?Sized,
{
    pub(super) fn new(
        region: &'a RegionInner<O, V>,
        look: Look<'a, Q>,
        flight: SharedFlight<V>,
        ticket: u64,
        edge: Option<WaitEdge<'a>>,
    ) -> Self {
        Self { region, look, flight, ticket, told: false, verdict: None, patience: None, edge }
    }

    /// Looks whether there is a verdict, and keeps it.
    pub(super) fn is_told(&mut self, cx: &mut Context<'_>) -> bool {
        if let Poll::Ready(verdict) = Pin::new(&mut *self).poll(cx) {
            self.verdict = Some(verdict);
        }
        self.verdict.is_some()
    }

    /// The waiter was told to load for itself.
    pub(super) fn into_seat(mut self, place: Place) -> Seat<'a, O, V, Q> {
        let look = Look { hash: self.look.hash, key: self.look.key };
        Seat::new(self.region, look, Arc::clone(&self.flight), place, self.edge.take())
    }
}

impl<O, V, Q> Future for Waiting<'_, O, V, Q>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    Q: CacheKey<Owned = O> + ?Sized,
{
    type Output = Verdict<V>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Verdict<V>> {
        let this = &mut *self;
        let shared = &this.region.shared;
        loop {
            match wait_step(&this.flight, this.ticket, &shared.limits, shared.now(), cx.waker()) {
                flight::Poll::Told(verdict) => {
                    this.told = true;
                    return Poll::Ready(verdict);
                }
                flight::Poll::TookOver(verdict, after) => {
                    this.told = true;
                    // The listener is the user's and may panic: `drop` then gives the seat back.
                    this.verdict = Some(verdict);
                    shared.emit(&Event::LoadOverdue { region: Arc::clone(&this.region.name), after });
                    return this.verdict.take().map_or(Poll::Pending, Poll::Ready);
                }
                flight::Poll::Waiting(left) => {
                    let patience = this.patience.get_or_insert_with(|| shared.clock.sleep(left));
                    if patience.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    // Another load may run by now, with time of its own: look again.
                    this.patience = None;
                }
            }
        }
    }
}

impl<O, V, Q> Drop for Waiting<'_, O, V, Q>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    Q: CacheKey<Owned = O> + ?Sized,
{
    fn drop(&mut self) {
        let told = if self.told { self.verdict.take() } else { self.flight.lock().leave(self.ticket) };
        if let Some(Verdict::Lead(place)) = told {
            self.region.hand_on(&self.look, &self.flight, place);
        }
    }
}

/// Runs a wait on this thread.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
