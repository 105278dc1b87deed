//! The command line.

use std::path::PathBuf;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Args {
    /// The first seed.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// One seed, with its history.
    pub replay: Option<u64>,
    /// Every seed twice: does it go the same way?
    pub twice: bool,
    /// The mistakes instead of the real thing.
    pub mutants: bool,
    /// Only those whose name begins so.
    pub mutant: String,
    /// Where the report goes.
    pub report: Option<PathBuf>,
}

const USAGE: &str = "simulation [--seeds N] [--from SEED] [--twice] [--report FILE]
simulation --replay SEED     one seed, with everything that happens, made short if it finds something
simulation --mutant NAME     one deliberate mistake
simulation --mutants         how many seeds each deliberate mistake takes (built with --cfg mutants)";

impl Args {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// With what is wrong, and how to use it.
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut args = Self {
            from: 0,
            seeds: 1_000,
            replay: None,
            twice: false,
            mutants: false,
            mutant: String::new(),
            report: None,
        };
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            let mut value = || {
                let value = value.clone().or_else(|| words.next());
                value.ok_or_else(|| format!("{name} needs a value\n\n{USAGE}"))
            };
            let number = |text: String| text.parse().map_err(|_| format!("`{text}` is no number\n\n{USAGE}"));
            match name.as_str() {
                "--seeds" => args.seeds = number(value()?)?,
                "--from" => args.from = number(value()?)?,
                "--replay" => args.replay = Some(number(value()?)?),
                "--report" => args.report = Some(value()?.into()),
                "--twice" => args.twice = true,
                "--mutants" => args.mutants = true,
                "--mutant" => (args.mutants, args.mutant) = (true, value()?),
                _ => return Err(format!("there is no `{name}`\n\n{USAGE}")),
            }
        }
        Ok(args)
    }
}
