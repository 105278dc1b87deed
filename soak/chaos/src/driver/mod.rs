//! Starts the servers and the clients, breaks things, and has everything checked.

mod fault;
mod fleet;
mod inject;
mod memory;
mod run;
mod schedule;
mod sentry;
mod servers;

use std::process::ExitCode;
use std::time::Duration;

use crate::args::Args;
use crate::report;

pub(crate) use run::Run;

/// How the servers stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topology {
    Standalone,
    Sentinel,
    Cluster,
}

impl Topology {
    pub(crate) const ALL: [Self; 3] = [Self::Standalone, Self::Sentinel, Self::Cluster];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Standalone => "standalone",
            Self::Sentinel => "sentinel",
            Self::Cluster => "cluster",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|topology| topology.name() == name);
        found.ok_or_else(|| format!("there is no topology {name}"))
    }

    /// How soon the tier must be used again.
    fn recovery(self) -> Duration {
        Duration::from_secs(if self == Self::Cluster { 5 } else { 2 })
    }
}

/// Runs all that is asked for. Fails if a limit is broken.
pub(crate) fn run(args: &Args) -> ExitCode {
    let mut within = true;
    let mut lines = Vec::new();
    for &topology in &args.topologies {
        let run = match run::run(args, topology) {
            Ok(run) => run,
            Err(wrong) => {
                eprintln!("{wrong}");
                return ExitCode::from(2);
            }
        };
        let broken = run.broken(args.recovery.unwrap_or(topology.recovery()));
        broken.iter().for_each(|limit| eprintln!("BROKEN {} {limit}", topology.name()));
        within &= broken.is_empty();
        if let Some(file) = &args.report
            && let Err(error) = report::append(file, &report::section(&run, args, &broken))
        {
            eprintln!("cannot write {}: {error}", file.display());
            within = false;
        }
        println!("{}", report::table(&run));
        lines.extend(report::lines(&run));
    }
    lines.iter().for_each(|line| println!("{line}"));
    if within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
