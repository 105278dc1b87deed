//! A primary that sentinels watch.

#![cfg(unix)]

use std::time::{Duration, Instant};

use cache_core::backend::RedisBackend;
use cache_harness::{Reply, Sentinel};
use cache_redis_tests::{
    Ear, assert_delivers, assert_unsuitable, conforms, connect, recovers, refusal, runtime, writes,
};

fn url(sentinel: &Sentinel) -> String {
    let sentinels: Vec<String> = sentinel.sentinels().iter().map(|each| each.address().to_string()).collect();
    format!("redis+sentinel://{}/{}", sentinels.join(","), sentinel.service())
}

#[test]
fn a_failover_that_is_asked_for_is_followed() {
    let (sentinel, runtime) = (Sentinel::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(url(&sentinel)));
    conforms(&runtime, &backend, "suite");
    let (ear, channel) = (Ear::at_backend(&backend), Ear::at_channel(&backend, "channel"));
    ear.clear();
    channel.clear();
    // The old one lives on, and would take writes for a while.
    let new = sentinel.failover();
    let announced = Instant::now();
    ear.hears("back, forgetful");
    recovers(&runtime, &backend, "v");
    let took = announced.elapsed();
    eprintln!("measured: failover followed {took:?} after the announcement");
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert!(writes(&runtime, &backend, "followed"));
    assert_eq!(new.command(&["GET", "followed"]), Reply::bulk("1"));
    channel.hears("disconnected");
    channel.hears("connected");
    assert_delivers(&runtime, &backend, "channel", &channel);
}

#[test]
fn a_primary_that_dies_is_replaced() {
    let (sentinel, runtime) = (Sentinel::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(url(&sentinel)));
    let ear = Ear::at_backend(&backend);
    ear.clear();
    let old = sentinel.kill_master();
    let new = sentinel.wait_for_new_master(old);
    let took = recovers(&runtime, &backend, "v");
    eprintln!("measured: the primary's death followed {took:?} after the announcement");
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert_eq!(new.command(&["GET", "v"]), Reply::bulk("1"));
    assert_eq!(ear.all(), ["lost", "back, forgetful"]);
}

#[test]
fn sentinels_and_servers_with_passwords() {
    let (sentinel, runtime) = (Sentinel::start(), runtime());
    for each in sentinel.sentinels() {
        assert!(each.command(&["SENTINEL", "SET", sentinel.service(), "auth-pass", "hunter2"]).is_ok());
        assert!(each.command(&["ACL", "SETUSER", "default", "resetpass", ">hunter2"]).is_ok());
    }
    for each in sentinel.servers() {
        assert!(each.command(&["CONFIG", "SET", "masterauth", "hunter2"]).is_ok());
        assert!(each.command(&["CONFIG", "SET", "requirepass", "hunter2"]).is_ok());
    }
    let sentinels: Vec<String> = sentinel.sentinels().iter().map(|each| each.address().to_string()).collect();
    let sentinels: Vec<&str> = sentinels.iter().map(String::as_str).collect();
    let builder = RedisBackend::builder().sentinel(sentinel.service(), &sentinels).password("hunter2");
    let backend = connect(&runtime, builder.clone().sentinel_password("hunter2"));
    assert!(writes(&runtime, &backend, "v"));
    let error = refusal(&runtime, builder);
    assert_unsuitable(&error, &["asks for a password"]);
    let error = refusal(&runtime, RedisBackend::builder().sentinel("nobody", &sentinels).sentinel_password("hunter2"));
    assert_unsuitable(&error, &["does not know the service `nobody`"]);
}
