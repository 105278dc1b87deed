//! The program that is started, and how.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use super::{on_path, works};

/// Names another server than the one of the path.
const VARIABLE: &str = "CACHE_REDIS_SERVER";

/// The server's program, which exists.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    file: PathBuf,
}

impl Program {
    /// The program of this name or at this path; without one, the one of the environment or `redis-server`.
    pub(crate) fn find(name: Option<&str>) -> Self {
        let named = name.map(str::to_owned).or_else(|| std::env::var(VARIABLE).ok().filter(|name| !name.is_empty()));
        let name = named.as_deref().unwrap_or("redis-server");
        let file =
            if name.contains('/') { Some(PathBuf::from(name)).filter(|file| file.is_file()) } else { on_path(name) };
        let Some(file) = file else {
            panic!(
                "`{name}` is missing, and these tests run against real servers.\n\
                 Install it with `cargo x setup` as root, or with `apt-get install redis-server` (7.0 or newer), \
                 or name one in {VARIABLE}."
            )
        };
        Self { file }
    }

    /// The call of the program, through `setpriv` where that can make it die with its parent: a test that is killed
    /// drops nothing.
    pub(super) fn command(&self) -> Command {
        static SETPRIV: OnceLock<bool> = OnceLock::new();
        let mortal = ["--pdeathsig", "KILL", "--"];
        if !SETPRIV.get_or_init(|| works(Command::new("setpriv").args(mortal).arg("true"))) {
            return Command::new(&self.file);
        }
        let mut command = Command::new("setpriv");
        command.args(mortal).arg(&self.file);
        command
    }
}
