//! Whole caches on real servers: what a fleet sees when its servers stop, vanish, forget and change places.

#![cfg(unix)]

use std::sync::atomic::Ordering;

use cache_core::backend::RedisBackend;
use cache_core::{Invalidated, Tag};
use cache_harness::{Cluster, Proxy, Sentinel, Server, until};
use cache_redis_tests::fleet::{Process, Source, agree, are_back, forget_events};
use cache_redis_tests::{LONG, runtime};

#[test]
fn two_processes_agree_and_load_once() {
    let (server, runtime, source) = (Server::start(), runtime(), Source::default());
    let [a, b] = [0, 1].map(|_| Process::start(&runtime, RedisBackend::from_url(server.url())));
    // The first of a region with tags of its values teaches the fences.
    a.get(&runtime, &source, 1_000);
    let before = source.loads();
    for key in 0..50 {
        assert_eq!(a.get(&runtime, &source, key), b.get(&runtime, &source, key));
    }
    assert_eq!(source.loads() - before, 50, "{:?}", a.events.lock());
    agree(&runtime, &source, &a, &b, 0..5);
    for key in 0..50 {
        runtime.block_on(a.cache.invalidate_tag(Tag::of("user", &key)));
        source.version.fetch_add(1, Ordering::SeqCst);
        assert!(until(LONG, || b.users.peek(&key).is_none().then_some(())).is_some());
        assert_eq!(b.get(&runtime, &source, key), source.value(key));
    }
}

#[test]
fn without_its_server_every_call_is_answered_and_nothing_stale_comes_back() {
    let (server, runtime, source) = (Server::start(), runtime(), Source::default());
    let [a, b] = [0, 1].map(|_| Process::start(&runtime, RedisBackend::from_url(server.url())));
    for fault in ["killed", "stopped"] {
        (0..5).for_each(|key| drop((a.get(&runtime, &source, key), b.get(&runtime, &source, key))));
        forget_events([&a, &b]);
        match fault {
            "killed" => server.kill(),
            _ => server.stop(),
        }
        assert_eq!(a.invalidate(&runtime, &source, 1), Invalidated::Queued, "{fault}");
        assert_eq!(a.get(&runtime, &source, 1), source.value(1), "{fault}: its own invalidation");
        let bounded = until(LONG, || (b.get(&runtime, &source, 1) == source.value(1)).then_some(()));
        assert!(bounded.is_some(), "{fault}: the other one serves the old value for a bounded time");
        (5..10).for_each(|key| assert_eq!(b.get(&runtime, &source, key), source.value(key)));
        match fault {
            "killed" => server.restart(),
            _ => server.resume(),
        }
        are_back([&a, &b]);
        agree(&runtime, &source, &a, &b, 0..3);
    }
}

#[test]
fn a_black_hole_costs_no_call_and_is_left() {
    let (server, runtime, source) = (Server::start(), runtime(), Source::default());
    let proxy = Proxy::start(server.address());
    let url = server.url_through(proxy.address());
    let a = Process::start(&runtime, RedisBackend::from_url(&url));
    let b = Process::start(&runtime, RedisBackend::from_url(server.url()));
    agree(&runtime, &source, &a, &b, 0..2);
    a.forget_events();
    proxy.black_hole();
    for key in 0..20 {
        assert_eq!(a.get(&runtime, &source, key + 100), source.value(key + 100));
    }
    assert_eq!(b.invalidate(&runtime, &source, 1), Invalidated::Fleet);
    let bounded = until(LONG, || (a.get(&runtime, &source, 1) == source.value(1)).then_some(()));
    assert!(bounded.is_some(), "messages that are swallowed are missed for a bounded time");
    proxy.pass();
    a.hears("is told what others invalidate");
    agree(&runtime, &source, &a, &b, 0..2);
}

#[test]
fn a_server_that_forgets_everything_leaves_nothing_behind() {
    let (server, runtime, source) = (Server::start(), runtime(), Source::default());
    let [a, b] = [0, 1].map(|_| Process::start(&runtime, RedisBackend::from_url(server.url())));
    (0..5).for_each(|key| drop((a.get(&runtime, &source, key), b.get(&runtime, &source, key))));
    assert!(server.command(&["FLUSHALL"]).is_ok());
    // Operators who flush expect everything to be gone: the beat notices.
    let dropped = until(LONG, || (0..5_u64).all(|key| b.users.peek(&key).is_none()).then_some(()));
    assert!(dropped.is_some(), "{:?}", b.events.lock());
    agree(&runtime, &source, &a, &b, 0..3);
}

#[test]
fn whatever_is_evicted_costs_a_load_and_no_old_value() {
    let (server, runtime, source) = (Server::start(), runtime(), Source::default());
    let [a, b] = [0, 1].map(|_| Process::start(&runtime, RedisBackend::from_url(server.url())));
    agree(&runtime, &source, &a, &b, 0..1);
    let names = server.command(&["KEYS", "cache:*"]).array().iter().map(cache_harness::Reply::text).collect::<Vec<_>>();
    assert!(names.len() > 4, "{names:?}");
    for name in names {
        server.command(&["DEL", &name]);
        a.invalidate(&runtime, &source, 0);
        let current = until(LONG, || (b.get(&runtime, &source, 0) == source.value(0)).then_some(()));
        assert!(current.is_some(), "without {name}");
    }
    agree(&runtime, &source, &a, &b, 0..1);
}

#[test]
fn a_failover_of_sentinel_is_followed() {
    let (sentinel, runtime, source) = (Sentinel::start(), runtime(), Source::default());
    let nodes: Vec<String> = sentinel.sentinels().iter().map(|each| each.address().to_string()).collect();
    let url = format!("redis+sentinel://{}/{}", nodes.join(","), sentinel.service());
    let [a, b] = [0, 1].map(|_| Process::start(&runtime, RedisBackend::from_url(&url)));
    agree(&runtime, &source, &a, &b, 0..2);
    forget_events([&a, &b]);
    sentinel.kill_master();
    for key in 0..20 {
        assert_eq!(a.get(&runtime, &source, key + 100), source.value(key + 100));
    }
    are_back([&a, &b]);
    agree(&runtime, &source, &a, &b, 0..2);
}

#[test]
fn a_cluster_carries_it_all_and_a_promotion_is_followed() {
    let (cluster, runtime, source) = (Cluster::start(), runtime(), Source::default());
    let nodes: Vec<String> = cluster.nodes()[..2].iter().map(|node| node.address().to_string()).collect();
    let url = format!("redis+cluster://{}", nodes.join(","));
    let [a, b] = [0, 1].map(|_| Process::start(&runtime, RedisBackend::from_url(&url)));
    agree(&runtime, &source, &a, &b, 0..8);
    let names = runtime.block_on(a.users.find_many(&(0..8).collect::<Vec<u64>>()));
    assert_eq!(names.iter().flatten().count(), 8);
    source.version.fetch_add(1, Ordering::SeqCst);
    assert_eq!(runtime.block_on(a.cache.invalidate_pattern("users:*")), Invalidated::Fleet);
    assert!(until(LONG, || (0..8_u64).all(|key| b.users.peek(&key).is_none()).then_some(())).is_some());
    for key in 0..8 {
        assert_eq!(b.get(&runtime, &source, key), source.value(key), "on whatever node");
    }
    forget_events([&a, &b]);
    cluster.kill_master("users:1");
    for key in 0..20 {
        assert_eq!(a.get(&runtime, &source, key + 100), source.value(key + 100));
    }
    are_back([&a, &b]);
    agree(&runtime, &source, &a, &b, 0..4);
}
