//! What the oracle says of a read.

use std::fmt;

use crate::{Moment, Version};

/// A read that was allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Served {
    /// For how long, when the read began, somebody in the fleet had already been told that what was read is
    /// invalidated; `None` if nobody had. Within the bound of P4 this is allowed.
    pub stale_for: Option<Moment>,
}

/// A read that no promise allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// What was read is older than this process had to see.
    Stale {
        /// The row.
        row: usize,
        /// What was read of it.
        read: Version,
        /// The oldest version that was allowed.
        oldest: Version,
        /// Whether the process had invalidated it itself (P3); else it had been told, or the bound was over (P4).
        own: bool,
    },
    /// What was read was never committed.
    Invented {
        /// The row.
        row: usize,
        /// What was read of it.
        read: Version,
        /// The latest version there is.
        latest: Version,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale { row, read, oldest, own: true } => {
                write!(
                    f,
                    "row {row} was read at version {read}, this process had itself invalidated up to {oldest} (P3)"
                )
            }
            Self::Stale { row, read, oldest, own: false } => {
                write!(f, "row {row} was read at version {read}, this process had to see {oldest} (P2, P4)")
            }
            Self::Invented { row, read, latest } => {
                write!(f, "row {row} was read at version {read}, the source has only {latest}")
            }
        }
    }
}

impl std::error::Error for Violation {}
