//! The soaks that are programs of their own: the simulation, and chaos on real servers.

use std::fmt::Display;
use std::fs;
use std::str::FromStr;

use crate::args::Args;
use crate::command::{self, Command, Failure};
use crate::machine;
use crate::report::Report;

pub(super) fn simulation(mut args: Args) -> Result<(), Failure> {
    let mut options = Options::default();
    let long = options.pass::<u64>(&mut args, "--seeds")?;
    options.pass::<u64>(&mut args, "--from")?;
    let mutants = options.pass_flag(&mut args, "--mutants");
    let replay = options.pass::<String>(&mut args, "--replay")?;
    let report = !args.flag("--no-report") && (long || mutants) && !replay;
    args.finish()?;

    let command = Command::cargo("run --release --locked --quiet -p cache-simulation --bin simulation");
    let command = match mutants {
        // A folder of its own: the flag is one of every crate.
        true => command.target_folder("mutants").env("RUSTFLAGS", "--cfg mutants"),
        false => command,
    };
    let new = || Report::new("simulation", "The simulation", options.line("simulation"));
    run(command, &options, report.then(new))
}

pub(super) fn chaos(mut args: Args) -> Result<(), Failure> {
    let mut options = Options::default();
    let long = options.pass::<u64>(&mut args, "--reads")?;
    while options.pass::<String>(&mut args, "--topology")? {}
    for number in ["--seed", "--clients", "--rate", "--recovery"] {
        options.pass::<u64>(&mut args, number)?;
    }
    options.pass::<String>(&mut args, "--faults")?;
    options.pass_flag(&mut args, "--verbose");
    let report = !args.flag("--no-report") && long;
    args.finish()?;

    let command = Command::cargo("run --release --locked --quiet -p cache-chaos");
    let new = || Report::new("chaos", "Chaos on real servers", options.line("chaos")).with("server", machine::redis());
    run(command, &options, report.then(new))
}

/// Runs the program; what it writes into the file that it is told is its section of the report, whether it passes or not.
fn run(command: Command, options: &Options, report: Option<Report>) -> Result<(), Failure> {
    let command = options.0.iter().fold(command.arg("--"), Command::arg);
    let Some(report) = report else { return command.run() };
    let folder = command::target().join("soak");
    let section = folder.join("section.md");
    let io = |error| Failure::new(format!("{}: {error}", section.display()));
    fs::create_dir_all(&folder).map_err(io)?;
    fs::write(&section, "").map_err(io)?;
    let result = command.arg("--report").arg(section.to_string_lossy()).run();
    report.write(result.is_ok(), &fs::read_to_string(&section).map_err(io)?)?;
    result
}

/// What the program is given, as it was written.
#[derive(Default)]
struct Options(Vec<String>);

impl Options {
    /// Takes `name value` from the arguments, if it is there.
    fn pass<T: FromStr + Display>(&mut self, args: &mut Args, name: &str) -> Result<bool, Failure> {
        let value: Option<T> = args.value(name)?;
        self.0.extend(value.iter().flat_map(|value| [name.to_owned(), value.to_string()]));
        Ok(value.is_some())
    }

    fn pass_flag(&mut self, args: &mut Args, name: &str) -> bool {
        let given = args.flag(name);
        self.0.extend(given.then(|| name.to_owned()));
        given
    }

    /// The command that was given to us.
    fn line(&self, soak: &str) -> String {
        ["cargo", "x", "soak", soak].into_iter().chain(self.0.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::Options;
    use crate::args::Args;

    #[test]
    fn options_go_on_as_they_came() {
        let mut args = Args::new("--mutants --seeds 7 --from 3".split_whitespace().map(str::to_owned));
        let mut options = Options::default();
        assert!(options.pass::<u64>(&mut args, "--seeds").is_ok_and(|given| given));
        assert!(options.pass::<u64>(&mut args, "--seed").is_ok_and(|given| !given));
        assert!(options.pass_flag(&mut args, "--mutants"));
        assert_eq!(options.line("simulation"), "cargo x soak simulation --seeds 7 --mutants");
        assert!(args.finish().is_err());
    }
}
