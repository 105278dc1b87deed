//! A shop whose queries are cached. Run with `cargo run -p shop`; `cargo run -p shop -- --help` lists the options.
//!
//! The first start fills a SQLite file with a hundred thousand products and a million order lines. Every start then
//! measures itself over HTTP, prints what it found, and serves until Ctrl-C.

use std::process::ExitCode;

use shop::args::{self, Command};

#[tokio::main]
async fn main() -> ExitCode {
    let args = match args::parse(std::env::args_os().skip(1)) {
        Ok(Command::Run(args)) => args,
        Ok(Command::Help) => {
            shop::say!("{}", args::HELP.trim_end());
            return ExitCode::SUCCESS;
        }
        Err(mistake) => {
            eprintln!("shop: {mistake}\nTry `cargo run -p shop -- --help`.");
            return ExitCode::from(2);
        }
    };
    match shop::serve::run(&args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("shop: {failure}");
            ExitCode::FAILURE
        }
    }
}
