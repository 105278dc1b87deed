//! What a hit through `#[cached]` costs, as a ratio to a lookup in a bare `quick_cache` with the same values, options,
//! keys and number of threads. Run it with `cargo x bench hit`.

mod functions;

use std::process::ExitCode;

use cache_benches::block_on::block_on;
use cache_benches::lookups::{LOOKUPS, one_thread, pass, pass_async, two_threads};
use cache_benches::options::Options;
use cache_benches::raw::{Borrowed, Raw, filled, region_of};
use cache_benches::report::{self, Case};
use cache_benches::rounds::{Contender, measure};
use cache_benches::user;
use cache_benches::zipf::{RESIDENT, keys};

use functions::{by_id, by_id_blocking, by_id_tagged, by_region_and_id};

const SEED: u64 = 2026;

const CASES: &[Case] = &[
    Case { name: "hit_async_u64", base: "raw_u64", limit: Some(1.30) },
    Case { name: "hit_async_u64_ttl_tags2", base: "raw_u64", limit: Some(1.60) },
    Case { name: "hit_async_str_u64", base: "raw_str_u64", limit: Some(1.40) },
    Case { name: "hit_async_u64_2t", base: "raw_u64_2t", limit: Some(1.20) },
    Case { name: "hit_sync_u64", base: "raw_u64", limit: Some(1.30) },
];

fn main() -> ExitCode {
    let options = Options::from_args();

    let ids = keys(SEED);
    let raw = filled(|id| id);
    let raw_pairs = filled(|id| (region_of(id).to_owned(), id));
    fill();

    let loads = user::loads();
    let mut contenders = contenders(&ids, &raw, &raw_pairs);
    let samples = measure(&mut contenders, options.rounds, options.budget);
    let loads = user::loads() - loads;

    println!(
        "{} rounds of {LOOKUPS} lookups each; Zipf 0.99 over {RESIDENT} resident keys, seed {SEED}; {loads} loads\n",
        samples[0].nanos.len()
    );
    let within = report::print(CASES, &samples);
    if loads > 0 {
        eprintln!("{loads} lookups were no hits: these figures say nothing");
        return ExitCode::FAILURE;
    }
    if options.check && !within { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Calls every function once per key: afterwards all keys are resident. One function after the other, as the bare
/// caches are filled: rows of four caches in turn would share pages and cache lines with each other.
fn fill() {
    (0..RESIDENT).for_each(|id| drop(block_on(by_id(id))));
    (0..RESIDENT).for_each(|id| drop(block_on(by_id_tagged(id))));
    (0..RESIDENT).for_each(|id| drop(block_on(by_region_and_id(region_of(id), id))));
    (0..RESIDENT).for_each(|id| drop(by_id_blocking(id)));
}

fn contenders<'a>(ids: &'a [u64], raw: &'a Raw<u64>, raw_pairs: &'a Raw<(String, u64)>) -> Vec<Contender<'a>> {
    let bare = |ids: &[u64]| pass(ids, |id| raw.get(&id).expect("resident"));
    let bare_pairs = |ids: &[u64]| {
        pass(ids, |id| raw_pairs.get(&Borrowed(region_of(id), id)).expect("resident"));
    };
    let contender = |name, run| Contender { name, lookups: LOOKUPS, run };
    vec![
        contender("raw_u64", Box::new(move || one_thread(ids, bare))),
        contender("hit_async_u64", Box::new(|| one_thread(ids, |ids| pass_async(ids, by_id)))),
        contender("hit_async_u64_ttl_tags2", Box::new(|| one_thread(ids, |ids| pass_async(ids, by_id_tagged)))),
        contender("hit_sync_u64", Box::new(|| one_thread(ids, |ids| pass(ids, by_id_blocking)))),
        contender("raw_str_u64", Box::new(move || one_thread(ids, bare_pairs))),
        contender(
            "hit_async_str_u64",
            Box::new(|| one_thread(ids, |ids| pass_async(ids, |id| by_region_and_id(region_of(id), id)))),
        ),
        contender("raw_u64_2t", Box::new(move || two_threads(ids, bare))),
        contender("hit_async_u64_2t", Box::new(|| two_threads(ids, |ids| pass_async(ids, by_id)))),
    ]
}
