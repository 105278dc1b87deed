//! What the driver is asked for.

use std::path::PathBuf;
use std::time::Duration;

use crate::driver::Topology;

pub(crate) const USAGE: &str = "\
cache-chaos: what a fleet of caches serves while its Redis fails

  --topology standalone|sentinel|cluster|all   may be repeated; default standalone
  --reads N            at least so many reads for each topology; default 1000000
  --clients N          processes of the fleet; default 4
  --seed N             of the schedule and of what is read and written; default 1
  --report FILE        appends a section of Markdown for each topology
  --rate N             reads a second, all processes together; default 4400
  --faults a,b,…       only these, in this order; the progress lines name them
  --recovery SECONDS   how soon the tier must be used again; default 2, and 5 in a cluster
  --verbose            tells what happens to the tier of each process";

/// The arguments of the driver.
#[derive(Debug, Clone)]
pub(crate) struct Args {
    pub(crate) topologies: Vec<Topology>,
    pub(crate) reads: u64,
    pub(crate) clients: usize,
    pub(crate) seed: u64,
    pub(crate) report: Option<PathBuf>,
    pub(crate) rate: u64,
    /// The names of the faults, if not all.
    pub(crate) faults: Option<Vec<String>>,
    pub(crate) recovery: Option<Duration>,
    pub(crate) verbose: bool,
}

impl Args {
    /// `None` if help is asked for.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut args = Self {
            topologies: Vec::new(),
            reads: 1_000_000,
            clients: 4,
            seed: 1,
            report: None,
            rate: 4_400,
            faults: None,
            recovery: None,
            verbose: false,
        };
        while let Some(word) = words.next() {
            if matches!(word.as_str(), "-h" | "--help") {
                return Ok(None);
            }
            if word == "--verbose" {
                args.verbose = true;
                continue;
            }
            let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
            let number = || value.parse::<u64>().map_err(|_| format!("{word} takes a number, not {value}"));
            match word.as_str() {
                "--topology" if value == "all" => args.topologies = Topology::ALL.to_vec(),
                "--topology" => args.topologies.push(Topology::named(&value)?),
                "--reads" => args.reads = number()?,
                "--clients" => args.clients = (number()? as usize).max(2),
                "--seed" => args.seed = number()?,
                "--report" => args.report = Some(value.into()),
                "--rate" => args.rate = number()?.max(1),
                "--faults" => args.faults = Some(value.split(',').map(str::to_owned).collect()),
                "--recovery" => args.recovery = Some(Duration::from_secs(number()?)),
                _ => return Err(format!("there is no argument {word}")),
            }
        }
        if args.topologies.is_empty() {
            args.topologies.push(Topology::Standalone);
        }
        Ok(Some(args))
    }
}

#[cfg(test)]
mod tests {
    use super::Args;
    use crate::driver::Topology;

    fn parse(line: &str) -> Result<Option<Args>, String> {
        Args::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_are_taken_and_mistakes_named() {
        let args = parse("--topology cluster --topology sentinel --reads 5 --faults cut,freeze").unwrap().unwrap();
        assert_eq!(args.topologies, [Topology::Cluster, Topology::Sentinel]);
        assert_eq!((args.reads, args.faults.unwrap().len()), (5, 2));
        assert!(parse("--help").unwrap().is_none());
        for wrong in ["--reads", "--reads many", "--topology ring", "--nothing 1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
