//! A cluster of three primaries with a replica each.

#![cfg(unix)]

use std::time::{Duration, Instant};

use cache_core::backend::{Backend, Bump, Publish, Read, RedisBackend, Sweep};
use cache_harness::{Builder, Cluster, Reply, slot, until};
use cache_redis_tests::{Ear, LONG, assert_delivers, conforms, connect, recovers, runtime, timed, writes};

/// The address of a few nodes: the others are found.
fn url(cluster: &Cluster) -> String {
    let nodes: Vec<String> = cluster.nodes()[..2].iter().map(|node| node.address().to_string()).collect();
    format!("redis+cluster://{}", nodes.join(","))
}

#[test]
fn keeps_the_contracts() {
    let secured = |node: Builder| node.password("hunter2").config("masterauth hunter2");
    let (cluster, runtime) = (Cluster::start_with(secured), runtime());
    let builder = RedisBackend::from_url(url(&cluster)).password("hunter2").replica_reads(true);
    let backend = connect(&runtime, builder);
    conforms(&runtime, &backend, "suite");
    for master in cluster.masters() {
        assert!(master.command(&["SCRIPT", "FLUSH"]).is_ok());
    }
    conforms(&runtime, &backend, "again");
}

#[test]
fn slots_that_move_are_followed() {
    let (cluster, runtime) = (Cluster::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(url(&cluster)));
    for tag in ["one", "two"] {
        let (old, moved) = (cluster.node_of(tag), slot(tag));
        let new = cluster.masters().into_iter().find(|node| node.port() != old.port()).unwrap();
        let names = [(format!("t:{{{tag}}}"), b"before".to_vec())];
        let bump = Bump { fences: &[], names: &names, ttl: LONG, publish: None, confirm: None };
        timed(&runtime, backend.bump(bump)).unwrap();
        let migration = cluster.begin_migration(moved, old, new);
        // What is not there any more is asked for at the new owner.
        let fresh = format!("n:{{{tag}}}");
        assert_eq!(timed(&runtime, backend.increment(&fresh, 1, LONG)).unwrap(), 1);
        assert_eq!(migration.move_keys(100), 1);
        let read = Read { value: Some(&names[0].0), remaining: true, ..Read::default() };
        assert_eq!(timed(&runtime, backend.read(read)).unwrap().value.as_deref(), Some(&b"before"[..]));
        migration.finish();
        assert_eq!(timed(&runtime, backend.read(read)).unwrap().value.as_deref(), Some(&b"before"[..]));
        assert_eq!(timed(&runtime, backend.increment(&fresh, 1, LONG)).unwrap(), 2);
    }
}

#[test]
fn a_beat_comes_from_every_primary() {
    let (cluster, runtime) = (Cluster::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(url(&cluster)));
    let ear = Ear::at_channel(&backend, "channel");
    timed(&runtime, backend.publish(Publish { channel: "channel", message: b"beat" })).unwrap();
    let beats = || (ear.all().iter().filter(|each| *each == "beat").count() == 3).then_some(());
    assert!(until(LONG, beats).is_some(), "{:?}", ear.all());
}

#[test]
fn foreign_writes_at_every_primary_are_told_when_that_is_wanted() {
    let (cluster, runtime) = (Cluster::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(url(&cluster)).tracking(true));
    let ear = Ear::at_channel(&backend, "channel");
    for tag in ["a", "b", "c", "d", "e", "f"] {
        let name = format!("cache:v:{{{tag}}}@1");
        assert!(cluster.node_of(tag).command(&["SET", &name, "1"]).is_ok());
        ear.hears(&format!("written {name}"));
    }
}

#[test]
fn a_primary_that_is_killed_is_replaced() {
    let (cluster, runtime) = (Cluster::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(url(&cluster)));
    let (ear, channel) = (Ear::at_backend(&backend), Ear::at_channel(&backend, "channel"));
    ear.clear();
    let name = "v:{killed}";
    let other = (0..100).map(|number| format!("v:{{{number}}}"));
    let other = other.into_iter().find(|other| cluster.node_of(other).port() != cluster.node_of(name).port()).unwrap();
    let began = Instant::now();
    cluster.kill_master(name);
    let failed = || (!writes(&runtime, &backend, name)).then_some(());
    assert!(until(LONG, failed).is_some());
    assert!(writes(&runtime, &backend, &other), "the others go on");
    let beat = Publish { channel: "channel", message: b"beat" };
    assert!(timed(&runtime, Backend::publish(&backend, beat)).is_err(), "a beat proves the path to every primary");
    let globs = ["none:*".to_owned()];
    let sweep = Sweep { leases: &[], globs: &globs, publish: None };
    assert!(timed(&runtime, backend.sweep(sweep)).is_err(), "a sweep reaches every primary");
    cluster.settle();
    let promoted = Instant::now();
    recovers(&runtime, &backend, name);
    eprintln!("measured: killed, {:?} after the kill, {:?} after the promotion", began.elapsed(), promoted.elapsed());
    assert!(promoted.elapsed() < Duration::from_secs(5));
    ear.hears("back, forgetful");
    assert_delivers(&runtime, &backend, "channel", &channel);
    runtime.block_on(backend.probe()).unwrap();
}

#[test]
fn a_primary_that_hangs_is_replaced() {
    let (cluster, runtime) = (Cluster::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(url(&cluster)));
    let ear = Ear::at_backend(&backend);
    ear.clear();
    let name = "v:{frozen}";
    let began = Instant::now();
    let frozen = cluster.stop_master(name);
    cluster.settle();
    let promoted = Instant::now();
    recovers(&runtime, &backend, name);
    eprintln!("measured: frozen, {:?} after the stop, {:?} after the promotion", began.elapsed(), promoted.elapsed());
    assert!(promoted.elapsed() < Duration::from_secs(5));
    assert_eq!(cluster.node_of(name).command(&["GET", name]), Reply::bulk("1"));
    ear.hears("back, forgetful");
    frozen.resume();
    cluster.settle();
    assert!(writes(&runtime, &backend, name));
}
