//! Arguments of the benchmark programs.

use std::time::{Duration, Instant};

use crate::rounds::FEWEST;

/// What `cargo x bench` passes on.
pub struct Options {
    /// Most rounds to run.
    pub rounds: usize,
    /// Stop after this time.
    pub budget: Option<Duration>,
    /// Fail when a figure is beyond its limit.
    pub check: bool,
}

impl Options {
    /// Reads `--rounds=<n>`, `--seconds=<n>` and `--check`; ends the program when it cannot.
    #[must_use]
    pub fn from_args() -> Self {
        Self::or_rounds(21)
    }

    /// [`from_args`](Self::from_args) for benchmarks that need another number of rounds when none is given.
    #[must_use]
    pub fn or_rounds(rounds: usize) -> Self {
        Self::parse(rounds).unwrap_or_else(|message| {
            eprintln!("{message}");
            std::process::exit(1)
        })
    }

    fn parse(rounds: usize) -> Result<Self, String> {
        let mut options = Self { rounds, budget: None, check: false };
        for argument in std::env::args().skip(1) {
            let (name, value) = argument.split_once('=').unwrap_or((&argument, ""));
            let number = || {
                value
                    .parse::<u64>()
                    .ok()
                    .filter(|&number| number > 0)
                    .ok_or_else(|| format!("{name}: not a number: `{value}`"))
            };
            match name {
                "--rounds" => options.rounds = usize::try_from(number()?).unwrap_or(usize::MAX),
                "--seconds" => {
                    options.budget = Some(Duration::from_secs(number()?));
                    options.rounds = usize::MAX;
                }
                "--check" => options.check = true,
                _ => return Err(format!("unknown argument `{argument}`: --rounds=<n>, --seconds=<n> or --check")),
            }
        }
        Ok(options)
    }

    /// Runs `round` as often as was asked for, three times at least.
    pub fn repeat(&self, mut round: impl FnMut(usize)) {
        let start = Instant::now();
        for number in 0..self.rounds.max(FEWEST) {
            if number >= FEWEST && self.budget.is_some_and(|budget| start.elapsed() >= budget) {
                break;
            }
            round(number);
        }
    }
}
