//! `cargo x`: what contributors and CI run, as one program. `cargo x help` explains the commands.

mod args;
mod bench;
mod ceiling;
mod command;
mod date;
mod features;
mod fuzz;
mod help;
mod house;
mod interleavings;
mod machine;
mod metadata;
mod msrv;
mod proof;
mod report;
mod setup;
mod simulation;
mod soak;
mod steps;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::args::Args;
use crate::command::Failure;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let root = root();
    std::env::set_current_dir(&root)
        .map_err(|error| Failure::new(format!("cannot enter {}: {error}", root.display())))?;

    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_else(|| "help".to_owned());
    let args = Args::new(arguments);
    match command.as_str() {
        "test" => test::run(args),
        "check" => test::check(args),
        "bench" => bench::run(args),
        "soak" => soak::run(args),
        "ui" => test::ui(args),
        "setup" => args.finish().and_then(|()| setup::run()),
        "help" | "--help" | "-h" => {
            help::print();
            Ok(())
        }
        unknown => Err(Failure::new(format!("there is no command `{unknown}`; `cargo x help` lists them"))),
    }
}

/// The root of the repository. Cargo tells where this package lies when it runs us; the path at compile time is for
/// a program started by hand.
fn root() -> PathBuf {
    let manifest =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), PathBuf::from)
}
