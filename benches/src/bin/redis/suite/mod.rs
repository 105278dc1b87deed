//! The suite: its figures, and what they must keep to.

mod breaker;
mod faults;
mod fleet;
mod misses;
mod pin;
mod raw;
mod reads;
mod roles;
mod rounds;
mod world;

use std::process::ExitCode;

use cache_benches::figures::{self, Figure, Limit};
use cache_benches::options::Options;
use cache_harness::Server;

/// What each figure must keep to; those without a line are only for the reader.
const LIMITS: &[(&str, Limit)] = &[
    ("l2_hit_vs_get", Limit::AtLeast(0.90)),
    ("l2_hit_tags3_vs_get", Limit::AtLeast(0.55)),
    ("miss_fill_vs_get_set", Limit::AtLeast(0.35)),
    ("miss_fill_tags2_vs_get_set", Limit::AtLeast(0.35)),
    ("stampede_loads", Limit::AtMost(1.0)),
    ("killed_holder_ms", Limit::AtMost(3000.0)),
    ("breaker_open_ns", Limit::AtMost(5000.0)),
    ("propagation_median_us", Limit::AtMost(2000.0)),
    ("stopped_failed_calls", Limit::AtMost(0.0)),
    ("stopped_recovery_ms", Limit::AtMost(2000.0)),
    ("black_hole_failed_calls", Limit::AtMost(0.0)),
    ("black_hole_recovery_ms", Limit::AtMost(2000.0)),
    ("killed_failed_calls", Limit::AtMost(0.0)),
    ("killed_recovery_ms", Limit::AtMost(2000.0)),
    ("sentinel_failed_calls", Limit::AtMost(0.0)),
    ("sentinel_recovery_ms", Limit::AtMost(3000.0)),
    ("cluster_failed_calls", Limit::AtMost(0.0)),
    ("cluster_recovery_ms", Limit::AtMost(5000.0)),
];

/// The program: one of the processes it starts, or the suite.
pub(crate) fn run() -> ExitCode {
    if roles::play() {
        return ExitCode::SUCCESS;
    }
    let options = Options::or_rounds(31);
    let parts = std::env::var("CACHE_BENCH_PARTS").ok();
    let wanted = |part: &str| parts.as_ref().is_none_or(|parts| parts.split(',').any(|each| each == part));
    let mut found: Vec<Figure> = Vec::new();

    if wanted("reads") || wanted("misses") {
        let server = Server::start();
        let pinned = pin::apart(&server);
        println!("{}", if pinned { "the client on core 1, the server on core 0" } else { "not pinned: too few cores" });
        if wanted("reads") {
            found.extend(reads::figures(&options, &server));
        }
        if wanted("misses") {
            found.extend(misses::figures(&options, &server));
        }
        pin::anywhere();
    }
    if wanted("fleet") {
        found.extend(fleet::figures());
    }
    if wanted("breaker") {
        found.push(breaker::figure());
    }
    if wanted("faults") {
        found.extend(faults::figures());
    }

    println!();
    for figure in &mut found {
        let limit = LIMITS.iter().find(|(name, _)| *name == figure.name);
        figure.limit = limit.map(|(_, limit)| *limit);
    }
    let within = figures::print(&found);
    if options.check && !within { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
