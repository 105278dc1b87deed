//! One server, reached in every way, and with other programs' names in it.

#![cfg(unix)]

use std::time::Duration;

use cache_core::backend::{Backend, BackendErrorKind, Bump, Capture, Confirm, Drop, DropKey, Read, RedisBackend};
use cache_harness::{Reply, Server, until};
use cache_redis_tests::{Ear, LONG, assert_delivers, conforms, connect, lease, runtime, timed};
use futures_util::FutureExt;

const PASSWORD: &str = "hunter2";

#[test]
fn a_server_on_a_port() {
    let (server, runtime) = (Server::builder().database(3).start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(server.url()));
    conforms(&runtime, &backend, "suite");
    assert_ne!(server.command(&["DBSIZE"]), Reply::Int(0), "it is that database");
}

#[test]
fn a_server_on_a_socket() {
    let (server, runtime) = (Server::builder().unix_socket().password(PASSWORD).start(), runtime());
    conforms(&runtime, &connect(&runtime, RedisBackend::from_url(server.url())), "suite");
    let built = RedisBackend::builder().unix_socket(server.socket()).password(PASSWORD);
    conforms(&runtime, &connect(&runtime, built), "again");
}

#[test]
fn a_server_that_wants_certificates() {
    let (server, runtime) = (Server::builder().mutual_tls().password(PASSWORD).start(), runtime());
    let (ca, client) = (server.tls().ca(), server.tls().client());
    let backend = RedisBackend::from_url(server.url())
        .tls_authorities(ca.certificate.clone())
        .tls_client(client.certificate.clone(), client.key.clone());
    assert!(!format!("{backend:?}").contains(&format!("{:?}", client.key.as_bytes())[1..40]));
    conforms(&runtime, &connect(&runtime, backend), "suite");
}

#[test]
fn a_user_with_the_rights_that_are_needed_and_no_others() {
    let rights = "user app on >hunter2 ~shop:* &shop:* -@all +ping +info +get +mget +set +pttl +exists +pexpire +rename \
                  +incrby +sadd +smembers +hset +hmget +time +unlink +eval +evalsha +scan +publish +subscribe +wait";
    let (server, runtime) = (Server::builder().acl(rights).start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(server.url_as("app", PASSWORD)).namespace("shop"));
    conforms(&runtime, &backend, "shop:suite");
    // Scripts are forgotten, and sent again.
    assert!(server.command(&["SCRIPT", "FLUSH"]).is_ok());
    assert_eq!(timed(&runtime, backend.increment("shop:n", 5, LONG)).unwrap(), 5);
}

#[test]
fn scripts_that_are_forgotten_are_sent_again_in_their_order() {
    let (server, runtime) = (Server::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(server.url()));
    conforms(&runtime, &backend, "before");
    assert!(server.command(&["SCRIPT", "FLUSH"]).is_ok());
    let names = [("t:{a}".to_owned(), b"1".to_vec()), ("t:{b}".to_owned(), b"2".to_vec())];
    let bump = Bump { fences: &names[..1], names: &names, ttl: LONG, publish: None, confirm: None };
    timed(&runtime, backend.bump(bump)).unwrap();
    assert_eq!(server.command(&["GET", "t:{b}"]), Reply::bulk("2"));
    assert!(server.command(&["SCRIPT", "FLUSH"]).is_ok());
    conforms(&runtime, &backend, "after");
}

#[test]
fn names_of_other_programs_fail_nothing_else() {
    let (server, runtime) = (Server::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(server.url()));
    for name in ["v:{a}", "l:{a}", "t:a", "n:a", "r:a", "m:a"] {
        assert_eq!(server.command(&["RPUSH", name, "foreign"]), Reply::Int(1));
    }
    let new = b"sixteen bytes ok";
    let captures = ["t:a", "t:b"].map(|name| Capture { name, candidate: new, ttl: LONG });
    assert_eq!(timed(&runtime, backend.capture(&captures)).unwrap(), [b"".to_vec(), new.to_vec()]);
    let mut ask = lease("l:{a}", "v:{a}");
    ask.captures = &captures;
    let leased = timed(&runtime, backend.lease(ask)).unwrap();
    assert_eq!((leased.holder, leased.value), (Some(Vec::new()), None));
    assert_eq!(leased.captured, [b"".to_vec(), new.to_vec()]);
    let versions = ["t:a", "t:b"];
    let read = Read { value: Some("v:{a}"), remaining: true, versions: &versions, replica: false };
    let reading = timed(&runtime, backend.read(read)).unwrap();
    assert_eq!((reading.value, reading.versions), (None, vec![None, Some(*new)]));
    assert!(!timed(&runtime, backend.swap("l:{a}", b"", None)).unwrap());
    assert_eq!(timed(&runtime, backend.increment("n:a", 2, LONG)).unwrap(), 2);
    assert!(timed(&runtime, backend.limit("r:a", 2, LONG)).unwrap().allowed);
    let keys = [DropKey { values: vec!["v:{a}".to_owned()], identity: "i:{a}".to_owned(), lease: "l:{a}".to_owned() }];
    let drop = Drop { keys: &keys, schemas: Some("m:a"), publish: None, confirm: None };
    assert_eq!(timed(&runtime, backend.drop_keys(drop)).unwrap().schemas, Vec::<Vec<u8>>::new());
    assert_eq!(server.command(&["EXISTS", "v:{a}"]), Reply::Int(0));
    assert_eq!(timed(&runtime, backend.take("t:a", b"1", LONG)).unwrap(), None);
    assert_eq!(server.command(&["GET", "t:a"]), Reply::bulk("1"));
    assert_eq!(timed(&runtime, backend.increment("t:b", 1, LONG)).unwrap(), 1, "what is no number counts as zero");
}

#[test]
fn limits_are_by_the_servers_clock() {
    let (server, runtime) = (Server::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(server.url()));
    let window = Duration::from_millis(200);
    let ask = || timed(&runtime, backend.limit("r", 2, window)).unwrap();
    let refused = until(LONG, || Some(ask()).filter(|limited| !limited.allowed)).unwrap();
    assert!(refused.retry_after > Duration::ZERO && refused.retry_after <= window * 2, "{refused:?}");
    assert!(until(LONG, || ask().allowed.then_some(())).is_some());
}

#[test]
fn a_confirmed_write_waits_for_replicas_on_a_connection_of_its_own() {
    let (server, runtime) = (Server::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(server.url()));
    let names = [("t:a".to_owned(), b"1".to_vec())];
    let confirm = Some(Confirm { replicas: 1, timeout: Duration::from_millis(200) });
    let bump = Bump { fences: &[], names: &names, ttl: LONG, publish: None, confirm };
    let (bumped, slowest) = runtime.block_on(async {
        let waiting = tokio::spawn({
            let backend = backend.clone();
            let names = names.clone();
            async move { backend.bump(Bump { names: &names, ..bump_of(confirm) }).await }
        });
        let mut slowest = Duration::ZERO;
        while !waiting.is_finished() {
            let before = std::time::Instant::now();
            backend.read(Read { value: Some("t:a"), ..Read::default() }).await.unwrap();
            slowest = slowest.max(before.elapsed());
        }
        (waiting.await.unwrap().unwrap(), slowest)
    });
    assert!(!bumped.confirmed, "there is no replica");
    assert!(slowest < Duration::from_millis(150), "others wait for {slowest:?}");
    let replica = Server::builder().config(format!("replicaof 127.0.0.1 {}", server.port())).start();
    let up = || (replica.info("master_link_status").as_deref() == Some("up")).then_some(());
    assert!(until(LONG, up).is_some());
    let known = || runtime.block_on(backend.bump(bump)).unwrap().confirmed.then_some(());
    assert!(until(LONG, known).is_some(), "the replica knows");
    assert_eq!(replica.command(&["GET", "t:a"]), Reply::bulk("1"));
    let keys = [DropKey { values: vec!["t:a".to_owned()], identity: "i".to_owned(), lease: "l".to_owned() }];
    let dropped =
        timed(&runtime, backend.drop_keys(Drop { keys: &keys, schemas: None, publish: None, confirm })).unwrap();
    assert!(dropped.confirmed);
    assert_eq!(replica.command(&["EXISTS", "t:a"]), Reply::Int(0));
}

fn bump_of<'a>(confirm: Option<Confirm>) -> Bump<'a> {
    Bump { fences: &[], names: &[], ttl: LONG, publish: None, confirm }
}

#[test]
fn values_come_from_a_replica_on_request_and_versions_never() {
    let (server, runtime) = (Server::start(), runtime());
    let replica = Server::builder().config(format!("replicaof 127.0.0.1 {}", server.port())).start();
    let up = || (server.info("slave0")?.contains("state=online")).then_some(());
    assert!(until(LONG, up).is_some());
    let backend = connect(&runtime, RedisBackend::from_url(server.url()).replica_reads(true));
    for (name, value) in [("v", "primary"), ("t", "primary, version")] {
        assert!(server.command(&["SET", name, value]).is_ok());
    }
    // A replica that has another opinion shows who was asked.
    assert!(replica.command(&["CONFIG", "SET", "replica-read-only", "no"]).is_ok());
    let differs = || (replica.command(&["GET", "t"]) == Reply::bulk("primary, version")).then_some(());
    assert!(until(LONG, differs).is_some());
    for name in ["v", "t"] {
        assert!(replica.command(&["SET", name, "replica"]).is_ok());
    }
    let versions = ["t"];
    let mut read = Read { value: Some("v"), versions: &versions, replica: true, remaining: false };
    let from_replica = || {
        let reading = timed(&runtime, backend.read(read)).unwrap();
        assert_eq!(reading.versions, [Some(*b"primary, version")]);
        (reading.value.as_deref() == Some(b"replica")).then_some(())
    };
    assert!(until(LONG, from_replica).is_some());
    read.replica = false;
    assert_eq!(timed(&runtime, backend.read(read)).unwrap().value.as_deref(), Some(&b"primary"[..]));
    drop(replica);
    read.replica = true;
    let from_primary =
        || (timed(&runtime, backend.read(read)).ok()?.value.as_deref() == Some(b"primary")).then_some(());
    assert!(until(LONG, from_primary).is_some());
}

#[test]
fn writes_of_other_programs_are_told_when_that_is_wanted() {
    let (server, runtime) = (Server::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(server.url()).namespace("shop").tracking(true));
    let ear = Ear::at_channel(&backend, "shop:channel");
    for name in ["shop:v:{a}@1", "shop:l:{a}", "shop:t:{tag}", "other:v:{a}"] {
        assert!(server.command(&["SET", name, "1"]).is_ok());
    }
    ear.hears("written shop:v:{a}@1");
    ear.hears("written shop:t:{tag}");
    assert!(server.command(&["FLUSHALL"]).is_ok());
    ear.hears("written all");
    assert!(!ear.all().iter().any(|each| each.contains(":l:") || each.contains("other")), "{:?}", ear.all());
    assert_delivers(&runtime, &backend, "shop:channel", &ear);
    ear.clear();
    // Cut off, it says so, and tracks again once it says that it is back.
    assert!(matches!(server.command(&["CLIENT", "KILL", "SKIPME", "yes"]), Reply::Int(1..)));
    ear.hears("disconnected");
    ear.hears("connected");
    assert!(server.command(&["SET", "shop:v:{b}@1", "1"]).is_ok());
    ear.hears("written shop:v:{b}@1");
}

#[test]
fn a_backend_that_is_dropped_leaves_no_connection() {
    let (server, runtime) = (Server::start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(server.url()));
    let ear = Ear::at_channel(&backend, "channel");
    drop(backend);
    ear.hears("disconnected");
    // Our own, which asks.
    let alone = || (server.info("connected_clients").as_deref() == Some("1")).then_some(());
    assert!(until(LONG, alone).is_some());
}

#[test]
fn a_runtime_that_is_gone_is_survived() {
    let server = Server::start();
    let first = runtime();
    let backend = connect(&first, RedisBackend::from_url(server.url()));
    let ear = Ear::at_channel(&backend, "channel");
    drop(first);
    ear.hears("disconnected");
    let second = runtime();
    ear.clear();
    let again = until(LONG, || cache_redis_tests::writes(&second, &backend, "v").then_some(()));
    assert!(again.is_some());
    ear.hears("connected");
    assert_delivers(&second, &backend, "channel", &ear);
    drop(second);
    // Outside of tokio nothing panics, and nothing hangs.
    let mut read = backend.read(Read { value: Some("v"), ..Read::default() });
    let error = until(LONG, || read.as_mut().now_or_never()).unwrap().unwrap_err();
    assert_eq!(error.kind(), BackendErrorKind::Unavailable);
}

#[test]
fn a_server_that_is_down_at_the_start_is_connected_to_later() {
    let (server, runtime) = (Server::start(), runtime());
    server.kill();
    let backend = {
        let _context = runtime.enter();
        RedisBackend::from_url(server.url()).connect_lazily().unwrap()
    };
    let ear = Ear::at_backend(&backend);
    let error = timed(&runtime, backend.read(Read { value: Some("v"), ..Read::default() })).unwrap_err();
    assert_eq!(error.kind(), BackendErrorKind::Unavailable);
    server.restart();
    let took = cache_redis_tests::recovers(&runtime, &backend, "v");
    eprintln!("measured: lazily connected {took:?} after the start of the server");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(ear.all(), ["back"], "nothing was known before");
    timed(&runtime, backend.read(Read::default())).unwrap();
    runtime.block_on(backend.probe()).unwrap();
}

/// A connection lives on the runtime that made it; who asks from elsewhere is not to depend on that.
#[test]
fn requests_end_in_time_though_the_runtime_of_the_connection_stands_still() {
    let (server, runtime) = (Server::start(), runtime());
    let still = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let backend = connect(&still, RedisBackend::from_url(server.url()));
    // Also who joins requests that have waited in vain already.
    for _ in 0..2 {
        let read = Read { value: Some("v"), ..Read::default() };
        assert_eq!(timed(&runtime, backend.read(read)).unwrap_err().kind(), BackendErrorKind::Timeout);
    }
    assert_eq!(timed(&runtime, backend.increment("n", 1, LONG)).unwrap_err().kind(), BackendErrorKind::Timeout);
    // Given up after three in a row: it is connected to anew as soon as the runtime goes on.
    let connected = async {
        while backend.probe().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    assert!(still.block_on(async { tokio::time::timeout(LONG, connected).await }).is_ok());
    assert_eq!(
        still.block_on(backend.increment("n", 1, LONG)).unwrap(),
        1,
        "what nobody waits for is not done any more"
    );
}
