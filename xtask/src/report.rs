//! Dated reports of long runs: `docs/reports/<date>-<subject>.md`.
//!
//! One file per subject and day. A further run adds a section with all that it was made with.

use std::fs;
use std::path::Path;

use crate::command::Failure;
use crate::{date, machine};

const FOLDER: &str = "docs/reports";

/// What a run was made with, taken before it starts: it changes files itself.
pub(crate) struct Report {
    subject: &'static str,
    title: &'static str,
    date: String,
    command: String,
    facts: Vec<(&'static str, String)>,
}

impl Report {
    pub(crate) fn new(subject: &'static str, title: &'static str, command: String) -> Self {
        let facts = vec![("machine", machine::line()), ("toolchain", machine::rustc()), ("commit", machine::commit())];
        Self { subject, title, date: date::today(), command, facts }
    }

    pub(crate) fn with(mut self, name: &'static str, fact: String) -> Self {
        self.facts.push((name, fact));
        self
    }

    /// Writes the report, or adds to it, and lists it in the folder's `README.md`.
    pub(crate) fn write(&self, passed: bool, body: &str) -> Result<(), Failure> {
        let name = format!("{}-{}.md", self.date, self.subject);
        let file = Path::new(FOLDER).join(&name);
        let former = fs::read_to_string(&file).ok();
        save(&file, &self.text(former.as_deref(), passed, body))?;
        let index = Path::new(FOLDER).join("README.md");
        let listed = fs::read_to_string(&index).map_err(|error| failure(&index, &error))?;
        if !listed.contains(&format!("({name})")) {
            save(
                &index,
                &format!("{}\n* [{}: {}]({name})\n", listed.trim_end(), self.date, self.title.to_lowercase()),
            )?;
        }
        eprintln!("    the report is in {}", file.display());
        Ok(())
    }

    /// The whole file, after what was in it.
    fn text(&self, former: Option<&str>, passed: bool, body: &str) -> String {
        let head =
            former.map_or_else(|| format!("# {} ({})", self.title, self.date), |text| text.trim_end().to_owned());
        let facts: String = self.facts.iter().map(|(name, fact)| format!("* {name}: {fact}\n")).collect();
        let result = if passed { "passed" } else { "**failed**" };
        let section = format!("## `{}`\n\n{facts}* result: {result}\n\n{}", self.command, body.trim());
        format!("{head}\n\n{}\n", section.trim_end())
    }
}

fn save(file: &Path, text: &str) -> Result<(), Failure> {
    fs::write(file, text).map_err(|error| failure(file, &error))
}

fn failure(file: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn a_second_run_of_the_day_is_a_second_section() {
        let report = Report {
            subject: "fuzz",
            title: "Fuzzing",
            date: "2026-11-21".to_owned(),
            command: "cargo x soak fuzz --seconds 1".to_owned(),
            facts: vec![("commit", "0123".to_owned())],
        };
        let first = report.text(None, true, "\na table\n\n");
        let section = "## `cargo x soak fuzz --seconds 1`\n\n* commit: 0123\n* result: passed\n\na table\n";
        assert_eq!(first, format!("# Fuzzing (2026-11-21)\n\n{section}"));
        let second = report.text(Some(&first), false, "");
        let failed = section.replace("passed", "**failed**").replace("\na table\n", "");
        assert_eq!(second, format!("{first}\n{failed}"));
    }
}
