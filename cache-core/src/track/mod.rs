//! Automatic dependencies: what a load reads from the cache, its own entry depends on.
//!
//! While a load runs, a task-local [`LoadScope`] collects the names of every cached value it reads, with the stamps
//! the inner entries carry. The entry built from them inherits the stamps as they are: capturing them anew would make
//! an old ingredient look new (protocol-review item 3). One `Arc` per ingredient is appended, whatever its number of
//! tags; a hit outside any load pays for one thread-local flag.

mod collected;
mod waits;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use parking_lot::Mutex;
use pin_project_lite::pin_project;
use smallvec::SmallVec;

pub(crate) use collected::Collected;
use waits::WAITS;
pub(crate) use waits::WaitEdge;

use crate::entry::Ties;
#[cfg(all(test, shuttle))]
use crate::sync::LocalCell;
use crate::sync::thread_local;

thread_local! {
    /// Whether the current scope collects. Without a destructor, so that a hit reads it in one instruction.
    static COLLECTING: Cell<bool> = const { Cell::new(false) };
    static CURRENT: RefCell<Option<Arc<LoadScope>>> = const { RefCell::new(None) };
}

/// Identifies a flight in the chain of loads that wait for each other.
pub(crate) type FlightId = u64;

/// One running load, as the code it calls sees it.
#[derive(Debug)]
pub(crate) struct LoadScope {
    /// The flights this load is going to land: none without the cache, several for a batch.
    flights: SmallVec<[FlightId; 1]>,
    parent: Option<Arc<LoadScope>>,
    /// `None` for a load that does not track.
    collected: Option<Mutex<Collected>>,
}

impl LoadScope {
    /// The scope of a load that is about to begin in the current one.
    pub(crate) fn begin(flights: impl IntoIterator<Item = FlightId>, track: bool) -> Arc<Self> {
        let flights = flights.into_iter().collect();
        Arc::new(Self { flights, parent: current(), collected: track.then(Mutex::default) })
    }

    /// What was collected so far; nothing is collected after this.
    pub(crate) fn take(&self) -> Collected {
        self.collected.as_ref().map(|collected| std::mem::take(&mut *collected.lock())).unwrap_or_default()
    }

    /// The flights of the innermost load that has some. Those around it wait for them already, and the graph knows.
    pub(crate) fn nearest(&self) -> &[FlightId] {
        let mut scope = self;
        while scope.flights.is_empty()
            && let Some(parent) = &scope.parent
        {
            scope = parent;
        }
        &scope.flights
    }

    /// The flights that wait for this load: its own and those of the loads around it.
    pub(crate) fn held(&self) -> Vec<FlightId> {
        let mut held = Vec::new();
        let mut scope = Some(self);
        while let Some(each) = scope {
            held.extend(&each.flights);
            scope = each.parent.as_deref();
        }
        held
    }
}

/// Whether the code that runs now is part of a load that tracks.
#[inline]
pub(crate) fn is_collecting() -> bool {
    COLLECTING.get()
}

pub(crate) fn current() -> Option<Arc<LoadScope>> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// Enters that the current load, if there is one, waits for a flight.
///
/// # Errors
///
/// When that flight waits for the current load already: waiting would be for ever.
pub(crate) fn wait_for(flight: FlightId) -> Result<Option<WaitEdge<'static>>, Circle> {
    let Some(scope) = current() else { return Ok(None) };
    let held = scope.held();
    if held.is_empty() {
        return Ok(None);
    }
    WAITS.enter(&held, scope.nearest().to_vec(), flight).map(Some).ok_or(Circle)
}

/// Two loads would wait for each other.
#[derive(Debug)]
pub(crate) struct Circle;

/// Whether some load waits for itself: never.
#[cfg(any(test, feature = "test-util"))]
pub(crate) fn has_circle() -> bool {
    WAITS.has_circle()
}

/// Makes the current load, if there is one that tracks, depend on an entry.
pub(crate) fn record(ties: &Arc<Ties>) {
    with_collected(|collected| collected.add(ties));
}

/// Makes the current load, if there is one that tracks, unfit for storing.
pub(crate) fn record_doubt() {
    with_collected(Collected::doubt);
}

/// Makes the current load, if there is one that tracks, as old as the stale value it uses.
pub(crate) fn record_stale() {
    with_collected(Collected::be_stale);
}

fn with_collected(change: impl FnOnce(&mut Collected)) {
    if is_collecting()
        && let Some(scope) = current()
        && let Some(collected) = &scope.collected
    {
        change(&mut collected.lock());
    }
}

/// Runs `work` as part of `scope`.
pub(crate) fn in_scope<R>(scope: &Arc<LoadScope>, work: impl FnOnce() -> R) -> R {
    let _entered = Entered::new(scope);
    work()
}

/// Restores the surrounding scope, also when the work panics.
struct Entered {
    outer: Option<Arc<LoadScope>>,
    was_collecting: bool,
}

impl Entered {
    fn new(scope: &Arc<LoadScope>) -> Self {
        let was_collecting = COLLECTING.replace(scope.collected.is_some());
        let outer = CURRENT.try_with(|current| current.replace(Some(Arc::clone(scope)))).ok().flatten();
        Self { outer, was_collecting }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        COLLECTING.set(self.was_collecting);
        let outer = self.outer.take();
        // Gone only while the thread ends, and then nothing runs in it any more.
        drop(CURRENT.try_with(|current| current.replace(outer)));
    }
}

pin_project! {
    /// A future that is polled as part of a scope.
    pub(crate) struct InScope<F> {
        scope: Arc<LoadScope>,
        #[pin]
        work: F,
    }
}

impl<F> InScope<F> {
    pub(crate) fn new(scope: Arc<LoadScope>, work: F) -> Self {
        Self { scope, work }
    }
}

impl<F: Future> Future for InScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        in_scope(this.scope, || this.work.poll(cx))
    }
}
