//! A fleet in one process: caches on one clock that share a tier in memory, and tasks that run when told.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use cache_core::test_util::{MemoryBackend, MockClock, TaskQueue, TestCache};
use cache_core::{Cache, Region, SeededRandom, SharedTier, Tag};

use cache_tests::Gate;

use crate::gated::Gated;

/// A fleet.
pub(crate) struct Fleet {
    pub(crate) tier: MemoryBackend,
    pub(crate) clock: MockClock,
    seeds: AtomicU64,
}

/// One process of it.
pub(crate) struct Process {
    pub(crate) test: TestCache,
    pub(crate) tasks: TaskQueue,
}

impl Fleet {
    pub(crate) fn new() -> Self {
        let clock = MockClock::new();
        Self { tier: MemoryBackend::with_clock(clock.clone()), clock, seeds: AtomicU64::new(1) }
    }

    /// A process whose link to the others is proven.
    pub(crate) async fn process(&self) -> Process {
        self.process_with(|tier| tier).await
    }

    pub(crate) async fn process_with(&self, settings: impl FnOnce(SharedTier) -> SharedTier) -> Process {
        self.begin(settings(SharedTier::new(self.tier.clone()).namespace("test")))
    }

    /// A process, and its line to the tier.
    pub(crate) fn gated(&self) -> (Process, Gated) {
        self.gated_with(|tier| tier)
    }

    pub(crate) fn gated_with(&self, settings: impl FnOnce(SharedTier) -> SharedTier) -> (Process, Gated) {
        let line = Gated::new(self.tier.clone());
        (self.begin(settings(SharedTier::new(line.clone()).namespace("test"))), line)
    }

    /// A process on this tier.
    pub(crate) fn begin(&self, tier: SharedTier) -> Process {
        let tasks = TaskQueue::new();
        let seed = self.seeds.fetch_add(1, Ordering::Relaxed);
        let test = TestCache::with(|builder| {
            let random = SeededRandom::new(seed);
            builder.clock(self.clock.clone()).random(random).spawn(tasks.clone()).shared_tier(tier)
        });
        let process = Process { test, tasks };
        process.settle();
        process
    }

    /// Lets time pass in steps that the keepers notice.
    pub(crate) fn pass(&self, time: Duration, processes: &[&Process]) {
        let step = Duration::from_millis(250);
        let mut left = time;
        while !left.is_zero() {
            self.clock.advance(left.min(step));
            left = left.saturating_sub(step);
            processes.iter().for_each(|process| process.settle());
        }
    }
}

/// The result of `work`, with the tasks of all processes going on, and time passing while nobody does.
pub(crate) async fn drive<F: Future>(fleet: &Fleet, processes: &[&Process], work: F) -> F::Output {
    let mut work = pin!(work);
    for _ in 0..100_000 {
        let turn = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
        if let Poll::Ready(output) = turn {
            return output;
        }
        processes.iter().for_each(|process| process.settle());
        fleet.clock.advance(Duration::from_millis(1));
    }
    panic!("nothing goes on")
}

impl Process {
    pub(crate) fn cache(&self) -> &Cache {
        self.test.cache()
    }

    /// Lets background work go on as far as it can.
    pub(crate) fn settle(&self) {
        self.tasks.run();
    }

    pub(crate) fn region(&self, name: &str) -> Region<u64, String> {
        self.cache().region(name).ttl(Duration::from_secs(60)).build().unwrap()
    }

    /// A region whose values have the tag `name:<value up to the first space>`, which only the value knows.
    pub(crate) fn tagged(&self, name: &'static str) -> Region<u64, String> {
        let tags = move |_: &u64, value: &String| vec![Tag::of(name, value.split(' ').next().unwrap())];
        self.cache().region(name).ttl(Duration::from_secs(60)).tags(tags).build().unwrap()
    }

    /// Whether an event with this name was told.
    pub(crate) fn has_told(&self, event: &str) -> bool {
        self.test.events().iter().any(|told| told.name() == event)
    }
}

/// The name of the value under a key, whatever the schema.
pub(crate) fn value_name(fleet: &Fleet, key: &str) -> String {
    let prefix = format!("test:v:{{{key}}}@");
    fleet.tier.names().into_iter().find(|name| name.starts_with(&prefix)).expect("the value is there")
}

/// The value under a key, or what is loaded through a gate.
pub(crate) async fn get_through(gate: &Gate, region: &Region<u64, String>, key: u64, source: &str) -> String {
    let load = || async {
        let read = source.to_owned();
        gate.pass().await;
        Ok::<_, ()>(read)
    };
    region.get_or_load(&key, load).await.unwrap()
}

/// The value under a key that has a tag, or what is loaded.
pub(crate) async fn get_tagged(region: &Region<u64, String>, key: u64, tag: &str, source: &str) -> String {
    let load = || async { Ok::<_, ()>(source.to_owned()) };
    region.call(&key).tag(Tag::new(tag).unwrap()).load(load).await.unwrap()
}

/// Two processes, each with a region of one name.
pub(crate) struct Pair {
    pub(crate) a: Process,
    pub(crate) b: Process,
    pub(crate) users_a: Region<u64, String>,
    pub(crate) users_b: Region<u64, String>,
}

impl Fleet {
    /// Two processes that both have `value` under the key 1.
    pub(crate) async fn pair_with(&self, value: &str) -> Pair {
        let (a, b) = (self.process().await, self.process().await);
        let (users_a, users_b) = (a.region("users"), b.region("users"));
        assert_eq!(get(&users_a, 1, value).await, value);
        assert_eq!(get(&users_b, 1, "wrong").await, value);
        Pair { a, b, users_a, users_b }
    }
}

/// The value under a key, or what is loaded.
pub(crate) async fn get(region: &Region<u64, String>, key: u64, source: &str) -> String {
    region.get_or_load(&key, || async { Ok::<_, ()>(source.to_owned()) }).await.unwrap()
}
