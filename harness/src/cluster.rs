//! A cluster: three masters with a replica each.

mod migration;
mod slot;
mod view;

use std::sync::OnceLock;
use std::time::Duration;

use crate::until::settled;
use crate::{Builder, Certificates, Proxy, Reply, Server, until};

pub use migration::Migration;
pub use slot::slot;
use view::Member;

const MASTERS: usize = 3;
const SLOTS: u16 = 16_384;

/// How long the cluster may take to agree. It takes about two seconds on a quiet machine, four after a death.
const AGREEMENT: Duration = Duration::from_secs(60);

/// After this time a replica gives up a failover that it was asked for.
const FAILOVER: Duration = Duration::from_secs(5);

/// A cluster of three masters with a replica each, on ports of 127.0.0.1.
///
/// A node that does not answer is given up after 2 s; then its replica takes over. Shared by several tests, it is
/// theirs to keep apart: by keys, or, where they break it, by nodes.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Server>,
}

impl Cluster {
    /// Starts the cluster; all nodes agree, and the replicas hold what their masters hold, when this returns.
    ///
    /// # Panics
    ///
    /// If there is no `redis-server`, or the nodes do not agree within a minute.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(|node| node)
    }

    /// Starts a cluster whose nodes have further settings, such as `config("maxmemory 3mb")`. With [`Builder::tls`] the
    /// nodes speak it to each other too, and have one authority. With a password they need `config("masterauth …")`.
    ///
    /// # Panics
    ///
    /// If there is no `redis-server`, or the nodes do not agree within a minute.
    #[must_use]
    pub fn start_with(settings: impl Fn(Builder) -> Builder) -> Self {
        let certificates = OnceLock::new();
        let node = || {
            let node = Server::builder()
                .config("cluster-enabled yes")
                .config("cluster-node-timeout 2000")
                // A replica may take over however long it has heard nothing of its master, and stays with it.
                .config("cluster-replica-validity-factor 0")
                .config("cluster-allow-replica-migration no");
            settings(node).among(&certificates)
        };
        let cluster = Self { nodes: Builder::start_all((0..2 * MASTERS).map(|_| node())) };
        cluster.join();
        cluster.settle();
        cluster
    }

    /// What `redis-cli --cluster create` does, without its pauses.
    fn join(&self) {
        for (index, node) in self.nodes.iter().enumerate() {
            let [first, last] = [index, index + 1].map(|part| part * usize::from(SLOTS) / MASTERS);
            if index < MASTERS {
                ok(node, &["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &(last - 1).to_string()]);
            }
            ok(node, &["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]);
        }
        // After the last epoch is set: a node that has been met takes none.
        for (index, node) in self.nodes.iter().enumerate() {
            // Everybody meets everybody: rumours take longer.
            for other in &self.nodes[index + 1..] {
                ok(node, &["CLUSTER", "MEET", "127.0.0.1", &other.port().to_string()]);
            }
        }
        for (replica, master) in self.nodes[MASTERS..].iter().zip(&self.nodes) {
            let id = id(master);
            // It is refused until the two have met.
            let joined = until(AGREEMENT, || replica.command(&["CLUSTER", "REPLICATE", &id]).is_ok().then_some(()));
            joined.unwrap_or_else(|| self.fail("has replicas that do not find their masters"));
        }
    }

    /// The addresses of all nodes, for clients to begin with.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Server::url).collect()
    }

    /// The certificates of all nodes of a cluster with [`Builder::tls`].
    ///
    /// # Panics
    ///
    /// If it has none.
    #[must_use]
    pub fn tls(&self) -> &Certificates {
        self.nodes[0].tls()
    }

    /// All nodes.
    #[must_use]
    pub fn nodes(&self) -> &[Server] {
        &self.nodes
    }

    /// Puts a proxy in front of each node, in their order, and has the nodes announce those to clients. Replicas follow their
    /// masters through them; the nodes' own bus goes around them. A client that begins at a proxy meets nothing else.
    ///
    /// # Panics
    ///
    /// If the nodes do not agree within a minute.
    #[must_use]
    pub fn behind_proxies(&self) -> Vec<Proxy> {
        let proxies: Vec<Proxy> = self.nodes.iter().map(|node| Proxy::start(node.address())).collect();
        for (node, proxy) in self.nodes.iter().zip(&proxies) {
            ok(node, &["CONFIG", "SET", "cluster-announce-port", &proxy.port().to_string()]);
            // So that it says the same when it is started again.
            ok(node, &["CONFIG", "REWRITE"]);
        }
        let announced = |node: &Server| {
            let slots = node.command(&["CLUSTER", "NODES"]).text();
            proxies.iter().all(|proxy| slots.contains(&format!(":{}@", proxy.port())))
        };
        let known = until(AGREEMENT, || self.nodes.iter().all(announced).then_some(()));
        known.unwrap_or_else(|| self.fail("does not announce its proxies"));
        self.settle();
        proxies
    }

    /// The nodes that own slots now, in the order of their slots.
    #[must_use]
    pub fn masters(&self) -> Vec<&Server> {
        let mut masters: Vec<Member> = self.view().into_iter().filter(|member| !member.slots.is_empty()).collect();
        masters.sort_by_key(|member| member.slots[0].0);
        masters.iter().filter_map(|member| self.at(member.port)).collect()
    }

    /// The nodes that follow a master now.
    #[must_use]
    pub fn replicas(&self) -> Vec<&Server> {
        self.view().iter().filter(|member| member.master.is_some()).filter_map(|member| self.at(member.port)).collect()
    }

    /// The master that owns the slot of `key` now, dead or alive.
    ///
    /// # Panics
    ///
    /// If no node is running, or none owns the slot.
    #[must_use]
    pub fn node_of(&self, key: impl AsRef<[u8]>) -> &Server {
        self.owner(slot(key))
    }

    /// The replicas of the master that owns the slot of `key`.
    #[must_use]
    pub fn replicas_of(&self, key: impl AsRef<[u8]>) -> Vec<&Server> {
        let view = self.view();
        let port = self.node_of(key).port();
        let Some(master) = view.iter().find(|member| member.port == port) else { return Vec::new() };
        let replicas = view.iter().filter(|member| member.master.as_ref() == Some(&master.id));
        replicas.filter_map(|member| self.at(member.port)).collect()
    }

    /// Kills the master of `key`, and returns it.
    pub fn kill_master(&self, key: impl AsRef<[u8]>) -> &Server {
        let master = self.node_of(key);
        master.kill();
        master
    }

    /// Freezes the master of `key`, and returns it; [`Server::resume`] lets it go on.
    pub fn stop_master(&self, key: impl AsRef<[u8]>) -> &Server {
        let master = self.node_of(key);
        master.stop();
        master
    }

    /// Makes a replica of the master of `key` the master, with both alive, and returns the new master when all agree.
    ///
    /// # Panics
    ///
    /// If there is no replica, or it does not take over within a minute.
    pub fn failover(&self, key: impl AsRef<[u8]>) -> &Server {
        let key = key.as_ref();
        let replicas = self.replicas_of(key);
        let replica = replicas.into_iter().find(|replica| replica.is_running()).expect("the master has no replica");
        // Asking again begins it anew, so each try has its time.
        let done = until(AGREEMENT, || {
            let asked = replica.command(&["CLUSTER", "FAILOVER"]).is_ok();
            let owns = || (self.node_of(key).port() == replica.port()).then_some(());
            if asked { until(FAILOVER, owns) } else { owns() }
        });
        done.unwrap_or_else(|| self.fail("does not fail over"));
        self.settle();
        replica
    }

    /// Moves a slot with all its keys from one master to another while clients work with it.
    ///
    /// # Panics
    ///
    /// If `from` does not own it.
    pub fn migrate_slot(&self, slot: u16, from: &Server, to: &Server) {
        let migration = self.begin_migration(slot, from, to);
        while migration.move_keys(100) > 0 {}
        migration.finish();
    }

    /// Begins to move a slot, and leaves the keys where they are: from now on `from` answers `-ASK` for keys it does not
    /// have.
    ///
    /// # Panics
    ///
    /// If `from` does not own the slot.
    pub fn begin_migration<'c>(&'c self, slot: u16, from: &'c Server, to: &'c Server) -> Migration<'c> {
        Migration::begin(self, slot, from, to)
    }

    /// Starts a node again, and waits until all agree.
    ///
    /// # Panics
    ///
    /// If they do not within a minute.
    pub fn restart(&self, node: &Server) {
        node.restart();
        self.settle();
    }

    /// Waits until all nodes that run agree on who owns which slot and follows whom, every owner runs, and the replicas that run hold what
    /// their masters hold. After a death that is when a replica has taken over.
    ///
    /// # Panics
    ///
    /// If they do not agree within a minute.
    pub fn settle(&self) {
        settled(AGREEMENT, || self.unsettled()).unwrap_or_else(|why| self.fail(&format!("does not agree: {why}")));
    }

    /// What is not yet as it should be.
    fn unsettled(&self) -> Option<String> {
        let mut agreed = None;
        for node in self.running() {
            let port = node.port();
            let info = node.command(&["CLUSTER", "INFO"]).text();
            if crate::reply::field(&info, "cluster_state").as_deref() != Some("ok") {
                return Some(format!("{port} is not ok"));
            }
            let members = Member::all(node);
            for member in &members {
                let running = self.at(member.port).is_some_and(Server::is_running);
                if running && !member.is_well() {
                    return Some(format!("{port} sees {} as {}", member.port, member.flags));
                }
                if !running && !member.slots.is_empty() {
                    return Some(format!("{} is not running and owns slots", member.port));
                }
            }
            if members.len() != self.nodes.len() {
                return Some(format!("{port} knows {} nodes", members.len()));
            }
            // Also of who follows whom: a master that does not know its replica yet ignores its wish to take over.
            let sees = (view::owners(&members), view::followers(&members));
            if *agreed.get_or_insert_with(|| sees.clone()) != sees {
                return Some(format!("{port} sees other owners or followers than another node"));
            }
            if let Some(reason) = self.follows(node, &members) {
                return Some(reason);
            }
        }
        None
    }

    /// Why a node that owns nothing does not hold what a master holds.
    fn follows(&self, node: &Server, members: &[Member]) -> Option<String> {
        let port = node.port();
        let myself = members.iter().find(|member| member.port == port)?;
        if !myself.slots.is_empty() {
            return None;
        }
        let Some(master) = &myself.master else { return Some(format!("{port} neither owns slots nor follows")) };
        let master = members.iter().find(|member| member.id == *master).and_then(|master| self.at(master.port));
        if !master.is_some_and(Server::is_running) {
            return Some(format!("{port} follows nobody who runs"));
        }
        (node.info("master_link_status").as_deref() != Some("up")).then(|| format!("{port} has no link to its master"))
    }

    fn running(&self) -> impl Iterator<Item = &Server> {
        self.nodes.iter().filter(|node| node.is_running())
    }

    fn at(&self, port: u16) -> Option<&Server> {
        self.nodes.iter().find(|node| node.port() == port)
    }

    /// How the running node with the latest news of who owns what sees the cluster.
    fn view(&self) -> Vec<Member> {
        let views = self.running().map(Member::all);
        let news = |view: &Vec<Member>| view.iter().map(|member| member.epoch).sum::<u64>();
        views.max_by_key(news).unwrap_or_else(|| self.fail("has no node that runs"))
    }

    /// Who owns the slot: of all who claim it somewhere, the one with the highest epoch, as the nodes themselves decide.
    fn owner(&self, slot: u16) -> &Server {
        let members = self.running().flat_map(Member::all).filter(|member| member.owns(slot));
        let owner = members.max_by_key(|member| member.epoch);
        owner.and_then(|owner| self.at(owner.port)).unwrap_or_else(|| self.fail("has a slot without an owner"))
    }

    #[track_caller]
    fn fail<T>(&self, what: &str) -> T {
        let logs: Vec<String> = self.nodes.iter().map(Server::end_of_log).collect();
        panic!("the cluster {what}\n{}", logs.join("\n\n"))
    }
}

/// The name a node has in the cluster.
fn id(node: &Server) -> String {
    node.command(&["CLUSTER", "MYID"]).text()
}

#[track_caller]
fn ok(node: &Server, command: &[&str]) {
    let reply: Reply = node.command(command);
    assert!(reply.is_ok(), "`{}`: {reply}\n{}", command.join(" "), node.end_of_log());
}
