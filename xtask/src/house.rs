//! House rules that no lint knows: sizes of files, where time comes from, what tests may not do, what proves what.
//!
//! The rules read text, not syntax: comments are cut off, everything else counts.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Failure;
use crate::metadata::PUBLISHED;
use crate::proof;

const LONGEST_FILE: usize = 500;

/// Folders that hold no source of ours.
const SKIPPED: &[&str] = &["target", ".git", "node_modules"];

/// What may not occur, in which files, and what to do instead.
struct Rule {
    /// Written in two halves so that this file does not break its own rules.
    texts: &'static [(&'static str, &'static str)],
    /// Given the path and the text of a file.
    applies: fn(&str, &str) -> bool,
    instead: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        texts: &[("Instant::", "now"), ("SystemTime::", "now")],
        applies: |path, _| is_published_source(path) && !is_clock(path),
        instead: "time is injected: take it from the clock (cache-core/src/clock.rs)",
    },
    Rule {
        texts: &[("#[ign", "ore")],
        applies: |_, _| true,
        instead: "a test runs or goes; what needs a server is behind a feature (`required-features`)",
    },
    Rule {
        texts: &[("thread::", "sleep")],
        applies: |path, _| is_test(path) || is_harness(path),
        instead: "tests do not sleep: move the mock clock, pause tokio's time, or wait on a barrier; for what a real \
                  process does, `until` of cache-harness (harness/src/until.rs)",
    },
    Rule {
        texts: &[("time::", "sleep"), ("sleep_", "until")],
        applies: |path, text| is_test(path) && !pauses_time(text),
        instead: "tests do not sleep: only where tokio's time is paused (`start_paused = true`) it costs nothing",
    },
];

pub(crate) fn run() -> Result<(), Failure> {
    let mut files = Vec::new();
    rust_files(Path::new("."), &mut files)?;
    let mut errors = Vec::new();
    let mut texts = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).map_err(|error| failure(file, &error))?;
        let path = file.to_string_lossy().replace('\\', "/");
        let path = path.trim_start_matches("./").to_owned();
        check(&path, &text, &mut errors);
        texts.push((path, text));
    }
    let proof = Path::new("docs/proof.md");
    let text = fs::read_to_string(proof).map_err(|error| failure(proof, &error))?;
    proof::check(&text, &texts, &mut errors);
    for package in PUBLISHED {
        let manifest = PathBuf::from(package).join("Cargo.toml");
        let text = fs::read_to_string(&manifest).map_err(|error| failure(&manifest, &error))?;
        if !text.lines().any(|line| line.trim() == "unsafe_code = \"forbid\"") {
            errors.push(format!("{}: `unsafe_code = \"forbid\"` is missing under [lints.rust]", manifest.display()));
        }
    }
    if errors.is_empty() {
        eprintln!("    {} files", files.len());
        return Ok(());
    }
    Err(Failure::new(errors.join("\n")))
}

fn check(path: &str, text: &str, errors: &mut Vec<String>) {
    let lines = text.lines().count();
    if lines > LONGEST_FILE && (path.starts_with("src/") || path.contains("/src/")) {
        errors.push(format!("{path}: {lines} lines; above {LONGEST_FILE} a file holds two subjects, split it"));
    }
    for rule in RULES.iter().filter(|rule| (rule.applies)(path, text)) {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for (head, tail) in rule.texts {
                let forbidden = format!("{head}{tail}");
                if code.contains(&forbidden) {
                    errors.push(format!("{path}:{}: `{forbidden}`: {}", number + 1, rule.instead));
                }
            }
        }
    }
}

fn is_published_source(path: &str) -> bool {
    PUBLISHED.iter().any(|package| path.strip_prefix(package).is_some_and(|rest| rest.starts_with("/src/")))
}

fn is_clock(path: &str) -> bool {
    path == "cache-core/src/clock.rs" || path.starts_with("cache-core/src/clock/")
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

/// The servers of the tests, which are waited for in one place.
fn is_harness(path: &str) -> bool {
    path.starts_with("harness/") && path != "harness/src/until.rs"
}

fn pauses_time(text: &str) -> bool {
    text.contains("start_paused") || text.contains("time::pause()")
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).map_err(|error| failure(folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| failure(folder, &error))?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(|error| failure(folder, &error))?);
        if kind.is_dir() && !SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
            rust_files(&path, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

fn failure(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::check;

    fn errors(path: &str, text: &str) -> usize {
        let mut errors = Vec::new();
        check(path, text, &mut errors);
        errors.len()
    }

    #[test]
    fn time_comes_from_the_clock() {
        let code = concat!("let now = std::time::Instant::", "now();");
        assert_eq!(errors("cache-core/src/entry.rs", code), 1);
        assert_eq!(errors("cache-core/src/clock.rs", code), 0);
        assert_eq!(errors("cache-core/src/clock/system.rs", code), 0);
        assert_eq!(errors("examples/shop/src/main.rs", code), 0);
        assert_eq!(errors("cache-core/src/entry.rs", &format!("// not {code}")), 0);
    }

    #[test]
    fn tests_neither_sleep_nor_hide() {
        let sleep = concat!("tokio::time::", "sleep(ms).await;");
        assert_eq!(errors("tests/tests/flight.rs", sleep), 1);
        assert_eq!(errors("tests/tests/flight.rs", &format!("#[tokio::test(start_paused = true)] {sleep}")), 0);
        assert_eq!(errors("tests/tests/flight.rs", concat!("tokio::time::pause(); thread::", "sleep(ms);")), 1);
        assert_eq!(errors("cache-core/src/flight/tests.rs", sleep), 1);
        assert_eq!(errors("examples/shop/src/main.rs", sleep), 0);
        assert_eq!(errors("harness/src/server.rs", concat!("std::thread::", "sleep(ms);")), 1);
        assert_eq!(errors("harness/tests/server.rs", concat!("std::thread::", "sleep(ms);")), 1);
        assert_eq!(errors("harness/src/until.rs", concat!("std::thread::", "sleep(ms);")), 0);
        assert_eq!(errors("cache-core/src/key.rs", concat!("#[ign", "ore = \"slow\"]")), 1);
    }

    #[test]
    fn files_stay_small() {
        assert_eq!(errors("cache-core/src/cache.rs", &"\n".repeat(501)), 1);
        assert_eq!(errors("cache-core/src/cache.rs", &"\n".repeat(500)), 0);
        assert_eq!(errors("tests/tests/all.rs", &"\n".repeat(501)), 0);
    }
}
