//! What a policy says beyond a ttl, on regions: with a clock that stands still and background work that runs when told.

mod dynamic;
mod overrides;
mod refresh;
mod stale_if_error;
mod stale_while_revalidate;
mod timeouts;
mod tti;

use std::time::Duration;

use cache_core::test_util::{TaskQueue, TestCache};
use cache_core::{Event, LoadTimeout, Region, RegionBuilder};
use cache_tests::Step;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq)]
enum Down {
    Source,
    TimedOut,
}

impl From<LoadTimeout> for Down {
    fn from(_: LoadTimeout) -> Self {
        Down::TimedOut
    }
}

/// A cache whose background work the test runs, and one region in it with a ttl of a minute.
struct Shop {
    test: TestCache,
    tasks: TaskQueue,
    rows: Region<u64, u64>,
}

impl Shop {
    fn new(policy: impl FnOnce(RegionBuilder<'_, u64, u64>) -> RegionBuilder<'_, u64, u64>) -> Self {
        let tasks = TaskQueue::new();
        let test = TestCache::with(|builder| builder.spawn(tasks.clone()));
        let rows = policy(test.cache().region("row").ttl(SECOND * 60)).build().unwrap();
        Self { test, tasks, rows }
    }

    /// Row 1 with this value, loaded a while ago.
    fn aged(&self, value: u64, seconds: u32) {
        assert_eq!(self.get(Ok(value)), Ok(value));
        self.pass(seconds);
    }

    fn pass(&self, seconds: u32) {
        self.test.clock().advance(SECOND * seconds);
    }

    /// Row 1 for a caller who would load `result` in its own time.
    fn get(&self, result: Result<u64, Down>) -> Result<u64, Down> {
        Step::new(self.rows.get_or_load(&1_u64, || async { result })).done()
    }

    /// Row 1 for a caller whose load goes on without it.
    fn get_detached(&self, result: Result<u64, Down>) -> Result<u64, Down> {
        Step::new(self.rows.call(&1_u64).load_detached(move || async { result })).done()
    }

    fn loads(&self) -> u64 {
        self.rows.stats().loads
    }

    fn has_seen(&self, name: &str) -> usize {
        self.test.events().iter().filter(|event| Event::name(event) == name).count()
    }
}
