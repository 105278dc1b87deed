//! When each row had each of its versions at the latest.

use std::collections::BTreeMap;

use crate::history::Record;
use crate::moment::Moment;

/// All commits, in the order of the moments at which they were known to be done, and those of a row in their own order.
///
/// Two processes may note down their commits of one row in another order than the source made them. When a version is
/// there, those before it are, too: also that of a process which was killed before it could note it down.
pub(super) fn in_order(records: &[(usize, Vec<Record>)]) -> Vec<(Moment, u32)> {
    let mut known: BTreeMap<u32, BTreeMap<u32, Moment>> = BTreeMap::new();
    for record in records.iter().flat_map(|(_, records)| records) {
        if let Record::Commit { row, version, after } = record {
            known.entry(*row).or_default().insert(*version, *after);
        }
    }
    let mut commits = Vec::new();
    for (row, versions) in known {
        let last = versions.last_key_value().map_or(0, |(version, _)| *version);
        let mut at = Moment::MAX;
        for version in (1..=last).rev() {
            at = versions.get(&version).map_or(at, |after| at.min(*after));
            commits.push((at, row));
        }
    }
    commits.sort_unstable();
    commits
}

#[cfg(test)]
mod tests {
    use super::in_order;
    use crate::history::Record;

    #[test]
    fn a_version_is_there_when_a_later_one_is() {
        let commit = |row, version, after| Record::Commit { row, version, after };
        let records = vec![(0, vec![commit(7, 1, 10), commit(7, 2, 30)]), (1, vec![commit(7, 4, 25), commit(8, 1, 5)])];
        assert_eq!(in_order(&records), [(5, 8), (10, 7), (25, 7), (25, 7), (25, 7)]);
    }
}
