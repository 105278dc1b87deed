//! What `TestCache` says about a cache.

use std::convert::Infallible;

use cache_core::Region;
use cache_core::test_util::TestCache;
use cache_tests::{Gate, Step};

#[test]
fn a_cache_is_idle_when_nobody_loads_or_waits() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let region: Region<u64, u64> = test.cache().region("r").build().unwrap();
    let load = async || {
        gate.pass().await;
        Ok::<_, Infallible>(1)
    };
    let mut leader = Step::held(region.get_or_load(&1_u64, load));
    let waiter = Step::held(region.get_or_load(&1_u64, load));
    test.check();
    gate.let_through(1);
    assert_eq!(leader.done(), Ok(1));
    test.check();
    drop(waiter);
    test.assert_idle();
}

#[test]
#[should_panic(expected = "keys of region `r` are being loaded")]
fn a_cache_is_not_idle_while_a_load_runs() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let region: Region<u64, u64> = test.cache().region("r").build().unwrap();
    let load = async || {
        gate.pass().await;
        Ok::<_, Infallible>(1)
    };
    let _held = Step::held(region.get_or_load(&1_u64, load));
    test.assert_idle();
}
