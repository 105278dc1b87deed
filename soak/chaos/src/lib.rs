//! Real processes, a real Redis that is broken in every way, and every single read held against what was promised.
//!
//! The driver (`driver/`) starts the servers, itself again as the clients of a fleet, and breaks things, one at a time.
//! The clients (`client/`) read and write, and note down what they do (`history/`). Afterwards all of it is replayed, in
//! the order of the one clock that all processes of a machine share, into the oracle (`check/`).

// The servers are unix programs: elsewhere this package compiles to nothing.
#![cfg(unix)]
#![forbid(unsafe_code)]

mod args;
mod check;
mod client;
mod driver;
mod entries;
mod history;
mod moment;
mod popularity;
mod report;

use std::process::ExitCode;

/// Runs the program: as the driver, or, where the first argument says so, as one of the clients.
#[must_use]
pub fn run() -> ExitCode {
    let mut words = std::env::args().skip(1).peekable();
    if words.next_if(|word| word == client::COMMAND).is_some() {
        return client::run(words);
    }
    match args::Args::parse(words) {
        Ok(Some(args)) => driver::run(&args),
        Ok(None) => {
            println!("{}", args::USAGE);
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            eprintln!("{wrong}\n\n{}", args::USAGE);
            ExitCode::from(2)
        }
    }
}
