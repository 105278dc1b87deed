//! The simulation in short: seeds that have to keep all promises, and mistakes that they have to notice.

use crate::command::{Command, Failure};

pub(crate) fn run() -> Result<(), Failure> {
    program(&["--seeds", "1000", "--twice"])?;
    program(&["--mutants", "--seeds", "1000"])
}

/// Both with one program: without a mistake that is chosen it is the one without mistakes.
fn program(options: &[&str]) -> Result<(), Failure> {
    let command = Command::cargo("run --release --locked --quiet -p cache-simulation --bin simulation")
        .target_folder("mutants")
        .env("RUSTFLAGS", "--cfg mutants")
        .arg("--");
    options.iter().fold(command, |command, option| command.arg(*option)).run()
}
