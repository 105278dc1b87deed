//! Unit tests of `cache-core` whose threads are scheduled by shuttle.

use crate::command::{Command, Failure};

pub(crate) fn run() -> Result<(), Failure> {
    // A folder of its own: the flag is one of every crate, and would have the next step compile all of them again.
    Command::cargo("test -p cache-core --lib --locked --quiet")
        .target_folder("interleavings")
        .arg("interleavings::")
        .env("RUSTFLAGS", "--cfg shuttle")
        .run()
}
