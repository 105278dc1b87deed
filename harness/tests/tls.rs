//! TLS, as a client sees it.

#![cfg(unix)]

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use cache_harness::{Builder, Certificates, Cluster, Pem, Proxy, Reply, Sentinel, Server, slot};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// What the server answers to `PING` from a client that trusts `ca`.
fn ping(port: u16, host: &str, ca: &Pem, client: Option<&Pem>) -> io::Result<String> {
    let certificate = |pem: &Pem| CertificateDer::from_pem_slice(pem.certificate.as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate(ca)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots);
    let config = match client {
        None => config.with_no_client_auth(),
        Some(client) => {
            // From the file this time: it holds the same.
            let key = PrivateKeyDer::from_pem_file(&client.key_file).unwrap();
            config.with_client_auth_cert(vec![certificate(client)], key).unwrap()
        }
    };
    let tcp = TcpStream::connect(("127.0.0.1", port))?;
    tcp.set_read_timeout(Some(Duration::from_secs(10)))?;
    let host = ServerName::try_from(host.to_owned()).unwrap();
    let session = ClientConnection::new(Arc::new(config), host).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(session, tcp);
    stream.write_all(b"PING\r\n")?;
    let mut reply = [0; 7];
    stream.read_exact(&mut reply)?;
    Ok(String::from_utf8_lossy(&reply).into_owned())
}

fn ok(reply: &io::Result<String>) -> bool {
    reply.as_ref().is_ok_and(|reply| reply == "+PONG\r\n")
}

#[test]
fn serves_who_trusts_its_authority() {
    let server = Server::builder().tls().password("secret").start();
    assert_eq!(server.url(), format!("rediss://:secret@127.0.0.1:{}/0", server.port()));
    assert!(server.command(&["SET", "a", "b"]).is_ok());
    let server = Server::builder().tls().start();
    let (port, tls) = (server.port(), server.tls());
    assert!(ok(&ping(port, "localhost", tls.ca(), None)));
    assert!(ok(&ping(port, "127.0.0.1", tls.ca(), Some(tls.client()))));
    let wrong = ping(port, "localhost", tls.other_ca(), None).unwrap_err();
    assert!(wrong.to_string().contains("UnknownIssuer"), "{wrong}");
    let wrong = ping(port, "example.com", tls.ca(), None).unwrap_err();
    assert!(wrong.to_string().contains("not valid for"), "{wrong}");
    server.restart();
    assert!(ok(&ping(port, "localhost", tls.ca(), None)), "its certificates are the same after a restart");
}

#[test]
fn serves_who_has_a_certificate_only() {
    let server = Server::builder().mutual_tls().start();
    let (port, tls) = (server.port(), server.tls());
    assert!(ok(&ping(port, "localhost", tls.ca(), Some(tls.client()))));
    assert!(!ok(&ping(port, "localhost", tls.ca(), None)));
    let folder = tempfile::tempdir().unwrap();
    let stranger = Certificates::make(folder.path());
    assert!(!ok(&ping(port, "localhost", tls.ca(), Some(stranger.client()))));
}

#[test]
fn goes_through_a_proxy() {
    let server = Server::builder().tls().start();
    let proxy = Proxy::start(server.address());
    assert!(ok(&ping(proxy.port(), "127.0.0.1", server.tls().ca(), None)));
}

#[test]
fn the_nodes_of_a_cluster_have_one_authority_and_speak_it_to_each_other() {
    let cluster = Cluster::start_with(Builder::mutual_tls);
    let tls = cluster.tls();
    for node in cluster.nodes() {
        assert!(ok(&ping(node.port(), "127.0.0.1", tls.ca(), Some(tls.client()))));
        assert!(!ok(&ping(node.port(), "127.0.0.1", tls.ca(), None)));
        assert!(node.url().starts_with("rediss://"), "{}", node.url());
    }
    // Slots move and masters change over connections between the nodes.
    let (old, new) = (cluster.node_of("a"), cluster.failover("a"));
    assert_ne!(old.port(), new.port());
    let other = cluster.masters().into_iter().find(|node| node.port() != new.port()).unwrap();
    assert!(new.command(&["SET", "a", "b"]).is_ok());
    cluster.migrate_slot(slot("a"), new, other);
    assert_eq!(other.command(&["GET", "a"]), Reply::bulk("b"));
}

#[test]
fn sentinels_and_their_servers_have_one_authority_and_speak_it_to_each_other() {
    let service = Sentinel::start_with(Builder::mutual_tls);
    let tls = service.tls();
    for each in service.servers().iter().chain(service.sentinels()) {
        assert!(ok(&ping(each.port(), "127.0.0.1", tls.ca(), Some(tls.client()))));
        assert!(!ok(&ping(each.port(), "127.0.0.1", tls.ca(), None)));
    }
    let (old, new) = (service.master(), service.failover());
    assert_ne!(old.port(), new.port());
    assert!(new.command(&["SET", "a", "b"]).is_ok());
}
