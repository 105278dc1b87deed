//! The histories of all processes, replayed into the oracle.

mod commits;
mod findings;
mod merge;
mod replay;

use std::path::PathBuf;

pub(crate) use findings::Findings;

use crate::history::{Record, read_all};
use crate::moment::Moment;

/// A fault, until the tier was used again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Episode {
    pub(crate) name: &'static str,
    pub(crate) from: Moment,
    pub(crate) until: Moment,
    /// Acknowledged writes that a new primary provably did not have.
    pub(crate) lost: i64,
    /// The client that stood still, and when it went on.
    pub(crate) stalled: Option<(usize, Moment)>,
}

/// Holds every read against the oracle. `finally` are the versions of all rows in the end.
pub(crate) fn check(
    histories: &[(usize, PathBuf)],
    clients: usize,
    episodes: &[Episode],
    finally: &[u32],
) -> Result<Findings, String> {
    let mut records = Vec::new();
    for (client, path) in histories {
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        records.push((*client, read_all(&bytes)));
    }
    Ok(hold(&records, clients, episodes, finally))
}

/// The same with the records of each process, and the client it played.
fn hold(records: &[(usize, Vec<Record>)], clients: usize, episodes: &[Episode], finally: &[u32]) -> Findings {
    replay::Replay::new(clients, episodes, finally).replay(commits::in_order(records), &merge::merge(records))
}

#[cfg(test)]
mod tests;
