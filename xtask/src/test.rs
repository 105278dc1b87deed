//! `cargo x test`, `check` and `ui`: the steps, in the order in which they run.

use crate::args::Args;
use crate::command::{Command, Failure};
use crate::steps::{self, Step};
use crate::{ceiling, features, fuzz, house, interleavings, msrv, setup, simulation};

pub(crate) const STEPS: &[Step] = &[
    Step { name: "setup", what: "tools that a fresh machine may lack", slow: false, run: setup::run },
    Step { name: "fmt", what: "formatting", slow: false, run: fmt },
    Step { name: "clippy", what: "lints, warnings are errors", slow: false, run: clippy },
    Step { name: "house", what: "rules of CONTRIBUTING.md that no lint knows", slow: false, run: house::run },
    Step { name: "docs", what: "documentation, broken links are errors", slow: true, run: docs },
    Step { name: "features", what: "each feature of the published crates alone", slow: true, run: features::run },
    Step { name: "msrv", what: "the minimum Rust version is stated and kept", slow: false, run: msrv::run },
    Step { name: "ceiling", what: "how many crates a default build pulls in", slow: false, run: ceiling::run },
    Step { name: "interleavings", what: "promises under many orders of steps", slow: true, run: interleavings::run },
    Step {
        name: "simulation",
        what: "fleets with faults, and mistakes to be noticed",
        slow: true,
        run: simulation::run,
    },
    Step { name: "fuzz", what: "keys, patterns and parsers with random inputs", slow: true, run: fuzz::run },
    Step { name: "doctests", what: "examples in the documentation", slow: false, run: doctests },
    Step { name: "tests", what: "all tests", slow: false, run: tests },
];

pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    let fast = args.flag("--fast");
    let only: Option<String> = args.value("--only")?;
    args.finish()?;
    let wanted = |step: &&Step| match &only {
        Some(name) => step.name == name,
        None => !(fast && step.slow),
    };
    let chosen: Vec<&Step> = STEPS.iter().filter(wanted).collect();
    if let (Some(name), true) = (&only, chosen.is_empty()) {
        let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        return Err(Failure::new(format!("there is no step `{name}`; the steps are {}", names.join(", "))));
    }
    steps::run(&chosen)
}

pub(crate) fn check(args: Args) -> Result<(), Failure> {
    args.finish()?;
    let chosen: Vec<&Step> = STEPS.iter().filter(|step| matches!(step.name, "fmt" | "clippy")).collect();
    steps::run(&chosen)
}

/// Writes the messages that the compiler gives now into the `.stderr` files; read the difference before committing.
pub(crate) fn ui(args: Args) -> Result<(), Failure> {
    args.finish()?;
    Command::cargo("test -p cache-tests --all-features --locked --test ui").env("TRYBUILD", "overwrite").run()
}

fn fmt() -> Result<(), Failure> {
    Command::cargo("fmt --all --check").run()
}

fn clippy() -> Result<(), Failure> {
    Command::cargo("clippy --workspace --all-targets --all-features --locked -- -D warnings").run()
}

fn docs() -> Result<(), Failure> {
    Command::cargo("doc --workspace --no-deps --all-features --locked").env("RUSTDOCFLAGS", "-D warnings").run()
}

fn doctests() -> Result<(), Failure> {
    Command::cargo("test --doc --workspace --all-features --locked").run()
}

/// The runner's own summary is the last thing anybody sees, whether the tests pass or not.
fn tests() -> Result<(), Failure> {
    let nextest = Command::cargo("nextest run --workspace --all-features --locked");
    let plain = Command::cargo("test --workspace --all-features --locked --tests --no-fail-fast");
    let runner = if setup::has_nextest() { nextest } else { plain };
    runner.run().map_err(|_| Failure::reported())
}
