//! What a hit costs when the policy says everything there is, against a look-up in a bare cache (as `cargo x bench hit`
//! measures it).

use std::sync::Arc;

use cache_benches::block_on::block_on;
use cache_benches::lookups::{LOOKUPS, one_thread, pass, pass_async};
use cache_benches::raw::{Raw, filled};
use cache_benches::report::{self, Case};
use cache_benches::rounds::{Contender, measure};
use cache_benches::user::{self, User};
use cache_benches::zipf::{RESIDENT, keys};
use cache_core::cached;

const CASES: &[Case] = &[Case { name: "hit_all_policies", base: "raw_u64", limit: Some(2.0) }];
const ROUNDS: usize = 21;

#[cached(
    ttl = "1h",
    jitter = 10,
    tti = "30m",
    stale_while_revalidate = "10m",
    early = 1.0,
    key = "{id}",
    capacity = 20_000,
    tags = ["users", "user:{id}", "name:{ret.name}"]
)]
async fn by_id(id: u64) -> Arc<User> {
    user::load(id)
}

/// Measures and prints; returns whether it is within its limit.
pub(crate) fn run(seed: u64) -> bool {
    let ids = keys(seed);
    let raw: Raw<u64> = filled(|id| id);
    (0..RESIDENT).for_each(|id| drop(block_on(by_id(id))));
    let loads = user::loads();
    let bare = |ids: &[u64]| pass(ids, |id| raw.get(&id).expect("resident"));
    let mut contenders = vec![
        Contender { name: "raw_u64", lookups: LOOKUPS, run: Box::new(|| one_thread(&ids, bare)) },
        Contender {
            name: "hit_all_policies",
            lookups: LOOKUPS,
            run: Box::new(|| one_thread(&ids, |ids| pass_async(ids, by_id))),
        },
    ];
    let samples = measure(&mut contenders, ROUNDS, None);
    println!("\n{ROUNDS} rounds of {LOOKUPS} lookups each, {} loads\n", user::loads() - loads);
    report::print(CASES, &samples) && user::loads() == loads
}
