//! A child process that dies with its value.

mod program;
mod spawner;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

pub(crate) use program::Program;

/// A running, stopped or dead child. It is killed and waited for when the value is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stopped: bool,
}

impl Process {
    /// Starts the program. What it says is appended to the log, and it dies when this process does.
    pub(crate) fn start(program: &Program, arguments: &[&str], log: &Path) -> io::Result<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        let mut command = program.command();
        command.args(arguments).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(Self { child: spawner::spawn(command)?, stopped: false })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process is alive, stopped or not.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Whether the process is alive and not stopped.
    pub(crate) fn is_running(&mut self) -> bool {
        !self.stopped && self.is_alive()
    }

    /// Ends the process at once; nothing if it is dead.
    pub(crate) fn kill(&mut self) {
        // It fails only for a process that was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Freezes the process, and waits until it stands still.
    pub(crate) fn stop(&mut self) -> io::Result<()> {
        self.signal(Signal::STOP)?;
        let seen = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(self.pid()), seen)?;
        self.stopped = true;
        Ok(())
    }

    /// Lets a frozen process go on.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        self.signal(Signal::CONT)?;
        self.stopped = false;
        Ok(())
    }

    /// A dead child's number may be somebody else's by now, so the dead get no signals.
    fn signal(&mut self, signal: Signal) -> io::Result<()> {
        if !self.is_alive() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the process is dead"));
        }
        Ok(kill_process(self.pid(), signal)?)
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The file of the path that a shell would run for `program`.
fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Whether the command runs and succeeds.
fn works(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
