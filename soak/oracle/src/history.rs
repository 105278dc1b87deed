//! The commits of the source.

use crate::{Moment, Version};

/// When each row got each of its versions.
#[derive(Debug, Clone)]
pub(crate) struct History {
    commits: Vec<Vec<Moment>>,
}

impl History {
    pub(crate) fn new(rows: usize) -> Self {
        Self { commits: vec![Vec::new(); rows] }
    }

    /// The row has a new version; returns which.
    ///
    /// # Panics
    ///
    /// If commits of one row do not come in their order.
    pub(crate) fn commit(&mut self, row: usize, at: Moment) -> Version {
        let commits = &mut self.commits[row];
        assert!(commits.last().is_none_or(|last| *last <= at), "commits come in their order");
        commits.push(at);
        commits.len() as Version
    }

    pub(crate) fn latest(&self, row: usize) -> Version {
        self.commits[row].len() as Version
    }

    /// The version that the row had then; a commit of that very moment counts.
    pub(crate) fn version(&self, row: usize, at: Moment) -> Version {
        let commits = &self.commits[row];
        match commits.last() {
            Some(last) if *last > at => commits.partition_point(|commit| *commit <= at) as Version,
            _ => commits.len() as Version,
        }
    }
}
