//! A source, a cache in front of it, and tasks that use both.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use shuttle::future::{JoinHandle, block_on, spawn, yield_now};
use shuttle::sync::atomic::{AtomicU64, Ordering};

use crate::test_util::TestCache;
use crate::{Region, RegionBuilder, Spawn, Tag, Task};

pub(super) const KEY: u64 = 7;
pub(super) const OLD: u64 = 1;
pub(super) const NEW: u64 = 2;
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// Clones are the same world.
#[derive(Clone)]
pub(super) struct World {
    pub(super) test: Arc<TestCache>,
    pub(super) region: Region<u64, u64>,
    source: Arc<AtomicU64>,
    background: Background,
}

/// Tasks that nobody waits for before the end.
#[derive(Debug, Clone, Default)]
struct Background(Arc<Mutex<Vec<JoinHandle<()>>>>);

impl Spawn for Background {
    fn spawn(&self, task: Task) -> Result<(), Task> {
        let task = spawn(task);
        self.0.lock().push(task);
        Ok(())
    }
}

impl World {
    /// The source holds [`OLD`]; every entry carries the tags `a` and `b`.
    pub(super) fn new() -> Self {
        // Small, so that one shard is all there is to set up.
        Self::with(|region| region.capacity(8))
    }

    /// A world with a policy of its own.
    pub(super) fn with(policy: impl FnOnce(RegionBuilder<'_, u64, u64>) -> RegionBuilder<'_, u64, u64>) -> Self {
        let background = Background::default();
        let test = TestCache::with(|cache| cache.spawn(background.clone()));
        let tags = |_: &u64, _: &u64| ["a", "b"].map(|tag| Tag::new(tag).expect("not empty")).to_vec();
        let region = policy(test.cache().region("r").tags(tags)).build().expect("nothing to refuse");
        Self { test: Arc::new(test), region, source: Arc::new(AtomicU64::new(OLD)), background }
    }

    /// A world whose entries are fresh for a minute, and in which [`OLD`] was put so many seconds ago.
    pub(super) fn aged(
        seconds: u32,
        policy: impl FnOnce(RegionBuilder<'_, u64, u64>) -> RegionBuilder<'_, u64, u64>,
    ) -> Self {
        let world = Self::with(|region| policy(region.capacity(8).ttl(SECOND * 60)));
        world.region.put(&KEY, OLD).detach();
        world.pass(seconds);
        world
    }

    pub(super) fn pass(&self, seconds: u32) {
        self.test.clock().advance(SECOND * seconds);
    }

    /// A load that has read the source some time before it returns.
    pub(super) async fn read_source(&self) -> Result<u64, Infallible> {
        let value = self.source.load(Ordering::SeqCst);
        yield_now().await;
        Ok(value)
    }

    pub(super) fn change_source(&self) {
        self.source.store(NEW, Ordering::SeqCst);
    }

    pub(super) async fn load(&self) -> u64 {
        let Ok(value) = self.region.get_or_load(&KEY, || self.read_source()).await;
        value
    }

    /// [`load`](Self::load) in the background.
    pub(super) async fn load_detached(&self) -> u64 {
        let world = self.clone();
        let Ok(value) = self.region.call(&KEY).load_detached(move || async move { world.read_source().await }).await;
        value
    }

    /// The source gets its next value, which is returned.
    pub(super) fn write_source(&self) -> u64 {
        self.source.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Starts a task in this world.
    pub(super) fn start<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        &self,
        task: impl FnOnce(Self) -> F,
    ) -> JoinHandle<T> {
        spawn(task(self.clone()))
    }

    /// Waits for all that runs in the background.
    pub(super) fn end_background(&self) {
        loop {
            // Not under the lock: a task may start another one.
            let Some(task) = self.background.0.lock().pop() else { return };
            join(task);
        }
    }

    /// After everything: nobody is left behind, and the cache's books are right.
    pub(super) fn end(&self) {
        self.end_background();
        self.test.assert_idle();
        self.test.check();
    }
}

pub(super) fn join<T>(task: JoinHandle<T>) -> T {
    block_on(task).expect("the task ends")
}
