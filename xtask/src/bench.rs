//! `cargo x bench`: the benchmarks, built for release, with their arguments passed on.

use crate::args::Args;
use crate::command::{Command, Failure};

/// Benchmarks of the package `cache-benches`, one binary each.
const BENCHES: &[&str] = &["hit", "flight", "memory", "policies", "redis"];

pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    let peers = args.flag("--peers");
    let check = args.flag("--check");
    let rounds: Option<usize> = args.value("--rounds")?;
    let seconds: Option<u64> = args.value("--seconds")?;
    let name = args.word();
    args.finish()?;
    let name = match name.as_deref() {
        Some(name) if BENCHES.contains(&name) => name,
        Some(name) => return Err(Failure::new(format!("there is no bench `{name}`; there is {}", BENCHES.join(", ")))),
        None => return Err(Failure::new(format!("which bench? There is {}", BENCHES.join(", ")))),
    };

    let mut options = Vec::new();
    options.extend(rounds.map(|rounds| format!("--rounds={rounds}")));
    options.extend(seconds.map(|seconds| format!("--seconds={seconds}")));

    // Its client would otherwise be compiled for all of them.
    let features = if name == "redis" { "--features redis" } else { "" };
    let ours = format!("run --release --quiet --locked -p cache-benches {features} --bin");
    let ours = Command::cargo(&ours).arg(name).arg("--");
    let ours = options.iter().fold(ours, Command::arg);
    let ours = if check { ours.arg("--check") } else { ours };
    ours.run()?;
    if peers {
        let theirs = Command::cargo("run --release --quiet --locked --manifest-path benches/peers/Cargo.toml --bin");
        let theirs = theirs.arg(format!("{name}_peers")).arg("--");
        options.iter().fold(theirs, Command::arg).run()?;
    }
    Ok(())
}
