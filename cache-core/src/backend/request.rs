//! What a cache asks of a backend, and what it is told.

use std::time::Duration;

/// See [`Backend::read`](super::Backend::read).
#[derive(Debug, Clone, Copy, Default)]
pub struct Read<'a> {
    /// The name of the value; `None` reads versions only.
    pub value: Option<&'a str>,
    /// Whether the value's remaining life is wanted too.
    pub remaining: bool,
    /// The names of versions. Never read from a replica.
    pub versions: &'a [&'a str],
    /// Whether the value may be read from a replica, which may not know the latest writes.
    pub replica: bool,
}

/// What was read. Names that are free are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The value.
    pub value: Option<Vec<u8>>,
    /// How long the value has left, if that was asked and it ends.
    pub remaining: Option<Duration>,
    /// The versions, in the order of the request. What is not sixteen bytes long is no version, and reads as `None`.
    pub versions: Vec<Option<[u8; 16]>>,
}

/// See [`Backend::lease`](super::Backend::lease).
#[derive(Debug, Clone, Copy)]
pub struct Lease<'a> {
    /// The lease's name.
    pub lease: &'a str,
    /// What it is set to.
    pub token: &'a [u8],
    /// For how long.
    pub ttl: Duration,
    /// The name of the value to read after it.
    pub value: &'a str,
    /// What to capture after that, whoever has the lease.
    pub captures: &'a [Capture<'a>],
}

/// What became of a request for a lease.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leased {
    /// Whose it is; `None`: it was granted.
    pub holder: Option<Vec<u8>>,
    /// The value.
    pub value: Option<Vec<u8>>,
    /// What was captured, in the order of the request.
    pub captured: Vec<Vec<u8>>,
}

/// See [`Backend::capture`](super::Backend::capture).
#[derive(Debug, Clone, Copy)]
pub struct Capture<'a> {
    /// The name of the version.
    pub name: &'a str,
    /// What it is set to if it is free.
    pub candidate: &'a [u8],
    /// How long it is to live at least.
    pub ttl: Duration,
}

/// See [`Backend::commit`](super::Backend::commit).
#[derive(Debug, Clone, Copy)]
pub struct Commit<'a> {
    /// The lease's name.
    pub lease: &'a str,
    /// Whose it has to be.
    pub token: &'a [u8],
    /// Where the value may be put ahead: a name of this attempt alone.
    pub staging: &'a str,
    /// The name of the value.
    pub value: &'a str,
    /// The value.
    pub bytes: &'a [u8],
    /// How long it is kept.
    pub ttl: Duration,
    /// An identity to set in the same step: name, version, and for how long.
    pub identity: Option<(&'a str, &'a [u8], Duration)>,
    /// What to tell the fleet, if it was stored.
    pub publish: Option<Publish<'a>>,
}

/// A message, and where it is published.
#[derive(Debug, Clone, Copy)]
pub struct Publish<'a> {
    /// The channel.
    pub channel: &'a str,
    /// The message.
    pub message: &'a [u8],
}

/// See [`Backend::drop_keys`](super::Backend::drop_keys).
#[derive(Debug, Clone, Copy)]
pub struct Drop<'a> {
    /// The keys.
    pub keys: &'a [DropKey],
    /// The set of all schemas that values of these keys may be stored under, to be read along.
    pub schemas: Option<&'a str>,
    /// What to tell the fleet.
    pub publish: Option<Publish<'a>>,
    /// How many replicas have to know, and how long to wait for them.
    pub confirm: Option<Confirm>,
}

/// A key's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropKey {
    /// Its values, one for each schema.
    pub values: Vec<String>,
    /// Its identity.
    pub identity: String,
    /// Its lease.
    pub lease: String,
}

/// What dropping keys came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dropped {
    /// The members of the set of schemas.
    pub schemas: Vec<Vec<u8>>,
    /// Whether as many replicas know as were asked for.
    pub confirmed: bool,
}

/// How many replicas have to know of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirm {
    /// So many.
    pub replicas: u32,
    /// How long to wait for them.
    pub timeout: Duration,
}

/// See [`Backend::bump`](super::Backend::bump).
#[derive(Debug, Clone, Copy)]
pub struct Bump<'a> {
    /// Fences and their new versions.
    pub fences: &'a [(String, Vec<u8>)],
    /// Names and their new versions.
    pub names: &'a [(String, Vec<u8>)],
    /// How long the names live.
    pub ttl: Duration,
    /// What to tell the fleet.
    pub publish: Option<Publish<'a>>,
    /// How many replicas have to know, and how long to wait for them.
    pub confirm: Option<Confirm>,
}

/// What bumping came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bumped {
    /// Whether as many replicas know as were asked for.
    pub confirmed: bool,
}

/// See [`Backend::sweep`](super::Backend::sweep).
#[derive(Debug, Clone, Copy)]
pub struct Sweep<'a> {
    /// Globs (`*`, `?`, `\`) over the whole names of leases, in their order.
    pub leases: &'a [String],
    /// Globs over whole names, in their order, after those.
    pub globs: &'a [String],
    /// What to tell the fleet, before and after.
    pub publish: Option<Publish<'a>>,
}

/// What a limiter says of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// Whether it may go on.
    pub allowed: bool,
    /// How many more would be let through now.
    pub remaining: u64,
    /// How long until the next one is; zero if this one was.
    pub retry_after: Duration,
}
