//! Commands we start: shown before they run, exact enough to be pasted into a shell.

use std::fmt;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command as Process, Stdio};

/// Why a command of ours did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    message: Option<String>,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: Some(message.into()) }
    }

    /// A failure that the program we started has explained itself: nothing is printed after its last line.
    pub(crate) fn reported() -> Self {
        Self { message: None }
    }

    /// Puts a line in front of the message; a reported failure stays silent.
    pub(crate) fn within(self, context: &str) -> Self {
        Self { message: self.message.map(|message| format!("{context}\n{message}")) }
    }

    pub(crate) fn report(&self) {
        if let Some(message) = &self.message {
            eprintln!("\ncargo x: {message}");
        }
    }
}

/// One command line, with the variables it needs.
pub(crate) struct Command {
    program: String,
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
}

impl Command {
    pub(crate) fn new(program: &str, arguments: &str) -> Self {
        let arguments = arguments.split_whitespace().map(str::to_owned).collect();
        Self { program: program.to_owned(), arguments, variables: Vec::new() }
    }

    /// `cargo`, the one that runs us.
    pub(crate) fn cargo(arguments: &str) -> Self {
        Self::new("cargo", arguments)
    }

    pub(crate) fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Has cargo build in a folder of that name among what is built.
    pub(crate) fn target_folder(self, name: &str) -> Self {
        self.arg("--target-dir").arg(target().join(name).to_string_lossy())
    }

    /// Runs it with our own output; the failure says how to run it alone.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        eprintln!("    $ {self}");
        let status = self.process().status().map_err(|error| self.failure(&error))?;
        if status.success() { Ok(()) } else { Err(self.failure(&status)) }
    }

    /// Runs it and returns what it printed on its standard output.
    pub(crate) fn output(&self) -> Result<String, Failure> {
        let output = self.process().stderr(Stdio::inherit()).output().map_err(|error| self.failure(&error))?;
        if !output.status.success() {
            return Err(self.failure(&output.status));
        }
        String::from_utf8(output.stdout).map_err(|error| self.failure(&error))
    }

    /// Whether it runs and succeeds; nothing is shown.
    pub(crate) fn works(&self) -> bool {
        let status = self.process().stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    /// Starts it; all that it says goes into `log`.
    pub(crate) fn start(&self, log: &File) -> Result<Child, Failure> {
        let twice = || log.try_clone().map_err(|error| self.failure(&error));
        let (out, err) = (twice()?, twice()?);
        self.process().stdout(out).stderr(err).spawn().map_err(|error| self.failure(&error))
    }

    fn process(&self) -> Process {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let program = if self.program == "cargo" { &cargo } else { &self.program };
        let mut process = Process::new(program);
        process
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        // Cargo describes *this* package to us; the commands we start should not see it.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_")) {
            process.env_remove(name);
        }
        process.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_MANIFEST_PATH");
        process
    }

    fn failure(&self, reason: &dyn fmt::Display) -> Failure {
        Failure::new(format!("{reason}. To run it alone:\n    {self}"))
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.variables {
            write!(f, "{name}={} ", quoted(value))?;
        }
        f.write_str(&self.program)?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {}", quoted(argument)))
    }
}

/// Where everything is put that is built.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { format!("'{text}'") }
}

#[cfg(test)]
mod tests {
    use super::{Command, Failure};

    #[test]
    fn shows_a_line_that_can_be_pasted() {
        let command = Command::cargo("doc --no-deps").env("RUSTDOCFLAGS", "-D warnings").arg("a b");
        assert_eq!(command.to_string(), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps 'a b'");
    }

    #[test]
    fn a_reported_failure_stays_silent() {
        assert!(Failure::reported().within("step").message.is_none());
        assert_eq!(Failure::new("b").within("a").message.as_deref(), Some("a\nb"));
    }
}
