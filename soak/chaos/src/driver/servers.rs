//! The servers of a run, and how clients reach them.

use std::net::SocketAddr;

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
    /// Each node behind a proxy, which all clients have in common.
    Cluster {
        cluster: Cluster,
        proxies: Vec<Proxy>,
    },
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
            Topology::Cluster => {
                // A replica whose link was swallowed is to notice it before anybody waits for that.
                let cluster = Cluster::start_with(|node| node.config("repl-timeout 5"));
                let proxies = cluster.behind_proxies();
                Self::Cluster { cluster, proxies }
            }
        }
    }

    /// The address for a client.
    pub(crate) fn url(&self, client: usize) -> String {
        let list = |addresses: &mut dyn Iterator<Item = SocketAddr>| {
            addresses.map(|address| address.to_string()).collect::<Vec<_>>().join(",")
        };
        match self {
            Self::Standalone { server, proxies } => server.url_through(proxies[client].address()),
            Self::Sentinel(sentinel) => {
                let sentinels = list(&mut sentinel.sentinels().iter().map(Server::address));
                format!("redis+sentinel://{sentinels}/{}", sentinel.service())
            }
            Self::Cluster { proxies, .. } => {
                format!("redis+cluster://{}", list(&mut proxies.iter().map(Proxy::address)))
            }
        }
    }

    /// One for each client, or, in a cluster, for each node.
    pub(crate) fn proxies(&self) -> &[Proxy] {
        match self {
            Self::Standalone { proxies, .. } | Self::Cluster { proxies, .. } => proxies,
            Self::Sentinel(_) => &[],
        }
    }

    /// The proxy of a node of a cluster.
    pub(crate) fn proxy_of(&self, node: &Server) -> Option<&Proxy> {
        let Self::Cluster { cluster, proxies } = self else { return None };
        let position = cluster.nodes().iter().position(|other| other.port() == node.port())?;
        proxies.get(position)
    }

    /// Those that take writes.
    pub(crate) fn primaries(&self) -> Vec<&Server> {
        match self {
            Self::Standalone { server, .. } => vec![server],
            Self::Sentinel(sentinel) => vec![sentinel.master()],
            Self::Cluster { cluster, .. } => cluster.masters(),
        }
    }

    /// The one that takes writes of `name`.
    pub(crate) fn primary_of(&self, name: &str) -> &Server {
        match self {
            Self::Standalone { server, .. } => server,
            Self::Sentinel(sentinel) => sentinel.master(),
            Self::Cluster { cluster, .. } => cluster.node_of(name),
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
            Self::Cluster { cluster, .. } => {
                dead(cluster.nodes());
                cluster.settle();
            }
        }
    }
}
