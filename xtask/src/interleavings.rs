//! Unit tests of `cache-core` whose threads are scheduled by shuttle.

use std::path::PathBuf;

use crate::command::{Command, Failure};

pub(crate) fn run() -> Result<(), Failure> {
    // A folder of its own: the flag is one of every crate, and would have the next step compile all of them again.
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    Command::cargo("test -p cache-core --lib --locked --quiet --target-dir")
        .arg(target.join("interleavings").to_string_lossy())
        .arg("interleavings::")
        .env("RUSTFLAGS", "--cfg shuttle")
        .run()
}
