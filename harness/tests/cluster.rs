//! A cluster, whole and broken.

#![cfg(unix)]

use std::time::Duration;

use cache_harness::{Cluster, Connection, Reply, Server, slot, until};

const LONG: Duration = Duration::from_secs(30);

/// Sets and gets the key where it belongs.
fn serves(cluster: &Cluster, key: &str) -> bool {
    let node = cluster.node_of(key);
    node.command(&["SET", key, "value"]).is_ok() && node.command(&["GET", key]) == Reply::bulk("value")
}

fn ports<'s>(servers: impl IntoIterator<Item = &'s Server>) -> Vec<u16> {
    let mut ports: Vec<u16> = servers.into_iter().map(Server::port).collect();
    ports.sort_unstable();
    ports
}

#[test]
fn serves_every_key_at_its_node() {
    let cluster = Cluster::start_with(|node| node.config("maxmemory 7mb"));
    assert_eq!((cluster.masters().len(), cluster.replicas().len(), cluster.urls().len()), (3, 3, 6));
    for index in 0..50 {
        let key = format!("key:{index}");
        assert!(serves(&cluster, &key));
        let reply = cluster.nodes()[0].command(&["CLUSTER", "KEYSLOT", &key]);
        assert_eq!(reply, Reply::Int(slot(&key).into()));
    }
    let node = cluster.node_of("{tag}:a");
    assert_eq!(node.port(), cluster.node_of("{tag}:b").port());
    let other = cluster.masters().into_iter().find(|other| other.port() != node.port()).unwrap();
    assert!(other.command(&["GET", "{tag}:a"]).is_error("MOVED"));
    let replicas = cluster.replicas_of("{tag}:a");
    assert_eq!(replicas.len(), 1);
    assert_eq!(replicas[0].info("master_port"), Some(node.port().to_string()));
    assert!(cluster.nodes().iter().all(|node| node.info("maxmemory").as_deref() == Some("7340032")));
}

#[test]
fn a_replica_takes_over_from_a_dead_master_that_comes_back_as_a_replica() {
    let cluster = Cluster::start();
    let dead = cluster.kill_master("key");
    let heirs = cluster.replicas_of("key");
    assert_eq!(cluster.node_of("key").port(), dead.port(), "nobody has noticed yet");
    cluster.settle();
    assert_eq!(cluster.node_of("key").port(), heirs[0].port());
    assert!(serves(&cluster, "key"));
    cluster.restart(dead);
    assert!(ports(cluster.replicas()).contains(&dead.port()));
    let holds = || (dead.command(&["DBSIZE"]) == Reply::Int(1)).then_some(());
    assert!(until(LONG, holds).is_some());
}

#[test]
fn a_replica_takes_over_from_a_frozen_master() {
    let cluster = Cluster::start();
    let frozen = cluster.stop_master("key");
    cluster.settle();
    assert_ne!(cluster.node_of("key").port(), frozen.port());
    assert!(serves(&cluster, "key"));
    frozen.resume();
    cluster.settle();
    assert!(ports(cluster.replicas()).contains(&frozen.port()));
}

#[test]
fn masters_and_replicas_change_places() {
    let cluster = Cluster::start();
    assert!(serves(&cluster, "key"));
    let old = cluster.node_of("key");
    let new = cluster.failover("key");
    assert_ne!(new.port(), old.port());
    assert_eq!(cluster.node_of("key").port(), new.port());
    assert_eq!(new.command(&["GET", "key"]), Reply::bulk("value"));
    assert_eq!(ports(cluster.replicas_of("key")), [old.port()]);
    let back = cluster.failover("key");
    assert_eq!(back.port(), old.port());
}

#[test]
fn a_slot_moves_with_its_keys() {
    let cluster = Cluster::start();
    let slot = slot("{tag}");
    let from = cluster.node_of("{tag}");
    let to = cluster.masters().into_iter().find(|node| node.port() != from.port()).unwrap();
    for index in 0..250 {
        assert!(from.command(&["SET", &format!("{{tag}}:{index}"), "value"]).is_ok());
    }
    let migration = cluster.begin_migration(slot, from, to);
    assert_eq!(migration.move_keys(100), 100);
    assert!(from.command(&["GET", "{tag}:none"]).is_error("ASK"));
    assert!(to.command(&["GET", "{tag}:none"]).is_error("MOVED"));
    assert_eq!(cluster.node_of("{tag}").port(), from.port());
    while migration.move_keys(100) > 0 {}
    migration.finish();
    assert_eq!(cluster.node_of("{tag}").port(), to.port());
    assert!(from.command(&["GET", "{tag}:0"]).is_error("MOVED"));
    assert_eq!(to.command(&["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()]), Reply::Int(250));
    cluster.migrate_slot(slot, to, from);
    assert_eq!(from.command(&["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()]), Reply::Int(250));
    assert_eq!(cluster.masters().len(), 3);
}

#[test]
fn behind_proxies_clients_are_sent_to_those_and_the_nodes_go_on_without() {
    let cluster = Cluster::start();
    let proxies = cluster.behind_proxies();
    let master = cluster.node_of("key");
    let proxy = |node: &Server| {
        let position = cluster.nodes().iter().position(|other| other.port() == node.port()).unwrap();
        &proxies[position]
    };
    let other = cluster.masters().into_iter().find(|other| other.port() != master.port()).unwrap();
    let mut client = Connection::tcp(proxy(other).address(), LONG).unwrap();
    let sent = client.command(&["GET", "key"]).unwrap();
    assert_eq!(sent, Reply::Error(format!("MOVED {} {}", slot("key"), proxy(master).address())));
    proxy(master).cut();
    assert!(Connection::tcp(proxy(master).address(), LONG).is_err());
    assert!(serves(&cluster, "key"), "it is the proxy that is cut");
    assert_eq!(cluster.node_of("key").port(), master.port());
    proxy(master).pass();
    cluster.settle();
    // Whoever is started again announces its proxy as before.
    cluster.kill_master("key");
    cluster.settle();
    cluster.restart(master);
    let heir = cluster.node_of("key");
    let sent = client.command(&["GET", "key"]).unwrap();
    assert_eq!(sent, Reply::Error(format!("MOVED {} {}", slot("key"), proxy(heir).address())));
    assert!(cluster.nodes()[0].command(&["CLUSTER", "NODES"]).text().contains(&format!(":{}@", proxy(master).port())));
}
