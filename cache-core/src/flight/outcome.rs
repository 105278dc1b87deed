//! How a load ended.

use std::sync::Arc;

use crate::entry::{StoredError, Ties};

/// What a loader returned.
#[derive(Debug, Clone)]
pub(crate) enum Outcome<V, E> {
    Value(V),
    /// There is no value: `None`, or `Ok(None)`.
    Absent,
    Error(E),
}

impl<V: Clone> Outcome<&V, StoredError> {
    /// With a value of its own.
    pub(crate) fn cloned(&self) -> Outcome<V, StoredError> {
        match self {
            Self::Value(value) => Outcome::Value((*value).clone()),
            Self::Absent => Outcome::Absent,
            Self::Error(error) => Outcome::Error(error.clone()),
        }
    }
}

/// A load's result, as it is handed to those who waited for it.
#[derive(Debug)]
pub(crate) struct Landed<V> {
    pub(crate) outcome: Outcome<V, StoredError>,
    /// What a load that uses this result depends on; `None` when nobody needs to know, or when it must not be built
    /// upon (then `doubtful` says so).
    pub(crate) ties: Option<Arc<Ties>>,
    pub(crate) doubtful: bool,
    /// Whether the load was served a stale value: what uses its result is as stale.
    pub(crate) stale: bool,
}
