//! Addresses of Redis servers.

use std::path::PathBuf;

use bolero::{ValueGenerator, check, produce};
use cache_fuzz::{Server, Servers, read_address};

use crate::generators::{list, made_of, option};

const PIECES: &[&str] = &[
    "redis",
    "rediss",
    "valkey",
    "unix",
    "+sentinel",
    "+cluster",
    "+unix",
    "://",
    ":",
    "/",
    "//",
    "@",
    "?",
    "&",
    "=",
    "db",
    "user",
    "pass",
    "protocol",
    "%",
    "%40",
    "%zz",
    "%ff",
    "[",
    "]",
    "[::1]",
    "::1",
    ",",
    "host",
    "6379",
    "65536",
    "0",
    "-1",
    "main",
    " ",
    "\n",
    "ü",
];
/// What no host or service has in it.
const SECRET: &str = "hunter2";

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn host() -> impl ValueGenerator<Output = (String, u16)> {
    (made_of(&["a", "b", ".", "ü", " "], 3), produce::<u16>()).map_gen(|(host, port)| (format!("h{host}"), port))
}

fn servers() -> impl ValueGenerator<Output = Servers> {
    let hosts = (host(), list(host(), 2)).map_gen(|(first, mut rest)| {
        rest.push(first);
        rest
    });
    (0..4_u8, hosts, made_of(&["main", "/", "ü", "?"], 2)).map_gen(|(kind, hosts, text)| match kind {
        0 => Servers::One(hosts[0].0.clone(), hosts[0].1),
        1 => Servers::Unix(PathBuf::from(format!("/{text}"))),
        2 => Servers::Sentinels(hosts, format!("s{text}")),
        _ => Servers::Cluster(hosts),
    })
}

fn server() -> impl ValueGenerator<Output = Server> {
    let word = || made_of(&["x", ":", "@", "/", "?", "%", "ü"], 3);
    (servers(), option(word()), option(word()), 0..20_i64, produce::<bool>()).map_gen(
        |(servers, username, password, database, tls)| Server {
            database: if matches!(servers, Servers::Cluster(_)) { 0 } else { database },
            tls: tls && !matches!(servers, Servers::Unix(_)),
            username: username.map(|word| format!("u{word}")),
            password: password.map(|word| format!("{SECRET}{word}")),
            servers,
        },
    )
}

/// The address that says what `server` says.
fn written(server: &Server) -> String {
    let hosts = |hosts: &[(String, u16)]| {
        hosts.iter().map(|(host, port)| format!("{}:{port}", escaped(host))).collect::<Vec<_>>().join(",")
    };
    let login = match (&server.username, &server.password) {
        (None, None) => String::new(),
        (name, word) => {
            let part = |text: &Option<String>| text.as_deref().map(escaped).unwrap_or_default();
            format!("{}:{}@", part(name), part(word))
        }
    };
    let s = if server.tls { "s" } else { "" };
    let number = server.database;
    match &server.servers {
        Servers::One(host, port) => format!("redis{s}://{login}{}/{number}", hosts(&[(host.clone(), *port)])),
        Servers::Unix(path) => format!("unix://{login}{}?db={number}", escaped(&path.to_string_lossy())),
        Servers::Sentinels(many, service) => {
            format!("redis{s}+sentinel://{login}{}/{}/{number}", hosts(many), escaped(service))
        }
        Servers::Cluster(many) => format!("redis{s}+cluster://{login}{}", hosts(many)),
    }
}

#[test]
fn addresses() {
    check!().with_iterations(10_000).with_generator(server()).for_each(|server| {
        let (read, shown) = read_address(&written(server)).expect("it is one");
        assert_eq!(&read, server);
        assert!(!shown.contains(SECRET), "{shown}");
    });
}

#[test]
fn texts() {
    check!().with_iterations(20_000).with_generator(made_of(PIECES, 12)).for_each(|text| drop(read_address(text)));
}

#[test]
fn any_text() {
    check!().with_iterations(5_000).with_max_len(256).for_each(|bytes: &[u8]| {
        let _ = read_address(&String::from_utf8_lossy(bytes));
    });
}
