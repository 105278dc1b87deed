//! Caches on a primary with replicas: which of them have to know of an invalidation, and what is read from them.

#![cfg(unix)]

use std::sync::atomic::Ordering;
use std::time::Duration;

use cache_core::backend::{RedisBackend, RedisBuilder};
use cache_core::{Invalidated, SharedTier};
use cache_harness::{Reply, Sentinel, Server, until};
use cache_redis_tests::fleet::{Process, Source, agree, are_back, forget_events};
use cache_redis_tests::{LONG, runtime};
use tokio::runtime::Runtime;

const SECOND: Duration = Duration::from_secs(1);

/// A server, and a replica that is linked to it.
fn pair() -> [Server; 2] {
    let server = Server::start();
    let replica = Server::builder().config(format!("replicaof 127.0.0.1 {}", server.port())).start();
    // It is linked when it has said so once, which it need not have done while it is called online.
    let confirms = || {
        let mut connection = server.connect(SECOND * 5).unwrap();
        connection.command(&["INCR", "linked"]).unwrap();
        (connection.command(&["WAIT", "1", "1000"]).unwrap() == Reply::Int(1)).then_some(())
    };
    assert!(until(LONG, confirms).is_some());
    [server, replica]
}

/// The name of the value under a key of the users.
fn value_name(server: &Server, key: u64) -> String {
    let names = server.command(&["KEYS", &format!("cache:v:{{users:{key}}}@*")]);
    let [name] = names.array() else { panic!("one value was to lie there: {names}") };
    name.text()
}

fn has(server: &Server, name: &str) -> bool {
    server.command(&["EXISTS", name]) == Reply::Int(1)
}

/// A process whose region has learned of its tags: the first load of those is not shared.
fn process(runtime: &Runtime, builder: RedisBuilder, settings: impl FnOnce(SharedTier) -> SharedTier) -> Process {
    let process = Process::start_with(runtime, builder, settings);
    process.get(runtime, &Source::default(), 1_000);
    process
}

// Item 16.
#[test]
fn an_invalidation_that_is_confirmed_has_reached_the_replica_and_holds_up_nobody() {
    let ([server, replica], runtime, source) = (pair(), runtime(), Source::default());
    let url = server.url();
    let a = process(&runtime, RedisBackend::from_url(&url), |tier| tier.confirm(1, LONG));
    let b = process(&runtime, RedisBackend::from_url(&url), |tier| tier);
    agree(&runtime, &source, &a, &b, 0..2);
    let name = value_name(&server, 1);
    assert!(until(LONG, || has(&replica, &name).then_some(())).is_some());
    replica.stop();
    source.version.fetch_add(1, Ordering::SeqCst);
    let invalidating = {
        let _inside = runtime.enter();
        runtime.spawn(a.users.invalidate(&1_u64))
    };
    assert!(
        until(LONG, || b.users.peek(&1_u64).is_none().then_some(())).is_some(),
        "they are told before it is confirmed"
    );
    // Item 16: its commands, over the connection that everybody else uses, do not wait behind it.
    a.forget_events();
    let loads = source.loads();
    for key in 100..120 {
        assert_eq!(a.get(&runtime, &source, key), source.value(key));
        assert_eq!(b.get(&runtime, &source, key), source.value(key));
    }
    assert_eq!(source.loads() - loads, 20, "the tier answers: {:?}", a.events.lock());
    assert!(!invalidating.is_finished(), "no replica knows yet");
    replica.resume();
    assert_eq!(runtime.block_on(invalidating).unwrap(), Invalidated::Fleet);
    assert!(!has(&replica, &name));
    assert_eq!(b.get(&runtime, &source, 1), source.value(1));
}

// Item 16: what is told if they do not answer in time.
#[test]
fn an_invalidation_that_no_replica_confirms_says_so_and_is_done() {
    let ([server, replica], runtime, source) = (pair(), runtime(), Source::default());
    let url = server.url();
    let a = process(&runtime, RedisBackend::from_url(&url), |tier| tier.confirm(1, SECOND / 4));
    let b = process(&runtime, RedisBackend::from_url(&url), |tier| tier);
    replica.stop();
    for what in ["key", "tag", "region", "everything"] {
        let old = a.get(&runtime, &source, 0);
        assert_eq!(b.get(&runtime, &source, 0), old);
        source.version.fetch_add(1, Ordering::SeqCst);
        let told = runtime.block_on(async {
            match what {
                "key" => a.users.invalidate(&0_u64).await,
                "tag" => a.cache.invalidate_tag("user:0").await,
                "region" => a.users.invalidate_all().await,
                _ => a.cache.invalidate_all().await,
            }
        });
        assert_eq!(told, Invalidated::Queued, "{what}");
        assert_eq!(a.get(&runtime, &source, 0), source.value(0), "{what}");
        let dropped = until(LONG, || (b.get(&runtime, &source, 0) == source.value(0)).then_some(()));
        assert!(dropped.is_some(), "{what}: the primary knows, and has told");
    }
    replica.resume();
    let confirmed = || (a.invalidate(&runtime, &source, 0) == Invalidated::Fleet).then_some(());
    assert!(until(LONG, confirmed).is_some(), "it follows again");
}

// Items 14 and 16.
#[test]
fn what_all_replicas_have_confirmed_outlives_the_primary() {
    let (sentinel, runtime, source) = (Sentinel::start(), runtime(), Source::default());
    let nodes: Vec<String> = sentinel.sentinels().iter().map(|each| each.address().to_string()).collect();
    let url = format!("redis+sentinel://{}/{}", nodes.join(","), sentinel.service());
    let a = process(&runtime, RedisBackend::from_url(&url), |tier| tier.confirm(2, SECOND * 5));
    let b = process(&runtime, RedisBackend::from_url(&url), |tier| tier);
    agree(&runtime, &source, &a, &b, 0..2);
    let name = value_name(sentinel.master(), 1);
    let everywhere = || sentinel.servers().iter().all(|server| has(server, &name)).then_some(());
    assert!(until(LONG, everywhere).is_some());
    assert_eq!(a.invalidate(&runtime, &source, 1), Invalidated::Fleet);
    let replicas = sentinel.servers().iter().filter(|server| server.port() != sentinel.master().port());
    assert_eq!(replicas.filter(|replica| has(replica, &name)).count(), 0, "whichever is chosen");
    forget_events([&a, &b]);
    let old = sentinel.kill_master();
    assert!(!has(sentinel.wait_for_new_master(old), &name));
    are_back([&a, &b]);
    assert_eq!(b.get(&runtime, &source, 1), source.value(1));
    // One of them died: two cannot confirm any more, and that is told.
    assert_eq!(a.invalidate(&runtime, &source, 1), Invalidated::Queued);
}

/// Reads values from replicas.
fn reader(runtime: &Runtime, url: &str) -> Process {
    process(runtime, RedisBackend::from_url(url).replica_reads(true), |tier| tier.replica_reads(true))
}

/// How often values were read from a server.
fn reads(server: &Server) -> bool {
    server.command(&["INFO", "commandstats"]).text().contains("cmdstat_mget")
}

// Item 21.
#[test]
fn what_a_replica_says_is_handed_out_and_not_kept() {
    let ([server, replica], runtime, source) = (pair(), runtime(), Source::default());
    let url = server.url();
    let [a, b] = [0, 1].map(|_| reader(&runtime, &url));
    let value = a.get(&runtime, &source, 1);
    let name = value_name(&server, 1);
    assert!(until(LONG, || has(&replica, &name).then_some(())).is_some());
    assert!(replica.command(&["CONFIG", "RESETSTAT"]).is_ok());
    let (loads, found) = (source.loads(), b.users.stats().shared_hits);
    let mut hits = 0;
    let asked = until(LONG, || {
        hits += 1;
        assert_eq!(b.get(&runtime, &source, 1), value);
        assert_eq!(b.users.peek(&1_u64), None, "who reads replicas cannot know how old it is for long");
        reads(&replica).then_some(())
    });
    assert!(asked.is_some(), "it is read from the replica");
    assert_eq!((source.loads() - loads, b.users.stats().shared_hits - found), (0, hits));
    assert_eq!(a.users.peek(&1_u64), Some(value.clone()), "what it has loaded itself is kept");
    let c = process(&runtime, RedisBackend::from_url(&url), |tier| tier);
    assert_eq!(c.get(&runtime, &source, 1), value);
    assert_eq!(c.users.peek(&1_u64), Some(value), "as is what comes from the primary");
}

// Item 21: a replica that is behind, for as long as it likes.
#[test]
fn what_only_a_replica_still_has_is_not_handed_out() {
    for writer_reads_replicas in [true, false] {
        let ([server, replica], runtime, source) = (pair(), runtime(), Source::default());
        let url = server.url();
        let plain = || process(&runtime, RedisBackend::from_url(&url), |tier| tier);
        let a = if writer_reads_replicas { reader(&runtime, &url) } else { plain() };
        let b = reader(&runtime, &url);
        assert!(replica.command(&["CONFIG", "SET", "replica-read-only", "no"]).is_ok());
        a.get(&runtime, &source, 1);
        let name = value_name(&server, 1);
        let Reply::Bulk(old) = server.command(&["GET", &name]) else { panic!("it lies there") };
        assert_eq!(a.invalidate(&runtime, &source, 1), Invalidated::Fleet);
        assert!(until(LONG, || (!has(&replica, &name)).then_some(())).is_some());
        assert!(replica.command(&[b"SET".as_slice(), name.as_bytes(), &old]).is_ok());
        // From the first answer of the replica on.
        assert!(replica.command(&["CONFIG", "RESETSTAT"]).is_ok());
        let asked = until(LONG, || {
            assert_eq!(b.get(&runtime, &source, 1), source.value(1), "writer reads replicas: {writer_reads_replicas}");
            runtime.block_on(b.users.invalidate(&1_u64));
            assert!(replica.command(&[b"SET".as_slice(), name.as_bytes(), &old]).is_ok());
            reads(&replica).then_some(())
        });
        assert!(asked.is_some(), "the replica is asked");
        assert_eq!(b.get(&runtime, &source, 1), source.value(1), "writer reads replicas: {writer_reads_replicas}");
    }
}
