//! The interleavings of the protocol review that were measured on Redis, on a real server.

#![cfg(unix)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_core::backend::{Backend, Capture, Commit, Drop, DropKey, Lease, RedisBackend, Sweep};
use cache_core::{Cache, Region, SharedTier, Tag};
use cache_harness::{Reply, Server, until};
use cache_redis_tests::{LONG, connect, runtime, timed};
use tokio::runtime::Runtime;

/// A process with a region, on a connection of its own.
fn process(runtime: &Runtime, server: &Server) -> (Cache, Region<u64, String>) {
    let _context = runtime.enter();
    let backend = connect(runtime, RedisBackend::from_url(server.url()).namespace("test"));
    let tier = SharedTier::new(backend).namespace("test").beat(Duration::from_millis(50));
    let cache = Cache::builder().shared_tier(tier).build().unwrap();
    let users = cache.region("users").ttl(Duration::from_secs(60)).build().unwrap();
    (cache, users)
}

async fn get(users: &Region<u64, String>, key: u64, source: &str) -> String {
    users.get_or_load(&key, || async { Ok::<_, ()>(source.to_owned()) }).await.unwrap()
}

fn lease<'a>(token: &'a [u8], lease: &'a str, value: &'a str) -> Lease<'a> {
    Lease { lease, token, ttl: LONG, value, captures: &[] }
}

fn commit<'a>(token: &'a [u8], staging: &'a str, bytes: &'a [u8]) -> Commit<'a> {
    Commit { lease: "l:{k}", token, staging, value: "v:{k}", bytes, ttl: LONG, identity: None, publish: None }
}

// Item 1: the six commands.
#[test]
fn a_rejected_loader_cannot_have_its_value_committed_by_another() {
    let (server, runtime) = (Server::start(), runtime());
    let (a, c) = [(); 2].map(|()| connect(&runtime, RedisBackend::from_url(server.url()))).into();
    let keys = [DropKey { values: vec!["v:{k}".into()], identity: "i:{k}".into(), lease: "l:{k}".into() }];
    let drop = Drop { keys: &keys, schemas: None, publish: None, confirm: None };
    for c_first in [true, false] {
        assert_eq!(timed(&runtime, a.lease(lease(b"a", "l:{k}", "v:{k}"))).unwrap().holder, None);
        timed(&runtime, c.drop_keys(drop)).unwrap();
        assert_eq!(timed(&runtime, c.lease(lease(b"c", "l:{k}", "v:{k}"))).unwrap().holder, None);
        let both = runtime.block_on(async {
            let old = a.commit(commit(b"a", "s:{k}:a", b"old"));
            let new = c.commit(commit(b"c", "s:{k}:c", b"new"));
            if c_first {
                let new = new.await;
                (old.await, new)
            } else {
                futures_util::future::join(old, new).await
            }
        });
        assert_eq!((both.0.unwrap(), both.1.unwrap()), (false, true));
        assert_eq!(server.command(&["GET", "v:{k}"]), Reply::bulk("new"));
        timed(&runtime, c.drop_keys(drop)).unwrap();
    }
    assert!(!timed(&runtime, a.commit(commit(b"a", "s:{k}:a", b"old"))).unwrap(), "a lease that is free is nobody's");
}

// Item 9.
#[test]
fn a_pattern_reaches_all_loads_that_are_under_way() {
    const LOADS: usize = 2_000;
    let (server, runtime) = (Server::start(), runtime());
    let (a, c) = [(); 2].map(|()| connect(&runtime, RedisBackend::from_url(server.url()))).into();
    let name = |kind: &str, number: usize| format!("t:{kind}:{{f:{number}}}");
    let globs = ["l", "i", "v"].map(|kind| format!("t:{kind}:{{f:*}}*"));
    let leased = runtime.block_on(async {
        let mut leased = 0;
        for number in 0..LOADS {
            let (lease_name, value) = (name("l", number), name("v", number));
            leased += usize::from(a.lease(lease(b"a", &lease_name, &value)).await.unwrap().holder.is_none());
        }
        leased
    });
    assert_eq!(leased, LOADS);
    let sweeping = runtime.spawn(async move {
        let sweep = Sweep { leases: &globs[..1], globs: &globs[1..], publish: None };
        c.sweep(sweep).await.unwrap()
    });
    let stored = runtime.block_on(async {
        let mut stored = 0;
        for number in 0..LOADS {
            let (lease, value, staging) = (name("l", number), name("v", number), name("s", number));
            let (token, bytes) = (b"a".as_slice(), b"old".as_slice());
            let commit = Commit {
                lease: &lease,
                token,
                staging: &staging,
                value: &value,
                bytes,
                ttl: LONG,
                identity: None,
                publish: None,
            };
            stored += usize::from(a.commit(commit).await.unwrap());
        }
        stored
    });
    let removed = runtime.block_on(sweeping).unwrap();
    eprintln!("measured: {stored} of {LOADS} commits were in time, {removed} names were removed");
    let left = (0..LOADS).filter(|number| server.command(&["EXISTS", &name("v", *number)]) == Reply::Int(1)).count();
    assert_eq!(left, 0, "old values are left");
}

// Item 10.
#[test]
fn a_captured_version_lives_as_long_as_the_longest_entry() {
    let (server, runtime) = (Server::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(server.url()));
    let capture = |seconds| [Capture { name: "t:{a}", candidate: b"version", ttl: Duration::from_secs(seconds) }];
    let left = || match server.command(&["PTTL", "t:{a}"]) {
        Reply::Int(left) => left,
        other => panic!("{other:?}"),
    };
    timed(&runtime, backend.capture(&capture(10))).unwrap();
    assert!((1..=10_000).contains(&left()));
    timed(&runtime, backend.capture(&capture(600))).unwrap();
    assert!(left() > 590_000, "{}", left());
    timed(&runtime, backend.capture(&capture(10))).unwrap();
    assert!(left() > 590_000, "{}", left());
    let captures = capture(1_200);
    let mut ask = lease(b"token", "l:{k}", "v:{k}");
    ask.captures = &captures;
    timed(&runtime, backend.lease(ask)).unwrap();
    assert!(left() > 1_190_000, "{}", left());
}

// Item 11: killed while it loads.
#[test]
fn a_lease_of_a_process_that_died_ends_by_itself() {
    let (server, second) = (Server::start(), runtime());
    let first = runtime();
    let (_cache_a, users_a) = process(&first, &server);
    let (_cache_b, users_b) = process(&second, &server);
    let (began, begun) = std::sync::mpsc::channel();
    first.spawn(async move {
        let load = || async {
            began.send(()).unwrap();
            std::future::pending::<Result<String, ()>>().await
        };
        users_a.get_or_load(&1_u64, load).await
    });
    begun.recv_timeout(LONG).unwrap();
    assert!(matches!(server.command(&["EXISTS", "test:l:{users:1}"]), Reply::Int(1)));
    let before = Instant::now();
    // All its tasks at once, and nothing on its way to give the lease back.
    first.shutdown_background();
    assert_eq!(second.block_on(get(&users_b, 1, "mine")), "mine");
    let took = before.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
}

// Items 2, 3 and 6, on the wire.
#[test]
fn what_one_process_invalidates_the_other_drops_whatever_names_it() {
    let (server, runtime) = (Server::start(), runtime());
    let ((cache_a, users_a), (_cache_b, users_b)) = (process(&runtime, &server), process(&runtime, &server));
    for (round, what) in ["key", "tag", "region", "everything", "pattern", "put"].iter().enumerate() {
        let (old, new) = (format!("old {round}"), format!("new {round}"));
        let tagged = async |users: &Region<u64, String>, source: &str| {
            let load = || async { Ok::<_, ()>(source.to_owned()) };
            users.call(&1_u64).tag(Tag::of("org", &7)).load(load).await.unwrap()
        };
        runtime.block_on(async {
            users_a.invalidate(&1_u64).await;
        });
        assert!(until(LONG, || users_b.get(&1_u64).is_none().then_some(())).is_some());
        let stored = runtime.block_on(async {
            tagged(&users_a, &old).await;
            tagged(&users_b, &old).await
        });
        assert_eq!(stored, old, "{what}");
        let told = runtime.block_on(async {
            match *what {
                "key" => users_a.invalidate(&1_u64).await,
                "tag" => cache_a.invalidate_tag("org:7").await,
                "region" => users_a.invalidate_all().await,
                "everything" => cache_a.invalidate_all().await,
                "pattern" => cache_a.invalidate_pattern("users:*").await,
                _ => users_a.put(&1_u64, new.clone()).await,
            }
        });
        assert!(told.confirmed().is_ok(), "{what}");
        let dropped = || users_b.get(&1_u64).is_none_or(|value| value == new).then_some(());
        assert!(until(LONG, dropped).is_some(), "{what}");
        assert_eq!(runtime.block_on(tagged(&users_b, &new)), new, "{what}");
        assert_eq!(runtime.block_on(tagged(&users_a, &new)), new, "{what}");
    }
}

// Item 23.
#[test]
fn a_flush_empties_the_processes_too() {
    let (server, runtime) = (Server::start(), runtime());
    let (_cache, users) = process(&runtime, &server);
    runtime.block_on(get(&users, 1, "old"));
    // Its versions are known from a beat on: what was not known cannot have changed.
    let versions = || (server.command(&["EXISTS", "test:t:{@all}"]) == Reply::Int(1)).then_some(());
    assert!(until(LONG, versions).is_some());
    let loaded = || {
        runtime.block_on(get(&users, 1, "old"));
        assert!(server.command(&["FLUSHALL"]).is_ok());
        until(Duration::from_millis(500), || users.get(&1_u64).is_none().then_some(()))
    };
    assert!(until(LONG, loaded).is_some());
    assert_eq!(runtime.block_on(get(&users, 1, "new")), "new");
}

// Items 14 and 18: the server is gone with all that it knew, and is back.
#[test]
fn what_was_queued_is_sent_to_a_server_that_is_back() {
    let (server, runtime) = (Server::start(), runtime());
    let ((_cache_a, users_a), (_cache_b, users_b)) = (process(&runtime, &server), process(&runtime, &server));
    let (users_a, users_b) = (Arc::new(users_a), Arc::new(users_b));
    runtime.block_on(get(&users_b, 1, "old"));
    server.stop();
    assert!(runtime.block_on(async { users_a.invalidate(&1_u64).await }).confirmed().is_err());
    assert_eq!(runtime.block_on(get(&users_a, 1, "new")), "new", "no call fails");
    server.resume();
    let dropped = || (users_b.get(&1_u64).as_deref() != Some("old")).then_some(());
    assert!(until(LONG, dropped).is_some());
    assert_ne!(runtime.block_on(get(&users_b, 1, "new")), "old");
}
