//! The fuzz targets, each for a moment. Their package is apart from the workspace, so the other steps do not see it.

use crate::command::{Command, Failure};

pub(crate) fn run() -> Result<(), Failure> {
    Command::cargo("fmt --manifest-path fuzz/Cargo.toml --check").run()?;
    Command::cargo("clippy --locked --quiet --lib --tests --manifest-path fuzz/Cargo.toml")
        .target_folder("fuzz")
        .arg("--")
        .arg("-Dwarnings")
        .run()?;
    Command::cargo("test --locked --quiet --manifest-path fuzz/Cargo.toml").target_folder("fuzz").run()
}
