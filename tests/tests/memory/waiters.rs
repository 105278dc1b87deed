//! The timer does not keep what nobody waits for any more.

use std::time::Duration;

use cache_core::{Cache, Region};
use cache_tests::alloc::live_bytes;
use cache_tests::{Gate, Step};

use crate::alone;

async fn gated(rows: &Region<u64, u64>, key: u64, gate: &Gate, value: u64) -> Result<u64, ()> {
    rows.get_or_load(&key, || async {
        gate.pass().await;
        Ok(value)
    })
    .await
}

#[test]
fn a_waiter_that_is_gone_leaves_nothing_in_the_timer() {
    let _alone = alone();
    let cache = Cache::builder().overdue_after(Duration::from_secs(3600)).build().unwrap();
    let rows: Region<u64, u64> = cache.region("row").build().unwrap();
    let gate = Gate::closed();
    let _leader = Step::held(gated(&rows, 1, &gate, 1));
    for _ in 0..1000 {
        drop(Step::held(gated(&rows, 1, &gate, 1)));
    }
    let before = live_bytes();
    for _ in 0..500_000 {
        drop(Step::held(gated(&rows, 1, &gate, 1)));
    }
    let grown = live_bytes() - before;
    assert!(grown < 5_000_000, "{grown} bytes for waiters that are gone");
}
