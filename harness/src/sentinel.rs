//! A master with replicas, watched by sentinels.

use std::sync::OnceLock;
use std::time::Duration;

use crate::until::settled;
use crate::{Builder, Certificates, Reply, Server, until};

/// What the sentinels call the master.
const SERVICE: &str = "cache-harness";

const REPLICAS: usize = 2;
const SENTINELS: usize = 3;

/// How long all may take to agree. A live old master follows the new one only after about 11 s.
const AGREEMENT: Duration = Duration::from_secs(60);

/// After this time a failover that was asked for has come to nothing: three times the sentinels' own `failover-timeout`.
const FAILOVER: Duration = Duration::from_secs(12);

/// A master, two replicas and three sentinels, on ports of 127.0.0.1.
///
/// A master that does not answer is given up after 1 s, when two sentinels say so.
#[derive(Debug)]
pub struct Sentinel {
    servers: Vec<Server>,
    sentinels: Vec<Server>,
}

impl Sentinel {
    /// Starts them; all see each other, and the replicas hold what the master holds, when this returns.
    ///
    /// # Panics
    ///
    /// If there is no `redis-server`, or they do not find each other within a minute.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(|server| server)
    }

    /// Starts them, with further settings for master and replicas, such as `config("maxmemory 3mb")`. With
    /// [`Builder::tls`] all of them, sentinels too, speak it to each other, and have one authority. Passwords are not
    /// for sentinels.
    ///
    /// # Panics
    ///
    /// If there is no `redis-server`, or they do not find each other within a minute.
    #[must_use]
    pub fn start_with(settings: impl Fn(Builder) -> Builder) -> Self {
        let certificates = OnceLock::new();
        let server = || settings(Server::builder()).among(&certificates);
        let like = server();
        let master = server().start();
        let port = master.port();
        let replica = || server().config(format!("replicaof 127.0.0.1 {port}"));
        let mut servers = vec![master];
        servers.extend(Builder::start_all((0..REPLICAS).map(|_| replica())));
        // A sentinel that begins after the replicas are linked learns of them at once, not when it asks again.
        let linked = until(AGREEMENT, || servers[1..].iter().all(has_link).then_some(()));
        linked.unwrap_or_else(|| fail(&servers, "have replicas that do not follow"));
        let sentinel = || {
            Server::builder()
                .sentinel()
                .tls_like(&like)
                .config(format!("sentinel monitor {SERVICE} 127.0.0.1 {port} 2"))
                .config(format!("sentinel down-after-milliseconds {SERVICE} 1000"))
                .config(format!("sentinel failover-timeout {SERVICE} 4000"))
                .config(format!("sentinel parallel-syncs {SERVICE} {REPLICAS}"))
        };
        let sentinels = Builder::start_all((0..SENTINELS).map(|_| sentinel()));
        let service = Self { servers, sentinels };
        service.settle();
        service
    }

    /// The addresses of the sentinels.
    #[must_use]
    pub fn sentinel_urls(&self) -> Vec<String> {
        self.sentinels.iter().map(Server::url).collect()
    }

    /// The certificates of all of them, with [`Builder::tls`].
    ///
    /// # Panics
    ///
    /// If there are none.
    #[must_use]
    pub fn tls(&self) -> &Certificates {
        self.servers[0].tls()
    }

    /// What the sentinels call the master.
    #[must_use]
    pub fn service(&self) -> &'static str {
        SERVICE
    }

    /// The sentinels.
    #[must_use]
    pub fn sentinels(&self) -> &[Server] {
        &self.sentinels
    }

    /// Master and replicas.
    #[must_use]
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// The master that the first sentinel that runs names.
    ///
    /// # Panics
    ///
    /// If no sentinel runs.
    #[must_use]
    pub fn master(&self) -> &Server {
        let sentinel = self.running_sentinels().next().unwrap_or_else(|| self.fail("have no sentinel that runs"));
        let port = master_port(sentinel);
        let master = self.servers.iter().find(|server| Some(server.port()) == port);
        master.unwrap_or_else(|| self.fail("have a sentinel that names no master of ours"))
    }

    /// Lets the sentinels make a replica the master while the old one is alive, and returns the new one when all
    /// sentinels name it and it takes writes. The old one goes on taking writes, and loses them, for about 11 s more:
    /// [`settle`](Self::settle) waits for its end.
    ///
    /// # Panics
    ///
    /// If they do not within a minute.
    pub fn failover(&self) -> &Server {
        let old = self.master();
        // It is refused while another one runs, and where no replica is known to be good. One that has begun may come to
        // nothing: a sentinel that does not know of it yet can turn the new master into a replica again.
        let done = until(AGREEMENT, || {
            let asked = self.running_sentinels().any(|node| node.command(&["SENTINEL", "FAILOVER", SERVICE]).is_ok());
            if asked { until(FAILOVER, || self.new_master(old)) } else { self.new_master(old) }
        });
        done.unwrap_or_else(|| self.fail("do not fail over"))
    }

    /// Kills the master, and returns it. [`wait_for_new_master`](Self::wait_for_new_master) waits for the next.
    pub fn kill_master(&self) -> &Server {
        let master = self.master();
        master.kill();
        master
    }

    /// Waits until all sentinels that run name another master than `old` and that one takes writes.
    ///
    /// # Panics
    ///
    /// If they do not within a minute.
    pub fn wait_for_new_master(&self, old: &Server) -> &Server {
        until(AGREEMENT, || self.new_master(old)).unwrap_or_else(|| self.fail("do not fail over"))
    }

    fn new_master(&self, old: &Server) -> Option<&Server> {
        let new = self.master();
        let named = self.running_sentinels().all(|sentinel| master_port(sentinel) == Some(new.port()));
        let done = new.port() != old.port() && named && new.is_running() && role(new).as_deref() == Some("master");
        done.then_some(new)
    }

    /// Waits until all sentinels that run name the same master and see all of each other, and all other servers that run
    /// follow that master and hold what it holds.
    ///
    /// # Panics
    ///
    /// If they do not within a minute.
    pub fn settle(&self) {
        settled(AGREEMENT, || self.unsettled()).unwrap_or_else(|why| self.fail(&format!("do not agree: {why}")));
    }

    /// What is not yet as it should be.
    fn unsettled(&self) -> Option<String> {
        let master = self.master();
        let port = master.port();
        if !master.is_running() || role(master).as_deref() != Some("master") {
            return Some(format!("{port} is not a master that runs"));
        }
        for sentinel in self.running_sentinels() {
            let view = sentinel.command(&["SENTINEL", "MASTER", SERVICE]);
            let sees = |field| pair(&view, field).unwrap_or_default();
            let seen = [sees("port"), sees("flags"), sees("num-slaves"), sees("num-other-sentinels")];
            let due = [port.to_string(), "master".to_owned(), REPLICAS.to_string(), (SENTINELS - 1).to_string()];
            if seen != due {
                return Some(format!("a sentinel sees {seen:?}"));
            }
        }
        let follows =
            |server: &Server| server.info("master_port").as_deref() == Some(&port.to_string()) && has_link(server);
        let mut others = self.servers.iter().filter(|server| server.port() != port && server.is_running());
        others.find(|server| !follows(server)).map(|server| format!("{} does not follow", server.port()))
    }

    fn running_sentinels(&self) -> impl Iterator<Item = &Server> {
        self.sentinels.iter().filter(|sentinel| sentinel.is_running())
    }

    #[track_caller]
    fn fail<T>(&self, what: &str) -> T {
        fail(self.servers.iter().chain(&self.sentinels), what)
    }
}

#[track_caller]
fn fail<'s, T>(servers: impl IntoIterator<Item = &'s Server>, what: &str) -> T {
    let logs: Vec<String> = servers.into_iter().map(Server::end_of_log).collect();
    panic!("the servers {what}\n{}", logs.join("\n\n"))
}

fn has_link(server: &Server) -> bool {
    server.info("master_link_status").as_deref() == Some("up")
}

fn role(server: &Server) -> Option<String> {
    server.info("role")
}

/// The port of the master that a sentinel names.
fn master_port(sentinel: &Server) -> Option<u16> {
    let reply = sentinel.command(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE]);
    let Reply::Array(address) = reply else { return None };
    address.get(1)?.text().parse().ok()
}

/// The value after `name` in names and values in a row.
fn pair(reply: &Reply, name: &str) -> Option<String> {
    let Reply::Array(words) = reply else { return None };
    words.chunks_exact(2).find(|pair| pair[0].text() == name).map(|pair| pair[1].text())
}
