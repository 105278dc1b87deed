//! What the check has found.

use crate::moment::Moment;

/// How many reads that were too old are told of.
const TOLD: usize = 12;

/// What was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings {
    pub(crate) reads: u64,
    /// Of these, those that asked the source themselves.
    pub(crate) loading_reads: u64,
    /// How often the source was asked.
    pub(crate) loads: u64,
    /// Calls that invalidated or put something.
    pub(crate) invalidations: u64,
    /// Those that waited in the outbox, or may have.
    pub(crate) not_told_at_once: u64,
    pub(crate) commits: u64,
    /// Reads of what somebody had already invalidated, within the bound.
    pub(crate) inside: u64,
    pub(crate) longest_inside: Moment,
    /// Reads that no promise allows.
    pub(crate) outside: u64,
    /// Of these, those of what the same process had invalidated.
    pub(crate) own: u64,
    /// Reads of what a failover brought back that has provably lost acknowledged writes.
    pub(crate) brought_back: u64,
    /// Reads of a process that had stood still, before its own task had looked at the time.
    pub(crate) after_stall: u64,
    /// Calls that came to nothing, other than by an error of the source.
    pub(crate) failed: u64,
    /// Errors of the source.
    pub(crate) source_errors: u64,
    pub(crate) longest_call: Moment,
    /// The bound of P4.
    pub(crate) bound: Moment,
}

impl Findings {
    /// Counts a read that is too old; whether to tell of it.
    pub(super) fn too_old(&mut self, own: bool) -> bool {
        self.outside += 1;
        self.own += u64::from(own);
        self.outside <= TOLD as u64
    }

    /// The part of the reads that did not ask the source themselves.
    pub(crate) fn hits(&self) -> f64 {
        1.0 - self.loading_reads as f64 / self.reads.max(1) as f64
    }

    pub(crate) fn loads_per_invalidation(&self) -> f64 {
        self.loads as f64 / self.invalidations.max(1) as f64
    }
}
