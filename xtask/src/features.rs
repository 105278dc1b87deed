//! Each feature of the published crates compiles alone, without warnings.

use crate::command::{Command, Failure};
use crate::metadata::{self, Package};

pub(crate) fn run() -> Result<(), Failure> {
    for package in metadata::members()?.iter().filter(|package| package.published) {
        for selection in selections(package) {
            let command = format!("clippy -p {} --locked {selection} -- -D warnings", package.name);
            Command::cargo(&command).run()?;
        }
    }
    Ok(())
}

/// Nothing, each feature by itself, everything. Clippy is a check that also refuses what only some selections leave
/// unused.
fn selections(package: &Package) -> Vec<String> {
    let mut selections = vec!["--no-default-features".to_owned()];
    selections.extend(package.features.iter().map(|feature| format!("--no-default-features --features {feature}")));
    if package.features.len() > 1 {
        selections.push("--all-features".to_owned());
    }
    selections
}

#[cfg(test)]
mod tests {
    use super::selections;
    use crate::metadata::Package;

    fn package(features: &[&str]) -> Package {
        Package {
            name: "x".to_owned(),
            version: "1.0.0".to_owned(),
            rust_version: None,
            features: features.iter().map(|&feature| feature.to_owned()).collect(),
            published: true,
        }
    }

    #[test]
    fn covers_none_each_and_all() {
        assert_eq!(selections(&package(&[])), ["--no-default-features"]);
        assert_eq!(selections(&package(&["a"])).len(), 2);
        assert_eq!(
            selections(&package(&["a", "b"])),
            [
                "--no-default-features",
                "--no-default-features --features a",
                "--no-default-features --features b",
                "--all-features"
            ]
        );
    }
}
