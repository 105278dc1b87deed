//! The region under test, and how a script's words are done to it.

use std::cell::Cell;

use cache_core::test_util::TestCache;
use cache_core::{Region, Tag, Ttl};
use cache_tests::Step;

use crate::script::{Change, Failed, How, Key, Load, Loaded, Room, Rules, Value, tags_of};

/// The region under test.
pub(crate) struct Real {
    pub(crate) test: TestCache,
    pub(crate) region: Region<Key, Value>,
}

impl Real {
    pub(crate) fn new(rules: Rules) -> Self {
        let test = TestCache::new();
        let tags = |key: &Key, value: &Value| {
            tags_of(*key, *value).into_iter().map(|tag| Tag::new(tag).expect("not empty")).collect()
        };
        let builder =
            test.cache().region("r").tags(tags).track(rules.track).ttl(rules.ttl.map_or(Ttl::Never, Ttl::After));
        let builder = builder.capacity(match rules.room {
            Room::Plenty => 1_000,
            Room::Tight => 4,
            Room::None => 0,
        });
        let builder = match rules.negative_ttl {
            Some(ttl) => builder.negative_ttl(ttl),
            None => builder,
        };
        let region = builder.build().expect("the rules can be built");
        Self { test, region }
    }

    /// The result, and whether the loader ran.
    pub(crate) fn load(&self, how: How, key: Key, load: &Load) -> (Loaded, bool) {
        let ran = Cell::new(false);
        let optional = async || {
            assert!(!ran.replace(true), "the loader ran twice");
            self.run(load);
            load.loaded
        };
        let certain = async || optional().await.map(|value| value.expect("this loader brings values"));
        let result = match how {
            How::GetOrLoad => Step::new(self.region.get_or_load(&key, certain)).done().map(Some),
            How::Unshared => Step::new(self.region.get_or_load_unshared(&key, certain)).done().map(Some),
            How::Refresh => Step::new(self.region.refresh(&key, certain)).done().map(Some),
            How::Optional => Step::new(self.region.get_or_load_optional(&key, optional)).done(),
        };
        (result, ran.get())
    }

    /// The results, and the keys the loader was asked for.
    pub(crate) fn load_many(
        &self,
        keys: &[Key],
        load: &Load,
        found: &[Key],
    ) -> (Result<Vec<Option<Value>>, Failed>, Vec<Key>) {
        let asked = Cell::new(Vec::new());
        let loader = async |missing: Vec<Key>| {
            assert!(asked.take().is_empty(), "there is one batch when nobody else loads");
            asked.set(missing);
            self.run(load);
            load.loaded.map(|value| found.iter().map(|key| (*key, of_batch(*key, value))).collect())
        };
        let result = Step::new(self.region.get_or_load_many(keys, loader)).done();
        (result, asked.take())
    }

    /// What a loader does before it returns.
    fn run(&self, load: &Load) {
        load.reads.iter().for_each(|key| _ = self.region.get(key));
        load.meanwhile.iter().for_each(|change| self.change(change));
    }

    pub(crate) fn change(&self, change: &Change) {
        let (region, cache) = (&self.region, self.test.cache());
        match change {
            Change::Advance(by) => self.test.clock().advance(*by),
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
