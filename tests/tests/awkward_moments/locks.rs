//! The user's code is never run under a lock.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cache_core::test_util::TestCache;
use cache_core::{Cache, Event, Region, cached};
use cache_tests::{Gate, Step};

use crate::{Down, within};

// V::drop runs under the shard's and the flight's lock.
#[derive(Clone, Debug)]
struct Value {
    region: Arc<Mutex<Option<Region<u64, Value>>>>,
    live: Arc<AtomicBool>,
}

impl Drop for Value {
    fn drop(&mut self) {
        if self.live.load(Ordering::SeqCst) {
            let region = self.region.lock().unwrap().clone();
            if let Some(region) = region {
                region.invalidate(&1_u64).detach();
            }
        }
    }
}
fn value_region() -> (TestCache, Region<u64, Value>, Value) {
    let test = TestCache::new();
    let region: Region<u64, Value> = test.cache().region("value").local().build().unwrap();
    let value = Value { region: Arc::new(Mutex::new(Some(region.clone()))), live: Arc::new(AtomicBool::new(false)) };
    (test, region, value)
}
async fn get_value(region: &Region<u64, Value>, gate: &Gate, value: &Value) -> Result<Value, Down> {
    region
        .get_or_load(&1_u64, || async {
            gate.pass().await;
            Ok(value.clone())
        })
        .await
}

#[test]
fn a_result_that_nobody_may_have_is_not_dropped_under_a_lock() {
    within(|| {
        let (_test, region, value) = value_region();
        let gate = Gate::closed();
        let mut leader = Step::held(get_value(&region, &gate, &value));
        region.invalidate(&1_u64).detach();
        let _late = Step::held(get_value(&region, &gate, &value));
        value.live.store(true, Ordering::SeqCst);
        gate.let_through(1);
        let got = leader.poll(); // land(): Arc<Landed> made and dropped inside of both locks
        value.live.store(false, Ordering::SeqCst);
        assert!(got.is_some());
    });
}

#[test]
fn a_value_that_is_too_old_to_be_served_is_not_dropped_under_a_lock() {
    for (age, many) in [(70, true), (130, false), (130, true)] {
        within(move || {
            let test = TestCache::new();
            let builder = test.cache().region("value").local().ttl(Duration::from_secs(60));
            let builder = builder.stale_while_revalidate(Duration::from_secs(60));
            let region: Region<u64, Value> = builder.stale_if_error(Duration::from_secs(600)).build().unwrap();
            let value =
                Value { region: Arc::new(Mutex::new(Some(region.clone()))), live: Arc::new(AtomicBool::new(false)) };
            region.put(&1_u64, value.clone()).detach();
            test.clock().advance(Duration::from_secs(age));
            value.live.store(true, Ordering::SeqCst);
            let gate = Gate::closed();
            if many {
                let load = |_| async {
                    gate.pass().await;
                    Err::<Vec<(u64, Value)>, _>(Down)
                };
                let call = Step::held(region.get_or_load_many(&[1_u64], load));
                value.live.store(false, Ordering::SeqCst);
                drop(call);
            } else {
                let call = Step::held(get_value(&region, &gate, &value));
                value.live.store(false, Ordering::SeqCst);
                drop(call);
            }
        });
    }
}

#[test]
fn a_waiter_that_was_told_and_is_dropped_does_not_drop_the_value_under_a_lock() {
    within(|| {
        let (_test, region, value) = value_region();
        let gate = Gate::closed();
        let mut leader = Step::held(get_value(&region, &gate, &value));
        let early = Step::held(get_value(&region, &gate, &value));
        region.invalidate(&1_u64).detach();
        let late = Step::held(get_value(&region, &gate, &value)); // keeps the flight in the map
        gate.let_through(1);
        let got = leader.poll();
        value.live.store(true, Ordering::SeqCst);
        drop(early); // leave(): the last Arc<Landed> goes under the flight's lock
        value.live.store(false, Ordering::SeqCst);
        drop((late, got));
    });
}

// Listener under a lock.
static EVENTS: AtomicUsize = AtomicUsize::new(0);
#[cached(ttl = "1m", name = "twice")]
async fn twice(id: u64) -> u64 {
    id
}

#[test]
fn a_listener_may_call_the_function_it_is_told_about() {
    within(|| {
        let own: Arc<Mutex<Option<Cache>>> = Arc::default();
        let seen = own.clone();
        let cache = Cache::builder()
            .on_event(move |event: &Event| {
                if matches!(event, Event::DuplicateRegion { .. }) && EVENTS.fetch_add(1, Ordering::SeqCst) == 0 {
                    let cache = seen.lock().unwrap().clone().unwrap();
                    Step::new(cache.scope(twice(2))).done();
                }
            })
            .build()
            .unwrap();
        *own.lock().unwrap() = Some(cache.clone());
        let _taken: Region<u64, u64> = cache.region("twice").build().unwrap();
        Step::new(cache.scope(twice(1))).done();
    });
}
