//! What a tier costs that is known not to answer.

use std::convert::Infallible;
use std::time::Duration;

use cache_benches::figures::Figure;
use cache_benches::rounds::quantile;
use cache_benches::stopwatch::Stopwatch;
use cache_core::{Cache, Region, SharedTier};
use cache_harness::Server;

use super::world::{Bytes, backend, cache, one_thread, region};

const MISSES: u64 = 2_000;

/// The figure.
pub(crate) fn figure() -> Figure {
    let runtime = one_thread();
    let server = Server::start();
    let ours = runtime.block_on(async {
        let tier = SharedTier::new(backend(&server.url()).await).breaker(1, Duration::from_secs(3600));
        region(&cache(tier), "r")
    });
    server.kill();
    let bare = region(&Cache::new(), "r");
    runtime.block_on(async { pass(&ours).await });
    let differences: Vec<f64> = (0..51)
        .map(|_| {
            let (without, with) = (runtime.block_on(pass(&bare)), runtime.block_on(pass(&ours)));
            (with.as_nanos() as f64 - without.as_nanos() as f64) / MISSES as f64
        })
        .collect();
    assert_eq!(ours.stats().shared_hits, 0);
    Figure::new("breaker_open_ns", quantile(&differences, 0.5), "a miss with the breaker open, above one without tier")
}

async fn pass(region: &Region<u64, Bytes>) -> Duration {
    let watch = Stopwatch::start();
    for number in 0..MISSES {
        drop(region.get_or_load(&number, || async { Ok::<_, Infallible>(Bytes(Vec::new())) }).await);
    }
    watch.elapsed()
}
