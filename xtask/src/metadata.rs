//! What cargo knows about the workspace and its dependencies.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::command::{Command, Failure};

/// The crates that go to the registry. Everything else says `publish = false`.
pub(crate) const PUBLISHED: &[&str] = &["cache-core", "cache-macros", "cache-axum"];

pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) rust_version: Option<String>,
    /// Without `default`.
    pub(crate) features: Vec<String>,
    pub(crate) published: bool,
}

/// The members of the workspace.
pub(crate) fn members() -> Result<Vec<Package>, Failure> {
    packages("metadata --no-deps --format-version 1 --locked")
}

/// Every package that a build on this machine may use, members included.
pub(crate) fn all_packages() -> Result<Vec<Package>, Failure> {
    let rustc = Command::new("rustc", "-vV").output()?;
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    packages(&format!("metadata --format-version 1 --locked --filter-platform {host}"))
}

/// Names and versions of the crates in a default build of `package`, itself included.
pub(crate) fn default_build(package: &str) -> Result<BTreeSet<(String, String)>, Failure> {
    let tree = Command::cargo("tree -e normal,build --prefix none --locked -p").arg(package).output()?;
    Ok(tree.lines().filter_map(name_and_version).collect())
}

/// `quick_cache v0.7.0 (*)`.
fn name_and_version(line: &str) -> Option<(String, String)> {
    let mut words = line.split_whitespace();
    let (name, version) = (words.next()?, words.next()?);
    Some((name.to_owned(), version.strip_prefix('v')?.to_owned()))
}

fn packages(arguments: &str) -> Result<Vec<Package>, Failure> {
    let command = Command::cargo(arguments);
    let text = command.output()?;
    let json: Value = serde_json::from_str(&text).map_err(|error| Failure::new(format!("`{command}`: {error}")))?;
    let packages = json["packages"].as_array().into_iter().flatten();
    Ok(packages.map(package).collect())
}

fn package(json: &Value) -> Package {
    let text = |name: &str| json[name].as_str().map(str::to_owned);
    let features = json["features"].as_object().into_iter().flat_map(|features| features.keys());
    Package {
        name: text("name").unwrap_or_default(),
        version: text("version").unwrap_or_default(),
        rust_version: text("rust_version"),
        features: features.filter(|feature| *feature != "default").cloned().collect(),
        published: json["publish"].as_array().is_none_or(|registries| !registries.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::{name_and_version, package};

    #[test]
    fn reads_the_lines_of_cargo_tree() {
        let pair = Some(("syn".to_owned(), "2.0.101".to_owned()));
        assert_eq!(name_and_version("syn v2.0.101"), pair);
        assert_eq!(name_and_version("syn v2.0.101 (proc-macro) (*)"), pair);
        assert_eq!(name_and_version("[build-dependencies]"), None);
        assert_eq!(name_and_version(""), None);
    }

    #[test]
    fn reads_the_packages_of_cargo_metadata() {
        let json = serde_json::json!({
            "name": "cache-core", "version": "0.1.0", "rust_version": "1.88", "publish": null,
            "features": { "default": ["macros"], "macros": [], "test-util": [] },
        });
        let core = package(&json);
        assert_eq!(core.features, ["macros", "test-util"]);
        assert!(core.published);
        assert!(!package(&serde_json::json!({ "publish": [] })).published);
    }
}
