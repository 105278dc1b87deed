//! The shared tier and the backplane on Redis: one server, Sentinel or Cluster.
//!
//! ```text
//! RedisBackend ─► read lease change sweep probe    what a request is in commands
//!                 fleet                             which server each goes to, in which order, and redirections
//!                 node                              one server: its connections, and whether they are any good
//!                 link ─► discover sentinel         the supervisor: finds servers, connects, replaces
//!                 subscription                      the backplane
//!                 gather                            requests of many callers in one go
//!                 wire stream tls                   one connection; the only room where redis-rs opens one
//! ```

mod alarm;
mod builder;
mod change;
mod command;
mod discover;
mod failure;
mod fleet;
mod gather;
mod lease;
mod link;
mod node;
mod probe;
mod read;
mod reply;
mod script;
mod secret;
mod sentinel;
mod settings;
mod slot;
mod stream;
mod subscription;
mod sweep;
mod tls;
mod url;
mod wire;
mod within;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use builder::RedisBuilder;

use self::link::Link;
use self::settings::Settings;
use self::subscription::Subscription;
use super::{
    Answer, Backend, BackendError, BackendListener, Bump, Bumped, Capture, Commit, Drop, Dropped, Lease, Leased,
    Limited, Publish, Read, Reading, Sweep,
};
use crate::backplane::{Backplane, BackplaneListener};
use crate::random::SystemRandom;

/// The shared tier on Redis 7.0 or newer (or Valkey), and the backplane to it. Clones share their connections, which are
/// closed with the last.
///
/// # When things break
///
/// * No command takes longer than the [response timeout](RedisBuilder::response_timeout). One that has to be sent again
///   may take that twice, and one that needs a connection of its own the
///   [connect timeout](RedisBuilder::connect_timeout) besides. Sweeps take as long as there are names.
/// * No command is sent twice, except one that the server has said it did not do (another server holds the name, or it
///   has forgotten a script), and a read that a replica did not answer.
/// * After three commands in a row without an answer, or a lost connection, or when the server says it is a replica now,
///   commands fail at once until there is another connection. It is made in the background, again and again, with
///   pauses from 20 to 500 ms.
/// * Each second every connection is asked whether it lives, so that one nobody uses is noticed too.
/// * In a cluster the listener is told that connections are lost when one of them is; commands to the others go on.
///
/// # Rights
///
/// A user needs `~<namespace>:* &<namespace>:* +ping +info +get +mget +set +pttl +exists +pexpire +rename +incrby +sadd
/// +smembers +hset +hmget +time +unlink +eval +evalsha +scan +publish +subscribe +wait`; in a cluster `+cluster|info
/// +cluster|slots +readonly +asking`, for a database other than 0 `+select`, and for [tracking](RedisBuilder::tracking) `+client|tracking`. With `+script|load`
/// scripts need not be sent with the first command that uses them.
///
/// # Runtimes
///
/// Connections are made on the tokio runtime of whoever causes them to be made, and are gone with it. The next command
/// on another runtime then fails and has them made there.
///
/// # Example
///
/// ```no_run
/// use cache_core::backend::RedisBackend;
///
/// # async fn example() -> Result<(), cache_core::backend::BackendError> {
/// let backend = RedisBackend::from_url("redis://127.0.0.1:6379").connect().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisBackend {
    handle: Arc<Handle>,
}

/// Closes everything when the last clone is gone; the supervisor's own tasks hold the link, not this.
struct Handle {
    link: Arc<Link>,
    random: SystemRandom,
}

impl std::ops::Drop for Handle {
    fn drop(&mut self) {
        self.link.close();
    }
}

impl RedisBackend {
    /// Settings, to be changed.
    pub fn builder() -> RedisBuilder {
        RedisBuilder::default()
    }

    /// Settings from an [address](RedisBuilder::url).
    pub fn from_url(url: impl AsRef<str>) -> RedisBuilder {
        Self::builder().url(url)
    }

    /// Settings from the [environment](RedisBuilder::env).
    pub fn from_env() -> RedisBuilder {
        Self::builder().env()
    }

    fn new(settings: Settings) -> Result<Self, BackendError> {
        Ok(Self { handle: Arc::new(Handle { link: Link::new(settings)?, random: SystemRandom::new() }) })
    }

    /// Connects in the caller's time, and looks whether all is as it has to be.
    async fn establish(&self) -> Result<(), BackendError> {
        self.link().refresh().await?;
        probe::probe(self.link(), &self.handle.random).await?;
        subscription::probe(self.link()).await
    }

    /// Connects in the background.
    fn wake(&self) {
        self.link().keep();
    }

    fn link(&self) -> &Arc<Link> {
        &self.handle.link
    }
}

impl Backend for RedisBackend {
    fn start(&self, listener: Arc<dyn BackendListener>) {
        self.link().alarm.listen(listener);
        self.link().keep();
    }

    fn read<'a>(&'a self, read: Read<'a>) -> Answer<'a, Reading> {
        Box::pin(async move { read::read(self.link(), &read).await })
    }

    fn read_many<'a>(&'a self, reads: &'a [Read<'a>]) -> Answer<'a, Vec<Reading>> {
        Box::pin(read::read_many(self.link(), reads))
    }

    fn lease<'a>(&'a self, lease: Lease<'a>) -> Answer<'a, Leased> {
        Box::pin(async move { lease::lease(self.link(), &lease).await })
    }

    fn capture<'a>(&'a self, captures: &'a [Capture<'a>]) -> Answer<'a, Vec<Vec<u8>>> {
        Box::pin(lease::capture(self.link(), captures))
    }

    fn swap<'a>(&'a self, name: &'a str, seen: &'a [u8], to: Option<(&'a [u8], Duration)>) -> Answer<'a, bool> {
        Box::pin(lease::swap(self.link(), name, seen, to))
    }

    fn take<'a>(&'a self, name: &'a str, to: &'a [u8], ttl: Duration) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(lease::take(self.link(), name, to, ttl))
    }

    fn commit<'a>(&'a self, commit: Commit<'a>) -> Answer<'a, bool> {
        Box::pin(async move { lease::commit(self.link(), &commit).await })
    }

    fn drop_keys<'a>(&'a self, drop: Drop<'a>) -> Answer<'a, Dropped> {
        Box::pin(async move { change::drop_keys(self.link(), &drop).await })
    }

    fn bump<'a>(&'a self, bump: Bump<'a>) -> Answer<'a, Bumped> {
        Box::pin(async move { change::bump(self.link(), &bump).await })
    }

    fn sweep<'a>(&'a self, sweep: Sweep<'a>) -> Answer<'a, u64> {
        Box::pin(async move { sweep::sweep(self.link(), &sweep).await })
    }

    fn increment<'a>(&'a self, name: &'a str, by: i64, ttl: Duration) -> Answer<'a, i64> {
        Box::pin(change::increment(self.link(), name, by, ttl))
    }

    fn limit<'a>(&'a self, name: &'a str, most: u64, window: Duration) -> Answer<'a, Limited> {
        Box::pin(change::limit(self.link(), name, most, window))
    }

    fn add_member<'a>(&'a self, name: &'a str, member: &'a [u8], ttl: Duration) -> Answer<'a, bool> {
        Box::pin(change::add_member(self.link(), name, member, ttl))
    }

    fn publish<'a>(&'a self, publish: Publish<'a>) -> Answer<'a, usize> {
        Box::pin(async move { change::publish(self.link(), &publish).await })
    }

    fn probe(&self) -> Answer<'_, ()> {
        Box::pin(probe::probe(self.link(), &self.handle.random))
    }
}

impl Backplane for RedisBackend {
    fn subscribe(&self, channel: &str, listener: Arc<dyn BackplaneListener>) {
        self.link().subscriptions.lock().push(Arc::new(Subscription::new(channel, listener)));
        self.link().keep();
        self.link().alarm.wake();
    }
}

impl fmt::Debug for RedisBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBackend").field("settings", self.link().settings()).finish_non_exhaustive()
    }
}
