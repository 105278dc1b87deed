//! For the tests of programs that use the framework (feature `test-util`).
//!
//! A [`TestCache`] is a cache with a clock that stands still, of a test's own, so that tests run in parallel without
//! sleeping:
//!
//! ```
//! use std::time::Duration;
//! use cache_core::{cached, test_util::TestCache};
//!
//! #[cached(ttl = "1m", key = "{id}", name = "user")]
//! async fn user(id: u64) -> String { format!("user {id}") }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let test = TestCache::new();
//! test.run(async {
//!     user(1).await;
//!     user(1).await;
//!     test.assert_loads("user", 1);
//!
//!     test.clock().advance(Duration::from_secs(60));
//!     user(1).await;
//!     test.assert_loads("user", 2);
//! })
//! .await;
//! # }
//! ```

pub mod conformance;

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

pub use crate::backend::MemoryBackend;
use crate::cache::Cache;
pub use crate::clock::MockClock;
use crate::event::Event;
use crate::random::SeededRandom;
use crate::spawn::{Spawn, Task};
use crate::stats::Stats;

/// A cache of a test's own, with a clock that only moves when told to and randomness that repeats.
///
/// When it is dropped it [checks](Self::check) its own books, so that every test is one of the cache as well.
#[derive(Debug)]
pub struct TestCache {
    cache: Cache,
    clock: MockClock,
    events: Arc<Mutex<Vec<Event>>>,
}

impl TestCache {
    /// A fresh cache with the default settings.
    #[must_use]
    pub fn new() -> Self {
        Self::with(|builder| builder)
    }

    /// A fresh cache with settings of your own. Clock, randomness and one event listener are set already.
    ///
    /// # Panics
    ///
    /// If the settings cannot be built.
    #[must_use]
    pub fn with(settings: impl FnOnce(crate::CacheBuilder) -> crate::CacheBuilder) -> Self {
        let (clock, events) = (MockClock::new(), Arc::new(Mutex::new(Vec::new())));
        let recorded = Arc::clone(&events);
        let builder = Cache::builder()
            .clock(clock.clone())
            .random(SeededRandom::new(0))
            .on_event(move |event: &Event| recorded.lock().push(event.clone()));
        let cache = settings(builder).build().expect("the settings of a test cache can be built");
        Self { cache, clock, events }
    }

    /// Runs a future in which `#[cached]` functions use this cache.
    ///
    /// # Cancel safety
    ///
    /// That of `test`.
    pub async fn run<F: Future>(&self, test: F) -> F::Output {
        self.cache.scope(test).await
    }

    /// [`run`](Self::run) for code that is not async.
    pub fn run_sync<R>(&self, test: impl FnOnce() -> R) -> R {
        self.cache.scope_sync(test)
    }

    /// The cache.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &MockClock {
        &self.clock
    }

    /// What happened in a region; all zero if it was never used. A region is meant by its whole name, or by the
    /// function's name at its end.
    #[must_use]
    pub fn stats(&self, region: &str) -> Stats {
        let end = format!("::{region}");
        let found = self.cache.regions().into_iter().find(|each| each.name() == region || each.name().ends_with(&end));
        found.map(|region| region.stats()).unwrap_or_default()
    }

    /// The events so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().clone()
    }

    /// Asserts what the cache promises itself at any moment, whatever runs: that nobody can come to wait for a load that
    /// does not run, that whatever an entry depends on can be touched, that weights add up and fit.
    ///
    /// # Panics
    ///
    /// If the cache has a bug.
    pub fn check(&self) {
        self.cache.shared().check();
        assert!(!crate::track::has_circle(), "loads wait for each other in a circle");
        self.cache.regions().iter().for_each(|region| region.erased().check());
    }

    /// Asserts that no load runs, nobody waits for one, and nothing runs in the background.
    ///
    /// # Panics
    ///
    /// If something does.
    #[track_caller]
    pub fn assert_idle(&self) {
        for region in self.cache.regions() {
            assert_eq!(region.erased().flights(), 0, "keys of region `{}` are being loaded", region.name());
        }
        assert_eq!(self.cache.shared().background.running(), 0, "background tasks run");
    }

    /// Asserts how many loads a region has run.
    ///
    /// # Panics
    ///
    /// If it is another number.
    #[track_caller]
    pub fn assert_loads(&self, region: &str, loads: u64) {
        let stats = self.stats(region);
        assert_eq!(stats.loads, loads, "loads of region `{region}` ({stats:?})");
    }

    /// Asserts how many entries of a region were found invalidated.
    ///
    /// # Panics
    ///
    /// If it is another number.
    #[track_caller]
    pub fn assert_invalidations(&self, region: &str, invalidations: u64) {
        self.cache.sweep();
        let stats = self.stats(region);
        assert_eq!(stats.invalidations, invalidations, "invalidations of region `{region}` ({stats:?})");
    }
}

impl Drop for TestCache {
    fn drop(&mut self) {
        // A test that fails has something to say already.
        if !std::thread::panicking() {
            self.check();
        }
    }
}

/// Background work that runs when a test says so, and on nothing but the test's own thread. Clones are one queue.
///
/// # Example
///
/// ```
/// # futures_util::FutureExt::now_or_never(async {
/// use std::time::Duration;
/// use cache_core::{Region, test_util::{TaskQueue, TestCache}};
///
/// let tasks = TaskQueue::new();
/// let test = TestCache::with(|builder| builder.spawn(tasks.clone()));
/// let names: Region<u64, String> = test
///     .cache()
///     .region("names")
///     .ttl(Duration::from_secs(60))
///     .stale_while_revalidate(Duration::from_secs(60))
///     .build()
///     .unwrap();
/// let name = async |name: &'static str| {
///     names.call(&1_u64).load_detached(move || async move { Ok::<_, ()>(name.to_owned()) }).await.unwrap()
/// };
///
/// # tasks.run_while(name("Ada")).await;
/// test.clock().advance(Duration::from_secs(60));
/// assert_eq!(name("Augusta").await, "Ada", "it is stale, and served at once");
/// tasks.run();
/// assert_eq!(name("Augusta").await, "Augusta");
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Default)]
pub struct TaskQueue {
    tasks: Arc<Tasks>,
}

#[derive(Default)]
struct Tasks(Mutex<Vec<Task>>);

impl TaskQueue {
    /// An empty queue.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets all tasks go on as far as they can; returns how many have not ended.
    pub fn run(&self) -> usize {
        loop {
            // Not under the lock: a task may start another one.
            let tasks = std::mem::take(&mut *self.tasks.0.lock());
            let before = tasks.len();
            let mut context = Context::from_waker(Waker::noop());
            let mut left: Vec<Task> = Vec::new();
            for mut task in tasks {
                if task.as_mut().poll(&mut context).is_pending() {
                    left.push(task);
                }
            }
            let ended = before - left.len();
            let mut tasks = self.tasks.0.lock();
            tasks.extend(left);
            if ended == 0 {
                return tasks.len();
            }
        }
    }

    /// The result of `work`, with the tasks going on whenever it waits.
    ///
    /// # Cancel safety
    ///
    /// That of `work`; the tasks stay.
    pub async fn run_while<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Poll::Ready(output) = work.as_mut().poll(context) {
                return Poll::Ready(output);
            }
            self.run();
            work.as_mut().poll(context)
        })
        .await
    }

    /// Drops all tasks, as a runtime that is shut down does.
    pub fn drop_all(&self) {
        let tasks = std::mem::take(&mut *self.tasks.0.lock());
        drop(tasks);
    }
}

impl Spawn for TaskQueue {
    fn spawn(&self, task: Task) -> Result<(), Task> {
        self.tasks.0.lock().push(task);
        Ok(())
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tasks", self.0.lock().len())
    }
}

impl Default for TestCache {
    fn default() -> Self {
        Self::new()
    }
}
