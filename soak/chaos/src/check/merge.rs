//! What happened in all processes, in one order.

use crate::history::Record;
use crate::moment::Moment;

/// A point in time in the life of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event<'r> {
    pub(super) at: Moment,
    pub(super) what: What,
    /// Which client.
    pub(super) node: usize,
    /// Which record of all: its beginning and its end have the same.
    pub(super) number: usize,
    pub(super) record: &'r Record,
}

/// Which point. What is at the same time comes in this order: it makes fewer demands of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    ReadBegins,
    ReadEnds,
    Other,
}

/// All of it, in the order of time.
pub(super) fn merge(records: &[(usize, Vec<Record>)]) -> Vec<Event<'_>> {
    let mut events = Vec::new();
    let all = records.iter().flat_map(|(node, records)| records.iter().map(move |record| (*node, record)));
    for (number, (node, record)) in all.enumerate() {
        let mut push = |at, what| events.push(Event { at, what, node, number, record });
        match record {
            Record::Read { begin, end, .. } => {
                push(*begin, What::ReadBegins);
                push(*end, What::ReadEnds);
            }
            Record::Start { at, .. } | Record::Load { at, .. } => push(*at, What::Other),
            Record::Commit { after, .. } => push(*after, What::Other),
            Record::Invalidated { returned, .. } | Record::Put { returned, .. } => push(*returned, What::Other),
            Record::Failed { end, .. } => push(*end, What::Other),
            Record::Drained { seen, .. } => push(*seen, What::Other),
        }
    }
    events.sort_by_key(|event| (event.at, event.what, event.number));
    events
}
