//! What is evicted, judged by the hits it costs: our region beside a bare `quick_cache` of the same capacity, with the
//! options that ours has. Run it with `cargo x bench policies`.

mod contestants;

use std::process::ExitCode;

use cache_benches::figures::{self, Figure, Limit};
use cache_benches::options::Options;
use cache_benches::patterns::{self, CAPACITY, REQUESTS, hit_ratio};
use cache_benches::rounds::quantile;

use contestants::{bare, ours};

const SEED: u64 = 2026;

/// So many points below the bare cache we may be.
const ALLOWED: f64 = 1.0;

fn main() -> ExitCode {
    let options = Options::or_rounds(3);
    let (mut ours_per_round, mut bare_per_round) = (Vec::new(), Vec::new());
    options.repeat(|round| {
        let patterns = patterns::all(SEED + round as u64);
        let ratios = |loads: fn(&[u64], u64) -> u64| {
            patterns.iter().map(|pattern| hit_ratio(pattern, loads(&pattern.keys, round as u64))).collect::<Vec<_>>()
        };
        ours_per_round.push(ratios(ours));
        bare_per_round.push(ratios(bare));
    });

    println!(
        "{} rounds, a seed each; {REQUESTS} requests, capacity {CAPACITY}; hits per hundred requests, medians\n",
        ours_per_round.len()
    );
    let mut found = Vec::new();
    for (index, pattern) in patterns::all(SEED).iter().enumerate() {
        let median =
            |rounds: &[Vec<f64>]| quantile(&rounds.iter().map(|ratios| ratios[index]).collect::<Vec<_>>(), 0.5);
        let (ours, bare) = (median(&ours_per_round), median(&bare_per_round));
        let name = format!("hit_ratio_{}", pattern.name);
        let against = Figure::new(format!("{name}_vs_quick_cache"), ours - bare, "points above the bare cache");
        found.push(Figure::new(format!("quick_{name}"), bare, "the bare cache"));
        found.push(Figure::new(name, ours, pattern.what));
        found.push(against.limit(Limit::AtLeast(-ALLOWED)));
    }

    // ---- Place for `hit_all_policies`: a hit through a function that has every policy on, against the bare look-up
    // ---- of `cargo x bench hit`. It needs arguments of `#[cached]` that are not there yet.

    let within = figures::print(&found);
    if options.check && !within { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
