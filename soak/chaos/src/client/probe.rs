//! Whether the tier can be written and read again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cache_core::{Invalidated, cached};

use super::source::SourceError;
use super::world;
use crate::moment::{Moment, now};

/// Keys of a probe in a cluster: each of its masters has some of them, as good as certainly.
const KEYS: u64 = 12;

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(5);

static LOADS: AtomicU64 = AtomicU64::new(0);

/// Nothing of it stays in the process: the second call is answered by the tier or loads.
#[cached(ttl = "10m", consistency = "strong", name = "probe")]
async fn probed(client: usize, key: u64) -> Result<(usize, u64, u64), SourceError> {
    Ok((client, key, LOADS.fetch_add(1, Ordering::SeqCst)))
}

/// Invalidates, loads and finds, until all of it works; when the try that worked began and ended.
pub(super) async fn until_it_works() -> (Moment, Moment) {
    loop {
        let begun = now();
        if works().await {
            return (begun, now());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn works() -> bool {
    for key in 0..if world().settings.cluster { KEYS } else { 1 } {
        // Each client has keys of its own: nobody else loads or drops them.
        let client = world().settings.index;
        if probed::invalidate(client, key).await != Invalidated::Fleet {
            return false;
        }
        let (Ok(loaded), loads) = (probed(client, key).await, LOADS.load(Ordering::SeqCst)) else { return false };
        let found = probed(client, key).await;
        if found.ok() != Some(loaded) || LOADS.load(Ordering::SeqCst) != loads {
            return false;
        }
    }
    true
}
