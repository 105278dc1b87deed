#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod ambient;
pub mod backend;
pub mod backplane;
mod budget;
mod builder;
mod cache;
mod clock;
mod codec;
mod counter;
mod entry;
mod envelope;
mod error;
mod event;
mod fleet_counter;
mod fleet_name;
mod flight;
mod foundation;
mod freshness;
#[cfg(all(test, shuttle))]
mod interleavings;
mod invalidated;
mod invalidation;
mod key;
mod l1;
mod ledger;
mod life;
mod mutant;
mod policy;
mod random;
mod rate_limit;
mod region;
mod registry;
mod shared;
mod spawn;
mod stats;
mod sync;
mod table;
mod tag;
mod target;
mod tier;
mod timeout;
mod touch;
mod track;
mod version;

#[doc(hidden)]
#[allow(missing_docs, reason = "not an interface for people")]
pub mod __private;

#[cfg(mutants)]
pub use mutant::{Mutant, make as make_mutant};

#[cfg(any(test, feature = "test-util"))]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod test_util;

#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use cache_macros::{cache_invalidate, cache_put, cached, cached_impl};

pub use ambient::tracked;
pub use builder::CacheBuilder;
pub use cache::Cache;
pub use clock::{Clock, Sleep, Time};
pub use codec::Codec;
pub use counter::Counter;
pub use envelope::Compression;
#[cfg(feature = "encrypt")]
#[cfg_attr(docsrs, doc(cfg(feature = "encrypt")))]
pub use envelope::Keyring;
pub use error::{Error, ErrorKind};
pub use event::{Event, EventListener, NotStored, RemovalCause};
pub use fleet_counter::{Count, FleetCounter, FleetRateLimiter};
pub use invalidated::{Invalidated, Invalidating};
pub use invalidation::Invalidation;
pub use key::{CacheKey, KeyWriter};
pub use policy::{Consistency, Policy, Ttl};
pub use random::{Random, SeededRandom};
pub use rate_limit::{RateLimit, RateLimiter};
pub use region::{
    AnyRegion, CacheValue, Call, Limit, Local, NoTimeout, Region, RegionBuilder, Shareable, SharedValue, WithTimeout,
};
pub use registry::{FunctionInfo, MutatorInfo, functions, mutators};
pub use spawn::{Spawn, Task};
pub use stats::Stats;
pub use tag::Tag;
pub use target::Target;
pub use tier::{OnFailover, SharedTier, TierStatus};
pub use timeout::LoadTimeout;

/// The examples of the repository's front page, so that they cannot rot.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct FrontPage;

/// The same of what is written for those who run it.
#[cfg(doctest)]
#[doc = include_str!("../../docs/consistency.md")]
#[doc = include_str!("../../docs/redis.md")]
pub struct Guides;
