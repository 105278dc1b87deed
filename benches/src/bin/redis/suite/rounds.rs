//! Many tasks at once, and the ratio of what two ways of doing the same take.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_benches::options::Options;
use cache_benches::rounds::quantile;
use tokio::runtime::Runtime;

/// How many tasks ask at the same time.
pub(crate) const TASKS: usize = 64;

/// Runs `work` so many times in each of the tasks, with numbers that no two share; says how long all of it took.
pub(crate) fn storm<F, Fut>(runtime: &Runtime, each: usize, work: F) -> Duration
where
    F: Fn(usize) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send,
{
    let work = Arc::new(work);
    runtime.block_on(async {
        let before = Instant::now();
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let work = Arc::clone(&work);
                tokio::spawn(async move {
                    for turn in 0..each {
                        work(task * each + turn).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no task panics");
        }
        before.elapsed()
    })
}

/// Runs each contender once in every round, in an order that turns; the times are in the order of the rounds.
pub(crate) fn interleave(options: &Options, contenders: &mut [&mut dyn FnMut() -> Duration]) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::new(); contenders.len()];
    // Once for caches, branch predictors and the mirror of versions.
    contenders.iter_mut().for_each(|run| _ = run());
    options.repeat(|round| {
        for turn in 0..contenders.len() {
            let index = (turn + round) % contenders.len();
            times[index].push(contenders[index]().as_secs_f64());
        }
    });
    times
}

/// The median of the rounds' ratios, `base` over `ours`: how much of its throughput is left.
pub(crate) fn share(base: &[f64], ours: &[f64]) -> f64 {
    let ratios: Vec<f64> = base.iter().zip(ours).map(|(base, ours)| base / ours).collect();
    quantile(&ratios, 0.5)
}

/// Tells how fast something was, and how far its ratios can be trusted.
pub(crate) fn tell(name: &str, count: usize, base: &[f64], ours: &[f64]) {
    let ratios: Vec<f64> = base.iter().zip(ours).map(|(base, ours)| base / ours).collect();
    let per_second = count as f64 / quantile(ours, 0.5);
    let (low, high) = (quantile(&ratios, 0.25), quantile(&ratios, 0.75));
    println!("{name:<28}{per_second:>10.0} /s   quartiles {low:.2} to {high:.2}");
}
