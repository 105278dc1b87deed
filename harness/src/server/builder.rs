//! The settings of a server, and its start.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use super::{PORTS_TRIED, Server, config};
use crate::Certificates;
use crate::lease::Lease;
use crate::process::{Process, Program};

/// How a [`Server`] is to be.
#[derive(Debug, Clone, Default)]
pub struct Builder {
    pub(super) program: Option<String>,
    pub(super) socket_only: bool,
    pub(super) password: Option<String>,
    pub(super) users: Vec<String>,
    pub(super) tls: Option<Clients>,
    /// Those of all members of a group; a server alone has its own.
    certificates: Option<Arc<Certificates>>,
    pub(super) database: u32,
    pub(super) aof: bool,
    pub(super) sentinel: bool,
    pub(super) lines: Vec<String>,
}

/// Whether a TLS server asks its clients for certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clients {
    MayBeAnybody,
    HaveCertificates,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Runs this program instead of `redis-server`.
    #[must_use]
    pub fn program(mut self, program: impl Into<String>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Listens on a socket file and on no port.
    #[must_use]
    pub fn unix_socket(mut self) -> Self {
        self.socket_only = true;
        self
    }

    /// Clients must log in with this password.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Adds a user, or changes the one called `default`: `user app on >secret ~app:* +@read`. May be called repeatedly.
    #[must_use]
    pub fn acl(mut self, user: impl Into<String>) -> Self {
        self.users.push(user.into());
        self
    }

    /// Speaks TLS on its port. Clients may show a certificate and need not.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = Some(Clients::MayBeAnybody);
        self
    }

    /// Speaks TLS on its port, with clients that show a certificate of [`Certificates::ca`] only.
    #[must_use]
    pub fn mutual_tls(mut self) -> Self {
        self.tls = Some(Clients::HaveCertificates);
        self
    }

    /// The database that the URL names and that [`Server::command`] uses.
    #[must_use]
    pub fn database(mut self, database: u32) -> Self {
        self.database = database;
        self
    }

    /// Adds a line to the configuration file: `maxmemory 3mb`. May be called repeatedly.
    #[must_use]
    pub fn config(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// Writes every change to a file before it is acknowledged, so that it outlives [`Server::kill`] and
    /// [`Server::restart`].
    #[must_use]
    pub fn aof(mut self) -> Self {
        self.aof = true;
        self
    }

    /// Runs as a sentinel.
    pub(crate) fn sentinel(mut self) -> Self {
        self.sentinel = true;
        self
    }

    /// Speaks TLS as `other` does, if it does.
    pub(crate) fn tls_like(mut self, other: &Self) -> Self {
        self.tls = other.tls;
        self.certificates.clone_from(&other.certificates);
        self
    }

    /// A member of a group: if it speaks TLS it does so to the others as well, and shows them what `certificates` has.
    pub(crate) fn among(mut self, certificates: &OnceLock<Arc<Certificates>>) -> Self {
        if self.tls.is_some() {
            self.certificates = Some(Arc::clone(certificates.get_or_init(|| Arc::new(Certificates::for_many()))));
        }
        self
    }

    /// Whether its connections to others of its group are encrypted.
    pub(super) fn is_member_with_tls(&self) -> bool {
        self.certificates.is_some()
    }

    pub(super) fn has_users(&self) -> bool {
        self.password.is_some() || !self.users.is_empty()
    }

    /// Starts the server and waits until it answers.
    ///
    /// # Panics
    ///
    /// If there is no `redis-server`, or it does not come up; the message says what to do, or holds its log.
    #[must_use]
    pub fn start(self) -> Server {
        let program = Program::find(self.program.as_deref());
        for _ in 1..PORTS_TRIED {
            match self.try_start(&program) {
                Ok(server) => return server,
                // Somebody who knows nothing of our leases took the port between our look and the server's start.
                Err(failure) if failure.contains("Address already in use") => {}
                Err(failure) => panic!("{failure}"),
            }
        }
        self.try_start(&program).unwrap_or_else(|failure| panic!("{failure}"))
    }

    fn try_start(&self, program: &Program) -> Result<Server, String> {
        let folder = super::folder();
        let lease = (!self.socket_only).then(Lease::take);
        let own = || Arc::new(Certificates::make(folder.path()));
        let certificates = self.tls.map(|_| self.certificates.clone().unwrap_or_else(own));
        let text = config::text(self, folder.path(), lease.as_ref().map(Lease::port), certificates.as_deref());
        std::fs::write(folder.path().join(config::FILE), text).expect("the folder is ours");
        let process = run(program, self, folder.path()).map_err(|error| format!("a server does not start: {error}"))?;
        let process = Mutex::new(process);
        let server = Server { process, builder: self.clone(), program: program.clone(), lease, certificates, folder };
        let up = server.wait_for_pong(&mut server.process());
        up.map_err(|why| format!("a server does not come up: {why}\n{}", server.end_of_log()))?;
        Ok(server)
    }

    /// Starts several at once.
    pub(crate) fn start_all(builders: impl IntoIterator<Item = Self>) -> Vec<Server> {
        std::thread::scope(|scope| {
            let starts: Vec<_> = builders.into_iter().map(|builder| scope.spawn(|| builder.start())).collect();
            starts
                .into_iter()
                .map(|start| start.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        })
    }
}

/// Runs the program with the configuration file of the folder. A sentinel and a promoted replica have written into that
/// file, so it is made once.
pub(super) fn run(program: &Program, builder: &Builder, folder: &Path) -> io::Result<Process> {
    let file = folder.join(config::FILE);
    let file = file.to_str().expect("temporary folders have names in UTF-8");
    let arguments: &[&str] = if builder.sentinel { &[file, "--sentinel"] } else { &[file] };
    Process::start(program, arguments, &folder.join(config::LOG))
}
