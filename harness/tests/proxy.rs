//! The network at its worst.

#![cfg(unix)]

use std::io;
use std::time::{Duration, Instant};

use cache_harness::{Connection, Proxy, Reply, Server, until};

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(10);

fn setting() -> (Server, Proxy) {
    let server = Server::start();
    let proxy = Proxy::start(server.address());
    (server, proxy)
}

fn connect(proxy: &Proxy, limit: Duration) -> Connection {
    Connection::tcp(proxy.address(), limit).unwrap()
}

fn ping(client: &mut Connection) -> io::Result<Reply> {
    client.command(&["PING"])
}

/// Whether nothing came, as opposed to an end.
fn silent(reply: io::Result<Reply>) -> bool {
    matches!(reply, Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
}

/// Whether the connection was closed.
fn ended(reply: io::Result<Reply>) -> bool {
    reply.is_err() && !silent(reply)
}

#[test]
fn passes_and_counts() {
    let (server, proxy) = setting();
    assert_eq!(server.url_through(proxy.address()), format!("redis://127.0.0.1:{}/0", proxy.port()));
    let mut one = connect(&proxy, LONG);
    let mut two = connect(&proxy, LONG);
    let big = vec![b'x'; 10_000_000];
    assert!(one.command(&[b"SET".as_slice(), b"big", &big]).unwrap().is_ok());
    assert_eq!(two.command(&["GET", "big"]).unwrap(), Reply::Bulk(big));
    assert_eq!((proxy.connections(), proxy.open()), (2, 2));
    drop(one);
    assert!(until(LONG, || (proxy.open() == 1).then_some(())).is_some());
    assert_eq!(proxy.connections(), 2);
}

#[test]
fn a_black_hole_is_silent_and_loses_what_falls_in() {
    let (server, proxy) = setting();
    let mut used = connect(&proxy, SHORT);
    let mut idle = connect(&proxy, LONG);
    assert!(ping(&mut used).is_ok() && ping(&mut idle).is_ok());
    proxy.black_hole();
    assert!(silent(used.command(&["SET", "a", "b"])));
    let mut new = connect(&proxy, SHORT);
    assert!(silent(ping(&mut new)), "it accepts and says nothing");
    assert_eq!(server.command(&["EXISTS", "a"]), Reply::Int(0), "the request did not arrive");
    proxy.pass();
    assert!(silent(ping(&mut used)) && silent(ping(&mut new)), "a stream with a gap never goes on");
    assert!(ping(&mut idle).is_ok(), "one that lost nothing does");
    assert!(ping(&mut connect(&proxy, LONG)).is_ok());
    assert_eq!(proxy.connections(), 4);
}

#[test]
fn a_black_hole_hides_the_end_of_the_server() {
    let (server, proxy) = setting();
    let mut client = connect(&proxy, SHORT);
    assert!(ping(&mut client).is_ok());
    proxy.black_hole();
    server.kill();
    assert!(silent(client.receive()));
    assert!(silent(ping(&mut client)) && silent(ping(&mut connect(&proxy, SHORT))));
}

#[test]
fn replies_alone_are_swallowed() {
    let (server, proxy) = setting();
    let mut client = connect(&proxy, SHORT);
    assert!(ping(&mut client).is_ok());
    proxy.black_hole_replies();
    assert!(silent(client.command(&["SET", "a", "b"])));
    assert!(silent(connect(&proxy, SHORT).command(&["SET", "c", "d"])));
    assert_eq!(server.command(&["MGET", "a", "c"]), Reply::Array(vec![Reply::bulk("b"), Reply::bulk("d")]));
    proxy.pass();
    assert!(silent(ping(&mut client)));
}

#[test]
fn a_cut_closes_and_refuses_until_it_is_mended() {
    let (_server, proxy) = setting();
    let mut client = connect(&proxy, LONG);
    assert!(ping(&mut client).is_ok());
    proxy.cut();
    assert!(ended(ping(&mut client)));
    let refused = Connection::tcp(proxy.address(), LONG).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!((proxy.connections(), proxy.open()), (1, 0));
    proxy.pass();
    assert!(ping(&mut connect(&proxy, LONG)).is_ok());
}

#[test]
fn replies_are_late_by_the_delay() {
    let (_server, proxy) = setting();
    let mut client = connect(&proxy, LONG);
    assert!(ping(&mut client).is_ok());
    proxy.delay(SHORT);
    let start = Instant::now();
    for _ in 0..20 {
        client.send(&["PING"]).unwrap();
    }
    for _ in 0..20 {
        client.receive().unwrap();
    }
    // They are late side by side: one after the other would be 4 s.
    assert!((SHORT..10 * SHORT).contains(&start.elapsed()), "{:?}", start.elapsed());
    proxy.delay(Duration::from_secs(3600));
    client.send(&["PING"]).unwrap();
    proxy.cut();
    assert!(ended(client.receive()), "nobody waits for what is late");
}

#[test]
fn half_a_connection_still_sends() {
    let (server, proxy) = setting();
    let mut client = connect(&proxy, LONG);
    assert!(ping(&mut client).is_ok());
    proxy.half_close();
    assert!(ended(client.receive()));
    client.send(&["SET", "a", "b"]).unwrap();
    let arrived = || (server.command(&["GET", "a"]) == Reply::bulk("b")).then_some(());
    assert!(until(LONG, arrived).is_some());
    assert!(ping(&mut connect(&proxy, LONG)).is_ok(), "new connections are whole");
}

#[test]
fn a_server_that_ends_is_seen_through_the_proxy() {
    let (server, proxy) = setting();
    let mut client = connect(&proxy, LONG);
    assert!(ping(&mut client).is_ok());
    server.kill();
    assert!(ended(client.receive()));
    assert!(ended(ping(&mut connect(&proxy, LONG))));
    server.restart();
    assert!(ping(&mut connect(&proxy, LONG)).is_ok());
}

#[test]
fn dropping_ends_connections_and_threads() {
    let (server, proxy) = setting();
    let mut clients: Vec<Connection> = (0..5).map(|_| connect(&proxy, LONG)).collect();
    assert!(clients.iter_mut().all(|client| ping(client).is_ok()));
    proxy.black_hole();
    let lost = connect(&proxy, LONG);
    let address = proxy.address();
    // It waits for its threads.
    drop(proxy);
    assert!(clients.iter_mut().all(|client| ended(client.receive())));
    assert!(Connection::tcp(address, LONG).is_err());
    drop(lost);
    let only_ours = || (server.info("connected_clients").as_deref() == Some("1")).then_some(());
    assert!(until(LONG, only_ours).is_some());
}
