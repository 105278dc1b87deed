//! What becomes of a load's result where it was run.

use std::sync::Arc;

use crate::entry::Ties;
use crate::flight::Outcome;
use crate::track;

/// What a load has come to, for the one who ran it.
pub(crate) struct Landing<V, E> {
    pub(super) outcome: Outcome<V, E>,
    /// What a load around it depends on now.
    pub(super) ties: Option<Arc<Ties>>,
    pub(super) doubtful: bool,
    /// Whether it was served a stale value.
    pub(super) stale: bool,
}

impl<V, E> Landing<V, E> {
    /// Makes the current load depend on it, and takes the result.
    pub(super) fn record(self) -> Outcome<V, E> {
        self.ties.iter().for_each(track::record);
        if self.doubtful {
            track::record_doubt();
        }
        if self.stale {
            track::record_stale();
        }
        self.outcome
    }
}
