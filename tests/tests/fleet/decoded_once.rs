//! What a process keeps, it keeps as a value: bytes are only for the way.

use std::cell::Cell;
use std::time::Duration;

use cache_core::Region;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::world::{Fleet, Process};

thread_local! {
    static WRITTEN: Cell<usize> = const { Cell::new(0) };
    static READ: Cell<usize> = const { Cell::new(0) };
}

/// Counts how often it becomes bytes, and is made from them.
#[derive(Clone, Debug, PartialEq)]
struct Counted(u64);

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WRITTEN.set(WRITTEN.get() + 1);
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        READ.set(READ.get() + 1);
        u64::deserialize(deserializer).map(Self)
    }
}

async fn get(region: &Region<u64, Counted>, key: u64) -> u64 {
    region.get_or_load(&key, || async { Ok::<_, ()>(Counted(7)) }).await.unwrap().0
}

// P11.
#[tokio::test]
async fn a_hit_makes_no_bytes_and_reads_none() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let region = |process: &Process| {
        process.cache().region::<u64, Counted>("counted").ttl(Duration::from_secs(60)).build().unwrap()
    };
    let (region_a, region_b) = (region(&a), region(&b));
    get(&region_a, 1).await;
    get(&region_b, 1).await;
    assert_eq!((region_a.stats().loads, region_b.stats().shared_hits), (1, 1));
    let (written, read) = (WRITTEN.get(), READ.get());
    assert!(written > 0 && read > 0, "it went through the tier");
    for _ in 0..100 {
        assert_eq!((get(&region_a, 1).await, get(&region_b, 1).await), (7, 7));
    }
    assert_eq!((WRITTEN.get(), READ.get()), (written, read));
}
