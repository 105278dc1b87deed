//! Settings of a backend on Redis.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use super::RedisBackend;
use super::failure::unsuitable;
use super::secret::Secret;
use super::settings::{Address, Settings, Tls, Topology};
use super::url;
use crate::backend::BackendError;

/// Settings of a [`RedisBackend`]. Without any it is the server at `127.0.0.1:6379`.
///
/// What cannot be read is told by [`connect`](Self::connect) and [`connect_lazily`](Self::connect_lazily).
///
/// # Example
///
/// ```no_run
/// use std::time::Duration;
/// use cache_core::backend::RedisBackend;
///
/// # async fn example() -> Result<(), cache_core::backend::BackendError> {
/// let backend = RedisBackend::builder()
///     .url("redis+sentinel://10.0.0.1,10.0.0.2,10.0.0.3/main")
///     .username("shop")
///     .password(std::env::var("REDIS_PASSWORD").unwrap_or_default())
///     .response_timeout(Duration::from_millis(100))
///     .connect()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until it is connected"]
pub struct RedisBuilder {
    settings: Settings,
    /// The first thing that could not be read.
    wrong: Option<BackendError>,
}

impl RedisBuilder {
    /// The address, and what else it says: `redis://user:password@host:port/database`, `redis+unix:///path?db=0`,
    /// `redis+sentinel://host:port,host:port/service/database`, `redis+cluster://host:port,host:port`; with TLS
    /// `rediss://`, `rediss+sentinel://` and `rediss+cluster://`. Special characters are percent-encoded.
    pub fn url(mut self, url: impl AsRef<str>) -> Self {
        let read = url::apply(&mut self.settings, url.as_ref());
        self.note(read)
    }

    /// One server, by the path of its socket.
    pub fn unix_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.topology = Topology::Standalone(Address::Unix(path.into()));
        self
    }

    /// The primary of `service`, as the sentinels (`host:port`) tell. Followed when they make another one.
    pub fn sentinel(mut self, service: impl Into<String>, sentinels: &[&str]) -> Self {
        match sentinels.iter().map(|text| url::address(text, 26379)).collect() {
            Ok(sentinels) => self.settings.topology = Topology::Sentinel { sentinels, service: service.into() },
            Err(wrong) => return self.note(Err(wrong)),
        }
        self
    }

    /// A cluster, found through any of these servers (`host:port`).
    pub fn cluster(mut self, servers: &[&str]) -> Self {
        match servers.iter().map(|text| url::address(text, 6379)).collect() {
            Ok(servers) => self.settings.topology = Topology::Cluster(servers),
            Err(wrong) => return self.note(Err(wrong)),
        }
        self
    }

    /// The user (ACL). Default: `default`.
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.settings.login.username = Some(username.into());
        self
    }

    /// The user's password. Never shown. Default: none.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.settings.login.password = Some(Secret::new(password.into()));
        self
    }

    /// The user at the sentinels, if they ask for one. Default: none.
    pub fn sentinel_username(mut self, username: impl Into<String>) -> Self {
        self.settings.sentinel_login.username = Some(username.into());
        self
    }

    /// The password at the sentinels, if they ask for one. Never shown. Default: none.
    pub fn sentinel_password(mut self, password: impl Into<String>) -> Self {
        self.settings.sentinel_login.password = Some(Secret::new(password.into()));
        self
    }

    /// The number of the database. Default: 0, which is the only one of a cluster.
    pub fn database(mut self, number: u32) -> Self {
        self.settings.database = i64::from(number);
        self
    }

    /// Connects by TLS, and trusts the authorities in `pem` only. Default: the machine's authorities, where the address
    /// asks for TLS. Needs the feature `redis-tls`.
    pub fn tls_authorities(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.settings.tls.get_or_insert_with(Tls::default).authorities = Some(Secret::new(pem.into()));
        self
    }

    /// Connects by TLS, and shows a certificate (with what it is signed by), whose key is never shown; both as PEM.
    /// Default: none. Needs the feature `redis-tls`.
    pub fn tls_client(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        let client = (Secret::new(certificate.into()), Secret::new(key.into()));
        self.settings.tls.get_or_insert_with(Tls::default).client = Some(client);
        self
    }

    /// How long a command may take before it counts as failed. Default: 250 ms.
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.settings.response_timeout = timeout;
        self
    }

    /// How long making a connection may take, with its greeting. Default: 1 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// From how many bytes on a value is written over a second connection, so that small answers need not wait for it.
    /// Default: 256 KiB.
    pub fn big_value_bytes(mut self, bytes: usize) -> Self {
        self.settings.big_value = bytes;
        self
    }

    /// Whether values (never versions) may be read from replicas, where the cache says that one will do.
    /// Default: `false`.
    pub fn replica_reads(mut self, allowed: bool) -> Self {
        self.settings.replica_reads = allowed;
        self
    }

    /// What the names of the cache begin with, without the colon. The [self-test](crate::backend::Backend::probe) stays
    /// under it, so that a user with rights to `~shop:*` and `&shop:*` only passes. Default: `cache`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.settings.namespace = namespace.into();
        self
    }

    /// Whether the servers are to tell of all changes of values and tags in the [namespace](Self::namespace), so that
    /// programs that do not use this framework are noticed too. Costs one message for each write and process; and since
    /// it tells a process of its own writes too, what a process has loaded is kept there from its second use on.
    /// Default: `false`.
    pub fn tracking(mut self, on: bool) -> Self {
        self.settings.tracking = on;
        self
    }

    /// Takes what the environment says: `CACHE_REDIS_URL`, or else `REDIS_URL`; `CACHE_REDIS_USERNAME`, `_PASSWORD`,
    /// `_SENTINEL_USERNAME`, `_SENTINEL_PASSWORD`, `_DATABASE`, `_NAMESPACE`; `_TLS_CA`, `_TLS_CERT` and `_TLS_KEY`
    /// (paths of PEM files); `_RESPONSE_TIMEOUT_MS`, `_CONNECT_TIMEOUT_MS`, `_BIG_VALUE_BYTES`; `_REPLICA_READS` and
    /// `_TRACKING` (`true` or `false`).
    pub fn env(self) -> Self {
        self.variables(&|name| env::var(name).ok())
    }

    /// [`env`](Self::env), from any variables.
    fn variables(mut self, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let ours = |name: &str| variable(&format!("CACHE_REDIS_{name}")).filter(|text| !text.is_empty());
        if let Some(url) = ours("URL").or_else(|| variable("REDIS_URL")) {
            self = self.url(url);
        }
        type Text = fn(RedisBuilder, String) -> RedisBuilder;
        let texts: [(&str, Text); 5] = [
            ("USERNAME", Self::username),
            ("PASSWORD", Self::password),
            ("SENTINEL_USERNAME", Self::sentinel_username),
            ("SENTINEL_PASSWORD", Self::sentinel_password),
            ("NAMESPACE", Self::namespace),
        ];
        for (name, set) in texts {
            if let Some(text) = ours(name) {
                self = set(self, text);
            }
        }
        type Number = fn(RedisBuilder, u32) -> RedisBuilder;
        let numbers: [(&str, Number); 4] = [
            ("DATABASE", Self::database),
            ("RESPONSE_TIMEOUT_MS", |builder, ms| builder.response_timeout(Duration::from_millis(ms.into()))),
            ("CONNECT_TIMEOUT_MS", |builder, ms| builder.connect_timeout(Duration::from_millis(ms.into()))),
            ("BIG_VALUE_BYTES", |builder, bytes| builder.big_value_bytes(bytes as usize)),
        ];
        for (name, set) in numbers {
            match ours(name).map(|text| text.parse()) {
                Some(Ok(number)) => self = set(self, number),
                Some(Err(_)) => self = self.wrong(format!("the variable CACHE_REDIS_{name} is not a number")),
                None => {}
            }
        }
        type Switch = fn(RedisBuilder, bool) -> RedisBuilder;
        let switches: [(&str, Switch); 2] = [("REPLICA_READS", Self::replica_reads), ("TRACKING", Self::tracking)];
        for (name, set) in switches {
            match ours(name).map(|text| text.parse()) {
                Some(Ok(on)) => self = set(self, on),
                Some(Err(_)) => self = self.wrong(format!("the variable CACHE_REDIS_{name} is not `true` or `false`")),
                None => {}
            }
        }
        let mut files = ["TLS_CA", "TLS_CERT", "TLS_KEY"].map(|name| {
            ours(name)
                .map(|path| std::fs::read(path).map_err(|error| format!("the file of CACHE_REDIS_{name}: {error}")))
        });
        match files.each_mut().map(|file| file.take().transpose()) {
            [Ok(authorities), Ok(certificate), Ok(key)] => {
                if let Some(authorities) = authorities {
                    self = self.tls_authorities(authorities);
                }
                match (certificate, key) {
                    (Some(certificate), Some(key)) => self.tls_client(certificate, key),
                    (None, None) => self,
                    _ => self.wrong("CACHE_REDIS_TLS_CERT and CACHE_REDIS_TLS_KEY belong together".to_owned()),
                }
            }
            [Err(error), _, _] | [_, Err(error), _] | [_, _, Err(error)] => self.wrong(error),
        }
    }

    /// Connects, and looks whether the server is what it has to be and the user has all rights.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::backend::BackendErrorKind::Unavailable) if nothing answers;
    /// [`Unsuitable`](crate::backend::BackendErrorKind::Unsuitable) if it is not a Redis of version 7.0 or newer, a
    /// replica, or refuses the password, the certificate or a command. The message says what to do about it.
    ///
    /// # Cancel safety
    ///
    /// Safe: a connection that nobody waits for is closed.
    pub async fn connect(self) -> Result<RedisBackend, BackendError> {
        let backend = self.build()?;
        backend.establish().await?;
        Ok(backend)
    }

    /// Connects in the background, now or, outside of a tokio runtime, with the first command: a server that is down does
    /// not keep the program from starting. Until there is a connection every command fails at once.
    ///
    /// # Errors
    ///
    /// [`Unsuitable`](crate::backend::BackendErrorKind::Unsuitable) if the settings cannot be read.
    pub fn connect_lazily(self) -> Result<RedisBackend, BackendError> {
        let backend = self.build()?;
        backend.wake();
        Ok(backend)
    }

    fn build(self) -> Result<RedisBackend, BackendError> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        if self.settings.is_cluster() && self.settings.database != 0 {
            return Err(unsuitable("a cluster has no databases but 0"));
        }
        if matches!(&self.settings.topology, Topology::Sentinel { sentinels, .. } if sentinels.is_empty()) {
            return Err(unsuitable("no sentinel is given"));
        }
        RedisBackend::new(self.settings)
    }

    fn note(self, read: Result<(), &'static str>) -> Self {
        match read {
            Ok(()) => self,
            Err(wrong) => self.wrong(wrong.to_owned()),
        }
    }

    fn wrong(mut self, message: String) -> Self {
        self.wrong.get_or_insert_with(|| unsuitable(message));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_it_all() {
        let builder = RedisBuilder::default().variables(&|name| {
            let value = match name {
                "REDIS_URL" => "redis://elsewhere",
                "CACHE_REDIS_URL" => "redis://ann:hunter2@here:1/1",
                "CACHE_REDIS_DATABASE" => "5",
                "CACHE_REDIS_RESPONSE_TIMEOUT_MS" => "40",
                "CACHE_REDIS_TRACKING" => "true",
                _ => return None,
            };
            Some(value.to_owned())
        });
        assert!(builder.wrong.is_none());
        let settings = builder.settings;
        assert_eq!(settings.topology, Topology::Standalone(Address::Tcp("here".to_owned(), 1)));
        assert_eq!((settings.database, settings.tracking), (5, true));
        assert_eq!(settings.response_timeout, Duration::from_millis(40));
        let wrong =
            RedisBuilder::default().variables(&|name| name.ends_with("_DATABASE").then(|| "hunter2".to_owned()));
        assert!(!format!("{:?}", wrong.connect_lazily().unwrap_err()).contains("hunter2"));
    }

    #[test]
    fn no_constructor_shows_a_secret() {
        let builders = [
            RedisBuilder::default().url("redis://ann:hunter2@host"),
            RedisBuilder::default().url("redis://host?pass=hunter2"),
            RedisBuilder::default().url("redis+sentinel://ann:hunter2@host/main"),
            RedisBuilder::default().url("redis+cluster://ann:hunter2@host"),
            RedisBuilder::default().url("http://ann:hunter2@host"),
            RedisBuilder::default().password("hunter2"),
            RedisBuilder::default().sentinel("main", &["host"]).sentinel_password("hunter2"),
            RedisBuilder::default().tls_client("certificate", "hunter2"),
        ];
        for builder in builders {
            let shown = format!("{builder:?} {:?}", builder.clone().connect_lazily());
            let bytes = format!("{:?}", b"hunter2");
            assert!(!shown.contains("hunter2") && !shown.contains(bytes.trim_matches(['[', ']'])), "{shown}");
        }
    }
}
