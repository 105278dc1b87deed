//! What each argument of the macros does, and what they make of each shape of function.

mod attributes;
mod background;
mod borrowed;
mod boxed_futures;
mod cache;
mod cache_invalidate;
mod cache_invalidate_on;
mod cache_put;
mod cache_put_overtaken;
mod cached_impl;
mod capacity;
mod crate_path;
mod dynamic;
mod futures;
mod helpers;
mod hygiene;
mod invalidation;
mod jitter;
mod key;
mod name;
mod negative_ttl;
mod outside_tokio;
mod patterns;
mod receivers;
mod registry;
mod returns;
mod separators;
mod shapes;
mod share_err;
mod skip;
mod staleness;
mod tags;
mod tier;
mod track;
mod ttl;
mod version;
mod weigh;
mod written_by_macros;

use cache_tests::Step;

/// The result of a call that nothing holds up. There is no runtime: none is needed.
fn now<T>(call: impl Future<Output = T>) -> T {
    Step::new(call).done()
}

/// For calls whose value does not matter.
fn ignore<T>(_: T) {}
