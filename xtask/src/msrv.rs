//! The minimum supported Rust version, as far as one toolchain can check it: stated everywhere, kept by the
//! dependencies. (`clippy::incompatible_msrv` watches our own code; the workflow compiles with the old toolchain.)

use std::collections::BTreeSet;

use crate::command::Failure;
use crate::metadata::{self, PUBLISHED};

pub(crate) fn run() -> Result<(), Failure> {
    let mut errors = Vec::new();
    let root = read("Cargo.toml")?;
    let Some(stated) = setting(&root, "rust-version") else {
        return Err(Failure::new("Cargo.toml: [workspace.package] states no `rust-version`"));
    };
    if setting(&root, "resolver") != Some("3") {
        errors.push(
            "Cargo.toml: `resolver = \"3\"` is what makes cargo choose dependencies our Rust version can build"
                .to_owned(),
        );
    }
    if setting(&read("clippy.toml")?, "msrv") != Some(stated) {
        errors.push(format!("clippy.toml: `msrv` differs from the `rust-version` of Cargo.toml, {stated}"));
    }
    members(stated, &mut errors)?;
    let checked = dependencies(stated, &mut errors)?;
    if errors.is_empty() {
        eprintln!(
            "    {stated} stated by the published crates and kept by all {checked} crates of their default builds"
        );
        return Ok(());
    }
    Err(Failure::new(errors.join("\n")))
}

fn members(stated: &str, errors: &mut Vec<String>) -> Result<(), Failure> {
    let members = metadata::members()?;
    let published: BTreeSet<&str> =
        members.iter().filter(|member| member.published).map(|member| member.name.as_str()).collect();
    if published != PUBLISHED.iter().copied().collect() {
        errors.push(format!(
            "the published crates are {PUBLISHED:?}, but those without `publish = false` are {published:?}"
        ));
    }
    for member in members.iter().filter(|member| member.published && member.rust_version.as_deref() != Some(stated)) {
        errors.push(format!("{}: `rust-version.workspace = true` is missing ({:?})", member.name, member.rust_version));
    }
    Ok(())
}

/// No crate in a default build asks for a newer Rust than we do. Returns how many there are.
fn dependencies(stated: &str, errors: &mut Vec<String>) -> Result<usize, Failure> {
    let mut used = BTreeSet::new();
    for package in PUBLISHED {
        used.extend(metadata::default_build(package)?);
    }
    for package in metadata::all_packages()? {
        let Some(needs) = &package.rust_version else { continue };
        if version(needs) > version(stated) && used.contains(&(package.name.clone(), package.version.clone())) {
            errors.push(format!("{} {} needs Rust {needs}, we promise {stated}", package.name, package.version));
        }
    }
    Ok(used.len())
}

fn read(path: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::new(format!("cannot read {path}: {error}")))
}

/// The text of the first line `name = "text"`.
fn setting<'a>(toml: &'a str, name: &str) -> Option<&'a str> {
    toml.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        if key.trim() != name {
            return None;
        }
        value.trim().strip_prefix('"')?.split('"').next()
    })
}

fn version(text: &str) -> [u32; 3] {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{setting, version};

    #[test]
    fn compares_versions_by_number() {
        assert!(version("1.100") > version("1.88"));
        assert!(version("1.88.1") > version("1.88"));
        assert_eq!(version("1.88"), version("1.88.0"));
    }

    #[test]
    fn finds_settings() {
        let toml = "[workspace]\nresolver = \"3\"\n[workspace.package]\nrust-version = \"1.88\" # stated once\n";
        assert_eq!(setting(toml, "rust-version"), Some("1.88"));
        assert_eq!(setting(toml, "resolver"), Some("3"));
        assert_eq!(setting(toml, "edition"), None);
    }
}
