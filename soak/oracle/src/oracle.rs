//! What each process must see, and reads held against it.

use std::collections::BTreeMap;

use crate::history::History;
use crate::{Demand, MOST_ROWS, Moment, Served, Slot, Version, Violation};

/// Knows what every process must see.
#[derive(Debug, Clone)]
pub struct Oracle {
    history: History,
    /// The rows of each slot, entry after entry.
    slots: Vec<usize>,
    /// Where each entry's slots begin, and, last, where they all end.
    entries: Vec<u32>,
    nodes: Vec<Node>,
    fleet: Fleet,
    /// When the tier last forgot something, and what was left of it: by process and slot.
    forgotten: Option<(Moment, Vec<Vec<Version>>)>,
}

/// What one process must see.
#[derive(Debug, Clone)]
struct Node {
    /// By its own invalidations (P3): by slot.
    own: Vec<Version>,
}

/// What all processes have been told, which a failover can take back.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// What each process has been told, or was not told for longer than the bound (P4): by node and slot.
    reached: Vec<Vec<Version>>,
    /// Since when somebody in the fleet knew that a version was demanded: by slot.
    told: Vec<Vec<(Moment, Version)>>,
    /// What every process must see from a moment on, by that moment.
    due: BTreeMap<(Moment, u64), Demand>,
    /// What some process still need not see, though it is due: by process.
    put_off: Vec<Vec<Demand>>,
    dues: u64,
}

/// A read that has begun.
#[derive(Debug, Clone, Copy)]
pub struct Begun {
    node: usize,
    entry: usize,
    at: Moment,
    own: [Version; MOST_ROWS],
    reached: [Version; MOST_ROWS],
}

impl Begun {
    /// The oldest version of the entry's row at `position` that the read may see.
    #[must_use]
    pub fn oldest(&self, position: usize) -> Version {
        self.own[position].max(self.reached[position])
    }

    /// Which process reads.
    #[must_use]
    pub fn node(&self) -> usize {
        self.node
    }

    /// Which entry it reads.
    #[must_use]
    pub fn entry(&self) -> usize {
        self.entry
    }

    /// When it began.
    #[must_use]
    pub fn at(&self) -> Moment {
        self.at
    }
}

impl Oracle {
    /// An oracle for so many processes and rows, and for entries that are each built from some of the rows.
    ///
    /// # Panics
    ///
    /// If an entry is built from more than [`MOST_ROWS`].
    #[must_use]
    pub fn new(nodes: usize, rows: usize, entries: &[Vec<usize>]) -> Self {
        let (mut slots, mut starts) = (Vec::new(), Vec::with_capacity(entries.len() + 1));
        for entry in entries {
            assert!(entry.len() <= MOST_ROWS, "an entry is built from at most {MOST_ROWS} rows");
            starts.push(slots.len() as u32);
            slots.extend(entry);
        }
        starts.push(slots.len() as u32);
        let floor = vec![0; slots.len()];
        let fleet = Fleet {
            reached: vec![floor.clone(); nodes],
            told: vec![Vec::new(); slots.len()],
            due: BTreeMap::new(),
            put_off: vec![Vec::new(); nodes],
            dues: 0,
        };
        let nodes = vec![Node { own: floor }; nodes];
        Self { history: History::new(rows), slots, entries: starts, nodes, fleet, forgotten: None }
    }

    /// The slots of an entry, in the order of its rows.
    pub fn slots(&self, entry: usize) -> impl Iterator<Item = Slot> + use<> {
        (self.entries[entry]..self.entries[entry + 1]).map(Slot)
    }

    /// The slot of a row in an entry.
    #[must_use]
    pub fn slot(&self, entry: usize, row: usize) -> Option<Slot> {
        self.slots(entry).find(|slot| self.slots[slot.0 as usize] == row)
    }

    /// The row has a new version from now on; returns which.
    pub fn commit(&mut self, row: usize, at: Moment) -> Version {
        self.history.commit(row, at)
    }

    /// The row's latest version.
    #[must_use]
    pub fn latest(&self, row: usize) -> Version {
        self.history.latest(row)
    }

    /// The row's version at a moment.
    #[must_use]
    pub fn version(&self, row: usize, at: Moment) -> Version {
        self.history.version(row, at)
    }

    /// That the slots are seen as the source was at `as_of`.
    pub fn demand(&self, slots: impl IntoIterator<Item = Slot>, as_of: Moment) -> Demand {
        slots.into_iter().map(|slot| (slot, self.history.version(self.slots[slot.0 as usize], as_of))).collect()
    }

    /// From now on the process must see this, since it was its own invalidation (P3).
    pub fn own(&mut self, node: usize, demand: &Demand) {
        raise(&mut self.nodes[node].own, demand);
    }

    /// From now on the process must see this, since it was told (P4).
    pub fn reached(&mut self, node: usize, demand: &Demand) {
        raise(&mut self.fleet.reached[node], demand);
    }

    /// Somebody in the fleet knows from `at` on that this is demanded: what is older is stale, though others may still
    /// serve it for a while.
    pub fn told(&mut self, demand: &Demand, at: Moment) {
        for (slot, version) in demand.iter() {
            let told = &mut self.fleet.told[slot.0 as usize];
            if told.last().is_none_or(|(_, known)| *known < version) {
                told.push((at, version));
            }
        }
    }

    /// From `at` on every process must see this; takes effect with [`advance`](Self::advance).
    pub fn due(&mut self, demand: Demand, at: Moment) {
        self.fleet.dues += 1;
        self.fleet.due.insert((at, self.fleet.dues), demand);
    }

    /// The time is now this. Until `excused` says, a process need not see what was not its own doing: it stands still, and
    /// what is due becomes so when it goes on.
    pub fn advance(&mut self, now: Moment, excused: impl Fn(usize) -> Moment) {
        let Fleet { reached, due, put_off, .. } = &mut self.fleet;
        for (node, waiting) in put_off.iter_mut().enumerate() {
            if !waiting.is_empty() && excused(node) <= now {
                waiting.drain(..).for_each(|demand| raise(&mut reached[node], &demand));
            }
        }
        while let Some(first) = due.first_entry().filter(|first| first.key().0 <= now) {
            let demand = first.remove();
            for (node, floor) in reached.iter_mut().enumerate() {
                if excused(node) <= now {
                    raise(floor, &demand);
                } else {
                    put_off[node].push(demand.clone());
                }
            }
        }
    }

    /// From now on all processes must see what these have invalidated.
    pub fn share(&mut self, alive: &[usize]) {
        for node in alive {
            for floor in &mut self.fleet.reached {
                let own = &self.nodes[*node].own;
                floor.iter_mut().zip(own).for_each(|(known, own)| *known = (*own).max(*known));
            }
        }
    }

    /// The process is a new one, which has invalidated nothing yet.
    pub fn restart(&mut self, node: usize) {
        self.nodes[node].own.fill(0);
    }

    /// What the fleet has been told so far, to [go back](Self::forget) to.
    #[must_use]
    pub fn fleet(&self) -> Fleet {
        self.fleet.clone()
    }

    /// The tier has forgotten what it was told since: so may the processes have, except of what they did themselves.
    /// Reads that began before may have been answered after, and the other way round.
    pub fn forget(&mut self, then: Fleet, at: Moment) {
        self.forgotten = Some((at, then.reached.clone()));
        self.fleet = then;
    }

    /// A read begins.
    #[must_use]
    pub fn begin(&self, node: usize, entry: usize, at: Moment) -> Begun {
        let (from, to) = (self.entries[entry] as usize, self.entries[entry + 1] as usize);
        let copy = |floor: &[Version]| {
            let mut copied = [0; MOST_ROWS];
            copied[..to - from].copy_from_slice(&floor[from..to]);
            copied
        };
        Begun { node, entry, at, own: copy(&self.nodes[node].own), reached: copy(&self.fleet.reached[node]) }
    }

    /// A read has ended with these versions, in the order of the entry's rows.
    ///
    /// # Errors
    ///
    /// If no promise allows it.
    pub fn end(&self, begun: &Begun, read: &[Version]) -> Result<Served, Violation> {
        let mut served = Served::default();
        let forgotten = self.forgotten.as_ref().filter(|(at, _)| begun.at <= *at);
        for (position, (slot, read)) in self.slots(begun.entry).zip(read.iter().copied()).enumerate() {
            let row = self.slots[slot.0 as usize];
            let latest = self.history.latest(row);
            if read > latest {
                return Err(Violation::Invented { row, read, latest });
            }
            let left = forgotten.map_or(Version::MAX, |(_, left)| left[begun.node][slot.0 as usize]);
            let oldest = begun.own[position].max(begun.reached[position].min(left));
            if read < oldest {
                return Err(Violation::Stale { row, read, oldest, own: begun.own[position] == oldest });
            }
            let told = &self.fleet.told[slot.0 as usize];
            let since = &told[told.partition_point(|(_, version)| *version <= read)..];
            if let Some((at, _)) = since.first().filter(|(at, _)| *at < begun.at) {
                served.stale_for = served.stale_for.max(Some(begun.at - at));
            }
        }
        Ok(served)
    }
}

fn raise(floor: &mut [Version], demand: &Demand) {
    for (slot, version) in demand.iter() {
        let known = &mut floor[slot.0 as usize];
        *known = version.max(*known);
    }
}

#[cfg(test)]
mod tests;
