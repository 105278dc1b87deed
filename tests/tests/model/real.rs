//! The region under test, and how a script's words are done to it.

use std::cell::Cell;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;

use cache_core::test_util::{MockClock, TaskQueue, TestCache};
use cache_core::{Cache, Region, Tag};
use cache_tests::Step;

use crate::batch::Results;
use crate::rules::Rules;
use crate::script::{Change, How, Key, Load, Loaded, TAG_OF_CALLS, Value, tags_of};

/// The region under test.
pub(crate) struct Real {
    pub(crate) test: TestCache,
    pub(crate) region: Region<Key, Value>,
    hands: Hands,
    tasks: TaskQueue,
}

/// What a loader uses, wherever it runs.
#[derive(Clone)]
struct Hands {
    region: Region<Key, Value>,
    cache: Cache,
    clock: MockClock,
    /// Whether loads in the background have to wait.
    held: Arc<AtomicBool>,
}

/// A call that may have to wait.
pub(crate) struct Call {
    step: Step<'static, Loaded>,
    runs: Arc<AtomicUsize>,
}

impl Real {
    pub(crate) fn new(rules: Rules) -> Self {
        let tasks = TaskQueue::new();
        let test = TestCache::with(|builder| builder.spawn(tasks.clone()).background_loads(1_000));
        let tags = |key: &Key, value: &Value| {
            tags_of(*key, *value).into_iter().map(|tag| Tag::new(tag).expect("not empty")).collect()
        };
        let mut builder = test.cache().region("r").policy(rules.policy()).tags(tags);
        if rules.ttl_by {
            builder = builder.ttl_by(|_, value| Rules::ttl_of(*value));
        }
        if rules.cache_if {
            builder = builder.cache_if(|_, value| !Rules::keeps_out(*value));
        }
        let region = builder.build().expect("the rules can be built");
        let hands = Hands {
            region: region.clone(),
            cache: test.cache().clone(),
            clock: test.clock().clone(),
            held: Arc::default(),
        };
        Self { test, region, hands, tasks }
    }

    pub(crate) fn call(&self, how: How, key: Key, load: &Load) -> Call {
        let runs = Arc::new(AtomicUsize::new(0));
        let (hands, load, region, counted) = (self.hands.clone(), load.clone(), self.region.clone(), Arc::clone(&runs));
        let optional = move || async move {
            assert_eq!(counted.fetch_add(1, Ordering::Relaxed), 0, "the loader ran twice");
            hands.run(&load).await;
            load.loaded
        };
        let step = Step::new(async move {
            if let How::Optional = how {
                return region.get_or_load_optional(&key, optional).await;
            }
            let certain =
                move || async move { optional().await.map(|value| value.expect("this loader brings values")) };
            let settings = how.settings();
            let mut call = region.call(&key);
            if let Some(ttl) = settings.ttl {
                call = call.ttl(ttl);
            }
            if settings.tagged {
                call = call.tag(Tag::new(TAG_OF_CALLS).expect("not empty"));
            }
            if settings.force {
                call = call.force();
            }
            let result = match how {
                How::GetOrLoad => region.get_or_load(&key, certain).await,
                How::Unshared => region.get_or_load_unshared(&key, certain).await,
                How::Refresh => region.refresh(&key, certain).await,
                How::Detached(_) => call.load_detached(certain).await,
                How::Call(_) | How::Optional => call.load(certain).await,
            };
            result.map(Some)
        });
        Call { step, runs }
    }

    /// The results, and the keys the loader was asked for.
    pub(crate) fn load_many(&self, keys: &[Key], load: &Load, found: &[Key]) -> (Results, Vec<Key>) {
        let asked = Cell::new(Vec::new());
        let loader = async |missing: Vec<Key>| {
            assert!(asked.take().is_empty(), "there is one batch when nobody else loads");
            asked.set(missing);
            self.hands.run(load).await;
            load.loaded.map(|value| found.iter().map(|key| (*key, of_batch(*key, value))).collect())
        };
        let result = Step::new(self.region.get_or_load_many(keys, loader)).done();
        (result, asked.take())
    }

    pub(crate) fn change(&self, change: &Change) {
        self.hands.change(change);
    }

    /// Lets the loads in the background begin.
    pub(crate) fn begin_tasks(&self) {
        self.hands.held.store(true, Ordering::Relaxed);
        self.tasks.run();
        self.hands.held.store(false, Ordering::Relaxed);
    }

    /// Lets the loads in the background end.
    pub(crate) fn run_tasks(&self) {
        assert_eq!(self.tasks.run(), 0, "nothing holds them");
    }
}

impl Call {
    /// The answer, if it is there.
    pub(crate) fn poll(&mut self) -> Option<Loaded> {
        self.step.poll()
    }

    pub(crate) fn has_loaded(&self) -> bool {
        self.runs.load(Ordering::Relaxed) > 0
    }
}

impl Hands {
    /// What a loader does before it returns.
    async fn run(&self, load: &Load) {
        load.reads.iter().for_each(|key| _ = self.region.get(key));
        let is_held = || self.held.load(Ordering::Relaxed);
        poll_fn(|_| if is_held() { Poll::Pending } else { Poll::Ready(()) }).await;
        load.meanwhile.iter().for_each(|change| self.change(change));
    }

    fn change(&self, change: &Change) {
        let (region, cache) = (&self.region, &self.cache);
        match change {
            Change::Advance(by) => self.clock.advance(*by),
            Change::Put(key, value) => region.put(key, *value).detach(),
            Change::Invalidate(key) => region.invalidate(key).detach(),
            Change::InvalidateMany(keys) => region.invalidate_many(keys).detach(),
            Change::InvalidateTag(tag) => cache.invalidate_tag(tag.as_str()).detach(),
            Change::InvalidateTags(tags) => cache.invalidate_tags(tags.iter().map(String::as_str)).detach(),
            Change::InvalidatePattern(glob) => cache.invalidate_pattern(&glob.text()).detach(),
            Change::InvalidateRegion => region.invalidate_all().detach(),
            Change::InvalidateAll => cache.invalidate_all().detach(),
            Change::SetEnabled(enabled) => cache.set_enabled(*enabled),
            Change::Sweep => _ = cache.sweep(),
        }
    }
}

/// The value of one key of a batch.
pub(crate) fn of_batch(key: Key, value: Option<Value>) -> Value {
    let value = value.expect("a batch brings values");
    Value { serial: value.serial + u32::try_from(key).expect("keys are small"), ..value }
}
