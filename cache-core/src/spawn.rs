//! Background work, injected and counted, so that a shutdown can drain it and a simulation can schedule it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;

use crate::clock::{ClockSource, Sleep};

/// A piece of background work.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where a [`Cache`](crate::Cache) runs background work.
///
/// # Contract
///
/// `spawn` MUST either accept the task and poll it to its end, or hand it back untouched; it MUST NOT run it inline.
pub trait Spawn: Send + Sync + fmt::Debug + 'static {
    /// Starts `task`.
    ///
    /// # Errors
    ///
    /// Gives the task back when there is nothing to run it on: the caller then does the work itself or leaves it.
    fn spawn(&self, task: Task) -> Result<(), Task>;
}

/// The tokio runtime that the calling task runs on, looked up anew at each call: a cache that outlives its runtime
/// (every `#[tokio::test]` has one of its own) goes on with the current one.
#[derive(Debug, Default)]
pub(crate) struct TokioSpawn;

impl Spawn for TokioSpawn {
    fn spawn(&self, task: Task) -> Result<(), Task> {
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                // Detached on purpose: `Background` counts it and waits for it.
                drop(runtime.spawn(task));
                Ok(())
            }
            Err(_) => Err(task),
        }
    }
}

/// The background work of one cache.
#[derive(Debug)]
pub(crate) struct Background {
    spawn: Arc<dyn Spawn>,
    /// How many tasks may run at once.
    most: usize,
    ledger: Arc<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    running: AtomicUsize,
    closed: std::sync::atomic::AtomicBool,
    idle: Mutex<Vec<Waker>>,
}

/// One running task; dropping it (done, panicked or torn down with its runtime) settles the account.
struct Running(Arc<Ledger>);

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            let waiting = std::mem::take(&mut *self.0.idle.lock());
            waiting.into_iter().for_each(Waker::wake);
        }
    }
}

/// Work that was not started; it can still be done by whoever wanted it.
pub(crate) enum Refused {
    /// There is no room for it, or the cache is shutting down.
    NoRoom(Task),
    /// There is nothing to run it on.
    NoRuntime(Task),
}

impl Background {
    pub(crate) fn new(spawn: Arc<dyn Spawn>, most: usize) -> Self {
        Self { spawn, most, ledger: Arc::default() }
    }

    /// Starts `work`, unless the cache is shutting down, has enough to do, or there is no runtime.
    pub(crate) fn start(&self, work: impl Future<Output = ()> + Send + 'static) -> Result<(), Refused> {
        // Counted first and asked second: a drain that finds nothing running has closed the door before.
        let others = self.ledger.running.fetch_add(1, Ordering::SeqCst);
        let running = Running(Arc::clone(&self.ledger));
        if others >= self.most || self.ledger.closed.load(Ordering::SeqCst) {
            return Err(Refused::NoRoom(Box::pin(work)));
        }
        let task = Box::pin(async move {
            let _running = running;
            work.await;
        });
        self.spawn.spawn(task).map_err(Refused::NoRuntime)
    }

    /// Starts work that lasts as long as the cache: it is not counted, and no shutdown waits for it.
    pub(crate) fn detached(&self, task: Task) -> Result<(), Task> {
        self.spawn.spawn(task)
    }

    /// How many tasks run.
    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn running(&self) -> usize {
        self.ledger.running.load(Ordering::SeqCst)
    }

    /// Refuses new work and waits until none runs or `deadline` has passed; returns how many still run.
    pub(crate) async fn drain(&self, clock: &ClockSource, deadline: Duration) -> usize {
        self.ledger.closed.store(true, Ordering::SeqCst);
        if self.ledger.running.load(Ordering::SeqCst) == 0 {
            return 0;
        }
        Drained { ledger: &self.ledger, timeout: clock.sleep(deadline) }.await
    }
}

struct Drained<'a> {
    ledger: &'a Ledger,
    timeout: Sleep,
}

impl Future for Drained<'_> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        // Registered before looking, so that a task that ends in between still wakes us.
        self.ledger.idle.lock().push(cx.waker().clone());
        let running = self.ledger.running.load(Ordering::Acquire);
        if running == 0 || self.timeout.as_mut().poll(cx).is_ready() {
            return Poll::Ready(running);
        }
        Poll::Pending
    }
}
