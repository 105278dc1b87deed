//! Addresses as text.
//!
//! No message quotes what it was given: a mistyped address holds a password all the same.

use std::path::PathBuf;

use super::secret::Secret;
use super::settings::{Address, Settings, Tls, Topology};

/// The port that is meant when none is written.
const PORT: u16 = 6379;
/// The same of a sentinel.
const SENTINEL_PORT: u16 = 26379;

/// Takes what `url` says into the settings; the rest of them stays.
pub(super) fn apply(settings: &mut Settings, url: &str) -> Result<(), &'static str> {
    let (scheme, rest) = url.trim().split_once("://").ok_or("the address has no scheme: write `redis://host:6379`")?;
    let (kind, tls) = match scheme {
        "redis" | "valkey" => (Kind::Standalone, false),
        "rediss" | "valkeys" => (Kind::Standalone, true),
        "redis+unix" | "valkey+unix" | "unix" => (Kind::Unix, false),
        "redis+sentinel" => (Kind::Sentinel, false),
        "rediss+sentinel" => (Kind::Sentinel, true),
        "redis+cluster" => (Kind::Cluster, false),
        "rediss+cluster" => (Kind::Cluster, true),
        _ => {
            return Err("the address has an unknown scheme: it is one of `redis`, `rediss` (TLS), `redis+unix`, \
                 `redis+sentinel`, `rediss+sentinel`, `redis+cluster` and `rediss+cluster`");
        }
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    // The last `@`: a password that was not escaped may hold one.
    let (login, rest) = match rest.rsplit_once('@') {
        Some((login, rest)) => (Some(login), rest),
        None => (None, rest),
    };
    if let Some(login) = login {
        let (username, password) = login.split_once(':').unwrap_or((login, ""));
        settings.login.username = Some(unescape(username)?).filter(|name| !name.is_empty());
        settings.login.password = Some(unescape(password)?).filter(|word| !word.is_empty()).map(Secret::new);
    }
    if kind == Kind::Unix {
        settings.topology = Topology::Standalone(Address::Unix(PathBuf::from(unescape(rest)?)));
    } else {
        let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
        let port = if kind == Kind::Sentinel { SENTINEL_PORT } else { PORT };
        let mut addresses = hosts.split(',').map(|text| address(text, port)).collect::<Result<Vec<_>, _>>()?;
        let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match (kind, &*path) {
            (Kind::Sentinel, [service, rest @ ..]) if rest.len() < 2 => {
                settings.database = rest.first().map_or(Ok(0), |number| database(number))?;
                settings.topology = Topology::Sentinel { sentinels: addresses, service: unescape(service)? };
            }
            (Kind::Sentinel, _) => {
                return Err("the address of sentinels ends with the name of the service, and perhaps with the number \
                     of the database: `redis+sentinel://host:26379,host:26379/service/0`");
            }
            (Kind::Cluster, [] | ["0"]) => settings.topology = Topology::Cluster(addresses),
            (Kind::Cluster, _) => return Err("a cluster has no databases but 0: leave the number out of the address"),
            (_, [] | [_]) if addresses.len() == 1 => {
                settings.database = path.first().map_or(Ok(0), |number| database(number))?;
                settings.topology = Topology::Standalone(addresses.remove(0));
            }
            (_, [] | [_]) => {
                return Err("several hosts are a cluster (`redis+cluster://`) or sentinels (`redis+sentinel://`)");
            }
            _ => return Err("after the host of an address comes the number of the database, and nothing else"),
        }
    }
    for (name, value) in query.split('&').filter(|pair| !pair.is_empty()).filter_map(|pair| pair.split_once('=')) {
        match name {
            "db" => settings.database = database(value)?,
            "user" => settings.login.username = Some(unescape(value)?),
            "pass" => settings.login.password = Some(Secret::new(unescape(value)?)),
            // Which of them is spoken is our own affair.
            "protocol" => {}
            _ => return Err("the address has an unknown parameter: known are `db`, `user` and `pass`"),
        }
    }
    if tls && settings.tls.is_none() {
        settings.tls = Some(Tls::default());
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Standalone,
    Unix,
    Sentinel,
    Cluster,
}

/// `host`, `host:port` or `[v6]:port`.
pub(super) fn address(text: &str, port: u16) -> Result<Address, &'static str> {
    let wrong = "a host of the address cannot be read: write `host:port`, or `[address]:port` for IPv6";
    let (host, rest) = match text.strip_prefix('[') {
        Some(text) => text.split_once(']').ok_or(wrong)?,
        None => match text.rfind(':') {
            Some(colon) => text.split_at(colon),
            None => (text, ""),
        },
    };
    let port = match rest.strip_prefix(':') {
        Some(number) => number.parse().map_err(|_| wrong)?,
        None if rest.is_empty() => port,
        None => return Err(wrong),
    };
    let host = if host.is_empty() { "127.0.0.1".to_owned() } else { unescape(host)? };
    Ok(Address::Tcp(host, port))
}

fn database(text: &str) -> Result<i64, &'static str> {
    text.parse().ok().filter(|number| *number >= 0).ok_or("the database of the address is not a number")
}

/// Undoes percent-encoding.
fn unescape(text: &str) -> Result<String, &'static str> {
    let wrong = "the address has a `%` that is not followed by two hexadecimal digits of UTF-8 text";
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()).ok_or(wrong)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong)?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).map_err(|_| wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Settings {
        let mut settings = Settings::default();
        apply(&mut settings, url).unwrap();
        settings
    }

    fn tcp(host: &str, port: u16) -> Address {
        Address::Tcp(host.to_owned(), port)
    }

    #[test]
    fn one_server() {
        let settings = read("redis://ann:s%40cret@cache.example:6380/3");
        assert_eq!(settings.topology, Topology::Standalone(tcp("cache.example", 6380)));
        assert_eq!(settings.login.username.as_deref(), Some("ann"));
        assert_eq!(settings.login.password.unwrap().expose(), "s@cret");
        assert_eq!((settings.database, settings.tls.is_none()), (3, true));
        let settings = read("rediss://:only@[::1]");
        assert_eq!(settings.topology, Topology::Standalone(tcp("::1", 6379)));
        assert_eq!((settings.login.username, settings.tls.is_some()), (None, true));
        let settings = read("redis+unix:///run/redis.sock?db=2&pass=x");
        assert_eq!(settings.topology, Topology::Standalone(Address::Unix("/run/redis.sock".into())));
        assert_eq!(settings.database, 2);
    }

    #[test]
    fn many_servers() {
        let settings = read("redis+sentinel://a:1,b/main/4");
        let sentinels = vec![tcp("a", 1), tcp("b", 26379)];
        assert_eq!(settings.topology, Topology::Sentinel { sentinels, service: "main".to_owned() });
        assert_eq!(settings.database, 4);
        let settings = read("rediss+cluster://u:p@a:1,b:2");
        assert_eq!(settings.topology, Topology::Cluster(vec![tcp("a", 1), tcp("b", 2)]));
        assert!(settings.tls.is_some());
    }

    #[test]
    fn mistakes_are_told_without_quoting() {
        let wrong = [
            "hunter2",
            "http://hunter2",
            "redis://hunter2:x:y",
            "redis://a,b",
            "redis://a/hunter2",
            "redis://a/1/2",
            "redis+cluster://a/1",
            "redis+sentinel://a",
            "redis://a?hunter2=1",
            "redis://%zz",
            "redis://[::1",
        ];
        for url in wrong {
            let error = apply(&mut Settings::default(), url).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
