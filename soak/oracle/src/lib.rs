//! What a fleet of caches may serve, and whether it did.
//!
//! An [`Oracle`] knows every commit of the source and is told, by a simulation as it goes or from the merged history of
//! real processes, what every process must see from which moment on. It holds reads against that. It knows no cache: what
//! it expects follows from the promises alone (P2 to P4).
//!
//! * A *row* is what the source has versions of: version 0 at first, one more with each commit.
//! * An *entry* is what lies in a cache under one key, built from one row or more; a [`Slot`] is one row of one entry.
//! * A [`Demand`] says for some slots which versions are the oldest that may still be served.

mod demand;
mod history;
mod oracle;
mod verdict;

pub use demand::{Demand, Slot};
pub use oracle::{Begun, Fleet, Oracle};
pub use verdict::{Served, Violation};

/// A point on one time line that orders everything: nanoseconds.
pub type Moment = u64;

/// How many commits a row has had.
pub type Version = u64;

/// The most rows that one entry is built from.
pub const MOST_ROWS: usize = 4;
