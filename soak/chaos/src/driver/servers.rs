//! The servers of a run, and how clients reach them.

use cache_harness::{Cluster, Proxy, Sentinel, Server};

use super::Topology;

/// The servers.
pub(crate) enum Servers {
    /// One, behind a proxy for each client.
    Standalone {
        server: Server,
        proxies: Vec<Proxy>,
    },
    Sentinel(Sentinel),
    Cluster(Cluster),
}

impl Servers {
    pub(crate) fn start(topology: Topology, clients: usize) -> Self {
        match topology {
            Topology::Standalone => {
                let server = Server::start();
                let proxies = (0..clients).map(|_| Proxy::start(server.address())).collect();
                Self::Standalone { server, proxies }
            }
            Topology::Sentinel => Self::Sentinel(Sentinel::start()),
            Topology::Cluster => Self::Cluster(Cluster::start()),
        }
    }

    /// The address for a client.
    pub(crate) fn url(&self, client: usize) -> String {
        let all = |servers: &[Server]| {
            servers.iter().map(|server| server.address().to_string()).collect::<Vec<_>>().join(",")
        };
        match self {
            Self::Standalone { server, proxies } => server.url_through(proxies[client].address()),
            Self::Sentinel(sentinel) => {
                format!("redis+sentinel://{}/{}", all(sentinel.sentinels()), sentinel.service())
            }
            Self::Cluster(cluster) => format!("redis+cluster://{}", all(cluster.nodes())),
        }
    }

    pub(crate) fn proxies(&self) -> &[Proxy] {
        match self {
            Self::Standalone { proxies, .. } => proxies,
            Self::Sentinel(_) | Self::Cluster(_) => &[],
        }
    }

    /// Those that take writes.
    pub(crate) fn primaries(&self) -> Vec<&Server> {
        match self {
            Self::Standalone { server, .. } => vec![server],
            Self::Sentinel(sentinel) => vec![sentinel.master()],
            Self::Cluster(cluster) => cluster.masters(),
        }
    }

    /// The one that takes writes of `name`.
    pub(crate) fn primary_of(&self, name: &str) -> &Server {
        match self {
            Self::Standalone { server, .. } => server,
            Self::Sentinel(sentinel) => sentinel.master(),
            Self::Cluster(cluster) => cluster.node_of(name),
        }
    }

    /// Starts what was killed, and waits until all agree.
    pub(crate) fn tidy(&self) {
        let dead = |servers: &[Server]| {
            servers.iter().filter(|server| !server.is_running()).for_each(Server::restart);
        };
        match self {
            Self::Standalone { .. } => {}
            Self::Sentinel(sentinel) => {
                dead(sentinel.servers());
                sentinel.settle();
            }
            Self::Cluster(cluster) => {
                dead(cluster.nodes());
                cluster.settle();
            }
        }
    }
}
