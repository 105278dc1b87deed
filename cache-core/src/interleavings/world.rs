//! A source, a cache in front of it, and tasks that use both.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use shuttle::future::{JoinHandle, block_on, spawn, yield_now};
use shuttle::sync::atomic::{AtomicU64, Ordering};

use crate::test_util::TestCache;
use crate::{Region, Tag};

pub(super) const KEY: u64 = 7;
pub(super) const OLD: u64 = 1;
pub(super) const NEW: u64 = 2;

/// Clones are the same world.
#[derive(Clone)]
pub(super) struct World {
    pub(super) test: Arc<TestCache>,
    pub(super) region: Region<u64, u64>,
    source: Arc<AtomicU64>,
}

impl World {
    /// The source holds [`OLD`]; every entry carries the tags `a` and `b`.
    pub(super) fn new() -> Self {
        let test = TestCache::new();
        let tags = |_: &u64, _: &u64| ["a", "b"].map(|tag| Tag::new(tag).expect("not empty")).to_vec();
        // Small, so that one shard is all there is to set up.
        let region = test.cache().region("r").capacity(8).tags(tags).build().expect("nothing to refuse");
        Self { test: Arc::new(test), region, source: Arc::new(AtomicU64::new(OLD)) }
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

    /// Starts a task in this world.
    pub(super) fn start<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        &self,
        task: impl FnOnce(Self) -> F,
    ) -> JoinHandle<T> {
        spawn(task(self.clone()))
    }

    /// After everything: nobody is left behind, and the cache's books are right.
    pub(super) fn end(&self) {
        self.test.assert_idle();
        self.test.check();
    }
}

pub(super) fn join<T>(task: JoinHandle<T>) -> T {
    block_on(task).expect("the task ends")
}
