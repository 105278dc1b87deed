//! What policies cost: in hits (our region beside a bare `quick_cache` of the same capacity, with the options that ours
//! has), and in time for a hit when there are all of them. Run it with `cargo x bench policies`.

mod contestants;
mod every_policy;

use std::process::ExitCode;

use cache_benches::figures::{self, Figure, Limit};
use cache_benches::options::Options;
use cache_benches::patterns::{self, CAPACITY, REQUESTS};

use contestants::{bare, ours};

const SEED: u64 = 2026;

/// So many points below the bare cache we may be.
const ALLOWED: f64 = 1.0;

fn main() -> ExitCode {
    let options = Options::or_rounds(3);
    println!(
        "{REQUESTS} requests, capacity {CAPACITY}; hits per hundred requests, medians of rounds with a seed each\n"
    );
    let mut found = Vec::new();
    for pattern in patterns::measure(&options, SEED, &[ours, bare]) {
        let (ours, bare) = (pattern.hit_ratios[0], pattern.hit_ratios[1]);
        let name = format!("hit_ratio_{}", pattern.name);
        let against = Figure::new(format!("{name}_vs_quick_cache"), ours - bare, "points above the bare cache");
        found.push(Figure::new(format!("quick_cache_{name}"), bare, "the bare cache"));
        found.push(Figure::new(name, ours, pattern.what));
        found.push(against.limit(Limit::AtLeast(-ALLOWED)));
    }

    let within = figures::print(&found) & every_policy::run(SEED);
    if options.check && !within { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
