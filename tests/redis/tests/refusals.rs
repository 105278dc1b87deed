//! What cannot be used is refused at the start, with a message that says what to do.

#![cfg(unix)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

use cache_core::backend::{Backend, BackendErrorKind, RedisBackend};
use cache_harness::{Server, until};
use cache_redis_tests::{LONG, assert_unsuitable, connect, refusal, runtime};

/// A server that answers whatever it is sent by the same words, for as long as the test runs.
fn says(answer: impl Fn(&str) -> String + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut buffer = [0; 65536];
            while let Ok(read @ 1..) = stream.read(&mut buffer) {
                let asked = String::from_utf8_lossy(&buffer[..read]).into_owned();
                if stream.write_all(answer(&asked).as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    address
}

#[test]
fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = refusal(&runtime(), RedisBackend::from_url(format!("redis://u:hunter2@{address}")));
    assert_eq!(error.kind(), BackendErrorKind::Unavailable);
    assert!(error.to_string().contains(&address.to_string()) && !error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn nobody_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = refusal(&runtime(), RedisBackend::from_url(format!("redis://{}", listener.local_addr().unwrap())));
    assert_eq!(error.kind(), BackendErrorKind::Unavailable, "{error}");
}

#[test]
fn passwords() {
    let (server, runtime) = (Server::builder().password("hunter22").start(), runtime());
    let at = server.address();
    let error = refusal(&runtime, RedisBackend::from_url(format!("redis://:hunter2@{at}")));
    assert_unsuitable(&error, &["no such user and password"]);
    let error = refusal(&runtime, RedisBackend::from_url(format!("redis://someone:hunter2@{at}")));
    assert_unsuitable(&error, &["no such user and password"]);
    let error = refusal(&runtime, RedisBackend::from_url(format!("redis://{at}")));
    assert_unsuitable(&error, &["asks for a password"]);
    let open = Server::start();
    let error = refusal(&runtime, RedisBackend::from_url(format!("redis://:hunter2@{}", open.address())));
    assert_unsuitable(&error, &["a server that has no password"]);
}

#[test]
fn certificates() {
    let (server, runtime) = (Server::builder().mutual_tls().start(), runtime());
    let (tls, url) = (server.tls(), server.url());
    let error = refusal(&runtime, RedisBackend::from_url(&url).tls_authorities(tls.other_ca().certificate.clone()));
    assert_unsuitable(&error, &["unknown authority", "tls_authorities"]);
    let error = refusal(&runtime, RedisBackend::from_url(&url).tls_authorities(tls.ca().certificate.clone()));
    assert_unsuitable(&error, &["tls_client"]);
    let plain = url.replace("rediss://", "redis://");
    let error = refusal(&runtime, RedisBackend::from_url(plain));
    assert_ne!(error.kind(), BackendErrorKind::Timeout, "{error}");
    let open = Server::start();
    let error = refusal(
        &runtime,
        RedisBackend::from_url(format!("rediss://{}", open.address())).tls_authorities(tls.ca().certificate.clone()),
    );
    assert!(error.to_string().contains("speak TLS"), "{error}");
    let garbage = RedisBackend::from_url(&url).tls_authorities("hunter2").tls_client("hunter2", "hunter2");
    assert_unsuitable(&refusal(&runtime, garbage), &["PEM"]);
}

#[test]
fn another_program() {
    let http = says(|_| "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_owned());
    let error = refusal(&runtime(), RedisBackend::from_url(format!("redis://{http}")));
    assert_unsuitable(&error, &["does not speak Redis' protocol"]);
    let error = refusal(&runtime(), RedisBackend::from_url(format!("redis://:hunter2@{http}/1")));
    assert_unsuitable(&error, &["does not speak Redis' protocol"]);
}

#[test]
fn too_old() {
    // Answers each of the commands of one write.
    let old = says(|asked| {
        let info = "redis_version:6.2.14\r\nrole:master\r\n";
        let answer = |command: &str| match command {
            "INFO" => format!("${}\r\n{info}\r\n", info.len()),
            "PING" => "+PONG\r\n".to_owned(),
            _ => "-ERR unknown command\r\n".to_owned(),
        };
        let words: Vec<&str> = asked.split("\r\n").collect();
        words
            .iter()
            .enumerate()
            .filter(|(_, word)| word.starts_with('*'))
            .map(|(at, _)| answer(words[at + 2]))
            .collect()
    });
    let error = refusal(&runtime(), RedisBackend::from_url(format!("redis://{old}")));
    assert_unsuitable(&error, &["6.2.14", "7.0"]);
}

#[test]
fn a_replica() {
    let (server, runtime) = (Server::start(), runtime());
    let replica = Server::builder().config(format!("replicaof 127.0.0.1 {}", server.port())).start();
    let up = || (replica.info("master_link_status").as_deref() == Some("up")).then_some(());
    assert!(until(LONG, up).is_some());
    let error = refusal(&runtime, RedisBackend::from_url(replica.url()));
    assert_unsuitable(&error, &["read-only replica"]);
}

#[test]
fn missing_rights() {
    let user = |name: &str, without: &str| format!("user {name} on >hunter2 ~cache:* &cache:* +@all {without}");
    let server = Server::builder()
        .acl(user("noscan", "-scan"))
        .acl(user("noeval", "-eval"))
        .acl(user("noevalsha", "-evalsha"))
        .acl(user("nosubscribe", "-subscribe"))
        .acl(user("noinfo", "-info"))
        .acl("user names on >hunter2 ~other:* &cache:* +@all")
        .acl("user channels on >hunter2 ~cache:* resetchannels &other:* +@all")
        .start();
    let runtime = runtime();
    let refused = |user: &str| refusal(&runtime, RedisBackend::from_url(server.url_as(user, "hunter2")));
    for (user, right) in
        [("noscan", "+scan"), ("noeval", "+eval"), ("noevalsha", "+evalsha"), ("nosubscribe", "+subscribe")]
    {
        assert_unsuitable(&refused(user), &["lacks the right", right]);
    }
    assert_unsuitable(&refused("noinfo"), &["INFO"]);
    assert_unsuitable(&refused("names"), &["~<namespace>:*"]);
    assert_unsuitable(&refused("channels"), &["&<namespace>:*"]);
}

#[test]
fn full_and_not_evicting() {
    let server = Server::builder().config("maxmemory 1").config("maxmemory-policy noeviction").start();
    let error = refusal(&runtime(), RedisBackend::from_url(server.url()));
    assert_unsuitable(&error, &["maxmemory-policy"]);
}

#[test]
fn one_server_is_no_cluster_and_no_sentinel() {
    let (server, runtime) = (Server::start(), runtime());
    let at = server.address();
    let error = refusal(&runtime, RedisBackend::from_url(format!("redis+cluster://{at}")));
    assert_unsuitable(&error, &["cluster"]);
    let error = refusal(&runtime, RedisBackend::from_url(format!("redis+sentinel://{at}/main")));
    assert_unsuitable(&error, &["sentinel"]);
}

#[test]
fn who_shows_no_certificate_is_told_so_each_time() {
    // The server says so after the handshake, while the greeting is under way: at one moment or another.
    let (server, runtime) = (Server::builder().mutual_tls().start(), runtime());
    for login in ["", "default:hunter2@"] {
        let url = format!("rediss://{login}{}", server.address());
        let anonymous = RedisBackend::from_url(url).tls_authorities(server.tls().ca().certificate.clone());
        for _ in 0..250 {
            assert_unsuitable(&refusal(&runtime, anonymous.clone()), &["CertificateRequired", "tls_client"]);
        }
    }
}

/// A server, or a proxy before it, that does not know RESP3: all that needs it is to be told of foreign changes.
#[test]
fn only_the_old_protocol() {
    let (server, runtime) = (Server::builder().config("rename-command HELLO \"\"").start(), runtime());
    let backend = connect(&runtime, RedisBackend::from_url(server.url()));
    assert_eq!(runtime.block_on(backend.increment("cache:n:{a}", 1, LONG)).unwrap(), 1);
    let error = refusal(&runtime, RedisBackend::from_url(server.url()).tracking(true));
    assert_unsuitable(&error, &["RESP3"]);
}
