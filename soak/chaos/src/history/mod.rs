//! What a client has done, as it is written down.

mod bytes;
mod writer;

pub(crate) use bytes::read_all;
pub(crate) use writer::Writer;

use crate::entries::{Cover, Entry};
use crate::moment::Moment;

/// Something that a client has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// The process has begun.
    Start {
        at: Moment,
        /// For how long others may be unseen at most (P4), in nanoseconds.
        bound: Moment,
    },
    /// A row has a new version, since some moment before `after`.
    Commit { row: u32, version: u32, after: Moment },
    /// An invalidation has returned. What was committed until `as_of` must be seen.
    Invalidated { as_of: Moment, returned: Moment, told: Told, covers: Vec<Cover> },
    /// A plain value was put.
    Put { row: u32, version: u32, returned: Moment, told: Told },
    /// A value was read, built from these versions of the entry's rows.
    Read { entry: Entry, begin: Moment, end: Moment, loaded: bool, versions: Versions },
    /// A call came to nothing.
    Failed { entry: Entry, begin: Moment, end: Moment, how: Failure },
    /// The source was asked.
    Load { entry: Entry, at: Moment },
    /// All that had returned before `asked` was sent when this was `seen`.
    Drained { asked: Moment, seen: Moment },
}

/// The versions that a value was built from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Versions {
    pub(crate) count: u8,
    pub(crate) all: [u32; 2],
}

impl Versions {
    pub(crate) fn one(version: u32) -> Self {
        Self { count: 1, all: [version, 0] }
    }

    pub(crate) fn two(first: u32, second: u32) -> Self {
        Self { count: 2, all: [first, second] }
    }

    pub(crate) fn as_slice(&self) -> &[u32] {
        &self.all[..usize::from(self.count)]
    }
}

/// How far an invalidation had got when it returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Told {
    /// It waits in the outbox, or nobody knows whether it does.
    Queued,
    /// The fleet is told.
    Fleet,
    /// Nothing is promised of others: a pattern in a cluster.
    Own,
}

/// Why a call came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Failure {
    /// The loader's own error, which is none of the cache's.
    Source,
    /// It did not return in time.
    Hung,
    /// It returned something else's value.
    Mixed,
}
