//! Caches on a server, and what they hold.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use cache_core::backend::RedisBackend;
use cache_core::{Cache, Region, SharedTier};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::runtime::Runtime;

/// How many bytes a value has.
pub(crate) const VALUE: usize = 1024;
/// What all names begin with.
pub(crate) const NAMESPACE: &str = "bench";

/// Bytes that serde writes as bytes, and not as a list of numbers.
#[derive(Clone)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Copied;

        impl Visitor<'_> for Copied {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }

        deserializer.deserialize_byte_buf(Copied)
    }
}

/// The value under a number.
pub(crate) fn value(number: usize) -> Bytes {
    Bytes((0..VALUE).map(|at| (number.wrapping_add(at)) as u8).collect())
}

/// A runtime as most servers have one for each core.
pub(crate) fn one_thread() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the machine has threads")
}

/// A runtime that goes on while this thread waits.
pub(crate) fn threads() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("the machine has threads")
}

/// A backend, connected.
pub(crate) async fn backend(url: &str) -> RedisBackend {
    RedisBackend::from_url(url).connect().await.unwrap_or_else(|error| panic!("{error}"))
}

/// A cache on it.
pub(crate) fn cache(tier: SharedTier) -> Cache {
    Cache::builder().shared_tier(tier.namespace(NAMESPACE)).build().unwrap_or_else(|error| panic!("{error}"))
}

/// A region that keeps nothing in the process.
pub(crate) fn region(cache: &Cache, name: &str) -> Region<u64, Bytes> {
    cache.region(name).ttl(Duration::from_secs(600)).capacity(0).build().unwrap_or_else(|error| panic!("{error}"))
}

/// The value of a number that is said to be there: loading it fails the program.
pub(crate) async fn hit(region: &Region<u64, Bytes>, number: u64) {
    let there = region.get_or_load(&number, || async { Err::<Bytes, _>("a miss where a hit is measured") }).await;
    assert_eq!(there.map(|bytes| bytes.0.len()), Ok(VALUE));
}

/// Loads the values of these numbers.
pub(crate) async fn fill(region: &Region<u64, Bytes>, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let load = || async move { Ok::<_, Infallible>(value(number as usize)) };
        drop(region.get_or_load(&number, load).await);
    }
}
