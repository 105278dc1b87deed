//! What a connection is made from.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::secret::Secret;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Address {
    /// A host or an address of the network, and a port.
    Tcp(String, u16),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// How the servers are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Topology {
    /// There is one.
    Standalone(Address),
    /// Sentinels know which one is the primary of a service.
    Sentinel { sentinels: Vec<Address>, service: String },
    /// Each of them knows all of them.
    Cluster(Vec<Address>),
}

/// Who we are to a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret<String>>,
}

/// Text that holds certificates or keys.
pub(super) type Pem = Secret<Vec<u8>>;

/// What TLS is to trust and to show. Certificates are no secrets, but nothing to look at either.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tls {
    /// Authorities, as PEM; the machine's if none.
    pub(super) authorities: Option<Pem>,
    /// Our certificate and its key, as PEM.
    pub(super) client: Option<(Pem, Pem)>,
}

/// All that a backend is built from. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) topology: Topology,
    pub(super) login: Login,
    pub(super) sentinel_login: Login,
    pub(super) database: i64,
    pub(super) tls: Option<Tls>,
    pub(super) response_timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) big_value: usize,
    pub(super) replica_reads: bool,
    pub(super) namespace: String,
    pub(super) tracking: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            topology: Topology::Standalone(Address::Tcp("127.0.0.1".to_owned(), 6379)),
            login: Login::default(),
            sentinel_login: Login::default(),
            database: 0,
            tls: None,
            response_timeout: Duration::from_millis(250),
            connect_timeout: Duration::from_secs(1),
            big_value: 256 * 1024,
            replica_reads: false,
            namespace: "cache".to_owned(),
            tracking: false,
        }
    }
}

impl Settings {
    /// Whether names are spread over servers by slots.
    pub(super) fn is_cluster(&self) -> bool {
        matches!(self.topology, Topology::Cluster(_))
    }
}
