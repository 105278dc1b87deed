//! One server, and everything that can happen to it.

#![cfg(unix)]

use std::time::{Duration, Instant};

use cache_core::backend::{Backend, Read, RedisBackend};
use cache_harness::{Proxy, Server, until};
use cache_redis_tests::{Ear, LONG, assert_delivers, assert_fails_fast, connect, recovers, runtime, timed, writes};

const SOON: Duration = Duration::from_secs(2);

#[test]
fn a_server_that_is_killed_and_comes_back() {
    let (server, runtime) = (Server::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(server.url()));
    let (ear, channel) = (Ear::at_backend(&backend), Ear::at_channel(&backend, "channel"));
    assert_eq!(ear.all(), ["back"]);
    ear.clear();
    server.kill();
    assert_fails_fast(&runtime, &backend, "v");
    channel.hears("disconnected");
    ear.hears("lost");
    // Now: it may be connected again as soon as writes are done.
    channel.clear();
    server.restart();
    let took = recovers(&runtime, &backend, "v");
    eprintln!("measured: killed, {took:?} after the restart");
    assert!(took < SOON, "{took:?}");
    assert_eq!(ear.all(), ["lost", "back, forgetful"], "it came back with nothing of what it acknowledged");
    channel.hears("connected");
    assert_delivers(&runtime, &backend, "channel", &channel);
}

#[test]
fn a_server_that_hangs() {
    let (server, runtime) = (Server::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(server.url()));
    let ear = Ear::at_backend(&backend);
    ear.clear();
    server.stop();
    assert!(!writes(&runtime, &backend, "v"));
    assert_fails_fast(&runtime, &backend, "v");
    server.resume();
    let took = recovers(&runtime, &backend, "v");
    eprintln!("measured: frozen, {took:?} after it goes on");
    assert!(took < SOON, "{took:?}");
    assert_eq!(ear.all(), ["lost", "back"], "it has forgotten nothing");
}

#[test]
fn a_network_that_swallows_everything() {
    let (server, runtime) = (Server::start(), runtime());
    let proxy = Proxy::start(server.address());
    let backend = connect(&runtime, RedisBackend::from_url(server.url_through(proxy.address())));
    let (ear, channel) = (Ear::at_backend(&backend), Ear::at_channel(&backend, "channel"));
    for swallow in [Proxy::black_hole, Proxy::black_hole_replies] {
        ear.clear();
        channel.clear();
        let before = Instant::now();
        swallow(&proxy);
        // Nobody asks for anything.
        ear.hears("lost");
        channel.hears("disconnected");
        let noticed = before.elapsed();
        assert!(noticed < Duration::from_secs(4), "{noticed:?}");
        assert_fails_fast(&runtime, &backend, "v");
        channel.clear();
        proxy.pass();
        let took = recovers(&runtime, &backend, "v");
        eprintln!("measured: black hole noticed when idle after {noticed:?}, {took:?} after it ends");
        assert!(took < SOON, "{took:?}");
        channel.hears("connected");
        assert_eq!(ear.all(), ["lost", "back"]);
        assert_delivers(&runtime, &backend, "channel", &channel);
    }
}

#[test]
fn a_network_that_cuts() {
    let (server, runtime) = (Server::start(), runtime());
    let proxy = Proxy::start(server.address());
    let backend = connect(&runtime, RedisBackend::from_url(server.url_through(proxy.address())));
    let ear = Ear::at_backend(&backend);
    for cut in [Proxy::cut, Proxy::half_close] {
        ear.clear();
        cut(&proxy);
        ear.hears("lost");
        proxy.pass();
        let took = recovers(&runtime, &backend, "v");
        eprintln!("measured: cut, {took:?} after it ends");
        assert!(took < SOON, "{took:?}");
        let all = ear.all();
        assert!(!all.iter().any(|each| each == "back, forgetful"), "{all:?}");
    }
}

#[test]
fn no_reconnect_storm() {
    let (server, runtime) = (Server::start(), runtime());
    let proxy = Proxy::start(server.address());
    let backend = connect(&runtime, RedisBackend::from_url(server.url_through(proxy.address())));
    let attempts = proxy.connections();
    server.kill();
    let before = Instant::now();
    let mut asked = 0;
    _ = until(Duration::from_secs(3), || {
        for _ in 0..100 {
            asked += 1;
            _ = timed(&runtime, backend.read(Read { value: Some("v"), ..Read::default() }));
        }
        None::<()>
    });
    let attempts = proxy.connections() - attempts;
    eprintln!("measured: {attempts} attempts to connect in {:?}, for {asked} commands", before.elapsed());
    assert!(attempts < 30, "{attempts}");
}

#[test]
fn a_slow_answer_is_a_timeout_and_nobody_gets_anothers() {
    let (server, runtime) = (Server::start(), runtime());
    let proxy = Proxy::start(server.address());
    let backend = connect(&runtime, RedisBackend::from_url(server.url_through(proxy.address())));
    for name in ["a", "b"] {
        assert!(server.command(&["SET", name, name]).is_ok());
    }
    proxy.delay(Duration::from_millis(400));
    let read = |name: &'static str| Read { value: Some(name), ..Read::default() };
    assert!(timed(&runtime, backend.read(read("a"))).is_err());
    proxy.pass();
    let answer = until(LONG, || timed(&runtime, backend.read(read("b"))).ok()).unwrap();
    assert_eq!(answer.value.as_deref(), Some(&b"b"[..]));
}

#[test]
fn a_primary_that_becomes_a_replica() {
    let (server, other, runtime) = (Server::start(), Server::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(server.url()));
    let ear = Ear::at_backend(&backend);
    ear.clear();
    let port = other.port().to_string();
    assert!(server.command(&["REPLICAOF", "127.0.0.1", &port]).is_ok());
    assert_fails_fast(&runtime, &backend, "v");
    assert!(server.command(&["REPLICAOF", "NO", "ONE"]).is_ok());
    let took = recovers(&runtime, &backend, "v");
    eprintln!("measured: a replica for a while, {took:?} after it is a primary again");
    assert!(took < SOON, "{took:?}");
    assert_eq!(ear.all(), ["lost", "back, forgetful"]);
}
