//! One server.

mod builder;
mod config;
mod url;

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use crate::lease::Lease;
use crate::process::{Process, Program};
use crate::{Certificates, Connection, Reply, until};

pub use builder::Builder;

/// How long a server may take to answer the first `PING`. It takes a twentieth of a second on a quiet machine.
const START: Duration = Duration::from_secs(20);

/// How long a command of a test may take.
const ANSWER: Duration = Duration::from_secs(5);

/// How often a port that somebody else took in the meantime is replaced by another one.
const PORTS_TRIED: usize = 10;

/// A server that answers when it is there, and is killed when it is dropped.
///
/// It lives in a folder of its own under the system's temporary folder, on a port that no other server of this harness
/// gets, dead or alive. It keeps nothing on disk unless [`Builder::aof`] says so.
#[derive(Debug)]
pub struct Server {
    /// Before the folder it works in, so that it is dead when that goes.
    process: Mutex<Process>,
    builder: Builder,
    program: Program,
    lease: Option<Lease>,
    certificates: Option<Arc<Certificates>>,
    folder: TempDir,
}

impl Server {
    /// A server without password, on a port.
    ///
    /// # Panics
    ///
    /// If there is no `redis-server`, or it does not come up; the message says what to do, or holds its log.
    #[must_use]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// A server with settings.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The address for clients, with password and database: `redis://`, `rediss://` or `redis+unix://`.
    #[must_use]
    pub fn url(&self) -> String {
        url::of(self, self.address_or_none(), None)
    }

    /// The address for clients that log in as a user of [`Builder::acl`].
    #[must_use]
    pub fn url_as(&self, user: &str, password: &str) -> String {
        url::of(self, self.address_or_none(), Some((user, password)))
    }

    /// The address for clients that come through something else, such as [`Proxy`](crate::Proxy), that listens there.
    #[must_use]
    pub fn url_through(&self, address: SocketAddr) -> String {
        url::of(self, Some(address), None)
    }

    /// The TCP port.
    ///
    /// # Panics
    ///
    /// If the server listens on a socket file only.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.lease.as_ref().expect("a server with `unix_socket()` has no port").port()
    }

    /// The TCP address.
    ///
    /// # Panics
    ///
    /// If the server listens on a socket file only.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port()).into()
    }

    fn address_or_none(&self) -> Option<SocketAddr> {
        self.lease.as_ref().map(|_| self.address())
    }

    /// The socket file. Every server has one: it is how the harness itself talks to it.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder().join(config::SOCKET)
    }

    /// The certificates of a server with [`Builder::tls`].
    ///
    /// # Panics
    ///
    /// If the server has none.
    #[must_use]
    pub fn tls(&self) -> &Certificates {
        self.certificates.as_ref().expect("only a server with `tls()` has certificates")
    }

    /// The number of the process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process().id()
    }

    /// A connection of its own, over the socket file, with all rights whatever password and users there are. No answer
    /// may take longer than `limit`.
    ///
    /// # Errors
    ///
    /// When the server is dead or does not answer.
    pub fn connect(&self, limit: Duration) -> io::Result<Connection> {
        let mut connection = Connection::unix(&self.socket(), limit)?;
        if self.builder.has_users() {
            let reply = connection.command(&["AUTH", config::USER, config::USER])?;
            assert!(reply.is_ok(), "the server refuses the harness: {reply}");
        }
        if self.builder.database != 0 {
            connection.command(&["SELECT", &self.builder.database.to_string()])?;
        }
        Ok(connection)
    }

    /// Sends one command over a connection of its own, in the server's database.
    ///
    /// # Panics
    ///
    /// If no reply comes within 5 s. A reply that is an error is a [`Reply::Error`].
    pub fn command<A: AsRef<[u8]>>(&self, arguments: &[A]) -> Reply {
        self.try_command(arguments).unwrap_or_else(|error| {
            let words: Vec<_> = arguments.iter().map(|word| String::from_utf8_lossy(word.as_ref())).collect();
            panic!("`{}`: {error}\n{}", words.join(" "), self.end_of_log())
        })
    }

    /// Like [`command`](Self::command) for a server that may be dead or stopped.
    ///
    /// # Errors
    ///
    /// When no reply comes within 5 s.
    pub fn try_command<A: AsRef<[u8]>>(&self, arguments: &[A]) -> io::Result<Reply> {
        self.connect(ANSWER)?.command(arguments)
    }

    /// A field of `INFO`, such as `used_memory` or `role`.
    ///
    /// # Panics
    ///
    /// If no reply comes within 5 s.
    #[must_use]
    pub fn info(&self, field: &str) -> Option<String> {
        crate::reply::field(&self.command(&["INFO"]).text(), field)
    }

    /// Whether the process is there and not stopped.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.process().is_running()
    }

    /// Kills the process with SIGKILL. It is gone when this returns; nothing happens if it was.
    pub fn kill(&self) {
        self.process().kill();
    }

    /// Freezes the process with SIGSTOP: connections stay open and silent, new ones are accepted by the system.
    ///
    /// # Panics
    ///
    /// If the process is dead.
    pub fn stop(&self) {
        self.process().stop().unwrap_or_else(|error| self.fail("cannot be stopped", &error));
    }

    /// Lets a frozen process go on with SIGCONT.
    ///
    /// # Panics
    ///
    /// If the process is dead.
    pub fn resume(&self) {
        self.process().resume().unwrap_or_else(|error| self.fail("cannot be resumed", &error));
    }

    /// Kills the process if it is there, and starts it again with the same port, folder and settings. What it held is
    /// lost unless it wrote it down ([`Builder::aof`]).
    ///
    /// # Panics
    ///
    /// If it does not come up.
    pub fn restart(&self) {
        let mut process = self.process();
        process.kill();
        *process = self.run().unwrap_or_else(|error| self.fail("does not start", &error));
        if let Err(why) = self.wait_for_pong(&mut process) {
            self.fail::<()>("does not come up again", &why);
        }
    }

    /// What the server has said since it was first started.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = fs::read(self.folder().join(config::LOG)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The end of the log, for messages.
    pub(crate) fn end_of_log(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        format!("the log of {} ends:\n{}", self.url(), lines[lines.len().saturating_sub(30)..].join("\n"))
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) -> io::Result<Process> {
        builder::run(&self.program, &self.builder, self.folder())
    }

    /// Waits until the server answers; says so when it dies instead.
    fn wait_for_pong(&self, process: &mut Process) -> Result<(), &'static str> {
        let answers = || {
            let reply = self.connect(ANSWER).and_then(|mut connection| connection.command(&["PING"]));
            reply.is_ok_and(|reply| reply == Reply::Status("PONG".to_owned()))
        };
        until(START, || match (process.is_alive(), answers()) {
            (false, _) => Some(Err("it ended")),
            (true, true) => Some(Ok(())),
            (true, false) => None,
        })
        .unwrap_or(Err("it does not answer"))
    }

    #[track_caller]
    fn fail<T>(&self, what: &str, why: &dyn std::fmt::Display) -> T {
        panic!("a server {what}: {why}\n{}", self.end_of_log())
    }
}

/// A folder of the harness' own.
pub(crate) fn folder() -> TempDir {
    tempfile::Builder::new().prefix("cache-harness-").tempdir().expect("a temporary folder can be made")
}
