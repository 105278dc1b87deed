//! Promises under every order of steps that a scheduler comes up with.
//!
//! `RUSTFLAGS="--cfg shuttle" cargo test -p cache-core --lib interleavings` (a step of `cargo x test`, `--only
//! interleavings`). Each scenario is run in some hundred random orders and in as many that reach for rare ones (PCT: a
//! few threads are held back at a few points); the same ones every time. A failure prints a schedule that
//! `shuttle::replay` repeats. All memory is sequentially consistent here: what only a weak ordering could break is not
//! found.

mod dependencies;
mod failures;
mod flights;
mod invalidations;
mod puts;
mod renewals;
mod sweeps;
mod world;

use std::sync::Arc;

use shuttle::Runner;
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};

const ORDERS: usize = 400;
const SEED: u64 = 0;
/// How many threads are held back in one run, at most.
const DEPTH: usize = 3;
/// The futures of a build that is not optimised are large.
const STACK: usize = 256 * 1024;

/// Runs a scenario in many orders.
fn explore(scenario: impl Fn() + Send + Sync + 'static) {
    let scenario = Arc::new(scenario);
    run(RandomScheduler::new_from_seed(SEED, ORDERS), &scenario);
    run(PctScheduler::new_from_seed(SEED, DEPTH, ORDERS), &scenario);
}

fn run(scheduler: impl Scheduler + 'static, scenario: &Arc<impl Fn() + Send + Sync + 'static>) {
    let scenario = Arc::clone(scenario);
    let mut config = shuttle::Config::new();
    config.stack_size = STACK;
    Runner::new(scheduler, config).run(move || scenario());
}
