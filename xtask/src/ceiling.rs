//! The dependency ceiling: what a user of `cache-core` has to compile.

use crate::command::Failure;
use crate::metadata;

/// A default build of `cache-core` stays below this many crates, itself and `cache-macros` counted.
const CEILING: usize = 60;

pub(crate) fn run() -> Result<(), Failure> {
    let crates = metadata::default_build("cache-core")?;
    if crates.len() < CEILING {
        eprintln!(
            "    {} crates in a default build of cache-core, itself included (ceiling: below {CEILING})",
            crates.len()
        );
        return Ok(());
    }
    let names: Vec<String> = crates.iter().map(|(name, version)| format!("{name} {version}")).collect();
    Err(Failure::new(format!(
        "a default build of cache-core pulls in {} crates, itself included; the ceiling is below {CEILING}:\n    {}\n\
         To see who needs what:\n    cargo tree -p cache-core -e normal,build --locked",
        crates.len(),
        names.join(", ")
    )))
}
