//! What a thousand tasks that want one cold key at once make of it: how many loads, and how long until all are served.
//! Run it with `cargo x bench flight`.

mod ours;

use std::process::ExitCode;

use cache_benches::figures::{self, Limit};
use cache_benches::options::Options;
use cache_benches::stampede::{KEYS, TASKS, measure};

const LIMITS: &[(&str, f64)] = &[
    ("loads_ok", 1.0),
    ("loads_error", 1.0),
    ("loads_cancelled", 2.0),
    ("loads_panicked", 2.0),
    ("time_ok_vs_loader", 2.0),
    ("time_error_vs_loader", 2.0),
    ("distinct_keys_vs_loader", 2.5),
    ("time_error_unshared_vs_loader", 80.0),
    ("loads_at_once_unshared", 16.0),
];

fn main() -> ExitCode {
    let options = Options::or_rounds(5);
    let rounds = measure(&options, ours::shared, Some(&ours::unshared));
    println!(
        "{} rounds; {TASKS} tasks and one cold key, {KEYS} tasks and keys; a load takes 10 ms; counts are the worst of \
         the rounds, times the median\n",
        rounds.count()
    );
    let limit = |name: &str| LIMITS.iter().find(|(limited, _)| *limited == name).map(|(_, limit)| *limit);
    let figures: Vec<_> = rounds
        .figures("")
        .into_iter()
        .map(|figure| match limit(&figure.name) {
            Some(limit) => figure.limit(Limit::AtMost(limit)),
            None => figure,
        })
        .collect();
    let within = figures::print(&figures);
    if options.check && !within { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
