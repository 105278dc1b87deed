//! The loop of `cargo x bench hit` over other caches, as a ratio to the same bare `quick_cache`. They hold at
//! most 20 000 entries for an hour, as ours do, unless the name says otherwise. Run it with `cargo x bench hit --peers`.

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use cache_benches::block_on::block_on;
use cache_benches::lookups::{LOOKUPS, one_thread, pass, pass_async};
use cache_benches::options::Options;
use cache_benches::raw::filled;
use cache_benches::report::{self, Case};
use cache_benches::rounds::{Contender, measure};
use cache_benches::user::{self, User};
use cache_benches::zipf::{CAPACITY, RESIDENT, keys};

const SEED: u64 = 2026;

const CASES: &[Case] = &[
    Case { name: "peer_plain_async", base: "raw_u64", limit: None },
    Case { name: "peer_cache_core", base: "raw_u64", limit: None },
    Case { name: "peer_cached_sync", base: "raw_u64", limit: None },
    Case { name: "peer_cached_async", base: "raw_u64", limit: None },
    Case { name: "peer_cached_async_unbounded", base: "raw_u64", limit: None },
    Case { name: "peer_moka_get_with", base: "raw_u64", limit: None },
];

mod ours {
    use super::{Arc, User, user};

    #[cache_core::cached(ttl = "1h", key = "{id}", capacity = 20_000)]
    pub(crate) async fn by_id(id: u64) -> Arc<User> {
        user::load(id)
    }
}

mod theirs {
    use super::{Arc, User, user};
    use cached::macros::cached;

    #[cached(max_size = 20_000, ttl_secs = 3600)]
    pub(crate) async fn by_id(id: u64) -> Arc<User> {
        user::load(id)
    }

    /// Neither bounded nor ever stale: the least that this macro can do.
    #[cached]
    pub(crate) async fn by_id_unbounded(id: u64) -> Arc<User> {
        user::load(id)
    }

    #[cached(max_size = 20_000, ttl_secs = 3600)]
    pub(crate) fn by_id_blocking(id: u64) -> Arc<User> {
        user::load(id)
    }
}

fn main() -> ExitCode {
    let options = Options::from_args();

    let ids = keys(SEED);
    let raw = filled(|id| id);
    let rows: Vec<Arc<User>> = (0..RESIDENT).map(user::row).collect();
    let plain = |id: u64| plain(&rows, id);
    let moka = moka::future::Cache::builder().max_capacity(CAPACITY).time_to_live(Duration::from_secs(3600)).build();
    let moka = |id: u64| moka.get_with(id, async move { user::load(id) });
    for id in 0..RESIDENT {
        block_on(ours::by_id(id));
        block_on(theirs::by_id(id));
        block_on(theirs::by_id_unbounded(id));
        theirs::by_id_blocking(id);
        block_on(moka(id));
    }

    let contender = |name, run| Contender { name, lookups: LOOKUPS, run };
    let mut contenders = vec![
        contender("raw_u64", Box::new(|| one_thread(&ids, |ids| pass(ids, |id| raw.get(&id).expect("resident"))))),
        contender("peer_plain_async", asynchronous(&ids, plain)),
        contender("peer_cache_core", asynchronous(&ids, ours::by_id)),
        contender("peer_cached_sync", Box::new(|| one_thread(&ids, |ids| pass(ids, theirs::by_id_blocking)))),
        contender("peer_cached_async", asynchronous(&ids, theirs::by_id)),
        contender("peer_cached_async_unbounded", asynchronous(&ids, theirs::by_id_unbounded)),
        contender("peer_moka_get_with", asynchronous(&ids, moka)),
    ];
    let loads = user::loads();
    let samples = measure(&mut contenders, options.rounds, options.budget);
    let loads = user::loads() - loads;

    println!("\npeers: {} rounds of {LOOKUPS} lookups each; {loads} loads\n", samples[0].nanos.len());
    let _ = report::print(CASES, &samples);
    ExitCode::SUCCESS
}

/// The floor: an async function that has the value at hand.
async fn plain(rows: &[Arc<User>], id: u64) -> Arc<User> {
    Arc::clone(&rows[id as usize])
}

fn asynchronous<'a, F>(ids: &'a [u64], get: impl Fn(u64) -> F + 'a) -> Box<dyn FnMut() -> Duration + 'a>
where
    F: Future<Output = Arc<User>> + 'a,
{
    Box::new(move || one_thread(ids, |ids| pass_async(ids, &get)))
}
