//! A door to the addresses of Redis servers, and to the slots of names.

use std::path::PathBuf;

use self::settings::{Address, Settings, Topology};

#[path = "../../cache-core/src/backend/redis/secret.rs"]
mod secret;
#[path = "../../cache-core/src/backend/redis/settings.rs"]
#[allow(dead_code, reason = "nothing is connected here")]
mod settings;
#[path = "../../cache-core/src/backend/redis/slot.rs"]
mod slots;
#[path = "../../cache-core/src/backend/redis/url.rs"]
mod url;

/// Where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Servers {
    One(String, u16),
    Unix(PathBuf),
    Sentinels(Vec<(String, u16)>, String),
    Cluster(Vec<(String, u16)>),
}

/// What an address says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub servers: Servers,
    pub username: Option<String>,
    pub password: Option<String>,
    pub database: i64,
    pub tls: bool,
}

/// Reads an address; beside what it says, how the settings made from it show themselves.
pub fn read_address(text: &str) -> Result<(Server, String), &'static str> {
    let mut settings = Settings::default();
    url::apply(&mut settings, text)?;
    let shown = format!("{settings:?}");
    let servers = match settings.topology {
        Topology::Standalone(Address::Unix(path)) => Servers::Unix(path),
        Topology::Standalone(Address::Tcp(host, port)) => Servers::One(host, port),
        Topology::Sentinel { sentinels, service } => Servers::Sentinels(hosts(sentinels), service),
        Topology::Cluster(nodes) => Servers::Cluster(hosts(nodes)),
    };
    let password = settings.login.password.as_ref().map(|password| password.expose().clone());
    let username = settings.login.username;
    Ok((Server { servers, username, password, database: settings.database, tls: settings.tls.is_some() }, shown))
}

/// The slot of a name in a cluster.
pub fn slot(name: &[u8]) -> u16 {
    slots::of(name)
}

fn hosts(addresses: Vec<Address>) -> Vec<(String, u16)> {
    let host = |address| match address {
        Address::Tcp(host, port) => (host, port),
        Address::Unix(path) => unreachable!("a socket among hosts: {}", path.display()),
    };
    addresses.into_iter().map(host).collect()
}
