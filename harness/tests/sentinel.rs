//! Sentinels, and the masters they choose.

#![cfg(unix)]

use cache_harness::{Reply, Sentinel};

#[test]
fn names_the_master_and_replicates() {
    let service = Sentinel::start_with(|server| server.config("maxmemory 7mb"));
    assert_eq!((service.sentinel_urls().len(), service.servers().len(), service.sentinels().len()), (3, 3, 3));
    assert_eq!(service.sentinel_urls()[0], format!("redis://127.0.0.1:{}", service.sentinels()[0].port()));
    let master = service.master();
    assert!(master.command(&["SET", "a", "b"]).is_ok());
    assert_eq!(master.command(&["WAIT", "2", "4000"]), Reply::Int(2));
    assert!(service.servers().iter().all(|server| server.command(&["GET", "a"]) == Reply::bulk("b")));
    let named = service.sentinels()[2].command(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", service.service()]);
    assert_eq!(named.array()[1].text(), master.port().to_string());
}

#[test]
fn another_server_becomes_the_master_on_demand() {
    let service = Sentinel::start();
    let old = service.master();
    assert!(old.command(&["SET", "a", "b"]).is_ok());
    assert_eq!(old.command(&["WAIT", "2", "4000"]), Reply::Int(2));
    let new = service.failover();
    assert_ne!(new.port(), old.port());
    assert_eq!(service.master().port(), new.port());
    assert_eq!(new.command(&["GET", "a"]), Reply::bulk("b"));
    assert!(new.command(&["SET", "a", "c"]).is_ok());
    service.settle();
    assert_eq!(old.info("role").as_deref(), Some("slave"));
}

#[test]
fn a_dead_master_is_replaced_and_comes_back_as_a_replica() {
    let service = Sentinel::start();
    // One sentinel less is still a majority.
    service.sentinels()[0].kill();
    let dead = service.kill_master();
    let new = service.wait_for_new_master(dead);
    assert!(new.command(&["SET", "a", "b"]).is_ok());
    dead.restart();
    service.sentinels()[0].restart();
    service.settle();
    assert_eq!(dead.info("role").as_deref(), Some("slave"));
    assert_eq!(service.master().port(), new.port());
}
