//! Many seeds, on all cores.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::audit::Tally;
use crate::plan::Plan;
use crate::run::run;

/// A seed that found something.
#[derive(Debug, Clone)]
pub struct Bad {
    /// It.
    pub seed: u64,
    /// What.
    pub what: String,
}

/// What many seeds came to.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// So many.
    pub seeds: u64,
    /// All of them together.
    pub tally: Tally,
    /// Those that found something, in order.
    pub bad: Vec<Bad>,
    /// How long it took.
    pub took: Duration,
}

impl Batch {
    /// Reads in a second.
    #[must_use]
    pub fn reads_per_second(&self) -> f64 {
        self.tally.reads as f64 / self.took.as_secs_f64().max(1e-9)
    }
}

/// Runs these seeds; `twice`: each two times, which has to go the same way. Says now and then how far it is.
pub fn batch(seeds: std::ops::Range<u64>, twice: bool, progress: impl Fn(u64) + Sync) -> Batch {
    let (begun, next, done) = (Instant::now(), AtomicU64::new(seeds.start), AtomicU64::new(0));
    let sum = Mutex::new(Batch { seeds: seeds.end - seeds.start, ..Batch::default() });
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let (tally, bad) = one(seed, twice);
                    let mut sum = sum.lock();
                    sum.tally.add(&tally);
                    sum.bad.extend(bad);
                    drop(sum);
                    progress(done.fetch_add(1, Ordering::Relaxed) + 1);
                }
            });
        }
    });
    let mut sum = sum.into_inner();
    sum.bad.sort_by_key(|bad| bad.seed);
    sum.took = begun.elapsed();
    sum
}

fn one(seed: u64, twice: bool) -> (Tally, Option<Bad>) {
    let bad = |what: String| Some(Bad { seed, what });
    let plan = Plan::of(seed);
    let outcome = match catch_unwind(AssertUnwindSafe(|| run(&plan, false))) {
        Ok(outcome) => outcome,
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("something");
            return (Tally::default(), bad(format!("panicked: {text}")));
        }
    };
    if let Some(finding) = outcome.findings.first() {
        let at = finding.at as f64 / 1e6;
        return (outcome.tally, bad(format!("{at:.3} ms, process {}: {}", finding.node, finding.what)));
    }
    if twice {
        let again = run(&plan, false);
        if again.digest != outcome.digest {
            return (outcome.tally, bad("went another way when it was run again".to_owned()));
        }
    }
    (outcome.tally, None)
}
