//! The figures of a cache: medians of times, and the worst of all counts, since those are promises.

use std::time::Duration;

use tokio::runtime::Runtime;

use super::Get;
use super::source::Answer;
use super::waves::{Wave, bare_load, cancelled_leader, distinct_keys, one_key};
use crate::figures::Figure;
use crate::options::Options;
use crate::rounds::quantile;

/// One figure per round.
#[derive(Default)]
pub struct Rounds {
    loads_ok: Vec<f64>,
    loads_error: Vec<f64>,
    loads_cancelled: Vec<f64>,
    loads_panicked: Vec<f64>,
    time_ok: Vec<f64>,
    time_error: Vec<f64>,
    distinct_keys: Vec<f64>,
    time_unshared: Vec<f64>,
    loads_at_once: Vec<f64>,
}

/// Runs the waves over a cache, round by round. `make` makes one in which nothing was asked for; `unshared` one that
/// is asked with an error that cannot be copied, where the cache tells the two apart.
///
/// # Panics
///
/// Panics if there is no runtime to be had, or a task does not get what the source says.
pub fn measure(options: &Options, make: impl Fn() -> Get, unshared: Option<&dyn Fn() -> Get>) -> Rounds {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build();
    let runtime = runtime.expect("the machine has threads");
    let mut rounds = Rounds::default();
    options.repeat(|_| {
        rounds.one_more(&runtime, &make);
        if let Some(unshared) = unshared {
            rounds.one_more_unshared(&runtime, &unshared());
        }
    });
    rounds
}

impl Rounds {
    fn one_more(&mut self, runtime: &Runtime, make: &dyn Fn() -> Get) {
        let loader = loader(runtime);
        let wave = runtime.block_on(one_key(&make(), Answer::Value));
        self.loads_ok.push(wave.loads as f64);
        self.time_ok.push(relative(&wave, loader));
        let wave = runtime.block_on(one_key(&make(), Answer::Error));
        self.loads_error.push(wave.loads as f64);
        self.time_error.push(relative(&wave, loader));
        self.loads_cancelled.push(runtime.block_on(cancelled_leader(&make())).loads as f64);
        self.loads_panicked.push(runtime.block_on(one_key(&make(), Answer::FirstPanic)).loads as f64);
        self.distinct_keys.push(relative(&runtime.block_on(distinct_keys(&make())), loader));
    }

    fn one_more_unshared(&mut self, runtime: &Runtime, get: &Get) {
        let loader = loader(runtime);
        let wave = runtime.block_on(one_key(get, Answer::Error));
        self.time_unshared.push(relative(&wave, loader));
        self.loads_at_once.push(wave.most_at_once as f64);
    }

    /// The figures, without limits; `prefix` stands before their names.
    #[must_use]
    pub fn figures(&self, prefix: &str) -> Vec<Figure> {
        let most = |counts: &[f64]| counts.iter().copied().fold(0.0, f64::max);
        let median = |times: &[f64]| quantile(times, 0.5);
        let figure = |name, value, what| Figure::new(format!("{prefix}{name}"), value, what);
        let mut figures = vec![
            figure("loads_ok", most(&self.loads_ok), "loads for 1 000 tasks and one key"),
            figure("loads_error", most(&self.loads_error), "the load fails"),
            figure("loads_cancelled", most(&self.loads_cancelled), "the task that loads is aborted"),
            figure("loads_panicked", most(&self.loads_panicked), "the first load panics"),
            figure("time_ok_vs_loader", median(&self.time_ok), "until all 1 000 have the value"),
            figure("time_error_vs_loader", median(&self.time_error), "until all 1 000 have the error"),
            figure("distinct_keys_vs_loader", median(&self.distinct_keys), "100 keys at once, a task each"),
        ];
        if !self.loads_at_once.is_empty() {
            let (time, at_once) = (median(&self.time_unshared), most(&self.loads_at_once));
            figures.push(figure("time_error_unshared_vs_loader", time, "1 000 errors that cannot be copied"));
            figures.push(figure("loads_at_once_unshared", at_once, "how many of those loads ran at once"));
        }
        figures
    }

    /// How many rounds were run.
    #[must_use]
    pub fn count(&self) -> usize {
        self.loads_ok.len()
    }
}

/// The bare load, at this moment of the machine.
fn loader(runtime: &Runtime) -> f64 {
    let times: Vec<f64> = (0..5).map(|_| runtime.block_on(bare_load()).as_secs_f64()).collect();
    quantile(&times, 0.5)
}

fn relative(wave: &Wave, loader: f64) -> f64 {
    Duration::as_secs_f64(&wave.time) / loader
}
