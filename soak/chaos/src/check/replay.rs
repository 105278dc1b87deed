//! One event after the other, told to the oracle.

use std::collections::HashMap;
use std::iter::Peekable;
use std::vec;

use cache_oracle::{Begun, Demand, Oracle, Violation};

use super::merge::{Event, What};
use super::{Episode, Findings};
use crate::entries::{Cover, Entry, Kind, ROWS, entry, parts, rows};
use crate::history::{Failure, Record, Told, Versions};
use crate::moment::Moment;

/// How often a cache's own task looks at the time: four times a beat.
const LOOKS: Moment = 250_000_000;

/// A replay under way.
pub(super) struct Replay<'a> {
    oracle: Oracle,
    episodes: &'a [Episode],
    finally: &'a [u32],
    /// Reads that have begun, by the number of their record.
    begun: HashMap<usize, Begun>,
    /// What each client has not sent yet, or not known to.
    unsent: Vec<Vec<(Moment, Demands)>>,
    findings: Findings,
    first: Option<Moment>,
}

/// What an invalidation demands of all, and when.
#[derive(Debug, Clone, Default)]
struct Demands {
    /// Within the bound.
    bounded: Demand,
    /// At once.
    strong: Demand,
}

impl<'a> Replay<'a> {
    pub(super) fn new(clients: usize, episodes: &'a [Episode], finally: &'a [u32]) -> Self {
        let entries: Vec<Vec<usize>> = (0..Kind::ALL.len() as u32 * ROWS).map(rows).collect();
        Self {
            oracle: Oracle::new(clients, ROWS as usize, &entries),
            episodes,
            finally,
            begun: HashMap::new(),
            unsent: vec![Vec::new(); clients],
            findings: Findings::default(),
            first: None,
        }
    }

    pub(super) fn replay(mut self, commits: Vec<(Moment, u32)>, events: &[Event<'_>]) -> Findings {
        self.findings.commits = commits.len() as u64;
        self.first = events.first().map(|event| event.at);
        let mut commits = commits.into_iter().peekable();
        for event in events {
            self.advance(event.at, &mut commits);
            match event.what {
                What::ReadBegins => self.read_begins(event),
                What::ReadEnds => self.read_ends(event),
                What::Other => self.happens(event),
            }
        }
        self.findings
    }

    fn advance(&mut self, now: Moment, commits: &mut Peekable<vec::IntoIter<(Moment, u32)>>) {
        while let Some((at, row)) = commits.next_if(|(at, _)| *at <= now) {
            self.oracle.commit(row as usize, at);
        }
        self.oracle.advance(now, |_| 0);
    }

    fn happens(&mut self, event: &Event<'_>) {
        match event.record {
            Record::Start { bound, .. } => {
                self.oracle.restart(event.node);
                // What a dead process had in its outbox is gone: no bound but the ttl holds for that.
                self.unsent[event.node].clear();
                self.findings.bound = *bound;
            }
            Record::Invalidated { as_of, returned, told, covers } => {
                let demands = self.demands(covers, |oracle, slots| oracle.demand(slots, *as_of));
                self.invalidated(event.node, *returned, *told, demands);
            }
            Record::Put { row, version, returned, told } => {
                let put = Cover::Key(entry(Kind::Plain, *row));
                let demands = self
                    .demands(&[put], |_, slots| slots.into_iter().map(|slot| (slot, u64::from(*version))).collect());
                self.invalidated(event.node, *returned, *told, demands);
            }
            Record::Drained { asked, seen } => {
                let unsent = std::mem::take(&mut self.unsent[event.node]);
                for (returned, demands) in unsent {
                    if returned <= *asked {
                        self.told(demands, *seen);
                    } else {
                        self.unsent[event.node].push((returned, demands));
                    }
                }
            }
            Record::Failed { entry, begin, end, how } => self.failed(event.node, *entry, *begin, *end, *how),
            Record::Load { .. } => self.findings.loads += 1,
            Record::Commit { .. } | Record::Read { .. } => {}
        }
    }

    /// What must be seen of the covered entries, as `demand` makes it of their slots.
    fn demands(&self, covers: &[Cover], demand: impl Fn(&Oracle, Vec<cache_oracle::Slot>) -> Demand) -> Demands {
        let (mut bounded, mut strong) = (Vec::new(), Vec::new());
        for cover in covers {
            cover.each(|entry, row| {
                let of = if parts(entry).0 == Kind::Strong { &mut strong } else { &mut bounded };
                of.extend(self.oracle.slot(entry as usize, row as usize));
            });
        }
        Demands { bounded: demand(&self.oracle, bounded), strong: demand(&self.oracle, strong) }
    }

    fn invalidated(&mut self, node: usize, returned: Moment, told: Told, demands: Demands) {
        self.findings.invalidations += 1;
        self.oracle.own(node, &demands.bounded);
        self.oracle.own(node, &demands.strong);
        match told {
            Told::Fleet => self.told(demands, returned),
            Told::Queued => {
                self.findings.not_told_at_once += 1;
                self.unsent[node].push((returned, demands));
            }
            Told::Own => {}
        }
    }

    /// The fleet knows since `at`.
    fn told(&mut self, demands: Demands, at: Moment) {
        self.oracle.told(&demands.bounded, at);
        self.oracle.told(&demands.strong, at);
        self.oracle.due(demands.bounded, at + self.findings.bound);
        self.oracle.due(demands.strong, at);
        self.oracle.advance(at, |_| 0);
    }

    fn read_begins(&mut self, event: &Event<'_>) {
        if let Record::Read { entry, begin, .. } = event.record {
            let begun = self.oracle.begin(event.node, *entry as usize, *begin);
            self.begun.insert(event.number, begun);
        }
    }

    fn read_ends(&mut self, event: &Event<'_>) {
        let Record::Read { entry, begin, end, loaded, versions } = event.record else { return };
        let Some(begun) = self.begun.remove(&event.number) else { return };
        self.findings.reads += 1;
        self.findings.loading_reads += u64::from(*loaded);
        if end - begin > self.findings.longest_call && !self.stood_still(*begin, *end) {
            self.findings.longest_call = end - begin;
        }
        match self.verdict(&begun, *entry, versions) {
            Ok(served) => {
                if let Some(stale) = served.stale_for {
                    self.findings.inside += 1;
                    self.findings.longest_inside = self.findings.longest_inside.max(stale);
                }
            }
            Err(violation) => self.violated(event, violation),
        }
    }

    /// Whether a process stood still in that time.
    fn stood_still(&self, begin: Moment, end: Moment) -> bool {
        self.episodes.iter().any(|episode| episode.stalled.is_some() && episode.from < end && begin < episode.until)
    }

    /// Whether the process had stood still, and its cache's task need not have run since. It goes on a moment before the
    /// driver has noted that.
    fn has_just_gone_on(&self, node: usize, begin: Moment) -> bool {
        let mut stalls = self.episodes.iter().filter_map(|episode| episode.stalled);
        stalls.any(|(stalled, at)| stalled == node && begin.abs_diff(at) < LOOKS)
    }

    /// A commit is known to the oracle when it has returned, and seen by others earlier: so nothing is invented that the
    /// source has in the end.
    fn verdict(&self, begun: &Begun, entry: Entry, versions: &Versions) -> Result<cache_oracle::Served, Violation> {
        let mut read = [0; 2];
        for (index, (row, version)) in rows(entry).into_iter().zip(versions.as_slice()).enumerate() {
            let version = u64::from(*version);
            if version > u64::from(self.finally[row]) {
                return Err(Violation::Invented { row, read: version, latest: u64::from(self.finally[row]) });
            }
            read[index] = version.min(self.oracle.latest(row));
        }
        self.oracle.end(begun, &read[..versions.as_slice().len()])
    }

    fn violated(&mut self, event: &Event<'_>, violation: Violation) {
        let Record::Read { entry, begin, .. } = event.record else { return };
        let during = self.episodes.iter().rfind(|episode| episode.from <= *begin);
        let own = matches!(violation, Violation::Stale { own: true, .. });
        let lossy = during.is_some_and(|episode| episode.lost > 0 && *begin <= episode.until);
        if lossy && !own {
            self.findings.brought_back += 1;
        } else if !own && self.has_just_gone_on(event.node, *begin) {
            self.findings.after_stall += 1;
        } else if self.findings.too_old(own) {
            let (kind, row) = parts(*entry);
            let after = during.map_or("the start", |episode| episode.name);
            let since = (begin - during.map_or(self.first.unwrap_or_default(), |episode| episode.from)) as f64 / 1e9;
            eprintln!("TOO OLD client {} {kind:?} {row}, {since:.3} s after {after} began: {violation}", event.node);
        }
    }

    fn failed(&mut self, node: usize, entry: Entry, begin: Moment, end: Moment, how: Failure) {
        if how == Failure::Source {
            self.findings.source_errors += 1;
            return;
        }
        self.findings.failed += 1;
        let (kind, row) = parts(entry);
        let took = (end - begin) as f64 / 1e9;
        eprintln!("FAILED client {node} {kind:?} {row} after {took:.3} s: {how:?}");
    }
}
