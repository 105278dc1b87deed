//! What happens at awkward moments: between two locks, in the middle of a panic, in a listener, with keys and settings
//! that nobody would choose.

use std::sync::mpsc;
use std::time::Duration;

use cache_core::Region;
use cache_tests::Gate;

/// Runs `work` on a thread and does not wait for a deadlock for ever.
fn within<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || done.send(work()));
    ended.recv_timeout(Duration::from_secs(30)).expect("deadlock (or panic)")
}

#[derive(Clone, Debug, PartialEq)]
struct Down;

async fn gated(rows: &Region<u64, u64>, key: u64, gate: &Gate, value: u64) -> Result<u64, Down> {
    rows.get_or_load(&key, || async {
        gate.pass().await;
        Ok(value)
    })
    .await
}

mod batches;
mod bounds;
mod caches;
mod flights;
mod locks;
mod patterns;
