//! Values that others put there, and copies that are behind.

#![cfg(unix)]

use std::time::Duration;

use cache_core::backend::RedisBackend;
use cache_harness::{Cluster, Server, until};
use cache_redis_tests::fleet::{Process, Source, agree};
use cache_redis_tests::{LONG, runtime};

/// The name under which the value of a key lies.
fn name_of(server: &Server, key: u64) -> String {
    let names = server.command(&["KEYS", &format!("cache:v:{{users:{key}}}@*")]);
    names.array().first().unwrap_or_else(|| panic!("no value of {key}")).text()
}

#[test]
fn half_a_gigabyte_under_a_name_of_ours_costs_a_load_and_no_more() {
    let (server, runtime, source) = (Server::start(), runtime(), Source::default());
    let a = Process::start(&runtime, RedisBackend::from_url(server.url()));
    a.get(&runtime, &source, 1_000);
    a.get(&runtime, &source, 1);
    let name = name_of(&server, 1);
    // The largest value there is.
    assert_eq!(server.command(&["SETRANGE", &name, "536870911", "x"]).int(), 536_870_912);
    let b = Process::start(&runtime, RedisBackend::from_url(server.url()));
    assert_eq!(b.get(&runtime, &source, 1), source.value(1));
    assert_eq!(b.get(&runtime, &source, 2), source.value(2));
    let gone = until(LONG, || {
        b.invalidate(&runtime, &source, 1);
        server.command(&["EXISTS", &name]).int().eq(&0).then_some(())
    });
    assert!(gone.is_some(), "{:?}", b.events.lock());
    agree(&runtime, &source, &a, &b, 0..2);
}

/// A clock of a process cannot jump: it is the machine's monotonic one. That of the server can, and only what it says is
/// left of a life depends on it: back, and all lives longer; ahead, and all is over.
#[test]
fn a_clock_of_the_server_that_jumps_makes_nothing_older_than_its_ttl() {
    let (server, runtime, source) = (Server::start(), runtime(), Source::default());
    let [a, b] = [(); 2].map(|()| Process::start(&runtime, RedisBackend::from_url(server.url())));
    a.get(&runtime, &source, 1_000);
    a.get(&runtime, &source, 1);
    let name = name_of(&server, 1);
    assert_eq!(server.command(&["PEXPIRE", &name, "86400000"]).int(), 1);
    assert_eq!(b.get(&runtime, &source, 1), source.value(1));
    let left = b.users.remaining_ttl(&1_u64).expect("it is kept");
    assert!(left <= Duration::from_secs(600), "{left:?}");
    assert_eq!(server.command(&["PEXPIRE", &name, "-1"]).int(), 1);
    let c = Process::start(&runtime, RedisBackend::from_url(server.url()));
    assert_eq!(c.get(&runtime, &source, 1), source.value(1));
    assert_ne!(server.command(&["PTTL", &name]).int(), -2, "it was loaded, and stored anew");
}

#[test]
fn what_a_foreign_program_writes_is_noticed_where_that_is_wanted() {
    let (server, runtime, source) = (Server::start(), runtime(), Source::default());
    let a = Process::start(&runtime, RedisBackend::from_url(server.url()).tracking(true));
    a.get(&runtime, &source, 1_000);
    keep(&runtime, &source, &a);
    server.command(&["DEL", &name_of(&server, 1)]);
    assert!(until(LONG, || a.users.peek(&1_u64).is_none().then_some(())).is_some(), "a value");
    keep(&runtime, &source, &a);
    let tag = server.command(&["GET", "cache:t:{user:1}"]);
    assert_ne!(tag, cache_harness::Reply::Nil);
    server.command(&["SET", "cache:t:{user:1}", "0123456789abcdef"]);
    assert!(until(LONG, || a.users.peek(&1_u64).is_none().then_some(())).is_some(), "a tag");
}

#[test]
fn values_from_replicas_are_never_old_and_never_kept() {
    let (cluster, runtime, source) = (Cluster::start(), runtime(), Source::default());
    let nodes: Vec<String> = cluster.nodes()[..2].iter().map(|node| node.address().to_string()).collect();
    let url = format!("redis+cluster://{}", nodes.join(","));
    let [a, b] = [0, 1].map(|_| {
        let builder = RedisBackend::from_url(&url).replica_reads(true);
        Process::start_with(&runtime, builder, |tier| tier.replica_reads(true))
    });
    a.get(&runtime, &source, 1_000);
    for key in 0..20 {
        a.get(&runtime, &source, key);
        // It may not be there yet; then it is found at the primary.
        assert_eq!(b.get(&runtime, &source, key), source.value(key));
        b.invalidate(&runtime, &source, key);
        assert!(until(LONG, || a.users.peek(&key).is_none().then_some(())).is_some(), "the message has come");
        assert_eq!(a.get(&runtime, &source, key), source.value(key), "though a replica may still have it");
    }
    let replicas: u64 = cluster.replicas().iter().map(|replica| calls(replica, "get") + calls(replica, "mget")).sum();
    assert!(replicas > 0, "some were read there");
}

/// Gets a key until the process keeps it: its own store is a write that it is told of, too.
#[track_caller]
fn keep(runtime: &tokio::runtime::Runtime, source: &Source, process: &Process) {
    let kept = until(LONG, || {
        process.get(runtime, source, 1);
        process.users.peek(&1_u64).map(|_| ())
    });
    assert!(kept.is_some(), "{:?}", process.events.lock());
}

/// How often a command was called at a server.
fn calls(server: &Server, command: &str) -> u64 {
    let stats = server.command(&["INFO", "commandstats"]).text();
    let line = stats.lines().find(|line| line.starts_with(&format!("cmdstat_{command}:calls="))).unwrap_or_default();
    line.split(['=', ',']).nth(1).and_then(|calls| calls.parse().ok()).unwrap_or(0)
}
