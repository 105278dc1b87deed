//! Nothing of a cache in memory needs a runtime.

use cache_core::test_util::TestCache;
use cache_core::{Cache, cache_invalidate, cached};
use cache_tests::{Gate, Step};

use crate::now;

#[cached(ttl = "1h", skip(gate), tags = ["id:{id}"], negative_ttl = "1s")]
async fn load(gate: &Gate, id: u64) -> Result<u64, String> {
    gate.pass().await;
    Ok(id)
}

#[cache_invalidate(load(id))]
async fn change(id: u64) -> Result<(), String> {
    Ok(())
}

#[test]
fn a_call_is_polled_by_whoever_calls() {
    assert!(tokio::runtime::Handle::try_current().is_err());
    let gate = Gate::open();
    TestCache::new().run_sync(|| {
        assert_eq!((now(load(&gate, 1)), now(load(&gate, 1))), (Ok(1), Ok(1)));
        assert_eq!((now(change(1)), load::peek(1)), (Ok(()), None));
        assert_eq!((now(load::refresh(&gate, 1)), now(load::warm([(&gate, 2), (&gate, 3)]))), (Ok(1), 2));
    });
    assert_eq!(gate.loads(), 4);
}

#[test]
fn concurrent_calls_wait_for_one_load() {
    let gate = Gate::closed();
    TestCache::new().run_sync(|| {
        let mut calls: Vec<_> = (0..5).map(|_| Step::held(load(&gate, 1))).collect();
        gate.let_through(1);
        assert!(calls.iter_mut().all(|call| call.done() == Ok(1)));
    });
    assert_eq!(gate.loads(), 1);
}

#[test]
fn a_load_begun_on_one_thread_may_end_on_another() {
    // Without a scope, since scopes belong to the future or the thread that they surround.
    #[cached(ttl = "1h", skip(cache, gate), cache = cache)]
    async fn load(cache: Cache, gate: Gate, id: u64) -> u64 {
        gate.pass().await;
        drop(cache);
        id
    }
    let (cache, gate) = (Cache::new(), Gate::closed());
    let mut call = Box::pin(load(cache.clone(), gate.clone(), 1));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(call.as_mut().poll(&mut context).is_pending());
    gate.let_through(1);
    let other = std::thread::spawn(move || now(call));
    assert_eq!(other.join().expect("it does not panic"), 1);
    assert_eq!(load::peek(cache, 1), Some(1));
}
