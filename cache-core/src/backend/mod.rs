//! The shared tier: where the processes of a fleet keep what one of them has loaded.
//!
//! A [`Backend`] stores bytes under names. It knows neither regions nor values nor what a version means: the names, the
//! frames and the order of steps that make the promises are the cache's (`docs/design/0011-shared-tier.md`). What it has
//! to guarantee is written at each method, and `test_util::conformance` asks for all of it.

mod error;
#[cfg(any(test, feature = "test-util"))]
mod memory;
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
mod redis;
mod request;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use crate::version::MARK;
pub use error::{BackendError, BackendErrorKind};
#[cfg(any(test, feature = "test-util"))]
pub use memory::MemoryBackend;
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub use redis::{RedisBackend, RedisBuilder};
pub use request::{
    Bump, Bumped, Capture, Commit, Confirm, Drop, DropKey, Dropped, Lease, Leased, Limited, Publish, Read, Reading,
    Sweep,
};

/// What a backend answers, once it does.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, BackendError>> + Send + 'a>>;

/// Stores bytes for all processes of a fleet.
///
/// # Contract
///
/// * Every answer MUST come within a bounded time: an error after a timeout, never a hang.
/// * What a method describes as *one step* MUST happen at once for all other callers. Nothing else needs to be atomic.
/// * Steps of one call that are described in an order MUST take effect in that order.
/// * After a method returned, every later call of anybody MUST see what it did, unless the backend has
///   [told](BackendListener::back) that acknowledged writes may be lost.
/// * Anything MAY vanish at any time (expiry, eviction, a flush). Nothing may change by itself.
/// * An error means: not known whether it was done. A backend MUST NOT try again by itself what is not idempotent.
/// * Dropping an answer's future stops the waiting; whether the request is done then is not known.
///
/// Names are text of up to a few kilobytes. The part of a name between the first `{` and the next `}` says what belongs
/// together: names with the same such part lie on one node, others need not.
pub trait Backend: Send + Sync + fmt::Debug + 'static {
    /// Tells `listener` from here on when the connection is lost and back. Called once, before anything else.
    fn start(&self, listener: Arc<dyn BackendListener>);

    /// Reads a value and versions, each in a step of its own, in any order.
    fn read<'a>(&'a self, read: Read<'a>) -> Answer<'a, Reading>;

    /// Many [reads](Self::read) in one round trip (to each node).
    fn read_many<'a>(&'a self, reads: &'a [Read<'a>]) -> Answer<'a, Vec<Reading>>;

    /// Asks for a lease, *then* reads the value, then captures; three steps or more.
    ///
    /// The lease is granted if its name is free: one step sets it to the token, or reads whose it is.
    fn lease<'a>(&'a self, lease: Lease<'a>) -> Answer<'a, Leased>;

    /// For each name: what it is set to; set to the candidate in the same step if it was free. Prolongs what would end
    /// before `ttl`, unless it is a mark (its first byte is [`MARK`]), and shortens nothing.
    fn capture<'a>(&'a self, captures: &'a [Capture<'a>]) -> Answer<'a, Vec<Vec<u8>>>;

    /// Sets `name` to `to` (for that long), or frees it with `None`, if it is `seen`; one step. Says whether it was.
    fn swap<'a>(&'a self, name: &'a str, seen: &'a [u8], to: Option<(&'a [u8], Duration)>) -> Answer<'a, bool>;

    /// Sets `name` to `to`, whatever it is; one step. Returns what it was.
    fn take<'a>(&'a self, name: &'a str, to: &'a [u8], ttl: Duration) -> Answer<'a, Option<Vec<u8>>>;

    /// Stores a value if the lease is still the token's, frees the lease, sets the identity and publishes: one step
    /// (the value may have been sent ahead under the staging name). Says whether it was.
    ///
    /// A value that was sent ahead and is gone MUST count as "was not", and so MUST a lease that is free.
    fn commit<'a>(&'a self, commit: Commit<'a>) -> Answer<'a, bool>;

    /// Removes the values and the identity of each key, and its lease unless that is a mark (its first byte is
    /// [`MARK`]): one step for each key. Then publishes. Reads `schemas` in a step of its own before or after.
    fn drop_keys<'a>(&'a self, drop: Drop<'a>) -> Answer<'a, Dropped>;

    /// Sets the fences, *then* the names, then publishes. In one step each: a name that is a mark (its first byte is
    /// [`MARK`]) stays as it is, unless it is the one given as `own_mark`.
    fn bump<'a>(&'a self, bump: Bump<'a>) -> Answer<'a, Bumped>;

    /// Publishes, then removes everything whose name matches one of the globs: all that match the first, then all that
    /// match the second, and so on, in bounded batches on every node, and publishes again. Returns how much it was.
    ///
    /// What matched a glob for the whole time that glob was worked on MUST be removed (on a node that keeps its part of
    /// the names meanwhile). The rest may be.
    fn sweep<'a>(&'a self, sweep: Sweep<'a>) -> Answer<'a, u64>;

    /// Adds to the number under `name`, in one step, and returns the new number. The first addition sets the lifetime.
    /// Stays at the ends of `i64`.
    fn increment<'a>(&'a self, name: &'a str, by: i64, ttl: Duration) -> Answer<'a, i64>;

    /// Asks a sliding-window limiter for one call, by the backend's own clock and in one step.
    fn limit<'a>(&'a self, name: &'a str, most: u64, window: Duration) -> Answer<'a, Limited>;

    /// Adds `member` to the set under `name`, and prolongs the set's life to `ttl`. Says whether it was not there.
    fn add_member<'a>(&'a self, name: &'a str, member: &'a [u8], ttl: Duration) -> Answer<'a, bool>;

    /// Publishes on a channel, over the connection that commands use; in a cluster over that of every primary. Returns over
    /// how many: as many copies arrive, unless one of them leads nowhere.
    fn publish<'a>(&'a self, publish: Publish<'a>) -> Answer<'a, usize>;

    /// Looks whether the backend is what it has to be: reachable, of the right kind and version, writable, with all the
    /// rights that the methods need.
    fn probe(&self) -> Answer<'_, ()>;
}

/// Is told what becomes of a [`Backend`]'s connections. The methods are quick, and called from anywhere.
pub trait BackendListener: Send + Sync + 'static {
    /// Commands fail from here on.
    fn lost(&self, error: &BackendError);

    /// There is a new connection. Called *before* any command uses it. `forgetful`: it leads to a server that may not
    /// know all that the one before has acknowledged (another role, another replication history, an empty restart).
    fn back(&self, forgetful: bool);
}
