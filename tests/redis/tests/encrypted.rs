//! TLS where there are many servers: each of them is to be trusted, and each is shown who asks.

#![cfg(unix)]

use std::time::Duration;

use cache_core::backend::{BackendErrorKind, RedisBackend, RedisBuilder};
use cache_harness::{Builder, Certificates, Cluster, Sentinel, Server};
use cache_redis_tests::fleet::{Process, Source, agree, are_back, forget_events};
use cache_redis_tests::{assert_unsuitable, conforms, connect, refusal, runtime};

fn addresses(servers: &[Server]) -> String {
    let addresses: Vec<String> = servers.iter().map(|each| each.address().to_string()).collect();
    addresses.join(",")
}

fn of_sentinel(sentinel: &Sentinel) -> String {
    format!("rediss+sentinel://{}/{}", addresses(sentinel.sentinels()), sentinel.service())
}

fn of_cluster(cluster: &Cluster) -> String {
    format!("rediss+cluster://{}", addresses(&cluster.nodes()[..2]))
}

/// Somebody whom all of them trust, and who trusts them.
fn known(url: &str, tls: &Certificates) -> RedisBuilder {
    let (ca, client) = (tls.ca(), tls.client());
    let builder = RedisBackend::from_url(url).tls_authorities(ca.certificate.clone());
    builder.tls_client(client.certificate.clone(), client.key.clone())
}

/// Above what a greeting takes where other tests run as well, so that each server says why it refuses.
const GREETING: Duration = Duration::from_secs(3);

/// Asserts that who trusts somebody else, shows nothing, or does not encrypt, is refused; the first two are told why.
fn refuses_strangers(url: &str, tls: &Certificates) {
    let runtime = runtime();
    let (ca, client) = (tls.ca(), tls.client());
    let strange = RedisBackend::from_url(url).connect_timeout(GREETING);
    let mistaken = strange.clone().tls_authorities(tls.other_ca().certificate.clone());
    let mistaken = mistaken.tls_client(client.certificate.clone(), client.key.clone());
    assert_unsuitable(&refusal(&runtime, mistaken), &["unknown authority", "tls_authorities"]);
    let anonymous = strange.tls_authorities(ca.certificate.clone());
    assert_unsuitable(&refusal(&runtime, anonymous), &["CertificateRequired", "tls_client"]);
    let error = refusal(&runtime, RedisBackend::from_url(url.replace("rediss", "redis")));
    assert_ne!(error.kind(), BackendErrorKind::Timeout, "{error}");
}

#[test]
fn sentinels_and_their_primary() {
    let (sentinel, runtime, source) = (Sentinel::start_with(Builder::mutual_tls), runtime(), Source::default());
    let (url, tls) = (of_sentinel(&sentinel), sentinel.tls());
    refuses_strangers(&url, tls);
    conforms(&runtime, &connect(&runtime, known(&url, tls)), "suite");
    let [a, b] = [0, 1].map(|_| Process::start(&runtime, known(&url, tls)));
    agree(&runtime, &source, &a, &b, 0..2);
    forget_events([&a, &b]);
    sentinel.kill_master();
    are_back([&a, &b]);
    agree(&runtime, &source, &a, &b, 0..2);
}

#[test]
fn a_cluster() {
    let (cluster, runtime, source) = (Cluster::start_with(Builder::mutual_tls), runtime(), Source::default());
    let (url, tls) = (of_cluster(&cluster), cluster.tls());
    refuses_strangers(&url, tls);
    let backend = connect(&runtime, known(&url, tls).replica_reads(true));
    conforms(&runtime, &backend, "suite");
    let [a, b] = [0, 1].map(|_| Process::start(&runtime, known(&url, tls)));
    // On whatever node.
    agree(&runtime, &source, &a, &b, 0..8);
    forget_events([&a, &b]);
    cluster.kill_master("users:1");
    are_back([&a, &b]);
    agree(&runtime, &source, &a, &b, 0..4);
}

#[test]
fn a_node_that_another_authority_vouches_for_is_not_talked_to() {
    let (sentinel, runtime) = (Sentinel::start_with(Builder::tls), runtime());
    // The sentinels are trusted; the server that they name is not theirs.
    let stranger = Server::builder().tls().start();
    let port = stranger.port().to_string();
    for each in sentinel.sentinels() {
        assert!(each.command(&["SENTINEL", "MONITOR", "strange", "127.0.0.1", &port, "2"]).is_ok());
    }
    let url = format!("rediss+sentinel://{}/strange", addresses(sentinel.sentinels()));
    let builder = RedisBackend::from_url(url).tls_authorities(sentinel.tls().ca().certificate.clone());
    let error = refusal(&runtime, builder);
    assert_unsuitable(&error, &["unknown authority", "tls_authorities", &stranger.address().to_string()]);
}
